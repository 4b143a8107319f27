"""`otbill inquiry list | accept ID`: practices that asked through the public form."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.cli.tenant import print_table


def register(commands: Any) -> None:
    top = commands.add_parser("inquiry", help="practices that asked to be billed for: list them, accept one")
    actions = top.add_subparsers(required=True)
    one = actions.add_parser("list", help="every inquiry, newest first")
    two = actions.add_parser("accept", help="make a practice in state onboarding, and a draft of its practice file")
    two.add_argument("inquiry_id", metavar="ID", help="inq_… as listed")
    two.add_argument("--tenants", type=Path, default=Path("tenants"), metavar="FOLDER", help="where the draft goes")
    for command, run in ((one, run_list), (two, run_accept)):
        common.add_common(command)
        command.set_defaults(run=run)


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.onboarding.inquiries import list_inquiries

    found = list_inquiries(arguments.principal)
    if arguments.json:
        common.print_json({"inquiries": [one.model_dump(mode="json", exclude={"form": {"website"}}) for one in found]})
        return 0
    rows = [
        (
            one.received_at[:10],
            one.state,
            one.form.practice_name,
            one.form.state,
            str(one.form.therapists),
            str(one.form.monthly_visits),
            f"{one.form.contact_name}, {one.form.email}, {one.form.phone}",
            one.inquiry_id,
        )
        for one in found
    ]
    columns = ("received", "state", "practice", "in", "therapists", "visits a month", "contact", "id")
    print_table(columns, rows, "No inquiries yet; the form is at /inquiry")
    return 0


def run_accept(arguments: argparse.Namespace) -> int:
    from chalicelib.onboarding.inquiries import accept

    accepted = accept(arguments.inquiry_id, arguments.tenants, arguments.principal)
    if arguments.json:
        common.print_json(accepted.as_dict())
        return 0
    out = common.console()
    out.print(f"{accepted.slug}: {accepted.state} ({accepted.tenant_id})")
    if accepted.missing:
        out.print(f"{accepted.file} still lacks:")
    for line in accepted.missing:
        out.print(f"  {line}", markup=False)
    out.print(f"Next: fill it in, then otbill tenant apply {accepted.file}")
    return 0

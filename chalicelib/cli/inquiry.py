"""`otbill inquiry list | accept ID`: practices that asked through the public form."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from chalicelib.cli.tenant import print_json, show_table


def register(subparsers: Any) -> None:
    """Add `inquiry` to the command line. Each command sets `run(options) -> exit code`."""
    verbs = subparsers.add_parser("inquiry", help="practices that asked: list them, accept one").add_subparsers(
        dest="verb", required=True, metavar="list|accept"
    )
    one = verbs.add_parser("list", help="every inquiry, newest first")
    one.add_argument("--json", action="store_true", help="print the result as JSON")
    one.set_defaults(run=run_list)
    two = verbs.add_parser("accept", help="make a practice in state onboarding and a draft practice file")
    two.add_argument("inquiry_id", metavar="ID", help="inq_… as listed")
    two.add_argument("--tenants", type=Path, default=Path("tenants"), metavar="FOLDER", help="where the draft goes")
    two.add_argument("--json", action="store_true", help="print the result as JSON")
    two.set_defaults(run=run_accept)


def run_list(options: argparse.Namespace) -> int:
    from chalicelib.onboarding.inquiries import list_inquiries

    found = list(list_inquiries())
    if options.json:
        print_json({"inquiries": [one.model_dump(mode="json", exclude={"form": {"website"}}) for one in found]})
        return 0
    rows = [
        (one.received_at, one.state, one.form.practice_name, one.form.state, str(one.form.therapists),
         str(one.form.monthly_visits), one.form.contact_name, one.form.email, one.inquiry_id)
        for one in found
    ]  # fmt: skip
    columns = ("received", "state", "practice", "in", "therapists", "visits/month", "contact", "e-mail", "id")
    show_table(columns, rows, "no inquiries yet; the form is at /inquiry")
    return 0


def run_accept(options: argparse.Namespace) -> int:
    from chalicelib.onboarding.inquiries import accept

    accepted = accept(options.inquiry_id, options.tenants)
    if options.json:
        print_json(accepted.as_dict())
        return 0
    print(f"{accepted.slug}: practice {accepted.tenant_id}, {accepted.state}")
    if accepted.missing:
        print(f"{accepted.file} still lacks:")
        for line in accepted.missing:
            print(f"  {line}")
    print(f"next: otbill tenant apply {accepted.file}")
    return 0

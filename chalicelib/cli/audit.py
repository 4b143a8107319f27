"""`otbill audit`: prove that the audit trail is whole, and read it. `otbill access`: the emergency way in."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib import clock
from chalicelib.cli import common


def register(commands: Any) -> None:
    top = commands.add_parser("audit", help="prove that the audit trail is whole; read it").add_subparsers(
        required=True
    )
    verify = top.add_parser("verify", help="walk every chain and name what was altered, removed or reordered")
    show = top.add_parser("show", help="who did and saw what on a day")
    show.add_argument("--day", default="", metavar="DAY", help="default today")
    show.add_argument("--subject", default="", metavar="ID", help="only entries about this record, e.g. CLM#clm_…")
    access = commands.add_parser("access", help="emergency access").add_subparsers(required=True)
    glass = access.add_parser("break-glass", help="read a practice you are not assigned to for an hour, on record")
    glass.add_argument("--reason", required=True, help="payer_deadline, outage, patient_request, legal_request, …")
    for command, run in ((verify, run_verify), (show, run_show), (glass, run_break_glass)):
        common.add_tenant(command)
        common.add_common(command)
        command.set_defaults(run=run)


def run_verify(arguments: argparse.Namespace) -> int:
    """Exit 1 when the trail is not whole."""
    from chalicelib.store import audit_chain

    with common.in_tenant(arguments, "audit.verify"):
        verdict = audit_chain.verify()
    if arguments.json:
        common.print_json(verdict.as_dict())
    else:
        out = common.console()
        word = "is whole" if not verdict.problems else "is NOT whole"
        out.print(f"The audit trail {word}: {verdict.entries} entries in {verdict.chains} chains")
        for problem in verdict.problems:
            out.print(f"  {problem['what']}: {problem['where']}")
    return 1 if verdict.problems else 0


def run_show(arguments: argparse.Namespace) -> int:
    from chalicelib.store import audit_chain

    with common.in_tenant(arguments, "audit.show") as context:
        day = arguments.day or clock.today("UTC").isoformat()
        found = list(audit_chain.entries(day, arguments.subject))
    if arguments.json:
        common.print_json({"tenant": context.tenant.slug, "day": day, "entries": found})
        return 0
    for entry in found:
        more = f" and {len(entry['subjects'])} records" if entry.get("subjects") else ""
        mark = "  EMERGENCY" if entry.get("emergency") else ""
        common.console().print(
            f"{entry['at']}  {entry['actor']:30}  {entry['action']:24}  {entry['subject']}{more}{mark}"
        )
    return 0


def run_break_glass(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance.break_glass import break_glass

    until = clock.instant_text(break_glass(arguments.principal, arguments.tenant, arguments.reason))
    if arguments.json:
        common.print_json({"tenant": arguments.tenant, "until": until})
    else:
        common.console().print(f"Open for reading until {until}. It is on record, and somebody else will review it.")
    return 0

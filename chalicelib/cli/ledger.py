"""`otbill ledger`: prove the books, and show what moved on a claim."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars


def register(commands: Any) -> None:
    top = commands.add_parser("ledger", help="prove that the books balance; show a claim's entries")
    actions = top.add_subparsers(required=True)
    verify = actions.add_parser("verify", help="fold the journal and compare every amount kept elsewhere with it")
    show = actions.add_parser("show", help="the journal entries of one claim")
    show.add_argument("--claim", required=True, metavar="ID")
    for command, run in ((verify, run_verify), (show, run_show)):
        common.add_tenant(command)
        common.add_common(command)
        command.set_defaults(run=run)


def run_verify(arguments: argparse.Namespace) -> int:
    """Exit 1 when the ledger mismatches."""
    from chalicelib.compliance import books

    with common.in_tenant(arguments, "ledger.verify"):
        proof = books.verify()
    if arguments.json:
        common.print_json(proof)
    else:
        out = common.console()
        word = "balances" if proof["balanced"] else "does NOT balance"
        out.print(
            f"The ledger {word}: {proof['entries']} entries over {proof['claims']} claims folded again from the journal"
        )
        out.print(f"  in suspense: {dollars(proof['suspense_cents'])}")
        for item in proof["mismatches"]:
            out.print("  mismatch: " + ", ".join(f"{name} {value}" for name, value in item.items()))
    return 0 if proof["balanced"] else 1


def run_show(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance.trail import claim_entries

    with common.in_tenant(arguments, "ledger.show"):
        entries = claim_entries(arguments.claim)
    if arguments.json:
        common.print_json({"entries": [entry.model_dump(mode="json") for entry in entries]})
        return 0
    out = common.console()
    for entry in entries:
        out.print(f"{entry.at}  {entry.memo}")
        for line in entry.lines:
            debit, credit = (dollars(line.debit_cents), "") if line.debit_cents else ("", dollars(line.credit_cents))
            out.print(f"    {line.account:28} {debit:>12} {credit:>12}")
    return 0

"""`otbill schedule import`: take in the practice's schedule."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.cli.tenant import print_table


def register(commands: Any) -> None:
    verbs = commands.add_parser("schedule", help="the practice's booked visits").add_subparsers(required=True)
    take = verbs.add_parser("import", help="take in a schedule file (CSV, one row per appointment)")
    take.add_argument("file", type=Path)
    common.add_tenant(take)
    common.add_common(take)
    take.set_defaults(run=run_import)


def run_import(arguments: argparse.Namespace) -> int:
    """Exit 1 when a row was rejected; the other rows are in."""
    from chalicelib.intake.schedule import import_schedule

    with common.in_tenant(arguments, "schedule.import"):
        result = import_schedule(arguments.file)
    if arguments.json:
        common.print_json(result.as_dict())
    else:
        common.console().print(
            f"{result.rows} rows: {result.added} added, {result.amended} amended, {result.unchanged} unchanged, "
            f"{result.patients} new patients, {len(result.rejected)} faults"
        )
        if result.rejected:
            print_table(
                ("row", "column", "reason", "to mend"),
                [(str(fault.row), fault.column, fault.reason, fault.fix) for fault in result.rejected[:20]],
            )
    return 1 if result.rejected else 0

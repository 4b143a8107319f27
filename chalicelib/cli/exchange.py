"""`otbill exchange`: send claims and fetch answers."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars


def register(commands: Any) -> None:
    top = commands.add_parser("exchange", help="send claims to the clearinghouse and fetch its answers")
    command = top.add_subparsers(required=True).add_parser("sync", help="send the outbox, fetch and apply every answer")
    common.add_common(command)
    command.set_defaults(run=run_sync)


def run_sync(arguments: argparse.Namespace) -> int:
    """One exchange with the simulated clearinghouse. Exit 1 when a check was refused or a file could not be placed."""
    from chalicelib.exchange import outbox
    from chalicelib.jobs.sync import sync
    from chalicelib.local.clearinghouse import SimulatedDoor

    folder = common.home() / "exchange"
    with common.progress("exchanging files", quiet=arguments.json) as moved:
        result = sync(SimulatedDoor(folder / "clearinghouse"), arguments.principal, moved)
    for name in result.sent:
        outbox.remove(folder / "outbox", name)
    if arguments.json:
        common.print_json(
            {
                "sent": result.sent,
                "taken": result.taken,
                "claims": vars(result.claims),
                "remittances": [item.model_dump() for item in result.remittances],
                "strange": result.strange,
            }
        )
    else:
        _print(result)
    return 1 if result.strange or any(item.refused for item in result.remittances) else 0


def _print(result: Any) -> None:
    out = common.console()
    claims = result.claims
    out.print(f"Sent {len(result.sent)} files, took in {len(result.taken)} answers")
    out.print(
        f"  claims: {claims.acknowledged} read by the clearinghouse, {claims.accepted} accepted by the payer, "
        f"{claims.rejected} rejected"
    )
    for item in result.remittances:
        reason = f"  {item.reason}" if item.reason else ""
        out.print(f"  check {item.trace}: {dollars(item.amount_cents)}, {item.posted} claims posted{reason}")
    for item in result.strange:
        out.print(f"  not understood: {item['file']}: {item['reason']}")

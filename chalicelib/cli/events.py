"""`otbill events list`: what happened in a practice, numbered without gaps, for programs that follow it."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.cli import common


def register(commands: Any) -> None:
    actions = commands.add_parser("events", help="what happened in a practice, in numbered order").add_subparsers(
        required=True
    )
    listed = actions.add_parser("list", help="events beyond a number (`otbill jobs run events` numbers new ones)")
    listed.add_argument("--after", type=int, default=0, metavar="N", help="the last number you have")
    listed.add_argument("--limit", type=int, default=100, metavar="N")
    common.add_tenant(listed)
    common.add_common(listed)
    listed.set_defaults(run=run_list)


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.store import outbox

    with common.in_tenant(arguments, "events.list"):
        found = outbox.events(arguments.after, max(arguments.limit, 1))
    if arguments.json:
        common.print_json({"events": found, "after": found[-1]["sequence"] if found else arguments.after})
        return 0
    for event in found:
        common.console().print(f"{event['sequence']:8}  {event['at']}  {event['type']:20}  {event['subject']}")
    return 0

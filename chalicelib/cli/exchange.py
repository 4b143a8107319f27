"""`otbill exchange`: send claims and fetch answers, over each trading partner's own door; see what came and what waits."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars


def register(commands: Any) -> None:
    top = commands.add_parser("exchange", help="send claims to the clearinghouse and fetch its answers")
    verbs = top.add_subparsers(required=True)
    for name, words, run in (
        ("sync", "send the outbox, fetch and apply every answer", run_sync),
        ("status", "what waits to be sent, what was taken in, and what nobody could place", run_status),
        ("inbox", "the files that came, newest first", run_inbox),
        ("partner", "declare how a trading partner is reached", run_partner),
    ):
        command = verbs.add_parser(name, help=words)
        common.add_common(command)
        command.set_defaults(run=run)
        if name == "inbox":
            command.add_argument("--limit", type=int, default=50, help="how many (default 50)")
        if name == "partner":
            command.add_argument("file", type=Path, help="the partner's TOML file (docs/exchange.md)")
            command.add_argument("--key", type=Path, help="its private key, to be put into Secrets Manager")
            command.add_argument("--token", type=Path, help="its real-time token, to be put into Secrets Manager")


def run_sync(arguments: argparse.Namespace) -> int:
    """One exchange with every trading partner. Exit 1 when a check was refused, a file not placed or a partner not reached."""
    from chalicelib.jobs.denials import refresh_practices
    from chalicelib.jobs.sync import clear_outbox, sync_partners
    from chalicelib.local.clearinghouse import doors

    folder = common.home() / "exchange"
    with common.progress("exchanging files", quiet=arguments.json) as moved:
        result = sync_partners(doors(folder / "clearinghouse"), arguments.principal, moved)
    clear_outbox(folder / "outbox", arguments.principal)
    refresh_practices(arguments.principal)
    if arguments.json:
        common.print_json(
            {
                "sent": result.sent,
                "taken": result.taken,
                "claims": vars(result.claims),
                "remittances": [item.model_dump() for item in result.remittances],
                "strange": result.strange,
                "unreachable": result.unreachable,
            }
        )
    else:
        _print(result)
    return 1 if result.strange or result.unreachable or any(item.refused for item in result.remittances) else 0


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
    for item in result.unreachable:
        out.print(f"  not reached: {item['partner']}: {item['reason']}")


def run_status(arguments: argparse.Namespace) -> int:
    from chalicelib.jobs.standing import standing

    found = standing(arguments.principal)
    if arguments.json:
        common.print_json(found)
        return 0
    out = common.console()
    for name, partner in found["partners"].items():
        out.print(f"{name}: {partner['transport']}, {', '.join(partner['practices'])}")
        for batch in partner["waiting"]:
            out.print(f"  {batch['state']}: {batch['file']}, {batch['claims']} claims")
    out.print(f"Files begun and not finished: {len(found['unfinished'])}")
    _lines(f"{item['name']} since {item['received_at']}" for item in found["unfinished"])
    out.print(f"Answers that fit nothing here: {len(found['exceptions'])}")
    _lines(f"{item['at']}  {item['kind']}  {item['reason']}  {item['file']}" for item in found["exceptions"])
    return 0


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        common.console().print(f"  {line}")


def run_inbox(arguments: argparse.Namespace) -> int:
    from chalicelib.jobs.standing import inbox
    from chalicelib.store import receipts

    files = inbox(arguments.principal, arguments.limit)
    if arguments.json:
        common.print_json({"files": [receipts.as_dict(item) for item in files]})
        return 0
    _lines(f"{item.received_at}  {item.kind:8} {item.state:8} {item.size:9}  {item.name}" for item in files)
    return 0


def run_partner(arguments: argparse.Namespace) -> int:
    from chalicelib.exchange import partners

    key = arguments.key.read_text("utf-8") if arguments.key else ""
    token = arguments.token.read_text("utf-8").strip() if arguments.token else ""
    partner = partners.declare(arguments.principal, partners.read_settings(arguments.file), key=key, token=token)
    said = {"partner": partner.name, "transport": partner.transport}
    if arguments.json:
        common.print_json(said)
    else:
        common.console().print(f"{partner.name} is reached over {partner.transport}")
    return 0

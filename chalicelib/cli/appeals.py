"""`otbill appeals`: draft, packet, send, outcome; and how often each argument wins."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars


def register(commands: Any) -> None:
    verbs = commands.add_parser("appeals", help="appeal denials, level by level").add_subparsers(required=True)
    _register_draft(verbs)
    made = _step(verbs, "packet", "letter, decision, claim, record and proofs in one PDF", run_packet)
    made.add_argument("--waive", action="append", default=[], metavar="CODE", help="go without this piece of evidence")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the PDF here too")
    sent = _step(verbs, "send", "record how the packet went out, with proof", run_send)
    sent.add_argument("--method", choices=("mail", "fax", "portal"), required=True)
    sent.add_argument("--to", required=True, help="where it went: address, fax number or portal")
    sent.add_argument("--proof", required=True, help="tracking, confirmation or reference number")
    sent.add_argument("--on", metavar="DATE", help="the day (default today)")
    sent.add_argument("--paper", type=Path, metavar="PDF", help="the proof itself")
    ended = _step(verbs, "outcome", "record the payer's answer", run_outcome)
    ended.add_argument("result", choices=("overturned", "partly", "upheld", "dismissed"))
    ended.add_argument("--on", metavar="DATE", help="the day of the decision (default today)")
    ended.add_argument("--amount", metavar="DOLLARS", default="0", help="what it says it will pay")
    ended.add_argument("--words", default="", help="its reasons")
    _step(verbs, "show", "one appeal, its evidence and what is missing", run_show)
    listed = verbs.add_parser("list", help="appeals under way, nearest deadline first, and how often each argument won")
    common.add_tenant(listed)
    common.add_common(listed)
    listed.set_defaults(run=run_list)


def _register_draft(verbs: Any) -> None:
    drafted = verbs.add_parser("draft", help="open an appeal of a denial at its next level")
    common.add_tenant(drafted)
    common.add_common(drafted)
    drafted.add_argument("--denial", required=True, metavar="ID", help="the denial")
    drafted.add_argument(
        "--argument", default="", help="necessity, modifier, limit, timely_filing, authorization, documentation"
    )
    drafted.add_argument("--records", action="store_true", help="send the records asked for; no appeal")
    drafted.add_argument("--statement", type=Path, metavar="FILE", help="the therapist's own words, plain text")
    drafted.add_argument("--recipient", default="", help="name and address lines, separated by |")
    drafted.add_argument("--good-cause", default="", help="why it is later than its deadline")
    drafted.add_argument("--deadline", metavar="DATE", help="for a level whose days are in the contract")
    drafted.add_argument(
        "--with", dest="others", action="append", default=[], metavar="ID", help="a denial joined with it for a hearing"
    )
    drafted.add_argument("--why", default="", help="why the joined services are similar or related (42 CFR 405.1006)")
    drafted.set_defaults(run=run_draft)


def _step(verbs: Any, name: str, words: str, run: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = verbs.add_parser(name, help=words)
    common.add_tenant(command)
    common.add_common(command)
    command.add_argument("--appeal", required=True, metavar="ID", help="the appeal")
    command.set_defaults(run=run)
    return command


def _day(text: str | None) -> date | None:
    from chalicelib.platform.errors import Misuse

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Misuse("NOT_A_DATE", "a day is written 2026-09-30") from None


def run_draft(arguments: argparse.Namespace) -> int:
    from chalicelib.denials import appeals

    if arguments.others:
        return _run_join(arguments)
    with common.in_tenant(arguments, "appeals.draft"):
        found = appeals.draft(
            arguments.denial,
            argument=arguments.argument,
            kind="records" if arguments.records else "appeal",
            statement=arguments.statement.read_text() if arguments.statement else "",
            recipient=arguments.recipient.replace("|", "\n"),
            good_cause=arguments.good_cause,
            deadline=_day(arguments.deadline),
        )
    return _told(arguments, found)


def _run_join(arguments: argparse.Namespace) -> int:
    from chalicelib.denials.joining import join

    with common.in_tenant(arguments, "appeals.draft"):
        found = join(
            [arguments.denial, *arguments.others],
            arguments.why,
            argument=arguments.argument,
            statement=arguments.statement.read_text() if arguments.statement else "",
            recipient=arguments.recipient.replace("|", "\n"),
            good_cause=arguments.good_cause,
        )
    if arguments.json:
        common.print_json({"appeals": [item.model_dump(mode="json", exclude={"version"}) for item in found]})
        return 0
    for item in found:
        _told(arguments, item)
    if found[0].joined:
        common.console().print(f"joined: {len(found)} claims, {dollars(found[0].joined.total_cents)} in controversy")
    return 0


def run_packet(arguments: argparse.Namespace) -> int:
    from chalicelib import documents
    from chalicelib.denials import appeals

    with common.in_tenant(arguments, "appeals.packet"):
        found = appeals.packet(arguments.appeal, waive=arguments.waive)
        if arguments.out:
            arguments.out.write_bytes(documents.get(found.packet))
    return _told(arguments, found)


def run_send(arguments: argparse.Namespace) -> int:
    from chalicelib.denials import appeals

    paper = arguments.paper.read_bytes() if arguments.paper else b""
    with common.in_tenant(arguments, "appeals.send"):
        found = appeals.send(
            arguments.appeal,
            arguments.method,
            to=arguments.to,
            proof=arguments.proof,
            on=_day(arguments.on),
            paper=paper,
        )
    return _told(arguments, found)


def run_outcome(arguments: argparse.Namespace) -> int:
    from chalicelib.denials import appeals
    from chalicelib.money import MoneyError, parse_dollars
    from chalicelib.platform.errors import Misuse

    try:
        amount = parse_dollars(arguments.amount)
    except MoneyError as error:
        raise Misuse("NOT_DOLLARS", str(error), fix="write it as 12.34") from None
    with common.in_tenant(arguments, "appeals.outcome"):
        found = appeals.outcome(
            arguments.appeal, arguments.result, on=_day(arguments.on), amount_cents=amount, words=arguments.words
        )
    return _told(arguments, found)


def run_show(arguments: argparse.Namespace) -> int:
    from chalicelib.denials.appeals import shown

    with common.in_tenant(arguments, "appeals.show"):
        found = shown(arguments.appeal)
    return _told(arguments, found)


def _told(arguments: argparse.Namespace, found: Any) -> int:
    if arguments.json:
        common.print_json({"appeal": found.model_dump(mode="json", exclude={"version"})})
        return 0
    out = common.console()
    out.print(
        f"{found.appeal_id} is {found.state}: {found.level_name} to {found.payer_name}, {dollars(found.amount_cents)} "
        f"in dispute, due by {found.deadline or 'no known day'}"
    )
    for item in found.evidence:
        mark = {"have": "on record", "attached": "attached", "waived": "gone without"}.get(item.state, "missing")
        note = f": {item.shown}" if item.shown else ("" if item.needed or item.state != "missing" else " (not needed)")
        out.print(f"  {item.code:18} {mark}{note}")
    if found.packet:
        out.print(f"  packet: {found.packet_pages} pages")
    if found.outcome:
        out.print(f"  {found.outcome.result} on {found.outcome.on}")
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.denials.appeal import appeals
    from chalicelib.denials.overturns import overturns

    with common.in_tenant(arguments, "appeals.list"):
        under_way, rates = appeals(("draft", "packed", "sent")), overturns()
    if arguments.json:
        common.print_json(
            {
                "appeals": [item.model_dump(mode="json", exclude={"version"}) for item in under_way],
                "overturned": [{**item.model_dump(), "percent": item.percent} for item in rates],
            }
        )
        return 0
    out = common.console()
    for item in under_way:
        out.print(
            f"{item.deadline or 'no day':10}  {item.state:7} {item.level_name:22} {item.payer_name:28.28} "
            f"{dollars(item.amount_cents):>10}  {item.appeal_id}"
        )
    for rate in rates:
        out.print(
            f"{rate.argument} against {rate.payer_name}: {rate.won + rate.partly} of {rate.decided} won ({rate.percent} %)"
        )
    if not under_way and not rates:
        out.print("No appeals yet.")
    return 0

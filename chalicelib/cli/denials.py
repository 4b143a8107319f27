"""`otbill denials`: what payers refused, in order of what is at stake; what can be done about each; what it all has in common."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars

SHOWS = ("work", "snoozed", "waiting", "resolved", "all")
DOINGS = ("assign", "snooze", "note", "correct", "next-payer", "document", "write-off", "patient", "ask")


def register(commands: Any) -> None:
    verbs = commands.add_parser("denials", help="work what payers refused").add_subparsers(required=True)
    _register_list(verbs)
    shown = verbs.add_parser("show", help="one denial: codes in words, money, history, and the ways out")
    _one(shown, run_show)
    _register_act(verbs)
    counted = verbs.add_parser("patterns", help="denials by payer, reason, code and modifier, with dollars")
    common.add_tenant(counted)
    common.add_common(counted)
    counted.add_argument("--payer", default="", metavar="ID", help="one payer only")
    counted.set_defaults(run=run_patterns)
    fresh = verbs.add_parser("refresh", help="take in denials of posted payments and what became of the others")
    common.add_tenant(fresh, required=False)
    common.add_common(fresh)
    fresh.set_defaults(run=run_refresh)
    paced = verbs.add_parser("pace", help="how fast denials are worked, and what they brought back")
    common.add_tenant(paced)
    common.add_common(paced)
    paced.set_defaults(run=run_pace)


def _register_list(verbs: Any) -> None:
    listed = verbs.add_parser("list", help="the work list of one practice, or of all that are yours")
    common.add_tenant(listed, required=False)
    common.add_common(listed)
    listed.add_argument("--show", choices=SHOWS, default="work", help="which ones (default: those to be worked now)")
    listed.add_argument(
        "--category", action="append", default=[], metavar="KIND", help="only this kind; may be repeated"
    )
    listed.add_argument("--payer", action="append", default=[], metavar="ID", help="only this payer; may be repeated")
    listed.add_argument(
        "--reason", action="append", default=[], metavar="CARC", help="only this reason; may be repeated"
    )
    listed.add_argument("--assigned", default="", metavar="USER", help="only those of this user id, or 'nobody'")
    listed.add_argument("--limit", type=int, default=50, help="how many (default 50)")
    listed.set_defaults(run=run_list)


def _one(command: Any, run: Any) -> None:
    common.add_tenant(command)
    common.add_common(command)
    command.add_argument("--denial", required=True, metavar="ID", help="the denial")
    command.set_defaults(run=run)


def _register_act(verbs: Any) -> None:
    act = verbs.add_parser("act", help="do something about one denial, or the same about many")
    common.add_tenant(act)
    common.add_common(act)
    act.add_argument("--denial", action="append", required=True, metavar="ID", help="the denial; repeat it for many")
    act.add_argument("--do", choices=DOINGS, required=True, help="what; assign, snooze and note take many at once")
    act.add_argument("--preview", action="store_true", help="say what would happen to each, and change nothing")
    act.add_argument("--to", default="", metavar="USER", help="assign: the user id ('' takes it back)")
    act.add_argument("--until", metavar="DATE", help="snooze: the day to look again; ask: the day the answer is due")
    act.add_argument("--words", default="", help="the note, the reason, the question")
    act.add_argument("--reason", default="", help="write-off: one of the listed reasons")
    act.add_argument("--role", default="office_manager", help="ask: whom of the practice (default office_manager)")
    act.add_argument("--file", type=Path, help="document: the PDF")
    act.add_argument("--evidence", default="", metavar="CODE", help="document: what it proves (see appeals show)")
    act.set_defaults(run=run_act)


def run_refresh(arguments: argparse.Namespace) -> int:
    from chalicelib.jobs.denials import refresh_practices

    done = refresh_practices(arguments.principal, [arguments.tenant] if arguments.tenant else None)
    if arguments.json:
        common.print_json({"practices": [{"practice": slug, **item.model_dump()} for slug, item in done]})
        return 0
    for slug, item in done:
        common.console().print(f"{slug}: {item.found} denials found, {item.resolved} settled, {item.changed} moved")
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.api.denial_list import listed
    from chalicelib.denials.queue import Wanted, plain_row
    from chalicelib.platform.errors import Misuse

    if arguments.limit < 1:
        raise Misuse("LIMIT", "a list has at least one row")
    wanted = Wanted(
        show=arguments.show,
        categories=tuple(arguments.category),
        payers=tuple(arguments.payer),
        reasons=tuple(arguments.reason),
        assigned=arguments.assigned,
    )
    total, rows = listed(arguments.principal, wanted, arguments.tenant or "", 0, arguments.limit)
    if arguments.json:
        common.print_json({"total": total, "denials": [plain_row(row) for row in rows]})
        return 0
    _print_rows(total, rows)
    return 0


def _print_rows(total: int, rows: Any) -> None:
    out = common.console()
    if not rows:
        out.print("No denial to work. One appears here when a posted payment refuses money that nobody else owes.")
        return
    for row in rows:
        entry, denial = row.entry, row.entry.denial
        left = f"{entry.days_left:4d} days left" if entry.days_left >= 0 else "deadline passed"
        money = f"{dollars(denial.amount_cents):>10} denied  {dollars(denial.expected_cents):>10} expected"
        out.print(f"{denial.denial_id}  {money}  {left}  {denial.payer_name}", soft_wrap=True)
        kind = f"{denial.group}-{denial.carc} {entry.category.name}: {entry.category.next_action}"
        about = [row.patient_name, str(denial.date_of_service), entry.slug, entry.likelihood.words, row.owner]
        out.print(f"    {kind}\n    {'; '.join(filter(None, about))}", soft_wrap=True)
    out.print(f"{len(rows)} of {total}; expected dollars for each day left decide the order")


def run_show(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance.access_log import log_read
    from chalicelib.denials import view

    with common.in_tenant(arguments, "denials.show"):
        found = view.as_json(view.denial_view(arguments.denial))
        log_read("denials.show", f"DEN#{arguments.denial}")
    if arguments.json:
        common.print_json(found)
        return 0
    _print_one(found)
    return 0


def _print_one(found: dict[str, Any]) -> None:
    out = common.console()
    denial = found["denial"]
    out.print(f"[bold]{denial['payer_name']} denied {dollars(denial['amount_cents'])}[/bold] on {denial['decided_on']}")
    out.print(f"  {denial['group']}-{denial['carc']}: {found['words']}")
    for code, words in found["remarks"].items():
        out.print(f"  {code}: {words}")
    for line in denial["lines"]:
        code = " ".join((line["cpt"], *line["modifiers"])) or "whole claim"
        out.print(f"  line {line['number'] or 'all'}: {code} {dollars(line['amount_cents'])}")
    out.print(f"  expected {dollars(denial['expected_cents'])} ({found['basis']}), {found['likelihood_words']}")
    out.print(f"  {found['kind']}: {found['next_action']}")
    out.print(f"  until {denial['deadline']}: {denial['deadline_words']}")
    out.print("Ways out")
    for offer in found["offers"]:
        mark = "*" if offer["first"] else " "
        out.print(f" {mark}{offer['name']}" + ("" if offer["possible"] else f": no, {offer['why']}"))
    out.print("History")
    for act in found["history"]:
        out.print(f"  {act['at']}  {act['actor']}  {act['words']}")


def run_act(arguments: argparse.Namespace) -> int:
    """Exit 1 when it could not be done to some of them."""
    if arguments.do in ("assign", "snooze", "note"):
        return _bulk(arguments)
    from chalicelib.platform.errors import Misuse

    if len(arguments.denial) != 1 or arguments.preview:
        raise Misuse(
            "ONE_AT_A_TIME", "this is done to one denial at a time", fix="name one --denial, without --preview"
        )
    with common.in_tenant(arguments, "denials.act"):
        denial = _do(arguments, arguments.denial[0])
    if arguments.json:
        common.print_json({"denial": denial.model_dump(mode="json", exclude={"seen", "acts"})})
    else:
        common.console().print(
            f"{denial.denial_id} is {denial.state}{f' ({denial.resolution})' if denial.resolution else ''}"
        )
    return 0


def _do(arguments: argparse.Namespace, denial_id: str) -> Any:
    from chalicelib.denials import paths, records
    from chalicelib.denials.papers import add_document
    from chalicelib.platform.errors import Misuse

    if arguments.do == "correct":
        return paths.correct(denial_id, reason=arguments.words)
    if arguments.do == "next-payer":
        return paths.next_payer(denial_id, reason=arguments.words)
    if arguments.do == "patient":
        return paths.bill_patient(denial_id)
    if arguments.do == "write-off":
        return paths.write_off(denial_id, arguments.reason)
    if arguments.do == "ask":
        return paths.ask(denial_id, arguments.role, _day(arguments.until), arguments.words)
    if arguments.file is None:
        raise Misuse("FILE_MISSING", "a document needs its PDF", fix="name it with --file")
    add_document(denial_id, arguments.file.read_bytes(), arguments.words or "Document", arguments.evidence)
    return records.get(denial_id)


def _day(text: str | None) -> date:
    from chalicelib.platform.errors import Misuse

    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise Misuse("NOT_A_DATE", "a day is written 2026-09-30", where="until") from None


def _bulk(arguments: argparse.Namespace) -> int:
    from chalicelib.denials.acts import bulk

    results = bulk(
        arguments.principal,
        [(arguments.tenant, key) for key in arguments.denial],
        arguments.do,
        user_id=arguments.to,
        until=_day(arguments.until) if arguments.until else None,
        words=arguments.words,
        commit=not arguments.preview,
    )
    if arguments.json:
        common.print_json({"preview": arguments.preview, "results": [item.model_dump() for item in results]})
    else:
        word = "can be done" if arguments.preview else "done"
        good = sum(1 for item in results if item.possible)
        common.console().print(f"{good} of {len(results)} {word}")
        for item in results:
            if not item.possible:
                common.console().print(f"  {item.denial_id}: {item.why}")
    return 0 if all(item.possible for item in results) else 1


def run_patterns(arguments: argparse.Namespace) -> int:
    from chalicelib.denials.patterns import patterns

    with common.in_tenant(arguments, "denials.patterns"):
        found = patterns(arguments.payer)
    if arguments.json:
        common.print_json({"patterns": [{**item.model_dump(), "kind": item.category_name} for item in found]})
        return 0
    out = common.console()
    for item in found:
        codes = " ".join((f"{item.group}-{item.carc}", *item.remarks))
        service = " ".join((item.cpt, *item.modifiers)) or "whole claim"
        out.print(
            f"{dollars(item.denied_cents):>10}  {item.lines:4d} lines  {item.claims:4d} claims  {item.payer_name:28.28}  "
            f"{codes:14}  {service:16}  {item.category_name}"
        )
    return 0


def run_pace(arguments: argparse.Namespace) -> int:
    from chalicelib.denials import queue
    from chalicelib.denials.measures import WITHIN_BUSINESS_DAYS

    with common.in_tenant(arguments, "denials.list"):
        found = queue.pace()
    if arguments.json:
        common.print_json({**found.model_dump(), "in_time_percent": found.in_time_percent})
        return 0
    out = common.console()
    percent = "nothing was due yet" if found.in_time_percent is None else f"{found.in_time_percent} % of {found.due}"
    out.print(f"Acted on within {WITHIN_BUSINESS_DAYS} business days: {percent}")
    out.print(f"Not touched in time and still open: {found.untouched_late}; oldest open {found.oldest_days} days")
    out.print(
        f"Open {dollars(found.open_cents)}; of the last 90 days {dollars(found.denied_cents)} denied, "
        f"{dollars(found.recovered_cents)} brought back"
    )
    return 0

"""`otbill eligibility`: ask the payers whether a patient is covered, at once or in batch, by phone too; show what they said."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.cli import common
from chalicelib.cli.tenant import print_table
from chalicelib.money import dollars

if TYPE_CHECKING:
    from chalicelib.coverage.model import BenefitRecord
    from chalicelib.exchange.realtime import RealtimeDoor

_FAILED = frozenset(("rejected", "unreadable", "not_enrolled"))


def register(commands: Any) -> None:
    top = commands.add_parser("eligibility", help="whether a patient is covered, and for what")
    verbs = top.add_subparsers(required=True)
    check = verbs.add_parser("check", help="ask each payer of a patient (270, 271)")
    _about(check)
    check.add_argument("--again", action="store_true", help="ask even if it was asked today already")
    check.set_defaults(run=run_check)
    batch = verbs.add_parser("batch", help="ask for everybody on the schedule of the next days, 16 at a time")
    common.add_tenant(batch)
    batch.add_argument("--days", type=int, default=7, help="how far ahead (default 7)")
    batch.add_argument("--mode", choices=("nightly", "monthly", "new_year"), default="nightly")
    common.add_common(batch)
    batch.set_defaults(run=run_batch)
    show = verbs.add_parser("show", help="the answer that covers a day, as kept")
    _about(show)
    show.add_argument("--on", type=date.fromisoformat, help="the date of service (default today)")
    show.add_argument("--full", action="store_true", help="everything that is kept of it")
    show.add_argument("--raw", action="store_true", help="print the 271 as it came")
    show.set_defaults(run=run_show)
    phone = verbs.add_parser("phone", help="enter what a payer said by phone, or its portal showed")
    _about(phone)
    phone.add_argument("--answers", type=Path, help="a JSON file with the form's answers")
    phone.add_argument("--form", action="store_true", help="print the form's questions as JSON to fill in")
    phone.set_defaults(run=run_phone)


def _about(command: argparse.ArgumentParser) -> None:
    common.add_tenant(command)
    command.add_argument("--patient", required=True, metavar="P", help="our id or the practice's own number")
    command.add_argument("--payer", default="", metavar="ID", help="only this payer")
    common.add_common(command)


def run_check(arguments: argparse.Namespace) -> int:
    """Exit 0 when every payer answered or is to be phoned, 1 when one refused the question or could not be read."""
    from chalicelib.claims.retroactive import review
    from chalicelib.coverage.service import check_patient
    from chalicelib.coverage.view import as_json

    with common.in_tenant(arguments, "eligibility.check"):
        checks = check_patient(arguments.patient, the_door(), payer_id=arguments.payer, again=arguments.again)
        review(checks[0].patient_key)
    if arguments.json:
        common.print_json({"patient_id": checks[0].patient_key, "checks": [as_json(check) for check in checks]})
    else:
        for check in checks:
            print_check(check)
    return 1 if any(check.outcome in _FAILED for check in checks) else 0


def run_batch(arguments: argparse.Namespace) -> int:
    """Exit 1 when a question got no answer, or one that cannot be read."""
    from chalicelib.coverage.batch import run_batch as ask

    with common.in_tenant(arguments, "eligibility.batch"):
        result = ask(the_door(), arguments.mode, days=arguments.days)
    if arguments.json:
        common.print_json(result.as_dict())
    else:
        said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in result.as_dict().items() if count)
        common.console().print(f"Coverages: {said or 'nobody is on the schedule'}")
    return 1 if result.unanswered or result.unreadable else 0


def run_show(arguments: argparse.Namespace) -> int:
    """Exit 1 when no answer covers the day."""
    from chalicelib.coverage.service import find_shown, raw
    from chalicelib.coverage.view import as_json, as_shown

    with common.in_tenant(arguments, "eligibility.show"):
        check, fresh = find_shown(arguments.patient, arguments.payer, arguments.on)
        if arguments.raw:
            common.console().print(raw(check)[1].decode("latin-1"), markup=False)
            return 0
    if arguments.json:
        common.print_json(as_json(check) | {"fresh": fresh} if arguments.full else as_shown(check))
    else:
        print_check(check)
        if not fresh:
            common.console().print("  Too old for that day: check again.")
    return 0


def run_phone(arguments: argparse.Namespace) -> int:
    """Keep the answers of a filled-in form; it names who spoke, or the call's reference."""
    from pydantic import ValidationError

    from chalicelib.claims.retroactive import review
    from chalicelib.coverage.phone import Answers, record_answers
    from chalicelib.platform.errors import Misuse

    if arguments.form or arguments.answers is None:
        with common.in_tenant(arguments, "eligibility.phone"):
            pass  # the form is the practice's: who is not of it is told so
        common.print_json(Answers.model_json_schema()["properties"])
        return 0
    try:
        told = Answers.model_validate_json(arguments.answers.read_bytes())
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise Misuse("FORM", first["msg"], where=".".join(map(str, first["loc"])), fix="see --form") from None
    with common.in_tenant(arguments, "eligibility.phone"):
        check = record_answers(arguments.patient, arguments.payer, told)
        review(check.patient_key)
    if arguments.json:
        from chalicelib.coverage.view import as_json

        common.print_json(as_json(check))
    else:
        print_check(check)
    return 0


def the_door() -> RealtimeDoor:
    """The real-time door of the practice's trading partner."""
    from chalicelib.exchange import realtime
    from chalicelib.onboarding.apply import current_practice

    return realtime.door(current_practice().billing.trading_partner)


def print_check(check: BenefitRecord) -> None:
    from chalicelib.coverage.cards import limit_words
    from chalicelib.coverage.words import payer_words, stay_words

    told = check.benefits
    out = common.console()
    line_of_business = check.line_of_business.replace("_", " ")
    out.print(f"{check.payer_name} ({line_of_business}), {check.on}: {check.words}", markup=False)
    rows = [
        ("active", told.active),
        ("occupational therapy covered", told.covered),
        ("plan", told.plan),
        ("network", told.network if told.network != "unknown" else ""),
        ("copay", _money(told.copay_cents)),
        ("coinsurance", f"{told.coinsurance_percent:f} %" if told.coinsurance_percent is not None else ""),
        ("deductible", _money(told.deductible_cents)),
        ("deductible left", _money(told.deductible_remaining_cents)),
        ("out of pocket left", _money(told.out_of_pocket_remaining_cents)),
        *(("limit", limit_words(limit)) for limit in told.limits),
        ("authorization required", told.authorization_required),
        ("referral required", told.referral_required if told.referral_required != "unknown" else ""),
        *(("stay", stay_words(stay)) for stay in told.stays),
        *(("other payer", payer_words(other)) for other in told.other_payers),
        *((f"payer error {error.reason}", error.words) for error in told.errors),
        *((f"contradiction: {doubt.subject}", " / ".join(doubt.said)) for doubt in told.contradictions),
        ("told by", " ".join(part for part in (check.told_by, check.reference) if part)),
    ]
    if check.source != "us":
        print_table(("said of", "by the payer"), [(name, str(value)) for name, value in rows if value])
    if check.fix:
        out.print(f"  To mend: {check.fix}", markup=False)


def _money(amount_cents: int | None) -> str:
    return "" if amount_cents is None else dollars(amount_cents)

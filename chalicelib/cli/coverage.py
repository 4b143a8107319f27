"""`otbill coverage`: the front desk's day, therapy thresholds, the order of payers, coverage over time."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.cli import common
from chalicelib.cli.tenant import print_table
from chalicelib.money import dollars, parse_dollars

if TYPE_CHECKING:
    from chalicelib.coverage.coordination import MspAnswers


def register(commands: Any) -> None:
    verbs = commands.add_parser("coverage", help="the front desk's view, thresholds, who pays first").add_subparsers(
        required=True
    )
    desk = verbs.add_parser("desk", help="the visits of today and the next days, each with its card")
    common.add_tenant(desk)
    desk.add_argument("--on", type=date.fromisoformat, help="the first day (default today)")
    desk.add_argument("--days", type=int, default=8)
    common.add_common(desk)
    desk.set_defaults(run=run_desk)
    threshold = _of_patient(verbs, "threshold", "Original Medicare's KX and review amounts of the year", run_threshold)
    threshold.add_argument("--year", type=int, help="default this year")
    used = _of_patient(verbs, "used", "enter Medicare's own figure of therapy used, with its source", run_used)
    used.add_argument("--payer", default="09102", metavar="ID")
    used.add_argument("--amount", required=True, help="dollars used to date")
    used.add_argument("--as-of", required=True, type=date.fromisoformat)
    used.add_argument("--source", required=True, help="where it was read, such as a portal's name")
    _of_patient(verbs, "order", "the order of payers the rules want, and why", run_order)
    _of_patient(verbs, "history", "the patient's coverages over time, and what payers said of them", run_history)
    asked = _of_patient(verbs, "questionnaire", "keep or show a patient's Medicare questionnaire", run_questionnaire)
    asked.add_argument("--answers", type=Path, help="a JSON file; without it the kept ones are shown")
    asked.add_argument("--told-by", default="", help="who answered: patient, daughter")
    msp = verbs.add_parser("msp", help="whether Medicare pays first: the questionnaire's answers judged")
    msp.add_argument("--answers", required=True, type=Path, help="a JSON file")
    common.add_common(msp)
    msp.set_defaults(run=run_msp, offline=True)


def _of_patient(verbs: Any, name: str, words: str, run: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = verbs.add_parser(name, help=words)
    common.add_tenant(command)
    command.add_argument("--patient", required=True, metavar="P", help="our id or the practice's own number")
    common.add_common(command)
    command.set_defaults(run=run)
    return command


def run_desk(arguments: argparse.Namespace) -> int:
    from chalicelib.coverage.desk import desk

    with common.in_tenant(arguments, "coverage.list"):
        rows = desk(arguments.on, arguments.days)
    if arguments.json:
        common.print_json({"visits": [row.model_dump(mode="json") for row in rows]})
        return 0
    if not rows:
        common.console().print("No visit is booked. `otbill schedule import` takes in the schedule.")
        return 0
    print_table(
        ("day", "time", "patient", "payer", "card", "reason", "to do"),
        [
            (
                str(row.on),
                row.start_time,
                row.practice_patient_id,
                row.payer_name,
                row.card.tone,
                row.card.reasons[0],
                row.card.action,
            )
            for row in rows
        ],
    )
    return 0


def run_threshold(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.therapy_year import therapy_year
    from chalicelib.clock import today

    with common.in_tenant(arguments, "coverage.show") as context:
        found = therapy_year(arguments.patient, arguments.year or today(context.tenant.timezone).year)
    if arguments.json:
        common.print_json(found.model_dump(mode="json"))
        return 0
    out = common.console()
    reported = (
        "not told"
        if found.reported_cents is None
        else f"{dollars(found.reported_cents)} on {found.reported_on} ({found.reported_by})"
    )
    out.print(f"{found.year}: {dollars(found.used_cents)} used; own posted {dollars(found.posted_cents)}, own pending "
              f"{dollars(found.pending_cents)}, by the payer {reported}", markup=False)  # fmt: skip
    for meter in found.meters:
        out.print(
            f"  {meter.name}: {meter.percent} % of {dollars(meter.threshold_cents)}, {dollars(meter.left_cents)} left"
        )
    for words in found.unknown:
        out.print(f"  Not known: {words}", markup=False)
    return 0


def run_used(arguments: argparse.Namespace) -> int:
    from chalicelib.coverage.phone import therapy_used
    from chalicelib.coverage.view import as_json

    with common.in_tenant(arguments, "eligibility.phone"):
        check = therapy_used(
            arguments.patient, arguments.payer, parse_dollars(arguments.amount), arguments.as_of, arguments.source
        )
    if arguments.json:
        common.print_json(as_json(check))
    else:
        common.console().print(
            f"Kept: {dollars(check.benefits.therapy_used_cents or 0)} used, from {check.told_by}", markup=False
        )
    return 0


def run_order(arguments: argparse.Namespace) -> int:
    """Exit 1 when the rules want another order than the practice told."""
    from chalicelib.coverage.coordination import order_of
    from chalicelib.intake.records import patient

    with common.in_tenant(arguments, "coverage.show"):
        coverages = patient(arguments.patient).coverages
        found = order_of(coverages)
    told = [one.payer_id for one in coverages]
    if arguments.json:
        common.print_json({**found.model_dump(mode="json"), "told": told, "agrees": list(found.payers) == told})
    else:
        sure = "" if found.sure else " (not sure)"
        common.console().print(
            f"{' then '.join(found.payers) or 'no payer'}: {found.reason}{sure}; told: {', '.join(told)}"
        )
    return 1 if found.sure and list(found.payers) != told else 0


def run_history(arguments: argparse.Namespace) -> int:
    from chalicelib.coverage.history import history

    with common.in_tenant(arguments, "coverage.show"):
        found = history(arguments.patient)
    if arguments.json:
        common.print_json({"coverages": [one.model_dump(mode="json") for one in found]})
        return 0
    rows = [
        (one.payer_id, one.line_of_business, one.sequence, f"{one.first_visit_on} to {one.last_visit_on}", one.said)
        for one in found
    ]
    print_table(("payer", "line of business", "as", "visits", "the payer said"), rows)
    return 0


def _answers(path: Path) -> MspAnswers:
    """The questionnaire in a file. Misuse naming the field that is wrong."""
    from pydantic import ValidationError

    from chalicelib.coverage.coordination import MspAnswers
    from chalicelib.platform.errors import Misuse

    try:
        return MspAnswers.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise Misuse("FORM", first["msg"], where=".".join(map(str, first["loc"]))) from None


def run_msp(arguments: argparse.Namespace) -> int:
    """Exit 1 when something must be asked still."""
    from chalicelib.coverage.coordination import medicare_secondary, msp_words

    found = medicare_secondary(_answers(arguments.answers))
    if arguments.json:
        common.print_json(found.model_dump(mode="json"))
    else:
        common.console().print(msp_words(found))
    return 1 if found.missing else 0


def run_questionnaire(arguments: argparse.Namespace) -> int:
    """Keep the answers of a file, then show every one that is kept. Exit 1 when the newest leaves something to ask."""
    from chalicelib.coverage.coordination import msp_words
    from chalicelib.coverage.questionnaire import keep, of_patient
    from chalicelib.intake.records import patient

    told = _answers(arguments.answers) if arguments.answers else None
    with common.in_tenant(arguments, "coverage.questionnaire" if told else "coverage.show"):
        if told:
            keep(arguments.patient, told, arguments.told_by)
        found = of_patient(patient(arguments.patient).key)
    if arguments.json:
        common.print_json({"questionnaires": [one.model_dump(mode="json") for one in found]})
    else:
        for one in found:
            words = f"{one.answers.on}, told by {one.told_by}, good until {one.good_until}: {msp_words(one.outcome)}"
            common.console().print(words, markup=False)
        if not found:
            common.console().print("The questionnaire was never answered.")
    return 1 if found and found[0].outcome.missing else 0

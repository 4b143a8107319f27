"""/p/{tenant}/coverage: the front desk's view and its CSV; one patient's coverage, the phone form, and raw answers."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

from chalice.app import Blueprint, Response
from pydantic import ValidationError

from chalicelib import store
from chalicelib.claims.authorized import views
from chalicelib.claims.retroactive import review
from chalicelib.claims.therapy_year import therapy_year
from chalicelib.clock import today
from chalicelib.coverage import records
from chalicelib.coverage.desk import DeskRow, desk
from chalicelib.coverage.history import history
from chalicelib.coverage.phone import Answers, record_answers
from chalicelib.coverage.service import check_patient, coverages_to_ask, raw
from chalicelib.exchange import realtime
from chalicelib.intake.model import LineOfBusiness
from chalicelib.intake.records import Patient
from chalicelib.intake.records import patient as find_patient
from chalicelib.money import MoneyError, parse_dollars
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import Misuse, NotFound
from chalicelib.portal.claim_csv import safe
from chalicelib.portal.render import html, redirect
from chalicelib.portal.session import PageCall, page, posted
from chalicelib.tenancy import current, may

routes = Blueprint(__name__)
MOST_DAYS = 31
HEADER = ("date", "time", "patient", "practice_patient_id", "payer_id", "payer", "member_id", "services", "card", "reasons",
          "action", "collect_and_tell", "checked_on", "check_id", "source")  # fmt: skip
_MONEY = (
    "copay_cents",
    "deductible_cents",
    "deductible_remaining_cents",
    "out_of_pocket_remaining_cents",
    "therapy_used_cents",
)
_COUNTS = ("visits_total", "visits_remaining")


def _days(call: PageCall) -> tuple[date, int]:
    try:
        first = date.fromisoformat(call.one("on")) if call.one("on") else today(call.frame.timezone)
    except ValueError:
        raise Misuse("DATE", "That is no date.", fix="Write it as 2026-09-30.") from None
    text = call.one("days") or "8"
    if not text.isdigit() or not 1 <= int(text) <= MOST_DAYS:
        raise Misuse("DAYS", f"1 to {MOST_DAYS} days can be shown.")
    return first, int(text)


@page(routes, "/p/{tenant}/coverage", "coverage.list")
def coverage_page(call: PageCall) -> Response:
    first, days = _days(call)
    rows = desk(first, days)
    call.seen.extend(dict.fromkeys(row.patient_key for row in rows))
    counts = {tone: sum(1 for row in rows if row.card.tone == tone) for tone in ("red", "amber", "green")}
    now = today(call.frame.timezone)
    return html(
        "coverage.html",
        frame=call.frame,
        section="coverage",
        groups=[(day, [row for row in rows if row.on == day]) for day in sorted({row.on for row in rows})],
        counts=counts,
        first=first,
        last=first + timedelta(days=days - 1),
        today=now,
        export=f"/p/{call.frame.slug}/coverage.csv?on={first}&days={days}",
        before=f"/p/{call.frame.slug}/coverage?on={first - timedelta(days=7)}&days={days}",
        after=f"/p/{call.frame.slug}/coverage?on={first + timedelta(days=7)}&days={days}",
    )


@page(routes, "/p/{tenant}/coverage.csv", "coverage.export")
def coverage_csv(call: PageCall) -> Response:
    """The same days. Who took which columns away, and when, is audited before the file leaves."""
    first, days = _days(call)
    rows = desk(first, days)
    call.seen.extend(dict.fromkeys(row.patient_key for row in rows))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows(_cells(row) for row in rows)
    with store.unit_of_work() as uow:
        uow.audit("coverage.exported", "COVERAGE", HEADER)
        uow.commit()
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="coverage-{call.frame.slug}-{first}.csv"',
    }
    return Response(body=out.getvalue(), headers=headers)


def _cells(row: DeskRow) -> list[str]:
    services = " ".join(f"{code}x{units}" for code, units in row.services)
    words = ("; ".join(row.card.reasons), row.card.action, "; ".join(row.card.facts))
    return [
        row.on.isoformat(),
        row.start_time,
        safe(row.patient_name),
        safe(row.practice_patient_id),
        safe(row.payer_id),
        safe(row.payer_name),
        safe(row.member_id),
        safe(services),
        row.card.tone,
        *map(safe, words),
        row.checked_on.isoformat() if row.checked_on else "",
        row.check_id,
        row.source,
    ]


@page(routes, "/p/{tenant}/coverage/{patient_id}", "coverage.show")
def patient_coverage(call: PageCall) -> Response:
    return _patient_page(call, find_patient(call.path["patient_id"]))


def _patient_page(
    call: PageCall, patient: Patient, errors: dict[str, str] | None = None, told: dict[str, str] | None = None
) -> Response:
    call.seen.append(patient.key)
    medicare = any(one.line_of_business is LineOfBusiness.MEDICARE for one in patient.coverages)
    now = today(call.frame.timezone)
    return html(
        "patient_coverage.html",
        status_code=422 if errors else 200,
        frame=call.frame,
        section="coverage",
        viewer=call.viewer,
        patient=patient,
        coverages=[one for one in patient.coverages if one.line_of_business is not LineOfBusiness.SELF_PAY],
        checks=records.find_checks(patient.key),
        authorizations=views(patient.key),
        year=therapy_year(patient.key, now.year) if medicare else None,
        spans=history(patient.key),
        medicare=medicare,
        may_estimate=may(current().principal, "estimate.make") and not call.frame.by_glass,
        errors=errors or {},
        told=told or {},
        today=now,
    )


@posted(routes, "/p/{tenant}/coverage/{patient_id}/check", "eligibility.check")
def check_now(call: PageCall) -> Response:
    """Ask the payers now; the page that follows shows what they said."""
    patient = find_patient(call.path["patient_id"])
    check_patient(patient.key, realtime.door(current_practice().billing.trading_partner), again=True)
    review(patient.key)
    call.seen.append(patient.key)
    return redirect(f"/p/{call.frame.slug}/coverage/{patient.key}")


@posted(routes, "/p/{tenant}/coverage/{patient_id}/phone", "eligibility.phone")
def phone_answers(call: PageCall) -> Response:
    """Keep the phone form's answers; with an error nothing typed is lost."""
    patient = find_patient(call.path["patient_id"])
    told = dict(call.form)
    errors, values = _read(told)
    payer = told.get("payer", "")
    if payer not in {one.payer_id for one in coverages_to_ask(patient)}:
        errors["payer"] = "Choose the plan the payer spoke of."
    if not errors:
        try:
            record_answers(patient.key, payer, Answers.model_validate(values))
        except ValidationError as error:
            errors = {
                str(each["loc"][0]): "This is not possible: check it." for each in error.errors(include_input=False)
            }
        except Misuse as error:
            errors["told_by" if error.code == "WHO_TOLD" else "visits_remaining"] = error.message.capitalize() + "."
    if errors:
        return _patient_page(call, patient, errors, told)
    review(patient.key)
    call.seen.append(patient.key)
    return redirect(f"/p/{call.frame.slug}/coverage/{patient.key}")


def _read(told: dict[str, str]) -> tuple[dict[str, str], dict[str, object]]:
    """(errors by field, values) of the form: dollars to cents, numbers to whole numbers."""
    errors: dict[str, str] = {}
    values: dict[str, object] = {}
    for name in Answers.model_fields:
        text = told.get(name, "").strip()
        if name == "visits_combined":
            values[name] = text == "yes"
        elif not text:
            continue
        elif name in _MONEY:
            try:
                values[name] = parse_dollars(text.lstrip("$").replace(",", ""))
            except MoneyError:
                errors[name] = "Write dollars, such as 35.00."
        elif name in _COUNTS:
            if text.isdigit() and len(text) < 6:
                values[name] = int(text)
            else:
                errors[name] = "Write a whole number."
        else:
            values[name] = text
    if "active" not in values:
        errors["active"] = "Say whether the plan is active."
    return errors, values


@page(routes, "/p/{tenant}/coverage/{patient_id}/raw/{check_id}", "coverage.raw")
def raw_answer(call: PageCall) -> Response:
    """The 271 as it came, one segment a line, and the 270 it answers."""
    patient = find_patient(call.path["patient_id"])
    found = next((one for one in records.find_checks(patient.key) if one.check_id == call.path["check_id"]), None)
    if found is None:
        raise NotFound("CHECK_NOT_FOUND", "There is no such check.")
    sent, came = (_lines(part.decode("utf-8", "replace")) for part in raw(found))
    return html(
        "raw_answer.html", frame=call.frame, section="coverage", patient=patient, check=found, sent=sent, came=came
    )


def _lines(text: str) -> str:
    return text if "\n" in text else text.replace("~", "~\n")

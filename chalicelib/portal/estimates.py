"""/p/{tenant}/coverage/{patient}/estimate: what a patient will owe, and the Medicare questionnaire's page.

Both post and show: what was asked of a patient never stands in an address.
"""

from __future__ import annotations

import json
import re
from datetime import date

from chalice.app import Blueprint, Response
from pydantic import ValidationError

from chalicelib.claims.estimating import PatientEstimate, estimate, next_visit
from chalicelib.clock import today
from chalicelib.coverage import questionnaire
from chalicelib.coverage.coordination import MspAnswers, msp_words
from chalicelib.intake.records import Patient
from chalicelib.intake.records import patient as find_patient
from chalicelib.platform.errors import Misuse
from chalicelib.portal.render import html, redirect, sentence
from chalicelib.portal.session import PageCall, page, posted
from chalicelib.tenancy import current, may

routes = Blueprint(__name__)
_SERVICE = re.compile(r"([0-9A-Za-z]{5})(?:[xX×](\d{1,2}))?")
_AT = {"SERVICES": "codes", "CHARGE_MISSING": "codes", "VISITS": "visits"}
QUESTIONS = (
    ("work_injury", "Is the care for a work injury?"),
    ("auto_accident", "Is it for an injury of a car accident?"),
    ("liability", "Is it for an injury another may be liable for?"),
    ("black_lung", "Do federal black lung benefits pay for it?"),
    ("veterans", "Did the Veterans Administration authorize it?"),
    ("group_plan", "A group plan through work, one’s own or a spouse’s?"),
)


@page(routes, "/p/{tenant}/coverage/{patient_id}/estimate", "estimate.make")
def estimate_page(call: PageCall) -> Response:
    """The form, filled with the patient's next booked visit."""
    now = today(call.frame.timezone)
    patient, day, services = next_visit(call.path["patient_id"], now)
    codes = " ".join(f"{code}x{units}" for code, units in services)
    return _estimate(call, patient, {"on": str(day or now), "visits": "1", "codes": codes})


@posted(routes, "/p/{tenant}/coverage/{patient_id}/estimate", "estimate.make")
def make_estimate(call: PageCall) -> Response:
    """The same page with the estimate; nothing is kept, so sending it again does no harm."""
    patient, told = find_patient(call.path["patient_id"]), dict(call.form)
    errors: dict[str, str] = {}
    words = [word for word in re.split(r"[,\s]+", told.get("codes", "")) if word]
    services = [(match[1].upper(), int(match[2] or 1)) for match in map(_SERVICE.fullmatch, words) if match]
    if not services or len(services) != len(words):
        errors["codes"] = "Write codes and units: 97530x2, 97110."
    visits = told.get("visits", "").strip()
    if not visits.isdigit() or len(visits) > 3:
        errors["visits"] = "Write how many visits, a whole number."
    try:
        on = date.fromisoformat(told.get("on", ""))
    except ValueError:
        errors["on"] = "Write a date such as 2026-09-30."
    if errors:
        return _estimate(call, patient, told, errors)
    try:
        return _estimate(call, patient, told, found=estimate(patient.key, services, on=on, visits=int(visits)))
    except Misuse as error:
        return _estimate(call, patient, told, {_AT.get(error.code, "codes"): sentence(error.message)})


def _estimate(
    call: PageCall,
    patient: Patient,
    told: dict[str, str],
    errors: dict[str, str] | None = None,
    found: PatientEstimate | None = None,
) -> Response:
    call.seen.append(patient.key)
    return html(
        "patient_estimate.html",
        status_code=422 if errors else 200,
        frame=call.frame,
        section="coverage",
        patient=patient,
        told=told,
        errors=errors or {},
        found=found,
        today=today(call.frame.timezone),
    )


@page(routes, "/p/{tenant}/coverage/{patient_id}/questionnaire", "coverage.show")
def questionnaire_page(call: PageCall) -> Response:
    patient = find_patient(call.path["patient_id"])
    return _questionnaire(call, patient, {"on": str(today(call.frame.timezone))})


@posted(routes, "/p/{tenant}/coverage/{patient_id}/questionnaire", "coverage.questionnaire")
def keep_questionnaire(call: PageCall) -> Response:
    """Keep the answers; with an error nothing typed is lost."""
    patient, told = find_patient(call.path["patient_id"]), dict(call.form)
    values = {name: told[name].strip() for name in MspAnswers.model_fields if told.get(name, "").strip()}
    errors: dict[str, str] = {}
    try:
        questionnaire.keep(patient.key, MspAnswers.model_validate_json(_json(values)), told.get("told_by", ""))
    except ValidationError as error:
        errors = {str(each["loc"][0]): "This is not possible: check it." for each in error.errors(include_input=False)}
    except Misuse as error:
        field = {"WHO_TOLD": "told_by", "DAY_TO_COME": "on"}.get(error.code, "other")
        errors = {field: sentence(error.message)}
    if errors:
        return _questionnaire(call, patient, told, errors)
    call.seen.append(patient.key)
    return redirect(f"/p/{call.frame.slug}/coverage/{patient.key}/questionnaire")


def _json(values: dict[str, str]) -> bytes:
    """Typed by pydantic: counts as numbers, all else as written."""
    counts = ("employees", "renal_months")
    return json.dumps({n: int(v) if n in counts and v.isdigit() else v for n, v in values.items()}).encode()


def _questionnaire(
    call: PageCall, patient: Patient, told: dict[str, str], errors: dict[str, str] | None = None
) -> Response:
    call.seen.append(patient.key)
    kept = questionnaire.of_patient(patient.key)
    return html(
        "questionnaire.html",
        status_code=422 if errors else 200,
        frame=call.frame,
        section="coverage",
        patient=patient,
        kept=[(one, msp_words(one.outcome)) for one in kept],
        questions=QUESTIONS,
        may_ask=may(current().principal, "coverage.questionnaire") and not call.frame.by_glass,
        told=told,
        errors=errors or {},
        today=today(call.frame.timezone),
    )

"""/p/{tenant}/coverage/{patient}/estimate: what a patient will owe, and the Medicare questionnaire's page.

Both post and show: what was asked of a patient never stands in an address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date

from chalice.app import Blueprint, Response
from pydantic import ValidationError

from chalicelib.claims.estimating import PatientEstimate, estimate, good_faith, next_visit
from chalicelib.clock import today
from chalicelib.coverage import questionnaire
from chalicelib.coverage.coordination import MspAnswers, msp_words
from chalicelib.documentation import uploads
from chalicelib.documentation.attachments import Paper
from chalicelib.intake.records import Patient
from chalicelib.intake.records import patient as find_patient
from chalicelib.platform.errors import Misuse
from chalicelib.portal.render import html, redirect, sentence
from chalicelib.portal.session import PageCall, page, posted
from chalicelib.tenancy import current, may

routes = Blueprint(__name__)
_SERVICE = re.compile(r"([0-9A-Za-z]{5})(?:[xX×](\d{1,2}))?")
_AT = {"SERVICES": "codes", "CHARGE_MISSING": "codes", "VISITS": "visits", "DIAGNOSES": "diagnoses"}
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
    errors, services, on, visits = _asked(told)
    if errors or on is None:
        return _estimate(call, patient, told, errors)
    try:
        return _estimate(call, patient, told, found=estimate(patient.key, services, on=on, visits=visits))
    except Misuse as error:
        return _estimate(call, patient, told, {_AT.get(error.code, "codes"): sentence(error.message)})


@posted(routes, "/p/{tenant}/coverage/{patient_id}/good-faith", "estimate.make")
def make_good_faith(call: PageCall) -> Response:
    """The same page with the written estimate made and kept; sent again it is the one that is there."""
    patient, told = find_patient(call.path["patient_id"]), dict(call.form)
    errors, services, on, visits = _asked(told)
    if errors or on is None:
        return _estimate(call, patient, told, errors)
    diagnoses = [word.upper() for word in re.split(r"[,\s]+", told.get("diagnoses", "")) if word]
    found = None
    try:
        found = estimate(patient.key, services, on=on, visits=visits)
        paper, _ = good_faith(patient.key, services, on=on, visits=visits, diagnoses=diagnoses)
    except Misuse as error:
        return _estimate(call, patient, told, {_AT.get(error.code, "codes"): sentence(error.message)}, found)
    return _estimate(call, patient, told, found=found, paper=paper)


@page(routes, "/p/{tenant}/coverage/{patient_id}/papers/{paper_id}", "documents.show")
def good_faith_paper(call: PageCall) -> Response:
    """To the paper itself, by a link that ends in a minute and saves it."""
    return redirect(uploads.link(call.path["patient_id"], call.path["paper_id"]))


def _asked(told: Mapping[str, str]) -> tuple[dict[str, str], list[tuple[str, int]], date | None, int]:
    """Errors by field, and what was asked: codes with units, the first day, how many visits."""
    errors: dict[str, str] = {}
    on: date | None = None
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
    return errors, services, on, 0 if errors else int(visits)


def _estimate(
    call: PageCall,
    patient: Patient,
    told: dict[str, str],
    errors: dict[str, str] | None = None,
    found: PatientEstimate | None = None,
    paper: Paper | None = None,
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
        paper=paper,
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

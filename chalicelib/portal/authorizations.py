"""/p/{tenant}/coverage/{patient}/authorizations: what is kept and how far it goes; enter one, ask for one, renew, decide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from chalice.app import Blueprint, Response

from chalicelib.claims.authorized import added, views
from chalicelib.claims.reauthorize import packet
from chalicelib.coverage import authorization_records as records
from chalicelib.coverage.authorization import Allowance, Authorization, State
from chalicelib.coverage.authorize import Entry, add, decide, request
from chalicelib.exchange import realtime
from chalicelib.intake.model import LineOfBusiness
from chalicelib.intake.records import Patient
from chalicelib.intake.records import patient as find_patient
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import Misuse, NotFound, OtbillError
from chalicelib.portal.render import html, redirect, sentence
from chalicelib.portal.session import PageCall, page, posted
from chalicelib.tenancy import current, may

routes = Blueprint(__name__)
ROWS = (1, 2, 3)
Form = Mapping[str, str]
FIELDS = frozenset(
    ("plan", "start", "end", "diagnoses", "rendering_npi", "facility_npi", "reference", "auth_number", "state", "how", "words")
) | {f"{name}_{n}" for name in ("codes", "measure", "count") for n in ROWS}  # fmt: skip
_AT = {  # the field a refusal of the service is about
    "NUMBER_MISSING": "auth_number",
    "NUMBER_TOO_LONG": "auth_number",
    "DATES_ORDER": "end",
    "COUNT_RANGE": "count_1",
    "TOO_MANY_GROUPS": "codes_2",
    "NO_COVERAGE": "plan",
    "LINE_OF_BUSINESS": "plan",
}
DONE = {
    "kept": "The authorization is kept; the patient’s unsent claims were checked anew.",
    "asked": "The payer was asked; what it answered stands below.",
    "decided": "The decision is kept; the patient’s unsent claims were checked anew.",
}


@dataclass(slots=True)
class Read:
    """A form as read: values for an Entry, and errors by field."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@page(routes, "/p/{tenant}/coverage/{patient_id}/authorizations", "auth.show")
def patient_authorizations(call: PageCall) -> Response:
    patient = find_patient(call.path["patient_id"])
    renewed = _own(patient, call.one("renew")) if call.one("renew") else None
    return _page(call, patient, told=_prefilled(renewed) if renewed else {}, renewed=renewed)


def _page(
    call: PageCall,
    patient: Patient,
    *,
    told: Form,
    errors: Mapping[str, str] | None = None,
    renewed: Authorization | None = None,
) -> Response:
    call.seen.append(patient.key)
    plans = [one for one in patient.coverages if one.line_of_business is not LineOfBusiness.SELF_PAY]
    return html(
        "patient_authorizations.html",
        status_code=422 if errors else 200,
        frame=call.frame,
        section="coverage",
        patient=patient,
        views=views(patient.key),
        coverages=[
            (f"{one.payer_id} {one.line_of_business}", f"{one.payer_id} {one.line_of_business.replace('_', ' ')}")
            for one in plans
        ],
        packet=packet(renewed) if renewed else None,
        may_add=may(current().principal, "auth.add") and not call.frame.by_glass,
        done=DONE.get(call.one("done"), ""),
        rows=ROWS,
        fields=FIELDS,
        told=told,
        errors=errors or {},
    )


def _own(patient: Patient, auth_id: str) -> Authorization:
    """The patient's own, or NotFound: another patient's is none."""
    found = records.find(auth_id)
    if found is None or found.patient_key != patient.key:
        raise NotFound("AUTHORIZATION_NOT_FOUND", "There is no such authorization.")
    return found


def _prefilled(one: Authorization) -> dict[str, str]:
    """The form of a renewal: the same again from the day after it ends, under the number that is to be renewed."""
    told = {
        "start": str(one.end + timedelta(days=1)) if one.end else "",
        "plan": f"{one.payer_id} {one.line_of_business}",
        "diagnoses": ", ".join(one.diagnoses),
        "rendering_npi": one.rendering_npi,
        "facility_npi": one.facility_npi,
        "reference": one.number,
    }
    for n, allowance in zip(ROWS, one.allowances, strict=False):
        count = allowance.requested or allowance.approved
        told |= {f"codes_{n}": ", ".join(allowance.codes), f"measure_{n}": allowance.measure}
        told[f"count_{n}"] = str(count or "")
    return told


@posted(routes, "/p/{tenant}/coverage/{patient_id}/authorizations", "auth.add")
def keep_authorization(call: PageCall) -> Response:
    """Enter what the payer gave; with an error nothing typed is lost."""
    patient = find_patient(call.path["patient_id"])
    read = _read(call.form, patient, asked=False)
    return _tried(call, patient, read, "kept", lambda entry: add(entry))


@posted(routes, "/p/{tenant}/coverage/{patient_id}/authorizations/request", "auth.request")
def request_authorization(call: PageCall) -> Response:
    """Ask the payer (278); where that cannot be done a task to phone is left."""
    patient = find_patient(call.path["patient_id"])
    read = _read(call.form, patient, asked=True)

    def ask(entry: Entry) -> Authorization:
        return request(entry, realtime.door(current_practice().billing.trading_partner))

    return _tried(call, patient, read, "asked", ask)


def _tried(call: PageCall, patient: Patient, read: Read, done: str, act: Any) -> Response:
    errors = read.errors
    if not errors:
        try:
            added(act(Entry(patient=patient.key, **read.values)))
            call.seen.append(patient.key)
            return redirect(f"/p/{call.frame.slug}/coverage/{patient.key}/authorizations?done={done}")
        except OtbillError as error:
            if error.http_status in (403, 404, 409):
                raise
            words = f"{sentence(error.message)} {sentence(error.fix)}".strip()
            errors = {_AT.get(error.code, "other"): words}
    return _page(call, patient, told=dict(call.form), errors=errors)


@posted(routes, "/p/{tenant}/coverage/{patient_id}/authorizations/decide", "auth.add")
def decide_authorization(call: PageCall) -> Response:
    """What the payer decided of one that was asked for."""
    patient = find_patient(call.path["patient_id"])
    form = call.form
    one = _own(patient, form.get("auth_id", ""))
    count, state = form.get("approved", "").strip(), form.get("state", "")
    errors = {} if not count or _count(count) else {"other": "Write how many were approved as a whole number."}
    if state not in ("approved", "partly", "denied"):
        errors["other"] = "Say what the payer decided."
    if not errors:
        approved = int(count) if count else None
        try:
            added(decide(one.auth_id, number=form.get("number", ""), state=cast(State, state), approved=approved))
            call.seen.append(patient.key)
            return redirect(f"/p/{call.frame.slug}/coverage/{patient.key}/authorizations?done=decided")
        except Misuse as error:
            errors = {"other": f"{sentence(error.message)} {sentence(error.fix)}".strip()}
    return _page(call, patient, told={}, errors=errors)


def _read(form: Form, patient: Patient, *, asked: bool) -> Read:
    """The form's answers as an Entry's values; an empty form is an error at the first count."""
    read = Read()
    plans = {f"{one.payer_id} {one.line_of_business}": one for one in patient.coverages}
    plan = plans.get(form.get("plan", ""))
    if plan is None:
        read.errors["plan"] = "Choose the plan."
    else:
        read.values |= {"payer_id": plan.payer_id, "line_of_business": plan.line_of_business.value}
    _days(form, read)
    _counts(form, read, "requested" if asked else "approved")
    read.values["diagnoses"] = tuple(
        code.replace(".", "").upper() for code in re.split(r"[,\s]+", form.get("diagnoses", "")) if code
    )
    for name in ("rendering_npi", "facility_npi"):
        text = form.get(name, "").strip()
        read.values[name] = text
        if text and not re.fullmatch(r"\d{10}", text):
            read.errors[name] = "An NPI has ten digits."
    read.values["reference"] = form.get("reference", "").strip()[:50]
    if not asked:
        state, how = form.get("state", ""), form.get("how", "")
        if state not in ("approved", "partly", "pended", "denied"):
            read.errors["state"] = "Say what the payer decided."
        if how not in ("phone", "portal", "letter"):
            read.errors["how"] = "Say how it was told."
        words = form.get("words", "").strip()[:200]
        read.values |= {"number": form.get("auth_number", "").strip(), "state": state, "how": how, "words": words}
    return read


def _days(form: Form, read: Read) -> None:
    for name in ("start", "end"):
        text = form.get(name, "").strip()
        try:
            read.values[name] = date.fromisoformat(text) if text else None
        except ValueError:
            read.errors[name] = "Write a date such as 2026-09-30."


def _counts(form: Form, read: Read, told_as: str) -> None:
    made = []
    for n in ROWS:
        codes = tuple(sorted({code.upper() for code in re.split(r"[,\s+]+", form.get(f"codes_{n}", "")) if code}))
        text = form.get(f"count_{n}", "").strip()
        if n > 1 and not codes and not text:
            continue
        if not all(re.fullmatch(r"[0-9A-Z]{5}", code) for code in codes):
            read.errors[f"codes_{n}"] = "Codes have five characters: 97530, 97110."
        if not _count(text):
            read.errors[f"count_{n}"] = "Write how many, a whole number from 1 on."
            continue
        measure = "units" if form.get(f"measure_{n}") == "units" else "visits"
        made.append(Allowance.model_validate({"codes": codes, "measure": measure, told_as: int(text)}))
    read.values["allowances"] = tuple(made)


def _count(text: str) -> bool:
    return text.isdigit() and len(text) <= 5 and int(text) > 0

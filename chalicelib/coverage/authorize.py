"""Authorizations kept: entered from a phone call, a portal or a letter, or asked for electronically (278)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from chalicelib import clock, documents, store
from chalicelib.coverage import authorization_records as records
from chalicelib.coverage.authorization import Allowance, Authorization, State
from chalicelib.coverage.digest import commit_with_digest
from chalicelib.coverage.request import build_interchange
from chalicelib.coverage.review import build_review, decided
from chalicelib.exchange.realtime import MAX_ANSWER_BYTES, RealtimeDoor
from chalicelib.intake.model import Coverage, LineOfBusiness
from chalicelib.intake.records import Patient
from chalicelib.intake.records import patient as find_patient
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import Misuse, NotFound, Refused
from chalicelib.store import control
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current, require
from chalicelib.x12.reader import read
from chalicelib.x12.review278 import ReviewResponse
from chalicelib.x12.write278 import write_278

EDI = "application/EDI-X12"
MOST = 10_000
_CODE = re.compile(r"[0-9A-Z]{5}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person tells of an authorization. `codes` may be empty: then it is good for any."""

    patient: str
    payer_id: str
    number: str = ""
    line_of_business: str = ""
    start: date | None = None
    end: date | None = None
    allowances: tuple[Allowance, ...] = (Allowance(),)
    diagnoses: tuple[str, ...] = ()
    rendering_npi: str = ""
    facility_npi: str = ""
    state: State = "approved"
    how: str = "phone"
    reference: str = ""
    words: str = ""


def add(entry: Entry) -> Authorization:
    """Keep an authorization; the same patient, payer and number is the same one, and is then told anew.

    Misuse for what cannot be: no number though approved, an end before the start, a count below 1. NotFound for the patient.
    """
    require("auth.add")
    patient = find_patient(entry.patient)
    _check(entry)
    coverage = _coverage(patient, entry.payer_id, entry.line_of_business)
    business = entry.line_of_business or (coverage.line_of_business.value if coverage else "")
    if not business:
        raise Misuse("LINE_OF_BUSINESS", "the patient has no such coverage, so its line of business must be told")
    today = clock.today(current().tenant.timezone)
    auth_id = current().make_id("aut", patient.key, entry.payer_id, entry.number.upper())
    before = records.find(auth_id)
    made = _authorization(entry, auth_id, patient, business, today)
    if before is not None:
        loose = {"version": before.version, "created_at": before.created_at, "requested_on": before.requested_on}
        made = made.model_copy(update={**loose, "documents": before.documents})
        if made == before:
            return before

    def write(uow: store.UnitOfWork) -> None:
        records.put(uow, made)
        uow.audit("authorization.added", f"PAT#{patient.key}", ("number", "allowances", "dates"))

    commit_with_digest(write)
    return made.model_copy(update={"version": made.version + 1})


def _authorization(entry: Entry, auth_id: str, patient: Patient, business: str, today: date) -> Authorization:
    return Authorization.model_validate(
        {
            "auth_id": auth_id,
            "patient_key": patient.key,
            "payer_id": entry.payer_id,
            "line_of_business": business,
            "number": entry.number.strip().upper(),
            "state": entry.state,
            "start": entry.start,
            "end": entry.end,
            "allowances": entry.allowances,
            "diagnoses": entry.diagnoses,
            "rendering_npi": entry.rendering_npi,
            "facility_npi": entry.facility_npi,
            "decided_on": today if entry.state in ("approved", "partly", "denied") else None,
            "how": entry.how,
            "reference": entry.reference,
            "words": entry.words,
        }
    )


def _check(entry: Entry) -> None:
    if entry.state in ("approved", "partly") and not entry.number.strip():
        raise Misuse("NUMBER_MISSING", "an approved authorization has a number", fix="tell it as the payer gave it")
    if len(entry.number) > 50:
        raise Misuse("NUMBER_TOO_LONG", "REF02 holds 50 characters", fix="tell the number alone")
    if entry.start and entry.end and entry.end < entry.start:
        raise Misuse("DATES_ORDER", "it ends before it begins", fix="mend the dates")
    if not entry.allowances:
        raise Misuse("ALLOWANCES_MISSING", "what was approved is missing", fix="tell units or visits")
    wrong = [code for one in entry.allowances for code in one.codes if not _CODE.fullmatch(code)]
    if wrong:
        words = "a procedure code has five letters or digits, such as 97530"
        raise Misuse("CODE", words, where=wrong[0][:10], fix="no claim could ever use it: mend the code")
    for one in entry.allowances:
        if any(count is not None and not 0 < count <= MOST for count in (one.requested, one.approved)):
            raise Misuse("COUNT_RANGE", f"a count from 1 to {MOST} is expected", fix="mend units or visits")


def _coverage(patient: Patient, payer_id: str, business: str) -> Coverage | None:
    found = [one for one in patient.coverages if one.payer_id == payer_id]
    return next((one for one in found if business in ("", one.line_of_business.value)), None)


def request(entry: Entry, door: RealtimeDoor) -> Authorization:
    """Ask the payer (278), keep both files and the answer; a payer that takes no 278 from us leaves a task to phone.

    The same request the same day is asked once: what was answered is returned. NotFound without that coverage.
    """
    require("auth.request")
    patient, practice = find_patient(entry.patient), current_practice()
    coverage = _coverage(patient, entry.payer_id, entry.line_of_business)
    if coverage is None or coverage.line_of_business is LineOfBusiness.SELF_PAY:
        raise NotFound("NO_COVERAGE", "the patient has no such coverage", fix="import a visit with it first")
    if entry.start is None or entry.end is None or not entry.diagnoses:
        raise Misuse(
            "REQUEST_INCOMPLETE", "a request names its period and its diagnoses", fix="add --from, --to, --diagnoses"
        )
    _check(Entry(**{**{name: getattr(entry, name) for name in Entry.__slots__}, "state": "requested"}))
    today = clock.today(current().tenant.timezone)
    natural = [one.model_dump_json() for one in entry.allowances]
    auth_id = current().make_id(
        "aut", patient.key, entry.payer_id, str(today), str(entry.start), str(entry.end), *natural
    )
    before = records.find(auth_id)
    if before is not None:
        return before
    business = coverage.line_of_business.value
    asked = _authorization(entry, auth_id, patient, business, today).model_copy(
        update={"state": "requested", "requested_on": today, "decided_on": None, "how": "278", "number": ""}
    )
    enrolled = practice.enrolled(entry.payer_id, "278", today)
    if enrolled not in ("live", "test"):
        words = "this payer takes no 278 from the practice: ask by phone or in the payer's portal; a task was opened"
        return _keep(asked.model_copy(update={"how": "phone", "words": words}))
    return _keep(_ask(asked, patient, coverage, door, live=enrolled == "live"))


def _ask(
    asked: Authorization, patient: Patient, coverage: Coverage, door: RealtimeDoor, *, live: bool
) -> Authorization:
    practice = current_practice()
    plan = practice.plan(coverage.payer_id, coverage.line_of_business, asked.requested_on or date.min)
    name = plan.name if plan else coverage.payer_id
    number = control.next_number("interchange")
    trace = asked.auth_id.removeprefix("aut_").upper()
    review = build_review(practice, patient, coverage, name, asked, trace)
    question = write_278(build_interchange(practice, number, clock.now(), live), [review])
    answer = door.ask(question)[:MAX_ANSWER_BYTES]
    files = (
        documents.put(f"authorizations/{asked.auth_id}-{number}.278", question, EDI),
        documents.put(f"authorizations/{asked.auth_id}-{number}-answer.278", answer, EDI),
    )
    ours = [item for item in read(answer) if isinstance(item, ReviewResponse) and item.trace in (trace, "")]
    if len(ours) != 1:
        words = "what came back is no answer to this request: ask again, then phone"
        return asked.model_copy(update={"words": words, "documents": files})
    today = clock.today(current().tenant.timezone)
    return decided(asked, ours[0], today).model_copy(update={"documents": files})


def _keep(made: Authorization) -> Authorization:

    def write(uow: store.UnitOfWork) -> None:
        records.put(uow, made)
        if not made.in_force:
            words = (
                "Authorization asked for and not decided"
                if made.state != "denied"
                else "Authorization denied by the payer"
            )
            open_task(uow, "authorization", f"PAT#{made.patient_key}", words, natural_key=made.auth_id)
        uow.audit("authorization.requested", f"PAT#{made.patient_key}", ("allowances", "dates"))

    commit_with_digest(write)
    return made.model_copy(update={"version": 1})


def decide(
    auth_id: str, *, number: str = "", state: State = "approved", words: str = "", approved: int | None = None
) -> Authorization:
    """What the payer decided later, as a person heard it. `approved` is the count of an authorization with one allowance."""
    require("auth.add")
    found = records.get(auth_id)
    if found.state == "cancelled":
        raise Refused("AUTHORIZATION_CANCELLED", "it was cancelled", fix="add it anew")
    if approved is not None and len(found.allowances) != 1:
        raise Misuse("SEVERAL_ALLOWANCES", "it counts several things", fix="add it with every count")
    allowances = found.allowances
    if approved is not None:
        allowances = (allowances[0].model_copy(update={"approved": approved}),)
    update = {
        "state": state,
        "number": number.strip().upper() or found.number,
        "words": words or found.words,
        "allowances": allowances,
        "decided_on": clock.today(current().tenant.timezone),
    }
    made = found.model_copy(update=update)
    if made.in_force and not made.number:
        raise Misuse("NUMBER_MISSING", "an approved authorization has a number", fix="tell it as the payer gave it")
    with store.unit_of_work() as uow:
        records.put(uow, made)
        uow.audit("authorization.decided", f"PAT#{made.patient_key}", ("state", "number"))
        uow.commit()
    return made.model_copy(update={"version": made.version + 1})

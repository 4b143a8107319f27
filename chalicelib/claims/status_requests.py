"""Where a silent claim is: the payer is asked (276) before a person is, and what it says (277, 005010X212) is kept on the claim.

Asked are claims sent and past their day of answer, of payers the practice is enrolled with for 276 and whose directory row
takes real-time questions: never auto insurers. What a 277 says moves no money and decides nothing; an 835 does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib import clock, documents, store
from chalicelib.claims import records
from chalicelib.claims.answer_words import code_words, kind_of, status_words
from chalicelib.claims.claim import OUT
from chalicelib.claims.records import StoredClaim, Submission
from chalicelib.claims.sending import sent_submission
from chalicelib.coverage.request import build_interchange, x12_person
from chalicelib.exchange.realtime import MAX_ANSWER_BYTES, RealtimeDoor
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import AlreadyDone, Conflict
from chalicelib.store import control
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current, require
from chalicelib.x12 import ClaimStatus, Party, StatusCode, StatusRequest, read_277ca, write_276

PENDING_LOOK_DAYS = 30  # ours: when a payer that says "in process" is asked again
EDI = "application/EDI-X12"


@dataclass
class Told:
    """Counts of claims: `asked`, of these `told` something, `unanswered`; `tasks` opened; `unknown` numbers; `repeated`."""

    asked: int = 0
    told: int = 0
    unanswered: int = 0
    tasks: int = 0
    unknown: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What an answer amounts to: whose move it is, and the kind of task that opens (empty: none)."""

    owner: str
    task: str = ""
    lead: str = ""


def _meaning(item: ClaimStatus) -> _Meaning:
    """By category group (X12 code list 507): A, P, F, R, E and D; more wants a person, P1 only time."""
    first = item.category
    if kind_of(item) == "rejected" and first != "A4":
        return _Meaning("us", "rejected", "The payer turned the claim away")
    if first in ("A4", "D0"):
        return _Meaning("us", "not_on_file", "The payer has no such claim on file")
    if first in ("P3", "P4") or first.startswith("R"):
        return _Meaning("us", "more_information", "The payer waits for more information")
    if first.startswith("F"):
        return _Meaning("us", "remittance_missing", "The payer says it has decided, and its remittance has not come")
    if first.startswith("E"):
        return _Meaning("us", "", "The payer could not answer")
    return _Meaning("payer", "", "The payer has the claim and decides")


def ask_payers(door: RealtimeDoor, progress: Callable[[int], None] | None = None) -> Told:
    """Ask about every silent claim of the current practice, once a day. Fault when the door is shut: the rest waits."""
    require("claims.status")
    total, practice = Told(), current_practice()
    today = clock.today(current().tenant.timezone)
    for item in _to_ask(practice, today):
        total.asked += 1
        found = _ask(item, practice, door, today)
        for name in ("told", "tasks", "unknown", "repeated"):
            setattr(total, name, getattr(total, name) + getattr(found, name))
        total.unanswered += not (found.told or found.repeated)
        if progress:
            progress(total.asked)
    return total


def _to_ask(practice: Practice, today: date) -> Iterator[StoredClaim]:
    due = [item for status in sorted(OUT) for item in records.claims_due(status, today) if item.claim.latest]
    for item in due:
        sent = sent_submission(item.claim)
        coverage = sent.coverage
        plan = practice.plan(coverage.payer_id, coverage.line_of_business, sent.date_of_service)
        enrolled = practice.enrolled(coverage.payer_id, "276", today) in ("live", "test")
        if plan is not None and plan.accepts_270 and enrolled and not store.was_done("276", _asked_key(item, today)):
            yield item


def _asked_key(item: StoredClaim, today: date) -> str:
    number = item.claim.latest.patient_control_number if item.claim.latest else ""
    return f"{number}#{today}"


def _ask(item: StoredClaim, practice: Practice, door: RealtimeDoor, today: date) -> Told:
    number = control.next_number("interchange")
    latest = item.claim.latest
    submission = records.find_submissions([latest.submission_id])[latest.submission_id] if latest else None
    if submission is None:
        return Told()
    live = practice.enrolled(submission.content.coverage.payer_id, "276", today) == "live"
    trace = submission.patient_control_number
    question = write_276(build_interchange(practice, number, clock.now(), live), [_request(submission, practice, item)])
    answer = door.ask(question)
    for kind, content in (("276", question), ("277", answer[:MAX_ANSWER_BYTES])):
        documents.put(f"status/{today}/{submission.submission_id}-{number}.{kind}", content, EDI)
    with store.unit_of_work() as uow:
        uow.once("276", _asked_key(item, today))
        uow.audit("claim.status_asked", f"CLM#{item.claim.claim_id}", ("status",))
        uow.commit()
    if len(answer) > MAX_ANSWER_BYTES:
        return Told()
    ours = [status for status in read_277ca(answer).statuses if status.kind == "277" and status.request_trace == trace]
    for status in ours:
        status.patient_control_number = trace  # its REF*EJ may be left out; the trace is our own question's
    return take_277(ours)


def _request(item: Submission, practice: Practice, stored: StoredClaim) -> StatusRequest:
    content = item.content
    coverage = content.coverage
    dependent = coverage.relationship != "self" and coverage.subscriber is not None
    subscriber = coverage.subscriber if dependent and coverage.subscriber else content.patient
    known = stored.claim.payer_control_number if item.sequence == "P" else ""
    return StatusRequest(
        payer_name=content.payer_name,
        payer_id=coverage.payer_id,
        provider=Party(last_name=practice.legal_name, is_person=practice.is_person, npi=practice.npi),
        subscriber=x12_person(subscriber),
        member_id=coverage.member_id,
        dependent=x12_person(content.patient) if dependent else None,
        trace=item.patient_control_number,
        patient_control_number=item.patient_control_number,
        payer_control_number=known,
        charge_cents=content.charge_cents,
        service_from=content.date_of_service,
        service_to=content.date_of_service,
    )


def take_277(statuses: Iterable[ClaimStatus]) -> Told:
    """Lay what payers say about claims of the current practice onto them, each answer once."""
    total, listed = Told(), list(statuses)
    routes = records.claims_by_control_number(item.patient_control_number for item in listed)
    for item in listed:
        claim_id = routes.get(item.patient_control_number)
        if claim_id is None:
            total.unknown += 1
            continue
        done = _keep(claim_id, item)
        total.told += done is not None
        total.repeated += done is None
        total.tasks += bool(done)
    return total


def _keep(claim_id: str, item: ClaimStatus) -> bool | None:
    """Whether a task was opened; None when this answer was kept before."""
    key = "#".join((item.patient_control_number, item.category, item.status, str(item.effective_date)))
    for last in (False, False, True):
        try:
            return _commit(records.get_claim(claim_id), item, key)
        except AlreadyDone:
            return None
        except Conflict:
            if last:
                raise
    return None


def _commit(stored: StoredClaim, item: ClaimStatus, key: str) -> bool:
    found = _meaning(item)
    claim = stored.claim
    words = _words(item, found)
    open_still = claim.status in OUT
    task = found.task if open_still else ""
    with store.unit_of_work() as uow:
        uow.once("277", key)
        after = records.write_events(uow, stored, [("status_told", "277", words, _data(item, found))])
        if task:
            amount = after.content.charge_cents
            open_task(uow, task, claim.claim_id, words, amount_cents=amount, natural_key=f"{claim.claim_id}#{key}")
        uow.audit("claim.status_told", f"CLM#{claim.claim_id}", ("status",))
        uow.commit()
    return bool(task)


def _data(item: ClaimStatus, found: _Meaning) -> dict[str, Any]:
    again = clock.today(current().tenant.timezone) + timedelta(days=PENDING_LOOK_DAYS)
    return {
        "patient_control_number": item.patient_control_number,
        "category": item.category,
        "status": item.status,
        "entity": item.entity,
        "payer_control_number": item.payer_control_number,
        "owner": found.owner,
        "deadline": again.isoformat() if found.owner == "payer" else None,
    }


def _words(item: ClaimStatus, found: _Meaning) -> str:
    if kind_of(item) == "rejected" and item.category != "A4":
        return status_words(item)
    codes = code_words((StatusCode(item.category, item.status, item.entity), *item.further))
    paid = f", check {item.payment_trace}" if item.payment_trace else ""
    on = f" on {item.finalized_on}{paid}" if item.finalized_on and item.category.startswith("F") else ""
    return f"{found.lead}{on}: {codes}"

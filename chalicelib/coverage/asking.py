"""One question about one coverage: whether it can be asked electronically, the 270, and what its answer amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib import clock
from chalicelib.coverage import records
from chalicelib.coverage.model import BenefitRecord, Benefits, Contradiction, Outcome
from chalicelib.coverage.request import build_interchange, build_request
from chalicelib.coverage.rules import interpret
from chalicelib.exchange.realtime import MAX_ANSWER_BYTES
from chalicelib.intake.model import Coverage
from chalicelib.intake.records import Patient
from chalicelib.onboarding.model import Practice
from chalicelib.store import UnitOfWork
from chalicelib.support.tasks import open_task
from chalicelib.x12 import read_271, write_270
from chalicelib.x12.eligibility import BenefitResponse
from chalicelib.x12.results import Read271

MAX_ROWS = 600  # what one item can hold; the raw 271 in documents has all of them
EDI = "application/EDI-X12"
_TELLING = ("EB", "HSD", "DTP")  # segments whose values make the card


NOTHING = Benefits()


@dataclass(frozen=True, slots=True)
class Case:
    """One coverage to be asked about, and all that is known of it."""

    practice: Practice
    patient: Patient
    coverage: Coverage
    on: date
    check_id: str
    before: BenefitRecord | None

    @property
    def trace(self) -> str:
        return self.check_id.removeprefix("ben_").upper()


@dataclass(frozen=True, slots=True)
class Said:
    """What came of asking."""

    outcome: Outcome
    words: str
    fix: str = ""
    benefits: Benefits = NOTHING
    source: str = "us"
    question: str = ""
    answer: str = ""
    question_span: tuple[int, int] | None = None
    answer_span: tuple[int, int] | None = None


def case_of(practice: Practice, patient: Patient, coverage: Coverage, on: date) -> Case:
    identifier = records.check_id(patient.key, coverage, on.isoformat())
    return Case(
        practice, patient, coverage, on, identifier, records.find_check(patient.key, identifier, on.isoformat())
    )


def settled(check: BenefitRecord | None) -> bool:
    """Whether asking again today could tell nothing new."""
    if check is None:
        return False
    answered = check.outcome in (Outcome.ANSWERED, Outcome.REJECTED)
    return answered and not any(error.try_again for error in check.benefits.errors)


def refusal(case: Case) -> Said | None:
    """Why no question goes out: phone only, or not enrolled; None when it may be asked."""
    coverage, practice = case.coverage, case.practice
    plan = practice.plan(coverage.payer_id, coverage.line_of_business, case.on)
    if plan is None or not plan.accepts_270:
        words = "this payer answers eligibility by phone only: nothing was sent"
        return Said(Outcome.PHONE, words, "phone the payer; a task was opened")
    if practice.enrolled(coverage.payer_id, "270", case.on) not in ("live", "test"):
        words = "the practice is not enrolled with this payer for eligibility (270): nothing was sent"
        fix = "enrol for 270 and add it to the practice file, or phone the payer"
        return Said(Outcome.NOT_ENROLLED, words, fix)
    return None


def payer_name(case: Case) -> str:
    plan = case.practice.plan(case.coverage.payer_id, case.coverage.line_of_business, case.on)
    return plan.name if plan else case.coverage.payer_id


def question(case: Case, number: int) -> bytes:
    """The 270 under an interchange control number, for a payer that takes one."""
    plan = case.practice.plan(case.coverage.payer_id, case.coverage.line_of_business, case.on)
    if plan is None:
        raise ValueError("a payer nobody knows is not asked")
    live = case.practice.enrolled(case.coverage.payer_id, "270", case.on) == "live"
    envelope = build_interchange(case.practice, number, clock.now(), live)
    return write_270(envelope, [build_request(case.practice, case.patient, case.coverage, plan, case.on, case.trace)])


def judge(answer: bytes, trace: str, on: date, line_of_business: str = "") -> tuple[Outcome, str, str, Benefits]:
    """What an answer to our question amounts to: outcome, words, fix, benefits. Never raises for what it contains."""
    if len(answer) > MAX_ANSWER_BYTES:
        return Outcome.UNREADABLE, "the answer is larger than any 271", "tell the clearinghouse", Benefits()
    read = read_271(answer)
    response = _ours(read, trace)
    if response is None:
        fault = next((one for one in read.diagnostics if one.severity == "error"), None)
        detail = f" ({fault.code}: {fault.message})" if fault else ""
        return Outcome.UNREADABLE, f"the answer is no 271 to our question{detail}", "ask again, then phone", Benefits()
    benefits = interpret(response, on, line_of_business)
    if len(read.responses) == 1:  # of several it is not told whose segment it was
        benefits = _with_faults(benefits, read)
    if benefits.errors and not benefits.rows:
        first = benefits.errors[0]
        return Outcome.REJECTED, first.words, first.fix, benefits
    return Outcome.ANSWERED, _summary(benefits), "", _capped(benefits)


def _with_faults(benefits: Benefits, read: Read271) -> Benefits:
    """Values that could not be read are shown, not passed over: a copay of 'ABC' is not a plan without a copay."""
    faults = tuple(
        Contradiction(subject=f"{one.segment or 'segment'} {one.segment_number}", said=(one.message.partition(";")[0],))
        for one in read.diagnostics
        if one.severity == "error" and one.code.startswith("BAD_") and one.segment in _TELLING
    )
    return benefits.model_copy(update={"contradictions": (*benefits.contradictions, *faults)}) if faults else benefits


def _ours(read: Read271, trace: str) -> BenefitResponse | None:
    """The response with our trace number; a lone one that carries none is taken too (AAA above the subscriber)."""
    found = [one for one in read.responses if one.trace == trace]
    if not found and len(read.responses) == 1 and not read.responses[0].trace:
        found = list(read.responses)
    return found[0] if len(found) == 1 else None


def _summary(benefits: Benefits) -> str:
    words = {
        "yes": "the plan is active",
        "no": "the plan is not active",
        "unknown": "the answer does not say whether the plan is active",
    }
    text = words[benefits.active]
    return f"{text}; {len(benefits.contradictions)} contradictions" if benefits.contradictions else text


def _capped(benefits: Benefits) -> Benefits:
    return benefits.model_copy(update={"rows": benefits.rows[:MAX_ROWS], "unread": benefits.unread[:MAX_ROWS]})


def record_of(case: Case, said: Said, reference: str = "", told_by: str = "") -> BenefitRecord:
    """The check to store, over an earlier one of the same coverage and day."""
    at = clock.instant_text(clock.now())
    return BenefitRecord(
        check_id=case.check_id,
        patient_key=case.patient.key,
        payer_id=case.coverage.payer_id,
        payer_name=payer_name(case),
        line_of_business=case.coverage.line_of_business,
        on=case.on,
        outcome=said.outcome,
        words=said.words,
        fix=said.fix,
        benefits=said.benefits,
        checked_at=at,
        source=said.source,
        question=said.question,
        answer=said.answer,
        question_span=said.question_span,
        answer_span=said.answer_span,
        reference=reference,
        told_by=told_by,
        version=case.before.version if case.before else 0,
        created_at=case.before.created_at if case.before else at,
    )


def put_with_tasks(uow: UnitOfWork, made: Sequence[tuple[Case, BenefitRecord]]) -> None:
    """The checks, and with a payer's first phone-only answer the task to phone."""
    records.put_checks(uow, [check for _, check in made])
    for case, check in made:
        if check.outcome is Outcome.PHONE and case.before is None:
            words = f"Phone {check.payer_name}: is the patient covered?"
            open_task(uow, "eligibility_phone", f"PAT#{case.patient.key}", words, natural_key=case.check_id)

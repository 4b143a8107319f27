"""Asks payers whether a patient is covered, and keeps what they say: the benefits read, and both raw files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalicelib import clock, documents, store
from chalicelib.codes.payers import PayerPlan
from chalicelib.coverage import records
from chalicelib.coverage.model import BenefitRecord, Benefits, Outcome
from chalicelib.coverage.request import build_interchange, build_request
from chalicelib.coverage.rules import interpret
from chalicelib.exchange.realtime import MAX_ANSWER_BYTES, RealtimeDoor
from chalicelib.intake.model import Coverage, LineOfBusiness
from chalicelib.intake.records import Patient
from chalicelib.intake.records import patient as find_patient
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import NotFound
from chalicelib.store import control
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current, require
from chalicelib.x12 import read_271, write_270
from chalicelib.x12.eligibility import BenefitResponse
from chalicelib.x12.results import Read271

MAX_ROWS = 600  # what one item can hold; the raw 271 in documents has all of them
EDI = "application/EDI-X12"


@dataclass(frozen=True, slots=True)
class _Case:
    """One coverage to be asked about, and all that is known of it."""

    practice: Practice
    patient: Patient
    coverage: Coverage
    on: date
    check_id: str
    before: BenefitRecord | None


def check_patient(
    patient_ref: str, door: RealtimeDoor, *, payer_id: str = "", again: bool = False
) -> list[BenefitRecord]:
    """Check every coverage of a patient (or the one with `payer_id`) for today; primary first.

    A coverage asked today already is not asked again unless `again`, or the payer said to try later. NotFound for an
    unknown patient, or when no coverage fits. Fault when the door is shut: nothing is kept then.
    """
    require("eligibility.check")
    patient, practice = find_patient(patient_ref), current_practice()
    on = clock.today(current().tenant.timezone)
    wanted = [one for one in patient.coverages if not payer_id or one.payer_id == payer_id]
    asked = [one for one in wanted if one.line_of_business is not LineOfBusiness.SELF_PAY]
    if not asked:
        raise NotFound(
            "NO_COVERAGE", "the patient has no such coverage to ask about", fix="import a visit with it first"
        )
    return [_check(practice, patient, coverage, on, door, again) for coverage in asked]


def _check(
    practice: Practice, patient: Patient, coverage: Coverage, on: date, door: RealtimeDoor, again: bool
) -> BenefitRecord:
    identifier = records.check_id(patient.key, coverage, on.isoformat())
    before = records.find_check(patient.key, identifier, on.isoformat())
    if before is not None and not again and _settled(before):
        return before
    case = _Case(practice, patient, coverage, on, identifier, before)
    plan = practice.plan(coverage.payer_id, coverage.line_of_business, on)
    if plan is None or not plan.accepts_270:
        return _by_phone(case, plan)
    enrolled = practice.enrolled(coverage.payer_id, "270", on)
    if enrolled not in ("live", "test"):
        words = "the practice is not enrolled with this payer for eligibility (270): nothing was sent"
        fix = "enrol for 270 and add it to the practice file, or phone the payer"
        return _keep(case, plan.name, Outcome.NOT_ENROLLED, words, fix)
    return _ask(case, plan, door, live=enrolled == "live")


def _settled(check: BenefitRecord) -> bool:
    """Whether asking again today could tell nothing new."""
    answered = check.outcome in (Outcome.ANSWERED, Outcome.REJECTED)
    return answered and not any(error.try_again for error in check.benefits.errors)


def _ask(case: _Case, plan: PayerPlan, door: RealtimeDoor, live: bool) -> BenefitRecord:
    """Send the 270, keep both files, keep what the answer says."""
    number = control.next_number("interchange")
    trace = case.check_id.removeprefix("ben_").upper()
    envelope = build_interchange(case.practice, number, clock.now(), live)
    request = build_request(case.practice, case.patient, case.coverage, plan, case.on, trace)
    question = write_270(envelope, [request])
    answer = door.ask(question)
    asked = documents.put(f"eligibility/{case.on}/{case.check_id}-{number}.270", question, EDI)
    told = documents.put(f"eligibility/{case.on}/{case.check_id}-{number}.271", answer[:MAX_ANSWER_BYTES], EDI)
    outcome, words, fix, benefits = judge(answer, trace, case.on)
    return _keep(case, plan.name, outcome, words, fix, benefits, (asked, told))


def judge(answer: bytes, trace: str, on: date) -> tuple[Outcome, str, str, Benefits]:
    """What an answer to our question amounts to: outcome, words, fix, benefits. Never raises for what it contains."""
    if len(answer) > MAX_ANSWER_BYTES:
        return Outcome.UNREADABLE, "the answer is larger than any 271", "tell the clearinghouse", Benefits()
    read = read_271(answer)
    response = _ours(read, trace)
    if response is None:
        fault = next((one for one in read.diagnostics if one.severity == "error"), None)
        detail = f" ({fault.code}: {fault.message})" if fault else ""
        return Outcome.UNREADABLE, f"the answer is no 271 to our question{detail}", "ask again, then phone", Benefits()
    benefits = interpret(response, on)
    if benefits.errors and not benefits.rows:
        first = benefits.errors[0]
        return Outcome.REJECTED, first.words, first.fix, benefits
    return Outcome.ANSWERED, _summary(benefits), "", _capped(benefits)


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
    return benefits.model_copy(update={"rows": benefits.rows[:MAX_ROWS]})


def _by_phone(case: _Case, plan: PayerPlan | None) -> BenefitRecord:
    words = "this payer answers eligibility by phone only: nothing was sent"
    name = plan.name if plan else case.coverage.payer_id
    return _keep(case, name, Outcome.PHONE, words, "phone the payer; a task was opened")


def _keep(
    case: _Case,
    payer_name: str,
    outcome: Outcome,
    words: str,
    fix: str,
    benefits: Benefits | None = None,
    files: tuple[str, str] = ("", ""),
) -> BenefitRecord:
    """Store the check, over an earlier one of the same coverage and day; open the phone task with it."""
    if case.before is not None and case.before.outcome is outcome and not files[1]:
        return case.before  # nothing was sent then, nothing is sent now
    at = clock.instant_text(clock.now())
    check = BenefitRecord(
        check_id=case.check_id,
        patient_key=case.patient.key,
        payer_id=case.coverage.payer_id,
        payer_name=payer_name,
        line_of_business=case.coverage.line_of_business,
        on=case.on,
        outcome=outcome,
        words=words,
        fix=fix,
        benefits=benefits or Benefits(),
        checked_at=at,
        source="271" if files[1] else "us",
        question=files[0],
        answer=files[1],
        version=case.before.version if case.before else 0,
        created_at=case.before.created_at if case.before else at,
    )
    with store.unit_of_work() as uow:
        records.put_check(uow, check)
        if outcome is Outcome.PHONE and case.before is None:
            open_task(uow, "eligibility_phone", f"PAT#{case.patient.key}", f"Phone {payer_name}: is the patient covered?",
                      natural_key=case.check_id)  # fmt: skip
        uow.audit("eligibility.checked", f"PAT#{case.patient.key}", ("benefits",))
        uow.commit()
    return check.model_copy(update={"version": check.version + 1})

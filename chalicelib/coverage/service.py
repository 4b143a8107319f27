"""Asks payers whether a patient is covered, and keeps what they say: the benefits read, and both raw files."""

from __future__ import annotations

from datetime import date

from chalicelib import clock, documents, store
from chalicelib.coverage import records
from chalicelib.coverage.asking import (
    EDI,
    Case,
    Said,
    case_of,
    judge,
    put_with_tasks,
    question,
    record_of,
    refusal,
    settled,
)
from chalicelib.coverage.digest import commit_with_digest
from chalicelib.coverage.model import BenefitRecord
from chalicelib.coverage.standing import Standing, stand
from chalicelib.exchange.realtime import MAX_ANSWER_BYTES, RealtimeDoor
from chalicelib.intake.model import Coverage, LineOfBusiness
from chalicelib.intake.records import Patient
from chalicelib.intake.records import patient as find_patient
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import NotFound
from chalicelib.store import control
from chalicelib.tenancy import current, require

__all__ = ["check_patient", "checks_of", "coverages_to_ask", "judge", "raw", "standing_of"]


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
    asked = coverages_to_ask(patient, payer_id)
    return [_check(case_of(practice, patient, coverage, on), door, again) for coverage in asked]


def coverages_to_ask(patient: Patient, payer_id: str = "") -> list[Coverage]:
    """Coverages a payer can be asked about, primary first. NotFound when there is none."""
    wanted = [one for one in patient.coverages if not payer_id or one.payer_id == payer_id]
    asked = [one for one in wanted if one.line_of_business is not LineOfBusiness.SELF_PAY]
    if not asked:
        raise NotFound(
            "NO_COVERAGE", "the patient has no such coverage to ask about", fix="import a visit with it first"
        )
    return asked


def _check(case: Case, door: RealtimeDoor, again: bool) -> BenefitRecord:
    if case.before is not None and not again and settled(case.before):
        return case.before
    said = refusal(case)
    if said is not None and case.before is not None and case.before.outcome is said.outcome:
        return case.before  # nothing was sent then, nothing is sent now
    return _keep(case, said or _ask(case, door))


def _ask(case: Case, door: RealtimeDoor) -> Said:
    """Send the 270, keep both files, read what the answer says."""
    number = control.next_number("interchange")
    sent = question(case, number)
    answer = door.ask(sent)
    asked = documents.put(f"eligibility/{case.on}/{case.check_id}-{number}.270", sent, EDI)
    told = documents.put(f"eligibility/{case.on}/{case.check_id}-{number}.271", answer[:MAX_ANSWER_BYTES], EDI)
    outcome, words, fix, benefits = judge(answer, case.trace, case.on, case.coverage.line_of_business.value)
    return Said(outcome, words, fix, benefits, "271", asked, told)


def _keep(case: Case, said: Said) -> BenefitRecord:
    check = record_of(case, said)

    def write(uow: store.UnitOfWork) -> None:
        put_with_tasks(uow, [(case, check)])
        uow.audit("eligibility.checked", f"PAT#{case.patient.key}", ("benefits",))

    commit_with_digest(write)
    return check.model_copy(update={"version": check.version + 1})


def raw(check: BenefitRecord) -> tuple[bytes, bytes]:
    """The 270 that was sent and the 271 that came, byte for byte. NotFound when nothing was sent."""
    require("coverage.raw")
    if not check.answer:
        raise NotFound("NO_RAW_ANSWER", "this check has no 271: it was not asked electronically")
    sent, came = documents.get(check.question), documents.get(check.answer)
    return sent[_part(check.question_span)], came[_part(check.answer_span)]


def _part(span: tuple[int, int] | None) -> slice:
    return slice(*span) if span else slice(None)


def checks_of(patient_key: str, coverage: Coverage, found: list[BenefitRecord] | None = None) -> list[BenefitRecord]:
    """The stored checks of exactly this coverage: another member id or subscriber is another coverage."""
    all_checks = records.find_checks(patient_key) if found is None else found
    return [one for one in all_checks if one.check_id == records.check_id(patient_key, coverage, one.on.isoformat())]


def standing_of(
    practice: Practice, patient_key: str, coverage: Coverage, on: date, found: list[BenefitRecord] | None = None
) -> Standing:
    """What the stored checks of a coverage say for a day: which one covers it, and whether it is good for it."""
    days = practice.eligibility(coverage.payer_id).stale_after_days
    return stand(checks_of(patient_key, coverage, found), on, days)


def find_shown(patient_ref: str, payer_id: str = "", on: date | None = None) -> tuple[BenefitRecord, bool]:
    """The check that covers a day (today) of a patient's first coverage, or the one with `payer_id`, and whether it is fresh.

    The newest check of any outcome where none was answered. NotFound when the coverage was never checked.
    """
    require("eligibility.show")
    patient, practice = find_patient(patient_ref), current_practice()
    coverage = coverages_to_ask(patient, payer_id)[0]
    day = on or clock.today(current().tenant.timezone)
    found = standing_of(practice, patient.key, coverage, day)
    if found.check is not None:
        return found.check, found.fresh
    mine = checks_of(patient.key, coverage)
    if not mine:
        raise NotFound("NEVER_CHECKED", "the coverage was never checked", fix="otbill eligibility check")
    return max(mine, key=lambda one: (one.on, one.checked_at)), False

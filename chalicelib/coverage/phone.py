"""What a payer said by phone, or a portal showed: the same record a 271 makes, with who said it and under which reference."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import clock, store
from chalicelib.coverage import records
from chalicelib.coverage.asking import Said, case_of, record_of
from chalicelib.coverage.digest import commit_with_digest
from chalicelib.coverage.model import BenefitRecord, Benefits, Limit, OtherPayer, Outcome, YesNo
from chalicelib.coverage.service import coverages_to_ask
from chalicelib.intake.records import patient as find_patient
from chalicelib.money import Cents
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import Misuse
from chalicelib.platform.model import Model
from chalicelib.support.tasks import close_task
from chalicelib.tenancy import current, require

Money = Annotated[Cents, Field(ge=0, le=100_000_000)]
Count = Annotated[int, Field(ge=0, le=10_000)]
Short = Annotated[str, Field(max_length=80)]


class Answers(Model):
    """The form, as filled in. What was not asked stays unknown; `reference` is the call's number, `told_by` who spoke."""

    source: Literal["phone", "portal"] = "phone"
    told_by: Short = ""
    reference: Short = ""
    active: YesNo
    covered: YesNo = "unknown"
    plan: Short = ""
    network: YesNo = "unknown"
    copay_cents: Money | None = None
    coinsurance_percent: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    deductible_cents: Money | None = None
    deductible_remaining_cents: Money | None = None
    out_of_pocket_remaining_cents: Money | None = None
    visits_total: Count | None = None
    visits_remaining: Count | None = None
    visits_combined: bool = False
    therapy_used_cents: Money | None = None
    authorization_required: YesNo = "unknown"
    referral_required: YesNo = "unknown"
    other_payer: Short = ""
    words: Annotated[str, Field(max_length=400)] = ""


def record_answers(patient_ref: str, payer_id: str, told: Answers) -> BenefitRecord:
    """Keep what was told today, in place of an earlier check of today, and finish the task to phone.

    Misuse for a call nobody answered for: a phone answer names who spoke. NotFound for the patient or the coverage.
    """
    require("eligibility.phone")
    if told.source == "phone" and not (told.told_by.strip() or told.reference.strip()):
        raise Misuse("WHO_TOLD", "a phone answer names who spoke, or the call's reference", fix="fill in either")
    if (
        told.visits_total is not None
        and told.visits_remaining is not None
        and told.visits_remaining > told.visits_total
    ):
        raise Misuse("VISITS_LEFT", "more visits are left than there were", fix="mend visits")
    patient, practice = find_patient(patient_ref), current_practice()
    coverage = coverages_to_ask(patient, payer_id)[0]
    case = case_of(practice, patient, coverage, clock.today(current().tenant.timezone))
    words = {
        "yes": "the plan is active",
        "no": "the plan is not active",
        "unknown": "whether the plan is active was not told",
    }
    said = Said(Outcome.ANSWERED, words[told.active], benefits=_benefits(told), source=told.source)
    check = record_of(case, said, told.reference.strip(), told.told_by.strip())

    def write(uow: store.UnitOfWork) -> None:
        records.put_check(uow, check)
        close_task(uow, "eligibility_phone", f"PAT#{patient.key}", case.check_id)
        uow.audit("eligibility.told", f"PAT#{patient.key}", ("benefits", "reference"))

    commit_with_digest(write)
    return check.model_copy(update={"version": check.version + 1})


def _benefits(told: Answers) -> Benefits:
    same = ("active", "covered", "plan", "network", "copay_cents", "coinsurance_percent", "deductible_cents")
    more = (
        "deductible_remaining_cents",
        "out_of_pocket_remaining_cents",
        "therapy_used_cents",
        "authorization_required",
    )
    found = {name: getattr(told, name) for name in (*same, *more, "referral_required")}
    others = (OtherPayer(name=told.other_payer, words="told by phone"),) if told.other_payer else ()
    return Benefits(**found, limits=_limits(told), other_payers=others)


def _limits(told: Answers) -> tuple[Limit, ...]:
    if told.visits_total is None and told.visits_remaining is None:
        return ()
    scope = "combined" if told.visits_combined else "occupational_therapy"
    return (
        Limit(
            scope=scope, measure="visits", period="calendar year", total=told.visits_total, remaining=told.visits_remaining,
            words=told.words,
        ),
    )  # fmt: skip


def therapy_used(patient_ref: str, payer_id: str, used_cents: int, as_of: date, source: str) -> BenefitRecord:
    """Medicare's own figure of the year's occupational therapy as somebody read it from a portal or heard it, with its date."""
    words = f"occupational therapy used to {as_of}, from {source}"
    told = Answers(source="portal", told_by=source[:80], active="unknown", therapy_used_cents=used_cents, words=words)
    return record_answers(patient_ref, payer_id, told)

"""Who pays first. Pure rules with their source, and what they say of the order a practice told.

Birthday rule: of two parents' plans the one whose birthday comes first in the year (month and day) is the child's primary; the
same day: the plan that covered longer (NAIC Coordination of Benefits Model Regulation, s.5). Medicare secondary payer: 42 CFR
411.20 to 411.206 (working aged 20 employees, disabled 100, end-stage renal disease 30 months); types 12 to 47 as in SBR05. An
accident's own payer goes before every health plan.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from chalicelib.coverage.standing import Standing
from chalicelib.intake.model import Coverage, LineOfBusiness
from chalicelib.intake.records import Patient
from chalicelib.platform.model import Model

YesNoUnknown = Literal["yes", "no", "unknown"]
ACCIDENT_LINES = (LineOfBusiness.AUTO, LineOfBusiness.WORKERS_COMPENSATION)
WORKING_AGED_EMPLOYEES, DISABLED_EMPLOYEES, RENAL_MONTHS = 20, 100, 30


class ParentPlan(Model):
    """A parent's plan of a child; a court order that names one goes before the rule."""

    name: str
    born: date | None = None
    covered_since: date | None = None
    by_court: bool = False


class Order(Model):
    """Payers in the order they pay, with the reason; `sure` False when something needed was not told."""

    payers: tuple[str, ...]
    reason: str
    sure: bool = True


def birthday_rule(one: ParentPlan, other: ParentPlan) -> Order:
    """Which parent's plan is the child's primary."""
    named = (one.name, other.name)
    for first, second in ((one, other), (other, one)):
        if first.by_court and not second.by_court:
            return Order(payers=(first.name, second.name), reason="a court order names this plan")
    if one.born is None or other.born is None:
        return Order(payers=named, reason="a parent's birthday is not known", sure=False)
    days = ((one.born.month, one.born.day), (other.born.month, other.born.day))
    if days[0] != days[1]:
        first, second = (one, other) if days[0] < days[1] else (other, one)
        return Order(payers=(first.name, second.name), reason="this parent's birthday comes first in the year")
    if one.covered_since is None or other.covered_since is None:
        return Order(
            payers=named, reason="the birthdays are the same and nobody knows which plan covered longer", sure=False
        )
    first, second = (one, other) if one.covered_since <= other.covered_since else (other, one)
    return Order(payers=(first.name, second.name), reason="the birthdays are the same; this plan covered longer")


class MspAnswers(Model):
    """The Medicare secondary questionnaire (Medicare Secondary Payer Manual ch.3 s.20.2.1), in its own order."""

    on: date
    black_lung: YesNoUnknown = "no"
    veterans: YesNoUnknown = "no"  # the VA authorized and agreed to pay
    work_injury: YesNoUnknown = "unknown"
    auto_accident: YesNoUnknown = "unknown"
    liability: YesNoUnknown = "unknown"
    entitled_by: Literal["age", "disability", "renal", "unknown"] = "unknown"
    group_plan: YesNoUnknown = "unknown"  # through current employment of the patient or spouse (disability: or family)
    employees: int | None = None
    renal_months: int | None = None  # months since Medicare for renal disease began


class MspOutcome(Model):
    """Whether Medicare pays first. `type` is the SBR05 code when another payer does; `missing` what must be asked still."""

    medicare_first: YesNoUnknown
    type: str = ""
    reason: str
    missing: tuple[str, ...] = ()


def medicare_secondary(told: MspAnswers) -> MspOutcome:
    """The questionnaire's answer; the first rule that fits."""
    if told.black_lung == "yes":
        return MspOutcome(medicare_first="no", type="41", reason="federal black lung benefits pay for what concerns it")
    if told.veterans == "yes":
        return MspOutcome(medicare_first="no", type="42", reason="the Veterans Administration authorized the care")
    for name, code, words in (
        ("work_injury", "15", "workers' compensation pays for a work injury"),
        ("auto_accident", "14", "no-fault or auto insurance pays after the accident"),
        ("liability", "47", "another's liability insurance pays"),
    ):
        if getattr(told, name) == "yes":
            return MspOutcome(medicare_first="no", type=code, reason=words)
    missing = [name for name in ("work_injury", "auto_accident", "liability") if getattr(told, name) == "unknown"]
    if told.group_plan == "no":
        return _unless(missing, MspOutcome(medicare_first="yes", reason="no group plan through current employment"))
    if told.group_plan == "unknown" or told.entitled_by == "unknown":
        missing += [name for name in ("group_plan", "entitled_by") if getattr(told, name) == "unknown"]
        return MspOutcome(medicare_first="unknown", reason="not all was asked", missing=tuple(missing))
    return _unless(missing, _group_plan(told))


def _unless(missing: list[str], found: MspOutcome) -> MspOutcome:
    if not missing or found.medicare_first == "no":
        return found
    return MspOutcome(medicare_first="unknown", reason="not all was asked", missing=tuple(missing))


def _group_plan(told: MspAnswers) -> MspOutcome:
    if told.entitled_by == "renal":
        if told.renal_months is None:
            return MspOutcome(medicare_first="unknown", reason="not all was asked", missing=("renal_months",))
        if told.renal_months < RENAL_MONTHS:
            return MspOutcome(
                medicare_first="no", type="13", reason=f"the first {RENAL_MONTHS} months of renal disease"
            )
        return MspOutcome(medicare_first="yes", reason=f"{RENAL_MONTHS} months of renal disease have passed")
    least, code = (WORKING_AGED_EMPLOYEES, "12") if told.entitled_by == "age" else (DISABLED_EMPLOYEES, "43")
    if told.employees is None:
        return MspOutcome(medicare_first="unknown", reason="not all was asked", missing=("employees",))
    if told.employees >= least:
        return MspOutcome(medicare_first="no", type=code, reason=f"group plan of an employer with {least} or more")
    return MspOutcome(medicare_first="yes", reason=f"the employer has fewer than {least}")


def msp_words(found: MspOutcome) -> str:
    """'Another payer pays first (type 12): …', and what is still to ask."""
    lead = {"yes": "Medicare pays first", "no": f"Another payer pays first (type {found.type})"}
    missing = f"; still to ask: {', '.join(name.replace('_', ' ') for name in found.missing)}" if found.missing else ""
    return f"{lead.get(found.medicare_first, 'Not known who pays first')}: {found.reason}{missing}"


def order_of(coverages: tuple[Coverage, ...]) -> Order:
    """The order the rules want for these coverages, as far as they tell."""
    accident = [one for one in coverages if one.line_of_business in ACCIDENT_LINES]
    health = [one for one in coverages if one.line_of_business not in ACCIDENT_LINES]
    if accident and health:
        names = tuple(one.payer_id for one in (*accident, *health))
        return Order(payers=names, reason="the accident's own payer goes first")
    medicaid = [one for one in coverages if one.line_of_business is LineOfBusiness.MEDICAID]
    if medicaid and len(medicaid) < len(coverages):
        rest = [one for one in coverages if one.line_of_business is not LineOfBusiness.MEDICAID]
        return Order(payers=tuple(one.payer_id for one in (*rest, *medicaid)), reason="Medicaid pays last")
    names = tuple(one.payer_id for one in coverages)
    if len(coverages) < 2:
        return Order(payers=names, reason="one payer")
    if all(one.relationship == "child" for one in coverages):
        parents = [
            ParentPlan(name=one.payer_id, born=one.subscriber.date_of_birth if one.subscriber else None)
            for one in coverages
        ]
        return birthday_rule(parents[0], parents[1])
    own = [one for one in coverages if one.relationship == "self"]
    if any(one.line_of_business is LineOfBusiness.MEDICARE for one in coverages):
        return Order(payers=names, reason="Medicare and another plan: the questionnaire decides", sure=False)
    if own and len(own) < len(coverages):
        rest = [one for one in coverages if one.relationship != "self"]
        return Order(
            payers=tuple(one.payer_id for one in (*own, *rest)), reason="the patient's own plan before one as dependent"
        )
    return Order(payers=names, reason="the facts do not tell", sure=False)


def doubts_of(patient: Patient, standing: Standing, asked: MspOutcome | None = None) -> tuple[str, ...]:
    """Why the order the practice told may be wrong, in words for the front desk; `asked` is the newest questionnaire."""
    coverages = patient.coverages
    told = tuple(one.payer_id for one in coverages)
    found = order_of(coverages)
    doubts = []
    if found.sure and found.payers != told:
        doubts.append(f"another order of payers is likely: {' then '.join(found.payers)} ({found.reason})")
    if asked is not None and asked.medicare_first == "no" and coverages[0].line_of_business is LineOfBusiness.MEDICARE:
        doubts.append(f"by the Medicare questionnaire another payer pays first (type {asked.type}): {asked.reason}")
    named = [
        other for other in standing.benefits.other_payers if other.kind == "secondary" and other.in_force is not False
    ]
    if named and len(coverages) < 2:
        doubts.append(f"the payer tells of a payer after it: {named[0].name or 'not named'}")
    return tuple(doubts)

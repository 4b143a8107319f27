"""What the scrub must be told beside the claim itself. Everything defaults to "not known", and not known holds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from chalicelib.claims.biller_rules import BillerRule
from chalicelib.codes.payers import PayerPlan
from chalicelib.intake.model import PlanOfCare


@dataclass(frozen=True, slots=True)
class Documented:
    """One procedure of a visit as the note tells it, in whole minutes."""

    code: str
    therapist_minutes: int = 0
    assistant_minutes: int = 0

    @property
    def minutes(self) -> int:
        return self.therapist_minutes + self.assistant_minutes


@dataclass(frozen=True, slots=True)
class SameDayVisit:
    """A visit of the same patient on the claim's date, the claim's own visits included.

    Times are 'HH:MM' or empty. `sequence` orders visits by when they came to us (import order or source row); of two alike
    visits the later is the duplicate. `total_minutes` is the note's total treatment time.
    """

    visit_id: str
    codes: frozenset[str]
    start_time: str = ""
    end_time: str = ""
    sequence: int = 0
    services: tuple[Documented, ...] = ()
    total_minutes: int | None = None
    assistant_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One count of an authorization: units or visits of some codes (empty = any), approved and used without this claim."""

    codes: frozenset[str] = frozenset()
    counts: str = "visits"
    approved: int | None = None
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What the payer approved under the claim's authorization number. `used` = posted, billed and scheduled without this claim.

    `counts` is units (of the codes) or visits; `codes` empty = any; `approved` None = no number was told. `allowances` stand
    instead of the one count where codes are counted apart. `state` is what the payer decided.
    """

    start: date | None = None
    end: date | None = None
    codes: frozenset[str] = frozenset()
    counts: str = "visits"
    approved: int | None = None
    used: int = 0
    allowances: tuple[Allowance, ...] = ()
    state: str = "approved"

    @property
    def counted(self) -> tuple[Allowance, ...]:
        """Its counts, be it one or several."""
        return self.allowances or (Allowance(counts=self.counts, approved=self.approved, used=self.used),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubFacts:
    """Facts of the day the claim is judged.

    plan: the payer directory's row; None = the directory has none (UNKNOWN_PAYER).
    enrolled_837, therapist_credentialed: True, False, the date from which it holds, or None for not known.
    listed_assistants: assistant ids in the practice file, None for not known.
    incomplete_rows: words about rows of these visits that could not be read ("row 14: sex: ...").
    disagreeing_columns: visit columns that differ between rows of one visit.
    same_day_visits: all visits of the patient that day, see `SameDayVisit`.
    same_day_units: units by code on the patient's other claims of that day in this practice; same_day_distinct: those of these
        codes that carry 59 or X{EPSU} there.
    treatment_days_since_report: treatment days since the last progress report, this one included.
    delayed_certification: a documented reason for a late certification (42 CFR 424.11(d)(3)).
    threshold_used_cents: OT allowed amounts of the calendar year before this claim (own posted and payer-reported), in order of
        receipt; expected_allowed_cents: this claim's, after MPPR, before the patient's share.
    threshold_is_floor: some claim of the year could not be priced, so that the amount used may be more.
    plan_of_care: what the case's notes and the visit say together; None = only the visit's own word is known.
    benefits_exhausted_on: since when the accident's insurer pays no more.
    coverage_active: what the payer last answered for the date of service (271).
    authorization: what the payer approved under the claim's number.
    authorization_required: what the payer last answered about it (271): yes, no or unknown.
    coverage_stays: words for each home-health episode, Part A stay or hospice the payer told of for the date of service.
    payers_first: words for each payer that the payer asked says stands before it, or in its place.
    biller_rules: the practice's and the payer's own rules; documents: names of the documents on the claim.
    """

    today: date
    plan: PayerPlan | None = None
    enrolled_837: bool | date | None = None
    therapist_credentialed: bool | date | None = None
    listed_assistants: frozenset[str] | None = None
    incomplete_rows: tuple[str, ...] = ()
    disagreeing_columns: tuple[str, ...] = ()
    same_day_visits: tuple[SameDayVisit, ...] = ()
    same_day_units: Mapping[str, int] = field(default_factory=dict)
    same_day_distinct: frozenset[str] = frozenset()
    treatment_days_since_report: int | None = None
    delayed_certification: bool = False
    threshold_used_cents: int | None = None
    expected_allowed_cents: int | None = None
    threshold_is_floor: bool = False
    plan_of_care: PlanOfCare | None = None
    coverage_active: bool | None = None
    benefits_exhausted_on: date | None = None
    authorization: Authorization | None = None
    authorization_required: str = "unknown"
    coverage_stays: tuple[str, ...] = ()
    payers_first: tuple[str, ...] = ()
    biller_rules: tuple[BillerRule, ...] = ()
    documents: frozenset[str] = frozenset()


def treatment_days(dates: Iterable[date], reported_on: date | None, through: date) -> int:
    """Treatment days since the last progress report, `through` included (Medicare Benefit Policy Manual ch.15 s.220.3 D).

    Day 1 is the first treatment day, the evaluation's; a report written on a treatment day covers that day.
    """
    return len({day for day in dates if day <= through and (reported_on is None or day > reported_on)})

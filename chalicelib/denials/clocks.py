"""Until when something can still be done: appeal levels and their days, by payer.

Original Medicare has five levels (42 CFR 405.942, 405.962 and following; First Coast's appeals pages; FR 2025-21879): the notice
is presumed received five calendar days after its date, and a request counts on the day the contractor receives it. Amounts in
controversy are yearly figures (`codes/data/thresholds.csv`). Others: the payer directory's first level, with a practice's own
settings over it; a second level only where one was read. Days that nobody read are not guessed: `days` is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.codes import settings
from chalicelib.codes.payers import PayerPlan

PRESUMED_RECEIPT_DAYS = 5
REOPENING_DAYS = 365  # clerical error reopening, 1 year (First Coast)
_DEFAULT_DAYS = 180  # where the directory has no row; the same default posting uses


@dataclass(frozen=True, slots=True)
class Level:
    """`days` from the notice it appeals, `presumed` days added for its receipt, `least` names the amount in controversy."""

    number: int
    name: str
    decided_by: str
    days: int | None
    presumed: int = 0
    least: str = ""
    source: str = ""


MEDICARE = (
    Level(1, "redetermination", "the Medicare contractor", 120, 5, source="42 CFR 405.942(a)"),
    Level(2, "reconsideration", "the qualified independent contractor", 180, 5, source="42 CFR 405.962(a)"),
    Level(
        3, "hearing", "an administrative law judge (OMHA)", 60, 5, "appeal_hearing", "First Coast; 5 days: knowledge"
    ),
    Level(4, "review", "the Medicare Appeals Council", 60, 5, source="First Coast; 5 days: knowledge"),
    Level(5, "judicial review", "a federal district court", 60, 5, "appeal_court", "First Coast; 5 days: knowledge"),
)
_SECOND = {
    ("60054", "commercial"): Level(2, "appeal", "the payer", 60, source="aetna.com, provider appeals"),
    ("62308", "commercial"): Level(2, "arbitration", "an arbitrator", 365, source="Cigna appeals reminders"),
    ("87726", "commercial"): Level(2, "appeal", "the payer", None, source="both steps within 12 months of the first decision"),
}  # fmt: skip


def levels(plan: PayerPlan | None, line_of_business: str) -> tuple[Level, ...]:
    """The levels of appeal against this payer, as far as they are known."""
    if line_of_business == "medicare":
        return MEDICARE
    if line_of_business == "auto":
        return (Level(1, "demand letter", "the insurer", plan.appeal_days if plan else 30, source="F.S. 627.736(10)"),)
    first = Level(
        1, "first-level appeal", "the payer", plan.appeal_days if plan else _DEFAULT_DAYS, source=_source(plan)
    )
    second = _SECOND.get((plan.payer_id, line_of_business)) if plan else None
    return (first, second) if second else (first,)


def _source(plan: PayerPlan | None) -> str:
    if plan is None:
        return "no row in the payer directory: 180 days (a setting of ours)"
    return plan.source if plan.tag == "practice" else f"payer directory ({plan.tag})"


def level(plan: PayerPlan | None, line_of_business: str, number: int) -> Level | None:
    return next((item for item in levels(plan, line_of_business) if item.number == number), None)


def deadline(found: Level, notice_on: date) -> date | None:
    """The last day the request may arrive; None where the level's days are not known."""
    return notice_on + timedelta(days=found.days + found.presumed) if found.days is not None else None


def least_cents(found: Level, on: date) -> int:
    """The amount that must be in controversy on a day; 0 where there is none. RateUnknown without a row for the year."""
    return settings.value(found.least, on) if found.least else 0


def first_deadline(
    plan: PayerPlan | None, line_of_business: str, decided_on: date, date_of_service: date, *, unprocessable: bool
) -> tuple[date, str]:
    """The day a denial is lost, and why that day."""
    if unprocessable:
        last = plan.last_filing_day(date_of_service) if plan else date_of_service + timedelta(days=365)
        return last, f"a new claim within {(last - date_of_service).days} days of the service"
    first = levels(plan, line_of_business)[0]
    due = deadline(first, decided_on) or decided_on + timedelta(days=_DEFAULT_DAYS)
    receipt = f" and {first.presumed} for the notice to arrive" if first.presumed else ""
    return due, f"{first.name}: {(due - decided_on).days - first.presumed} days from the decision{receipt}"

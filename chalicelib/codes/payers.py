"""The payer directory: one row per payer id and line of business, dated, each with its source.

A row says what a plan wants on a claim. Rows tagged `review` rest on secondary sources or knowledge: a practice
file or payer file may override them (`adjusted`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from chalicelib.codes.tables import CodeTableError, boolean, cached, covers, day, rows


@dataclass(frozen=True, slots=True)
class PayerPlan:
    """What one payer's line of business wants. Days count from the (last) date of service.

    The filing limit is `timely_filing_days` where `timely_filing_unit` is days; year is one calendar year, year_end the
    31 December of the year after (`last_filing_day`); there the days say about how many that is.
    `unit_rule` is cms (total time) or midpoint; `authorization` required, none or unknown; `certification` says what an
    uncertified plan of care does: hold, warn or none; `ncci` names the edit table (medicare, medicaid, none);
    `corrections` is frequency_7 or new_claim (Medicare Part B knows no corrected claim). `appeal_days` is the first level.
    `filing_near_days` (how long before its filing limit a claim is told of) and `kx_near_percent` (of the threshold, from which
    KX is taken at its word) are 0 where the dated settings hold.
    A payment short of what was expected by more than `underpaid_cents` and `underpaid_percent` is asked about (ours).
    `member_id_pattern` is a regular expression for the whole id, spaces and hyphens removed.
    """

    payer_id: str
    name: str
    line_of_business: str
    claim_filing: str
    unit_rule: str = "midpoint"
    go_required: bool = True
    co_required: bool = False
    kx_used: bool = False
    abn_used: bool = False
    timely_filing_days: int = 365
    timely_filing_unit: str = "days"
    authorization: str = "unknown"
    certification: str = "warn"
    referrer_required: bool = False
    accident_required: bool = False
    ncci: str = "medicare"
    corrections: str = "frequency_7"
    appeal_days: int = 180
    accepts_270: bool = True
    electronic_837: bool = True
    member_id_pattern: str = "[A-Z0-9]{2,20}"
    telehealth_modifier: str = ""
    underpaid_cents: int = 100
    underpaid_percent: int = 2
    filing_near_days: int = 0
    kx_near_percent: int = 0
    tag: str = "review"
    effective_from: date = date(2020, 1, 1)
    effective_to: date | None = None
    source: str = ""

    def last_filing_day(self, start: date) -> date:
        """The last day the payer takes a claim, counted from the service (or whatever the limit runs from).

        A calendar year ends on the same day of the next year (42 CFR 424.44(a)); from 29 February on 28 February, so that a
        receipt on 1 March is late (CMS instruction on the one-year limit; knowledge). Holidays never lengthen it here.
        """
        if self.timely_filing_unit == "year_end":
            return date(start.year + 1, 12, 31)
        if self.timely_filing_unit == "year":
            leap = (start.month, start.day) == (2, 29)
            return start.replace(year=start.year + 1, day=28 if leap else start.day)
        return start + timedelta(days=self.timely_filing_days)

    @property
    def filing_words(self) -> str:
        """The filing limit as a letter says it."""
        words = {"year": "one calendar year", "year_end": "31 December of the year after the service"}
        return words.get(self.timely_filing_unit, f"{self.timely_filing_days} days")


@cached(1)
def directory() -> tuple[PayerPlan, ...]:
    """Every row of the bundled directory, in file order."""
    return tuple(_plan(row) for row in rows("payers.csv"))


def plan(payer_id: str, line_of_business: str, on: date) -> PayerPlan | None:
    """The plan's row in force on a date of service, or None when the directory has none."""
    return next(
        (
            row
            for row in _by_plan().get((payer_id, str(line_of_business)), ())
            if covers(row.effective_from, row.effective_to, on)
        ),
        None,
    )


_WORDS: dict[str, frozenset[str]] = {
    "unit_rule": frozenset({"cms", "midpoint"}),
    "authorization": frozenset({"required", "none", "unknown"}),
    "certification": frozenset({"hold", "warn", "none"}),
    "ncci": frozenset({"medicare", "medicaid", "none"}),
    "telehealth_modifier": frozenset({"", "95", "93", "GT"}),
}
_FLAGS = frozenset(
    {
        "go_required",
        "co_required",
        "kx_used",
        "abn_used",
        "referrer_required",
        "accident_required",
        "accepts_270",
        "electronic_837",
    }
)
_COUNTS = frozenset({"timely_filing_days", "appeal_days", "filing_near_days"})
_PERCENTS = frozenset({"underpaid_percent", "kx_near_percent"})
LAW = frozenset(
    {"unit_rule", "go_required", "co_required", "kx_used", "abn_used", "certification", "referrer_required"}
)


def adjusted(plan_row: PayerPlan, settings: Mapping[str, object], source: str) -> PayerPlan:
    """The row with a practice's or payer's own settings for what the directory only supposes (a contract read, a policy found).

    Raises CodeTableError for an unknown setting or value, and for what Original Medicare's manuals fix.
    """
    for name, value in settings.items():
        known = name in _FLAGS and isinstance(value, bool)
        known |= name in _COUNTS and type(value) is int and 0 < value <= 3650
        known |= name == "underpaid_cents" and type(value) is int and 0 < value <= 1_000_000
        known |= name in _PERCENTS and type(value) is int and 0 < value <= 100
        known |= name in _WORDS and value in _WORDS[name]
        if not known:
            raise CodeTableError(f"{name} is no setting of a payer plan, or has a value it cannot have")
        if plan_row.line_of_business == "medicare" and name in LAW:
            raise CodeTableError(f"{name} of Original Medicare is fixed by its manuals")
    changes: dict[str, Any] = {**settings, "tag": "practice", "source": source}
    if "timely_filing_days" in settings:
        changes["timely_filing_unit"] = "days"
    return replace(plan_row, **changes)


@cached(1)
def _by_plan() -> dict[tuple[str, str], tuple[PayerPlan, ...]]:
    found: dict[tuple[str, str], tuple[PayerPlan, ...]] = {}
    for row in directory():
        key = (row.payer_id, row.line_of_business)
        found[key] = (*found.get(key, ()), row)
    return found


def _plan(row: dict[str, str]) -> PayerPlan:
    return PayerPlan(
        payer_id=row["payer_id"],
        name=row["name"],
        line_of_business=row["line_of_business"],
        claim_filing=row["claim_filing"],
        unit_rule=row["unit_rule"],
        go_required=boolean(row["go_required"]),
        co_required=boolean(row["co_required"]),
        kx_used=boolean(row["kx_used"]),
        abn_used=boolean(row["abn_used"]),
        timely_filing_days=int(row["timely_filing_days"]),
        timely_filing_unit=row["timely_filing_unit"],
        authorization=row["authorization"],
        certification=row["certification"],
        referrer_required=boolean(row["referrer_required"]),
        accident_required=boolean(row["accident_required"]),
        ncci=row["ncci"],
        corrections=row["corrections"],
        appeal_days=int(row["appeal_days"]),
        accepts_270=boolean(row["accepts_270"]),
        electronic_837=boolean(row["electronic_837"]),
        member_id_pattern=row["member_id_pattern"],
        telehealth_modifier=row["telehealth_modifier"],
        tag=row["tag"],
        effective_from=day(row["effective_from"]) or date.min,
        effective_to=day(row["effective_to"]),
        source=row["source"],
    )

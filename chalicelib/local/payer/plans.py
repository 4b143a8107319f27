"""The plans of docs/payer-simulator.md, as data, and the choice among them."""

from __future__ import annotations

from dataclasses import dataclass

MEDICARE = "MB"
MEDICARE_ADVANTAGE = "16"
AUTO = "AM"


@dataclass(frozen=True, slots=True)
class Plan:
    """One row of the plan table. `filings` are the SBR09 values it answers to; the first one says what kind it is.

    `schedule_percent` is of the Medicare physician fee schedule; `mppr`, `go` and `assistant_cut` say whether the plan
    halves the practice expense of further units, demands GO, and pays 85 % for an assistant's line.
    """

    payer_id: str
    name: str
    filings: tuple[str, ...]
    schedule_percent: int
    mppr: bool
    go: bool
    assistant_cut: bool
    limit_days: int
    authorization: bool = False
    deductible: bool = False
    coinsurance_percent: int = 0
    copay_cents: int = 0
    listed: bool = True

    @property
    def is_auto(self) -> bool:
        """An auto payer of the table: pays interest, answers no 270. ('Any other' payer with SBR09 AM is none.)"""
        return self.listed and AUTO in self.filings


PLANS: tuple[Plan, ...] = (
    Plan(
        "09102", "Medicare Part B Florida", ("MB",), 100, True, True, True, 365, deductible=True, coinsurance_percent=20
    ),
    Plan("87726", "UnitedHealthcare", ("CI",), 105, True, True, False, 90, copay_cents=3500),
    Plan("87726", "UnitedHealthcare Medicare Advantage", ("16",), 100, True, True, True, 90, True, copay_cents=2000),
    Plan("60054", "Aetna", ("CI",), 110, False, False, False, 120, deductible=True, coinsurance_percent=20),
    Plan("62308", "Cigna", ("CI",), 102, False, False, False, 90, copay_cents=3000),
    Plan("61101", "Humana", ("CI",), 100, True, True, True, 90, True, copay_cents=4000),
    Plan("61101", "Humana Medicare Advantage", ("16",), 100, True, True, True, 365, True, copay_cents=2000),
    Plan("00590", "Florida Blue", ("BL", "CI"), 108, False, False, False, 180, deductible=True, coinsurance_percent=10),
    Plan("GEICO", "GEICO", ("AM",), 200, False, False, False, 35, coinsurance_percent=20),
    Plan("PROGR", "Progressive", ("AM",), 200, False, False, False, 35, coinsurance_percent=20),
    Plan("31059", "State Farm", ("AM",), 200, False, False, False, 35, coinsurance_percent=20),
)


def choose(plans: tuple[Plan, ...], payer_id: str, filing: str, name: str = "") -> Plan:
    """The row of this payer and SBR09; the payer's first row for another SBR09; 'any other' for another payer."""
    rows = [plan for plan in plans if plan.payer_id == payer_id]
    for plan in rows:
        if filing in plan.filings:
            return plan
    if rows:
        return rows[0]
    return Plan(payer_id, name, (filing,), 100, False, False, False, 365, coinsurance_percent=20, listed=False)


def yearly_deductible_cents(member_id: str) -> int:
    """The member's deductible of a calendar year, told by the last character of the member id."""
    return {"5": 2500, "6": 2500, "7": 5000, "8": 10000}.get(member_id[-1:], 0)

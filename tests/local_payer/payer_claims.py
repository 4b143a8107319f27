"""Short ways to make fictional claims and have them judged by the simulated payers."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.local.payer.adjudicate import adjudicate, correct
from chalicelib.local.payer.checks import Check, make_checks
from chalicelib.local.payer.plans import PLANS
from chalicelib.local.payer.results import ClaimResult
from chalicelib.local.payer.state import State
from chalicelib.local.payer.tables import CodeTables
from chalicelib.x12.claim837 import Accident, Claim837, ServiceLine
from chalicelib.x12.parties import Address, Party, Person

TODAY = date(2026, 9, 30)
SERVICE_DAY = date(2026, 9, 8)
BILLING_NPI = "1234567893"
TABLES = CodeTables()
_FILINGS = {"09102": "MB", "00590": "BL", "GEICO": "AM", "PROGR": "AM", "31059": "AM"}


def line(code: str, units: Any = 1, *modifiers: str, charge: int | None = None, **more: Any) -> ServiceLine:
    """One line at 100.00 a unit unless `charge` says otherwise."""
    more.setdefault("date", SERVICE_DAY)
    amount = int(10_000 * units) if charge is None else charge
    return ServiceLine(code, modifiers, amount, units, diagnosis_pointers=(1,), **more)


def claim(
    *lines: ServiceLine, payer: str = "09102", member: str = "1EG4TE5MK72", pcn: str = "A1", **more: Any
) -> Claim837:
    """A complete claim of a fictional Miami practice."""
    person = Person("Testcase", "Marigold", date_of_birth=date(1950, 3, 4), sex="F", address=HOME)
    zip_code = more.pop("zip_code", "331011234")
    npi = more.pop("npi", BILLING_NPI)
    filing = more.pop("filing", _FILINGS.get(payer, "CI"))
    if filing == "AM":
        more.setdefault("accident", Accident(("AA",), "FL", date(2026, 8, 1), "CLAIM-77"))
    settings: dict[str, Any] = {
        "charge_cents": sum(item.charge_cents for item in lines),
        "lines": lines,
        "subscriber": person,
        "member_id": member,
        "claim_filing": filing,
        "payer_name": "A Payer",
        "payer_id": payer,
        "diagnoses": ("M25521",),
        "billing": Party(
            "Harborview Testcase Therapy",
            is_person=False,
            npi=npi,
            tax_id="123456789",
            taxonomy="225X00000X",
            address=Address("12 Harbor Street", "", "Miami", "FL", zip_code),
        ),
        "referring": Party("Referrer", "Rowan", npi="1245319599"),
    }
    return Claim837(pcn, **{**settings, **more})


HOME = Address("7 Shell Lane", "", "Miami", "FL", "33101")


def judge(*claims: Claim837, state: State | None = None, today: date = TODAY) -> list[ClaimResult]:
    return adjudicate(claims, PLANS, State() if state is None else state, today, TABLES)


def paid(*claims: Claim837) -> list[int]:
    return [result.paid for result in judge(*claims)]


def pay(*claims: Claim837, state: State | None = None, today: date = TODAY) -> list[Check]:
    """All checks of a run: the first ones, then those of corrections."""
    memory = State() if state is None else state
    results = judge(*claims, state=memory, today=today)
    first = make_checks(results, memory, today, first=True)
    corrected = [again for result in results for again in correct(result, PLANS, memory)]
    return first + make_checks(corrected, memory, today, first=False)

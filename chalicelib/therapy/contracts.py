"""Expected payment by a practice's contract with a payer: percent of Medicare, per code, per diem, case rate; Florida PIP.

A contract says what the payer allows. What the patient owes of it is the benefit's affair, save in Florida PIP, where
the statute fixes both (F.S. 627.736).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from chalicelib.codes import mpfs, settings
from chalicelib.codes.mpfs import NATIONAL, Gpci
from chalicelib.codes.settings import RateUnknown
from chalicelib.codes.tables import covers
from chalicelib.money import round_ratio
from chalicelib.therapy.pricing import AllowedLine, ChargedLine, Terms, allowed


class Basis(StrEnum):
    PERCENT = "percent_of_medicare"
    PER_CODE = "per_code"
    PER_DIEM = "per_diem"
    CASE = "case_rate"


@dataclass(frozen=True, slots=True)
class Contract:
    """One dated agreement. `rates` are cents per unit by code; `amount_cents` a day's or a case's price."""

    basis: Basis
    percent: int = 100
    rates: Mapping[str, int] = field(default_factory=dict)
    amount_cents: int = 0
    reduction: bool = False  # whether the payer applies MPPR
    effective_from: date | None = None
    effective_to: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a contract allows: per line where it prices lines, and in total. The total is never above the charge."""

    line_cents: tuple[int, ...]
    total_cents: int
    working: tuple[str, ...]


def expected(
    lines: Sequence[ChargedLine], contract: Contract, on: date, gpci: Gpci = NATIONAL, *, first_of_case: bool = True
) -> Expected:
    """Allowed amount under a contract. Raises RateUnknown when the contract does not cover the date or a code.

    `first_of_case`: a case rate is owed once, on the case's first claim; later claims are expected to pay nothing.
    """
    if not covers(contract.effective_from, contract.effective_to, on):
        raise RateUnknown(f"the contract does not cover {on.isoformat()}")
    if contract.basis is Basis.PERCENT:
        terms = Terms(on, gpci, percent=contract.percent, reduction=contract.reduction)
        priced = allowed(lines, terms)
        return Expected(*_sums([line.allowed_cents for line in priced]), _working(priced))
    if contract.basis is Basis.PER_CODE:
        found = [_limited(line, line.units * _rate(contract, line.code)) for line in lines]
        return Expected(
            *_sums(found), tuple(f"{line.code}: {line.units} units by the contract's rate" for line in lines)
        )
    whole = contract.amount_cents if contract.basis is Basis.PER_DIEM or first_of_case else 0
    total = min([whole, *_charged(lines)])
    return Expected((), total, (f"{contract.basis.value.replace('_', ' ')} for the whole claim",))


def _sums(found: list[int]) -> tuple[tuple[int, ...], int]:
    return tuple(found), sum(found)


def _charged(lines: Sequence[ChargedLine]) -> list[int]:
    charges = [line.charge_cents for line in lines]
    known = [charge for charge in charges if charge is not None]
    return [sum(known)] if known and len(known) == len(charges) else []


def _limited(line: ChargedLine, amount: int) -> int:
    return amount if line.charge_cents is None else min(amount, line.charge_cents)


def _rate(contract: Contract, code: str) -> int:
    if code not in contract.rates:
        raise RateUnknown(f"the contract has no rate for {code}")
    return contract.rates[code]


def _working(priced: Sequence[AllowedLine]) -> tuple[str, ...]:
    return tuple(step for line in priced for step in line.working)


@dataclass(frozen=True, slots=True)
class PipExpected:
    """Florida PIP: `allowed_cents` by the statutory schedule, `insurer_cents` 80 % of it, the rest the patient's."""

    schedule_date: date
    allowed_cents: int
    insurer_cents: int
    patient_cents: int
    working: tuple[str, ...]


def florida_pip(
    lines: Sequence[ChargedLine], on: date, gpci: Gpci | None = None, *, deductible_left_cents: int = 0
) -> PipExpected:
    """200 % of the participating Medicare Part B schedule in effect on 1 March of the service year (1 March to the end of
    February), of which the insurer pays 80 % after the deductible (F.S. 627.736(1)(a), (5); enactment of the service-year
    clause: knowledge). MPPR only where the dated setting `pip_reduction` says so: whether it applies is disputed.
    `gpci` None = Miami's on the schedule date.
    """
    day, note = _schedule_day(lines, on)
    percent, reduction = settings.value("pip_schedule", on), bool(settings.value("pip_reduction", on))
    terms = Terms(day, gpci or mpfs.gpci("FL", "04", day), percent=percent, reduction=reduction)
    priced = allowed(lines, terms)
    total = sum(line.allowed_cents for line in priced)
    rest = total - min(total, deductible_left_cents)
    insurer = sum(_shares(priced, rest, total, settings.value("pip_benefit", on)))
    return PipExpected(day, total, insurer, total - insurer, (note, *_working(priced)))


def _shares(priced: Sequence[AllowedLine], rest: int, total: int, percent: int) -> list[int]:
    """The insurer's share, line by line where no deductible is taken, else of the whole."""
    if rest == total:
        return [round_ratio(line.allowed_cents, percent, 100) for line in priced]
    return [round_ratio(rest, percent, 100)]


def _schedule_day(lines: Sequence[ChargedLine], on: date) -> tuple[date, str]:
    """1 March of the service year; where the release of that day is not loaded, the first later day of that year on which
    all codes have a row, said in the working. Never another year's value."""
    year = on.year if on >= date(on.year, 3, 1) else on.year - 1
    march = date(year, 3, 1)
    for month in range(3, 13):
        day = date(year, month, 1)
        if all(mpfs.find(line.code, day) for line in lines):
            words = (
                f"schedule of {march}"
                if day == march
                else f"schedule of {march} taken from the release in force on {day}"
            )
            return day, words
    raise RateUnknown(f"no fee schedule of {year} for these codes")

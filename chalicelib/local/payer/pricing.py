"""What one unit is worth: the Medicare physician fee schedule in exact decimals, rounded where the page says.

    full    = round((work*PW + PE*PEgpci + MP*MPgpci) * CF), then round(full * schedule percent)
    reduced = the same with half the PE: what further units are worth under the multiple procedure payment reduction

Source: Medicare Claims Processing Manual ch. 5 s. 10.7; what rests on the page alone is in docs/payer-simulator.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from chalicelib.money import round_ratio


@dataclass(frozen=True, slots=True)
class Rate:
    """Relative value units of a code (non-facility practice expense) and whether its indicator is 5."""

    work: Decimal
    practice_expense: Decimal
    malpractice: Decimal
    multiple_procedure: bool


@dataclass(frozen=True, slots=True)
class Locality:
    """Geographic practice cost indices."""

    work: Decimal = Decimal(1)
    practice_expense: Decimal = Decimal(1)
    malpractice: Decimal = Decimal(1)


class Tables(Protocol):
    """The code tables a payer looks into; every answer is for one day, None = no row covers it."""

    def rate(self, code: str, on: date) -> Rate | None: ...
    def conversion_factor(self, on: date) -> Decimal | None: ...
    def locality(self, state: str, number: str, on: date) -> Locality: ...
    def unit_limit(self, code: str, on: date) -> int | None: ...
    def bundled(self, column1: str, column2: str, on: date) -> int | None: ...


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """Cents of one unit. `rank` is the practice expense RVU when the reduction applies to the code, else None."""

    full: int
    reduced: int
    rank: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LinePrice:
    """A line priced: `full` and `with_reduction` are sums over its units, before the charge caps them."""

    full: int
    with_reduction: int


def locality_of(zip_code: str) -> tuple[str, str] | None:
    """Medicare locality by the billing ZIP: Florida's three, or None where every index counts as 1."""
    area = zip_code[:3]
    if area in ("330", "331"):
        return "FL", "04"
    if area in ("333", "334"):
        return "FL", "03"
    return ("FL", "99") if zip_code[:2] in ("32", "33", "34") else None


def unit_price(
    tables: Tables, code: str, on: date | None, zip_code: str, percent: int, charge: int, units: int
) -> UnitPrice:
    """Price of one unit; without a fee schedule row 60 % of its charge, which no percent or reduction touches."""
    rate = tables.rate(code, on) if on else None
    factor = tables.conversion_factor(on) if on else None
    if on is None or rate is None or factor is None:
        amount = round_ratio(max(charge, 0), 60, 100 * units)
        return UnitPrice(amount, amount)
    place = locality_of(zip_code)
    indices = tables.locality(*place, on) if place else Locality()
    full = _fee(rate, rate.practice_expense, indices, factor, percent)
    reduced = _fee(rate, rate.practice_expense / 2, indices, factor, percent)
    return UnitPrice(full, reduced, rate.practice_expense if rate.multiple_procedure else None)


def _fee(rate: Rate, practice_expense: Decimal, gpci: Locality, factor: Decimal, percent: int) -> int:
    dollars = (
        rate.work * gpci.work + practice_expense * gpci.practice_expense + rate.malpractice * gpci.malpractice
    ) * factor
    cents = int((dollars * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return round_ratio(cents, percent, 100)


Best = tuple[Decimal, int]
"""The highest of some units: practice expense RVU, then full price."""


def price_lines(
    units: Sequence[tuple[UnitPrice, int]],
    reduce: bool,
    days: Sequence[str] = (),
    before: Mapping[str, Best] | None = None,
) -> list[LinePrice]:
    """Each line's (unit price, units) summed; with `reduce`, one unit of a day keeps its whole practice expense.

    `days` are the lines' dates, all one without; `before` the best of each day on claims that stand already.
    """
    days = days or ("",) * len(units)
    keepers = _keepers([price for price, _ in units], days, before or {}) if reduce else set()
    priced = []
    for index, (price, count) in enumerate(units):
        full = price.full * count
        if not reduce or price.rank is None:
            priced.append(LinePrice(full, full))
            continue
        spared = price.full - price.reduced if index in keepers else 0
        priced.append(LinePrice(full, price.reduced * count + spared))
    return priced


def _keepers(prices: Sequence[UnitPrice], days: Sequence[str], before: Mapping[str, Best]) -> set[int]:
    """Of each day the index of the highest practice expense RVU; tie: the highest full price, then the claim that stands, then
    the first line. None of a day on which a claim that stands has it."""
    found: dict[str, tuple[Decimal, int, int]] = {}
    for index, (price, day) in enumerate(zip(prices, days, strict=True)):
        if price.rank is None or (day in before and before[day] >= (price.rank, price.full)):
            continue
        mine = (price.rank, price.full, -index)
        found[day] = max(mine, found.get(day, mine))
    return {-index for _, _, index in found.values()}

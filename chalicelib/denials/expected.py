"""What a denied line would bring if the payer paid it: the best that is known, and how it is known.

In this order: what the payer itself called allowed; Medicare's fee schedule with the reductions the whole day takes; what this
practice was paid for the code by this payer before, per unit, at least three times; the part of its charges this payer paid of
lines it did pay; else the denied amount, as its upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from chalicelib.claims.expected import price
from chalicelib.claims.model import ClaimContent
from chalicelib.codes.settings import RateUnknown
from chalicelib.codes.tables import CodeTableError
from chalicelib.denials.model import Basis, DeniedLine
from chalicelib.denials.rules import Refusal
from chalicelib.money import round_ratio
from chalicelib.therapy.pricing import medicare_pays

ENOUGH = 3
"""Paid lines a rate needs before it is called history."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one payer paid for one code in this practice: cents and units (for all codes together: cents charged)."""

    paid_cents: int
    units: int
    lines: int


Rates = Mapping[tuple[str, str], Rate]
"""By payer id and code."""


def scheduled(content: ClaimContent, beside: Sequence[ClaimContent] = ()) -> dict[int, int]:
    """What Medicare's program pays by line number (deductible met), with the day's other claims;
    empty where it is not Medicare or a rate is unknown."""
    if content.coverage.line_of_business != "medicare":
        return {}
    try:
        allowed = price(content, beside)[1]
        paid = medicare_pays(allowed, content.date_of_service)
    except (RateUnknown, CodeTableError):
        return {}
    return {line.number: item.paid_cents for line, item in zip(content.lines, paid, strict=True)}


def denied_lines(
    refused: Iterable[Refusal], content: ClaimContent, payer_id: str, rates: Rates, beside: Sequence[ClaimContent] = ()
) -> tuple[DeniedLine, ...]:
    """The lines with what each would bring; never more than what was denied of it."""
    table = scheduled(content, beside)
    return tuple(_line(item, payer_id, table, rates) for item in refused)


def _line(item: Refusal, payer_id: str, table: Mapping[int, int], rates: Rates) -> DeniedLine:
    amount, basis = _best(item, payer_id, table, rates)
    return DeniedLine(
        number=item.line,
        cpt=item.cpt,
        modifiers=item.modifiers,
        units=item.units,
        charge_cents=item.charge_cents,
        amount_cents=item.amount_cents,
        expected_cents=min(amount, item.amount_cents),
        basis=cast(Basis, basis),
    )


def _best(item: Refusal, payer_id: str, table: Mapping[int, int], rates: Rates) -> tuple[int, str]:
    if item.allowed_cents:
        return item.allowed_cents, "allowed_by_payer"
    if table.get(item.line):
        return table[item.line], "fee_schedule"
    rate = rates.get((payer_id, item.cpt))
    units = int(float(item.units)) if item.units.replace(".", "", 1).isdigit() else 0
    if rate and rate.lines >= ENOUGH and rate.units and units:
        return round_ratio(rate.paid_cents, units, rate.units), "history"
    every = rates.get((payer_id, ""))
    if every and every.lines >= ENOUGH and every.units:
        return round_ratio(item.amount_cents, every.paid_cents, every.units), "payer_ratio"
    return item.amount_cents, "charge"

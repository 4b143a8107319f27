"""What a patient will owe, before the visit: a range with its working. Pure.

The share grows with the allowed amount and with what is left of the deductible, so the low end takes the least of both and the
high end the most; what is not known widens the range and is said. Copay and coinsurance both told: the plan's rule is not known,
so the low end is the smaller and the high end both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.coverage.model import Benefits
from chalicelib.money import Cents, dollars, round_ratio
from chalicelib.platform.model import Model


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """A service of one visit: charge, and the least and most the payer may allow for it, in cents for all units."""

    code: str
    units: int
    charge_cents: int
    least_cents: int
    most_cents: int
    source: str


class Share(Model):
    """One end of the range for one visit."""

    allowed_cents: Cents
    deductible_cents: Cents
    coinsurance_cents: Cents
    copay_cents: Cents

    @property
    def total_cents(self) -> int:
        return self.deductible_cents + self.coinsurance_cents + self.copay_cents


class Estimate(Model):
    """The patient's share of so many like visits. `first` are the two ends for the first visit, `total` for all of them."""

    visits: int
    charge_cents: Cents
    first_low_cents: Cents
    first_high_cents: Cents
    total_low_cents: Cents
    total_high_cents: Cents
    working: tuple[str, ...]
    unknown: tuple[str, ...]


def self_pay(lines: Sequence[ExpectedLine], visits: int) -> Estimate:
    """The practice's own charges."""
    each = sum(line.charge_cents for line in lines)
    working = tuple(f"{line.code} x {line.units}: {dollars(line.charge_cents)}" for line in lines)
    return Estimate(
        visits=visits, charge_cents=each * visits, first_low_cents=each, first_high_cents=each, total_low_cents=each * visits,
        total_high_cents=each * visits, working=(*working, f"{visits} visits of {dollars(each)}"), unknown=(),
    )  # fmt: skip


def patient_share(lines: Sequence[ExpectedLine], benefits: Benefits, visits: int) -> Estimate:
    """The range for `visits` visits, deductible and out-of-pocket maximum running down from visit to visit."""
    least, most = sum(line.least_cents for line in lines), sum(line.most_cents for line in lines)
    low, high = _run(least, benefits, visits, high=False), _run(most, benefits, visits, high=True)
    totals = [_capped(sum(share.total_cents for share in run), benefits) for run in (low, high)]
    return Estimate(
        visits=visits,
        charge_cents=visits * sum(line.charge_cents for line in lines),
        first_low_cents=_capped(low[0].total_cents, benefits),
        first_high_cents=_capped(high[0].total_cents, benefits),
        total_low_cents=totals[0],
        total_high_cents=totals[1],
        working=(*map(_line_words, lines), _share_words("at least", low[0]), _share_words("at most", high[0])),
        unknown=tuple(_unknown(lines, benefits)),
    )


def _run(allowed: int, benefits: Benefits, visits: int, *, high: bool) -> list[Share]:
    shares, left = [], _deductible(benefits, allowed * visits, high=high)
    for _ in range(visits):
        share = _share(allowed, left, benefits, high=high)
        left -= share.deductible_cents
        shares.append(share)
    return shares


def _deductible(benefits: Benefits, most: int, *, high: bool) -> int:
    """What is left of it; not known = nothing at the low end, everything at the high end."""
    known = benefits.deductible_remaining_cents
    if known is not None:
        return known
    if benefits.deductible_cents is not None:
        return benefits.deductible_cents if high else 0
    return most if high else 0


def _share(allowed: int, left: int, benefits: Benefits, *, high: bool) -> Share:
    copay, percent = benefits.copay_cents, benefits.coinsurance_percent
    if copay is None and percent is None:  # nothing told of the share: nothing, or all of it
        return Share(allowed_cents=allowed, deductible_cents=0, coinsurance_cents=allowed if high else 0, copay_cents=0)
    if percent is None:
        # Whether the deductible goes before a copay is the plan's; the low end takes the copay alone.
        deductible = min(allowed, left) if high else 0
        rest = allowed - deductible
        return Share(
            allowed_cents=allowed, deductible_cents=deductible, coinsurance_cents=0, copay_cents=min(copay or 0, rest)
        )
    deductible = min(allowed, left)
    rest = allowed - deductible
    coinsurance = _part(rest, percent)
    if copay is None:
        return Share(allowed_cents=allowed, deductible_cents=deductible, coinsurance_cents=coinsurance, copay_cents=0)
    if high:
        more = min(copay, rest - coinsurance)
        return Share(
            allowed_cents=allowed, deductible_cents=deductible, coinsurance_cents=coinsurance, copay_cents=more
        )
    if copay < deductible + coinsurance:
        return Share(allowed_cents=allowed, deductible_cents=0, coinsurance_cents=0, copay_cents=min(copay, allowed))
    return Share(allowed_cents=allowed, deductible_cents=deductible, coinsurance_cents=coinsurance, copay_cents=0)


def _part(amount_cents: int, percent: Decimal) -> int:
    numerator, denominator = percent.as_integer_ratio()
    return round_ratio(amount_cents, numerator, 100 * denominator)


def _capped(cents: int, benefits: Benefits) -> int:
    left = benefits.out_of_pocket_remaining_cents
    return cents if left is None else min(cents, left)


def _line_words(line: ExpectedLine) -> str:
    allowed = dollars(line.least_cents)
    if line.most_cents != line.least_cents:
        allowed += f" to {dollars(line.most_cents)}"
    return f"{line.code} x {line.units}: charge {dollars(line.charge_cents)}, allowed {allowed} ({line.source})"


def _share_words(lead: str, share: Share) -> str:
    parts = (
        ("deductible", share.deductible_cents),
        ("coinsurance", share.coinsurance_cents),
        ("copay", share.copay_cents),
    )
    said = " + ".join(f"{name} {dollars(cents)}" for name, cents in parts if cents) or "nothing"
    return f"{lead} {dollars(share.total_cents)} for the first visit: {said}, of {dollars(share.allowed_cents)} allowed"


def _unknown(lines: Iterable[ExpectedLine], benefits: Benefits) -> Iterable[str]:
    if any(line.least_cents != line.most_cents for line in lines):
        yield "what the payer allows is not known exactly"
    if benefits.copay_cents is None and benefits.coinsurance_percent is None:
        yield "neither copay nor coinsurance is known"
    if benefits.copay_cents is not None and benefits.coinsurance_percent is not None:
        yield "copay and coinsurance are both told, and which applies is the plan's rule"
    if benefits.deductible_remaining_cents is None:
        yield "what is left of the deductible is not known"
    if benefits.out_of_pocket_remaining_cents is None:
        yield "the out-of-pocket maximum is not known"

"""What Medicare's fee schedule allows for a claim, at the billing address's locality.

The multiple-procedure reduction ranks all units of one patient's day with one group and payer, on whichever claims they stand
(Medicare Claims Processing Manual ch.5 s.10.7): claims of two therapists are priced together. They stand in the order in
which they are sent, since of equal units the earlier line's is the one paid in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.claims.model import ClaimContent
from chalicelib.codes import mpfs
from chalicelib.codes.settings import RateUnknown
from chalicelib.therapy.pricing import AllowedLine, ChargedLine, Terms, allowed


@dataclass(frozen=True, slots=True)
class DayPrice:
    """Every line of a day priced; those from `first` to before `last` are the claim's own."""

    locality: str
    given: tuple[ChargedLine, ...]
    terms: Terms
    lines: tuple[AllowedLine, ...]
    first: int
    last: int

    @property
    def own(self) -> tuple[AllowedLine, ...]:
        return self.lines[self.first : self.last]


def day_of(content: ClaimContent) -> tuple[object, ...]:
    """Alike for claims whose lines a payer reduces together: one patient, date and plan. The group is the practice."""
    coverage = content.coverage
    return (content.patient_key, content.date_of_service, coverage.payer_id, coverage.line_of_business)


def in_order(content: ClaimContent, beside: Iterable[ClaimContent]) -> tuple[ClaimContent, ...]:
    """The day's claims as they are sent."""
    return tuple(sorted((content, *beside), key=lambda one: (one.visit_ids, one.claim_id)))


def charged(content: ClaimContent) -> tuple[ChargedLine, ...]:
    """The lines as they are priced; what a biller's rule added to their modifiers earns nothing."""
    return tuple(
        ChargedLine(
            line.cpt, line.units, tuple(m for m in line.modifiers if m not in line.rule_modifiers), line.charge_cents
        )
        for line in content.lines
    )


def day_lines(content: ClaimContent, beside: Sequence[ClaimContent]) -> tuple[tuple[ChargedLine, ...], int, int]:
    """Lines of the whole day, and from where to before where they are the claim's own."""
    own = charged(content)
    if not beside:
        return own, 0, len(own)
    day = in_order(content, beside)
    place = next(n for n, one in enumerate(day) if one is content)
    before = [line for one in day[:place] for line in charged(one)]
    after = [line for one in day[place + 1 :] for line in charged(one)]
    return (*before, *own, *after), len(before), len(before) + len(own)


def price_day(content: ClaimContent, beside: Sequence[ClaimContent] = ()) -> DayPrice:
    """`beside` are the day's other claims to the same plan. Raises RateUnknown where a table has no row."""
    on = content.date_of_service
    area, locality = mpfs.locality_of_zip(content.billing.address.zip, on)
    lines, first, last = day_lines(content, beside)
    terms = Terms(on, mpfs.gpci(area, locality, on))
    return DayPrice(f"{area}-{locality}", lines, terms, allowed(lines, terms), first, last)


def price(content: ClaimContent, beside: Sequence[ClaimContent] = ()) -> tuple[str, tuple[AllowedLine, ...]]:
    """(locality, allowed amounts in line order). Raises RateUnknown where a table has no row."""
    priced = price_day(content, beside)
    return priced.locality, priced.own


def allowed_cents(content: ClaimContent, beside: Sequence[ClaimContent] = ()) -> int | None:
    """The claim's allowed amount after MPPR, before the patient's share; None where a rate is not known."""
    try:
        return sum(line.allowed_cents for line in price(content, beside)[1])
    except RateUnknown:
        return None

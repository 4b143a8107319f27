"""What stored eligibility answers say for one date of service. Not asked is not known, and not known holds nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chalicelib.coverage.model import BenefitRecord, BenefitRow, Outcome

_BEGINS = frozenset({"346", "356"})  # plan or eligibility begins
_ENDS = frozenset({"347", "357"})
_RANGES = frozenset({"291", "307"})  # plan, eligibility
_ACTIVE, _INACTIVE = frozenset("12345"), frozenset("678")
Span = tuple[date | None, date | None]


def active_on(checks: Iterable[BenefitRecord], on: date) -> bool | None:
    """Whether the newest answer that speaks of `on` says the coverage is active; None when no answer does.

    An answer speaks of the day it was asked for, and of other days as far as its plan dates go: no guess beyond them.
    """
    for check in sorted(checks, key=lambda one: (one.on, one.checked_at), reverse=True):
        said = _said(check, on)
        if said is not None:
            return said
    return None


def _said(check: BenefitRecord, on: date) -> bool | None:
    if check.outcome is not Outcome.ANSWERED or check.benefits.active == "unknown":
        return None
    active = check.benefits.active == "yes"
    if check.on == on:
        return active
    spans = _spans(check, active)
    if spans and all(end is not None and end < on for _, end in spans):
        return False
    if active:
        return True if any(_inside(span, on, check.on) for span in spans) else None
    return True if any(span[1] is not None and _inside(span, on, check.on) for span in spans) else None


def _inside(span: Span, on: date, asked: date) -> bool:
    """Begun by then and not over; without an end only as far as the day the payer was asked."""
    begin, end = span
    return begin is not None and begin <= on <= (end or asked)


def _spans(check: BenefitRecord, active: bool) -> list[Span]:
    """First and last day of each row that says active (or inactive); None where the row does not say. A range on an inactive
    row may be of either kind, so it says nothing."""
    rows = [row for row in check.benefits.rows if row.code in (_ACTIVE if active else _INACTIVE)]
    return [_span(row, ranges=active) for row in rows]


def _span(row: BenefitRow, *, ranges: bool) -> Span:
    begins = [day.begin for day in row.dates if day.begin and day.qualifier in _BEGINS]
    ends = [day.begin for day in row.dates if day.begin and day.qualifier in _ENDS]
    whole = [day for day in row.dates if ranges and day.qualifier in _RANGES]
    begins += [day.begin for day in whole if day.begin]
    ends += [day.end for day in whole if day.end]
    return max(begins, default=None), min(ends, default=None)


def therapy_used_cents(checks: Iterable[BenefitRecord], year: int) -> int | None:
    """Occupational-therapy dollars the payer reported as used in a calendar year: a limit of its own less what is left of it.

    The newest answer of that year that tells both; None when none does.
    """
    for check in sorted(checks, key=lambda one: (one.on, one.checked_at), reverse=True):
        if check.on.year != year or check.outcome is not Outcome.ANSWERED:
            continue
        for limit in check.benefits.limits:
            told = limit.total is not None and limit.remaining is not None
            if limit.scope == "occupational_therapy" and limit.measure == "dollars" and told:
                return max(0, (limit.total or 0) - (limit.remaining or 0))
    return None

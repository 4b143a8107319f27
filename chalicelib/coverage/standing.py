"""What stored eligibility answers say for one date of service. Not asked is not known, and not known holds nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chalicelib.coverage.model import (
    BenefitDay,
    BenefitRecord,
    BenefitRow,
    Benefits,
    OtherPayer,
    Outcome,
    Stay,
    YesNo,
)
from chalicelib.platform.model import Model

_BEGINS = frozenset({"346", "356"})  # plan or eligibility begins
_ENDS = frozenset({"347", "357"})
_RANGES = frozenset({"291", "307"})  # plan, eligibility
_ACTIVE, _INACTIVE = frozenset("12345"), frozenset("678")
Span = tuple[date | None, date | None]


class CheckDigest(Model):
    """What of a check tells which days it speaks of. `spans` are of the rows that say what `active` says."""

    check_id: str
    on: date
    checked_at: str
    outcome: Outcome
    active: YesNo = "unknown"
    spans: tuple[Span, ...] = ()


def digest_of(check: BenefitRecord) -> CheckDigest:
    active = check.benefits.active
    spans = () if active == "unknown" else dict.fromkeys(_spans(check, active == "yes"))
    return CheckDigest(
        check_id=check.check_id,
        on=check.on,
        checked_at=check.checked_at,
        outcome=check.outcome,
        active=active,
        spans=tuple(spans),
    )


def newest_first(checks: Iterable[CheckDigest]) -> list[CheckDigest]:
    return sorted(checks, key=lambda one: (one.on, one.checked_at), reverse=True)


def covering(checks: Iterable[CheckDigest], on: date) -> CheckDigest | None:
    """The check that covers a day: the newest answer that speaks of it, else the newest one given before it."""
    newest = newest_first(check for check in checks if check.outcome is Outcome.ANSWERED)
    speaking = next((check for check in newest if _said(check, on) is not None), None)
    return speaking or next((check for check in newest if check.on <= on), None)


def active_on(checks: Iterable[BenefitRecord], on: date) -> bool | None:
    """Whether the newest answer that speaks of `on` says the coverage is active; None when no answer does.

    An answer speaks of the day it was asked for, and of other days as far as its plan dates go: no guess beyond them.
    """
    for check in newest_first(map(digest_of, checks)):
        said = _said(check, on)
        if said is not None:
            return said
    return None


def _said(check: CheckDigest, on: date) -> bool | None:
    if check.outcome is not Outcome.ANSWERED or check.active == "unknown":
        return None
    active, spans = check.active == "yes", check.spans
    if check.on == on:
        return active
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
    return [row_span(row, check.benefits.dates, ranges=active) for row in rows]


def row_span(row: BenefitRow, of_all: Iterable[BenefitDay], *, ranges: bool) -> Span:
    """First and last day a row tells; where it tells none, those of the coverage as a whole."""
    own, whole = _span(row.dates, ranges=ranges), _span(of_all, ranges=ranges)
    return own[0] or whole[0], own[1] or whole[1]


def _span(dates: Iterable[BenefitDay], *, ranges: bool) -> Span:
    told = list(dates)
    begins = [day.begin for day in told if day.begin and day.qualifier in _BEGINS]
    ends = [day.begin for day in told if day.begin and day.qualifier in _ENDS]
    whole = [day for day in told if ranges and day.qualifier in _RANGES]
    begins += [day.begin for day in whole if day.begin]
    ends += [day.end for day in whole if day.end and day.end != day.begin]  # one day alone repeats the question's
    return max(begins, default=None), min(ends, default=None)


def therapy_used_cents(checks: Iterable[BenefitRecord], year: int) -> int | None:
    """Occupational-therapy dollars the payer reported as used in a calendar year: a limit of its own less what is left of it.

    The newest answer of that year that tells both; None when none does.
    """
    for check in sorted(checks, key=lambda one: (one.on, one.checked_at), reverse=True):
        if check.on.year != year or check.outcome is not Outcome.ANSWERED:
            continue
        if check.benefits.therapy_used_cents is not None:
            return check.benefits.therapy_used_cents
        for limit in check.benefits.limits:
            told = limit.total is not None and limit.remaining is not None
            if limit.scope == "occupational_therapy" and limit.measure == "dollars" and told:
                return max(0, (limit.total or 0) - (limit.remaining or 0))
    return None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one coverage for one day. `check` is the answer that covers the day; `fresh` False when it is too old
    for that day, `told` False when it speaks of the day only because it is the last one before it."""

    on: date
    check: BenefitRecord | None = None
    active: bool | None = None
    fresh: bool = False
    told: bool = False
    stays: tuple[Stay, ...] = ()
    payers_first: tuple[OtherPayer, ...] = ()

    @property
    def benefits(self) -> Benefits:
        return self.check.benefits if self.check else Benefits()


def stand(checks: Iterable[BenefitRecord], on: date, stale_days: int) -> Standing:
    """The newest answer that speaks of the day, else the newest one given before it, else no check at all.

    An answer of an earlier calendar year, or more than `stale_days` older than the day, is stale (benefits start over on
    1 January, and coverage ends at a month's end: ot_rules s.5, re-check monthly and on 1 January).
    """
    known = {check.check_id: check for check in checks}
    found = covering(map(digest_of, known.values()), on)
    if found is None:
        return Standing(on)
    check, said = known[found.check_id], _said(found, on)
    fresh = check.on >= on or (check.on.year == on.year and (on - check.on).days <= stale_days)
    plain = {"yes": True, "no": False}.get(check.benefits.active)
    return Standing(
        on,
        check,
        active=plain if said is None else said,
        fresh=fresh,
        told=said is not None,
        stays=tuple(stay for stay in check.benefits.stays if _in_force(stay.begin, stay.end, on)),
        payers_first=tuple(
            one for one in check.benefits.other_payers if one.goes_first and _in_force(one.begin, one.end, on)
        ),
    )


def _in_force(begin: date | None, end: date | None, on: date) -> bool:
    """What tells no dates is taken to last: a person looks before a claim goes out."""
    return (begin is None or begin <= on) and (end is None or on <= end)

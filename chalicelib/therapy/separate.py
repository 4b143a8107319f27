"""Is separate time documented for a service marked as distinct (59, XE, XS, XP, XU)?

NCCI Policy Manual ch.11 s.P: two therapy services of an edit pair may both be billed when furnished in different 15-minute
blocks, and never two services in the same time. A mark in the file is no proof: the time the notes document must hold the
minutes of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chalicelib.codes import cpt, ncci
from chalicelib.therapy.model import Service

HOUR = 60


def clock_minutes(text: str) -> int | None:
    """Minutes since midnight of 'HH:MM', None for an empty text."""
    return int(text[:2]) * HOUR + int(text[3:5]) if text else None


def interval(start: str, end: str) -> tuple[int, int] | None:
    """A visit's minutes since midnight; None where a time is missing or the visit does not end after it began."""
    first, last = clock_minutes(start), clock_minutes(end)
    return (first, last) if first is not None and last is not None and last > first else None


def partners(service: Service, services: Sequence[Service], on: date, program: str) -> list[Service]:
    """The day's services that stand in an edit pair with this one which a modifier may open."""
    edits = ncci.pairs([other.code for other in services], on, program)
    codes = {
        code
        for edit in edits
        if edit.indicator == 1 and service.code in (edit.column1, edit.column2)
        for code in (edit.column1, edit.column2)
    } - {service.code}
    return [other for other in services if other.code in codes]


def unproven(service: Service, services: Sequence[Service], on: date, program: str) -> str:
    """Why separate time is not documented, in words; empty where it is.

    Measured against the services an edit pairs it with; where no edit does, against the rest of its visit.
    """
    against = partners(service, services, on, program) or [
        other for other in services if other.visit == service.visit and other.key != service.key
    ]
    involved = [service, *against]
    known = documented(involved, on)
    if known is None:
        return "the notes say neither how long the visit was nor when"
    needed = sum(max(1, other.therapist_minutes + other.assistant_minutes) for other in involved)
    if needed <= known:
        return ""
    codes = ", ".join(dict.fromkeys(other.code for other in involved))
    return f"{codes} take {needed} minutes, the notes document {known}"


def documented(services: Sequence[Service], on: date) -> int | None:
    """Minutes the notes document for the visits of these services: the least of total treatment time and clock time, where
    visits that overlap count once. An evaluation is no treatment time (ot_rules 1.4), so the clock goes before the total there.
    None where a visit tells neither."""
    visits = {service.visit: service for service in services}.values()
    clocks = [interval(visit.visit_start, visit.visit_end) for visit in visits]
    known = [clock for clock in clocks if clock is not None]
    whole = _union(known) if len(known) == len(clocks) else None
    if whole is not None and any(_evaluates(service, on) for service in services):
        return whole
    told = [
        visit.visit_minutes if visit.visit_minutes is not None else (clock[1] - clock[0] if clock else None)
        for visit, clock in zip(visits, clocks, strict=True)
    ]
    totals = [minutes for minutes in told if minutes is not None]
    if len(totals) < len(told):
        return None
    return sum(totals) if whole is None else min(sum(totals), whole)


def _evaluates(service: Service, on: date) -> bool:
    procedure = cpt.lookup(service.code, on)
    return procedure is not None and procedure.is_evaluation


def _union(intervals: Sequence[tuple[int, int]]) -> int:
    """Minutes covered by at least one interval."""
    total, reached = 0, 0
    for start, end in sorted(intervals):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total

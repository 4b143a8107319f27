"""How far an authorization goes: what is committed, what is booked, the day it runs out, and when to ask for more. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_low
from typing import Literal

from chalicelib.coverage.authorization import Authorization, Meter, left
from chalicelib.platform.model import Model

WARN_PERCENT = 80
WARN_DAYS = 14  # ours: payers want a renewal one to two weeks ahead
PACE_DAYS = 28


@dataclass(frozen=True, slots=True)
class Booked:
    """A booked visit that is not documented yet; `services` units by code, empty where the practice does not plan them."""

    on: date
    services: Mapping[str, int]


class Outlook(Model):
    """One allowance of an authorization, as of a day.

    `booked` is what the schedule will use while it is in force, None where the schedule does not tell units. `runs_out_on` is the
    first booked day it does not suffice for (basis schedule), or the day it is used up at the pace of the last four weeks (pace).
    """

    name: str
    measure: str
    approved: int | None
    committed: int
    beyond: int = 0
    left: int | None
    booked: int | None
    visits_booked: int
    percent: int | None
    runs_out_on: date | None = None
    basis: Literal["schedule", "pace", "none"] = "none"
    ends_on: date | None = None
    days_left: int | None = None
    warnings: tuple[str, ...] = ()


def outlook(authorization: Authorization, meter: Meter, booked: Sequence[Booked], today: date) -> tuple[Outlook, ...]:
    """For each allowance. A day that already has a committed use is documented, so its appointment does not count again."""
    documented = {use.on for use in meter.uses.values()}
    coming = sorted((b for b in booked if b.on not in documented and authorization.covers(b.on)), key=lambda b: b.on)
    return tuple(_outlook(authorization, meter, coming, place, today) for place in range(len(authorization.allowances)))


def _outlook(authorization: Authorization, meter: Meter, coming: Sequence[Booked], place: int, today: date) -> Outlook:
    one, rest = authorization.allowances[place], left(authorization, meter, place)
    approved, committed = authorization.approved(place), meter.committed(place)
    usual = _usual(authorization, meter, place)
    amounts = [(b.on, one.amount(b.services) if b.services else usual) for b in coming]
    known = [(on, amount) for on, amount in amounts if amount is not None]
    day, basis = _run_out(rest, known, len(known) == len(amounts))
    if day is None and rest is not None and rest > 0:
        day, basis = _at_pace(meter, place, rest, today, basis)
    ends = authorization.end
    percent = None if not approved else 100 * committed // approved
    found = Outlook(
        name=one.name,
        measure=one.measure,
        approved=approved,
        committed=committed,
        beyond=meter.beyond(place),
        left=rest,
        booked=sum(amount for _, amount in known) if len(known) == len(amounts) else None,
        visits_booked=len(coming),
        percent=percent,
        runs_out_on=today if rest is not None and rest <= 0 else day,
        basis=basis,
        ends_on=ends,
        days_left=None if ends is None else (ends - today).days,
    )
    return found.model_copy(update={"warnings": tuple(_warnings(found))})


def _usual(authorization: Authorization, meter: Meter, place: int) -> int | None:
    """What a visit uses where the schedule names no codes: one visit, or the median of the uses so far; else not known."""
    if authorization.allowances[place].measure == "visits":
        return 1
    past = [use.amounts[place] for use in meter.uses.values() if place < len(use.amounts) and use.amounts[place]]
    return median_low(past) if past else None


def _run_out(
    rest: int | None, known: Sequence[tuple[date, int]], complete: bool
) -> tuple[date | None, Literal["schedule", "pace", "none"]]:
    if rest is None or not known:
        return None, "none"
    for on, amount in known:
        rest -= amount
        if rest < 0:
            return on, "schedule"
    return None, "schedule" if complete else "none"


def _at_pace(
    meter: Meter, place: int, rest: int, today: date, basis: Literal["schedule", "pace", "none"]
) -> tuple[date | None, Literal["schedule", "pace", "none"]]:
    """By the last four weeks' use; the schedule, where it is complete, has the last word."""
    since = today - timedelta(days=PACE_DAYS)
    used = sum(
        use.amounts[place] for use in meter.uses.values() if place < len(use.amounts) and since < use.on <= today
    )
    if basis == "schedule" or not used:
        return None, basis
    return today + timedelta(days=-(-rest * PACE_DAYS // used)), "pace"


def _warnings(found: Outlook) -> list[str]:
    told = []
    if found.left is not None and found.left <= 0:
        told.append("used up")
    elif found.percent is not None and found.percent >= WARN_PERCENT:
        told.append(f"{found.committed} of {found.approved} {found.measure} used ({found.percent} %)")
    if found.days_left is not None and found.days_left < 0:
        told.append(f"ended on {found.ends_on}")
    elif found.days_left is not None and found.days_left <= WARN_DAYS:
        told.append(f"ends in {found.days_left} days, on {found.ends_on}")
    if found.basis == "schedule" and found.runs_out_on and found.left:
        told.append(f"the schedule needs more from {found.runs_out_on} on")
    return told

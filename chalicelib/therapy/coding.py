"""One patient's day to billed lines: units by the plan's rule, assistant units apart, modifiers derived, every step explained.

`services` are all OT services of one patient and date under one plan, over all visits of the day, since minutes pool per
patient, date and discipline (Medicare Claims Processing Manual ch.5 s.20.2 C). Findings name the service by its place in
`services` (`line`, from 1) and by its key (`numbers["service"]`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib.codes import cpt
from chalicelib.codes.cpt import Procedure
from chalicelib.therapy import separate
from chalicelib.therapy import units as counting
from chalicelib.therapy.assistants import Split, split, split_whole
from chalicelib.therapy.findings import finding
from chalicelib.therapy.model import BilledLine, CodedDay, Finding, Service, UnitRule
from chalicelib.therapy.modifiers import DISTINCT, KX_LEFT_OFF, Plan, discipline, judge, modifiers

LONGEST = 480  # minutes of one service that are plausible
QUARTERS = frozenset({"timed", "first_15", "each_15"})
FIRSTS = frozenset({"first_30", "first_60", "first_120"})


@dataclass(slots=True)
class Member:
    """One service with the code as it stood that day; `units` and `assistant_units` are filled in on the way."""

    number: int
    service: Service
    procedure: Procedure | None
    unproven: str = ""  # why a mark as distinct does not count
    billed: list[tuple[str, int, int]] = field(default_factory=list)  # code, therapist units, assistant units

    @property
    def minutes(self) -> int:
        return self.service.therapist_minutes + self.service.assistant_minutes

    @property
    def units(self) -> int:
        return sum(plain + assisted for _, plain, assisted in self.billed)

    @property
    def readable(self) -> bool:
        return self.service.therapist_minutes >= 0 and self.service.assistant_minutes >= 0


@dataclass(slots=True)
class Bucket:
    """Services whose minutes are one count: one code, or a first code and its add-on (97129 and 97130)."""

    code: str
    timing: str
    members: list[Member] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(member.minutes for member in self.members)

    @property
    def documented(self) -> int:
        return sum(member.service.documented_units or 0 for member in self.members)


@dataclass(frozen=True, slots=True)
class Pool:
    """What the minutes of one discipline earned: units by code under the plan's rule and under the other one."""

    units: dict[str, int]
    other_units: dict[str, int]
    timed_minutes: int
    ties: tuple[str, ...]
    steps: tuple[str, ...]


def code_day(services: Sequence[Service], plan: Plan, on: date) -> CodedDay:
    """Billed lines in service order with units and modifiers, and how they came about. Raises nothing for odd input:
    what cannot be counted is a finding."""
    members = [_member(n, service, services, plan, on) for n, service in enumerate(services, 1)]
    rule = UnitRule(plan.unit_rule)
    pools = [_pool(pool, name, rule, plan) for name, pool in _disciplines(members).items()]
    lines = tuple(_lines(member, plan) for member in members)
    billed = tuple(line for group in lines for line in group)
    earned = {m.number: m.units for m in members}
    return CodedDay(
        rule=rule,
        lines=billed,
        total_units=sum(line.units for line in billed),
        timed_minutes=sum(pool.timed_minutes for pool in pools),
        ties=tuple(tie for pool in pools for tie in pool.ties),
        explanation=(*(step for pool in pools for step in pool.steps), *_kx_steps(members)),
        findings=_findings(members, lines, plan, on, sum(earned.values())),
        other_rule_units=_other_rule(pools),
    )


def _member(number: int, service: Service, services: Sequence[Service], plan: Plan, on: date) -> Member:
    """A service marked as distinct counts as such only with documented separate time."""
    procedure = cpt.lookup(service.code, on)
    if not service.distinct_service or not set(DISTINCT) & set(service.file_modifiers):
        return Member(number, service, procedure)
    why = separate.unproven(service, services, on, plan.ncci)
    return Member(number, replace(service, distinct_service=not why), procedure, why)


def _disciplines(members: Sequence[Member]) -> dict[str, list[Member]]:
    """Services by discipline in order of first mention: minutes of one discipline never earn units for another (ot_rules 1.1)."""
    found: dict[str, list[Member]] = {}
    for member in members:
        found.setdefault(discipline(member.service, member.procedure), []).append(member)
    return found


def _pool(members: Sequence[Member], name: str, rule: UnitRule, plan: Plan) -> Pool:
    """Units of one discipline's services, written into its members, and how they came about."""
    buckets = _buckets(members)
    allocation = _allocate(buckets, rule)
    steps = list(allocation.steps)
    for bucket in buckets:
        steps += _bill(bucket, allocation.units.get(bucket.code, 0), plan)
    apart = "" if name == "GO" else f"{name}: "
    return Pool(
        units=allocation.units,
        other_units=_allocate(buckets, _other(rule)).units,
        timed_minutes=sum(bucket.minutes for bucket in buckets if bucket.timing in QUARTERS),
        ties=tuple(apart + tie for tie in allocation.ties),
        steps=tuple(apart + step for step in steps),
    )


def _buckets(members: Sequence[Member]) -> list[Bucket]:
    """Services grouped by what their minutes count together for, in order of first mention."""
    documented = {member.service.code for member in members}
    found: dict[str, Bucket] = {}
    for member in members:
        procedure = member.procedure
        if procedure is None or not procedure.timed or not member.readable:
            _bill_untimed(member)
            continue
        first = procedure.add_on_to if procedure.add_on_to in documented else member.service.code
        timing = procedure.timing
        if first not in found:
            found[first] = Bucket(first, timing)
        if member.service.code == first:
            found[first].timing = timing
        found[first].members.append(member)
    return list(found.values())


def _bill_untimed(member: Member) -> None:
    """One unit whatever the minutes; counted codes and devices as documented; nothing for minutes below zero."""
    procedure = member.procedure
    counted = procedure is not None and procedure.timing in {"count", "device"}
    known = procedure is not None and member.readable
    documented = member.service.documented_units
    if procedure is None:  # the scrub holds a code we do not know; the file's units keep the line visible
        number = documented or 1
    else:
        number = (documented or 1) if counted else 1
    if known or procedure is None:
        member.billed.append((member.service.code, number, 0))


def _allocate(buckets: Sequence[Bucket], rule: UnitRule) -> counting.Allocation:
    """Units by bucket code."""
    quarters = {bucket.code: bucket.minutes for bucket in buckets if bucket.timing in QUARTERS}
    choice = {bucket.code: bucket.documented for bucket in buckets}
    pooled = counting.total_time(quarters, choice) if rule is UnitRule.CMS else counting.midpoint(quarters)
    units, steps = dict(pooled.units), list(pooled.steps) if quarters else []
    for bucket in buckets:
        if bucket.code not in units:
            units[bucket.code] = _alone(bucket.timing, bucket.minutes)
            steps.append(f"{bucket.code}: {bucket.minutes} minutes are {units[bucket.code]} units of its own length")
    return counting.Allocation(units, pooled.ties, tuple(steps))


def _alone(timing: str, minutes: int) -> int:
    """Codes of other lengths never pool."""
    if timing in FIRSTS:
        return counting.first_then(timing, minutes)
    if timing in {"timed_30", "each_30"}:
        return counting.half_hours(minutes)
    if timing in {"timed_60", "each_60"}:
        return counting.hours(minutes)
    return counting.quarter_hours(minutes)


def _other(rule: UnitRule) -> UnitRule:
    return UnitRule.MIDPOINT if rule is UnitRule.CMS else UnitRule.CMS


def _other_rule(pools: Sequence[Pool]) -> tuple[tuple[str, int], ...]:
    """Units by code under the other rule, over all disciplines; nothing where both rules agree."""
    if all(pool.units == pool.other_units for pool in pools):
        return ()
    found: Counter[str] = Counter()
    for pool in pools:
        found.update(pool.other_units)
    return tuple(found.items())


def _bill(bucket: Bucket, units: int, plan: Plan) -> list[str]:
    """Spreads a bucket's units over its codes and services, and tells the assistant's from the therapist's."""
    therapist = sum(member.service.therapist_minutes for member in bucket.members)
    assistant = sum(member.service.assistant_minutes for member in bucket.members)
    if not plan.co_required:
        parted = Split(units, 0)
    elif bucket.timing in QUARTERS:
        parted = split(units, therapist, assistant)
    else:
        parted = split_whole(units, therapist, assistant)
    shares = _shares(bucket, units)
    assisted = _assisted(shares, parted.assistant)
    for (member, code, count), with_co in zip(shares, assisted, strict=True):
        if count:
            member.billed.append((code, count - with_co, with_co))
    return [f"{bucket.code}: {step}" for step in parted.steps]


def _shares(bucket: Bucket, units: int) -> list[tuple[Member, str, int]]:
    """(service, billed code, units). A first code takes one unit, its add-on the rest, whichever line the minutes are on."""
    first = [member for member in bucket.members if member.service.code == bucket.code]
    others = [member for member in bucket.members if member.service.code != bucket.code]
    if bucket.timing not in FIRSTS | {"first_15"}:
        return _spread(first, bucket.code, units)
    head = _spread(first, bucket.code, min(units, 1))
    if units <= 1:
        return head + _spread(others, others[0].service.code if others else bucket.code, 0)
    add_on = others[0].service.code if others else ADD_ON[bucket.code]
    return head + _spread(others or first[:1], add_on, units - 1)


ADD_ON = {"97129": "97130", "90912": "90913", "97550": "97551", "97545": "97546", "96112": "96113", "G0541": "G0542"}


def _spread(members: Sequence[Member], code: str, units: int) -> list[tuple[Member, str, int]]:
    """Unit by unit to the line with the most minutes not yet counted; the earlier line when level."""
    given = [0] * len(members)
    for _ in range(units):
        best = max(range(len(members)), key=lambda n: (members[n].minutes - 15 * given[n], -n))
        given[best] += 1
    return [(member, code, count) for member, count in zip(members, given, strict=True)]


def _assisted(shares: Sequence[tuple[Member, str, int]], units: int) -> list[int]:
    """CO units to the lines with the most assistant minutes not yet counted."""
    given = [0] * len(shares)
    for _ in range(units):
        open_lines = [n for n, (_, _, count) in enumerate(shares) if given[n] < count]
        best = max(open_lines, key=lambda n: (shares[n][0].service.assistant_minutes - 15 * given[n], n))
        given[best] += 1
    return given


def _lines(member: Member, plan: Plan) -> tuple[BilledLine, ...]:
    """The therapist's units first, then the assistant's."""
    if member.procedure is not None and not member.procedure.timed and plan.co_required:
        _part_untimed(member)
    billed = (
        BilledLine(member.service.key, code, count, assisted)
        for code, plain, with_co in member.billed
        for count, assisted in ((plain, False), (with_co, True))
        if count
    )
    return tuple(
        replace(
            line,
            modifiers=modifiers(member.service, member.procedure, plan, line.assistant, line.part_of_service),
        )
        for line in billed
    )


def _kx_steps(members: Sequence[Member]) -> list[str]:
    """Which lines KX was left off though the record attests it."""
    return [f"{part}: {KX_LEFT_OFF}" for member in members for part in member.service.kx_left_off]


def _part_untimed(member: Member) -> None:
    """CO of an untimed service; never on an evaluation, which an assistant may not furnish."""
    if member.procedure is not None and member.procedure.is_evaluation:
        return
    service = member.service
    parted = split_whole(member.units, service.therapist_minutes, service.assistant_minutes)
    member.billed = [(service.code, parted.therapist, parted.assistant)] if member.billed else []


def _findings(
    members: Sequence[Member],
    lines: Sequence[tuple[BilledLine, ...]],
    plan: Plan,
    on: date,
    total: int,
) -> tuple[Finding, ...]:
    services = [member.service for member in members]
    found: list[Finding] = []
    for member, group in zip(members, lines, strict=True):
        found += judge(member.service, member.procedure, plan, [line.modifiers for line in group], member.number)
        found += _distinct(member, services, plan, on)
        found += _minutes(member, plan, total)
    return tuple(found)


def _distinct(member: Member, services: Sequence[Service], plan: Plan, on: date) -> tuple[Finding, ...]:
    """59 or X{EPSU} in the file without documented separate time: held where an edit hangs on it, else told and left off."""
    marks = [m for m in DISTINCT if m in member.service.file_modifiers]
    if not marks or member.service.distinct_service:
        return ()
    why = f" ({member.unproven})" if member.unproven else ""
    words = f"{member.service.code} carries {' '.join(marks)} in the file, but separate time is not documented{why}"
    edited = separate.partners(member.service, services, on, plan.ncci)
    return _say("DISTINCT_SERVICE_UNPROVEN", member, plan, f"{words}; left off", at_most_warning=not edited)


def _minutes(member: Member, plan: Plan, total: int) -> tuple[Finding, ...]:
    service, procedure = member.service, member.procedure
    if not member.readable or max(service.therapist_minutes, service.assistant_minutes) > LONGEST:
        words = f"{service.code} has {service.therapist_minutes}+{service.assistant_minutes} minutes"
        return _say("MINUTES_INVALID", member, plan, words, at_most_warning=member.readable)
    if procedure is None:
        return ()
    if procedure.timed and not member.minutes:
        return _say("NO_TIMED_MINUTES", member, plan, f"{service.code} is timed and has no minutes")
    if not member.units:
        words = f"{service.code}: {member.minutes} minutes earn no unit"
        return _say("UNITS_ZERO", member, plan, words, at_most_warning=total > 0)
    if service.documented_units is not None and service.documented_units != member.units:
        words = f"{service.code}: the file says {service.documented_units} units, the minutes earn {member.units}"
        return _say("UNITS_MISMATCH", member, plan, words)
    return ()


def _say(code: str, member: Member, plan: Plan, words: str, *, at_most_warning: bool = False) -> tuple[Finding, ...]:
    numbers: dict[str, int | str] = {
        "service": member.service.key,
        "code": member.service.code,
        "minutes": member.minutes,
        "units": member.units,
    }
    return finding(
        code,
        plan.line_of_business,
        words,
        line=member.number,
        numbers=numbers,
        at_most_warning=at_most_warning,
    )

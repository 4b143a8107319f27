"""The front desk's view: the visits of some days, each with its card, its action and the check that covers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from chalicelib import clock
from chalicelib.codes.payers import PayerPlan
from chalicelib.coverage.authorization import Authorization, Meter, only_fitting
from chalicelib.coverage.cards import Authority, Card, Situation, authority_needed, make_card
from chalicelib.coverage.coordination import doubts_of
from chalicelib.coverage.forecast import WARN_DAYS, WARN_PERCENT
from chalicelib.coverage.looking_up import Known, look_up
from chalicelib.coverage.standing import Standing, stand
from chalicelib.intake.model import Coverage, LineOfBusiness
from chalicelib.intake.records import patient_key, visits_with_date
from chalicelib.intake.schedule import EXPECTED, Appointment, on_day
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require

EVALUATIONS = frozenset(("97165", "97166", "97167"))


class DeskRow(Model):
    """One visit. `check_id` and `checked_on` name the check that covers it, '' and None when none does."""

    on: date
    start_time: str = ""
    patient_key: str
    practice_patient_id: str
    patient_name: str
    payer_id: str
    payer_name: str
    member_id: str = ""
    services: tuple[tuple[str, int], ...] = ()
    documented: bool = False
    card: Card
    check_id: str = ""
    checked_on: date | None = None
    source: str = ""
    raw: bool = False


def desk(first: date | None = None, days: int = 1) -> list[DeskRow]:
    """Rows of `days` days from `first` (today) on, in order of time: booked visits, and of past days the furnished ones."""
    require("coverage.list")
    today = clock.today(current().tenant.timezone)
    start = first or today
    visits = [item for n in range(days) for item in _of_day(start + timedelta(days=n), today)]
    practice, known = current_practice(), look_up(visits)
    return [_row(practice, known[item.patient_key], item, today) for item in visits if item.patient_key in known]


def _of_day(day: date, today: date) -> Iterator[Appointment]:
    """The day's schedule, and visits that came without being on it; of days to come there are none."""
    booked = [item for item in on_day(day) if item.status in EXPECTED or item.status == "done"]
    there = {item.patient_key for item in booked}
    furnished: dict[str, Appointment] = {}
    for stored in visits_with_date(day.isoformat()) if day <= today else ():
        visit = stored.visit
        if visit is not None and patient_key(visit.patient_id) not in there:
            services = tuple((line.cpt, line.units or 1) for line in visit.lines)
            made = Appointment(
                key=stored.key, appointment_id="", on=day, start_time=visit.start_time, patient_key=patient_key(visit.patient_id),
                rendering_npi=visit.rendering_npi, services=services, status="done",
            )  # fmt: skip
            furnished.setdefault(made.patient_key, made)
    yield from sorted((*booked, *furnished.values()), key=lambda item: (item.start_time or "99", item.key))


def _row(practice: Practice, known: Known, item: Appointment, today: date) -> DeskRow:
    patient = known.patient
    coverage = patient.coverages[0] if patient.coverages else None
    base = {
        "on": item.on,
        "start_time": item.start_time,
        "patient_key": patient.key,
        "practice_patient_id": patient.practice_patient_id,
        "patient_name": f"{patient.person.last_name}, {patient.person.first_name}",
        "services": item.services,
        "documented": item.status == "done",
    }
    if coverage is None or coverage.line_of_business is LineOfBusiness.SELF_PAY:
        card = make_card(Situation(Standing(item.on), self_pay=True))
        return DeskRow(**base, payer_id="", payer_name="self-pay", card=card)
    found = situation(practice, known, coverage, item, today)
    check = found.standing.check
    return DeskRow(
        **base,
        payer_id=coverage.payer_id,
        payer_name=found.plan.name if found.plan else coverage.payer_id,
        member_id=coverage.member_id,
        card=make_card(found),
        check_id=check.check_id if check else "",
        checked_on=check.on if check else None,
        source=check.source if check else "",
        raw=bool(check and check.answer),
    )


def situation(practice: Practice, known: Known, coverage: Coverage, item: Appointment, today: date) -> Situation:
    """What the records say of one visit's coverage."""
    days = practice.eligibility(coverage.payer_id).stale_after_days
    plan = practice.plan(coverage.payer_id, coverage.line_of_business, item.on)
    standing = stand(known.checks, item.on, days)
    return Situation(
        standing=standing,
        last=max(known.checks, key=lambda one: (one.on, one.checked_at), default=None),
        plan=plan,
        authority=_authority(plan, standing, known, coverage, item, today),
        doubts=doubts_of(known.patient, standing, known.asked),
        stale_days=days,
    )


def _authority(
    plan: PayerPlan | None, standing: Standing, known: Known, coverage: Coverage, item: Appointment, today: date
) -> Authority:
    """Needed? there? enough left for this visit, after those booked before it?"""
    needed = authority_needed(plan, standing.benefits.authorization_required)
    if item.services and {code for code, _ in item.services} <= EVALUATIONS:
        return Authority("not_needed")
    codes = [code for code, _ in item.services]
    one = only_fitting(known.authorizations, coverage.payer_id, coverage.line_of_business.value, item.on, codes)
    if one is None:
        if needed == "yes":
            return Authority("missing", _why_none(known, coverage, item.on))
        return Authority("not_needed" if needed == "no" else "unknown")
    return _left(one, known.meters[one.auth_id], known, dict(item.services), item, today)


def _why_none(known: Known, coverage: Coverage, on: date) -> str:
    mine = [one for one in known.authorizations if one.payer_id == coverage.payer_id]
    asked = next((one for one in mine if one.state in ("requested", "pended")), None)
    if asked is not None:
        return f"the authorization asked for on {asked.requested_on or 'an earlier day'} is not decided"
    if any(one.in_force and one.end is not None and one.end < on for one in mine):
        return f"the authorization ended on {max(one.end for one in mine if one.end is not None)}"
    return "the payer wants an authorization, and none covers this visit"


def _left(
    one: Authorization, meter: Meter, known: Known, services: Mapping[str, int], item: Appointment, today: date
) -> Authority:
    told: list[tuple[str, str]] = []
    if item.status != "done":
        for place, amount in enumerate(one.amounts(services) if services else [1] * len(one.allowances)):
            told += _count(one, meter, known, place, amount)
    if one.end is not None and 0 <= (one.end - today).days <= WARN_DAYS:
        told.append(("low", f"the authorization ends on {one.end}"))
    worst = next((found for found in told if found[0] == "used_up"), told[0] if told else None)
    return Authority("good") if worst is None else Authority(worst[0], worst[1])  # type: ignore[arg-type]


def _count(one: Authorization, meter: Meter, known: Known, place: int, amount: int) -> list[tuple[str, str]]:
    approved = one.approved(place)
    if approved is None or not amount:
        return []
    before = known.planned.get((one.auth_id, place), 0)
    known.planned[one.auth_id, place] = before + amount
    used = meter.committed(place) + before + amount
    allowance = one.allowances[place]
    words = f"{used} of {approved} authorized {allowance.measure} of {allowance.name} with this visit"
    if used > approved:
        return [("used_up", words)]
    return [("low", words)] if 100 * used >= WARN_PERCENT * approved else []

"""Does each visit of the claim agree with itself: its minutes with its time, its assistant's minutes with an assistant.

A claim of several visits is judged visit by visit: minutes of one do not fill the time of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from chalicelib.claims.edits.base import Found, Numbers, say
from chalicelib.claims.facts import Documented, SameDayVisit, ScrubFacts
from chalicelib.claims.model import ClaimContent
from chalicelib.codes import cpt
from chalicelib.codes.cpt import Procedure
from chalicelib.therapy.coding import QUARTERS
from chalicelib.therapy.separate import interval

GROUP = "97150"
"""Untimed, yet with the therapist all the while (NCCI Policy Manual ch.11 s.P), so its minutes are treatment time."""


def minutes_in_total(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Minutes against the note's total treatment time and against the clock (Benefit Policy Manual ch.15 s.220.3 E).

    Supervised modalities may run beside another service; an evaluation is no treatment time (ot_rules 1.4), but takes its time
    on the clock; reports and training without the patient are done after it.
    """
    on = content.date_of_service
    found: Found = ()
    for visit in _visits(content, facts):
        treated = _minutes(visit.services, on, _treats)
        if visit.total_minutes is not None and treated > visit.total_minutes:
            words = f"{treated} minutes of services in {visit.total_minutes} minutes of treatment"
            found += _too_many(content, visit, words, treated, visit.total_minutes)
        present = _minutes(visit.services, on, _with_the_patient)
        clock = interval(visit.start_time, visit.end_time)
        if clock is not None and present > clock[1] - clock[0]:
            words = f"{present} minutes of services between {visit.start_time} and {visit.end_time}"
            found += _too_many(content, visit, words, present, clock[1] - clock[0])
    return found


def _too_many(content: ClaimContent, visit: SameDayVisit, words: str, minutes: int, total: int) -> Found:
    where = f" (visit {visit.visit_id})" if len(content.visit_ids) > 1 else ""
    numbers: Numbers = {"visit": visit.visit_id, "minutes": minutes, "total_minutes": total}
    return say(content, "MINUTES_EXCEED_TOTAL", words + where, numbers=numbers)


def _treats(procedure: Procedure) -> bool:
    return procedure.timed or procedure.code == GROUP


def _with_the_patient(procedure: Procedure) -> bool:
    return procedure.timing in QUARTERS or procedure.code == GROUP or procedure.is_evaluation


def _minutes(services: Iterable[Documented], on: date, counts: Callable[[Procedure], bool]) -> int:
    known = ((service, cpt.lookup(service.code, on)) for service in services)
    return sum(service.minutes for service, procedure in known if procedure is not None and counts(procedure))


def assistant(content: ClaimContent, facts: ScrubFacts) -> Found:
    """An assistant of a visit is in the practice file (Benefit Policy Manual ch.15 s.230.2: qualified assistants), and minutes of
    an assistant have one."""
    found: Found = ()
    for visit in _visits(content, facts):
        minutes = sum(service.assistant_minutes for service in visit.services)
        where = f" (visit {visit.visit_id})" if len(content.visit_ids) > 1 else ""
        numbers: Numbers = {"visit": visit.visit_id, "minutes": minutes}
        known = facts.listed_assistants
        if visit.assistant_id and known is not None and visit.assistant_id not in known:
            words = f"the assistant of the visit is not in the practice file{where}"
            found += say(content, "ASSISTANT_NOT_LISTED", words, numbers=numbers)
        elif minutes > 0 and not visit.assistant_id:
            words = f"{minutes} minutes of an assistant, and no assistant is named{where}"
            found += say(content, "ASSISTANT_NOT_LISTED", words, numbers=numbers)
    return found


def _visits(content: ClaimContent, facts: ScrubFacts) -> list[SameDayVisit]:
    """The claim's own visits; where they are not among the facts, the one visit its lines tell of."""
    own = [visit for visit in facts.same_day_visits if visit.visit_id in content.visit_ids and visit.services]
    if own or len(content.visit_ids) != 1:
        return own
    services: dict[int, Documented] = {}
    for line in content.lines:  # lines split between therapist and assistant tell the same minutes twice
        told = Documented(line.cpt, line.minutes - line.assistant_minutes, line.assistant_minutes)
        before = services.get(line.visit_line)
        services[line.visit_line] = told if before is None or told.minutes > before.minutes else before
    return [
        SameDayVisit(
            content.visit_ids[0],
            frozenset(line.cpt for line in content.lines),
            services=tuple(services.values()),
            total_minutes=content.total_treatment_minutes,
            assistant_id=content.assistant_id,
        )
    ]


EDITS = (minutes_in_total, assistant)

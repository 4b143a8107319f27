"""What the notes of a case say together: the plan in force for a service, reports, treatment days."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.documentation.model import Chart, Note, chart
from chalicelib.intake.model import LineOfBusiness, PlanOfCare

START, CERTIFIED = date(2026, 8, 3), date(2026, 8, 20)


def note(visit: str, on: date, case: str = "", **plan: date) -> Note:
    return Note(
        visit_key=visit,
        patient_key="pat_1",
        case_id=case,
        on=on,
        line_of_business=LineOfBusiness.MEDICARE,
        plan=PlanOfCare(**plan),
    )


def test_a_certification_told_later_belongs_to_the_plan_with_its_start():
    notes = (
        note("v1", date(2026, 8, 3), start=START, end=date(2026, 10, 30)),
        note("v2", date(2026, 8, 24), start=START, certified_on=CERTIFIED),
    )
    found = Chart(notes=notes).plan_for(PlanOfCare(start=START), date(2026, 8, 3))
    assert (found.certified_on, found.end) == (CERTIFIED, date(2026, 10, 30))


def test_a_new_plan_is_not_certified_by_the_old_ones_signature():
    second = date(2026, 9, 14)
    notes = (note("v1", START, start=START, certified_on=CERTIFIED), note("v2", second, start=second))
    found = Chart(notes=notes)
    assert found.plan_for(PlanOfCare(start=second), second).certified_on is None
    assert [plan.start for plan in found.plans] == [START, second]
    assert found.plan_for(PlanOfCare(), date(2026, 9, 1)).certified_on == CERTIFIED
    assert found.plan_for(PlanOfCare(), date(2026, 9, 20)).start == second


def test_a_plan_that_begins_later_covers_nothing_before():
    notes = (note("v1", date(2026, 8, 10), start=date(2026, 8, 10)),)
    assert Chart(notes=notes).plan_for(PlanOfCare(), date(2026, 8, 9)).start is None


def test_what_the_visit_says_itself_wins():
    notes = (note("v1", START, start=START, end=date(2026, 10, 30)),)
    told = PlanOfCare(start=START, end=date(2026, 9, 1))
    assert Chart(notes=notes).plan_for(told, date(2026, 8, 5)).end == date(2026, 9, 1)


def test_two_visits_of_a_day_are_one_treatment_day_and_cases_stand_apart():
    notes = [note("v1", START), note("v2", START), note("v3", START, case="HAND")]
    assert chart(notes, "").treatment_dates == (START,)
    assert len(chart(notes, "HAND").notes) == 1


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
PLANS = st.builds(PlanOfCare, **dict.fromkeys(PlanOfCare.model_fields, st.none() | DAYS))


@given(told=PLANS, others=st.lists(st.tuples(DAYS, PLANS), max_size=5), on=DAYS)
def test_completing_never_changes_what_was_told(told: PlanOfCare, others: list[tuple[date, PlanOfCare]], on: date):
    notes = [
        Note(visit_key=f"v{n}", patient_key="p", on=day, line_of_business=LineOfBusiness.MEDICARE, plan=plan)
        for n, (day, plan) in enumerate(others)
    ]
    found = chart(notes, "").plan_for(told, on)
    for name in PlanOfCare.model_fields:
        assert getattr(told, name) in (None, getattr(found, name))
    assert found.start is None or found.start == told.start or found.start <= on

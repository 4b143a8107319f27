"""Who pays first, as the rules have it; and what a patient owes, as a range that holds the truth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.coverage.coordination import MspAnswers, ParentPlan, birthday_rule, medicare_secondary, order_of
from chalicelib.coverage.estimate import ExpectedLine, patient_share, self_pay
from chalicelib.coverage.good_faith import GoodFaith, GoodFaithLine, business_days, due_on, render
from chalicelib.coverage.model import Benefits
from chalicelib.intake.model import Address, Coverage, Person
from chalicelib.intake.records import Patient
from chalicelib.onboarding.practice_file import load

ROOT = Path(__file__).parents[2]
ON = date(2026, 9, 30)


def parent(name: str, born: str = "", since: str = "", court: bool = False) -> ParentPlan:
    day = date.fromisoformat
    return ParentPlan(
        name=name, born=day(born) if born else None, covered_since=day(since) if since else None, by_court=court
    )


@pytest.mark.parametrize(
    ("one", "other", "first", "sure"),
    [
        (parent("A", "1980-03-01"), parent("B", "1975-11-30"), "A", True),
        (parent("A", "1975-11-30"), parent("B", "1980-03-01"), "B", True),
        (parent("A", "1990-05-05", "2020-01-01"), parent("B", "1980-05-05", "2015-01-01"), "B", True),
        (parent("A", "1990-05-05"), parent("B", "1980-05-05"), "A", False),
        (parent("A"), parent("B", "1980-05-05"), "A", False),
        (parent("A", "1980-03-01"), parent("B", "1981-12-01", court=True), "B", True),
    ],
)
def test_the_birthday_rule(one: ParentPlan, other: ParentPlan, first: str, sure: bool) -> None:
    found = birthday_rule(one, other)
    assert (found.payers[0], found.sure) == (first, sure)


NO_ACCIDENT = {"work_injury": "no", "auto_accident": "no", "liability": "no"}


@pytest.mark.parametrize(
    ("told", "first", "code", "missing"),
    [
        ({**NO_ACCIDENT, "group_plan": "no"}, "yes", "", ()),
        ({**NO_ACCIDENT, "group_plan": "yes", "entitled_by": "age", "employees": 20}, "no", "12", ()),
        ({**NO_ACCIDENT, "group_plan": "yes", "entitled_by": "age", "employees": 19}, "yes", "", ()),
        ({**NO_ACCIDENT, "group_plan": "yes", "entitled_by": "disability", "employees": 100}, "no", "43", ()),
        ({**NO_ACCIDENT, "group_plan": "yes", "entitled_by": "disability", "employees": 99}, "yes", "", ()),
        ({**NO_ACCIDENT, "group_plan": "yes", "entitled_by": "renal", "renal_months": 29}, "no", "13", ()),
        ({**NO_ACCIDENT, "group_plan": "yes", "entitled_by": "renal", "renal_months": 30}, "yes", "", ()),
        ({**NO_ACCIDENT, "group_plan": "yes", "entitled_by": "age"}, "unknown", "", ("employees",)),
        ({**NO_ACCIDENT, "auto_accident": "yes"}, "no", "14", ()),
        ({**NO_ACCIDENT, "work_injury": "yes"}, "no", "15", ()),
        ({**NO_ACCIDENT, "liability": "yes"}, "no", "47", ()),
        ({"veterans": "yes"}, "no", "42", ()),
        ({"black_lung": "yes"}, "no", "41", ()),
        ({"group_plan": "no"}, "unknown", "", ("work_injury", "auto_accident", "liability")),
        (NO_ACCIDENT, "unknown", "", ("group_plan", "entitled_by")),
    ],
)
def test_the_medicare_questionnaire(told: dict[str, Any], first: str, code: str, missing: tuple[str, ...]) -> None:
    found = medicare_secondary(MspAnswers.model_validate({"on": ON, **told}))
    assert (found.medicare_first, found.type, found.missing) == (first, code, missing)


def coverage(payer: str, business: str = "commercial", **more: Any) -> Coverage:
    return Coverage(payer_id=payer, line_of_business=business, **more)


def child(payer: str, born: date) -> Coverage:
    return coverage(
        payer, relationship="child", subscriber=Person(last_name="Testcase", first_name="P", date_of_birth=born)
    )


@pytest.mark.parametrize(
    ("told", "order", "sure"),
    [
        ((coverage("60054"), coverage("GEICO", "auto")), ("GEICO", "60054"), True),
        ((coverage("77027", "medicaid"), coverage("60054")), ("60054", "77027"), True),
        ((child("60054", date(1980, 11, 1)), child("62308", date(1982, 2, 1))), ("62308", "60054"), True),
        ((coverage("60054", relationship="spouse"), coverage("62308")), ("62308", "60054"), True),
        ((coverage("09102", "medicare"), coverage("60054")), ("09102", "60054"), False),
        ((coverage("60054"),), ("60054",), True),
    ],
)
def test_the_order_of_payers(told: tuple[Coverage, ...], order: tuple[str, ...], sure: bool) -> None:
    found = order_of(told)
    assert (found.payers, found.sure) == (order, sure)


def expected(least: int, most: int | None = None) -> ExpectedLine:
    return ExpectedLine("97530", 2, 15_000, least, least if most is None else most, "test")


def benefits(**told: Any) -> Benefits:
    return Benefits.model_validate(told)


def test_coinsurance_after_the_deductible_runs_down_from_visit_to_visit() -> None:
    """100.00 allowed, 150.00 deductible left, 20 %: 100.00, then 50.00 + 10.00, then 20.00."""
    found = patient_share(
        [expected(10_000)], benefits(coinsurance_percent=Decimal(20), deductible_remaining_cents=15_000), 3
    )
    assert (found.first_low_cents, found.first_high_cents) == (10_000, 10_000)
    assert (found.total_low_cents, found.total_high_cents) == (18_000, 18_000)


def test_the_out_of_pocket_maximum_caps_it() -> None:
    told = benefits(coinsurance_percent=Decimal(20), deductible_remaining_cents=0, out_of_pocket_remaining_cents=5_000)
    assert patient_share([expected(10_000)], told, 4).total_high_cents == 5_000


def test_a_copay_is_a_copay() -> None:
    found = patient_share([expected(10_000)], benefits(copay_cents=3_500, deductible_remaining_cents=0), 2)
    assert (found.total_low_cents, found.total_high_cents) == (7_000, 7_000)


def test_what_is_not_known_widens_the_range_and_is_said() -> None:
    found = patient_share([expected(6_000, 15_000)], Benefits(), 1)
    assert (found.total_low_cents, found.total_high_cents) == (0, 15_000)
    assert len(found.unknown) == 4


def test_one_who_pays_owes_the_charge() -> None:
    assert self_pay([expected(15_000)], 3).total_low_cents == 45_000


money = st.integers(0, 50_000)


@given(
    allowed=st.tuples(money, money).map(sorted),
    truth=st.tuples(money, st.integers(0, 100), st.integers(0, 100_000), st.none() | money),
    known=st.tuples(st.booleans(), st.booleans()),
    visits=st.integers(1, 5),
)
def test_the_truth_lies_in_the_range(allowed: list[int], truth: Any, known: tuple[bool, bool], visits: int) -> None:
    """Whatever the payer then allows within the range, and whatever was left of a deductible nobody told."""
    real, percent, left, pocket = truth
    real = allowed[0] + real % (allowed[1] - allowed[0] + 1)
    told = benefits(
        coinsurance_percent=Decimal(percent) if known[0] else None,
        deductible_remaining_cents=left if known[1] else None,
        out_of_pocket_remaining_cents=pocket,
    )
    found = patient_share([expected(allowed[0], allowed[1])], told, visits)
    owed, rest = 0, left
    for _ in range(visits):
        taken = min(real, rest)
        rest -= taken
        owed += taken + ((real - taken) * percent * 2 + 100) // 200
    owed = owed if pocket is None else min(owed, pocket)
    assert found.total_low_cents <= owed <= found.total_high_cents
    assert found.first_low_cents <= found.first_high_cents


@pytest.mark.parametrize(
    ("scheduled", "service", "requested", "due"),
    [
        ("2026-09-08", "2026-09-22", False, "2026-09-11"),  # 10 business days ahead: 3 business days
        ("2026-09-08", "2026-09-21", False, "2026-09-09"),  # 9 ahead: 1
        ("2026-09-01", "2026-09-15", False, "2026-09-02"),  # Labor Day makes it 9
        ("2026-09-04", "2026-09-10", False, "2026-09-08"),  # over Labor Day's weekend, 3 ahead
        ("2026-11-25", "2026-12-31", False, "2026-12-01"),  # Thanksgiving
        ("2026-09-01", "2026-09-03", False, None),  # 2 ahead: none is owed
        ("2026-09-01", "2026-09-03", True, "2026-09-04"),
    ],
)
def test_when_the_good_faith_estimate_is_due(scheduled: str, service: str, requested: bool, due: str | None) -> None:
    day = date.fromisoformat
    assert due_on(day(scheduled), day(service), requested=requested) == (day(due) if due else None)
    assert business_days(date(2026, 9, 11), 1) == date(2026, 9, 14)


def test_the_good_faith_document_says_who_what_and_how_much() -> None:
    person = Person(last_name="Testcase", first_name="Sorrel <&", date_of_birth=date(1988, 4, 5))
    patient = Patient(key="pat_1", practice_patient_id="P", person=person, address=Address(), coverages=(), as_of="")
    lines = tuple(GoodFaithLine("97530", "activities", 2, 7_500) for _ in range(40))
    made = GoodFaith(load(ROOT / "tenants/harborview-ot.toml"), patient, ON, ON, 8, lines, ("M62.81",), 40_000, 120)
    assert made.total_cents == 8 * 40 * 15_000
    content = render(made)
    assert content.startswith(b"%PDF")
    assert content == render(made)
    assert content.count(b"/Type /Page\n") == 2

"""Two therapists see a patient on one day: two claims, and of all their units one keeps its whole practice expense.

97530 in Miami, July 2026: 36.40, further units 25.97 (ot_rules 3.2). Two units on each claim are 36.40 + 3 x 25.97 = 114.31, not
twice 62.37.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import judging
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.explain import explain
from chalicelib.claims.records import find_claims
from chalicelib.claims.therapy_year import therapy_year
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from tests.claims.bench_desk import Desk
from tests.practice import AETNA, MEDICARE, THERAPISTS, build, line, live_practice, take

pytestmark = pytest.mark.aws
FULL, REDUCED = 3640, 2597
SECOND = {"rendering_npi": THERAPISTS[1], "start_time": "13:00", "end_time": "13:30"}
FIRST = {"start_time": "09:00", "end_time": "09:30"}


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def two_visits(**more: str) -> list[dict[str, str]]:
    return [line("V1", **FIRST, **more), line("V2", **SECOND, **more)]


def expected_of(claim_id: str | None) -> int:
    return int(explain(str(claim_id))["expected"]["allowed_cents"])


def test_the_day_is_priced_once_over_both_claims(practice: Any, tmp_path: Path):
    outcomes = sorted(build(tmp_path, *two_visits(**MEDICARE)), key=lambda one: one.visit_ids)
    assert [expected_of(one.claim_id) for one in outcomes] == [FULL + REDUCED, 2 * REDUCED]
    assert {explain(str(one.claim_id))["expected"]["day_allowed_cents"] for one in outcomes} == {11431}
    assert all(explain(str(one.claim_id))["replay"]["same"] for one in outcomes)
    assert therapy_year("P1", 2026).used_cents == 11431


def test_the_second_visit_may_come_later(practice: Any, tmp_path: Path):
    first, second = two_visits(**MEDICARE)
    build(tmp_path, first)
    assert therapy_year("P1", 2026).used_cents == FULL + REDUCED
    take(tmp_path, second)
    build_claims()
    assert therapy_year("P1", 2026).used_cents == 11431


def test_another_plan_or_patient_or_day_has_a_full_unit_of_its_own(practice: Any, tmp_path: Path):
    first, second = two_visits(**MEDICARE)
    others = [
        {**second, **AETNA},
        {**second, "visit_id": "V3", "patient_id": "P2"},
        {**second, "visit_id": "V4", "date_of_service": "2026-09-02", "note_signed_on": "2026-09-02"},
    ]
    outcomes = build(tmp_path, first, *others)
    assert [expected_of(one.claim_id) for one in outcomes] == [FULL + REDUCED] * 4


def test_the_threshold_counts_the_day_once(practice: Any, tmp_path: Path):
    """The scrub's own figures for the year, on the claim of the next day."""
    rows = two_visits(**MEDICARE)
    later = line("V9", **{**MEDICARE, "date_of_service": "2026-09-02", "note_signed_on": "2026-09-02"})
    build(tmp_path, *rows, later)
    seen: list[tuple[int, int | None]] = []
    real = judging.facts_for

    def spied(*given: Any) -> Any:
        facts = real(*given)
        seen.append((facts.threshold_used_cents, facts.expected_allowed_cents))
        return facts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "facts_for", spied)
        rescrub()
    assert (11431, FULL + REDUCED) in seen  # the next day's claim: the whole day before it, once
    assert sum(own or 0 for _, own in seen) == 11431 + FULL + REDUCED


def test_a_payer_that_reduces_over_the_day_is_not_asked_about(practice: Any, operator: Principal, tmp_path: Path):
    """Before, each claim was expected to have a full unit, and the second claim's payment was an underpayment of 10.43."""
    first, second = two_visits(**{**MEDICARE, "referring_npi": "1999990017"})
    rows = (first, {**second, "charge": "76.00"})  # of like charges the payer takes the second for a duplicate
    outcomes = build(tmp_path, *rows)
    assert {one.status for one in outcomes} == {"ready"}, outcomes
    Desk(operator, tmp_path).send()
    decided = [find_claims([str(one.claim_id)])[str(one.claim_id)].claim.adjudication for one in outcomes]
    assert sorted(one.allowed_cents or 0 for one in decided if one) == [2 * REDUCED, FULL + REDUCED]
    assert [task.kind for task in open_tasks() if task.kind == "underpaid"] == []
    assert therapy_year("P1", 2026).posted_cents == 11431

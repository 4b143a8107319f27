"""What the practice says about a visit that was already billed: every change is told, once, and nothing sent is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from tests.claims.bench_desk import Desk
from tests.practice import line, live_practice

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    with in_tenant(live_practice(operator).slug):
        yield Desk(operator, tmp_path)


def told(kind: str) -> list[str]:
    return [task.words for task in open_tasks() if task.kind == kind]


def test_a_second_change_of_a_billed_visit_is_told_again_and_the_same_change_is_not(desk: Desk) -> None:
    claim_id = desk.billed()
    sent = desk.claim(claim_id).content
    desk.change(line(therapist_minutes="45"))
    desk.change(line(therapist_minutes="45", start_time="09:00"))
    assert len(told("correction")) == 2, "the start time is on the claim too"
    desk.change(line(therapist_minutes="60", start_time="09:00"))
    desk.change(line(therapist_minutes="60", start_time="09:00"))
    assert len(told("correction")) == 3
    assert "changed the visit again" in desk.claim(claim_id).reason
    assert desk.events(claim_id).count("correction_needed") == 3
    assert desk.claim(claim_id).content == sent


def test_rows_of_a_billed_visit_that_cannot_be_read_are_told_to_the_practice_and_the_claim_stands(desk: Desk) -> None:
    claim_id = desk.billed()
    before = desk.claim(claim_id)
    desk.change(line(sex="XX"))
    (words,) = told("bad_rows")
    assert "line 1 sex" in words
    assert "the claim stands as sent" in words
    assert "XX" not in words, "the value may be what was wrong, and may be a patient's"
    after = desk.claim(claim_id)
    assert (after.status, after.correction_open, after.content) == (before.status, False, before.content)
    desk.change(line(sex="XX"))
    assert len(told("bad_rows")) == 1, "the same rows once"
    desk.change(line(sex="YY", date_of_birth="soon"))
    assert len(told("bad_rows")) == 2

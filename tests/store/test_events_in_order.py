"""Events get their numbers after the commit that caused them: 1, 2, 3 … for each practice, whatever crashes or races."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import Any

import pytest

from chalicelib import store
from chalicelib.platform.errors import Conflict, Misuse
from chalicelib.store import outbox, unit_of_work
from chalicelib.store.transaction import Transaction

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


class Died(BaseException):
    """The process ended here."""


@pytest.fixture
def practice(in_tenant: InTenant) -> Iterator[Any]:
    with in_tenant() as context:
        yield context


def emit(*subjects: str, type: str = "RemittancePosted") -> None:
    with unit_of_work() as uow:
        for subject in subjects:
            uow.emit(type, subject, {"of": subject})
        uow.commit()


def settle(event: outbox.OutboxEvent) -> None:
    with unit_of_work() as uow:
        outbox.settle(uow, event)
        uow.commit()


def told() -> list[tuple[int, str]]:
    return [(event["sequence"], event["subject"]) for event in outbox.events(limit=500)]


def test_numbers_ascend_without_gaps_and_a_subject_keeps_its_order(practice: Any) -> None:
    for step in range(35):
        emit(f"A{step % 3}", f"B{step}")
    assert told() == []  # not before the sequencer ran
    assert outbox.number() == 70
    assert outbox.number() == 0
    found = outbox.events(limit=500)
    assert [event["sequence"] for event in found] == list(range(1, 71))
    assert len({event["event_id"] for event in found}) == 70
    of_one = [event["at"] for event in found if event["subject"] == "A1"]
    assert of_one == sorted(of_one)
    assert [event["sequence"] for event in outbox.events(after=68)] == [69, 70]
    assert outbox.events(after=70) == ()
    emit("LATER")
    outbox.number()
    assert told()[-1] == (71, "LATER")


@pytest.mark.parametrize("after_it", [False, True])
def test_dying_around_the_commit_neither_loses_nor_doubles(
    practice: Any, monkeypatch: pytest.MonkeyPatch, after_it: bool
) -> None:
    emit(*(f"S{number}" for number in range(40)))
    real, calls = Transaction.commit, 0

    def dying(self: Transaction) -> None:
        nonlocal calls
        calls += 1
        if calls == 2 and not after_it:
            raise Died
        real(self)
        if calls == 2:
            raise Died

    monkeypatch.setattr(Transaction, "commit", dying)
    with pytest.raises(Died):
        outbox.number()
    monkeypatch.setattr(Transaction, "commit", real)
    outbox.number()
    found = told()
    assert [number for number, _ in found] == list(range(1, 41))
    assert {subject for _, subject in found} == {f"S{number}" for number in range(40)}


def test_sequencers_at_once_give_each_event_one_number(practice: Any) -> None:
    emit(*(f"S{number}" for number in range(60)))
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(copy_context().run, outbox.number) for _ in range(4)]
        assert sum(item.result() for item in running) == 60
    assert [number for number, _ in told()] == list(range(1, 61))


def test_what_a_capability_works_on_waits_for_it_numbered_or_not(practice: Any) -> None:
    emit("ONE", "TWO", type="LineDenied")
    emit("THREE")
    first, second = sorted(outbox.waiting("LineDenied"), key=lambda event: event.subject)
    settle(first)
    outbox.number()
    assert {subject for _, subject in told()} == {"ONE", "TWO", "THREE"}  # settled early, and numbered all the same
    (left,) = outbox.waiting()
    assert left.subject == second.subject
    with pytest.raises(Conflict):  # it was numbered since it was read
        settle(second)
    settle(left)
    assert list(outbox.waiting()) == []


def test_a_numbered_event_is_never_changed(practice: Any) -> None:
    emit("ONE")
    outbox.number()
    record = store.get("EVT#000000", f"{1:012d}")
    assert record is not None
    with unit_of_work() as uow, pytest.raises(Misuse, match="APPEND_ONLY"):
        uow.delete(record)


def test_numbers_go_on_over_the_edge_of_a_block(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BLOCK", 4)
    emit(*(f"S{number}" for number in range(11)))
    outbox.number()
    for after in range(12):
        assert [event["sequence"] for event in outbox.events(after)] == list(range(after + 1, 12))
    assert [event["sequence"] for event in outbox.events(2, limit=3)] == [3, 4, 5]

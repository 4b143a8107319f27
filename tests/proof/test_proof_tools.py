"""The proofs can fail: what is lost or doubled is found, what is only numbered otherwise is not."""

from __future__ import annotations

import json
from typing import Any

from tests.proof.figures import Figure
from tests.proof.snapshots import State, compare


def item(pk: str, data: dict[str, Any], sk: str = "X") -> tuple[tuple[str, str], dict[str, Any]]:
    stored = {"pk": {"S": pk}, "sk": {"S": sk}, "data": {"S": json.dumps(data)}, "version": {"N": "1"}}
    return (pk, sk), stored


def state(*items: Any) -> State:
    return State({"table": dict(items)})


def sent(number: int, batch: str) -> tuple[Any, Any]:
    name = f"{number:09d}"
    return item(f"ICN#{name}", {"batch_id": batch}), item(
        f"BAT#{batch}", {"control_number": number, "file": f"A-{name}.837"}
    )


def test_a_lost_and_a_doubled_item_are_named() -> None:
    one, two = item("CLM#1", {"amount_cents": 1}), item("CLM#2", {"amount_cents": 2})
    assert [len(part) for part in compare(state(one, two), state(one))] == [1, 0]
    assert [len(part) for part in compare(state(one), state(one, two))] == [0, 1]
    assert [len(part) for part in compare(state(one), state(item("CLM#1", {"amount_cents": 3})))] == [1, 1]


def test_only_the_numbers_of_a_gap_are_masked() -> None:
    right, later = state(*sent(731000001, "bat_a")), state(*sent(731000002, "bat_b"))
    assert compare(right, later) == ([], [])
    orphan = state(*sent(731000002, "bat_b"), item("ICN#731000001", {"batch_id": "bat_never"}))
    assert compare(right, orphan) == ([], [])
    twice = state(*sent(731000001, "bat_a"), *sent(731000002, "bat_b"))
    assert compare(right, twice)[1]


def test_an_audit_entry_written_twice_is_doubled_whatever_its_instant() -> None:
    entry = {"action": "x", "hash": "a"}
    one = item("AUD#2026-09-30#01", entry, "00001")
    again = item("AUD#2026-09-30#01", {**entry, "hash": "b"}, "00002")
    assert compare(state(one), state(again)) == ([], [])
    assert len(compare(state(one), state(one, again))[1]) == 1


def test_a_figure_counts_what_failed() -> None:
    figure = Figure("x")
    figure.check(True, "right")
    figure.check(False, "wrong")
    assert (figure.tried, figure.failed, figure.examples) == (2, 1, ["wrong"])

"""A step of a state machine: what may pass is tried again after a pause, what will not is given up, nothing of it is PHI."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.jobs import registry, runs, work
from chalicelib.platform.errors import Conflict, Fault, Misuse, NotFound, Refused

ITEM = {"job": "holds", "run": "r1", "subject": "tnt_one", "step": "all", "attempt": 0}


@pytest.fixture(autouse=True)
def noted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would be written about runs; no AWS is asked."""
    kept: list[tuple[Any, ...]] = []
    monkeypatch.setattr(runs, "note", lambda *words, **more: kept.append((*words, more.get("counts"))))
    monkeypatch.setattr(work.code_tables, "keep_current", lambda: None)
    return kept


def _step(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    monkeypatch.setattr(registry, "run_step", lambda _job, _step, _who, _ref: act())


def _raises(error: BaseException) -> Any:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize("error", [Fault("STORE_BUSY", "w"), Conflict("CHANGED", "w")])
def test_what_may_pass_is_tried_again_after_longer_and_longer_pauses(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    _step(monkeypatch, _raises(error))
    item, pauses = dict(ITEM), []
    while (item := work.work(item))["outcome"] == "again":
        pauses.append(item["pause_s"])
    assert pauses == [2, 4, 8, 16]
    assert (item["outcome"], item["attempt"]) == ("stopped", 5)


@pytest.mark.parametrize("error", [Refused("NO", "w"), NotFound("NO", "w"), Misuse("NO", "w")])
def test_what_will_not_pass_is_given_up_at_once(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    _step(monkeypatch, _raises(error))
    item = work.work(ITEM)
    assert (item["outcome"], item["code"]) == ("stopped", "NO")


def test_a_crash_is_raised_again_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of an exception may repeat what it choked on, and the machine would keep it for ninety days."""
    _step(monkeypatch, _raises(KeyError("Testcase, Marigold")))
    with pytest.raises(work.JobCrashed) as caught:
        work.work(ITEM)
    assert str(caught.value) == "KeyError"
    assert caught.value.__suppress_context__


def test_a_job_goes_step_by_step_and_counts_are_noted(
    monkeypatch: pytest.MonkeyPatch, noted: list[tuple[Any, ...]]
) -> None:
    _step(monkeypatch, lambda: {"built": 3})
    item = {**ITEM, "job": "nightly-submission", "step": "prepare"}
    taken = []
    while True:
        taken.append(item["step"])
        item = work.work(item)
        if item["outcome"] != "next":
            break
    assert taken == [step.name for step in registry.JOBS["nightly-submission"].steps]
    assert [entry[3] for entry in noted] == ["running", "running", "done"]
    assert all(set(key) <= {"job", "run", "subject", "step", "attempt", "outcome", "code", "pause_s"} for key in [item])


def test_what_was_given_up_is_noted_by_code_or_by_the_name_of_the_crash(noted: list[tuple[Any, ...]]) -> None:
    work.put_aside({**ITEM, "code": "PRACTICE_UNKNOWN"})
    told = work.put_aside({**ITEM, "error": {"Error": "States.Timeout", "Cause": "Testcase, Marigold"}})
    assert [entry[4] for entry in noted] == ["PRACTICE_UNKNOWN", "States.Timeout"]
    assert "Marigold" not in json.dumps(told)


def test_one_bad_message_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(registry, "run_step", lambda _job, _step, _who, ref: asked.append(ref) or {})
    records = [
        {"messageId": "1", "body": "no json"},
        {"messageId": "2", "body": json.dumps({"job": "holds", "tenant_id": "tnt_two"})},
        {"messageId": "3", "body": json.dumps({"job": "nothing", "tenant_id": "tnt_three"})},
        {"messageId": "4", "body": json.dumps({"job": "inbound-sync", "tenant_id": "tnt_four"})},
    ]
    failed = work.messages({"Records": records})["batchItemFailures"]
    assert [item["itemIdentifier"] for item in failed] == ["1", "3", "4"]
    assert asked == ["tnt_two"]

"""Batch jobs: silent payers become tasks by payer and age, nights submit what is ready, and one practice stops no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import records, silence
from chalicelib.claims.submission import submit_claims
from chalicelib.cli.main import main
from chalicelib.jobs import registry
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import Fault, Misuse
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from tests.practice import CIGNA, build, line, live_practice

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def practice(aws: str, in_tenant: InTenant, operator: Principal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


@pytest.mark.parametrize(
    ("days", "age", "then"),
    [
        (0, 30, 45),
        (30, 30, 45),
        (44, 30, 45),
        (45, 45, 60),
        (60, 60, 90),
        (119, 90, 120),
        (120, 120, 150),
        (200, 180, 210),
    ],
)
def test_ages_of_silence(days: int, age: int, then: int) -> None:
    assert (silence.age_of(days), silence.next_age(age)) == (age, then)


def test_a_silent_payer_is_a_task_once_per_age(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {"date_of_service": "2026-09-03", "note_signed_on": "2026-09-03"}
    rows = (line(), line("V2", **later), line("V3", patient_id="P3", **CIGNA))
    build(tmp_path, *rows)
    sent, _ = submit_claims()
    monkeypatch.setenv("OTBILL_NOW", "2026-10-29")
    assert silence.sweep() == [], "the day before"
    monkeypatch.setenv("OTBILL_NOW", "2026-10-30")
    found = silence.sweep()
    assert [(item.payer_id, item.age_days, len(item.claim_ids)) for item in found] == [
        ("60054", 30, 2),
        ("62308", 30, 1),
    ]
    tasks = [task for task in open_tasks() if task.kind == "no_response"]
    assert sorted(task.amount_cents for task in tasks) == [15000, 30000]
    claim = records.get_claim(sent[0].claim.claim_id).claim
    assert (claim.status, claim.owner, str(claim.deadline)) == ("submitted", "us", "2026-11-14")
    assert "30 days" in claim.reason
    assert silence.sweep() == [], "asked once"
    monkeypatch.setenv("OTBILL_NOW", "2026-11-14")
    assert [item.age_days for item in silence.sweep()] == [45, 45]
    assert len([task for task in open_tasks() if task.kind == "no_response"]) == 4


def test_a_crash_between_the_task_and_its_claims_doubles_and_loses_nothing(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, line())
    submit_claims()
    monkeypatch.setenv("OTBILL_NOW", "2026-10-30")
    with monkeypatch.context() as patch:
        patch.setattr(silence, "_mark", _die)
        with pytest.raises(Fault):
            silence.sweep()
    silence.sweep()
    assert len([task for task in open_tasks() if task.kind == "no_response"]) == 1
    assert silence.sweep() == []


def _die(*_: object) -> None:
    raise Fault("CRASH", "here")


def test_the_night_builds_checks_and_submits(practice: Practice, tmp_path: Path, operator: Principal) -> None:
    from tests.practice import take

    take(tmp_path, line(), line("V2", date_of_service="2026-09-02", note_signed_on=""))
    (done,) = registry.run("nightly-submission", operator, [practice.slug])
    assert (done.error, done.counts["built"], done.counts["submitted"], done.counts["files"]) == ("", 2, 1, 1)
    (again,) = registry.run("nightly-submission", operator, [practice.slug])
    assert (again.counts["submitted"], again.counts["files"]) == (0, 0)


def test_what_stops_a_job_in_one_practice_stops_it_in_no_other(
    practice: Practice, operator: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = live_practice(operator)
    ran: list[int] = []

    def sometimes() -> dict[str, int]:
        ran.append(1)
        if len(ran) == 1:
            raise Fault("BROKEN", "here")
        return {"fine": 1}

    monkeypatch.setitem(registry.JOBS, "holds", registry.Job("holds", "w", sometimes))
    done = registry.run("holds", operator, [practice.slug, other.slug])
    assert [(item.error, item.counts) for item in done] == [("BROKEN", {}), ("", {"fine": 1})]


def test_jobs_are_listed_and_run_by_name(
    practice: Practice, operator: Principal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jobs", "list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in registry.JOBS)
    assert main(["jobs", "run", "no-response", "--tenant", practice.slug, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["practices"][0]["counts"] == {"asked": 0, "told": 0, "silent": 0, "tasks": 0}
    with pytest.raises(Misuse):
        registry.job("nothing")
    assert main(["jobs", "run", "nothing"]) == 2

"""The batch jobs as they are deployed: our template and functions on the embedded AWS, started and waited for."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.model import Status
from chalicelib.cli.main import main
from chalicelib.exchange import partners
from chalicelib.exchange.partners import FolderSettings, TradingPartner
from chalicelib.jobs import runs
from chalicelib.jobs.registry import JOBS
from chalicelib.local.aws import ensure_aws, stop_aws
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.onboarding.model import Practice
from chalicelib.platform.config import from_environment
from chalicelib.store import directory, journal, provision
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import TenantState, enter
from infra import jobs as stack
from tests.conftest import OPERATOR
from tests.infra.state_machines import Deployed, deploy, set_now
from tests.practice import line, live_practice, take

MACHINES = {path.name.removesuffix(".asl.json"): json.loads(path.read_text()) for path in stack.MACHINES.iterdir()}


# Without an AWS: template, machines and registry say the same


def test_the_template_is_what_the_registry_says() -> None:
    assert stack.TEMPLATE.read_text("utf-8") == stack.text(), "run python infra/jobs.py"


def test_every_job_with_a_schedule_has_a_machine_and_no_machine_is_without_a_job() -> None:
    assert set(MACHINES) == {name for name, job in JOBS.items() if job.schedule}
    resources = json.loads(stack.TEMPLATE.read_text("utf-8"))["Resources"]
    schedules = {
        one["Properties"]["Target"]["Arn"]["Ref"]: one["Properties"]["ScheduleExpression"]
        for one in resources.values()
        if one["Type"] == "AWS::Scheduler::Schedule"
    }
    machines = {name for name, one in resources.items() if one["Type"] == "AWS::StepFunctions::StateMachine"}
    assert set(schedules) == machines
    assert sorted(schedules.values()) == sorted(job.schedule for job in JOBS.values() if job.schedule)


def test_every_function_of_the_template_is_one_chalice_deploys() -> None:
    from app import app

    ours = {function.name: function.handler_string for function in app.pure_lambda_functions}
    assert set(stack.FUNCTIONS.values()) == set(ours)
    assert all(handler == f"chalicelib.jobs.handlers.{name}" for name, handler in ours.items())
    settings = json.loads((stack.HERE.parent / ".chalice/config.json").read_text())["stages"]
    assert all(set(stage["lambda_functions"]) == set(ours) for stage in settings.values())


def _states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


@pytest.mark.parametrize("job", MACHINES)
def test_a_machine_keeps_the_portable_rules(job: str) -> None:
    """Bounded map, every function retried by class, caught into the dead letters, and branches on codes, not exceptions."""
    states = dict(_states(MACHINES[job]))
    (mapped,) = [state for state in states.values() if state["Type"] == "Map"]
    assert 1 <= mapped["MaxConcurrency"] <= 10
    work = mapped["ItemProcessor"]["States"]["Work"]
    assert [catch["Next"] for catch in work["Catch"]] == ["PutAside"]
    assert mapped["ItemProcessor"]["States"]["PutAside"]["Next"] == "DeadLetter"
    for state in states.values():
        for rule in [*state.get("Retry", ()), *state.get("Catch", ())]:
            named = [error for error in rule["ErrorEquals"] if not error.startswith(("States.", "Lambda.", "Sandbox."))]
            assert not named, "an exception's name is matched on AWS only"
        if state.get("Resource", "").startswith("${"):
            assert len(state["Retry"]) == 3, "throttled, timed out, failed"
            assert state["TimeoutSeconds"] > 0


# On the embedded AWS


@dataclass
class Running:
    """A stack with three practices: two whole, one whose file was never applied."""

    stack: Deployed
    endpoint: str
    practices: tuple[Practice, Practice]
    broken: str
    exchange: Path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("machines")
    held = {name: os.environ.get(name) for name in ("OTBILL_NOW", "OTBILL_HOME", "OTBILL_AWS_ENDPOINT")}
    endpoint = ensure_aws(home, owned=True)
    os.environ |= {"OTBILL_NOW": "2026-09-30", "OTBILL_HOME": str(home), "OTBILL_AWS_ENDPOINT": endpoint}
    store.configure(from_environment())
    try:
        provision.ensure_platform()
        yield _prepare(home, endpoint)
    finally:
        store.configure(None)
        stop_aws(home)
        for name, value in held.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def _prepare(home: Path, endpoint: str) -> Running:
    practices = (live_practice(OPERATOR), live_practice(OPERATOR))
    for number, practice in enumerate(practices):
        with enter(OPERATOR, practice.slug, "test", directory.directory()):
            rows = [line(f"V{n}", patient_id=f"P{n}", member_id=f"W10020030{n}") for n in range(1, 4 + number)]
            take(home, *rows)
    broken, _ = provision.ensure_tenant("never-applied", "Testcase", "America/New_York", TenantState.LIVE)
    folder = home / "exchange"
    settings = FolderSettings(outgoing=str(folder / "inbound"), incoming=str(folder / "outbound"))
    name = practices[0].billing.trading_partner
    partners.save_settings(TradingPartner(name=name, transport="folder", folder=settings))
    return Running(deploy(endpoint, "2026-09-30"), endpoint, practices, broken.tenant_id, folder)


def _claims(practice: Practice) -> list[Any]:
    with enter(OPERATOR, practice.slug, "test", directory.directory()):
        return [item.claim for status in Status for item in records.claims_with_status(status)]


@pytest.mark.aws
@pytest.mark.slow
def test_the_machines_carry_claims_from_visit_to_payment(running: Running) -> None:
    """Night, exchange, answers, exchange: as the schedules would; a practice that cannot go on is put aside and named."""
    night = running.stack.start("nightly-submission")
    ended = running.stack.wait(night)
    assert (ended["done"], ended["stopped"]) == (2, 1)
    assert [len(_claims(practice)) for practice in running.practices] == [3, 4]
    assert {claim.status for practice in running.practices for claim in _claims(practice)} == {Status.SUBMITTED}
    (letter,) = running.stack.dead_letters()
    assert (letter["job"], letter["subject"], letter["step"]) == ("nightly-submission", running.broken, "prepare")
    noted = {item["subject"]: item for item in runs.of(ended["run"])}
    assert noted[running.broken]["outcome"] == "stopped"
    assert noted[running.broken]["code"] == letter["code"] != ""
    assert sorted(item["counts"]["submitted"] for item in noted.values() if item["outcome"] == "done") == [3, 4]
    told = running.stack.states_of(night)
    assert letter["subject"] in told, "the children of the map are among what was read"
    assert not [mark for mark in ("Marigold", "Testcase", "W10020030", "1950") if mark in told]

    sent = running.stack.run("inbound-sync")
    assert (sent["done"], sent["stopped"]) == (1, 0)
    assert len(list((running.exchange / "inbound").glob("*.837"))) == 2
    SimulatedClearinghouse(running.exchange).answer_all()
    running.stack.run("inbound-sync")
    for practice in running.practices:
        assert all(claim.adjudication for claim in _claims(practice))
        with enter(OPERATOR, practice.slug, "test", directory.directory()):
            assert journal.verify()["balanced"]


@pytest.mark.aws
@pytest.mark.slow
def test_a_second_night_does_nothing_again(running: Running) -> None:
    before = [_claims(practice) for practice in running.practices]
    ended = running.stack.run("nightly-submission")
    assert [_claims(practice) for practice in running.practices] == before
    assert all(item["counts"].get("submitted", 0) == 0 for item in runs.of(ended["run"]))
    running.stack.dead_letters()


@pytest.mark.aws
@pytest.mark.slow
def test_the_sweep_finds_what_nobody_answered(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice = running.practices[0]
    with enter(OPERATOR, practice.slug, "test", directory.directory()):
        take(tmp_path, line("V9", patient_id="P9", member_id="W100200309"))
    running.stack.run("nightly-submission")
    set_now(running.stack, running.endpoint, "2026-11-02")
    ended = running.stack.run("no-response")
    assert ended["stopped"] == 0
    with enter(OPERATOR, practice.slug, "test", directory.directory()):
        assert [task.kind for task in open_tasks()].count("no_response") == 1


@pytest.mark.aws
@pytest.mark.slow
def test_what_is_asked_on_the_queue_is_done_and_what_cannot_be_stays_for_a_person(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`otbill jobs ask`, the queue, its function: a practice's claims are built without waiting for the night."""
    practice = running.practices[1]
    with enter(OPERATOR, practice.slug, "test", directory.directory()):
        take(tmp_path, line("V8", patient_id="P8", member_id="W100200308"))
    before = len(_claims(practice))
    assert main(["jobs", "ask", "nightly-submission", "--tenant", practice.slug]) == 0
    assert practice.slug in capsys.readouterr().out
    for _ in range(480):
        found = [claim for claim in _claims(practice) if claim.status is Status.SUBMITTED]
        if len(_claims(practice)) == before + 1 and found:
            return
        time.sleep(0.25)
    raise AssertionError("the queue's function did not do it")

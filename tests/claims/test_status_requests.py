"""A claim nobody answered: the payer is asked before a person is, once a day, and only where a payer takes such questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.status_requests import ask_payers
from chalicelib.claims.submission import submit_claims
from chalicelib.jobs import registry
from chalicelib.jobs.sync import SyncResult, send_written
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.onboarding.apply import apply, current_practice
from chalicelib.platform.errors import Fault
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal, current
from chalicelib.x12 import ClaimStatus, Interchange, StatusBatch, read_276, write_277
from tests.claims.bench_desk import Desk
from tests.practice import DAY, build, line, live_practice, only

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]
GEICO = {
    "payer_id": "GEICO", "line_of_business": "auto", "member_id": "", "accident_type": "AA", "accident_date": "2026-08-20",
    "accident_state": "FL", "property_casualty_claim_number": "0512345678", "first_care_on": "2026-08-25",
}  # fmt: skip


def without_276(operator: Principal) -> str:
    """A live practice that none of its payers lets ask."""
    practice = live_practice(operator)
    payers = tuple(
        payer.model_copy(update={"enrolment": {kind: one for kind, one in payer.enrolment.items() if kind != "276"}})
        for payer in practice.payers
    )
    apply(practice.model_copy(update={"payers": payers}), operator)
    return practice.slug


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    with in_tenant(live_practice(operator).slug):
        yield Desk(operator, tmp_path)


class Recorder:
    """A door that keeps what was asked and answers what it was told to, or not at all."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.asked: list[bytes] = []
        self._answer = answer

    def ask(self, question: bytes) -> bytes:
        self.asked.append(question)
        return self._answer(question)


def pending(question: bytes) -> bytes:
    asked = only(read_276(question).requests)
    status = ClaimStatus("", "P1", "20", request_trace=asked.trace, kind="277")
    batch = StatusBatch(
        payer_name=asked.payer_name, payer_id=asked.payer_id, provider_npi=asked.provider.npi, claims=(status,)
    )
    return write_277(Interchange("PAYER", "OTBILL", control_number=1), [batch])


def lost(desk: Desk, *rows: dict[str, str]) -> list[str]:
    """Claims the payer has and decided, of which no answer ever reached us."""
    claim_ids = [str(outcome.claim_id) for outcome in build(desk.folder, *rows)]
    submit_claims()
    send_written(desk.door, desk.operator, SyncResult(), [current().tenant.tenant_id])
    desk.door.simulator.answer_all()
    for path in desk.door.simulator.outbound.iterdir():
        path.unlink()
    return claim_ids


def test_a_payer_that_decided_and_whose_remittance_was_lost_is_found_out_by_the_machine(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (claim_id,) = lost(desk, line())
    simulator = SimulatedClearinghouse(desk.door.simulator.folder)
    assert ask_payers(simulator).asked == 0, "it is not silent yet"
    monkeypatch.setenv("OTBILL_NOW", "2026-10-31")
    told = ask_payers(simulator)
    assert (told.asked, told.told, told.tasks) == (1, 1, 1)
    claim = desk.claim(claim_id)
    assert (claim.status, claim.owner) == ("submitted", "us"), "what a 277 says moves no money"
    assert "its remittance has not come" in only(open_tasks()).words
    assert ask_payers(simulator).asked == 0, "once a day"


def test_a_payer_that_is_still_deciding_is_asked_again_later_and_nobody_is_troubled(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_id, _ = lost(desk, line(), line("V2", patient_id="P2", **GEICO))
    monkeypatch.setenv("OTBILL_NOW", "2026-10-31")
    door = Recorder(pending)
    (done,) = registry.run("no-response", desk.operator, [current().tenant.slug], lambda _: door)  # type: ignore[arg-type,return-value]
    assert (done.counts["asked"], done.counts["told"]) == (1, 1)
    assert len(door.asked) == 1, "auto insurers are never asked"
    assert desk.claim(claim_id).owner == "payer"
    assert str(desk.claim(claim_id).deadline) == "2026-11-30"
    assert done.counts["silent"] == 1, "only the auto claim is left for a person"
    assert [task.kind for task in open_tasks()] == ["no_response"]


def test_a_shut_door_or_a_strange_answer_leaves_the_claim_to_a_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(desk, line())
    monkeypatch.setenv("OTBILL_NOW", "2026-10-31")

    def shut(_: bytes) -> bytes:
        raise Fault("REALTIME_UNREACHABLE", "nobody there")

    slug = current().tenant.slug
    (done,) = registry.run("no-response", desk.operator, [slug], lambda _: Recorder(shut))  # type: ignore[arg-type,return-value]
    assert (done.error, done.counts["unreachable"], done.counts["silent"]) == ("", 1, 1)
    monkeypatch.setenv("OTBILL_NOW", "2026-11-16")
    strange = Recorder(lambda _: b"<html>busy</html>")
    (again,) = registry.run("no-response", desk.operator, [slug], lambda _: strange)  # type: ignore[arg-type,return-value]
    assert (again.counts["asked"], again.counts["told"], again.counts["silent"]) == (1, 0, 1)


def test_without_enrolment_nothing_is_asked(
    desk: Desk, in_tenant: InTenant, operator: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_tenant(without_276(operator)):
        assert current_practice().enrolled("60054", "276", DAY) == "none"
        lost(desk, line())
        monkeypatch.setenv("OTBILL_NOW", "2026-10-31")
        assert ask_payers(Recorder(pending)).asked == 0

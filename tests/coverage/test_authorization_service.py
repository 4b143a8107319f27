"""Authorizations from entry to claim: what a biller sees held, what the payer would have denied, and that units come back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib import documents, store
from chalicelib.claims.authorized import added, recount, views
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.corrections import void
from chalicelib.claims.holds import release
from chalicelib.claims.reauthorize import warn
from chalicelib.claims.records import find_claims, get_claim, write_events
from chalicelib.claims.submission import submit_claims
from chalicelib.coverage import authorization_records as records
from chalicelib.coverage.authorization import Allowance
from chalicelib.coverage.authorize import Entry, add, decide, request
from chalicelib.coverage.service import check_patient
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.platform.errors import Misuse
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from chalicelib.x12 import read_835
from tests.practice import build, line, live_practice, only, take

pytestmark = pytest.mark.aws
ADVANTAGE = {"payer_id": "87726", "line_of_business": "medicare_advantage", "member_id": "U100200305"}
NOW = date(2026, 9, 30)
FROM, TO = date(2026, 9, 1), date(2026, 10, 31)


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTBILL_NOW", NOW.isoformat())
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def visit(number: int, **more: str) -> dict[str, str]:
    day = f"2026-09-{number:02d}"
    return line(f"V{number}", **{**ADVANTAGE, "date_of_service": day, "note_signed_on": day, **more})


def entry(**more: Any) -> Entry:
    units = Allowance(codes=("97530",), measure="units", approved=4)
    told = {"patient": "P1", "payer_id": "87726", "number": "AU-1", "start": FROM, "end": TO, "allowances": (units,)}
    return Entry(**{**told, **more})


def codes(claim_id: str) -> set[str]:
    claim = find_claims([claim_id])[claim_id].claim
    return {finding.code for finding in claim.findings if finding.severity == "error"}


def denied_with(folder: Path) -> set[str]:
    """Send what is ready to the simulated payers and read why they deny whole claims."""
    simulator = SimulatedClearinghouse(folder, NOW)
    _, batches = submit_claims()
    for batch in batches:
        (simulator.inbound / batch.file).write_bytes(documents.get(batch.document))
    answers = [path.read_bytes() for path in simulator.answer_all() if path.suffix == ".835"]
    lines = [
        line
        for answer in answers
        for check in read_835(answer).remittances
        for claim in check.claims
        for line in claim.lines
    ]
    return {adjustment.reason for line in lines if not line.paid_cents for adjustment in line.adjustments}


def overrule(claim_id: str, *found: str) -> None:
    """Somebody with the authority sends it in spite of the finding."""
    assert release(claim_id, overrides=found, reason="to see what the payer says").status == "ready"


def test_a_claim_without_an_authorization_is_held_and_the_payer_would_have_denied_it(practice, tmp_path):
    claim = only(build(tmp_path, visit(1))).claim_id
    assert codes(claim) == {"AUTH_MISSING"}
    overrule(claim, "AUTH_MISSING")
    assert denied_with(tmp_path / "payers") == {"197"}


def test_a_claim_of_ended_coverage_is_held_and_the_payer_would_have_denied_it(practice, tmp_path):
    door = SimulatedClearinghouse(tmp_path / "payers", NOW)
    ended = {"member_id": "W100200313", "payer_id": "60054", "line_of_business": "commercial"}
    take(tmp_path, visit(30, **ended))
    check_patient("P1", door)
    claim = only(build_claims()).claim_id
    assert codes(claim) == {"COVERAGE_INACTIVE"}
    overrule(claim, "COVERAGE_INACTIVE")
    assert denied_with(tmp_path / "payers") == {"27"}


def test_more_than_the_payer_certified_is_held_and_it_would_have_denied_it(practice, tmp_path):
    door = SimulatedClearinghouse(tmp_path / "payers", NOW)
    take(tmp_path, visit(1, authorization_number=""))
    asked = Allowance(codes=("97530",), measure="units", requested=3)
    given = request(entry(number="", allowances=(asked,), diagnoses=("M6281",)), door)
    assert (given.state, given.allowances[0].approved) == ("approved", 3)
    assert all(documents.get(key) for key in given.documents)
    added(given)
    outcomes = build(tmp_path, visit(2))
    first, second = (item.claim_id for item in sorted(outcomes, key=lambda item: item.visit_ids))
    assert find_claims([first])[first].claim.content.authorization_number == given.number
    assert (codes(first), codes(second)) == (set(), {"AUTH_EXCEEDED"})
    overrule(second, "AUTH_EXCEEDED")
    assert denied_with(tmp_path / "payers") == {"198"}
    (one,) = views("P1")
    assert (one.stages[0].billed, one.stages[0].beyond) == (2, 2)


def test_outside_its_dates_it_is_held_and_would_have_been_denied(practice, tmp_path):
    door = SimulatedClearinghouse(tmp_path / "payers", NOW)
    take(tmp_path, visit(1))
    asked = Allowance(codes=("97530",), measure="units", requested=30)
    given = request(entry(number="", start=date(2026, 9, 10), allowances=(asked,), diagnoses=("M6281",)), door)
    assert (given.state, given.allowances[0].approved) == ("partly", 24)
    claim = only(build(tmp_path, visit(1, authorization_number=given.number))).claim_id
    assert codes(claim) == {"AUTH_EXCEEDED"}
    overrule(claim, "AUTH_EXCEEDED")
    assert denied_with(tmp_path / "payers") == {"284"}


def test_units_are_committed_once_and_released_when_the_visit_goes_elsewhere(practice, tmp_path):
    take(tmp_path, visit(1, authorization_number="au-1"))
    made = add(entry())
    claim = only(build_claims()).claim_id
    assert records.meter(made.auth_id).committed(0) == 2
    build_claims()
    rescrub()
    assert records.meter(made.auth_id).committed(0) == 2
    over = build(tmp_path, visit(2, authorization_number="AU-1"), visit(3, authorization_number="AU-1"))
    held = {item.visit_ids[0]: item for item in over}
    assert [held[name].reasons for name in ("V2", "V3")] == [(), ("AUTH_EXCEEDED",)]
    assert records.meter(made.auth_id).committed(0) == 4
    build(tmp_path, visit(1, authorization_number="OTHER"))
    assert claim not in records.meter(made.auth_id).uses
    rescrub([held["V3"].claim_id])
    assert codes(str(held["V3"].claim_id)) == set()
    assert records.meter(made.auth_id).committed(0) == 4


def test_an_authorization_entered_later_counts_what_names_it_and_frees_what_was_held(practice, tmp_path):
    claim = only(build(tmp_path, visit(1))).claim_id
    assert codes(claim) == {"AUTH_MISSING"}
    made = add(entry())
    added(made)
    assert codes(claim) == set()
    assert recount(made.auth_id).committed(0) == 2
    assert add(entry()) == records.get(made.auth_id)  # told again, nothing changes


def test_a_pended_request_becomes_a_task_and_is_decided_by_phone(practice, tmp_path):
    take(tmp_path, visit(1, member_id="U100200307"))
    door = SimulatedClearinghouse(tmp_path / "payers", NOW)
    asked = entry(number="", allowances=(Allowance(requested=12),), diagnoses=("M6281",))
    given = request(asked, door)
    assert given.state == "pended"
    assert request(asked, door) == records.get(given.auth_id)
    assert [task.kind for task in open_tasks()] == ["authorization"]
    done = decide(given.auth_id, number="OK-7", approved=8)
    assert (done.in_force, done.allowances[0].approved) == (True, 8)
    with pytest.raises(Misuse, match="number"):
        add(entry(number=""))


def test_a_payer_that_takes_no_278_leaves_a_task(practice, tmp_path):
    take(tmp_path, line("V1", authorization_number=""))
    given = request(
        entry(payer_id="60054", number="", diagnoses=("M6281",)), SimulatedClearinghouse(tmp_path / "payers", NOW)
    )
    assert (given.state, given.how, given.documents) == ("requested", "phone", ())


def test_what_runs_out_becomes_one_task_with_its_packet(practice, tmp_path):
    take(tmp_path, visit(1, authorization_number="AU-1", progress_report_on="2026-09-20"))
    add(entry(end=date(2026, 10, 5)))
    build_claims()
    assert len(warn()) == 1
    assert warn() == []
    (task,) = [task for task in open_tasks() if task.kind == "reauthorization"]
    assert (
        task.words
        == "Authorization runs out: ask for more. On record: progress report, plan of care. To get: measures."
    )


def test_units_come_back_when_the_payer_confirms_a_void(practice, tmp_path):
    take(tmp_path, visit(1, authorization_number="AU-1"))
    made = add(entry())
    claim = str(only(build_claims()).claim_id)
    for number in ("", "UNI123"):  # accepted under the payer's number, then void
        if number:
            void(claim, reason="billed in error")
        assert records.meter(made.auth_id).committed(0) == 2
        submit_claims()
        with store.unit_of_work() as uow:
            write_events(uow, get_claim(claim), [("accepted", "277CA", "taken", {"payer_control_number": "UNI123"})])
            uow.commit()
    assert get_claim(claim).claim.status == "voided"
    assert records.meter(made.auth_id).uses == {}

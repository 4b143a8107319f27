"""A claim names the answer it was checked with; coverage that ends looking back holds the unsent and tells of the sent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.holds import hold, release
from chalicelib.claims.records import claim_events, get_claim
from chalicelib.claims.submission import submit_claims
from chalicelib.coverage import records
from chalicelib.coverage.model import BenefitRecord, Benefits, Outcome
from chalicelib.coverage.service import check_patient
from chalicelib.intake.model import Coverage
from chalicelib.intake.records import patient_key
from chalicelib.jobs.coverage import ended
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from tests.practice import AETNA, build, line, live_practice, only, take

pytestmark = pytest.mark.aws
TODAY = "2026-10-01"  # the first of a month: everybody seen in this month and the last is asked again


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTBILL_NOW", TODAY)
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def checked_with(claim_id: str) -> list[str]:
    """Check ids named by the claim's `scrubbed` events, '' where it relied on none."""
    return [e.data.get("coverage", {}).get("check_id", "") for e in claim_events(claim_id) if e.type == "scrubbed"]


def payer_says_it_ended(on: str) -> None:
    """The payer's answer of today: inactive since `on`, though the visit came before we knew."""
    coverage = Coverage(**AETNA)
    told = {"active": "no", "rows": [{"code": "6", "dates": [{"qualifier": "347", "begin": on}]}]}
    check = BenefitRecord(
        check_id=records.check_id(patient_key("P1"), coverage, TODAY), patient_key=patient_key("P1"), payer_id="60054",
        payer_name="Aetna", line_of_business="commercial", on=date.fromisoformat(TODAY), outcome=Outcome.ANSWERED,
        words="ended", benefits=Benefits.model_validate(told), checked_at=f"{TODAY}T10:00:00Z", source="271",
    )  # fmt: skip
    with store.unit_of_work() as uow:
        records.put_check(uow, check)
        uow.commit()


def test_a_claim_names_the_answer_it_was_checked_with(practice: Any, tmp_path: Path) -> None:
    take(tmp_path, line("V1", date_of_service=TODAY, note_signed_on=TODAY))
    claim = str(only(build_claims()).claim_id)
    assert checked_with(claim) == [""]
    assert get_claim(claim).claim.coverage_check is None
    (check,) = check_patient("P1", SimulatedClearinghouse(tmp_path / "payers", date.fromisoformat(TODAY)))
    rescrub()
    found = get_claim(claim).claim.coverage_check
    assert found is not None
    assert (found.check_id, found.on, found.source, found.good) == (check.check_id, check.on, "271", True)
    rescrub()
    hold(claim, "payer_issue", follow_up_on=date(2026, 10, 5))
    release(claim)
    assert checked_with(claim) == ["", check.check_id, check.check_id]  # checked again the same, nothing is written


def test_an_answer_too_old_for_the_day_is_named_as_such(practice: Any, tmp_path: Path, monkeypatch: Any) -> None:
    take(tmp_path, line("V1", date_of_service=TODAY, note_signed_on=TODAY))
    monkeypatch.setenv("OTBILL_NOW", "2026-08-01")
    check_patient("P1", SimulatedClearinghouse(tmp_path / "payers", date(2026, 8, 1)))
    monkeypatch.setenv("OTBILL_NOW", TODAY)
    claim = get_claim(str(only(build_claims()).claim_id)).claim
    assert claim.coverage_check is not None
    assert (claim.coverage_check.on, claim.coverage_check.good) == (date(2026, 8, 1), False)


def test_coverage_that_ended_looking_back_holds_the_unsent_and_tells_of_the_sent_overnight(
    practice: Any, tmp_path: Path
) -> None:
    sent = str(only(build(tmp_path, line("V1"))).claim_id)
    submit_claims()
    day = {"date_of_service": "2026-09-15", "note_signed_on": "2026-09-15"}
    (waiting,) = (one for one in build(tmp_path, line("V2", **day)) if one.visit_ids == ("V2",))
    assert waiting.status == "ready"
    payer_says_it_ended("2026-08-31")
    assert ended() == {"ended": 1}  # nobody is booked today; the patient was seen last month
    ended()
    (task,) = [task for task in open_tasks() if task.kind == "retroactive_termination"]
    assert task.amount_cents == get_claim(sent).claim.content.charge_cents
    rescrub()
    held = get_claim(str(waiting.claim_id)).claim
    errors = {finding.code for finding in held.findings if finding.severity == "error"}
    assert (held.status, errors) == ("held", {"COVERAGE_INACTIVE"})
    assert submit_claims()[1] == []
    assert get_claim(sent).claim.status == "submitted"  # what a payer has is never changed behind its back

"""Auto claims: the clocks of Florida's law, the accident over all its claims, and the way on once benefits are used up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib import documents
from chalicelib.claims import accidents, papers, pip, records, secondary
from chalicelib.claims.build import rescrub
from chalicelib.claims.submission import submit_claims
from chalicelib.cli.main import main
from chalicelib.codes import payers
from chalicelib.documentation import attachments
from chalicelib.intake.model import Accident
from chalicelib.platform.errors import NotFound, Refused
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal, current
from chalicelib.x12 import Adjustment, read_837p
from tests.claims.bench_desk import Desk
from tests.claims.test_secondary_compiled import GEICO, content
from tests.claims.test_secondary_opened import second
from tests.practice import AETNA, build, line, live_practice, only

InTenant = Callable[..., AbstractContextManager[Any]]
CRASH = {
    "payer_id": "GEICO", "line_of_business": "auto", "member_id": "", "accident_type": "AA", "accident_date": "2026-08-20",
    "accident_state": "FL", "property_casualty_claim_number": "0512345678", "first_care_on": "2026-08-25",
    "emc_on": "2026-08-26",
}  # fmt: skip
LETTER = b"%PDF-1.4 fictional letter of a fictional insurer"


def auto(**accident: Any) -> Any:
    base = Accident(type="AA", date=date(2026, 8, 20), state="FL", claim_number="1", first_care_on=date(2026, 8, 25))
    return content(15000, coverage=GEICO).model_copy(update={"accident": base.model_copy(update=accident)})


@pytest.mark.parametrize(
    ("accident", "days"),
    [
        ({}, 35),
        ({"initiation_notice_on": date(2026, 9, 15)}, 75),
        ({"initiation_notice_on": date(2026, 9, 16)}, 35),
        ({"initiation_notice_on": date(2026, 9, 1), "first_care_on": None}, 35),
        ({"state": "GA"}, 180),
        ({"date": date(2007, 12, 31)}, 180),
    ],
    ids=("Florida", "notice on day 21", "notice on day 22", "no first care", "another state", "before the law's rows"),
)
def test_the_statement_is_due_as_florida_says_and_elsewhere_as_the_payer_does(
    accident: dict[str, Any], days: int
) -> None:
    import dataclasses

    plan = payers.plan("GEICO", "auto", date(2026, 9, 1))
    assert plan is not None
    assert pip.filing_days(auto(**accident), dataclasses.replace(plan, timely_filing_days=180)) == days


def test_the_benefit_depends_on_the_emergency_and_only_in_florida() -> None:
    assert pip.benefit_cents(auto()) == 250_000
    assert pip.benefit_cents(auto(emergency_condition_on=date(2026, 8, 26))) == 1_000_000
    assert pip.benefit_cents(auto(state="GA")) is None
    assert pip.first_care_limit(auto()) == 14
    assert pip.first_care_limit(auto(state="GA")) is None


def test_a_denial_because_the_benefit_is_used_up_is_told_from_others() -> None:
    def denied(reason: str) -> dict[str, Any]:
        return {"lines": [{"adjustments": [{"group": "PR", "reason": reason, "amount_cents": 15000}]}]}

    assert accidents.says_used_up(denied("119"))
    assert accidents.says_used_up(denied("35"))
    assert not accidents.says_used_up(denied("50"))


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-05")
    with in_tenant(live_practice(operator).slug):
        yield Desk(operator, tmp_path)


def deny(desk: Desk, claim_id: str) -> None:
    """The insurer denies all of the claim: benefit maximum reached. As a posted 835 leaves it."""
    from chalicelib import store
    from tests.claims.test_secondary_compiled import decision, paid_line

    stored = records.get_claim(claim_id)
    told = stored.claim.content
    number = stored.claim.submissions[0].patient_control_number
    event = decision(told, (paid_line(told, 1, Adjustment("PR", "119", 15000)),))
    result = {"remittance_id": "rmt_a", "paid_cents": 0, "adjusted_cents": 0, "patient_cents": 0, "open_cents": 15000,
              "denied_cents": 15000}  # fmt: skip
    data = {**event.data, "patient_control_number": number, "result": result}
    with store.unit_of_work() as uow:
        records.write_events(uow, stored, [("adjudicated", "835", "denied", data)])
        uow.commit()


@pytest.mark.aws
def test_once_benefits_are_used_up_the_next_payer_is_billed_with_the_letter_and_nothing_more_goes_to_the_insurer(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    first = only(build(desk.folder, line("V1", **CRASH, **second(AETNA)))).claim_id
    submit_claims()
    waiting = only(build(desk.folder, line("V2", **CRASH, date_of_service="2026-09-02", note_signed_on="2026-09-02")))
    assert waiting.status == "ready"
    deny(desk, first)
    assert desk.claim(first).status == "denied"
    assert (accidents.spot(), accidents.spot()) == (1, 0), "told once"
    assert "ask for its letter" in only(task.words for task in open_tasks() if task.kind == "benefits_exhausted")
    with pytest.raises(Refused) as caught:
        secondary.open_secondary(first)
    assert caught.value.code == "EXHAUSTION_LETTER_MISSING"
    with pytest.raises(NotFound):
        accidents.mark_exhausted(first, date(2026, 9, 3), paper_id="pap_nothing")
    patient = desk.claim(first).content.patient_key
    paper = attachments.add("exhaustion_letter", LETTER, patient=patient)
    slug = current().tenant.slug
    assert (
        main(
            ["claims", "exhausted", "--tenant", slug, "--claim", first, "--on", "2026-09-03", "--paper", paper.paper_id]
        )
        == 0
    )
    assert "with the insurer's letter" in capsys.readouterr().out
    rescrub([str(waiting.claim_id)])
    held = desk.claim(str(waiting.claim_id))
    assert (held.status, held.owner) == ("held", "us")
    assert "used up since 2026-09-03" in held.reason
    assert secondary.open_secondary(first).status == "ready"
    _, batches = submit_claims()
    sent = only(read_837p(documents.get(only(item for item in batches if item.document).document)).claims)
    assert (sent.payer_id, sent.payer_sequence) == ("60054", "S")
    assert [(one.report_type, one.transmission) for one in sent.attachments] == [("EB", "FX")]
    assert sent.lines[0].adjudications[0].adjustments == (Adjustment("PR", "119", 15000),)
    assert main(["claims", "accident", "--tenant", slug, "--claim", first]) == 0
    said = capsys.readouterr().out
    assert "2 claims" in said
    assert "of 10,000.00" in said
    assert "used up since 2026-09-03" in said


@pytest.mark.aws
def test_a_paper_is_named_on_the_claim_and_wrong_kinds_are_refused(desk: Desk) -> None:
    claim_id = str(only(build(desk.folder, line("V1", **CRASH))).claim_id)
    paper = attachments.add("disclosure_form", LETTER, patient=desk.claim(claim_id).content.patient_key)
    for wrong, code in (({"report_type": "ZZ"}, "REPORT_TYPE"), ({"way": "PIGEON"}, "TRANSMISSION")):
        with pytest.raises(Refused) as caught:
            papers.attach(claim_id, paper.paper_id, **wrong)
        assert caught.value.code == code
    papers.attach(claim_id, paper.paper_id)
    papers.attach(claim_id, paper.paper_id, report_type="M1", way="BM")
    assert [item.report_type for item in desk.claim(claim_id).papers] == ["M1"], "the same paper again mends it"
    with pytest.raises(Refused) as caught:
        accidents.standing(str(only(build(desk.folder, line("V3", patient_id="P3"))).claim_id))
    assert caught.value.code == "NO_ACCIDENT"

"""Billing the next payer: when it is due, when it is refused and why, and what travels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import corrections, records, secondary, silence
from chalicelib.claims.answers import take_277ca
from chalicelib.claims.submission import mail, submit_claims
from chalicelib.cli.main import main
from chalicelib.onboarding.apply import apply, current_practice
from chalicelib.onboarding.model import PlanSettings
from chalicelib.platform.errors import Refused
from chalicelib.remittance.service import post_file
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from chalicelib.x12 import (
    Adjustment,
    ClaimPayment,
    ClaimStatus,
    Interchange,
    Name,
    Payee,
    Payer,
    Remittance,
    ServicePayment,
    read_837p,
    write_835,
)
from tests.claims.bench_desk import Desk, proven
from tests.claims.test_secondary_compiled import balances, complaints
from tests.practice import CIGNA, MEDICARE, build, line, live_practice, npi, only

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


def second(coverage: dict[str, str], prefix: str = "secondary", **more: str) -> dict[str, str]:
    named = ("payer_id", "line_of_business", "member_id")
    return {**{f"{prefix}_{name}": coverage[name] for name in named}, f"{prefix}_relationship": "self", **more}


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    with in_tenant(live_practice(operator).slug):
        yield Desk(operator, tmp_path)


def sent(desk: Desk, *rows: dict[str, str]) -> list[str]:
    claim_ids = [str(outcome.claim_id) for outcome in build(desk.folder, *rows)]
    submit_claims()
    return claim_ids


AETNA_CUTS = (Adjustment("CO", "45", 5000), Adjustment("PR", "2", 2000))


def decide(
    desk: Desk,
    claim_ids: list[str],
    *,
    status: str = "1",
    trace: str = "T1",
    cas: tuple[Adjustment, ...] = AETNA_CUTS,
    payer: tuple[str, str] = ("AETNA", "60054"),
    number: int = -1,
    **more: Any,
) -> None:
    """The payer pays 80.00 of each claim, cuts 50.00 and leaves 20.00 to the patient or the next payer; or as `cas` says.
    `number` says which sending it answers, by its place."""
    made = [part_of(desk, claim_id, status, cas, number, **more) for claim_id in claim_ids]
    assert only(posted(desk, made, trace, payer)).posted == len(made)


def part_of(
    desk: Desk, claim_id: str, status: str, cas: tuple[Adjustment, ...], number: int, sign: int = 1, **more: Any
) -> ClaimPayment:
    """One claim of a check; `sign` -1 for one taken back."""
    paid = 15000 - sum(item.amount_cents for item in cas)
    share = sum(item.amount_cents for item in cas if item.group == "PR")
    cas = tuple(dataclasses.replace(item, amount_cents=sign * item.amount_cents) for item in cas)
    answered = desk.claim(claim_id).submissions[number]
    part = ServicePayment("97530", ("GO",), sign * 15000, sign * paid, 2, date(2026, 9, 1), "", cas)
    icn = f"ICN-{answered.sequence}"
    name = Name("Testcase", "M")
    return ClaimPayment(
        answered.patient_control_number, status, sign * 15000, sign * paid, max(sign * share, 0), "12", icn, name,
        lines=(part,), **more,
    )  # fmt: skip


def posted(desk: Desk, made: list[ClaimPayment], trace: str, payer: tuple[str, str]) -> list[Any]:
    practice = current_practice()
    check = Remittance(
        amount_cents=sum(item.paid_cents for item in made), method="ACH", date=date(2026, 9, 30), trace=trace,
        claims=tuple(made), originating_company_id="1999999999",
        payer=Payer(*payer, phone="8005550100", contact_name="DESK"),
        payee=Payee(practice.legal_name, practice.npi, practice.tax_id), production_date=date(2026, 9, 30),
    )  # fmt: skip
    envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
    return list(post_file(write_835(envelope, [check]), desk.operator))


def taken_back(
    desk: Desk,
    claim_id: str,
    cas: tuple[Adjustment, ...],
    *,
    trace: str,
    payer: tuple[str, str] = ("AETNA", "60054"),
    number: int = 0,
    status: str = "",
) -> None:
    """The payer reverses (CLP02 22) what it had decided as `cas` on a sending, in a check of its own."""
    assert status != "22"
    assert only(posted(desk, [part_of(desk, claim_id, "22", cas, number, -1)], trace, payer)).posted == 1


def again(
    desk: Desk,
    claim_id: str,
    cas: tuple[Adjustment, ...],
    *,
    was: tuple[Adjustment, ...] = AETNA_CUTS,
    traces: tuple[str, str] = ("T5", "T6"),
) -> None:
    """Aetna takes back what it decided on the first sending, and decides as `cas` says."""
    taken_back(desk, claim_id, was, trace=traces[0])
    decide(desk, [claim_id], cas=cas, trace=traces[1], number=0)


def refusal(claim_id: str) -> Refused:
    with pytest.raises(Refused) as caught:
        secondary.open_secondary(claim_id)
    return caught.value


def test_the_next_payer_gets_the_claim_with_the_first_ones_decision_and_its_own_clock(desk: Desk) -> None:
    from chalicelib import documents

    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id])
    due = desk.claim(claim_id)
    assert (due.status, due.owner) == ("secondary_due", "us")
    opened = only(secondary.open_due())
    assert (opened.claim_id, opened.code) == (claim_id, "")
    assert secondary.open_due() == [], "once"
    ready = desk.claim(claim_id)
    assert (ready.status, ready.deadline) == ("ready", date(2026, 12, 29)), "Cigna's 90 days run from the decision"
    _, batches = submit_claims()
    batch = only(batch for batch in batches if batch.document)
    assert (batch.payer_id, batch.payer_name) == ("62308", "Cigna")
    claim = only(read_837p(documents.get(batch.document)).claims)
    assert (claim.payer_sequence, claim.payer_id, claim.member_id) == ("S", "62308", "U1002003001")
    (other,) = claim.other_payers
    assert (other.payer_name, other.paid_cents, other.payer_control_number) == ("Aetna", 8000, "ICN-P")
    (decided,) = claim.lines[0].adjudications
    assert (decided.paid_cents, decided.patient_liability_cents, decided.adjudicated_on) == (
        8000,
        2000,
        date(2026, 9, 30),
    )
    first, next_one = desk.claim(claim_id).submissions
    assert [first.sequence, next_one.sequence] == ["P", "S"]
    assert first.patient_control_number != next_one.patient_control_number
    # Turned away at Cigna's door: it is made anew from the decision, and nothing of the first payer's claim moved.
    take_277ca([ClaimStatus(next_one.patient_control_number, "A3", "164", "IL")])
    assert desk.claim(claim_id).status == "rejected"
    assert corrections.resubmit(claim_id).status == "ready"
    assert desk.claim(claim_id).payer_control_number == "ICN-P"
    assert corrections.drop(claim_id).status == "secondary_due"


def test_a_claim_the_payer_passed_on_waits_and_then_may_be_billed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id], status="19")
    due = desk.claim(claim_id)
    assert (due.status, due.owner, due.deadline) == ("secondary_due", "payer", date(2026, 11, 14))
    found = refusal(claim_id)
    assert (found.code, "2026-11-14" in found.fix) == ("CROSSED_OVER", True)
    assert secondary.open_due() == []
    assert [task.kind for task in open_tasks()] == [], "waiting is nobody's task"
    monkeypatch.setenv("OTBILL_NOW", "2026-11-15")
    assert [item.claim_ids for item in silence.sweep()] == [(claim_id,)]
    assert desk.claim(claim_id).owner == "us"
    assert [item.code for item in secondary.open_due()] == [""]
    assert desk.claim(claim_id).status == "ready"


def test_every_refusal_says_why_and_which_way_it_goes_instead(desk: Desk) -> None:
    medicare = {**MEDICARE, "referring_npi": npi(9999)}
    rows = (
        line("V1", patient_id="P1", member_id="W100200301", **second(medicare)),
        line(
            "V2",
            patient_id="P2",
            member_id="W100200302",
            **second(CIGNA),
            **second(medicare, "tertiary"),
            msp_type="12",
        ),
        line("V3", patient_id="P3", member_id="W100200303", **second({**CIGNA, "payer_id": "55123"})),
        line("V4", patient_id="P4", member_id="W100200304", **second({**CIGNA, "payer_id": "NOBODY"})),
        line("V5", patient_id="P5", member_id="W100200305"),
    )
    claim_ids = sent(desk, *rows)
    by_visit = {desk.claim(claim_id).content.visit_ids[0]: claim_id for claim_id in claim_ids}
    decide(desk, claim_ids)
    assert refusal(by_visit["V1"]).code == "MSP_TYPE_MISSING"
    assert refusal(by_visit["V3"]).code == "MEDIGAP_BY_CROSSOVER"
    assert refusal(by_visit["V4"]).code == "NEXT_PAYER_UNKNOWN"
    assert refusal(by_visit["V5"]).code == "EVENT_NOT_ALLOWED"
    found = {item.claim_id: item.code for item in secondary.open_due()}
    assert found == {by_visit["V1"]: "MSP_TYPE_MISSING", by_visit["V2"]: "", by_visit["V3"]: "MEDIGAP_BY_CROSSOVER",
                     by_visit["V4"]: "NEXT_PAYER_UNKNOWN"}  # fmt: skip
    tasks = [task for task in open_tasks() if task.kind == "secondary"]
    assert len(tasks) == 3
    secondary.open_due()
    assert len([task for task in open_tasks() if task.kind == "secondary"]) == 3, "a refusal is told once"
    two_before = desk.claim(by_visit["V2"])
    assert secondary.next_coverage(two_before) == two_before.content.secondary
    answered = tuple(
        item.model_copy(update={"outcome": "adjudicated", "sequence": "S"}) for item in two_before.submissions
    )
    assert (
        secondary.next_coverage(two_before.model_copy(update={"submissions": answered})) == two_before.content.tertiary
    )
    with pytest.raises(Refused) as caught:
        secondary._check_payer(two_before.content, "T", two_before.content.tertiary, current_practice())
    assert caught.value.code == "MEDICARE_THIRD_ON_PAPER"
    assert "otbill claims paper" in caught.value.fix


def test_a_decision_taken_back_before_the_next_payer_got_the_claim_takes_its_claim_back(desk: Desk) -> None:
    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id])
    secondary.open_secondary(claim_id)
    stored = records.get_claim(claim_id)
    from chalicelib import store

    with store.unit_of_work() as uow:
        number = stored.claim.submissions[0].patient_control_number
        records.write_events(uow, stored, [("reversed", "835", "taken back", {"patient_control_number": number})])
        uow.commit()
    claim = desk.claim(claim_id)
    assert (claim.status, claim.sending) == ("reversed", None), "what it would have told is no longer so"
    assert refusal(claim_id).code == "EVENT_NOT_ALLOWED"


def test_the_command_opens_it_or_says_why_not(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    from chalicelib.tenancy import current

    slug = current().tenant.slug
    claim_id = only(sent(desk, line(**second(CIGNA))))
    assert main(["claims", "secondary", "--tenant", slug, "--claim", claim_id]) == 1
    assert "the primary payer has to decide first" in capsys.readouterr().err
    decide(desk, [claim_id])
    assert main(["claims", "secondary", "--tenant", slug, "--claim", claim_id, "--json"]) == 0
    assert '"sequence":"S"' in capsys.readouterr().out.replace(" ", "")


def test_a_claim_to_be_mailed_goes_in_no_file_and_is_followed_like_any_other(desk: Desk) -> None:
    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id])
    secondary.open_secondary(claim_id, paper=True, reason="its door is shut")
    assert submit_claims()[0] == [], "no file takes it along"
    mailed = mail(claim_id)
    assert (mailed.status, mailed.submissions[-1].file, mailed.submissions[-1].sequence) == ("submitted", "paper", "S")
    assert "Mailed on paper to Cigna" in records.claim_events(claim_id)[-1].words
    other = only(sent(desk, line("V9", patient_id="P9", member_id="W100200309")))
    with pytest.raises(Refused) as caught:
        mail(other)
    assert caught.value.code == "EVENT_NOT_ALLOWED"


def test_a_payer_that_takes_paper_only_gets_no_file(desk: Desk, in_tenant: InTenant, operator: Principal) -> None:
    practice = live_practice(operator)
    row = {"from": date(2026, 1, 1), "source": "letter of the payer, 2026-01", "electronic_837": False}
    plain = PlanSettings.model_validate(row)
    payers = tuple(
        item.model_copy(update={"plan": (plain,), "enrolment": {}}) if item.payer_id == "60054" else item
        for item in practice.payers
    )
    apply(practice.model_copy(update={"payers": payers}), operator)
    with in_tenant(practice.slug):
        claim_id = str(only(build(desk.folder, line())).claim_id)
        assert desk.claim(claim_id).status == "ready", "paper wants no enrolment"
        assert submit_claims() == ([], [])
        assert mail(claim_id).status == "submitted"


def test_from_the_first_payers_check_to_the_second_ones_every_cent_is_accounted_for(desk: Desk) -> None:
    claim_id = desk.billed(line(member_id="W100200301", **second(CIGNA)))
    due = desk.claim(claim_id)
    assert due.status == "secondary_due"
    charge, paid, adjusted, patient, _ = desk.money(claim_id)
    share = charge - paid - adjusted
    assert (share > 0, patient) == (True, 0), "the next payer is asked before the patient"
    secondary.open_secondary(claim_id)
    desk.send()
    claim = desk.claim(claim_id)
    assert [item.outcome for item in claim.submissions] == ["adjudicated", "adjudicated"]
    after = desk.money(claim_id)
    assert after[1] + after[2] + after[3] + after[4] == charge
    assert after[1] > paid, "Cigna paid of what Aetna left"
    assert claim.status in ("patient_due", "closed")
    assert proven()


def test_the_third_payer_gets_what_the_two_before_it_decided_and_only_then_the_patient_pays(desk: Desk) -> None:
    from chalicelib import documents

    united = {"payer_id": "87726", "line_of_business": "commercial", "member_id": "9000000011"}
    claim_id = only(sent(desk, line(**second(CIGNA), **second(united, "tertiary"))))
    decide(desk, [claim_id])
    secondary.open_secondary(claim_id)
    submit_claims()
    cigna = (Adjustment("OA", "23", 13000), Adjustment("PR", "1", 500))
    decide(desk, [claim_id], status="2", trace="T2", cas=cigna, payer=("CIGNA", "62308"))
    due = desk.claim(claim_id)
    assert due.adjudication is not None
    assert (due.status, due.adjudication.secondary_cents, due.adjudication.patient_cents) == ("secondary_due", 500, 0)
    assert desk.money(claim_id)[3:] == (0, 500), "the patient is asked for nothing yet"
    assert [item.code for item in secondary.open_due()] == [""]
    _, batches = submit_claims()
    data = documents.get(only(batch for batch in batches if batch.document).document)
    assert complaints(data) == []
    claim = only(read_837p(data).claims)
    assert (claim.payer_sequence, claim.payer_id, claim.member_id) == ("T", "87726", "9000000011")
    balances(claim)
    assert [(one.sequence, one.payer_id, one.paid_cents) for one in claim.other_payers] == [
        ("P", "60054", 8000),
        ("S", "62308", 1500),
    ]
    told = [(one.payer_id, one.paid_cents, one.patient_liability_cents) for one in claim.lines[0].adjudications]
    assert told == [("60054", 8000, 2000), ("62308", 1500, 500)]
    last = (Adjustment("OA", "23", 14500), Adjustment("PR", "2", 100))
    decide(desk, [claim_id], status="3", trace="T3", cas=last, payer=("UNITEDHEALTHCARE", "87726"))
    done = desk.claim(claim_id)
    assert (done.status, [item.outcome for item in done.submissions]) == ("patient_due", ["adjudicated"] * 3)
    assert desk.money(claim_id) == (15000, 8000 + 1500 + 400, 5000, 100, 0)
    assert secondary.next_coverage(done) is None
    assert proven()

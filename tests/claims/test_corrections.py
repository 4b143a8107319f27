"""Ways back for a claim: corrected, voided, sent again; the payer's books and ours agree after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import corrections, records
from chalicelib.claims.answers import take_277ca
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.graph import NotNow
from chalicelib.claims.submission import submit_claims
from chalicelib.cli.main import main
from chalicelib.platform.errors import Refused
from chalicelib.remittance.service import post_file
from chalicelib.store import journal
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
    write_835,
)
from tests.claims.bench_desk import Desk, proven
from tests.practice import MEDICARE, build, line, live_practice, npi, only
from tests.x12.x12_values import pyx12_verdict

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]
PART_B = {**MEDICARE, "referring_npi": npi(9999)}
HALF_HOUR, THREE_QUARTERS = line(), line(therapist_minutes="45")


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    with in_tenant(live_practice(operator).slug):
        yield Desk(operator, tmp_path)


def test_a_corrected_claim_replaces_the_first_at_the_payer_and_in_the_books(
    desk: Desk, in_tenant: InTenant, operator: Principal, tmp_path: Path
) -> None:
    claim_id = desk.billed(HALF_HOUR)
    first = desk.money(claim_id)
    assert first[0] == 15000
    number = desk.claim(claim_id).payer_control_number
    desk.change(THREE_QUARTERS)
    assert desk.claim(claim_id).correction_open
    assert corrections.correct(claim_id, reason="45 minutes were given").status == "ready"
    assert desk.money(claim_id)[0] == 22500, "the charge moves with the correction"
    desk.send()
    original, corrected = desk.sent()
    assert (corrected.frequency_code, corrected.original_reference) == ("7", number)
    assert corrected.patient_control_number != original.patient_control_number
    assert [item.charge_cents for item in corrected.lines] == [22500]
    claim = desk.claim(claim_id)
    assert (claim.sending, claim.correction_open) == (None, False)
    assert [item.outcome for item in claim.submissions] == ["reversed", "adjudicated"]
    assert desk.events(claim_id)[-2:] == ["reversed", "adjudicated"]
    assert proven()
    with in_tenant(live_practice(operator).slug):  # the same visit billed right at once is paid the same
        other = Desk(operator, tmp_path / "other")
        assert other.money(other.billed(THREE_QUARTERS)) == desk_money(desk, claim_id)


def desk_money(desk: Desk, claim_id: str) -> tuple[int, ...]:
    from chalicelib.store import directory
    from chalicelib.tenancy import enter

    tenant_id = next(
        t.tenant_id for t in directory.list_tenants() if t.code == desk.sent()[0].patient_control_number[:4]
    )
    with enter(desk.operator, tenant_id, "test", directory.directory()):
        return desk.money(claim_id)


def test_a_void_takes_the_charge_back_when_the_payer_confirms_it_and_not_before(desk: Desk) -> None:
    claim_id = desk.billed()
    paid = desk.money(claim_id)
    assert corrections.void(claim_id, reason="another patient's visit").status == "ready"
    submit_claims()
    assert desk.money(claim_id) == paid, "asking moves no money"
    desk.send()
    assert desk.sent()[-1].frequency_code == "8"
    claim = desk.claim(claim_id)
    assert (claim.status, claim.owner, claim.adjudication) == ("voided", "nobody", None)
    assert desk.accounts(claim_id) == {}
    assert proven()
    assert [outcome.change for outcome in [*build_claims(), *rescrub()] if outcome.claim_id == claim_id] == []
    assert desk.claim(claim_id).status == "voided", "a voided visit is not billed again by itself"


def test_a_voided_claim_goes_again_when_a_person_says_so(desk: Desk) -> None:
    claim_id = desk.billed()
    before = desk.money(claim_id)
    corrections.void(claim_id, reason="wrong payer")
    desk.send()
    assert corrections.resubmit(claim_id).status == "ready"
    assert desk.money(claim_id)[0] == 15000
    desk.send()
    assert [item.frequency_code for item in desk.sent()] == ["1", "8", "1"]
    assert desk.money(claim_id) == before, "no duplicate: the payer gave the first one up"
    assert proven()


def test_a_void_of_an_undecided_claim_is_confirmed_by_the_payer_taking_it(desk: Desk) -> None:
    claim_id = str(only(build(desk.folder, line())).claim_id)
    submit_claims()
    told(desk, claim_id, "A2", "ICN77")
    corrections.void(claim_id, reason="twice in the file")
    submit_claims()
    assert desk.claim(claim_id).latest.frequency == "8"  # type: ignore[union-attr]
    told(desk, claim_id, "A2", "ICN78")
    assert desk.claim(claim_id).status == "voided"
    assert desk.accounts(claim_id) == {}
    assert proven()


def told(desk: Desk, claim_id: str, category: str, number: str = "") -> None:
    latest = desk.claim(claim_id).latest
    assert latest is not None
    take_277ca([
        ClaimStatus(
            patient_control_number=latest.patient_control_number, category=category, status="20", entity="",
            payer_control_number=number, charge_cents=15000, effective_date=date(2026, 9, 30), action="WQ",
        )
    ])  # fmt: skip


def test_a_rejected_void_leaves_the_claim_as_the_payer_has_it(desk: Desk) -> None:
    claim_id = desk.billed()
    before = desk.money(claim_id), desk.claim(claim_id).status
    corrections.void(claim_id, reason="r")
    submit_claims()
    told(desk, claim_id, "A7")
    assert desk.claim(claim_id).status == "rejected"
    with pytest.raises(NotNow) as caught:
        corrections.resubmit(claim_id)
    assert caught.value.code == "VOID_REJECTED"
    corrections.drop(claim_id, reason="the payer wants a phone call")
    assert (desk.money(claim_id), desk.claim(claim_id).status) == before
    assert proven()


def test_a_rejected_claim_goes_again_as_new_once_it_is_mended(desk: Desk) -> None:
    claim_id = desk.billed(line(member_id="W100200000"))
    assert desk.claim(claim_id).status == "rejected"
    desk.change(line())
    assert desk.claim(claim_id).status == "ready"
    desk.send()
    first, second = desk.sent()
    assert (second.frequency_code, second.original_reference, second.member_id) == ("1", "", "W100200301")
    assert first.patient_control_number != second.patient_control_number
    assert desk.claim(claim_id).adjudication is not None
    assert proven()


def test_a_rejected_claim_goes_again_unchanged_when_a_person_says_so(desk: Desk) -> None:
    claim_id = desk.billed(line(member_id="W100200000"))
    assert corrections.resubmit(claim_id, reason="the payer mended its roster").status == "ready"
    desk.send()
    assert [item.frequency_code for item in desk.sent()] == ["1", "1"]


def test_a_correction_follows_its_visit_until_it_is_sent_and_holds_like_any_claim(desk: Desk) -> None:
    claim_id = desk.billed()
    desk.change(line(therapist_minutes="45", note_signed_on=""))
    assert corrections.correct(claim_id).status == "held"
    assert submit_claims()[0] == [], "a held correction is in no batch"
    desk.change(line(therapist_minutes="60"))
    claim = desk.claim(claim_id)
    assert (claim.status, claim.content.charge_cents) == ("ready", 30000)
    assert len(list(records.claims_with_status(claim.status))) == 1, "no second claim for the visit"
    desk.send()
    assert desk.sent()[-1].frequency_code == "7"
    assert proven()


def test_a_correction_given_up_leaves_everything_as_it_was(desk: Desk) -> None:
    claim_id = desk.billed()
    before = desk.money(claim_id), desk.claim(claim_id).status, desk.claim(claim_id).content
    desk.change(THREE_QUARTERS)
    corrections.correct(claim_id)
    claim = corrections.drop(claim_id)
    assert (desk.money(claim_id), claim.status, claim.content) == before
    assert claim.correction_open, "the visit still differs"
    assert proven()


def test_a_correction_that_would_delete_a_line_at_the_payer_must_be_meant(desk: Desk) -> None:
    two = line(), line(number=2, cpt="97110", therapist_minutes="15", charge="60.00")
    claim_id = desk.billed(*two)
    desk.change(two[0], {**two[1], "cpt": "97530", "charge": "75.00"})  # both lines are one now
    with pytest.raises(Refused) as caught:
        corrections.correct(claim_id)
    assert (caught.value.code, caught.value.where) == ("LINES_WOULD_GO", "97110")
    assert corrections.correct(claim_id, drop_lines=True).status == "ready"


def test_nothing_to_correct_and_nothing_to_void_are_said(desk: Desk) -> None:
    claim_id = desk.billed()
    with pytest.raises(Refused) as caught:
        corrections.correct(claim_id)
    assert caught.value.code == "NOTHING_TO_CORRECT"
    fresh = str(only(build(desk.folder, line("V2", date_of_service="2026-09-02"))).claim_id)
    with pytest.raises(NotNow):
        corrections.void(fresh, reason="r")
    submit_claims()
    with pytest.raises(NotNow):
        corrections.correct(fresh)  # the payer has not taken it yet


def test_medicare_part_b_is_asked_to_reopen_and_gets_neither_7_nor_8(desk: Desk) -> None:
    claim_id = desk.billed(line(**PART_B))
    desk.change(line(therapist_minutes="45", **PART_B))
    claim = corrections.correct(claim_id)
    assert desk.events(claim_id)[-1] == "reopening_asked"
    assert claim.status != "ready"
    assert [task.kind for task in open_tasks() if task.subject == claim_id and task.kind == "reopening"] == [
        "reopening"
    ]
    with pytest.raises(Refused) as caught:
        corrections.void(claim_id, reason="r")
    assert caught.value.code == "NO_VOID_HERE"
    desk.send()
    assert [item.frequency_code for item in desk.sent()] == ["1"]
    assert proven()


def test_only_lines_refused_as_unprocessable_go_again_as_a_new_claim(desk: Desk) -> None:
    two = [{**row, **PART_B} for row in (line(), line(number=2, cpt="97110", therapist_minutes="15", charge="60.00"))]
    claim_id = str(only(build(desk.folder, *two)).claim_id)
    submit_claims()
    claim = desk.claim(claim_id)
    kept, refused = claim.content.lines
    paid = service(kept, Adjustment("CO", "45", 5000))
    denied = service(refused, Adjustment("CO", "16", refused.charge_cents), remarks=("MA130",))
    post(desk, claim, paid, denied)
    assert desk.claim(claim_id).status == "partly_denied"
    again = corrections.correct(claim_id, reason="the modifier is right now")
    assert again.status == "ready"
    submit_claims()
    latest = desk.claim(claim_id).latest
    assert latest is not None
    sent = records.find_submissions([latest.submission_id])[latest.submission_id]
    assert (sent.frequency, sent.original_reference) == ("1", "")
    assert [item.cpt for item in sent.content.lines] == [refused.cpt]
    post(desk, desk.claim(claim_id), service(refused, Adjustment("CO", "45", 1000)), trace="T2")
    assert desk.money(claim_id) == (21000, 15000, 6000, 0, 0)
    assert proven()


def service(billed: Any, *cas: Adjustment, remarks: tuple[str, ...] = ()) -> ServicePayment:
    paid = billed.charge_cents - sum(item.amount_cents for item in cas)
    return ServicePayment(
        billed.cpt, (), billed.charge_cents, paid, billed.units, date(2026, 9, 1), billed.control_number, cas, remarks
    )


def post(desk: Desk, claim: Any, *services: ServicePayment, trace: str = "T1") -> None:
    from chalicelib.onboarding.apply import current_practice

    charge, paid = sum(item.charge_cents for item in services), sum(item.paid_cents for item in services)
    payment = ClaimPayment(
        claim.latest.patient_control_number,
        "1",
        charge,
        paid,
        0,
        "MB",
        "ICN1",
        Name("Testcase", "Marigold"),
        lines=services,
    )
    practice = current_practice()
    remittance = Remittance(
        amount_cents=paid, method="ACH", date=date(2026, 9, 30), trace=trace, originating_company_id="1999999999",
        payer=Payer("MEDICARE", "09102", phone="8005550100", contact_name="DESK"),
        payee=Payee(practice.legal_name, practice.npi, practice.tax_id), production_date=date(2026, 9, 30), claims=(payment,),
    )  # fmt: skip
    envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
    (result,) = post_file(write_835(envelope, [remittance]), desk.operator)
    assert result.posted == 1, result


def test_an_independent_reader_takes_originals_corrections_and_voids(desk: Desk, tmp_path: Path) -> None:
    claim_id = desk.billed()
    desk.change(THREE_QUARTERS)
    corrections.correct(claim_id)
    desk.send()
    corrections.void(claim_id, reason="r")
    desk.send()
    assert [item.frequency_code for item in desk.sent()] == ["1", "7", "8"]
    for path in desk.files():
        valid, errors = pyx12_verdict(path.read_bytes(), tmp_path)
        assert valid, errors


def test_the_commands_say_what_happened(
    desk: Desk, capsys: pytest.CaptureFixture[str], in_tenant: InTenant, aws: str
) -> None:
    from chalicelib.tenancy import current

    tenant = current().tenant.slug
    claim_id = desk.billed()
    desk.change(THREE_QUARTERS)
    assert main(["claims", "correct", "--tenant", tenant, "--claim", claim_id, "--reason", "minutes"]) == 0
    assert "ready" in capsys.readouterr().out
    assert main(["claims", "correct", "--tenant", tenant, "--claim", claim_id, "--drop", "--json"]) == 0
    assert main(["claims", "void", "--tenant", tenant, "--claim", claim_id, "--reason", "twice"]) == 0
    assert main(["claims", "void", "--tenant", tenant, "--claim", claim_id, "--reason", "twice"]) == 1
    assert "EVENT_NOT_ALLOWED" in capsys.readouterr().err
    assert main(["claims", "resubmit", "--tenant", tenant, "--claim", claim_id]) == 1
    assert journal.verify()["balanced"]

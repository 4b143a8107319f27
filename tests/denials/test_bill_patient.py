"""A patient share other than PR 1, 2 and 3: a person moves it to the patient, and nobody moves what may not be asked."""

from __future__ import annotations

import pytest

from chalicelib.denials import paths, records
from chalicelib.denials.refresh import refresh
from chalicelib.platform.errors import Forbidden, Refused
from chalicelib.remittance import patient_share
from chalicelib.remittance.book import settle
from chalicelib.remittance.split import Terms
from chalicelib.store import journal
from chalicelib.tenancy import Principal
from tests.denials.conftest import Desk
from tests.practice import CIGNA, MEDICARE, npi
from tests.remittance.test_any_order import accounts, decision, post_one_by_one, reversal_of

OF_CIGNA = {f"secondary_{name}": text for name, text in CIGNA.items()} | {"secondary_relationship": "self"}
NOT_COVERED = ("PR", "96", 11000)


def money(claim_id: str) -> tuple[int, int, int, int]:
    found = journal.balance(claim_id)
    return found.paid_cents, found.adjusted_cents, found.patient_cents, found.open_cents


def refusal(denial_id: str) -> str:
    with pytest.raises(Refused) as refused:
        paths.bill_patient(denial_id)
    return refused.value.code


@pytest.mark.aws
def test_what_the_payer_left_to_the_patient_is_the_patients_after_a_person_said_so(desk: Desk) -> None:
    found = desk.denied((("CO", "45", 4000), NOT_COVERED))
    assert money(found.claim_id) == (0, 4000, 0, 11000)  # not by itself
    after = paths.bill_patient(found.denial_id)
    assert money(found.claim_id) == (0, 4000, 11000, 0)
    assert (after.state, after.resolution) == ("resolved", "next_party")
    assert desk.claim(found.claim_id).status == "patient_due"
    assert desk.claim(found.claim_id).adjudication.denied_cents == 0
    assert refusal(found.denial_id) == "DENIAL_RESOLVED"
    assert refresh().found == 0
    assert journal.verify()["balanced"]


@pytest.mark.aws
def test_when_the_payer_takes_that_decision_back_the_patient_owes_nothing(desk: Desk) -> None:
    found = desk.denied((("CO", "45", 4000), NOT_COVERED))
    paths.bill_patient(found.denial_id)
    desk.post(desk.answer(found.claim_id, (("CO", "45", -4000), ("PR", "96", -11000)), status="22"))
    assert money(found.claim_id) == (0, 0, 0, 15000)
    desk.post(desk.answer(found.claim_id, (("CO", "45", 4000), ("PR", "2", 2200))))
    assert money(found.claim_id) == (8800, 4000, 2200, 0)
    assert journal.verify()["balanced"]


@pytest.mark.aws
def test_a_denial_of_the_payers_own_is_never_the_patients(desk: Desk) -> None:
    assert refusal(desk.denied((("CO", "96", 15000),)).denial_id) == "NOT_THE_PATIENTS"
    assert (
        refusal(
            desk.denied(
                (("PI", "204", 15000),), visit="V2", date_of_service="2026-09-02", note_signed_on="2026-09-02"
            ).denial_id
        )
        == "NOT_THE_PATIENTS"
    )


@pytest.mark.aws
def test_nothing_is_asked_of_a_protected_medicare_patient(desk: Desk) -> None:
    found = desk.denied((NOT_COVERED, ("CO", "45", 4000)), remarks=("N781",), **{**MEDICARE, "referring_npi": npi(79)})
    assert refusal(found.denial_id) == "PATIENT_PROTECTED"
    (offer,) = [item for item in paths.offers(found.denial_id) if item.path == "patient"]
    assert not offer.possible
    assert "may not be asked" in offer.why


@pytest.mark.aws
def test_a_protected_deductible_stays_where_it_is_too(desk: Desk) -> None:
    found = desk.denied((("PR", "1", 15000),), remarks=("N781",), **{**MEDICARE, "referring_npi": npi(79)})
    assert refusal(found.denial_id) == "PATIENT_PROTECTED"


@pytest.mark.aws
def test_while_a_payer_is_left_the_patient_waits(desk: Desk) -> None:
    found = desk.denied((NOT_COVERED, ("CO", "45", 4000)), **OF_CIGNA)
    assert refusal(found.denial_id) == "NEXT_PAYER_FIRST"


@pytest.mark.aws
def test_who_may_not_work_denials_moves_nothing(desk: Desk, in_tenant) -> None:
    found = desk.denied((NOT_COVERED, ("CO", "45", 4000)))
    coder = Principal(user_id="usr_coder", name="Coder", kind="staff", roles={"coder"}, tenants={"*"})
    with in_tenant(desk.practice.slug, coder), pytest.raises(Forbidden):
        paths.bill_patient(found.denial_id)
    assert [item.state for item in records.of_claim(found.claim_id)] == ["open"]


@pytest.mark.parametrize(
    "terms",
    [Terms(15000, patient=False), Terms(15000, patient_most_cents=900)],
    ids=["Medicaid or workers' compensation", "above the PIP schedule"],
)
def test_nobody_can_move_what_the_terms_forbid(terms: Terms) -> None:
    answer = decision("p", ("CO", "45", 4000), NOT_COVERED)
    with pytest.raises(Refused) as refused:
        patient_share._refuse_protected(answer, terms, "96", 11000)
    assert refused.value.code == "PATIENT_PROTECTED"


def test_the_share_goes_with_its_decision_in_any_order() -> None:
    first = decision("p", ("CO", "45", 4000), NOT_COVERED).model_copy(update={"passed": ("96",)})
    back = reversal_of(first, "r").model_copy(update={"passed": ()})
    for order in ([first, back], [back, first]):
        assert accounts(post_one_by_one(order, Terms(15000))[1]) == {}
    standing = settle([first], Terms(15000))["p"]
    assert (standing.denied_cents, standing.moved["", "receivable.patient"]) == (0, 11000)

"""Remittances post exactly once, to the cent, and what does not fit waits where a person finds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims import records
from chalicelib.platform.errors import Fault
from chalicelib.remittance.service import exceptions, post_file
from chalicelib.store import journal
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from chalicelib.x12 import (
    Adjustment,
    ProviderAdjustment,
)
from tests.practice import live_practice, only
from tests.remittance.payer_desk import CO45, PR2, Desk

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


def test_paid_adjusted_and_patient_share_are_posted(desk: Desk) -> None:
    result = desk.post(desk.check(desk.payment(CO45, PR2)))
    assert (result.posted, result.balanced, result.reason) == (1, True, "")
    assert desk.balance() == (8800, 4000, 2200, 0)
    assert desk.claim().status == "patient_due"
    assert journal.verify()["balanced"]


def test_the_same_file_again_posts_nothing(desk: Desk) -> None:
    content = desk.check(desk.payment(CO45, PR2))
    desk.post(content)
    before = store.runtime().writes
    again = desk.post(content)
    assert (again.posted, again.already_posted, store.runtime().writes - before) == (0, 1, 0)


def test_the_same_check_with_its_claims_in_another_order_posts_nothing(desk: Desk) -> None:
    """A clearinghouse may sort them anew; with one claim more or less, or another amount, it is another check."""
    mine, other = desk.payment(CO45, PR2), desk.payment(CO45, number="ELSEWHERE1")
    plb = (ProviderAdjustment("WO", "A1", 100), ProviderAdjustment("WO", "B2", 200))
    desk.post(desk.check(mine, other, plb=plb))
    again = desk.post(desk.check(other, mine, plb=plb[::-1]))
    assert (again.posted, again.already_posted, again.reason) == (0, 2, "ALREADY_POSTED")
    third = desk.post(desk.check(other, mine, mine, plb=(*plb, ProviderAdjustment("WO", "C3", 8800))))
    assert third.reason == "CHECK_REUSED"
    assert desk.balance() == (8800, 4000, 2200, 0)


def test_the_same_check_in_another_file_posts_nothing(desk: Desk) -> None:
    content = desk.check(desk.payment(CO45, PR2))
    desk.post(content)
    again = desk.post(content.replace(b"~", b"~\n"))
    assert (again.posted, again.already_posted) == (0, 1)
    assert desk.balance() == (8800, 4000, 2200, 0)


def test_the_same_check_with_other_claims_is_an_exception_not_a_replay(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))
    other = desk.post(desk.check(desk.payment(Adjustment("CO", "45", 5000), PR2)))
    assert (other.posted, other.refused, other.reason) == (0, 1, "CHECK_REUSED")


def test_a_denial_is_not_written_off(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(Adjustment("CO", "50", 15000))))
    assert desk.balance() == (0, 0, 0, 15000)
    assert desk.claim().status == "denied"
    task = only(open_tasks())
    assert (task.kind, task.amount_cents) == ("denied", 15000)


def test_other_patient_reasons_go_to_the_denial_queue_not_to_the_patient(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(Adjustment("PR", "204", 15000))))
    assert desk.balance() == (0, 0, 0, 15000)


def test_a_payment_of_an_unknown_claim_waits_in_suspense_with_a_task(desk: Desk) -> None:
    result = desk.post(desk.check(desk.payment(CO45, PR2, number="ELSEWHERE1")))
    assert (result.posted, result.suspended, result.reason) == (0, 1, "SUSPENDED")
    assert journal.verify()["suspense_cents"] == 8800
    assert only(open_tasks()).kind == "unmatched_payment"


def test_a_check_that_does_not_add_up_posts_nothing_and_says_by_how_much(desk: Desk) -> None:
    result = desk.post(desk.check(desk.payment(CO45, PR2), off=1))
    assert (result.posted, result.refused, result.refused_cents, result.reason) == (0, 1, 8801, "UNBALANCED")
    assert result.balanced is False
    assert desk.balance() == (0, 0, 0, 15000)
    assert "+0.01" in only(open_tasks()).words


def test_a_refused_check_does_not_stand_in_the_way_of_the_right_one(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), off=1))
    right = desk.post(desk.check(desk.payment(CO45, PR2)))
    assert (right.posted, right.reason) == (1, "")
    assert desk.balance() == (8800, 4000, 2200, 0)
    assert journal.verify()["balanced"]


def test_a_check_reused_leaves_one_task(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))
    for _ in range(2):
        desk.post(desk.check(desk.payment(Adjustment("CO", "45", 5000), PR2)))
    assert [task.kind for task in open_tasks()] == ["remittance_exception"]


def test_our_npi_with_a_tax_id_nobody_has_is_an_exception(desk: Desk) -> None:
    odd = dataclasses.replace(desk, practice=desk.practice.model_copy(update={"tax_id": "009999998"}))
    assert desk.post(odd.check(desk.payment(CO45))).reason == "PAYEE_WITNESSES_DISAGREE"


def test_a_claim_that_does_not_add_up_is_refused_and_the_others_post(desk: Desk) -> None:
    crooked = dataclasses.replace(desk.payment(CO45, number="OTHER"), charge_cents=15100)
    result = desk.post(desk.check(crooked, desk.payment(CO45, PR2)))
    assert (result.posted, result.refused, result.refused_cents, result.reason) == (1, 1, 11000, "UNBALANCED_CLAIM")
    assert desk.balance() == (8800, 4000, 2200, 0)
    assert journal.verify()["balanced"]


def test_a_reversal_undoes_the_posting_and_the_correction_stands(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))
    back = [Adjustment(item.group, item.reason, -item.amount_cents) for item in (CO45, PR2)]
    reversal = desk.payment(*back, charge=-15000, status="22")
    corrected = desk.payment(CO45, Adjustment("PR", "2", 1000))
    result = desk.post(desk.check(reversal, corrected, trace="T2"))
    assert (result.posted, result.suspended) == (2, 0)
    assert desk.balance() == (10000, 4000, 1000, 0)
    assert [event.type for event in records.claim_events(desk.claim_id)][-3:] == [
        "adjudicated",
        "reversed",
        "adjudicated",
    ]
    assert journal.verify()["balanced"]


def test_a_reversal_of_what_was_never_posted_waits_for_a_person(desk: Desk) -> None:
    reversal = desk.payment(Adjustment("CO", "45", -4000), charge=-15000, status="22")
    extra = desk.payment(number="ELSEWHERE1")
    result = desk.post(desk.check(reversal, extra))
    assert (result.posted, result.suspended) == (0, 2)
    assert desk.balance() == (0, 0, 0, 15000)


def test_a_second_payment_without_a_reversal_is_a_persons_question(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))
    result = desk.post(desk.check(desk.payment(CO45, PR2), trace="T2"))
    assert (result.posted, result.suspended) == (0, 1)
    assert desk.balance() == (8800, 4000, 2200, 0)


def test_provider_level_amounts_go_to_their_own_accounts(desk: Desk) -> None:
    plb = (ProviderAdjustment("WO", "OVP-1", 2500), ProviderAdjustment("L6", "INT", -100))
    result = desk.post(desk.check(desk.payment(CO45, PR2), plb=plb))
    assert result.amount_cents == 6400
    totals = journal.account_totals()
    assert (totals["provider_level.WO"], totals["provider_level.L6"]) == (2500, -100)
    assert "cash.clearing" not in totals


def test_a_check_for_somebody_else_is_refused_and_listed(desk: Desk, operator: Principal) -> None:
    stranger = dataclasses.replace(
        desk, practice=desk.practice.model_copy(update={"npi": "1999999976", "tax_id": "009999999"})
    )
    result = desk.post(stranger.check(desk.payment(CO45), trace="STRANGER"))
    assert (result.refused, result.reason) == (1, "PAYEE_NOT_TENANT")
    assert any(item["amount_cents"] == 11000 for item in exceptions(operator))
    assert desk.balance() == (0, 0, 0, 15000)


def test_npi_and_tax_id_that_name_two_practices_are_an_exception(desk: Desk, operator: Principal) -> None:
    other = live_practice(operator)
    mixed = dataclasses.replace(desk, practice=desk.practice.model_copy(update={"tax_id": other.tax_id}))
    assert desk.post(mixed.check(desk.payment(CO45))).reason == "PAYEE_WITNESSES_DISAGREE"


def test_naming_a_practice_asserts_whose_the_file_is(desk: Desk, operator: Principal) -> None:
    other = live_practice(operator)
    result = only(post_file(desk.check(desk.payment(CO45)), operator, other.slug))
    assert result.reason == "PAYEE_NOT_TENANT"


@pytest.mark.parametrize("content", [b"", b"hello", b"ISA*00", bytes(range(256)) * 40])
def test_what_is_no_remittance_is_refused_in_words(desk: Desk, operator: Principal, content: bytes) -> None:
    assert only(post_file(content, operator)).reason in ("NOT_X12", "NO_REMITTANCE")


@pytest.mark.parametrize("call", range(1, 9))
def test_a_crash_at_any_write_loses_and_doubles_nothing(
    desk: Desk, operator: Principal, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """Die at the call-th commit of posting (before it, and after it), post again, and compare with the clean run."""
    from chalicelib.store.transaction import Transaction

    content = desk.check(desk.payment(CO45, PR2), desk.payment(number="ELSEWHERE1"))
    commit, count = Transaction.commit, 0

    def dying(self: Transaction) -> None:
        nonlocal count
        count += 1
        if count == (call + 1) // 2 and call % 2:
            raise Fault("CRASH", "before the write")
        commit(self)
        if count == (call + 1) // 2:
            raise Fault("CRASH", "after the write")

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit", dying)
        with pytest.raises(Fault):
            post_file(content, operator)
    post_file(content, operator)
    assert desk.balance() == (8800, 4000, 2200, 0)
    proof = journal.verify()
    assert (proof["balanced"], proof["suspense_cents"]) == (True, 15000)
    assert len(open_tasks()) == 1

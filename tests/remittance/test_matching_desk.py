"""Payments that do not simply post: whose they are is checked, proposed and decided by people, and never silent."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date

import pytest

from chalicelib import store
from chalicelib.claims import records
from chalicelib.compliance import books
from chalicelib.platform.errors import Refused
from chalicelib.remittance import records as remits
from chalicelib.remittance.matching import match, match_lines_by_hand, unmatch, unmatched
from chalicelib.remittance.queries import list_remittances
from chalicelib.store import journal
from chalicelib.support.tasks import open_tasks
from chalicelib.x12 import Adjustment, ClaimPayment, Payer, ServicePayment
from tests.practice import only
from tests.remittance.payer_desk import CO45, PR2, Desk

pytestmark = pytest.mark.aws


@pytest.fixture(autouse=True)
def _the_books_prove_themselves(desk: Desk) -> Iterator[None]:
    """Whatever a test did: every amount kept anywhere is what the journal says."""
    yield
    assert books.verify()["mismatches"] == []


CIGNA_PAYER = Payer("CIGNA", "62308", phone="8005550100", contact_name="DESK")
STRANGER = Payer("MERITAIN", "X9", phone="8005550100", contact_name="DESK")


def elsewhere(desk: Desk) -> ClaimPayment:
    """Somebody's claim that is not ours, so that a check with a reversal still pays something."""
    return dataclasses.replace(desk.payment(), patient_control_number="OTHER", payer_control_number="ELSE")


def the_check() -> str:
    return only(list_remittances().rows).remittance_id


def test_another_payers_check_never_posts_by_our_number_alone(desk: Desk) -> None:
    result = desk.post(desk.check(desk.payment(CO45, PR2), payer=CIGNA_PAYER))
    assert (result.posted, result.suspended) == (0, 1)
    assert desk.balance() == (0, 0, 0, 15000)
    waits = only(unmatched())
    assert (waits.reason, waits.proposals[0].claim_id) == ("PAYER_DIFFERS", desk.claim_id)


def test_a_charge_we_did_not_bill_never_posts(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2, charge=16000)))
    assert desk.balance() == (0, 0, 0, 15000)
    assert only(unmatched()).reason == "CHARGE_DIFFERS"


def test_line_charges_that_are_not_the_claims_charge_are_refused_with_the_amount(desk: Desk) -> None:
    payment = desk.payment(CO45, PR2)
    extra = ServicePayment("97110", (), 100, 0, 1, date(2026, 9, 1), "", (Adjustment("CO", "45", 100),))
    crooked = dataclasses.replace(payment, lines=(*payment.lines, extra))
    result = desk.post(desk.check(crooked))
    assert (result.posted, result.refused, result.refused_cents) == (0, 1, 8800)
    assert desk.balance() == (0, 0, 0, 15000)
    assert "claim: its lines' charges are not its charge, off by -1.00" in only(open_tasks()).words


def test_a_truncated_number_is_found_by_its_beginning_payer_date_and_charge(desk: Desk) -> None:
    cut = dataclasses.replace(desk.payment(CO45, PR2), patient_control_number=desk.number[:11])
    assert desk.post(desk.check(cut)).posted == 1
    assert desk.balance() == (8800, 4000, 2200, 0)
    assert remits.find_part(the_check(), 1).how == "truncated_number"  # type: ignore[union-attr]


def test_too_short_a_number_is_only_proposed(desk: Desk) -> None:
    cut = dataclasses.replace(desk.payment(CO45, PR2), patient_control_number=desk.number[:6])
    assert desk.post(desk.check(cut)).suspended == 1
    waits = only(unmatched())
    assert waits.proposals[0].claim_id == desk.claim_id
    assert "charge" in waits.proposals[0].why


def test_the_payers_own_number_finds_the_claim(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(Adjustment("CO", "50", 15000)), trace="T0"))
    later = dataclasses.replace(desk.payment(CO45, PR2), patient_control_number="9999")
    assert desk.post(desk.check(later)).posted == 1
    assert desk.balance() == (8800, 4000, 2200, 0)


def test_a_person_matches_and_unmatches(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2, number="ELSEWHERE1")))
    check = the_check()
    assert [task.kind for task in open_tasks()] == ["unmatched_payment"]
    assert match(check, 1, desk.claim_id).outcome == "posted"
    assert desk.balance() == (8800, 4000, 2200, 0)
    assert desk.claim().status == "patient_due"
    assert open_tasks() == []
    assert (only(list_remittances().rows).posted, journal.verify()["suspense_cents"]) == (1, 0)
    before = store.runtime().writes
    match(check, 1, desk.claim_id)
    assert store.runtime().writes == before
    unmatch(check, 1)
    assert desk.balance() == (0, 0, 0, 15000)
    assert desk.claim().status == "reversed"
    assert (journal.verify()["suspense_cents"], [task.kind for task in open_tasks()]) == (8800, ["unmatched_payment"])
    match(check, 1, desk.claim_id)
    assert desk.balance() == (8800, 4000, 2200, 0)
    assert journal.verify()["balanced"]


def test_a_payer_a_person_named_once_is_known_from_then_on(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(Adjustment("CO", "50", 15000)), payer=STRANGER))
    match(the_check(), 1, desk.claim_id, remember_payer=True)
    assert desk.post(desk.check(desk.payment(CO45, PR2), trace="T2", payer=STRANGER)).posted == 1
    assert desk.balance() == (8800, 4000, 2200, 0)


def test_a_posted_payment_is_not_matched_again(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))
    with pytest.raises(Refused):
        match(the_check(), 1, "clm_other")


def test_a_person_names_the_line(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))
    part = match_lines_by_hand(the_check(), 1, {1: 1})
    assert only(part.lines).how == "person"


def test_a_reversal_before_its_payment_is_applied_when_the_payment_comes(desk: Desk) -> None:
    back = [Adjustment(item.group, item.reason, -item.amount_cents) for item in (CO45, PR2)]
    reversal = desk.payment(*back, charge=-15000, status="22")
    corrected = desk.payment(CO45, Adjustment("PR", "2", 1000))
    desk.post(desk.check(reversal, corrected, trace="T2", day=30))
    assert desk.balance() == (10000, 4000, 1000, 0)
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1", day=20))
    assert desk.balance() == (10000, 4000, 1000, 0)
    assert (journal.verify()["balanced"], journal.verify()["suspense_cents"], open_tasks()) == (True, 0, [])
    assert desk.claim().status == "patient_due"
    assert {row.trace: (row.posted, row.suspended) for row in list_remittances().rows} == {"T1": (1, 0), "T2": (2, 0)}


def test_a_correction_before_its_reversal_takes_its_place_when_that_comes(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1", day=20))
    desk.post(desk.check(desk.payment(CO45, Adjustment("PR", "2", 1000)), trace="T3", day=30))
    assert journal.verify()["suspense_cents"] == 10000
    back = [Adjustment(item.group, item.reason, -item.amount_cents) for item in (CO45, PR2)]
    desk.post(desk.check(desk.payment(*back, charge=-15000, status="22"), elsewhere(desk), trace="T2", day=25))
    assert desk.balance() == (10000, 4000, 1000, 0)
    assert [event.type for event in records.claim_events(desk.claim_id)][-2:] == ["reversed", "adjudicated"]


def test_one_claim_payment_is_at_most_fifteen_items(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A payment that a reversal waited for takes that one along: two claim payments in one transaction, under twenty items."""
    from chalicelib.store.work import UnitOfWork

    counts: list[tuple[int, int]] = []
    commit = UnitOfWork.commit

    def counted(self: UnitOfWork) -> None:
        payments = sum(write.record.kind == "claim_payment" for write in self._writes.values())
        counts.append((payments, self.record_count))
        commit(self)

    monkeypatch.setattr(UnitOfWork, "commit", counted)
    back = [Adjustment(item.group, item.reason, -item.amount_cents) for item in (CO45, PR2)]
    denied = desk.payment(Adjustment("CO", "50", 5000))
    desk.post(desk.check(denied, trace="T0", day=1))
    desk.post(desk.check(desk.payment(*back, charge=-15000, status="22"), elsewhere(desk), trace="T2", day=25))
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1", day=20))
    assert max(items for payments, items in counts if payments == 1) <= 15
    assert max(items for payments, items in counts if payments == 2) <= 20
    assert max(payments for payments, _ in counts) == 2


def test_a_practices_own_appeal_limit_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.onboarding.model import Practice

    plan = Practice.plan

    def contract(self: Practice, *asked: object) -> object:
        found = plan(self, *asked)  # type: ignore[arg-type]
        return dataclasses.replace(found, appeal_days=45) if found else None

    monkeypatch.setattr(Practice, "plan", contract)
    desk.post(desk.check(desk.payment(Adjustment("CO", "50", 15000)), day=1))
    assert desk.claim().deadline == date(2026, 10, 16)

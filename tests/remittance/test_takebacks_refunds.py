"""Money payers take back, money owed back, money the bank shows: each is followed to its end, once."""

from __future__ import annotations

import pytest

from chalicelib import clock, store
from chalicelib.platform.errors import Refused
from chalicelib.remittance import matching, offsets, records, refunds
from chalicelib.remittance.queries import list_remittances
from chalicelib.remittance.reconcile import reconcile
from chalicelib.store import journal
from chalicelib.support.tasks import open_tasks
from chalicelib.x12 import Adjustment, ClaimPayment, ProviderAdjustment
from tests.practice import only
from tests.remittance.payer_desk import CO45, PR2, Desk

pytestmark = pytest.mark.aws


def taken(amount: int, reference: str, code: str = "WO") -> tuple[ProviderAdjustment, ...]:
    return (ProviderAdjustment(code, reference, amount),)


def filler(desk: Desk, number: str = "OTHER") -> ClaimPayment:
    """Somebody's claim that is not ours, so that the check pays something."""
    payment = desk.payment(number=number)
    payment.payer_control_number = "ELSE" + number
    return payment


def the_id(trace: str) -> str:
    return next(row.remittance_id for row in list_remittances().rows if row.trace == trace)


def test_a_takeback_that_names_our_claim_lowers_its_payment(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1"))
    desk.post(desk.check(filler(desk), trace="T2", plb=taken(3000, f"OVERPAID {desk.number}")))
    assert desk.balance() == (5800, 4000, 2200, 3000)
    assert "provider_level.WO" not in journal.account_totals()
    assert only(offsets.open_offsets()).claim_id == desk.claim_id
    assert journal.verify()["balanced"]


def test_a_takeback_that_comes_before_its_payment_waits_at_provider_level(desk: Desk) -> None:
    desk.post(desk.check(filler(desk), trace="T2", plb=taken(3000, desk.number)))
    assert journal.account_totals()["provider_level.WO"] == 3000
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1"))
    assert desk.balance() == (5800, 4000, 2200, 3000)
    assert "provider_level.WO" not in journal.account_totals()


def test_a_reversal_whose_money_is_taken_later_ends_at_nothing(desk: Desk) -> None:
    """RFI 227: the reversal in one check with the money handed back, the taking in a later one."""
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1", day=1))
    back = [Adjustment(item.group, item.reason, -item.amount_cents) for item in (CO45, PR2)]
    reversal = desk.payment(*back, charge=-15000, status="22")
    desk.post(desk.check(reversal, filler(desk, "A"), trace="T2", plb=taken(-8800, desk.number), day=2))
    assert only(offsets.open_offsets()).open_cents == -8800
    desk.post(desk.check(filler(desk, "B"), trace="T3", plb=taken(8800, desk.number), day=3))
    assert list(offsets.open_offsets()) == []
    assert (desk.balance(), desk.claim().status) == ((0, 0, 0, 15000), "reversed")
    assert "provider_level.WO" not in journal.account_totals()


def test_a_forwarded_balance_is_followed_to_the_check_that_applies_it(desk: Desk) -> None:
    desk.post(desk.check(filler(desk, "A"), trace="T1", plb=taken(-500, "FB 77", "FB")))
    assert only(offsets.open_offsets()).family == "forward"
    desk.post(desk.check(filler(desk, "B"), trace="T2", plb=taken(500, "FB-77", "FB")))
    assert list(offsets.open_offsets()) == []


def test_a_takeback_by_letter_is_a_persons_question_and_its_answer_restates_the_claim(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1"))
    desk.post(desk.check(filler(desk), trace="T2", plb=taken(1000, "LETTER 9")))
    assert "takeback" in {task.kind for task in open_tasks()}
    offset = only(offsets.open_offsets())
    offsets.assign(offset.offset_id, desk.claim_id)
    assert desk.balance() == (7800, 4000, 2200, 1000)
    assert "takeback" not in {task.kind for task in open_tasks()}
    before = store.runtime().writes
    offsets.assign(offset.offset_id, desk.claim_id)
    assert store.runtime().writes == before


def test_a_duplicate_payment_is_refunded_once_with_medicares_clock_or_the_payers(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1", day=1))
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T2", day=9))
    refund = refunds.refund_payment(the_id("T2"), 1)
    assert (refund.amount_cents, (refund.due_on - clock.today("America/New_York")).days) == (8800, 60)
    assert refunds.refund_payment(the_id("T2"), 1).refund_id == refund.refund_id
    assert (journal.account_totals()["refunds.payable"], journal.verify()["suspense_cents"]) == (-8800, 0)
    refunds.pay_refund(refund.refund_id, "CHECK 12")
    assert refunds.pay_refund(refund.refund_id, "CHECK 12").state == "paid"
    with pytest.raises(Refused):
        refunds.pay_refund(refund.refund_id, "CHECK 13")
    assert "refunds.payable" not in journal.account_totals()
    assert (desk.balance(), refunds.owed()) == ((8800, 4000, 2200, 0), [])
    assert journal.verify()["balanced"]


@pytest.mark.parametrize("how", ["reversal", "takeback"])
def test_a_refund_the_payer_takes_itself_is_not_paid_as_well(desk: Desk, how: str) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1", day=1))
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T2", day=9))
    refund = refunds.refund_payment(the_id("T2"), 1)
    back = [Adjustment(item.group, item.reason, -item.amount_cents) for item in (CO45, PR2)]
    if how == "reversal":
        reversal = desk.payment(*back, charge=-15000, status="22")
        desk.post(desk.check(reversal, filler(desk), trace="T3"))
    else:
        desk.post(desk.check(filler(desk), trace="T3", plb=taken(8800, desk.number)))
    assert refunds.owed() == []
    with pytest.raises(Refused):
        refunds.pay_refund(refund.refund_id, "CHECK 12")
    assert "refunds.payable" not in journal.account_totals()
    assert desk.balance() == (8800, 4000, 2200, 0)
    assert journal.verify()["balanced"]


def test_a_refund_waits_while_the_payer_seems_to_have_taken_the_same_amount(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1", day=1))
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T2", day=9))
    refund = refunds.refund_payment(the_id("T2"), 1)
    desk.post(desk.check(filler(desk), trace="T3", plb=taken(8800, "LETTER 5")))
    with pytest.raises(Refused) as refused:
        refunds.pay_refund(refund.refund_id, "CHECK 12")
    assert refused.value.code == "RECOUPED_MAYBE"
    refunds.cancel_refund(refund.refund_id)
    assert journal.verify()["suspense_cents"] == 8800 + 15000


def test_a_patients_credit_is_owed_back(desk: Desk) -> None:
    assert matching.patient_paid(desk.claim_id, 3000, "R-1")
    assert not matching.patient_paid(desk.claim_id, 3000, "R-1")
    desk.post(desk.check(desk.payment(CO45, PR2)))
    assert desk.claim().status == "closed"
    refund = refunds.refund_patient(desk.claim_id)
    assert (refund.to, refund.amount_cents, (refund.due_on - clock.today("America/New_York")).days) == (
        "patient",
        800,
        30,
    )
    refunds.pay_refund(refund.refund_id, "CHECK 9")
    assert journal.verify()["balanced"]


BAI2 = """01,BANK,OTBILL,260930,0800,1,,,2/
02,OTBILL,BANK,1,260929,,USD,2/
03,123456,USD,010,,,/
16,142,8800,Z,REF1,,ACH CREDIT AETNA
88,TRN*1*T1*1999999999
16,142,12345,Z,REF2,,ACH CREDIT UNKNOWN TRN*1*T77
16,475,500,Z,REF3,,CHECK PAID
49,21145,5/
98,21145,1,7/
99,21145,1,9/
"""


def test_deposits_are_matched_by_trace_and_amount_per_check_and_per_day(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1", day=28))
    desk.post(desk.check(filler(desk), trace="T2", day=20))
    found = reconcile(BAI2.encode())
    assert (found.deposits, found.new, [check.trace for check in found.matched]) == (2, 2, ["T1"])
    (day,) = found.days
    assert (day.deposited_cents, day.matched_cents, day.off_by_cents) == (21145, 8800, 12345)
    assert [(item.amount_cents, item.age_days) for item in found.deposits_open] == [(12345, 1)]
    assert [(check.trace, check.age_days) for check in found.checks_open] == [("T2", 10)]
    assert [(item.trace, item.paid_cents, item.age_days) for item in found.unapplied] == [("T2", 15000, 10)]
    before = store.runtime().writes
    again = reconcile(BAI2.encode())
    assert (again.new, again.known, store.runtime().writes - before) == (0, 2, 0)


def test_a_deposit_of_another_amount_is_a_difference_and_none_is_matched_by_amount_alone(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1"))
    csv = b'Date,Amount,Description\n09/30/2026,"$88.00",ACH AETNA\n09/30/2026,87.00,ACH AETNA TRN T1\n'
    found = reconcile(csv)
    assert found.matched == ()
    assert only(found.differing).off_by_cents == -100
    assert records.find_check(the_id("T1")).deposit_id == ""  # type: ignore[union-attr]
    assert "deposit_differs" in {task.kind for task in open_tasks()}


def test_a_bank_line_that_came_first_finds_its_check_later(desk: Desk) -> None:
    reconcile(b"date,amount,trace\n2026-09-29,88.00,T1\n")
    desk.post(desk.check(desk.payment(CO45, PR2), trace="T1"))
    reconcile(b"date,amount,trace\n2026-09-29,88.00,T1\n")
    assert records.find_check(the_id("T1")).deposit_id != ""  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe", b"date,amount\nx,y\n", b"01,A/\n16,142,x\n"])
def test_what_is_no_bank_file_is_refused_with_its_line(content: bytes) -> None:
    from chalicelib.remittance.deposits import read_deposits

    with pytest.raises(Refused):
        read_deposits(content)

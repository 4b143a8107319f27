"""What users of other systems complain of about ERA posting, payments and refunds; each answered here, by number.

The numbers are those of the list of complaints (OE = openemr/openemr, OT = masslight/ottehr).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.payments import payment_view
from chalicelib.platform.errors import Refused
from chalicelib.remittance import records
from chalicelib.remittance.claim_payment import read_payment
from chalicelib.remittance.manual import enter_eob, read_form
from chalicelib.remittance.matching import match, unmatched
from chalicelib.remittance.queries import list_remittances, remittance_view
from chalicelib.store import journal
from chalicelib.support.tasks import open_tasks
from chalicelib.x12 import Adjustment, ProviderAdjustment, ServicePayment
from tests.practice import build, line, only
from tests.remittance.payer_desk import CO45, PR2, Desk

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]
FORM = """
payer_id = "60054"
payer_name = "Aetna"
trace = "PAPER-1"
date = 2026-09-30
amount = "88.00"
note = "mailed"
[[claims]]
number = "{number}"
charge = "150.00"
paid = "88.00"
[[claims.lines]]
code = "97530"
units = 2
charge = "150.00"
paid = "88.00"
adjustments = ["CO-45 40.00", "PR-2 22.00"]
"""
SCAN = b"%PDF-1.7 a fictional scan"


def test_01_the_same_era_in_two_files_posts_once(desk: Desk) -> None:
    content = desk.check(desk.payment(CO45, PR2))
    assert desk.post(content).posted == 1
    assert desk.post(content.replace(b"~", b"~\r\n")).already_posted == 1
    assert desk.balance() == (8800, 4000, 2200, 0)


def test_02_a_denied_claim_in_an_era_is_not_written_off(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(Adjustment("CO", "197", 15000))))
    assert desk.balance() == (0, 0, 0, 15000)
    assert not any(account.startswith(("adjustment.", "writeoff.")) for account in journal.account_totals())


def test_03_a_payer_that_omits_the_modifier_is_posted(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))  # the desk's payer sends no modifiers; the claim has GO
    part = only(records.parts(only(list_remittances().rows).remittance_id))
    assert (part.outcome, only(part.lines).numbers) == ("posted", (1,))


def test_04_the_amount_left_to_distribute_falls_to_nothing(desk: Desk) -> None:
    payment = desk.payment(CO45, PR2)
    stranger = dataclasses.replace(payment, patient_control_number="ELSEWHERE", payer_control_number="X1")
    desk.post(desk.check(payment, stranger, plb=(ProviderAdjustment("WO", "LETTER", 500),)))
    totals = journal.account_totals()
    assert "cash.clearing" not in totals
    assert totals["cash.bank"] == 8800 + 8800 - 500


def test_05_the_next_payer_is_not_asked_while_charges_are_unpaid(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(Adjustment("CO", "50", 5000), PR2)))
    assert (desk.claim().status, desk.claim().owner) == ("partly_denied", "us")


def test_06_a_line_may_have_adjustments_while_another_has_none(desk: Desk) -> None:
    payment = desk.payment(CO45)
    parts = (
        ServicePayment("97530", (), 7500, 3500, 1, date(2026, 9, 1), "", (CO45,)),
        ServicePayment("97530", (), 7500, 7500, 1, date(2026, 9, 1)),
    )
    assert desk.post(desk.check(dataclasses.replace(payment, lines=parts))).posted == 1
    assert desk.balance() == (11000, 4000, 0, 0)


def test_07_an_insurers_payment_is_never_the_patients(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))
    paid = [
        entry_line
        for entry in journal.entries_of(desk.claim_id)
        for entry_line in entry.lines
        if entry_line.account == "receivable.patient"
    ]
    assert [(one.debit_cents, one.credit_cents) for one in paid] == [(2200, 0)]


def test_08_no_modifier_at_all_stops_nothing(desk: Desk) -> None:
    bare = dataclasses.replace(desk.payment(CO45).lines[0], modifiers=(), line_control_number="")
    assert desk.post(desk.check(dataclasses.replace(desk.payment(CO45), lines=(bare,)))).posted == 1


def test_09_an_unmatched_era_is_matched_and_moves_the_claim_on(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2, number="ELSEWHERE")))
    waits = only(unmatched())
    assert waits.proposals == () or waits.proposals[0].claim_id == desk.claim_id
    match(waits.remittance_id, waits.sequence, desk.claim_id)
    assert (desk.claim().status, desk.balance()) == ("patient_due", (8800, 4000, 2200, 0))


def test_10_a_paper_eob_is_entered_by_hand_with_its_scan_and_who_did_it(desk: Desk) -> None:
    form = FORM.format(number=desk.number).encode()
    assert enter_eob(form, SCAN).posted == 1
    assert desk.balance() == (8800, 4000, 2200, 0)
    row = only(list_remittances().rows)
    check = records.find_check(row.remittance_id)
    assert check is not None
    assert (row.manual, check.entered_by, bool(check.document)) == (True, "usr_operator", True)
    assert enter_eob(form, SCAN).already_posted == 1
    with pytest.raises(Refused):
        enter_eob(form, b"no scan")
    crooked = FORM.replace('amount = "88.00"', 'amount = "89.00"').replace("PAPER-1", "PAPER-2")
    assert enter_eob(crooked.format(number=desk.number).encode(), SCAN).reason == "UNBALANCED"


@pytest.mark.parametrize(
    "broken", ["", "amount = 88", FORM.replace("88.00", "88.001"), FORM.replace("CO-45 40.00", "45: 40")]
)
def test_10_a_form_with_a_mistake_says_where(desk: Desk, broken: str) -> None:
    with pytest.raises(Refused) as refused:
        enter_eob(broken.format(number=desk.number).encode(), SCAN)
    assert refused.value.code == "NOT_A_FORM"


def test_10_a_form_is_read_to_the_cent() -> None:
    assert read_form(FORM.format(number="N").encode()).claims[0].lines[0].paid == 8800


def test_11_matching_a_claim_without_a_second_insurer_is_no_internal_error(desk: Desk) -> None:
    secondary = dataclasses.replace(desk.payment(CO45), status_code="2", patient_control_number="ELSEWHERE")
    desk.post(desk.check(secondary))
    waits = only(unmatched())
    assert match(waits.remittance_id, waits.sequence, desk.claim_id).payer == "primary"


def test_12_a_claim_nobody_answered_is_not_warned_about_as_missing_a_remittance(desk: Desk) -> None:
    assert unmatched() == []
    assert open_tasks() == []


def test_13_every_cas_and_plb_is_kept_at_its_own_level(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2), plb=(ProviderAdjustment("J1", "R1", 700),)))
    view = remittance_view(only(list_remittances().rows).remittance_id)
    said = [(item.group, item.reason, item.amount_cents) for item in view.claims[0].lines[0].adjustments]
    assert said == [("CO", "45", 4000), ("PR", "2", 2200)]
    assert [(item.reason, item.amount_cents) for item in view.provider_adjustments] == [("J1", 700)]
    totals = journal.account_totals()
    assert (totals["provider_level.J1"], desk.balance()) == (700, (8800, 4000, 2200, 0))


def test_14_several_reasons_of_one_group_are_all_kept_for_the_next_payer(desk: Desk) -> None:
    cas = (CO45, Adjustment("CO", "253", 160), Adjustment("PR", "1", 1000), Adjustment("PR", "2", 1200))
    desk.post(desk.check(desk.payment(*cas)))
    part = only(records.parts(only(list_remittances().rows).remittance_id))
    kept = read_payment(part.payment).lines[0].adjustments
    assert [(item.group, item.reason, item.amount_cents) for item in kept] == [
        ("CO", "45", 4000), ("CO", "253", 160), ("PR", "1", 1000), ("PR", "2", 1200),
    ]  # fmt: skip
    shown = payment_view(part.payment, "r", "t").lines[0].adjustments
    assert len(shown) == 4


def test_16_the_primary_payers_control_number_is_kept_with_its_decision(desk: Desk) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2)))
    assert desk.claim().payer_control_number == "PAYER1"


def test_18_each_era_says_whether_the_payer_sends_the_secondary_itself(
    desk: Desk, in_tenant: InTenant, tmp_path: Path
) -> None:
    from chalicelib.claims.records import get_claim
    from chalicelib.claims.submission import submit_claims

    second = {
        "secondary_payer_id": "62308",
        "secondary_line_of_business": "commercial",
        "secondary_member_id": "U1002003001",
    }
    outcome = next(
        one for one in build(tmp_path, line("V9", patient_id="P9", **second)) if one.claim_id != desk.claim_id
    )
    submit_claims()
    claim = get_claim(outcome.claim_id).claim
    assert claim.latest is not None
    payment = dataclasses.replace(
        desk.payment(CO45, PR2, number=claim.latest.patient_control_number), status_code="19", payer_control_number="PX"
    )
    desk.post(desk.check(payment))
    after = get_claim(outcome.claim_id).claim
    assert (after.status, after.owner, after.crossed_over) == ("secondary_due", "payer", True)

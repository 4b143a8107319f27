"""A case rate is one price for many claims: what a payer allows too little of it is found, what it paid earlier is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from chalicelib.onboarding import records
from chalicelib.remittance import desk as posting_desk
from chalicelib.remittance.matching import match, unmatch
from chalicelib.remittance.records import every_check
from chalicelib.support.tasks import open_tasks
from tests.denials.conftest import Desk as Payer
from tests.practice import line
from tests.remittance.payer_desk import Desk
from tests.remittance.test_underpaid_by_contract import TERMS, with_contract

pytestmark = pytest.mark.aws
RATE = {**TERMS, "basis": "case_rate", "amount": "250.00"}
NAMED = {"case_id": "SHOULDER"}


@pytest.fixture
def payer(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`payer(days, takes, **row)`: a claim of 150.00 for each day, answered in turn with so many cents off as contract."""
    file = with_contract(records.current_practice(), RATE)
    monkeypatch.setattr(posting_desk, "current_practice", lambda: file)
    monkeypatch.setattr("chalicelib.remittance.matching.current_practice", lambda: file)
    pen = Payer(desk.practice, desk.operator, tmp_path)

    def pay(days: list[int], takes: list[int], **row: str) -> list[str]:
        rows = [
            line(f"C{day}", date_of_service=f"2026-09-{day:02d}", note_signed_on=f"2026-09-{day:02d}", **row)
            for day in days
        ]
        claims = pen.claims(*rows)
        for at, (claim_id, off) in enumerate(zip(claims, takes, strict=True)):
            cas = (("CO", "45", off),) if off else ()
            pen.post(pen.answer(claim_id, cas), on=date(2026, 9, 20 + at))
        return claims

    return pay


def short() -> list[tuple[str, int]]:
    return sorted((task.subject, task.amount_cents) for task in open_tasks() if task.kind == "underpaid")


def test_a_case_paid_with_its_first_claims_asks_nothing_when_the_price_is_reached(payer) -> None:
    payer([2, 3, 4], [0, 5000, 15000], **NAMED)  # 150.00 + 100.00 = the price; the third claim brings nothing
    assert short() == []


def test_what_is_missing_to_the_price_is_told_once_by_the_answer_that_left_it_out(payer) -> None:
    _, second, _ = payer([2, 3, 4], [0, 8000, 15000], **NAMED)  # 150.00 + 70.00 of 250.00
    assert short() == [(second, 3000)]


def test_less_than_was_charged_is_short_before_the_price_is_reached(payer) -> None:
    first, _ = payer([2, 3], [4000, 0], **NAMED)  # 110.00 of 150.00; then 150.00: 260.00 is the whole price
    assert short() == [(first, 4000)]


def test_without_a_case_named_in_the_visit_file_nothing_is_claimed(payer) -> None:
    payer([2, 3], [4000, 4000])
    assert short() == []


def test_another_patients_case_of_the_same_name_is_another(payer) -> None:
    payer([2], [0], **NAMED)
    other = payer([5], [4000], patient_id="P2", **NAMED)
    assert short() == [(other[0], 4000)]


def test_a_payment_taken_off_its_claim_counts_no_more(payer) -> None:
    claim = payer([2], [4000], **NAMED)[0]
    check = next(item.remittance_id for item in every_check() if item.trace == "T1")
    unmatch(check, 1)
    assert short() == []
    match(check, 1, claim)
    assert short() == [(claim, 4000)]

"""A denial is on the list whenever its decision stands on the claim, whatever way the decision took to get there."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from chalicelib.compliance import books
from chalicelib.denials import paths, records
from chalicelib.denials.refresh import refresh
from chalicelib.remittance.matching import match, unmatch, unmatched
from chalicelib.remittance.queries import list_remittances
from chalicelib.support.tasks import open_tasks
from chalicelib.x12 import ClaimPayment
from tests.practice import line, take

pytestmark = pytest.mark.aws
NECESSITY = ("CO", "50", 15000)


def to_work(claim_id: str) -> list[tuple[str, str]]:
    refresh()
    return [(item.carc, item.state) for item in records.of_claim(claim_id) if item.state != "resolved"]


def stranger(payment: ClaimPayment) -> ClaimPayment:
    return dataclasses.replace(payment, patient_control_number="ELSEWHERE", payer_control_number="ELSE9")


def sent(desk) -> str:
    (claim_id,) = desk.claims(line("V1"))
    desk.accept(claim_id)
    return claim_id


@pytest.mark.parametrize("looked_between", [False, True])
def test_a_denial_matched_taken_off_and_matched_again_is_still_to_be_worked(desk, looked_between: bool) -> None:
    """It was a Conflict that no reading again could mend, and after a look in between it counted as denied again, and settled."""
    claim_id = sent(desk)
    desk.post(stranger(desk.answer(claim_id, (NECESSITY,))))
    check = list_remittances().rows[0].remittance_id
    match(check, 1, claim_id)
    assert not looked_between or to_work(claim_id) == [("50", "open")]
    unmatch(check, 1)
    assert "denied" not in [task.kind for task in open_tasks()]
    assert not looked_between or to_work(claim_id) == [("50", "waiting")]
    match(check, 1, claim_id)
    assert to_work(claim_id) == [("50", "open")]
    assert books.verify()["mismatches"] == []


def test_a_denial_in_a_correction_that_waited_for_the_reversal_is_worked_once_it_stands(desk) -> None:
    """The corrected claim came a day before the reversal of the first decision: it denies a part, and nobody was told."""
    claim_id = sent(desk)
    desk.post(desk.answer(claim_id, (("CO", "45", 4000),)), on=date(2026, 9, 20))
    desk.post(desk.answer(claim_id, (("CO", "45", 3000), ("CO", "50", 1000))), on=date(2026, 9, 25))
    assert [item.reason for item in unmatched()] == ["ALREADY_ADJUDICATED"]
    assert to_work(claim_id) == []
    back = desk.answer(claim_id, (("CO", "45", -4000),), status="22")
    desk.post(back, stranger(desk.answer(claim_id, (("CO", "45", 4000),))), on=date(2026, 9, 26))
    assert to_work(claim_id) == [("50", "open")]
    assert books.verify()["mismatches"] == []


def test_a_payer_that_has_decided_already_says_so_and_nothing_new_is_to_be_worked(desk) -> None:
    """CARC 18 with nothing sent twice by us: the first decision stands. It was listed as the whole charge denied."""
    claim_id = sent(desk)
    desk.post(desk.answer(claim_id, (("CO", "45", 4000),)), on=date(2026, 9, 20))
    desk.post(desk.answer(claim_id, (("OA", "18", 15000),)), on=date(2026, 9, 25))
    assert to_work(claim_id) == []
    assert [(item.carc, item.resolution) for item in records.of_claim(claim_id)] == [("18", "already_decided")]
    assert desk.claim(claim_id).adjudication.denied_cents == 0
    assert books.verify()["mismatches"] == []


def test_a_duplicate_answer_leaves_the_first_refusal_to_be_worked(desk) -> None:
    claim_id = sent(desk)
    desk.post(desk.answer(claim_id, (NECESSITY,)), on=date(2026, 9, 20))
    assert to_work(claim_id) == [("50", "open")]
    desk.post(desk.answer(claim_id, (("OA", "18", 15000),)), on=date(2026, 9, 25))
    assert to_work(claim_id) == [("50", "open")]


def test_a_claim_sent_again_and_called_a_duplicate_is_denied_again(desk) -> None:
    claim_id = sent(desk)
    desk.post(desk.answer(claim_id, (NECESSITY,)), on=date(2026, 9, 20))
    refresh()
    (refused,) = records.of_claim(claim_id)
    take(desk.folder, line("V1", diagnosis_1="R27.8"))
    paths.correct(refused.denial_id, reason="wrong diagnosis")
    assert to_work(claim_id) == [("50", "waiting")]
    desk.post(desk.answer(claim_id, (("OA", "18", 15000),)), on=date(2026, 9, 25))
    assert to_work(claim_id) == [("18", "open")]

"""A payer that decides again after the next one got its claim: a task says so in amounts, and the corrected claim balances."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import documents
from chalicelib.claims import acts, corrections, holds, records, secondary
from chalicelib.claims.answers import take_277ca
from chalicelib.claims.submission import submit_claims
from chalicelib.platform.errors import Refused
from chalicelib.support.tasks import Task, open_tasks
from chalicelib.x12 import Adjustment, Claim837, ClaimStatus, read_837p
from tests.claims.bench_desk import Desk, proven
from tests.claims.test_secondary_compiled import balances, complaints
from tests.claims.test_secondary_opened import AETNA_CUTS, again, decide, desk, refusal, second, sent, taken_back
from tests.practice import CIGNA, MEDICARE, line, npi, only

pytestmark = pytest.mark.aws
__all__ = ["desk"]
CIGNA_PAID = (Adjustment("OA", "23", 13000), Adjustment("PR", "1", 500))
NOW = (Adjustment("CO", "45", 5000), Adjustment("PR", "2", 4000))
UNITED = {"payer_id": "87726", "line_of_business": "commercial", "member_id": "9000000011"}
TO_CIGNA: dict[str, Any] = {"status": "2", "trace": "T2", "payer": ("CIGNA", "62308")}


def with_cigna(desk: Desk, **more: str) -> str:
    """Aetna paid 80.00 and left 20.00; Cigna has been sent the claim."""
    claim_id = only(sent(desk, line(**second(CIGNA), **more)))
    decide(desk, [claim_id])
    secondary.open_secondary(claim_id)
    submit_claims()
    return claim_id


def told_otherwise() -> list[Task]:
    return [task for task in open_tasks() if task.kind == "secondary_correction"]


def corrected(desk: Desk, claim_id: str, **options: Any) -> Claim837:
    """Open the corrected claim, send it, and read the file as an independent checker and the payer would."""
    secondary.open_secondary(claim_id, **options)
    _, batches = submit_claims()
    data = documents.get(only(batch for batch in batches if batch.document).document)
    assert complaints(data) == []
    claim = only(read_837p(data).claims)
    balances(claim)
    return claim


def test_the_first_payer_decides_again_and_the_second_gets_a_corrected_claim(desk: Desk) -> None:
    claim_id = with_cigna(desk)
    decide(desk, [claim_id], cas=CIGNA_PAID, **TO_CIGNA)
    assert desk.claim(claim_id).status == "patient_due"
    assert told_otherwise() == []
    again(desk, claim_id, NOW)
    claim = desk.claim(claim_id)
    assert (claim.status, claim.adjudication and claim.adjudication.paid_cents) == ("secondary_due", 6000)
    task = only(told_otherwise())
    assert task.amount_cents == 2000
    assert task.words.startswith(
        "Cigna was told of Aetna paid 80.00, adjusted 50.00, left 20.00; now it paid 60.00, adjusted 50.00, left 40.00, "
        "another decision by -20.00 paid and +20.00 left"
    )
    # Cigna's answer to what is no longer so waits; the night sends Cigna nothing it would deny as a duplicate.
    assert [(item.kind, item.amount_cents) for item in open_tasks() if item.kind == "unmatched_payment"] == [
        ("unmatched_payment", 1500)
    ]
    assert secondary.open_due() == []
    assert "secondary" in [act.name for act in acts.possible(claim)]
    seen = acts.preview(claim_id, "secondary")
    assert (
        seen.words[0]
        == "A corrected claim (7) goes to Cigna and replaces ICN-S there, with what was decided before it."
    )
    assert "Cigna was told of Aetna paid 80.00" in seen.words[-1]
    made = corrected(desk, claim_id)
    assert (made.payer_sequence, made.payer_id, made.frequency_code, made.original_reference) == (
        "S", "62308", "7", "ICN-S",
    )  # fmt: skip
    assert [(one.paid_cents, one.payer_control_number) for one in made.other_payers] == [(6000, "ICN-P")]
    assert made.lines[0].adjudications[0].patient_liability_cents == 4000
    assert told_otherwise() == [], "it was sent"
    # Cigna takes its first answer back and decides on what is so now.
    taken_back(desk, claim_id, CIGNA_PAID, number=-2, **{**TO_CIGNA, "trace": "T7"})
    decide(
        desk, [claim_id], cas=(Adjustment("OA", "23", 11000), Adjustment("PR", "1", 500)), **{**TO_CIGNA, "trace": "T8"}
    )
    done = desk.claim(claim_id)
    assert (done.status, desk.money(claim_id)) == ("patient_due", (15000, 6000 + 3500, 5000, 500, 0))
    assert done.payer_control_number == "ICN-P", "a correction to Aetna would still name Aetna's number"
    assert proven()


def test_the_same_decision_again_is_no_news_and_newer_news_replaces_the_old(desk: Desk) -> None:
    claim_id = with_cigna(desk)
    again(desk, claim_id, AETNA_CUTS, traces=("T5", "T6"))
    assert told_otherwise() == [], "the amounts are those Cigna was told"
    again(desk, claim_id, NOW, was=AETNA_CUTS, traces=("U5", "U6"))
    assert only(told_otherwise()).amount_cents == 2000
    denied = (Adjustment("CO", "97", 15000),)
    again(desk, claim_id, denied, was=NOW, traces=("V5", "V6"))
    task = only(told_otherwise())
    assert (task.amount_cents, "now it paid 0.00, adjusted 150.00, left 0.00" in task.words) == (8000, True)
    again(desk, claim_id, AETNA_CUTS, was=denied, traces=("W5", "W6"))
    assert told_otherwise() == [], "what Cigna was told is so again"


def test_a_second_payer_that_only_accepted_the_claim_gets_the_correction_under_its_number(desk: Desk) -> None:
    claim_id = with_cigna(desk)
    again(desk, claim_id, NOW)
    assert desk.claim(claim_id).status == "submitted", "Cigna has not answered: its answer may come any time"
    with pytest.raises(Exception, match="cannot be sent to the next payer corrected") as caught:
        secondary.open_secondary(claim_id)
    assert "waits for the payer to accept it" in getattr(caught.value, "fix", "")
    number = desk.claim(claim_id).submissions[-1].patient_control_number
    take_277ca([ClaimStatus(number, "A2", "20", "PR")])
    assert refusal(claim_id).code == "NO_PAYER_NUMBER"
    take_277ca([ClaimStatus(number, "A2", "20", "PR", payer_control_number="CIG-1")])
    assert desk.claim(claim_id).payer_control_number == "ICN-P"
    made = corrected(desk, claim_id)
    assert (made.frequency_code, made.original_reference) == ("7", "CIG-1")
    # Turned away at Cigna's door: it is made anew as what it was, and given up it leaves the claim where it stood.
    latest = desk.claim(claim_id).submissions[-1].patient_control_number
    take_277ca([ClaimStatus(latest, "A3", "164", "IL")])
    ready = corrections.resubmit(claim_id)
    assert (ready.status, ready.sending and ready.sending.frequency) == ("ready", "7")
    assert corrections.drop(claim_id).status == "accepted"


def test_where_the_payer_wants_a_new_claim_it_gets_one(desk: Desk) -> None:
    claim_id = with_cigna(desk)
    decide(desk, [claim_id], cas=CIGNA_PAID, **TO_CIGNA)
    again(desk, claim_id, NOW)
    made = corrected(desk, claim_id, as_new=True)
    assert (made.frequency_code, made.original_reference) == ("1", "")


def test_medicare_second_is_asked_to_reopen_instead(desk: Desk) -> None:
    medicare = {**MEDICARE, "referring_npi": npi(9999)}
    claim_id = only(sent(desk, line(**second(medicare), msp_type="12")))
    decide(desk, [claim_id])
    secondary.open_secondary(claim_id)
    submit_claims()
    decide(desk, [claim_id], status="2", trace="T2", cas=CIGNA_PAID, payer=("FIRST COAST", "09102"))
    again(desk, claim_id, NOW)
    found = refusal(claim_id)
    assert (found.code, "reopen" in found.fix) == ("REOPENING_INSTEAD", True)
    assert "Medicare Part B is asked to reopen" in only(told_otherwise()).words


def test_asked_for_without_news_a_second_claim_is_refused_as_a_duplicate(desk: Desk) -> None:
    claim_id = with_cigna(desk)
    decide(desk, [claim_id], cas=CIGNA_PAID, **TO_CIGNA)
    taken_back(desk, claim_id, CIGNA_PAID, number=-1, **{**TO_CIGNA, "trace": "T7"})
    assert desk.claim(claim_id).status == "secondary_due", "Cigna took its answer back and decides again"
    assert [item.code for item in secondary.open_due()] == ["NEXT_PAYER_HAS_IT"]
    assert refusal(claim_id).code == "NEXT_PAYER_HAS_IT"
    assert desk.claim(claim_id).status == "secondary_due"


def test_a_held_claim_to_the_second_payer_never_tells_what_was_taken_back(desk: Desk) -> None:
    from datetime import date

    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id])
    secondary.open_secondary(claim_id)
    holds.hold(claim_id, "payer_issue", follow_up_on=date(2026, 10, 20))
    again(desk, claim_id, NOW)
    claim = desk.claim(claim_id)
    assert (claim.status, claim.sending, claim.hold) == ("secondary_due", None, None)
    secondary.open_secondary(claim_id)
    sending = desk.claim(claim_id).sending
    assert sending is not None
    assert sending.prior[0].paid_cents == 6000


def test_a_claim_to_the_second_payer_that_was_held_goes_as_it_was_opened(desk: Desk) -> None:
    from datetime import date

    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id])
    opened = secondary.open_secondary(claim_id)
    holds.hold(claim_id, "payer_issue", follow_up_on=date(2026, 10, 20))
    desk.change(line(**second(CIGNA), note_signed_on=""))  # would hold a claim never sent
    released = holds.release(claim_id)
    assert (released.status, released.sending, released.deadline) == ("ready", opened.sending, opened.deadline)
    assert released.content == opened.content
    assert submit_claims()[0], "to Cigna, with what Aetna decided on that very claim"


def test_a_claim_passed_on_with_a_decision_that_changed_is_not_sent_twice_by_itself(desk: Desk) -> None:
    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id], status="19")
    again(desk, claim_id, NOW)
    task = only(told_otherwise())
    assert "the first payer passed the claim on with" in task.words
    assert secondary.open_due() == []
    assert refusal(claim_id).code == "NO_PAYER_NUMBER"
    seen = acts.preview(claim_id, "secondary")
    assert (seen.may_be_new, seen.words[0].startswith("As a new claim only: the next payer has not told")) == (
        True,
        True,
    )
    assert corrected(desk, claim_id, as_new=True).frequency_code == "1"


def test_a_second_payer_that_decides_again_is_news_for_the_third(desk: Desk) -> None:
    claim_id = with_cigna(desk, **second(UNITED, "tertiary"))
    decide(desk, [claim_id], cas=CIGNA_PAID, **TO_CIGNA)
    secondary.open_secondary(claim_id)
    submit_claims()
    cigna = {**TO_CIGNA, "number": 1}
    taken_back(desk, claim_id, CIGNA_PAID, **{**cigna, "trace": "T7"})
    less = (Adjustment("OA", "23", 13000), Adjustment("PR", "1", 900))
    decide(desk, [claim_id], cas=less, **{**cigna, "trace": "T8"})
    task = only(told_otherwise())
    assert task.words.startswith("UnitedHealthcare was told of Cigna paid 15.00")
    assert task.amount_cents == 400
    number = desk.claim(claim_id).submissions[-1].patient_control_number
    take_277ca([ClaimStatus(number, "A2", "20", "PR", payer_control_number="UHC-1")])
    made = corrected(desk, claim_id)
    assert (made.payer_sequence, made.frequency_code, made.original_reference) == ("T", "7", "UHC-1")
    assert [one.paid_cents for one in made.other_payers] == [8000, 1100]


def test_nothing_of_it_is_said_where_no_later_payer_has_the_claim(desk: Desk) -> None:
    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id])
    again(desk, claim_id, NOW)
    assert told_otherwise() == []
    assert [item.code for item in secondary.open_due()] == [""]
    with pytest.raises(Refused):
        records.get_claim("clm_none")

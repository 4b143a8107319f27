"""A third payer that answers under an earlier payer's number: posted where nothing else can be meant, else a person is asked."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.claims import secondary
from chalicelib.claims.submission import submit_claims
from chalicelib.platform.errors import Misuse
from chalicelib.remittance import matching
from chalicelib.support.tasks import open_tasks
from chalicelib.x12 import Adjustment
from tests.claims.bench_desk import Desk, proven
from tests.claims.test_secondary_opened import decide, desk, part_of, posted, second, sent
from tests.practice import CIGNA, line, only

pytestmark = pytest.mark.aws
__all__ = ["desk"]
UNITED = {"payer_id": "87726", "line_of_business": "commercial", "member_id": "9000000011"}
CIGNA_PAID = (Adjustment("OA", "23", 13000), Adjustment("PR", "1", 500))  # 15.00, and 5.00 is left
UNITED_PAID = (Adjustment("OA", "23", 14500), Adjustment("PR", "2", 100))  # 4.00, and 1.00 is the patient's
ENDED = (15000, 8000 + 1500 + 400, 5000, 100, 0)
FROM_UNITED = ("UNITEDHEALTHCARE", "87726")


def with_three(desk: Desk, **more: str) -> str:
    """Aetna decided; Cigna has the claim from us; UnitedHealthcare stands third."""
    claim_id = only(sent(desk, line(**second(CIGNA), **second(UNITED, "tertiary"), **more)))
    decide(desk, [claim_id])
    secondary.open_secondary(claim_id)
    submit_claims()
    return claim_id


def cigna(desk: Desk, claim_id: str, **more: Any) -> None:
    decide(desk, [claim_id], **{"status": "2", "trace": "T2", "cas": CIGNA_PAID, "payer": ("CIGNA", "62308"), **more})


def united(desk: Desk, claim_id: str, status: str = "2", cas: tuple[Adjustment, ...] = UNITED_PAID) -> Any:
    """UnitedHealthcare's check, under the number the claim went to Cigna with."""
    return only(posted(desk, [part_of(desk, claim_id, status, cas, -1)], "T3", FROM_UNITED))


def waiting() -> matching.Waiting:
    return only(matching.unmatched())


@pytest.mark.parametrize(
    "said",
    [{"crossover_carrier": "UNITEDHEALTHCARE"}, {"status": "20"}, {"remark_codes": ("MA18",)}],
    ids=["carrier named", "status 20", "remark MA18"],
)
def test_a_claim_the_second_passed_on_is_posted_from_the_third_and_the_patient_pays_the_rest(
    desk: Desk, said: dict[str, Any]
) -> None:
    claim_id = with_three(desk)
    cigna(desk, claim_id, **said)
    due = desk.claim(claim_id)
    assert (due.status, due.owner) == ("secondary_due", "payer"), "Cigna sent it on: nobody here does"
    assert secondary.open_due() == []
    assert united(desk, claim_id).posted == 1
    done = desk.claim(claim_id)
    assert (done.status, done.answered, desk.money(claim_id)) == ("patient_due", ("P", "S", "T"), ENDED)
    assert open_tasks() == []
    assert proven()


def test_the_third_answers_before_the_second_and_ends_in_the_same_balances(desk: Desk) -> None:
    claim_id = with_three(desk)
    assert united(desk, claim_id).suspended == 1
    assert waiting().reason == "WAITS_FOR_PRIMARY"
    cigna(desk, claim_id, crossover_carrier="UNITEDHEALTHCARE")
    assert desk.money(claim_id) == ENDED
    assert matching.unmatched() == []
    assert [task for task in open_tasks() if task.kind == "unmatched_payment"] == []


def test_a_third_that_calls_itself_third_needs_no_word_of_the_second(desk: Desk) -> None:
    claim_id = with_three(desk)
    cigna(desk, claim_id)
    assert united(desk, claim_id, status="3").posted == 1
    assert desk.money(claim_id) == ENDED


@pytest.mark.parametrize(
    "said", [{}, {"crossover_carrier": "HUMANA"}, {"remark_codes": ("MA19",)}], ids=["nothing", "another", "MA19"]
)
def test_what_is_not_clear_waits_for_a_person_with_the_reason(desk: Desk, said: dict[str, Any]) -> None:
    claim_id = with_three(desk)
    cigna(desk, claim_id, **said)
    before = desk.money(claim_id)
    assert united(desk, claim_id).suspended == 1
    item = waiting()
    assert (item.reason, item.paid_cents, desk.money(claim_id)) == ("THIRD_UNCLEAR", 400, before)
    assert "did not say that it passed the claim on" in item.words
    part = matching.match(item.remittance_id, item.sequence, claim_id, payer="tertiary")
    assert (part.outcome, part.how, desk.money(claim_id)) == ("posted", "person", ENDED)
    assert matching.unmatched() == []
    assert proven()


def test_amounts_that_do_not_follow_from_the_second_wait_too(desk: Desk) -> None:
    claim_id = with_three(desk)
    cigna(desk, claim_id, crossover_carrier="UNITEDHEALTHCARE")
    assert united(desk, claim_id, cas=(Adjustment("OA", "23", 9000),)).suspended == 1
    assert waiting().reason == "SECONDARY_DIFFERS"


def test_a_third_payer_is_named_by_hand_only_where_the_claim_has_one(desk: Desk) -> None:
    claim_id = only(sent(desk, line(**second(CIGNA))))
    decide(desk, [claim_id])
    assert only(posted(desk, [part_of(desk, claim_id, "1", UNITED_PAID, 0)], "T3", FROM_UNITED)).suspended == 1
    item = waiting()
    assert item.reason == "PAYER_DIFFERS"
    with pytest.raises(Misuse) as caught:
        matching.match(item.remittance_id, item.sequence, claim_id, payer="tertiary")
    assert caught.value.code == "NO_TERTIARY"


def test_a_second_that_answered_under_the_firsts_number_is_not_billed_again_and_the_third_reads_both(
    desk: Desk,
) -> None:
    """Aetna passed the claim on: Cigna's answer names the number Aetna got."""
    claim_id = only(sent(desk, line(**second(CIGNA), **second(UNITED, "tertiary"))))
    decide(desk, [claim_id], status="19")
    cigna(desk, claim_id)
    due = desk.claim(claim_id)
    assert (due.status, due.answered) == ("secondary_due", ("P", "S"))
    following = secondary.next_coverage(due)
    assert following is not None
    assert following.payer_id == "87726"
    assert [item.code for item in secondary.open_due()] == [""]
    sending = desk.claim(claim_id).sending
    assert sending is not None
    assert (sending.sequence, [(one.sequence, one.paid_cents) for one in sending.prior]) == (
        "T", [("P", 8000), ("S", 1500)],
    )  # fmt: skip

"""Underpayments of commercial payers: the practice file's contract against what the payer allowed, by the payer's thresholds."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.onboarding import records
from chalicelib.onboarding.model import ContractSchedule, Payer, PlanSettings, Practice
from chalicelib.remittance import desk as posting_desk
from chalicelib.remittance import matching
from chalicelib.remittance.line_desk import lines_waiting
from chalicelib.support.tasks import open_tasks
from chalicelib.x12 import Adjustment, ServicePayment
from tests.practice import only
from tests.remittance.payer_desk import CO45, PR2, Desk

TERMS = {"from": "2026-01-01", "source": "Agreement, fictional"}
PER_CODE = {**TERMS, "basis": "per_code", "rates": {"97530": "57.00"}}  # 2 units: 114.00; CO-45 of 40.00 leaves 110.00


def with_contract(practice: Practice, *contracts: dict[str, Any], **limits: int) -> Practice:
    made = tuple(ContractSchedule.model_validate(each) for each in contracts)
    plan = (PlanSettings.model_validate({**TERMS, **limits}),) if limits else ()

    def changed(payer: Payer) -> Payer:
        return payer.model_copy(update={"contract": made, "plan": plan}) if payer.payer_id == "60054" else payer

    return practice.model_copy(update={"payers": tuple(changed(payer) for payer in practice.payers)})


def told(desk: Desk, monkeypatch: pytest.MonkeyPatch, *cas: Adjustment, **asked: Any) -> list[tuple[str, int]]:
    """Tasks of an underpayment after one payment under a practice file with these contracts and limits."""
    file = with_contract(records.current_practice(), *asked.pop("contracts"), **asked)
    monkeypatch.setattr(posting_desk, "current_practice", lambda: file)
    assert desk.post(desk.check(desk.payment(*cas))).posted == 1
    return [(task.words, task.amount_cents) for task in open_tasks() if task.kind == "underpaid"]


@pytest.mark.aws
def test_a_commercial_payer_that_allows_less_than_its_contract_is_asked_about(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((words, short),) = told(desk, monkeypatch, CO45, PR2, contracts=[PER_CODE])
    assert (words, short) == ("AETNA allowed 110.00 where 114.00 was expected", 400)


@pytest.mark.aws
@pytest.mark.parametrize(("limits", "asked"), [({"underpaid_cents": 400}, 0), ({"underpaid_percent": 3}, 1)])
def test_each_payer_has_its_own_threshold(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int], asked: int
) -> None:
    assert len(told(desk, monkeypatch, CO45, PR2, contracts=[PER_CODE], **limits)) == asked


@pytest.mark.aws
@pytest.mark.parametrize(
    "contracts",
    [
        [],
        [{**TERMS, "basis": "per_code", "rates": {"97110": "90.00"}}],
        [{**PER_CODE, "from": "2026-09-02"}],
        [{**PER_CODE, "line_of_business": "medicare_advantage"}],
        [{**TERMS, "basis": "per_diem", "amount": "110.00"}],
        [{**TERMS, "basis": "case_rate", "amount": "500.00"}],
    ],
    ids=[
        "none",
        "another code",
        "not yet in force",
        "another line of business",
        "kept",
        "a case, paid once for many claims",
    ],
)
def test_without_a_price_that_was_missed_nothing_is_claimed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, contracts: list[dict[str, Any]]
) -> None:
    assert told(desk, monkeypatch, CO45, PR2, contracts=contracts) == []


@pytest.mark.aws
def test_a_days_price_is_compared_with_the_whole_claim(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ((_, short),) = told(desk, monkeypatch, CO45, PR2, contracts=[{**TERMS, "basis": "per_diem", "amount": "125.00"}])
    assert short == 1500


@pytest.mark.aws
def test_a_denied_line_is_the_denial_queues(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(desk, monkeypatch, Adjustment("CO", "50", 15000), contracts=[PER_CODE]) == []


@pytest.mark.aws
def test_a_service_whose_line_a_person_named_is_compared_then(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line of 150.00 came back as services of 100.00 and 50.00 without our line number: no line is guessed for them."""
    file = with_contract(records.current_practice(), PER_CODE)
    for module in (posting_desk, matching):
        monkeypatch.setattr(module, "current_practice", lambda: file)
    whole = desk.payment(CO45, PR2)
    first = ServicePayment("97530", (), 10000, 3800, 1, date(2026, 9, 1), "", (CO45, PR2))
    second = ServicePayment("97530", (), 5000, 5000, 1, date(2026, 9, 1), "")
    assert desk.post(desk.check(dataclasses.replace(whole, lines=(first, second)))).posted == 1
    assert [task for task in open_tasks() if task.kind == "underpaid"] == []
    (waits,) = lines_waiting()
    assert [(one.service, one.paid_cents) for one in waits.services] == [(1, 3800), (2, 5000)]
    assert [(line.number, line.answered) for line in waits.billed] == [(1, False)]
    matching.match_lines_by_hand(waits.remittance_id, waits.sequence, {1: 1})
    assert [one.service for one in only(lines_waiting()).services] == [2]
    matching.match_lines_by_hand(waits.remittance_id, waits.sequence, {2: 1})
    assert lines_waiting() == []
    (task,) = (task for task in open_tasks() if task.kind == "underpaid")
    assert (task.words, task.amount_cents) == ("AETNA allowed 110.00 where 114.00 was expected", 400)


@pytest.mark.aws
def test_a_line_paid_in_pieces_is_expected_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A payer may answer one line by several services under its number; each was once held against the whole line's price."""
    file = with_contract(records.current_practice(), {**PER_CODE, "rates": {"97530": "55.00"}})  # 110.00, as allowed
    monkeypatch.setattr(posting_desk, "current_practice", lambda: file)
    number = desk.claim().content.lines[0].control_number
    first = ServicePayment("97530", (), 10000, 3800, 1, date(2026, 9, 1), number, (CO45, PR2))
    second = ServicePayment("97530", (), 5000, 5000, 1, date(2026, 9, 1), number)
    assert desk.post(desk.check(dataclasses.replace(desk.payment(CO45, PR2), lines=(first, second)))).posted == 1
    assert [task.words for task in open_tasks() if task.kind == "underpaid"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"rates": {}},
        {"amount": "10.00"},
        {"basis": "percent_of_medicare"},
        {"basis": "case_rate"},  # with rates by code
        {"to": "2025-01-01"},
    ],
)
def test_a_contract_whose_prices_do_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ContractSchedule.model_validate({**PER_CODE, **wrong})

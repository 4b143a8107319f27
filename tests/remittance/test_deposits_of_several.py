"""One deposit of several checks, one check in several deposits: split exactly by amounts, and never where two ways add up."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import store
from chalicelib.platform.errors import Misuse, NotFound, Refused
from chalicelib.remittance import records
from chalicelib.remittance.banking import find_deposit, match_deposit, open_deposits
from chalicelib.remittance.reconcile import Reconciliation, reconcile
from chalicelib.remittance.sums import exact_sums
from chalicelib.support.tasks import open_tasks
from chalicelib.x12 import Adjustment, ProviderAdjustment
from tests.practice import only
from tests.remittance.payer_desk import Desk


@given(st.lists(st.integers(1, 30), max_size=9), st.integers(0, 90))
def test_the_sums_are_those_of_trying_every_set(amounts: list[int], total: int) -> None:
    every = [
        places
        for size in range(1, len(amounts) + 1)
        for places in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in places) == total
    ]
    found = exact_sums(amounts, total)
    assert found is not None
    assert len(found) == min(len(every), 2)
    assert set(found) <= set(every)


def test_too_many_to_try_is_no_answer_rather_than_a_wrong_one() -> None:
    assert exact_sums([1] * 41, 3) is None
    assert exact_sums(list(range(1001, 1041)), 20_000, most_steps=50) is None
    assert exact_sums([5, 0, -3], 2) == []
    assert exact_sums([5], 0) == []


def checks(desk: Desk, **paid: int) -> dict[str, str]:
    """A check of so many cents for each trace number, for claims that are nobody's; its id by trace."""
    for trace, cents in paid.items():
        desk.post(desk.check(desk.payment(Adjustment("CO", "45", 15000 - cents), number=f"ELSE{trace}"), trace=trace))
    return {check.trace: check.remittance_id for check in records.every_check()}


def bank(*rows: str) -> Reconciliation:
    return reconcile(("date,amount,trace\n" + "".join(f"2026-09-30,{row}\n" for row in rows)).encode())


def of(remittance_id: str) -> tuple[str, int]:
    """(deposit, how many further ones) of a check."""
    check = records.find_check(remittance_id)
    assert check is not None
    return check.deposit_id, len(check.more_deposits)


@pytest.mark.aws
def test_a_deposit_that_names_its_checks_is_split_over_them(desk: Desk) -> None:
    ids = checks(desk, LB101=6000, LB102=4000, LB103=2500)
    found = bank("100.00,LOCKBOX LB101 LB102")
    assert sorted(line.trace for line in found.matched) == ["LB101", "LB102"]
    assert only(found.days).off_by_cents == 0
    assert of(ids["LB101"]) == of(ids["LB102"]) != ("", 0)
    assert [line.trace for line in found.checks_open] == ["LB103"]
    before = store.runtime().writes
    assert bank("100.00,LOCKBOX LB101 LB102").new == 0
    assert store.runtime().writes == before


@pytest.mark.aws
def test_a_deposit_of_some_of_the_checks_it_names_takes_those_that_add_up(desk: Desk) -> None:
    ids = checks(desk, LB101=6000, LB102=4000, LB103=2500)
    bank("65.00,LOCKBOX LB101 LB102 LB103")
    assert of(ids["LB102"])[0] == of(ids["LB103"])[0] != ""
    assert of(ids["LB101"])[0] == ""


@pytest.mark.aws
def test_two_ways_to_add_up_are_a_question_and_nothing_is_matched(desk: Desk) -> None:
    ids = checks(desk, LB101=6000, LB102=4000, LB103=2000)
    found = bank("60.00,LOCKBOX LB101 LB102 LB103")
    line = only(found.ambiguous)
    assert line.why == "60.00 is LB101 and is LB102 + LB103 as well"
    assert [task.words for task in open_tasks() if task.kind == "deposit_differs"] == [line.why]
    assert all(of(key) == ("", 0) for key in ids.values())
    bank("60.00,LOCKBOX LB101")  # the other deposit says which: now only one way is left
    assert of(ids["LB102"])[0] == of(ids["LB103"])[0] == line.deposit_id
    assert [task for task in open_tasks() if task.kind == "deposit_differs"] == []


@pytest.mark.aws
def test_one_check_that_came_in_two_deposits(desk: Desk) -> None:
    ids = checks(desk, LB101=10000)
    found = bank("60.00,LB101 PART 1")
    assert only(found.differing).off_by_cents == -4000
    bank("39.00,LB101 PART 2")
    assert of(ids["LB101"]) == ("", 0)  # 99.00 is not 100.00
    bank("40.00,LB101 PART 3")
    assert of(ids["LB101"])[1] == 1
    assert [item.amount_cents for item in open_deposits()] == [3900]
    assert len([task for task in open_tasks() if task.kind == "deposit_differs"]) <= 1


@pytest.mark.aws
def test_a_deposit_that_names_nothing_is_only_proposed_and_a_person_confirms_it_to_the_cent(desk: Desk) -> None:
    ids = checks(desk, LB101=6000, LB102=4000, LB103=2500)
    line = only(bank("100.00,COUNTER DEPOSIT").deposits_open)
    assert set(line.proposal) == {ids["LB101"], ids["LB102"]}
    assert find_deposit(line.deposit_id).state == "open"
    with pytest.raises(Refused, match="SUMS_DIFFER") as refused:
        match_deposit(line.deposit_id, [ids["LB101"], ids["LB103"]])
    assert refused.value.where == "off by 15.00"
    with pytest.raises(NotFound):
        match_deposit(line.deposit_id, ["rmt_" + "0" * 26])
    other = only([item for item in bank("1.00,COUNTER").deposits_open if item.amount_cents == 100])
    with pytest.raises(Misuse, match="ONE_SIDE"):
        match_deposit(line.deposit_id, list(ids.values()), [other.deposit_id])
    (matched,) = match_deposit(line.deposit_id, list(line.proposal))
    assert set(matched.checks) == set(line.proposal)
    before = store.runtime().writes
    match_deposit(line.deposit_id, list(line.proposal))
    assert store.runtime().writes == before
    with pytest.raises(Refused, match="ALREADY_MATCHED"):
        match_deposit(other.deposit_id, [ids["LB101"]])


@pytest.mark.aws
def test_money_a_payer_draws_is_no_check_that_waits_for_a_deposit(desk: Desk) -> None:
    """BPR03 D: the amount leaves the account; a deposit that named it would be somebody else's money."""
    drawn = desk.check(plb=(ProviderAdjustment("WO", "LETTER", -700),), trace="DRAWN1")
    assert desk.post(drawn.replace(b"LETTER*-7", b"LETTER*7").replace(b"*C*ACH", b"*D*ACH")).balanced
    found = bank("7.00,DRAWN1")
    assert (found.matched, found.checks_open) == ((), ())

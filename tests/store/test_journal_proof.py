"""The ledger's proof: it recomputes everything from the stored items, so one cent altered anywhere is found and named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import ledger, store
from chalicelib.ledger import JournalEntry, move
from chalicelib.platform.errors import Conflict
from chalicelib.store import journal, unit_of_work
from chalicelib.tenancy import TenantContext

pytestmark = pytest.mark.aws
AT = "2026-09-30T00:00:00Z"


@pytest.fixture
def practice(in_tenant: Any) -> Iterator[TenantContext]:
    """A practice with two claims, one remittance of 96.40 and 12.34 nobody can place."""
    with in_tenant() as context:
        one, two = claim(context, 1), claim(context, 2)
        with unit_of_work() as uow:
            journal.post(uow, ledger.charge(context.make_id("jrn", "c1"), AT, one, 200_00))
            journal.post(uow, ledger.charge(context.make_id("jrn", "c2"), AT, two, 80_00))
            uow.commit()
        payment = move(ledger.CLEARING, ledger.PAYER, one, 96_40) + move("adjustment.CO-45", ledger.PAYER, one, 60_00)
        header = move(ledger.BANK, ledger.CLEARING, "rmt_1", 108_74)
        unmatched = move(ledger.CLEARING, ledger.SUSPENSE, "rmt_1", 12_34)
        with unit_of_work() as uow:
            journal.post(
                uow, entry(context, "p1", payment), entry(context, "h1", header), entry(context, "s1", unmatched)
            )
            uow.commit()
        yield context


def claim(context: TenantContext, number: int) -> str:
    return context.make_id("clm", str(number))


def entry(context: TenantContext, name: str, lines: Any, source: str = "rmt_1") -> JournalEntry:
    return JournalEntry(entry_id=context.make_id("jrn", name), at=AT, source=source, lines=lines)


def raw_items(context: TenantContext, prefix: str) -> list[dict[str, Any]]:
    """The items as DynamoDB holds them, through botocore and not through the store."""
    pages = store.runtime().client("dynamodb").get_paginator("scan").paginate(TableName=context.placement.table_name)
    items = [item for page in pages for item in page["Items"]]
    return [item for item in items if item["pk"]["S"].startswith(prefix)]


def tamper(context: TenantContext, item: dict[str, Any], change: Callable[[Any], None]) -> str:
    data = json.loads(item["data"]["S"])
    change(data)
    altered = item | {"data": {"S": json.dumps(data)}}
    store.runtime().client("dynamodb").put_item(TableName=context.placement.table_name, Item=altered)
    return f"{item['pk']['S']}/{item['sk']['S']}"


def test_an_untouched_ledger_proves_itself_and_a_hand_count_agrees(practice: TenantContext) -> None:
    assert journal.verify() == {
        "balanced": True,
        "entries": 5,
        "claims": 2,
        "mismatches": [],
        "suspense_cents": 12_34,
    }
    by_account: Counter[str] = Counter()
    for item in raw_items(practice, "JRN#"):
        for line in json.loads(item["data"]["S"])["lines"]:
            by_account[line["account"]] += line["debit_cents"] - line["credit_cents"]
    assert by_account["receivable.payer"] == 123_60
    assert journal.balance(claim(practice, 1)).open_cents + journal.balance(claim(practice, 2)).open_cents == 123_60
    assert {name: amount for name, amount in by_account.items() if amount} == journal.account_totals()


@pytest.mark.parametrize("side", ["debit_cents", "credit_cents"])
def test_one_cent_altered_in_any_entry_is_named(practice: TenantContext, side: str) -> None:
    for item in raw_items(practice, "JRN#"):

        def one_cent_more(data: Any) -> None:
            next(line for line in data["lines"] if line[side])[side] += 1

        where = tamper(practice, item, one_cent_more)
        verdict = journal.verify()
        assert verdict["balanced"] is False
        assert {"what": "entry_not_balanced", "where": where} in verdict["mismatches"]
        store.runtime().client("dynamodb").put_item(TableName=practice.placement.table_name, Item=item)
    assert journal.verify()["balanced"]


def test_an_entry_altered_on_both_sides_disagrees_with_the_balance(practice: TenantContext) -> None:
    def both_sides(data: Any) -> None:
        for line in data["lines"]:
            line["debit_cents" if line["debit_cents"] else "credit_cents"] += 1

    item = next(i for i in raw_items(practice, "JRN#") if json.loads(i["data"]["S"])["source"] == "charge")
    tamper(practice, item, both_sides)
    mismatches = journal.verify()["mismatches"]
    subject = json.loads(item["data"]["S"])["lines"][0]["subject"]
    differing = [m for m in mismatches if m["what"] == "balance_differs_from_journal"]
    assert {m["where"] for m in differing} == {f"CLM#{subject}/BAL"}
    assert {m["account"]: m["journal_cents"] - m["stored_cents"] for m in differing} == {
        "receivable.payer": 1,
        "revenue.charges": -1,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("at", "2026-08-31T00:00:00Z"), ("source", "rmt_2"), ("memo", "as if it had been so"), ("seal", "")],
)
def test_what_no_sum_would_miss_is_found_too(practice: TenantContext, field: str, value: str) -> None:
    """A charge put into another month, or laid to another check, adds up as before."""
    item = next(i for i in raw_items(practice, "JRN#") if json.loads(i["data"]["S"])["source"] == "charge")
    where = tamper(practice, item, lambda data: data.update({field: value}))
    assert journal.verify()["mismatches"] == [{"what": "entry_altered", "where": where}]


def test_an_alteration_carried_through_to_the_balance_is_found(practice: TenantContext) -> None:
    def dearer(data: Any) -> None:
        for line in data["lines"]:
            line["debit_cents" if line["debit_cents"] else "credit_cents"] += 500

    def in_line(data: Any) -> None:
        data["accounts"]["receivable.payer"] += 500
        data["accounts"]["revenue.charges"] -= 500

    item = next(i for i in raw_items(practice, "JRN#") if json.loads(i["data"]["S"])["source"] == "charge")
    subject = json.loads(item["data"]["S"])["lines"][0]["subject"]
    where = tamper(practice, item, dearer)
    (balance,) = (i for i in raw_items(practice, f"CLM#{subject}") if i["sk"]["S"] == "BAL")
    tamper(practice, balance, in_line)
    assert journal.verify()["mismatches"] == [{"what": "entry_altered", "where": where}]


def test_an_entry_of_another_practice_is_none_of_ours(practice: TenantContext, in_tenant: Any) -> None:
    item = next(i for i in raw_items(practice, "JRN#") if json.loads(i["data"]["S"])["source"] == "charge")
    with in_tenant() as other:
        store.runtime().client("dynamodb").put_item(TableName=other.placement.table_name, Item=item)
        assert "entry_altered" in {m["what"] for m in journal.verify()["mismatches"]}


def test_one_cent_altered_in_a_balance_is_named(practice: TenantContext) -> None:
    def one_cent_less(data: Any) -> None:
        data["accounts"]["receivable.payer"] -= 1

    items = raw_items(practice, "CLM#")
    assert items
    for item in items:
        where = tamper(practice, item, one_cent_less)
        (mismatch,) = journal.verify()["mismatches"]
        assert (mismatch["what"], mismatch["where"]) == ("balance_differs_from_journal", where)
        store.runtime().client("dynamodb").put_item(TableName=practice.placement.table_name, Item=item)


def test_a_deleted_entry_is_missed(practice: TenantContext) -> None:
    client = store.runtime().client("dynamodb")
    items = raw_items(practice, "JRN#")
    assert items
    for item in items:
        key = {"pk": item["pk"], "sk": item["sk"]}
        client.delete_item(TableName=practice.placement.table_name, Key=key)
        assert journal.verify()["balanced"] is False
        client.put_item(TableName=practice.placement.table_name, Item=item)


def test_a_remittance_posted_in_part_leaves_clearing_open(practice: TenantContext) -> None:
    with unit_of_work() as uow:
        journal.post(uow, entry(practice, "h2", move(ledger.BANK, ledger.CLEARING, "rmt_2", 50_00), source="rmt_2"))
        uow.commit()
    assert journal.verify()["mismatches"] == [{"what": "clearing_not_zero", "where": "rmt_2", "off_by_cents": -50_00}]


def test_an_entry_is_posted_once(practice: TenantContext) -> None:
    again = ledger.charge(practice.make_id("jrn", "c1"), AT, claim(practice, 1), 200_00)
    with unit_of_work() as uow:
        journal.post(uow, again)
        with pytest.raises(Conflict):
            uow.commit()
    assert journal.balance(claim(practice, 1)).charge_cents == 200_00


def test_a_withdrawn_claim_is_reversed_and_its_history_stays(practice: TenantContext) -> None:
    found = journal.find_entry(practice.make_id("jrn", "c2"))
    assert found is not None
    with unit_of_work() as uow:
        balances = journal.post(uow, ledger.reversal(found, practice.make_id("jrn", "c2", "reversed"), AT))
        uow.commit()
    assert balances[claim(practice, 2)].charge_cents == 0
    assert len(journal.entries_of(claim(practice, 2))) == 2
    assert journal.verify()["balanced"]


moves = st.tuples(
    st.integers(0, 3),
    st.sampled_from(
        [(ledger.PAYER, ledger.CHARGES), ("adjustment.CO-45", ledger.PAYER), (ledger.PATIENT, ledger.PAYER)]
    ),
    st.integers(-10_000, 10_000).filter(bool),
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(moves, min_size=1, max_size=5), min_size=1, max_size=4))
def test_however_it_is_posted_the_balances_are_the_fold(in_tenant: Any, commits: list[list[Any]]) -> None:
    with in_tenant() as context:
        for number, work in enumerate(commits):
            with unit_of_work() as uow:
                for step, (which, pair, amount) in enumerate(work):
                    lines = move(*pair, claim(context, which), amount)
                    journal.post(uow, entry(context, f"{number}/{step}", lines, source="charge"))
                uow.commit()
        assert journal.verify()["balanced"]
        cached = {balance.claim_id: balance for balance in journal.iter_balances()}
        assert cached == ledger.fold(journal.iter_entries())

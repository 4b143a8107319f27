"""The audit trail: whoever alters, removes or reorders an entry is found out, and writers at once lose none."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest

from chalicelib import clock, store
from chalicelib.platform.errors import Conflict
from chalicelib.store import Record, audit_chain, unit_of_work

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]
SUBJECT = "CLM#clm_1"


def write(count: int, subject: str = SUBJECT) -> None:
    for number in range(count):
        with unit_of_work() as uow:
            uow.audit("claim.changed", subject, (f"field_{number}",))
            uow.commit()


class Vandal:
    """Somebody with the table's keys in hand."""

    def __init__(self, context: Any) -> None:
        self.client = store.runtime().client("dynamodb")
        self.table = context.placement.table_name

    def items(self, prefix: str = "AUD#") -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.table)
        found = [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(prefix)]
        return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    def delete(self, item: dict[str, Any]) -> None:
        self.client.delete_item(TableName=self.table, Key={"pk": item["pk"], "sk": item["sk"]})

    def put(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.table, Item=item)


def problems() -> set[str]:
    return {problem["what"] for problem in audit_chain.verify().problems}


@pytest.fixture
def vandal(in_tenant: InTenant) -> Any:
    with in_tenant() as context:
        write(5)
        assert audit_chain.verify().as_dict() == {"intact": True, "entries": 5, "chains": 1, "problems": []}
        yield Vandal(context)


@pytest.mark.parametrize("place", [0, 2, 4])
def test_an_altered_entry_is_found(vandal: Vandal, place: int) -> None:
    item = vandal.items()[place]
    data = json.loads(item["data"]["S"])
    vandal.put({**item, "data": {"S": json.dumps({**data, "actor": "usr_somebody_else"})}})
    assert problems() == {"entry_altered"}
    where = audit_chain.verify().problems[0]["where"]
    assert where == f"{item['pk']['S']}/{item['sk']['S']}"


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_removed_entry_is_found(vandal: Vandal, place: int) -> None:
    item = vandal.items()[place]
    vandal.delete(item)
    found = audit_chain.verify().problems
    assert ("entry_removed", item["sk"]["S"]) in {(one["what"], one["where"].rpartition("/")[2]) for one in found}


def test_entries_put_in_another_order_are_found(vandal: Vandal) -> None:
    one, two = vandal.items()[1], vandal.items()[3]
    vandal.put({**one, "data": two["data"]})
    vandal.put({**two, "data": one["data"]})
    assert problems() == {"entry_out_of_place"}


def test_an_added_entry_is_found(vandal: Vandal) -> None:
    last = vandal.items()[-1]
    vandal.put({**last, "sk": {"S": "0000000006"}})
    assert problems()


def test_a_removed_head_is_found_as_long_as_another_chain_stands(vandal: Vandal) -> None:
    write(1, "CLM#clm_7")
    (first, *_) = vandal.items("AUDHEAD#")
    assert len(vandal.items("AUDHEAD#")) == 2
    vandal.delete(first)
    assert problems() == {"head_removed"}


def test_a_whole_day_removed_is_found(in_tenant: InTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    with in_tenant() as context:
        for day in ("2026-09-28", "2026-09-29", "2026-09-30"):
            monkeypatch.setenv("OTBILL_NOW", day)
            write(2)
        assert audit_chain.verify().entries == 6
        vandal = Vandal(context)
        for item in vandal.items("AUD#2026-09-29"):
            vandal.delete(item)
        assert "entry_removed" in problems()


def test_what_was_not_committed_left_no_entry(vandal: Vandal) -> None:
    with unit_of_work() as uow:
        uow.create(Record("VIS#1", "VISIT", "visit", {}))
        uow.commit()
    with unit_of_work() as uow:
        uow.create(Record("VIS#1", "VISIT", "visit", {}))
        uow.audit("visit.imported", SUBJECT)
        with pytest.raises(Conflict, match="EXISTS"):
            uow.commit()
    assert audit_chain.verify().entries == 5


def test_many_writers_of_one_chain_lose_nothing_and_conflict_with_nobody(in_tenant: InTenant) -> None:
    with in_tenant(), ThreadPoolExecutor(6) as pool:
        contexts = [contextvars.copy_context() for _ in range(6)]
        list(pool.map(lambda context: context.run(write, 5), contexts))
        assert audit_chain.verify().as_dict() == {"intact": True, "entries": 30, "chains": 1, "problems": []}


def test_several_entries_of_one_unit_of_work_stand_in_their_order(in_tenant: InTenant) -> None:
    with in_tenant():
        with unit_of_work() as uow:
            for number in range(3):
                uow.audit(f"step.{number}", SUBJECT)
            assert uow.record_count == 4
            uow.commit()
        found = list(audit_chain.entries(clock.now().date().isoformat(), SUBJECT))
        assert [entry["action"] for entry in found] == ["step.0", "step.1", "step.2"]


def test_another_practice_cannot_vouch_for_this_one(in_tenant: InTenant) -> None:
    """The hash is keyed by practice: an entry carried over from another trail is found."""
    with in_tenant() as theirs:
        write(1)
        (stolen,) = Vandal(theirs).items()
    with in_tenant() as context:
        write(1)
        Vandal(context).put(stolen)
        assert problems()

"""What looks like a social security number, and what people write, is unreadable in the table and plain to the product."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims import holds, records
from chalicelib.claims.queries import claim_view
from chalicelib.platform.errors import Fault
from chalicelib.store import Record, get, sealed, unit_of_work
from chalicelib.tenancy import Principal, TenantContext
from tests.practice import build, line, live_practice

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]
SSN = "987654321"  # no such number is ever issued
NOTE = "Patient's sister Wisteria says the card is lost"


@pytest.fixture
def practice(in_tenant: InTenant) -> Iterator[TenantContext]:
    with in_tenant() as context:
        yield context


def raw(context: TenantContext, pk: str = "") -> list[dict[str, Any]]:
    pages = store.runtime().client("dynamodb").get_paginator("scan").paginate(TableName=context.placement.table_name)
    items = [item for page in pages for item in page["Items"]]
    return [item for item in items if not pk or item["pk"]["S"] == pk]


def put(pk: str, data: dict[str, Any], kind: str = "x") -> None:
    with unit_of_work() as uow:
        uow.create(Record(pk, "X", kind, data))
        uow.commit()


@pytest.mark.parametrize(
    ("data", "hidden"),
    [
        ({"coverages": [{"member_id": SSN}]}, True),
        ({"member_id": "987-65-4321"}, True),
        ({"billing": {"tax_id": SSN, "tax_id_kind": "SY"}}, True),
        ({"billing": {"tax_id": SSN, "tax_id_kind": "EI"}}, False),  # an employer's number is public
        ({"member_id": "W987654321"}, False),
        ({"units": SSN}, False),
    ],
)
def test_what_may_be_a_social_security_number_is_sealed(
    practice: TenantContext, data: dict[str, Any], hidden: bool
) -> None:
    put("X#1", data)
    (item,) = raw(practice, "X#1")
    stored = item["data"]["S"].replace("-", "")
    assert (SSN not in stored) is hidden
    found = get("X#1", "X")
    assert found is not None
    assert found.data == data


def test_notes_and_member_ids_of_a_claim_are_unreadable_in_the_table(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug) as context:
        rows = line("V1", payer_id="87726", member_id=SSN)
        (outcome,) = build(tmp_path, rows)
        holds.note(outcome.claim_id, words=NOTE)
        holds.hold(outcome.claim_id, reason="other", words=NOTE, follow_up_on=records.date(2026, 10, 5))
        text = json.dumps(raw(context))
        assert SSN not in text
        assert "Wisteria" not in text
        view = claim_view(outcome.claim_id)
        assert view.content.coverage.member_id == SSN
        assert NOTE in {event.words for event in view.events}
        claim = records.get_claim(outcome.claim_id).claim
        assert claim.hold
        assert claim.hold.words == NOTE
        assert NOTE in claim.reason


def test_a_sealed_value_opens_nowhere_else(practice: TenantContext, in_tenant: InTenant, tenant: Any) -> None:
    """Copied to another item, another field or another practice it is refused, not shown."""
    put("X#1", {"member_id": SSN, "other": {"member_id": "987-65-4320"}})
    (item,) = raw(practice, "X#1")
    data = json.loads(item["data"]["S"])
    client = store.runtime().client("dynamodb")

    def plant(table: str, pk: str, content: dict[str, Any]) -> None:
        client.put_item(TableName=table, Item={**item, "pk": {"S": pk}, "data": {"S": json.dumps(content)}})

    plant(practice.placement.table_name, "X#2", data)
    plant(practice.placement.table_name, "X#1", {**data, "member_id": data["other"]["member_id"]})
    for pk in ("X#1", "X#2"):
        with pytest.raises(Fault, match="SEALED_VALUE") as refused:
            get(pk, "X")
        assert SSN not in str(refused.value)
    with in_tenant(tenant()) as other:
        plant(other.placement.table_name, "X#1", json.loads(item["data"]["S"]))
        with pytest.raises(Fault, match="SEALED_VALUE"):
            get("X#1", "X")


def test_who_writes_a_text_that_looks_sealed_gets_it_back(practice: TenantContext) -> None:
    put("X#1", {"free": sealed.PREFIX + "bm90aGluZw=="})
    found = get("X#1", "X")
    assert found is not None
    assert found.data == {"free": sealed.PREFIX + "bm90aGluZw=="}


def test_the_data_key_lies_wrapped_and_is_made_once(practice: TenantContext) -> None:
    put("X#1", {"member_id": SSN})
    sealed.forget()
    put("X#2", {"member_id": SSN})
    (key,) = raw(practice, "KEYS")
    wrapped = json.loads(key["data"]["S"])["wrapped"]
    assert wrapped
    one, two = (json.loads(raw(practice, pk)[0]["data"]["S"])["member_id"] for pk in ("X#1", "X#2"))
    assert one != two  # equal values do not look equal
    sealed.forget()
    for pk in ("X#1", "X#2"):
        found = get(pk, "X")
        assert found is not None
        assert found.data["member_id"] == SSN

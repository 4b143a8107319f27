"""Daily seals find what the chains alone cannot: the whole newest part of a chain removed, with an older head put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from chalicelib import store
from chalicelib.platform.errors import Conflict
from chalicelib.store import audit_chain, audit_seal, unit_of_work
from chalicelib.tenancy import TenantContext

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def practice(in_tenant: InTenant, monkeypatch: pytest.MonkeyPatch) -> Iterator[TenantContext]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30T10:00Z")
    with in_tenant() as context:
        yield context


def audit(count: int) -> None:
    for number in range(count):
        with unit_of_work() as uow:
            uow.audit("thing.done", f"THING#{number}")
            uow.commit()


def table(context: TenantContext) -> tuple[Any, str]:
    return store.runtime().client("dynamodb"), context.placement.table_name


def roll_back(context: TenantContext, heads: list[dict[str, Any]]) -> None:
    """What somebody who can write the table would do: older heads back, newer entries gone."""
    client, name = table(context)
    last = {item["pk"]["S"].removeprefix("AUDHEAD#"): json.loads(item["data"]["S"])["number"] for item in heads}
    for page in client.get_paginator("scan").paginate(TableName=name):
        for item in page["Items"]:
            pk = item["pk"]["S"]
            if pk.startswith("AUD#") and int(item["sk"]["S"]) > last.get(pk.rpartition("#")[2], 0):
                client.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})
            if pk.startswith("AUDHEAD#") and pk.removeprefix("AUDHEAD#") not in last:
                client.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})
    for item in heads:
        client.put_item(TableName=name, Item=item)
    store.runtime().audit_heads.clear()


def heads_now(context: TenantContext) -> list[dict[str, Any]]:
    client, name = table(context)
    pages = client.get_paginator("scan").paginate(TableName=name)
    return [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith("AUDHEAD#")]


def test_a_rolled_back_trail_is_whole_to_itself_and_contradicts_its_seal(practice: TenantContext) -> None:
    audit(8)
    older = heads_now(practice)
    audit(12)
    sealed = audit_seal.seal()
    assert sum(chain["number"] for chain in sealed["chains"].values()) == 20
    assert audit_seal.verify() == (1, [])
    roll_back(practice, older)
    assert audit_chain.verify().problems == []  # the chains alone do not see it
    seals, problems = audit_seal.verify()
    assert seals == 1
    assert {problem["what"] for problem in problems} == {"sealed_entry_removed"}


def test_a_trail_written_anew_after_the_rollback_contradicts_it_too(practice: TenantContext) -> None:
    older = heads_now(practice)
    audit(10)
    audit_seal.seal()
    roll_back(practice, older)
    for number in range(10):
        with unit_of_work() as uow:
            uow.audit("other.thing", f"THING#{number}")
            uow.commit()
    assert audit_chain.verify().problems == []
    assert {problem["what"] for problem in audit_seal.verify()[1]} == {"sealed_entry_altered"}


def test_a_day_is_sealed_once_and_the_next_day_again(practice: TenantContext, monkeypatch: pytest.MonkeyPatch) -> None:
    audit(2)
    audit_seal.seal()
    with pytest.raises(Conflict, match="ALREADY_SEALED"):
        audit_seal.seal()
    monkeypatch.setenv("OTBILL_NOW", "2026-10-01T10:00Z")
    audit(2)
    audit_seal.seal()
    assert audit_seal.verify() == (2, [])


def test_a_seal_cannot_be_removed_and_one_put_over_it_does_not_count(practice: TenantContext) -> None:
    from botocore.exceptions import ClientError

    audit(3)
    audit_seal.seal()
    s3, bucket = store.runtime().client("s3"), store.runtime().settings.audit_bucket
    key = f"tenants/{practice.tenant.tenant_id}/2026-09-30.json"
    (version,) = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    with pytest.raises(ClientError):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
    held = s3.get_object_retention(Bucket=bucket, Key=key)["Retention"]
    assert held["Mode"] == "COMPLIANCE"
    assert held["RetainUntilDate"].year == 2032
    s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
    s3.delete_object(Bucket=bucket, Key=key)
    assert audit_seal.verify() == (1, [])


def test_a_seal_made_without_the_practices_key_is_not_ours(practice: TenantContext) -> None:
    audit(1)
    made = audit_seal.seal()
    bucket = store.runtime().settings.audit_bucket
    forged = {**made, "day": "2026-09-29", "chains": {}}
    key = f"tenants/{practice.tenant.tenant_id}/2026-09-29.json"
    store.runtime().client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(forged).encode())
    assert audit_seal.verify() == (2, [{"what": "seal_not_ours", "where": "2026-09-29.json"}])

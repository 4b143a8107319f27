"""The control table: practices and how files find them, numbers given once, receipts and the outbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib import ids, store
from chalicelib.platform.errors import Conflict, NotFound
from chalicelib.store import control, directory, outbox, provision, receipts, unit_of_work
from chalicelib.tenancy import TenantState

pytestmark = pytest.mark.aws


def test_a_practice_gets_a_key_a_table_and_a_prefix_of_its_own(tenant: Any) -> None:
    one, two = tenant(), tenant()
    places = [directory.directory().find(t.slug)[1] for t in (one, two)]
    for field in ("table_name", "prefix", "key_arn", "code", "id_key"):
        assert getattr(places[0], field) != getattr(places[1], field)
    assert len(one.code) == 4


def test_the_table_is_as_specified(tenant: Any) -> None:
    placement = directory.directory().find(tenant().tenant_id)[1]
    client = store.runtime().client("dynamodb")
    table = client.describe_table(TableName=placement.table_name)["Table"]
    assert {key["AttributeName"] for key in table["KeySchema"]} == {"pk", "sk"}
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {"gsi1", "gsi2"}
    assert table["SSEDescription"]["KMSMasterKeyArn"] == placement.key_arn
    assert table["DeletionProtectionEnabled"] is True
    ttl = client.describe_time_to_live(TableName=placement.table_name)["TimeToLiveDescription"]
    assert (ttl["AttributeName"], ttl["TimeToLiveStatus"]) == ("expires_at", "ENABLED")
    backups = client.describe_continuous_backups(TableName=placement.table_name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_the_plan_says_what_would_be_made_and_makes_nothing(aws: str) -> None:
    before = store.runtime().writes
    assert [step.action for step in provision.plan_tenant("planned-ot")][1:] == ["create"] * 4
    assert store.runtime().writes == before
    provision.ensure_tenant("planned-ot", "Planned OT", "America/Denver")
    assert {step.action for step in provision.plan_tenant("planned-ot")} == {"exists"}


def test_applying_again_writes_nothing_and_a_change_is_stored(aws: str) -> None:
    first = provision.ensure_tenant("again-ot", "Again OT", "America/Denver")
    before = store.runtime().writes
    assert provision.ensure_tenant("again-ot", "Again OT", "America/Denver") == first
    assert store.runtime().writes == before
    changed, placement = provision.ensure_tenant("again-ot", "Again Therapy", "America/Denver", TenantState.LIVE)
    assert (changed.name, changed.state, placement) == ("Again Therapy", "live", first[1])
    assert directory.find_tenant("again-ot") == changed
    assert changed in list(directory.list_tenants())


def test_what_an_interrupted_run_left_undone_is_finished(aws: str) -> None:
    tenant = directory.reserve("half-ot", "Half OT", "UTC") if provision.ensure_platform() is None else None
    assert tenant is not None
    with pytest.raises(NotFound):
        directory.directory().find("half-ot")
    assert [s.action for s in provision.plan_tenant("half-ot")] == ["exists", "exists", "create", "create", "create"]
    made, _ = provision.ensure_tenant("half-ot", "Half OT", "UTC")
    assert (made.tenant_id, made.code) == (tenant.tenant_id, tenant.code)


def test_two_runs_at_once_make_one_practice(aws: str) -> None:
    provision.ensure_platform()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: provision.ensure_tenant("race-ot", "Race OT", "UTC"), range(4)))
    assert len({(tenant.tenant_id, placement.id_key) for tenant, placement in made}) == 1


def test_a_taken_code_goes_to_the_next_candidate(aws: str) -> None:
    provision.ensure_platform()
    taken = ids.tenant_code(control.platform_key(), "unlucky-ot", 0)
    control.put_new(store.Record(f"CODE#{taken}", "ROUTE", "route", {"tenant_id": "tnt_other"}))
    tenant, _ = provision.ensure_tenant("unlucky-ot", "Unlucky OT", "UTC")
    assert tenant.code != taken
    assert directory.tenant_by_code(tenant.code) == tenant.tenant_id
    assert directory.tenant_by_code(taken) == "tnt_other"


def test_a_remittance_finds_its_practice_by_npi_and_tax_id(tenant: Any) -> None:
    one, two = tenant(), tenant()
    assert directory.route_payee(one.tenant_id, npi="1777777704", tax_id="12-3456789") == 2
    assert directory.route_payee(one.tenant_id, npi="1777777704", tax_id="123456789") == 0
    directory.route_payee(two.tenant_id, npi="1777777712", tax_id="12-3456789")
    assert directory.tenants_by_npi("1777777704") == {one.tenant_id}
    assert directory.tenants_by_tax_id("123456789") == {one.tenant_id, two.tenant_id}
    assert directory.tenants_by_npi("0000000000") == frozenset()
    assert not any("123456789" in record.pk for record in control.iter_query("TAX#123456789"))


def test_a_practice_keeps_its_slug_and_code(tenant: Any) -> None:
    made = tenant()
    with pytest.raises(Conflict, match="TENANT_IDENTITY"):
        directory.save_tenant(made.model_copy(update={"code": "ZZZZ"}))


def test_numbers_are_given_once_whoever_asks(aws: str) -> None:
    provision.ensure_platform()
    assert control.next_number("isa-start", first=900) == 900
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: control.next_number("isa"), range(80)))
    assert sorted(given) == list(range(1, 81))


def test_a_file_is_received_once_under_any_name_and_finished_once(aws: str) -> None:
    provision.ensure_platform()
    first = receipts.receive(b"ISA*once", "a.835", "835")
    again = receipts.receive(b"ISA*once", "b.835", "835")
    assert (again, first.state) == (first, "received")
    assert first in list(receipts.unfinished())
    done = receipts.finish(first.digest, {"posted": 3})
    before = store.runtime().writes
    assert receipts.finish(first.digest, {"posted": 4}) == done
    assert store.runtime().writes == before
    assert receipts.find(first.digest) == done
    assert first.digest not in {receipt.digest for receipt in receipts.unfinished()}


def test_an_event_waits_until_its_work_is_committed(in_tenant: Any) -> None:
    with in_tenant():
        with unit_of_work() as uow:
            uow.once("posting", "t|1")
            ids_ = [uow.emit("LineDenied", "clm_1", {"n": n}) for n in range(3)]
            uow.emit("Other", "clm_1", {})
            uow.commit()
        events = list(outbox.waiting("LineDenied"))
        assert [event.event_id for event in events] == ids_, "one subject's events keep their order"
        assert (events[0].actor, events[0].cause, events[0].data) == ("usr_operator", "posting/t|1", {"n": 0})
        with unit_of_work() as uow:
            outbox.settle(uow, events[0])  # and then the consumer dies
        assert len(list(outbox.waiting("LineDenied"))) == 3
        with unit_of_work() as uow:
            outbox.settle(uow, events[0])
            uow.commit()
        with unit_of_work() as uow:
            outbox.settle(uow, events[0])
            with pytest.raises(Conflict):
                uow.commit()
        assert len(list(outbox.waiting())) == 3


def test_the_same_natural_key_names_the_same_event(in_tenant: Any) -> None:
    def name_event() -> str:
        with unit_of_work() as uow:
            uow.once("posting", "t|1")
            return uow.emit("LineDenied", "clm_1", {})

    with in_tenant():
        assert name_event() == name_event()


def test_a_wrapped_key_opens_for_its_owner_only(tenant: Any) -> None:
    from chalicelib.platform.errors import Fault
    from chalicelib.store import keyring

    made = tenant()
    arn = directory.directory().find(made.tenant_id)[1].key_arn
    wrapped = keyring.wrap(arn, b"k" * 32, made.tenant_id)
    assert keyring.unwrap(arn, wrapped, made.tenant_id) == b"k" * 32
    keyring.forget()
    with pytest.raises(Fault, match="KEY_UNAVAILABLE"):
        keyring.unwrap(arn, wrapped, "tnt_another")

"""What every capability may rely on: all or nothing, never over somebody's change, once per natural key, one practice."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import store
from chalicelib.platform.errors import AlreadyDone, Conflict, Fault, Misuse
from chalicelib.store import Record, unit_of_work

pytestmark = pytest.mark.aws
InTenant = Any


def visit(number: int | str, **data: Any) -> Record:
    return Record(f"VIS#{number}", "VISIT", "visit", data)


def save(*records: Record) -> None:
    with unit_of_work() as uow:
        for record in records:
            uow.replace(record)
        uow.commit()


def stored(number: int | str) -> Record:
    record = store.get(f"VIS#{number}", "VISIT")
    assert record is not None
    return record


def test_what_is_stored_comes_back_as_it_was(in_tenant: InTenant) -> None:
    record = Record(
        "VIS#1",
        "VISIT",
        "visit",
        {"cents": 9007199254740993, "name": "Ünï", "none": None, "list": [1, {"a": True}], "empty": ""},
        schema=3,
        gsi1=("STATUS#held", "2026-09-30"),
        gsi2=("PAYER#60054", "x"),
        expires_at=4102444800,
    )
    with in_tenant():
        with unit_of_work() as uow:
            promised = uow.create(record)
            uow.commit()
        found = store.get("VIS#1", "VISIT")
        assert found is not None
        assert found.data == record.data
        assert (
            (found.version, found.schema, found.expires_at) == (promised.version, 3, 4102444800) == (1, 3, 4102444800)
        )
        assert (found.gsi1, found.gsi2) == (record.gsi1, record.gsi2)
        assert found.created_at
        assert store.get("VIS#1", "OTHER") is None


def test_leaving_without_commit_writes_nothing(in_tenant: InTenant) -> None:
    with in_tenant():
        with unit_of_work() as uow:
            uow.create(visit(1))
        assert store.get("VIS#1", "VISIT") is None
        with pytest.raises(Misuse, match="UNIT_OF_WORK_CLOSED"):
            uow.commit()


def test_creating_twice_is_a_conflict_that_names_the_item_and_writes_nothing(in_tenant: InTenant) -> None:
    with in_tenant():
        save(visit(1))
        with unit_of_work() as uow:
            uow.create(visit(2))
            uow.create(visit(1))
            with pytest.raises(Conflict) as refused:
                uow.commit()
        assert (refused.value.code, refused.value.where) == ("EXISTS", "VIS#1/VISIT")
        assert store.get("VIS#2", "VISIT") is None


def test_the_second_of_two_who_read_the_same_version_is_refused(in_tenant: InTenant) -> None:
    with in_tenant():
        save(visit(1, n=0))
        mine, yours = stored(1), stored(1)
        save(Record(mine.pk, mine.sk, mine.kind, {"n": 1}, version=mine.version))
        with pytest.raises(Conflict) as refused:
            save(Record(yours.pk, yours.sk, yours.kind, {"n": 2}, version=yours.version))
        assert refused.value.code == "CHANGED"
        assert (stored(1).data, stored(1).version) == ({"n": 1}, 2)
        with unit_of_work() as uow:
            uow.delete(yours)
            with pytest.raises(Conflict):
                uow.commit()
        with unit_of_work() as uow:
            uow.delete(stored(1))
            uow.commit()
        assert store.get("VIS#1", "VISIT") is None


def test_a_natural_key_is_done_once(in_tenant: InTenant) -> None:
    def post(amount: int) -> None:
        with unit_of_work() as uow:
            uow.once("posting", "trace-1|clp-7")
            uow.create(visit(f"p{amount}", amount=amount))
            uow.emit("LinePosted", "clm_1", {"amount": amount})
            uow.commit()

    with in_tenant():
        assert not store.was_done("posting", "trace-1|clp-7")
        post(1)
        assert store.was_done("posting", "trace-1|clp-7")
        with pytest.raises(AlreadyDone) as again:
            post(2)
        assert again.value.where == "IDEM#posting"
        with pytest.raises(AlreadyDone):  # although the record exists too: what was done is done
            post(1)
        assert store.get("VIS#p2", "VISIT") is None


def test_a_hundred_items_and_not_one_more(in_tenant: InTenant) -> None:
    with in_tenant():
        with unit_of_work() as uow:
            for number in range(99):  # and the note of what changed
                uow.create(visit(number))
            uow.commit()
        with unit_of_work() as uow:
            for number in range(100, 200):
                uow.create(visit(number))
            assert uow.record_count == 101
            with pytest.raises(Misuse, match="TOO_MANY_ITEMS"):
                uow.commit()
        assert len(store.get_many([(f"VIS#{n}", "VISIT") for n in range(201)])) == 99


@pytest.mark.parametrize(
    ("items", "size", "code"), [(1, 410_000, "ITEM_TOO_LARGE"), (12, 390_000, "TRANSACTION_TOO_LARGE")]
)
def test_too_large_is_refused_before_it_is_sent(in_tenant: InTenant, items: int, size: int, code: str) -> None:
    with in_tenant(), unit_of_work() as uow:
        for number in range(items):
            uow.create(visit(number, text="x" * size))
        with pytest.raises(Misuse, match=code):
            uow.commit()


def test_misuse_is_told_at_once(in_tenant: InTenant) -> None:
    with in_tenant(), unit_of_work() as uow:
        uow.create(visit(1))
        with pytest.raises(Misuse, match="SAME_ITEM_TWICE"):
            uow.create(visit(1))
        uow.create(Record("VIS#2", "VISIT", "visit", {"when": object()}))
        with pytest.raises(Misuse, match="NOT_JSON"):
            uow.commit()


def test_history_cannot_be_changed_or_deleted(in_tenant: InTenant) -> None:
    with in_tenant(), unit_of_work() as uow:
        for pk in ("AUD#2026-09-30#01", "JRN#03", "IDEM#posting"):
            record = Record(pk, "x", "history", {}, version=1)
            with pytest.raises(Misuse, match="APPEND_ONLY"):
                uow.replace(record)
            with pytest.raises(Misuse, match="APPEND_ONLY"):
                uow.delete(record)


def test_one_unit_of_work_is_one_practice(in_tenant: InTenant, tenant: Any) -> None:
    ours, theirs = tenant(), tenant()
    with in_tenant(theirs):
        save(visit(1, owner="theirs"))
        foreign = stored(1)
    with in_tenant(ours):
        uow = unit_of_work()
        with pytest.raises(Misuse, match="OTHER_TABLE"):
            uow.replace(foreign)
        uow.create(visit(9))
        with in_tenant(theirs), pytest.raises(Misuse, match="OTHER_TENANT"):
            uow.create(visit(2))
        with in_tenant(theirs), pytest.raises(Misuse, match="OTHER_TENANT"):
            uow.commit()
        assert store.get("VIS#1", "VISIT") is None, "another practice's record is not there"


def test_nothing_is_read_or_written_outside_a_practice(aws: str) -> None:
    for attempt in (unit_of_work, lambda: store.get("VIS#1", "VISIT"), lambda: store.query("VIS#1")):
        with pytest.raises(Fault, match="NO_TENANT_CONTEXT"):
            attempt()


def test_a_listing_goes_on_where_it_stopped(in_tenant: InTenant) -> None:
    with in_tenant():
        save(*(Record("CLM#1", f"EV#{n:06d}", "claim_event", {"n": n}, gsi1=("Q", f"{n:06d}")) for n in range(7)))
        for listing in (store.query, lambda pk, **k: store.query_index("gsi1", "Q", **k)):
            seen, cursor, pages = [], None, 0
            while True:
                page = listing("CLM#1", limit=3, cursor=cursor)
                seen += [record.data["n"] for record in page.records]
                cursor, pages = page.cursor, pages + 1
                if cursor is None:
                    break
            assert (seen, pages) == (list(range(7)), 3)
        assert store.query("CLM#1", limit=7).cursor is None, "a full last page promises nothing more"
        newest = store.query("CLM#1", sk_prefix="EV#", newest_first=True, limit=2)
        assert [record.data["n"] for record in newest.records] == [6, 5]
        assert [r.data["n"] for r in store.iter_index("gsi1", "Q", newest_first=True)] == [6, 5, 4, 3, 2, 1, 0]


def test_a_cursor_of_another_practice_or_another_list_is_refused(in_tenant: InTenant, tenant: Any) -> None:
    ours, theirs = tenant(), tenant()
    records = [Record("CLM#1", f"EV#{n}", "e", {}) for n in range(3)]
    with in_tenant(theirs):
        save(*records)
        foreign = store.query("CLM#1", limit=1).cursor
    with in_tenant(ours):
        save(*records)
        own = store.query("CLM#1", limit=1).cursor
        assert own is not None
        for cursor, options in (
            (foreign, {}),
            ("AAAA", {}),
            (own, {"newest_first": True}),
            (own[:-2] + "zz", {}),
            ("é", {}),
        ):
            with pytest.raises(Misuse, match="BAD_CURSOR"):
                store.query("CLM#1", limit=1, cursor=cursor, **options)
        with pytest.raises(Misuse, match="BAD_QUERY"):
            store.query("CLM#1", limit=100_000)


def test_the_audit_says_who_did_what_to_which_fields(in_tenant: InTenant) -> None:
    with in_tenant(purpose="visits import"):
        with unit_of_work() as uow:
            uow.audit("visit.amend", "vis_1", ("units", "modifiers"))
            uow.commit()
        found = [r for n in range(16) for r in store.iter_query(f"AUD#{today()}#{n:02d}")]
        (entry,) = found
        chained = ("number", "previous", "previous_day", "hash")
        assert {name: value for name, value in entry.data.items() if name not in chained} | {"at": ""} == {
            "at": "",
            "actor": "usr_operator",
            "actor_kind": "operator",
            "action": "visit.amend",
            "subject": "vis_1",
            "fields": ["units", "modifiers"],
            "purpose": "visits import",
        }


def today() -> str:
    from chalicelib import clock

    return clock.now().date().isoformat()


def test_reading_and_failing_count_no_writes(in_tenant: InTenant) -> None:
    with in_tenant():
        before = store.runtime().writes
        store.get("VIS#1", "VISIT")
        store.query("VIS#1")
        with unit_of_work() as uow:
            uow.commit()
        assert store.runtime().writes == before
        save(visit(1), visit(2))
        assert store.runtime().writes == before + 1


def test_importing_the_store_imports_no_aws_library() -> None:
    code = (
        "import sys, chalicelib.store, chalicelib.tenancy, chalicelib.documents, chalicelib.store.control;"
        "sys.exit(str(sorted({m.split('.')[0] for m in sys.modules} & {'boto3', 'botocore', 'pynamodb', 'stripe'})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


def test_using_the_store_never_imports_boto3(in_tenant: InTenant) -> None:
    with in_tenant():
        save(visit(1))
    assert "boto3" not in sys.modules


actions = st.lists(
    st.tuples(st.sampled_from(["create", "replace", "stale", "delete", "once"]), st.integers(0, 3), st.integers()),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(actions, max_size=6))
def test_the_store_behaves_like_a_dictionary_with_versions(in_tenant: InTenant, history: list[Any]) -> None:
    """A model of plain dictionaries beside the real table: after every unit of work both hold the same."""
    with _fresh(in_tenant):
        model: dict[str, tuple[int, int]] = {}
        done: set[str] = set()
        for work in history:
            expected = _expected(model, done, work)
            outcome = _perform(model, work)
            assert outcome == (expected[0] if expected else "ok")
            if outcome == "ok":
                model, done = _after(model, done, work)
            assert _table() == model


_tenants: list[Any] = []


def _fresh(in_tenant: InTenant) -> AbstractContextManager[Any]:
    """The same practice for every example, emptied: making one takes 30 ms."""
    if not _tenants:
        with in_tenant() as context:
            _tenants.append(context.tenant)
    context = in_tenant(_tenants[0])
    with in_tenant(_tenants[0]):
        for number in range(4):
            for key in ((f"VIS#{number}", "VISIT"), ("IDEM#t", str(number))):
                store.runtime().client("dynamodb").delete_item(
                    TableName=_table_name(), Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}}
                )
    return context


def _table_name() -> str:
    from chalicelib.tenancy import current

    return current().placement.table_name


def _expected(model: dict[str, tuple[int, int]], done: set[str], work: list[Any]) -> tuple[str] | None:
    seen: set[tuple[str, int]] = set()
    failures = set()
    for action, number, _ in work:
        slot = ("once" if action == "once" else "item", number)
        if slot in seen:
            return ("SAME_ITEM_TWICE",)
        seen.add(slot)
        exists = str(number) in model
        if action == "once" and str(number) in done:
            failures.add("ALREADY_DONE")
        elif action == "create" and exists:
            failures.add("EXISTS")
        elif action == "stale" or (action == "delete" and not exists):
            failures.add("CHANGED")
    if "ALREADY_DONE" in failures:
        return ("ALREADY_DONE",)
    if not failures:
        return None
    return _first_told(model, work)


def _first_told(model: dict[str, tuple[int, int]], work: list[Any]) -> tuple[str]:
    for action, number, _ in sorted(work, key=lambda step: step[0] != "delete"):
        exists = str(number) in model
        if action == "stale" or (action == "delete" and not exists):
            return ("CHANGED",)
        if action == "create" and exists:
            return ("EXISTS",)
    raise AssertionError


def _perform(model: dict[str, tuple[int, int]], work: list[Any]) -> str:
    try:
        with unit_of_work() as uow:
            for action, number, value in work:
                version = model.get(str(number), (0, 0))[0]
                record = Record(f"VIS#{number}", "VISIT", "visit", {"v": value}, version=version)
                if action == "create":
                    uow.create(record)
                elif action == "replace":
                    uow.replace(record)
                elif action == "stale":
                    uow.replace(Record(record.pk, record.sk, "visit", {}, version=version + 7))
                elif action == "delete":
                    uow.delete(Record(record.pk, record.sk, "visit", {}, version=version or 1))
                else:
                    uow.once("t", str(number))
            uow.commit()
    except (Conflict, AlreadyDone, Misuse) as refused:
        return refused.code
    return "ok"


def _after(model: dict[str, tuple[int, int]], done: set[str], work: list[Any]) -> tuple[Any, set[str]]:
    new, now_done = dict(model), set(done)
    for action, number, value in work:
        key = str(number)
        if action == "once":
            now_done.add(key)
        elif action == "delete":
            del new[key]
        else:
            new[key] = (model.get(key, (0, 0))[0] + 1, value)
    return new, now_done


def _table() -> dict[str, tuple[int, int]]:
    found = store.get_many([(f"VIS#{number}", "VISIT") for number in range(4)])
    return {pk.removeprefix("VIS#"): (record.version, record.data["v"]) for (pk, _), record in found.items()}

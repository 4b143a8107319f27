"""What we use of pynamodb 6.1 beyond its public face. If an upgrade moves any of it, this fails before a practice notices."""

from __future__ import annotations

import importlib.metadata

import pytest

from chalicelib import store
from chalicelib.store.runtime import MAX_BOUND_TABLES, Runtime

pytestmark = pytest.mark.aws


def test_pynamodb_is_the_version_whose_private_names_we_use() -> None:
    assert importlib.metadata.version("pynamodb").startswith("6.1.")


def test_every_bound_table_uses_the_one_client(aws: str) -> None:
    runtime = Runtime(store.runtime().settings)
    tables = [runtime.table(f"t{number}") for number in range(3)]
    clients = {id(table._get_connection().connection.client) for table in tables}
    assert clients == {id(runtime.client("dynamodb"))}
    assert [table.Meta.table_name for table in tables] == ["t0", "t1", "t2"]
    assert len({id(table.gsi1) for table in tables}) == 3, "each table has indexes of its own"


def test_binding_another_practice_is_cheap(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime(store.runtime().settings)
    runtime.table("first")
    made: list[str] = []
    monkeypatch.setattr(runtime.session, "create_client", lambda service, **_: made.append(service))
    for number in range(20):
        runtime.table(f"t{number}")
    assert made == [], "a client of its own takes 118 ms, a binding to the shared one 0.5 ms"


def test_bound_tables_are_kept_and_the_least_used_dropped(aws: str) -> None:
    runtime = Runtime(store.runtime().settings)
    first = runtime.table("t0")
    assert runtime.table("t0") is first
    for number in range(1, MAX_BOUND_TABLES + 1):
        runtime.table(f"t{number}")
    assert runtime.table("t0") is not first


def test_our_own_timeouts_and_retries_are_on_the_client(aws: str) -> None:
    config = store.runtime().client("dynamodb").meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 10)
    assert config.retries["total_max_attempts"] == 3

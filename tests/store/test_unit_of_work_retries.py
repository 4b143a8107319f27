"""A busy store is asked again, an unanswered commit is safe to repeat, and no failure repeats what it failed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib import store
from chalicelib.platform.errors import Conflict, Fault
from chalicelib.store import Record, transaction, unit_of_work

pytestmark = pytest.mark.aws
CANARY = "CANARY-Marigold-Testcase"


class Faulty:
    """Stands before the DynamoDB client and answers TransactWriteItems with the next fault, or passes it on."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.faults: list[Any] = []
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def _make_api_call(self, operation: str, arguments: dict[str, Any]) -> Any:
        if operation != "TransactWriteItems":
            return self.client._make_api_call(operation, arguments)
        self.calls.append(arguments)
        fault = self.faults.pop(0) if self.faults else None
        if fault is None:
            return self.client._make_api_call(operation, arguments)
        return fault(lambda: self.client._make_api_call(operation, arguments))


def refused(code: str, *reasons: str) -> Any:
    def raise_it(_send: Any) -> Any:
        from botocore.exceptions import ClientError

        response: Any = {"Error": {"Code": code, "Message": CANARY}, "ResponseMetadata": {"HTTPHeaders": {}}}
        if reasons:
            response["CancellationReasons"] = [{"Code": reason, "Message": CANARY} for reason in reasons]
        raise ClientError(response, "TransactWriteItems")

    return raise_it


def no_answer(_send: Any) -> Any:
    raise ReadTimeoutError(endpoint_url=CANARY)


def done_but_no_answer(send: Any) -> Any:
    send()
    raise ReadTimeoutError(endpoint_url=CANARY)


@pytest.fixture
def faulty(in_tenant: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    monkeypatch.setattr(transaction.time, "sleep", lambda seconds: delays.append(seconds))
    delays.clear()
    with in_tenant() as context:
        connection = store.runtime().table(context.placement.table_name)._get_connection().connection
        wrapped = Faulty(connection._client)
        monkeypatch.setattr(connection, "_client", wrapped)
        yield wrapped


delays: list[float] = []


def commit_one() -> None:
    with unit_of_work() as uow:
        uow.create(Record("VIS#1", "VISIT", "visit", {}))
        uow.commit()


@pytest.mark.parametrize(
    "fault",
    [
        refused("ThrottlingException"),
        refused("ProvisionedThroughputExceededException"),
        refused("InternalServerError"),
        refused("TransactionInProgressException"),
        refused("TransactionCanceledException", "TransactionConflict"),
        refused("TransactionCanceledException", "ThrottlingError"),
        no_answer,
    ],
)
def test_a_busy_store_is_asked_again(faulty: Faulty, fault: Any) -> None:
    faulty.faults = [fault, fault]
    commit_one()
    assert len(faulty.calls) == 3
    assert store.get("VIS#1", "VISIT") is not None
    assert len({call["ClientRequestToken"] for call in faulty.calls}) == 1


def test_a_commit_that_was_done_without_an_answer_is_not_done_twice(faulty: Faulty) -> None:
    faulty.faults = [done_but_no_answer]
    commit_one()
    record = store.get("VIS#1", "VISIT")
    assert record is not None
    assert record.version == 1


def test_the_waits_grow_and_are_never_in_step(faulty: Faulty) -> None:
    faulty.faults = [refused("ThrottlingException")] * transaction.MAX_ATTEMPTS
    with pytest.raises(Fault, match="STORE_BUSY") as fault:
        commit_one()
    assert "again" in fault.value.fix
    assert len(delays) == transaction.MAX_ATTEMPTS - 1
    assert all(0 <= wait <= 1 for wait in delays)
    assert len(set(delays)) == len(delays)


@pytest.mark.parametrize(
    "fault",
    [
        refused("ValidationException"),
        refused("AccessDeniedException"),
        refused("TransactionCanceledException", "ValidationError"),
        refused("IdempotentParameterMismatchException"),
    ],
)
def test_a_refusal_is_not_repeated_and_tells_no_values(faulty: Faulty, fault: Any) -> None:
    faulty.faults = [fault]
    with pytest.raises(Fault) as told:
        commit_one()
    assert len(faulty.calls) == 1
    assert told.value.code == "STORE_FAILED"
    assert CANARY not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_a_failed_condition_beside_a_throttle_is_a_conflict(faulty: Faulty) -> None:
    faulty.faults = [refused("TransactionCanceledException", "ThrottlingError", "ConditionalCheckFailed")]
    with unit_of_work() as uow:
        uow.create(Record("VIS#1", "VISIT", "visit", {}))
        uow.create(Record("VIS#2", "VISIT", "visit", {}))
        with pytest.raises(Conflict) as conflict:
            uow.commit()
    assert conflict.value.where == "VIS#2/VISIT"


def test_a_read_without_an_answer_is_a_fault_without_values(in_tenant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_: Any) -> Any:
        raise ReadTimeoutError(endpoint_url=CANARY)

    with in_tenant() as context:
        connection = store.runtime().table(context.placement.table_name)._get_connection().connection
        monkeypatch.setattr(connection.client, "_make_api_call", dead)
        reads = (
            lambda: store.get("VIS#1", "V"),
            lambda: store.query("VIS#1"),
            lambda: store.get_many([("VIS#1", "V")]),
        )
        for read in reads:
            with pytest.raises(Fault, match="ReadTimeoutError") as fault:
                read()
            assert CANARY not in str(fault.value)


def test_many_writers_of_one_record_each_count_once(in_tenant: Any) -> None:
    """Eight threads add one to the same record five times each, reading again on Conflict."""
    import contextvars
    from concurrent.futures import ThreadPoolExecutor

    def add_one() -> None:
        while True:
            stored = store.get("SUM#1", "SUM")
            data = {"n": stored.data["n"] + 1 if stored else 1}
            try:
                with unit_of_work() as uow:
                    uow.replace(Record("SUM#1", "SUM", "sum", data, version=stored.version if stored else 0))
                    uow.commit()
                return
            except Conflict:
                continue

    with in_tenant(), ThreadPoolExecutor(8) as pool:
        contexts = [contextvars.copy_context() for _ in range(40)]
        list(pool.map(lambda context: context.run(add_one), contexts))
        stored = store.get("SUM#1", "SUM")
        assert stored is not None
        assert stored.data == {"n": 40}

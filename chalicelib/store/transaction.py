"""One TransactWriteItems on one table: all of it is stored, or none of it.

commit ── cancelled, the idempotency item exists ──> AlreadyDone, nothing written
       ── cancelled, another item's condition    ──> Conflict naming that item
       ── throttled, contended, timed out        ──> again with full jitter and the same request token
       ── still not after MAX_ATTEMPTS           ──> Fault; running the use case again is safe (natural keys)
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from chalicelib import clock
from chalicelib.platform.errors import AlreadyDone, Conflict, Fault, Misuse
from chalicelib.store.record import MAX_ITEM_BYTES, Record, item_bytes
from chalicelib.store.runtime import runtime

if TYPE_CHECKING:
    from chalicelib.store.items import Item

MAX_ITEMS = 100
MAX_BYTES = 4 * 1024 * 1024
MAX_ATTEMPTS = 6
_BASE_DELAY_S = 0.02
_MAX_DELAY_S = 1.0
_APPEND_ONLY = ("AUD#", "JRN#", "IDEM#", "EVT#")
_RETRIED = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


@dataclass(frozen=True, slots=True)
class _Write:
    record: Record
    expected: int | None  # stored version it must have; 0 = must not exist; None = must exist
    deletes: bool = False
    once: bool = False
    anyway: bool = False  # no condition: for items that can be made anew from others


class Transaction:
    """Collects writes to one table and commits them together. Leaving it without `commit` writes nothing."""

    def __init__(self, table_name: str) -> None:
        self._table_name = table_name
        self._writes: dict[tuple[str, str], _Write] = {}
        self._done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done = True

    @property
    def record_count(self) -> int:
        """Items this transaction will write; DynamoDB takes at most 100."""
        return len(self._writes)

    def create(self, record: Record) -> Record:
        """Store a record that must not exist yet. Returns it as it will be stored."""
        return self._add(_Write(record, 0))

    def replace(self, record: Record) -> Record:
        """Store a record over the version it was read at (0 = must not exist). Returns it with its next version."""
        return self._add(_Write(record, record.version))

    def put(self, record: Record) -> None:
        """Store a record whatever is there: only for one that can be made anew from others at any time."""
        self._refuse_append_only(record)
        self._add(_Write(record, None, anyway=True))

    def delete(self, record: Record) -> None:
        """Remove a record, if it still has the version it was read at."""
        self._refuse_append_only(record)
        self._add(_Write(record, record.version, deletes=True))

    def once(self, scope: str, key: str) -> None:
        """If this natural key was committed before, `commit` raises AlreadyDone and writes nothing."""
        record = Record(f"IDEM#{scope}", key, "idempotency", {})
        self._add(_Write(record, 0, once=True))

    def pending(self, pk: str, sk: str) -> Record | None:
        """The record this transaction is going to write under a key, if any."""
        write = self._writes.get((pk, sk))
        return None if write is None or write.deletes else write.record

    def revise(self, record: Record) -> None:
        """Change the content of a record already in this transaction; its condition stays as it was."""
        write = self._writes.get(record.key)
        if write is None or write.deletes or write.once:
            raise Misuse("NOT_PENDING", "the record is not being written in this unit of work", where=_where(record))
        self._writes[record.key] = replace(write, record=record)

    def commit(self) -> None:
        """Write everything, or nothing."""
        self._refuse_when_done()
        self._check_limits()
        if self._writes:
            _commit_with_retries(runtime().table(self._table_name), self._ordered())
        self._done = True

    def _add(self, write: _Write) -> Record:
        self._refuse_when_done()
        record = write.record
        if record.origin and record.origin != self._table_name:
            raise Misuse("OTHER_TABLE", "the record belongs to another table", where=record.kind)
        if record.key in self._writes:
            raise Misuse("SAME_ITEM_TWICE", "one unit of work writes an item once", where=_where(record))
        if write.expected:
            self._refuse_append_only(record)
        self._writes[record.key] = write
        return record.as_stored((write.expected or 0) + 1, self._table_name)

    def _ordered(self) -> list[_Write]:
        # pynamodb sends deletes before puts, and the reasons of a cancelled transaction come in the order sent.
        return sorted(self._writes.values(), key=lambda write: not write.deletes)

    def _check_limits(self) -> None:
        if len(self._writes) > MAX_ITEMS:
            raise Misuse("TOO_MANY_ITEMS", f"{len(self._writes)} items in one unit of work; the limit is {MAX_ITEMS}")
        total = 0
        for write in self._writes.values():
            size = item_bytes(write.record)
            if size > MAX_ITEM_BYTES:
                raise Misuse("ITEM_TOO_LARGE", "an item may hold 400 KB", where=_where(write.record))
            total += size
        if total > MAX_BYTES:
            raise Misuse("TRANSACTION_TOO_LARGE", "one unit of work may hold 4 MB", fix="split it")

    def _refuse_when_done(self) -> None:
        if self._done:
            raise Misuse("UNIT_OF_WORK_CLOSED", "this unit of work is over", fix="open a new one")

    def _refuse_append_only(self, record: Record) -> None:
        if record.pk.startswith(_APPEND_ONLY):
            raise Misuse(
                "APPEND_ONLY",
                "audit, journal, idempotency items and numbered events are never changed",
                where=record.kind,
            )


def _commit_with_retries(bound: type[Item], writes: list[_Write]) -> None:
    from pynamodb.exceptions import TransactWriteError

    token = uuid4().hex
    stamp = clock.instant_text(clock.now())
    code = ""
    for attempt in range(MAX_ATTEMPTS):
        backoff(attempt)
        try:
            _send(bound, writes, token, stamp)
            return
        except TransactWriteError as error:
            code = _retryable_code(error, writes)
    raise Fault(
        "STORE_BUSY",
        f"the store did not answer in {MAX_ATTEMPTS} attempts ({code})",
        fix="run it again; what was already stored is not stored twice",
    )


def backoff(attempt: int) -> None:
    """Wait before another attempt: full jitter, so that those who were refused together do not come back together."""
    if attempt:
        time.sleep(random.uniform(0, min(_MAX_DELAY_S, _BASE_DELAY_S * 2**attempt)))


def _send(bound: type[Item], writes: list[_Write], token: str, stamp: str) -> None:
    """Items and conditions as DynamoDB takes them: pynamodb takes as long to say them as all the rest of a commit."""
    from chalicelib.store.items import to_put

    connection = bound._get_connection().connection
    deletes: list[dict[str, Any]] = []
    puts: list[dict[str, Any]] = []
    for write in writes:
        condition = {} if write.anyway else _condition(write.expected)
        put = {**to_put(bound, write.record, (write.expected or 0) + 1, stamp), **condition}
        if write.deletes:
            item = put.pop("Item")
            deletes.append({**put, "Key": {"pk": item["pk"], "sk": item["sk"]}})
        else:
            puts.append(put)
    connection.transact_write_items([], deletes, puts, [], client_request_token=token)


def _condition(expected: int | None) -> dict[str, Any]:
    """0 = must not exist, None = must exist, else the stored version it must have."""
    if expected:
        names, values = {"#0": "version"}, {":0": {"N": str(expected)}}
        return {
            "ConditionExpression": "#0 = :0",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
    there = "attribute_exists" if expected is None else "attribute_not_exists"
    return {"ConditionExpression": f"{there} (#0)", "ExpressionAttributeNames": {"#0": "pk"}}


def _retryable_code(error: Any, writes: list[_Write]) -> str:
    """The code of a failure worth another attempt; raises the typed error of any other."""
    code = answered_code(error)
    if not code:
        return type(error.cause).__name__  # no answer: timeout or broken connection; the token makes a second try safe
    if code != "TransactionCanceledException":
        if code in _RETRIED:
            return code
        raise store_fault(error) from None
    reasons = [reason.code if reason else "" for reason in error.cancellation_reasons]
    _raise_failed_condition(reasons, writes)
    refused = [reason for reason in reasons if reason and reason not in _RETRIED]
    if refused:
        raise Fault("STORE_FAILED", f"the store refused an item ({refused[0]})") from None
    return next((reason for reason in reasons if reason), code)


def _raise_failed_condition(reasons: list[str], writes: list[_Write]) -> None:
    failed = [w for w, r in zip(writes, reasons, strict=False) if r == "ConditionalCheckFailed"]
    done = next((write for write in failed if write.once), None)
    if done:
        raise AlreadyDone("ALREADY_DONE", "this was done before; nothing was changed", where=done.record.pk) from None
    for write in failed:
        code, message = ("EXISTS", "it is there already") if write.expected == 0 else ("CHANGED", "it was changed")
        raise Conflict(code, message, where=_where(write.record), fix="read again and retry") from None


def store_fault(error: Any) -> Fault:
    """The store refused or failed. Its own message may hold values, so only its code is told."""
    return Fault("STORE_FAILED", f"the store answered {answered_code(error) or type(error.cause).__name__}")


def answered_code(error: Any) -> str:
    """The code the store answered with; '' when there was no answer (pynamodb's own property breaks on a timeout)."""
    response = getattr(error.cause, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _where(record: Record) -> str:
    return f"{record.pk}/{record.sk}"

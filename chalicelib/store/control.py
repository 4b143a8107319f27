"""The control table: what belongs to no single practice. No tenant context, and never in a tenant's transaction.

PHI has no place here. Typed neighbours: `directory` (practices, placements, routing), `identity` (users, sessions,
tokens), `receipts` (inbound files).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chalicelib import clock
from chalicelib.platform.errors import Conflict, Fault
from chalicelib.store import keyring
from chalicelib.store.reads import Query, TableReader
from chalicelib.store.record import Page, Record
from chalicelib.store.runtime import runtime
from chalicelib.store.transaction import Transaction, store_fault

PLATFORM_KEY = ("PLATFORM", "ID_KEY")


def get(pk: str, sk: str) -> Record | None:
    """One record, strongly consistent."""
    return _unsigned().get(pk, sk)


def get_many(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Record]:
    """The records that exist among these keys, by key."""
    return _unsigned().get_many(keys)


def query(
    pk: str, sk_prefix: str = "", limit: int = 100, cursor: str | None = None, newest_first: bool = False
) -> Page:
    """A page of one partition."""
    return _reader().page(Query("", pk, sk_prefix, newest_first), limit, cursor)


def query_index(
    index: str, pk: str, sk_prefix: str = "", limit: int = 100, cursor: str | None = None, newest_first: bool = False
) -> Page:
    """A page of 'gsi1' or 'gsi2'."""
    return _reader().page(Query(index, pk, sk_prefix, newest_first), limit, cursor)


def iter_query(pk: str, sk_prefix: str = "", newest_first: bool = False) -> Iterator[Record]:
    """Every record of one partition."""
    return _reader().every(Query("", pk, sk_prefix, newest_first))


def iter_index(index: str, pk: str, sk_prefix: str = "", newest_first: bool = False) -> Iterator[Record]:
    """Every record under one index key."""
    return _reader().every(Query(index, pk, sk_prefix, newest_first))


def transaction() -> Transaction:
    """Several control records together: `with transaction() as work: …; work.commit()`."""
    return Transaction(runtime().settings.control_table)


def put_new(record: Record) -> Record:
    """Store a record that must not exist (Conflict EXISTS otherwise)."""
    with transaction() as work:
        stored = work.create(record)
        work.commit()
    return stored


def replace(record: Record) -> Record:
    """Store a record over the version it was read at (Conflict CHANGED otherwise)."""
    with transaction() as work:
        stored = work.replace(record)
        work.commit()
    return stored


def delete(record: Record) -> None:
    """Remove a record if it still has the version it was read at."""
    with transaction() as work:
        work.delete(record)
        work.commit()


def next_number(name: str, first: int = 1) -> int:
    """The next number of a named counter, from `first`: never given twice; a number taken and not used leaves a gap."""
    return next_numbers(name, 1, first)[0]


def next_numbers(name: str, count: int, first: int = 1) -> range:
    """The next `count` numbers of a named counter, taken at once."""
    from pynamodb.exceptions import UpdateError

    bound = runtime().table(runtime().settings.control_table)
    counter = bound(f"COUNTER#{name}", "COUNTER")
    try:
        counter.update(
            [
                bound.version.set((bound.version | (first - 1)) + count),  # the stored version is the last number given
                bound.kind.set("counter"),
                bound.schema.set(1),
                bound.created_at.set(clock.instant_text(clock.now())),
                bound.data.set("{}"),
            ]
        )
    except UpdateError as error:
        raise store_fault(error) from None
    return range(int(counter.version) - count + 1, int(counter.version) + 1)


def count_up(name: str, window: str, amount: int, expires_at: int) -> int:
    """Add to a counter that ends with its window; the sum so far. Atomic: of many at once each is counted."""
    from pynamodb.exceptions import UpdateError

    bound = runtime().table(runtime().settings.control_table)
    counter = bound(f"COUNT#{name}", window)
    try:
        with runtime().counting_apart():
            counter.update(
                [
                    bound.version.set((bound.version | 0) + amount),
                    bound.kind.set("count"),
                    bound.schema.set(1),
                    bound.created_at.set(clock.instant_text(clock.now())),
                    bound.data.set("{}"),
                    bound.expires_at.set(expires_at),
                ]
            )
    except UpdateError as error:
        raise store_fault(error) from None
    return int(counter.version)


def counted(name: str, window: str) -> int:
    """The sum of a counter, 0 when nothing was counted in the window."""
    record = get(f"COUNT#{name}", window)
    return record.version if record else 0


def forget_count(name: str, window: str) -> None:
    """Begin again at 0."""
    record = get(f"COUNT#{name}", window)
    if record is None:
        return
    try:
        with runtime().counting_apart():
            delete(record)
    except Conflict:
        return  # somebody counted at the same moment: then it goes on from there


def platform_key() -> bytes:
    """The platform's own id key, wrapped in the control table by the platform's KMS key."""
    record = get(*PLATFORM_KEY)
    if record is None:
        raise Fault("NOT_PROVISIONED", "the control table is not set up", fix="apply a practice file")
    return keyring.unwrap(record.data["key_arn"], record.data["wrapped"], "platform")


def _reader() -> TableReader:
    return TableReader(runtime().settings.control_table, platform_key())


def _unsigned() -> TableReader:
    return TableReader(runtime().settings.control_table, b"")

"""A practice's records: read by key, range or index; written by a unit of work. Everything here needs a tenant context.

    from chalicelib.store import Record, unit_of_work, get, query

    with unit_of_work() as uow:
        uow.once("import", visit_key)
        uow.create(Record(f"VIS#{id}", "VISIT", "visit", data))
        uow.audit("visit.import", id)
        uow.commit()

Importing this imports neither pynamodb nor botocore; both come with the first read or write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chalicelib.store.reads import Query, TableReader
from chalicelib.store.record import Page, Record
from chalicelib.store.runtime import Runtime, configure, runtime
from chalicelib.store.work import UnitOfWork, unit_of_work
from chalicelib.tenancy import current

__all__ = [
    "Page",
    "Record",
    "Runtime",
    "UnitOfWork",
    "configure",
    "get",
    "get_many",
    "iter_index",
    "iter_query",
    "query",
    "query_index",
    "runtime",
    "unit_of_work",
    "was_done",
]


def get(pk: str, sk: str) -> Record | None:
    """One record of the current practice, strongly consistent."""
    return _reader().get(pk, sk)


def get_many(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Record]:
    """The records that exist among these keys, by key."""
    return _reader().get_many(keys)


def query(
    pk: str, sk_prefix: str = "", limit: int = 100, cursor: str | None = None, newest_first: bool = False
) -> Page:
    """A page of one partition, in order of sort key."""
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


def was_done(scope: str, key: str) -> bool:
    """Whether a unit of work with `once(scope, key)` was committed."""
    return get(f"IDEM#{scope}", key) is not None


def _reader() -> TableReader:
    placement = current().placement
    return TableReader(placement.table_name, placement.id_key)

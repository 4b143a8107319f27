"""Reading one table: by key, by key range, by index; every query has a limit and a signed cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.platform.errors import Fault, Misuse
from chalicelib.store import cursors
from chalicelib.store.record import Page, Record
from chalicelib.store.runtime import runtime
from chalicelib.store.transaction import store_fault

if TYPE_CHECKING:
    from chalicelib.store.items import Item

MAX_LIMIT = 1000
_INDEXES = ("", "gsi1", "gsi2")


@dataclass(frozen=True, slots=True)
class Query:
    """Records of one partition of the table ('' ) or of an index, in order of their sort key."""

    index: str
    pk: str
    sk_prefix: str = ""
    newest_first: bool = False


class TableReader:
    """Reads of one table. `signing_key` makes its cursors useless elsewhere."""

    def __init__(self, table_name: str, signing_key: bytes) -> None:
        self._name = table_name
        self._key = signing_key

    def get(self, pk: str, sk: str) -> Record | None:
        """One record, strongly consistent."""
        from chalicelib.store.items import to_record

        bound = self._bound()
        with _typed_errors():
            try:
                return to_record(bound.get(pk, sk, consistent_read=True))
            except bound.DoesNotExist:
                return None

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Record]:
        """The records that exist among these keys (100 a request), strongly consistent."""
        from chalicelib.store.items import to_record

        with _typed_errors():
            found = (to_record(i) for i in self._bound().batch_get(list(dict.fromkeys(keys)), consistent_read=True))
            return {record.key: record for record in found}

    def page(self, query: Query, limit: int, cursor: str | None) -> Page:
        """At most `limit` records, and a cursor when there are more. Index reads are eventually consistent on AWS."""
        if not 1 <= limit <= MAX_LIMIT or query.index not in _INDEXES:
            raise Misuse("BAD_QUERY", f"a page holds 1 to {MAX_LIMIT} records of the table, gsi1 or gsi2")
        start = cursors.read(self._key, self._scope(query), cursor) if cursor else None
        with _typed_errors():
            return self._fetch(query, limit, start)

    def every(self, query: Query, page_size: int = 250) -> Iterator[Record]:
        """All records of a query, page by page."""
        cursor: str | None = None
        while True:
            page = self.page(query, page_size, cursor)
            yield from page.records
            if page.cursor is None:
                return
            cursor = page.cursor

    def _fetch(self, query: Query, limit: int, start: dict[str, Any] | None) -> Page:
        from chalicelib.store.items import to_record

        # One more than asked tells whether anything follows, so the last page carries no cursor.
        results = self._bound().query(
            query.pk,
            self._range(query),
            consistent_read=not query.index,
            index_name=query.index or None,
            scan_index_forward=not query.newest_first,
            limit=limit,
            page_size=limit + 1,
            last_evaluated_key=start,
        )
        records = tuple(to_record(item) for item in results)
        last = results.last_evaluated_key if len(records) == limit else None
        return Page(records, cursors.write(self._key, self._scope(query), last) if last else None)

    def _range(self, query: Query) -> Any:
        if not query.sk_prefix:
            return None
        bound = self._bound()
        column = getattr(bound, f"{query.index}sk") if query.index else bound.sk
        return column.startswith(query.sk_prefix)

    def _bound(self) -> type[Item]:
        return runtime().table(self._name)

    def _scope(self, query: Query) -> str:
        return "\x1f".join((self._name, query.index, query.pk, query.sk_prefix, str(query.newest_first)))


@contextmanager
def _typed_errors() -> Iterator[None]:
    from pynamodb.exceptions import PynamoDBException, TableDoesNotExist

    try:
        yield
    except TableDoesNotExist:
        raise Fault("TABLE_MISSING", "the table does not exist", fix="apply the practice file again") from None
    except PynamoDBException as error:
        raise store_fault(error) from None

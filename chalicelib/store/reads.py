"""Reading one table: by key, by key range, by index; every query has a limit and a signed cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.platform.errors import Fault, Misuse
from chalicelib.store import cursors
from chalicelib.store.record import Page, Record
from chalicelib.store.runtime import runtime
from chalicelib.store.transaction import MAX_ATTEMPTS, answered_code, backoff, store_fault

if TYPE_CHECKING:
    from chalicelib.store.items import Item

MAX_LIMIT = 1000
_BATCH = 100
_INDEXES = ("", "gsi1", "gsi2")
_Range = tuple[Literal["begins_with", "<", ">"], str]
"""What is asked of the sort key."""


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
        from chalicelib.store.items import from_raw

        with _typed_errors():
            raw = self._bound()._get_connection().get_item(pk, sk, consistent_read=True).get("Item")
        return from_raw(raw, self._name) if raw else None

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Record]:
        """The records that exist among these keys (100 a request), strongly consistent."""
        wanted = list(dict.fromkeys(keys))
        batches = (wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH))
        with _typed_errors():
            return {record.key: record for batch in batches for record in self._batch(batch)}

    def page(self, query: Query, limit: int, cursor: str | None) -> Page:
        """At most `limit` records, and a cursor when there are more. Index reads are eventually consistent on AWS."""
        if not 1 <= limit <= MAX_LIMIT or query.index not in _INDEXES:
            raise Misuse("BAD_QUERY", f"a page holds 1 to {MAX_LIMIT} records of the table, gsi1 or gsi2")
        start = cursors.read(self._key, self._scope(query), cursor) if cursor else None
        with _typed_errors():
            return self._fetch(query, limit, start)

    def beyond(self, query: Query, after: str, limit: int) -> tuple[Record, ...]:
        """The first records whose sort key lies beyond `after` ('' = from the beginning) in the query's direction."""
        from chalicelib.store.items import from_raw

        condition: _Range | None = ("<" if query.newest_first else ">", after) if after else None
        with _typed_errors():
            return tuple(from_raw(raw, self._name) for raw in self._raw(query, condition, limit))

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
        from chalicelib.store.items import from_raw

        # One more than asked tells whether anything follows, so the last page carries no cursor.
        found = self._raw(query, self._prefix(query), limit + 1, start)
        records = tuple(from_raw(raw, self._name) for raw in found[:limit])
        if len(found) <= limit:
            return Page(records)
        names = ("pk", "sk", *((f"{query.index}pk", f"{query.index}sk") if query.index else ()))
        position = {name: found[limit - 1][name] for name in names}
        return Page(records, cursors.write(self._key, self._scope(query), position))

    def _raw(
        self, query: Query, condition: _Range | None, wanted: int, start: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Items as DynamoDB sends them; it ends a reply at 1 MB, so several may be needed.

        The request is said as DynamoDB takes it: pynamodb's condition objects take as long as all the rest of a small query.
        """
        from pynamodb.exceptions import QueryError

        connection = self._bound()._get_connection().connection
        asked = self._request(query, condition)
        found: list[dict[str, Any]] = []
        while True:
            asked["Limit"] = wanted - len(found)
            if start:
                asked["ExclusiveStartKey"] = start
            try:
                reply = connection.dispatch("Query", asked)
            except _unanswered() as error:
                raise QueryError("the query failed", error) from error
            found += reply["Items"]
            start = reply.get("LastEvaluatedKey")
            if start is None or len(found) >= wanted:
                return found

    def _request(self, query: Query, condition: _Range | None) -> dict[str, Any]:
        wanted = "#p = :p"
        names, values = {"#p": f"{query.index}pk"}, {":p": {"S": query.pk}}
        if condition is not None:
            operator, value = condition
            wanted += " AND begins_with(#s, :s)" if operator == "begins_with" else f" AND #s {operator} :s"
            names["#s"], values[":s"] = f"{query.index}sk", {"S": value}
        return {
            "TableName": self._name,
            "KeyConditionExpression": wanted,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not query.newest_first,
            **({"IndexName": query.index} if query.index else {"ConsistentRead": True}),
        }

    def _batch(self, keys: list[tuple[str, str]]) -> Iterator[Record]:
        """One BatchGetItem, asked again for what a busy table left out."""
        from chalicelib.store.items import from_raw

        table = self._bound()._get_connection()
        left: list[Any] = [{"pk": pk, "sk": sk} for pk, sk in keys]
        for attempt in range(MAX_ATTEMPTS):
            backoff(attempt)
            reply = table.batch_get_item(left, consistent_read=True)
            yield from (from_raw(raw, self._name) for raw in reply["Responses"].get(self._name, ()))
            left = reply.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
            if not left:
                return
            left = [{name: value["S"] for name, value in key.items()} for key in left]
        raise Fault("STORE_BUSY", "the store did not return every record", fix="run it again")

    def _prefix(self, query: Query) -> _Range | None:
        return ("begins_with", query.sk_prefix) if query.sk_prefix else None

    def _bound(self) -> type[Item]:
        return runtime().table(self._name)

    def _scope(self, query: Query) -> str:
        return "\x1f".join((self._name, query.index, query.pk, query.sk_prefix, str(query.newest_first)))


def _unanswered() -> tuple[type[Exception], ...]:
    """What pynamodb itself counts as a store that refused or did not answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


@contextmanager
def _typed_errors() -> Iterator[None]:
    from pynamodb.exceptions import PynamoDBException

    try:
        yield
    except PynamoDBException as error:
        if answered_code(error) == "ResourceNotFoundException":
            raise Fault("TABLE_MISSING", "the table does not exist", fix="apply the practice file again") from None
        raise store_fault(error) from None

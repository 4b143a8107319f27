"""One ordered list out of several index partitions: sharded queues read as one, a page at a time."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import islice

from chalicelib.store import cursors
from chalicelib.store.reads import Query, TableReader
from chalicelib.store.record import Page, Record
from chalicelib.tenancy import current


def merged_index(
    index: str, pks: Sequence[str], limit: int = 50, cursor: str | None = None, newest_first: bool = False
) -> Page:
    """Records of all partitions in order of the index's sort key. Sort keys must be unique across them (they end in an id).

    The cursor is the last sort key seen, signed for this practice and these partitions.
    """
    placement = current().placement
    scope = "\x1f".join((placement.table_name, index, *sorted(pks), str(newest_first)))
    after = cursors.read(placement.id_key, scope, cursor)["after"]["S"] if cursor else ""
    parts = [_part(index, pk, after, limit + 1, newest_first=newest_first) for pk in pks]
    number = 0 if index == "gsi1" else 1
    ordered = heapq.merge(*parts, key=lambda item: _sort_key(item, number), reverse=newest_first)
    found = list(islice(ordered, limit + 1))
    shown = tuple(found[:limit])
    if len(found) <= limit:
        return Page(shown)
    return Page(shown, cursors.write(placement.id_key, scope, {"after": {"S": _sort_key(shown[-1], number)}}))


def _sort_key(record: Record, number: int) -> str:
    found = (record.gsi1, record.gsi2)[number]
    return found[1] if found else ""


def _part(index: str, pk: str, after: str, limit: int, *, newest_first: bool) -> tuple[Record, ...]:
    placement = current().placement
    reader = TableReader(placement.table_name, placement.id_key)
    return reader.beyond(Query(index, pk, newest_first=newest_first), after, limit)

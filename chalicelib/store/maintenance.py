"""Reading a practice's whole table: for maintenance a person starts (an export), never for a page, a list or a job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.store.record import Record
from chalicelib.store.runtime import runtime
from chalicelib.tenancy import current


def every_record() -> Iterator[Record]:
    """Every item of the current practice's table, in no order, strongly consistent; a page (1 MB) in memory at a time."""
    from chalicelib.store.items import from_raw
    from chalicelib.store.provision import _aws

    name = current().placement.table_name
    client, start = runtime().client("dynamodb"), None
    while True:
        more: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        page = _aws(client.scan, TableName=name, ConsistentRead=True, **more)
        yield from (from_raw(raw, name) for raw in page["Items"])
        start = page.get("LastEvaluatedKey")
        if not start:
            return

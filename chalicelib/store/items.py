"""The one pynamodb model, and how it is bound to a practice's table.

Measured traps this file stands on (pynamodb 6.1): every table connection builds its own botocore session (118 ms and
9 MB), so we hand it one shared client; connections are cached by table name only, so a fresh subclass is bound per
(table, credentials); discriminators break on late-bound subclasses, so `kind` is a plain attribute.
"""

from __future__ import annotations

import json
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.store import sealed
from chalicelib.store.record import Record


class _Gsi1(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi1"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class _Gsi2(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi2"
        projection = AllProjection()

    gsi2pk = UnicodeAttribute(hash_key=True)
    gsi2sk = UnicodeAttribute(range_key=True)


class Item(Model):
    """One item. Attribute names are those of `table_spec`; everything a capability keeps is in `data`."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    version = NumberAttribute()
    schema = NumberAttribute()
    created_at = UnicodeAttribute()
    data = UnicodeAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    gsi1 = _Gsi1()
    gsi2 = _Gsi2()


def bind(table_name: str, region: str, endpoint: str, client: Any) -> type[Item]:
    """A subclass of `Item` for one table, on the shared client. Uses two private names; a contract test pins them."""
    meta = type("Meta", (), {"table_name": table_name, "region": region, "host": endpoint or None})
    bound: type[Item] = type(f"Item_{table_name}", (Item,), {"Meta": meta})
    bound._get_connection().connection._client = client
    return bound


def to_put(bound: type[Item], record: Record, version: int, created_at: str) -> dict[str, Any]:
    """A record as a Put of a transaction takes it. Skips pynamodb's attribute objects, as reading does."""
    gsi1, gsi2 = record.gsi1 or (None, None), record.gsi2 or (None, None)
    raw = _raw(
        record.pk,
        record.sk,
        kind=record.kind,
        version=version,
        schema=record.schema,
        created_at=record.created_at or created_at,
        data=sealed.seal(record, bound.Meta.table_name),
        gsi1pk=gsi1[0],
        gsi1sk=gsi1[1],
        gsi2pk=gsi2[0],
        gsi2sk=gsi2[1],
        expires_at=record.expires_at,
    )
    return {"TableName": bound.Meta.table_name, "Item": raw}


def _raw(pk: str, sk: str, **values: str | int | None) -> dict[str, dict[str, str]]:
    """Attributes as DynamoDB has them; one without a value is left out."""
    named = {"pk": pk, "sk": sk, **values}
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in named.items()
        if value is not None
    }


def from_raw(raw: dict[str, Any], table_name: str) -> Record:
    """A record of an item as DynamoDB sends it. Skips pynamodb's attribute objects, which take twice as long as JSON."""
    pk, sk, text = raw["pk"]["S"], raw["sk"]["S"], raw["data"]["S"]
    return Record(
        pk=pk,
        sk=sk,
        kind=raw["kind"]["S"],
        data=sealed.unseal(json.loads(text), pk, sk, table_name) if sealed.PREFIX in text else text,
        version=int(raw["version"]["N"]),
        schema=int(raw["schema"]["N"]),
        created_at=raw["created_at"]["S"],
        gsi1=(raw["gsi1pk"]["S"], raw["gsi1sk"]["S"]) if "gsi1pk" in raw else None,
        gsi2=(raw["gsi2pk"]["S"], raw["gsi2sk"]["S"]) if "gsi2pk" in raw else None,
        expires_at=int(raw["expires_at"]["N"]) if "expires_at" in raw else None,
        origin=table_name,
    )

"""A record: one item of a practice's table, as the capabilities see it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from chalicelib.platform.errors import Misuse

MAX_ITEM_BYTES = 400 * 1024  # DynamoDB's limit for one item
_OVERHEAD_BYTES = 400  # attribute names, numbers and index keys, generously


@dataclass(frozen=True, slots=True)
class Record:
    """`data` is JSON-able and stored as one JSON text, so integers stay exact. `version` 0 means not stored yet.

    `pk`, `sk` and index keys hold ids only, never anything about a patient. `expires_at` is epoch seconds (TTL).
    `origin` is the table a stored record was read from; a unit of work of another practice refuses it.
    """

    pk: str
    sk: str
    kind: str
    data: dict[str, Any] = field(repr=False)
    version: int = 0
    schema: int = 1
    created_at: str = ""
    gsi1: tuple[str, str] | None = None
    gsi2: tuple[str, str] | None = None
    expires_at: int | None = None
    origin: str = field(default="", repr=False, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.pk, self.sk


@dataclass(frozen=True, slots=True)
class Page:
    """Some records and, when more follow, the signed cursor to ask for them."""

    records: tuple[Record, ...]
    cursor: str | None = None


def encode(data: dict[str, Any]) -> str:
    """Data as stored. What JSON cannot say exactly is refused rather than bent."""
    try:
        return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError):
        raise Misuse("NOT_JSON", "a record's data must be plain JSON", fix="use model_dump(mode='json')") from None


def item_bytes(record: Record, text: str) -> int:
    """An upper estimate of the stored size in bytes."""
    return len(text.encode()) + len(record.pk) + len(record.sk) + _OVERHEAD_BYTES

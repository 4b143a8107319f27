"""A record: one item of a practice's table, as the capabilities see it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self, TypeVar

from chalicelib.platform.errors import Misuse


class Model(Protocol):
    """What a record is read as: a pydantic model; not imported here, as half the functions never read one."""

    @classmethod
    def model_validate_json(cls, json_data: str) -> Self: ...


Stored = TypeVar("Stored", bound=Model)
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
    _text: str = field(default="", init=False, repr=False, compare=False)  # `data` as stored; not copied by `replace`

    @property
    def key(self) -> tuple[str, str]:
        return self.pk, self.sk

    def with_text(self, text: str) -> Record:
        """This record, with its data's JSON text known."""
        object.__setattr__(self, "_text", text)
        return self

    def text(self) -> str:
        """The data as JSON text. It is kept: data is not changed in place once it was asked for."""
        return self._text or self.with_text(encode(self.data))._text

    def read_as(self, model: type[Stored], *own: Literal["version", "created_at"]) -> Stored:
        """The data as a model, with these of the record's own fields. By JSON text, as strict integers and tuples need."""
        text = self.text()
        for name in own:
            comma = "," if len(text) > 2 else ""
            text = f'{text[:-1]}{comma}"{name}":{json.dumps(getattr(self, name))}}}'
        return model.model_validate_json(text)


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


def item_bytes(record: Record) -> int:
    """An upper estimate of the stored size in bytes."""
    return len(record.text().encode()) + len(record.pk) + len(record.sk) + _OVERHEAD_BYTES

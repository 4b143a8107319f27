"""A record: one item of a practice's table, as the capabilities see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, Self, TypeVar

from chalicelib.platform.errors import Misuse


class Model(Protocol):
    """What a record is read as: a pydantic model; not imported here, as half the functions never read one."""

    @classmethod
    def model_validate_json(cls, json_data: str) -> Self: ...


Stored = TypeVar("Stored", bound=Model)
MAX_ITEM_BYTES = 400 * 1024  # DynamoDB's limit for one item
_OVERHEAD_BYTES = 400  # attribute names, numbers and index keys, generously


class Record:
    """One item. `data` is stored as one JSON text, so integers stay exact; give it as a dict of plain JSON, or as its text.

    `pk`, `sk` and index keys hold ids only, never anything about a patient. `version` 0 means not stored yet. `expires_at`
    is epoch seconds (TTL). `origin` is the table a stored record was read from; a unit of work of another practice refuses it.
    A plain class: most records are read as models or written from them, and never need their text taken apart.
    """

    __slots__ = (
        "_data",
        "_text",
        "created_at",
        "expires_at",
        "gsi1",
        "gsi2",
        "kind",
        "origin",
        "pk",
        "schema",
        "sk",
        "version",
    )

    def __init__(
        self,
        pk: str,
        sk: str,
        kind: str,
        data: dict[str, Any] | str,
        version: int = 0,
        schema: int = 1,
        created_at: str = "",
        gsi1: tuple[str, str] | None = None,
        gsi2: tuple[str, str] | None = None,
        expires_at: int | None = None,
        origin: str = "",
    ) -> None:
        self.pk: Final = pk
        self.sk: Final = sk
        self.kind: Final = kind
        self.version: Final = version
        self.schema: Final = schema
        self.created_at: Final = created_at
        self.gsi1: Final = gsi1
        self.gsi2: Final = gsi2
        self.expires_at: Final = expires_at
        self.origin: Final = origin
        self._data: dict[str, Any] | None = None
        self._text = ""
        if isinstance(data, str):
            self._text = data
        else:
            self._data = data

    def __repr__(self) -> str:
        return f"Record({self.pk!r}, {self.sk!r}, {self.kind!r}, version={self.version})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self._told() == other._told()

    __hash__ = None  # type: ignore[assignment]  # its data is a dict

    def _told(self) -> tuple[object, ...]:
        where = (self.pk, self.sk, self.kind, self.gsi1, self.gsi2)
        return *where, self.version, self.schema, self.created_at, self.expires_at, self.data

    @property
    def key(self) -> tuple[str, str]:
        return self.pk, self.sk

    @property
    def data(self) -> dict[str, Any]:
        """The data, read from its text when it is first asked for."""
        if self._data is None:
            self._data = json.loads(self._text)
        return self._data

    def text(self) -> str:
        """The data as JSON text. It is kept: data is not changed in place once it was asked for."""
        if not self._text:
            self._text = encode(self.data)
        return self._text

    def as_stored(self, version: int, origin: str) -> Record:
        """This record under the version it has in that table."""
        return self._copy(self._text or self.data, version, origin)

    def with_data(self, data: dict[str, Any]) -> Record:
        """This record, read as it was, with other data."""
        return self._copy(data, self.version, self.origin)

    def plain(self) -> dict[str, Any]:
        """All of it but where it was read, for an export."""
        names = ("pk", "sk", "kind", "data", "version", "schema", "created_at", "gsi1", "gsi2", "expires_at")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def _copy(self, data: dict[str, Any] | str, version: int, origin: str) -> Record:
        return Record(
            self.pk,
            self.sk,
            self.kind,
            data,
            version=version,
            schema=self.schema,
            created_at=self.created_at,
            gsi1=self.gsi1,
            gsi2=self.gsi2,
            expires_at=self.expires_at,
            origin=origin,
        )

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

"""A temporary file that brings the rows of a visit together, whatever order they came in, in constant memory."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from chalicelib.intake.assemble import to_json


class Spool:
    """Rows in, visits out, ordered by visit id. An unnamed temporary database: the system removes it, even after a crash."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="otbill-")
        self._rows = sqlite3.connect(f"{self._directory.name}/rows", isolation_level=None)
        self._rows.executescript("pragma journal_mode=off; pragma synchronous=off; begin;")
        self._rows.execute("create table row (visit text, number integer, content text)")

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()
        self._directory.cleanup()

    def add(self, visit_id: str, number: int, values: dict[str, Any] | None) -> None:
        """A good row, or (values None) only word that the file speaks of this visit."""
        self._rows.execute("insert into row values (?, ?, ?)", (visit_id, number, to_json(values) if values else ""))

    def visits(self) -> Iterator[tuple[str, list[tuple[int, dict[str, Any]]]]]:
        """(visit id, its good rows by row number)."""
        group: list[tuple[int, dict[str, Any]]] = []
        current: str | None = None
        for visit_id, number, content in self._rows.execute("select * from row order by visit, number"):
            if current is not None and visit_id != current:
                yield current, group
                group = []
            current = visit_id
            if content:
                group.append((number, json.loads(content)))
        if current is not None:
            yield current, group

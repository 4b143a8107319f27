"""Reading the bundled tables: CSV with a header, every row with effective dates and a source column."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from importlib.resources import files


class CodeTableError(ValueError):
    """A bundled or imported table is missing or not in its layout."""


def raw(name: str) -> bytes:
    """The bytes of one data file; `.gz` is unpacked."""
    try:
        content = (files("chalicelib.codes") / "data" / name).read_bytes()
    except FileNotFoundError as error:
        raise CodeTableError(f"no code table {name}") from error
    return gzip.decompress(content) if name.endswith(".gz") else content


def rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV table as dictionaries of text, in file order."""
    yield from csv.DictReader(raw(name).decode("utf-8").splitlines())


@lru_cache(maxsize=4096)
def day(text: str) -> date | None:
    """An ISO date, or None for an open end."""
    return date.fromisoformat(text) if text else None


def boolean(text: str) -> bool:
    return text == "yes"


def covers(start: date | None, end: date | None, on: date) -> bool:
    """Both ends belong to the period; None is open."""
    return (start is None or start <= on) and (end is None or on <= end)

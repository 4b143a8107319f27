"""Reading the code tables: CSV with a header, every row with effective dates and a source column.

The package carries one version of each table. `install` puts a later one in its place for this process (a quarterly update
needs no release); `versions` says which are in use, so that a proof can name them. Everything derived from a table is cached
with `cached`, which `install` empties.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, TypeVar, cast


class CodeTableError(ValueError):
    """A bundled or imported table is missing or not in its layout."""


NAMES = (
    "carc.csv",
    "claim_status.csv",
    "conversion_factor.csv",
    "cpt.csv",
    "findings.toml",
    "gpci.csv",
    "holidays.csv",
    "icd10_patient.csv",
    "icd10cm.txt.gz",
    "mpfs.csv",
    "mue.csv",
    "ncci.csv",
    "payers.csv",
    "pos.csv",
    "rarc.csv",
    "taxonomy.csv",
    "thresholds.csv",
    "zip_locality.csv",
)
_installed: dict[str, bytes] = {}
_caches: list[Callable[[], None]] = []
Function = TypeVar("Function", bound=Callable[..., Any])


def cached(maxsize: int) -> Callable[[Function], Function]:
    """lru_cache for what is derived from tables; emptied when a table changes."""

    def wrap(function: Function) -> Function:
        kept = lru_cache(maxsize=maxsize)(function)
        _caches.append(kept.cache_clear)
        return cast(Function, kept)

    return wrap


def install(tables: Mapping[str, bytes]) -> None:
    """Use these contents (as stored, `.gz` still packed) instead of the bundled ones, until `uninstall`."""
    unknown = set(tables) - set(NAMES)
    if unknown:
        raise CodeTableError(f"no such code table: {', '.join(sorted(unknown))}")
    _installed.update(tables)
    _forget()


def uninstall() -> None:
    """Back to the bundled tables."""
    _installed.clear()
    _forget()


@contextmanager
def using(tables: Mapping[str, bytes]) -> Iterator[None]:
    """These contents in place of what is in use, for the block. For a command: other threads of the process see them too."""
    before = dict(_installed)
    install(tables)
    try:
        yield
    finally:
        _installed.clear()
        _installed.update(before)
        _forget()


def _forget() -> None:
    for clear in _caches:
        clear()


def stored(name: str) -> bytes:
    """The table's bytes as stored, installed or bundled."""
    return _installed[name] if name in _installed else bundled(name)


def bundled(name: str) -> bytes:
    """The table's bytes as this release carries them."""
    try:
        return (files("chalicelib.codes") / "data" / name).read_bytes()
    except FileNotFoundError as error:
        raise CodeTableError(f"no code table {name}") from error


@cached(1)
def versions() -> dict[str, str]:
    """Table name -> first 16 hex digits of the SHA-256 of its bytes."""
    return {name: sha256(stored(name)).hexdigest()[:16] for name in NAMES}


def raw(name: str) -> bytes:
    """The bytes of one table; `.gz` is unpacked."""
    content = stored(name)
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

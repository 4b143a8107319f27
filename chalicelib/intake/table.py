"""A CSV file from any practice software to numbered rows, streamed: encoding, delimiter and limits are its business."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from chalicelib.intake.columns import COLUMNS, REQUIRED
from chalicelib.intake.rows import RowFault
from chalicelib.platform.errors import Refused

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 500_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def _encoding(path: Path) -> str:
    """By byte-order mark, else UTF-8."""
    with path.open("rb") as stream:
        head = stream.read(4)
    return next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """A byte that is no UTF-8 is one of the Windows code page older exports use: only it, never the rest of the file."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


_ODD_BYTES = "otbill_windows"
codecs.register_error(_ODD_BYTES, _as_windows)


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise Refused(
            "COLUMN_MISSING",
            "the header lacks "
            + ", ".join(missing[:5])
            + (f" and {len(missing) - 5} more" if len(missing) > 5 else ""),
            where="row 1",
            fix="export the native visit file; its header names are listed in docs/visit-file.md",
        )
    twice = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
    if twice:
        raise Refused(
            "COLUMN_TWICE",
            "the header has a column twice: " + ", ".join(twice),
            where="row 1",
            fix="keep one of them",
        )
    return names


class Unreadable(NamedTuple):
    """A row that is no row, and the visit it seems to be of: a guess that may hold a visit, never make one."""

    fault: RowFault
    visit_id: str


def _cell(cells: list[str], names: list[str], column: str) -> str:
    place = names.index(column)
    return cells[place].strip(' "\r\n') if place < len(cells) else ""


def read_table(path: Path) -> Iterator[tuple[int, dict[str, str] | Unreadable]]:
    """(row number, cells by column) for each row after the header (row 1), or the fault that made a row unreadable.

    Refused: FILE_TOO_LARGE, FILE_EMPTY, COLUMN_MISSING, COLUMN_TWICE, TOO_MANY_ROWS.
    """
    if path.stat().st_size > MOST_BYTES:
        raise Refused("FILE_TOO_LARGE", "the file is larger than 50 MB", fix="split it by month")
    encoding = _encoding(path)
    errors = _ODD_BYTES if encoding.startswith("utf-8") else "replace"
    with path.open(encoding=encoding, newline="", errors=errors) as stream:
        first = stream.readline()
        if not first.strip():
            raise Refused(
                "FILE_EMPTY",
                "the file has no header",
                where="row 1",
                fix="export it again with its header row",
            )
        delimiter = max(",;\t|", key=first.count)
        names = _header(next(csv.reader([first], delimiter=delimiter)))
        yield from _rows(stream, names, delimiter)


def _rows(stream: Iterable[str], names: list[str], delimiter: str) -> Iterator[tuple[int, dict[str, str] | Unreadable]]:
    """Each physical line is a row: no cell here has a line break, and so an open quote spoils its own row only."""
    for number, line in enumerate(stream, 2):
        if number - 1 > MOST_ROWS:
            raise Refused("TOO_MANY_ROWS", "the file has more than 500,000 rows", fix="split it by month")
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error:
            fault = RowFault(number, "", "ROW_UNREADABLE", "is not readable as CSV", "close every quote")
            yield number, Unreadable(fault, _cell(line.split(delimiter), names, "visit_id"))
            continue
        if not any(cell.strip() for cell in cells):
            continue  # a blank line is no row
        if any(cell.strip() for cell in cells[len(names) :]):
            fix = "quote cells that hold the delimiter"
            fault = RowFault(number, "", "ROW_SHAPE", "has more cells than the header", fix)
            yield number, Unreadable(fault, _cell(cells, names, "visit_id"))
            continue
        yield number, dict(zip(names, cells, strict=False))

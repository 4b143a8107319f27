"""ICD-10-CM order files, year by year."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from chalicelib.codes import icd10
from chalicelib.codes.importing.common import Imported, text
from chalicelib.codes.tables import CodeTableError


def icd10_order(content: bytes, fiscal_year: int) -> Imported:
    """An ICD-10-CM order file (fixed width; 1 = billable, 0 = header), valid 1 October before to 30 September of the fiscal year.
    The year replaces what the table said of those dates; other years stay. Sides of new codes come from the titles."""
    start, end = date(fiscal_year - 1, 10, 1), date(fiscal_year, 9, 30)
    fresh = dict(_order_lines(content))
    if not fresh:
        raise CodeTableError("no code in the file: not an ICD-10-CM order file")
    table = icd10.table()
    _touching(table.covers, start, end)
    periods: dict[str, list[tuple[str, str, str]]] = {}
    sides: dict[str, str] = {}
    for code, letters in table.items():
        periods[code] = [span for span in _spans(table, letters[0]) if not _within(span, start)]
        sides[code] = letters[1]
    before = len(periods)
    for code, billable in fresh.items():
        spans = periods.setdefault(code, [])
        spans.append((start.isoformat(), end.isoformat(), "billable" if billable else "header"))
    packed = _packed(periods, sides, min(table.covers[0], start), max(table.covers[1], end), fiscal_year)
    return Imported({"icd10cm.txt.gz": packed}, len(fresh), len(fresh), len(periods) - before, 0)


def _order_lines(content: bytes) -> Iterator[tuple[str, bool]]:
    for line in text(content).splitlines():
        code, flag = line[6:13].strip(), line[14:15]
        if flag in {"0", "1"} and line[:5].isdigit() and re.fullmatch(r"[A-Z][0-9A-Z]{2,6}", code):
            yield code, flag == "1"


def _touching(covers: tuple[date, date], start: date, end: date) -> None:
    """A gap between years would make known dates of a gap look covered."""
    if start > covers[1] + timedelta(1) or end < covers[0] - timedelta(1):
        raise CodeTableError("this fiscal year does not touch the years held: load the one between first")


def _spans(table: icd10.Icd10Table, letter: str) -> list[tuple[str, str, str]]:
    """A code's periods cut at every 1 October, so that one year can be replaced."""
    out = []
    for period in table.periods[letter]:
        begin = period.start
        while begin <= period.end:
            last = min(period.end, date(begin.year + (begin.month >= 10), 9, 30))
            out.append((begin.isoformat(), last.isoformat(), "billable" if period.billable else "header"))
            begin = last + timedelta(1)
    return out


def _within(span: tuple[str, str, str], start: date) -> bool:
    return span[0] == start.isoformat()


def _packed(
    periods: dict[str, list[tuple[str, str, str]]], sides: dict[str, str], first: date, last: date, fiscal_year: int
) -> bytes:
    """Codes with the same periods share a letter."""
    letters: dict[tuple[tuple[str, str, str], ...], str] = {}
    body = []
    for code in sorted(periods):
        spans = _joined(sorted(periods[code]))
        if spans:
            letter = letters.setdefault(spans, chr(ord("!") + len(letters)))
            body.append(f"{code:<7}{letter}{sides.get(code, ' ')}")
    head = {
        "covers": [first.isoformat(), last.isoformat()],
        "source": f"{icd10.table().source}; CMS order file FY{fiscal_year}",
        "status": {letter: [list(span) for span in spans] for spans, letter in letters.items()},
    }
    return gzip.compress((json.dumps(head) + "\n" + "".join(body)).encode(), 9, mtime=0)


def _joined(spans: Sequence[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    """Neighbouring years of the same kind as one period."""
    out: list[tuple[str, str, str]] = []
    for start, end, kind in spans:
        if out and out[-1][2] == kind and date.fromisoformat(out[-1][1]) + timedelta(1) == date.fromisoformat(start):
            out[-1] = (out[-1][0], end, kind)
        else:
            out.append((start, end, kind))
    return tuple(out)

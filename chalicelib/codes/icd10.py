"""ICD-10-CM validity by date of service.

The table is one block of fixed-width records (7 characters of code, 1 of status, 1 of side) searched by bisection, so that
loading it is one unpacking and no parsing. Fiscal year N holds from 1 October N-1 to 30 September N.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from chalicelib.codes.tables import cached, raw

CODE = 7
WIDTH = 9
SIDES = {"R": "right", "L": "left", "U": "unspecified"}
_SHAPE = re.compile(r"[A-Z][0-9A-Z]{2}[0-9A-Z]{0,4}")


@dataclass(frozen=True, slots=True)
class Period:
    start: date
    end: date
    billable: bool


@dataclass(frozen=True, slots=True)
class Icd10Table:
    """`covers` is the span of dates for which absence from the table means the code does not exist."""

    covers: tuple[date, date]
    source: str
    periods: dict[str, tuple[Period, ...]]  # status letter -> periods
    records: bytes

    def record(self, code: str) -> str:
        """Status and side letters of a code without dot, empty when the table does not hold it."""
        wanted = code.encode().ljust(CODE)
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.records[middle * WIDTH : middle * WIDTH + CODE] < wanted:
                low = middle + 1
            else:
                high = middle
        found = self.records[low * WIDTH : (low + 1) * WIDTH]
        return found[CODE:].decode() if found[:CODE] == wanted else ""

    def find(self, code: str) -> tuple[Period, ...]:
        """Periods of a code without dot, empty when the table does not hold it."""
        found = self.record(code)
        return self.periods[found[0]] if found else ()

    def items(self) -> Iterator[tuple[str, str]]:
        """Every code with its status and side letters."""
        for start in range(0, len(self.records), WIDTH):
            record = self.records[start : start + WIDTH].decode()
            yield record[:CODE].rstrip(), record[CODE:]

    def __len__(self) -> int:
        return len(self.records) // WIDTH


def parse_table(content: bytes) -> Icd10Table:
    """A head line of JSON, then the records; see `chalicelib.codes.build`."""
    head_text, _, records = content.partition(b"\n")
    head = json.loads(head_text)
    periods = {
        letter: tuple(
            Period(date.fromisoformat(start), date.fromisoformat(end), kind == "billable") for start, end, kind in spans
        )
        for letter, spans in head["status"].items()
    }
    start, end = (date.fromisoformat(text) for text in head["covers"])
    return Icd10Table((start, end), head["source"], periods, records)


@cached(1)
def table() -> Icd10Table:
    return parse_table(raw("icd10cm.txt.gz"))


def plain(code: str) -> str:
    """The code as claims carry it: capitals, no dot, no spaces."""
    return code.replace(".", "").strip().upper()


@cached(4096)
def status(code: str, on: date) -> str:
    """valid, not_billable (a header that needs more characters), unknown, or no_table when no table covers the date."""
    wanted = plain(code)
    found = table()
    if not found.covers[0] <= on <= found.covers[1]:
        return "no_table"
    if not _SHAPE.fullmatch(wanted):
        return "unknown"
    for period in found.find(wanted):
        if period.start <= on <= period.end:
            return "valid" if period.billable else "not_billable"
    return "unknown"


def known(code: str) -> bool:
    """Whether any bundled year holds the code; for dates no table covers."""
    wanted = plain(code)
    return bool(_SHAPE.fullmatch(wanted) and table().find(wanted))


def side(code: str) -> str:
    """right, left, unspecified (the title leaves the side open where others name it), or "" where sides do not matter."""
    wanted = plain(code)
    found = table().record(wanted) if _SHAPE.fullmatch(wanted) else ""
    return SIDES.get(found[1:], "")

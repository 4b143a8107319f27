"""What repeats word for word in an 835, read once: procedures, dates, adjustments, remark codes.

A table is asked for the text of one or several segments and gives None for anything out of the ordinary; the handlers then
look closely and report.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from chalicelib.x12.amounts import PARTS, PLAIN_PARTS, Table
from chalicelib.x12.checks import code_finding
from chalicelib.x12.remittance835 import Adjustment
from chalicelib.x12.source import Separators
from chalicelib.x12.transaction import CENTS, DAYS, QUANTITIES

GROUPS = frozenset(("CO", "PR", "OA", "PI", "CR"))
Days = tuple[dt.date | None, ...]


@lru_cache(maxsize=4)
def tables(separators: Separators) -> Tables835:
    """The tables for a file's separators. They outlive the file: the next one of a payer says much the same. None of them
    holds anything that tells whose claim it was."""
    return Tables835(separators)


class Tables835:
    """All of them."""

    def __init__(self, separators: Separators) -> None:
        self.procedures = ProcedureTable(separators.component)
        self.adjustments, self.remarks = AdjustmentTable(separators), RemarkTable(separators)
        self.claim_days = DayTable835(separators, {"232": 0, "472": 0, "233": 1, "050": 2})
        self.line_days = DayTable835(separators, {"472": 0, "150": 0, "151": 1})
        self.renderers = RendererTable(separators)


class ProcedureTable(Table):
    """Composite procedure to (qualifier, code, modifiers)."""

    def __init__(self, component: str) -> None:
        self.component = component

    def read(self, text: str) -> tuple[str, str, tuple[str, ...]]:
        parts = text.split(self.component)
        return parts[0], parts[1] if len(parts) > 1 else "", tuple([m for m in parts[2:6] if m])


class _RunTable(Table):
    """Asked for the text of whole segments, each with its terminator."""

    def __init__(self, separators: Separators) -> None:
        self.element, self.terminator = separators.element, separators.terminator

    def segments(self, text: str) -> list[list[str]]:
        return [segment.split(self.element) for segment in text.split(self.terminator)[:-1]]


class DayTable835(_RunTable):
    """DTM segments to the days they give, by their qualifiers' places."""

    def __init__(self, separators: Separators, places: dict[str, int]) -> None:
        super().__init__(separators)
        self.places = places
        self.size = max(places.values()) + 1

    def read(self, text: str) -> Days | None:
        days: list[dt.date | None] = [None] * self.size
        for e in self.segments(text):
            day = DAYS[e[2]] if len(e) == 3 else None
            if day is None or e[1] not in self.places:
                return None
            days[self.places[e[1]]] = day
        return tuple(days)


class RemarkTable(_RunTable):
    """MOA that holds remark codes and nothing else, or LQ*HE segments, to the codes."""

    def read(self, text: str) -> tuple[str, ...] | None:
        codes: list[str] = []
        for e in self.segments(text):
            if e[0] == "MOA" and 4 <= len(e) <= 8 and not e[1] and not e[2]:
                codes += [code for code in e[3:] if code]
            elif e[0] == "LQ" and len(e) == 3 and e[1] == "HE":
                codes.append(e[2])
            else:
                return None
        return tuple(codes) if not any(code_finding("RARC", code) for code in codes) else None


class RendererTable(_RunTable):
    """NM1*82 to its NPI; no segment, none."""

    def read(self, text: str) -> str | None:
        if not text:
            return ""
        (e,) = self.segments(text)
        return None if len(e) != 10 else e[9] if e[8] == "XX" else ""


class AdjustmentTable(_RunTable):
    """CAS segments to their adjustments and the sum of these in cents."""

    capacity = 4096  # its values are the largest of all tables, and what repeats is soon read again

    def __init__(self, separators: Separators) -> None:
        super().__init__(separators)
        s, t = re.escape(self.element), re.escape(self.terminator)
        self.find_single = re.compile(f"(CAS{s}([A-Z]{{2}}){s}([^{s}{t}]++){s}{PLAIN_PARTS}{t})").findall

    def read(self, text: str) -> tuple[tuple[Adjustment, ...], int] | None:
        """Amounts seldom repeat, so this is called often: what is most common, one plain amount a segment, comes first."""
        found: list[Adjustment] = []
        total = size = 0
        for whole, group, reason, first, second in self.find_single(text):
            if group not in GROUPS or code_finding("CARC", reason):
                return None
            cents = int(first) * 100 + PARTS[second]
            found.append(Adjustment(group, reason, cents))
            total += cents
            size += len(whole)
        return (tuple(found), total) if size == len(text) else self._read_all(text)

    def _read_all(self, text: str) -> tuple[tuple[Adjustment, ...], int] | None:
        found: list[Adjustment] = []
        total = 0
        for e in self.segments(text):
            size = len(e)
            if not 4 <= size <= 20 or e[1] not in GROUPS:
                return None
            for index in range(2, size, 3):
                cents = CENTS[e[index + 1]] if index + 1 < size else None
                quantity = e[index + 2] if index + 2 < size else ""
                count = QUANTITIES[quantity] if quantity else None
                if cents is None or code_finding("CARC", e[index]) or (quantity and count is None):
                    return None
                found.append(Adjustment(e[1], e[index], cents, count))
                total += cents
        return tuple(found), total

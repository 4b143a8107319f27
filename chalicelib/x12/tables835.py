"""Segments of an 835 that repeat word for word, read once each: dates, adjustments, amounts, procedures.

A table gives None for anything out of the ordinary; the reader then looks closely and reports.
"""

from __future__ import annotations

import datetime as dt

from chalicelib.x12.amounts import Table, cents_of
from chalicelib.x12.checks import is_carc, is_rarc
from chalicelib.x12.remittance835 import Adjustment
from chalicelib.x12.transaction import DAYS, QUANTITIES

GROUPS = frozenset(("CO", "PR", "OA", "PI", "CR"))


class ProcedureTable(Table):
    """Composite procedure to (qualifier, code, modifiers)."""

    def __init__(self, component: str) -> None:
        self.component = component

    def read(self, text: str) -> tuple[str, str, tuple[str, ...]]:
        parts = text.split(self.component)
        return parts[0], parts[1] if len(parts) > 1 else "", tuple([m for m in parts[2:6] if m])


class _SegmentTable(Table):
    def __init__(self, separator: str) -> None:
        self.separator = separator


class DateTable(_SegmentTable):
    """DTM to (qualifier, day)."""

    def read(self, text: str) -> tuple[str, dt.date] | None:
        e = text.split(self.separator)
        if len(e) != 3 or e[0] != "DTM":
            return None
        day: dt.date | None = DAYS[e[2]]
        return None if day is None else (e[1], day)


class AllowedTable(_SegmentTable):
    """AMT*B6 to cents."""

    def read(self, text: str) -> int | None:
        e = text.split(self.separator)
        cents: int | None = cents_of(e[2]) if len(e) == 3 and e[0] == "AMT" and e[1] == "B6" else None
        return cents


class ServiceTable(_SegmentTable):
    """SVC of a HCPCS procedure with whole units and nothing after them, to (code, modifiers, charge, paid, units)."""

    def __init__(self, separator: str, procedures: ProcedureTable) -> None:
        super().__init__(separator)
        self.procedures = procedures

    def read(self, text: str) -> tuple[str, tuple[str, ...], int, int, int] | None:
        e = text.split(self.separator)
        if len(e) != 6 or e[0] != "SVC" or e[4]:
            return None
        qualifier, code, modifiers = self.procedures[e[1]]
        charge, paid, units = cents_of(e[2]), cents_of(e[3]), QUANTITIES[e[5]] if e[5] else 1
        if qualifier != "HC" or charge is None or paid is None or units is None:
            return None
        return code, modifiers, charge, paid, units


class RemarkTable(_SegmentTable):
    """MOA that holds remark codes and nothing else, to the codes."""

    def read(self, text: str) -> tuple[str, ...] | None:
        e = text.split(self.separator)
        if not 4 <= len(e) <= 8 or e[0] != "MOA" or e[1] or e[2]:
            return None
        codes = tuple([code for code in e[3:] if code])
        return codes if all(is_rarc(code) for code in codes) else None


class AdjustmentTable(_SegmentTable):
    """CAS to its adjustments (up to six) and their sum in cents."""

    def read(self, text: str) -> tuple[tuple[Adjustment, ...], int] | None:
        e = text.split(self.separator)
        size = len(e)
        if e[0] != "CAS" or not 4 <= size <= 20 or e[1] not in GROUPS:
            return None
        if size == 4:
            only = cents_of(e[3])
            return ((Adjustment(e[1], e[2], only),), only) if only is not None and is_carc(e[2]) else None
        found = []
        total = 0
        for index in range(2, size, 3):
            amount = cents_of(e[index + 1]) if index + 1 < size else None
            quantity = QUANTITIES[e[index + 2]] if index + 2 < size and e[index + 2] else None
            if amount is None or not is_carc(e[index]) or (quantity is None and index + 2 < size and e[index + 2]):
                return None
            found.append(Adjustment(e[1], e[index], amount, quantity))
            total += amount
        return tuple(found), total

"""NCCI procedure-to-procedure edits, by program and date of service.

Column 2 is denied when both codes are billed by the same provider for the same patient and date. Indicator 0: never
both; 1: both when separate and distinct, said with 59, XE, XS, XP or XU. Rows CMS deleted on their first day are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chalicelib.codes.tables import cached, covers, day, rows


@dataclass(frozen=True, slots=True)
class PtpEdit:
    """`as_of` names the release the row was read from; a row without start date was in force in that release."""

    column1: str
    column2: str
    indicator: int
    start: date | None
    end: date | None
    program: str
    as_of: str


@cached(1)
def _edits() -> dict[tuple[str, str, str], tuple[PtpEdit, ...]]:
    found: dict[tuple[str, str, str], tuple[PtpEdit, ...]] = {}
    for row in rows("ncci.csv"):
        edit = PtpEdit(
            row["column1"],
            row["column2"],
            int(row["indicator"]),
            day(row["effective_from"]),
            day(row["effective_to"]),
            row["program"],
            row["as_of"],
        )
        key = (edit.program, edit.column1, edit.column2)
        found[key] = (*found.get(key, ()), edit)
    return found


def pairs(codes: Iterable[str], on: date, program: str = "medicare") -> list[PtpEdit]:
    """Edits in force on a date between any two of the codes, in order of column 1 then column 2; one for a pair, the stricter
    where CMS kept two rows of one pair (97530 with 97535 before 2020)."""
    distinct = sorted(set(codes))
    found = (_in_force((program, first, second), on) for first in distinct for second in distinct if first != second)
    return [edit for edit in found if edit is not None]


def _in_force(key: tuple[str, str, str], on: date) -> PtpEdit | None:
    edits = [edit for edit in _edits().get(key, ()) if covers(edit.start, edit.end, on)]
    return min(edits, key=lambda edit: edit.indicator, default=None)

"""Diagnoses that ICD-10-CM itself keeps for one sex or for an age: by a title, a chapter's note or a category's note.

Chapter 16 (perinatal) has no age here: its own note says that its codes stay right when the illness shows later in life.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from chalicelib.codes.icd10 import plain
from chalicelib.codes.tables import cached, covers, day, rows

SEXES = {"F": "female", "M": "male"}


@dataclass(frozen=True, slots=True)
class PatientLimit:
    """Codes `first` to `last` (with all below them) are for this sex ("" = any) and whole years of age, ends included."""

    first: str
    last: str
    sex: str
    least_years: int | None
    most_years: int | None
    start: date | None
    end: date | None
    source: str

    def fits_age(self, years: int) -> bool:
        return (self.least_years or 0) <= years and (self.most_years is None or years <= self.most_years)

    @property
    def ages(self) -> str:
        """The ages in words."""
        if self.least_years is None:
            return "newborns" if self.most_years == 0 else f"patients up to {self.most_years} years"
        if self.most_years is None:
            return f"patients of {self.least_years} years and more"
        return f"patients of {self.least_years} to {self.most_years} years"


@cached(1)
def limits() -> tuple[PatientLimit, ...]:
    """Every row, by first code; the ranges do not overlap."""
    found = [
        PatientLimit(
            row["first"],
            row["last"],
            row["sex"],
            int(row["least_years"]) if row["least_years"] else None,
            int(row["most_years"]) if row["most_years"] else None,
            day(row["effective_from"]),
            day(row["effective_to"]),
            row["source"],
        )
        for row in rows("icd10_patient.csv")
    ]
    return tuple(sorted(found, key=lambda limit: limit.first))


@cached(4096)
def limit(code: str, on: date) -> PatientLimit | None:
    """The limit on a code, None where ICD-10-CM names neither sex nor age."""
    wanted = plain(code)
    at = bisect_right(limits(), wanted, key=lambda row: row.first) - 1
    if at < 0:
        return None
    found = limits()[at]
    inside = wanted[: len(found.last)] <= found.last
    return found if inside and covers(found.start, found.end, on) else None


def years_old(born: date, on: date) -> int:
    """Whole years of age on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

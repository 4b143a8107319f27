"""CPT and HCPCS codes an occupational therapist bills: how they are counted, who may furnish them, daily limits.

Meanings are our own words; the codes are used as facts. Counting rules (`timing`):
timed = 15 minutes, pooled; first_15 + each_15 = one pool split over two codes; first_30 + each_15_after_30;
timed_30, timed_60; first_60 + each_30; first_120 + each_60; untimed = once a date; count, device = as documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from chalicelib.codes.tables import boolean, cached, covers, day, rows

MINUTES = {"timed": 15, "first_15": 15, "each_15": 15, "timed_30": 30, "timed_60": 60}


@dataclass(frozen=True, slots=True)
class Procedure:
    """One code on one date. `mue` is the practitioner limit of units (0 = never paid in that setting, None = not published)."""

    code: str
    meaning: str
    timing: str
    designation: str  # always, sometimes: the CMS therapy list; DMEPOS; none
    discipline_modifier: str  # GO, GP, GN or ""
    is_evaluation: bool
    mppr: bool
    add_on_to: str
    mue: int | None = None
    mue_mai: int | None = None
    mue_source: str = ""
    source: str = ""

    @property
    def minutes_per_unit(self) -> int | None:
        return MINUTES.get(self.timing)

    @property
    def timed(self) -> bool:
        """Counts toward units by minutes."""
        return self.timing not in {"untimed", "count", "device"}


@dataclass(frozen=True, slots=True)
class Limit:
    """A medically unlikely edit: MAI 1 per line, 2 absolute per date, 3 per date and appealable."""

    value: int
    mai: int
    start: date | None
    end: date | None
    source: str


@cached(1)
def _codes() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows("cpt.csv"):
        found.setdefault(row["code"], []).append(row)
    return found


@cached(1)
def _limits() -> dict[str, list[Limit]]:
    found: dict[str, list[Limit]] = {}
    for row in rows("mue.csv"):
        limit = Limit(
            int(row["value"]),
            int(row["mai"]),
            day(row["effective_from"]),
            day(row["effective_to"]),
            row["confirmed_through"],
        )
        found.setdefault(row["code"], []).append(limit)
    return found


def _is_pattern(code: str) -> bool:
    return "?" in code or "[" in code


def _candidates(code: str) -> list[dict[str, str]]:
    exact = _codes().get(code)
    if exact is not None:
        return exact
    return next(
        (rows_ for pattern, rows_ in _codes().items() if _is_pattern(pattern) and fnmatchcase(code, pattern)),
        [],
    )


@cached(8192)
def lookup(code: str, on: date) -> Procedure | None:
    """The code as it stood on a date of service, None when it is not one we know for that date."""
    row = next(
        (r for r in _candidates(code) if covers(day(r["effective_from"]), day(r["effective_to"]), on)),
        None,
    )
    if row is None:
        return None
    limit = next((m for m in _limits().get(code, ()) if covers(m.start, m.end, on)), None)
    return Procedure(
        code=code,
        meaning=row["meaning"],
        timing=row["timing"],
        designation=row["designation"],
        discipline_modifier=row["discipline_modifier"],
        is_evaluation=boolean(row["is_evaluation"]),
        mppr=boolean(row["mppr"]),
        add_on_to=row["add_on_to"],
        mue=limit.value if limit else None,
        mue_mai=limit.mai if limit else None,
        mue_source=limit.source if limit else "",
        source=row["source"],
    )

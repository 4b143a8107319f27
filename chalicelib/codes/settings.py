"""Yearly figures of the rules (thresholds, percentages), dated. A date no row covers is an error, never a neighbour's value."""

from __future__ import annotations

from datetime import date

from chalicelib.codes.tables import CodeTableError, cached, covers, day, rows


class RateUnknown(CodeTableError):
    """No row covers the date (RATE_UNKNOWN). The message names the rate and the date, nothing of the claim."""


@cached(1)
def _settings() -> list[tuple[str, date | None, date | None, int, str]]:
    return [
        (
            row["name"],
            day(row["effective_from"]),
            day(row["effective_to"]),
            int(row["value"]),
            row["source"],
        )
        for row in rows("thresholds.csv")
    ]


@cached(1024)
def value(name: str, on: date) -> int:
    """Integer value in the row's own unit (cents, percent, days). Raises RateUnknown."""
    for found, start, end, number, _ in _settings():
        if found == name and covers(start, end, on):
            return number
    raise RateUnknown(f"no {name} for {on.isoformat()}")

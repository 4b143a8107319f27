"""The claim adjustment reason code list: `get` for the row, `describe` for words a biller can read."""

from __future__ import annotations

from chalicelib.codes.lists import Carc, carcs


def get(code: str) -> Carc | None:
    """The row, or None for a code the list does not hold."""
    return carcs().get(code)


def describe(code: str) -> str:
    """The meaning in our own words; an unlisted code says so and keeps its number."""
    found = get(code)
    return found.meaning if found else f"code {code} (not in our list)"

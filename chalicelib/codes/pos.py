"""Place of service codes."""

from __future__ import annotations

from datetime import date

from chalicelib.codes.lists import PlaceOfService, place


def get(code: str, on: date) -> PlaceOfService | None:
    """The row in force on a date of service, or None."""
    return place(code, on)

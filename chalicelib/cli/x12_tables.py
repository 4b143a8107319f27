"""What the pages of `otbill x12 show` are made of: tables, names, days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chalicelib import x12

RIGHT = ("Charge", "Allowed", "Paid", "Units")
WHOLE = (*RIGHT, "Date", "Procedure", "Adjusted", "Dates")  # never cut, however narrow the terminal


def columns(headings: tuple[str, ...]) -> Any:
    """A table whose amounts, days and procedures are never cut."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right" if heading in RIGHT else "left", no_wrap=heading in WHOLE)
    return table


def full_name(last: str, first: str) -> str:
    return f"{last}, {first}".strip(", ")


def day(day: dt.date | None) -> str:
    return str(day) if day else "no date"


def provider(p: x12.Party) -> str:
    name = full_name(p.last_name, p.first_name)
    return f"{name} (NPI {p.npi})" if p.npi else name

"""Claim adjustment reasons from a CSV in our own columns."""

from __future__ import annotations

import csv
import io

from chalicelib.codes import tables
from chalicelib.codes.importing.common import Imported, columns, table
from chalicelib.codes.tables import CodeTableError


def carc(content: bytes) -> Imported:
    """X12 publishes no machine file. Columns: code, meaning, category, group, next_action, appealable, effective_from,
    effective_to, source. Rows replace those of the same code."""
    fresh = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    needed = {"code", "meaning", "category", "source"}
    if not fresh or not needed <= set(fresh[0]) or any(not row[name] for row in fresh for name in needed):
        raise CodeTableError("the CARC file needs code, meaning, category and source on every row")
    codes = {row["code"] for row in fresh}
    old = list(tables.rows("carc.csv"))
    kept = [row for row in old if row["code"] not in codes]
    added = len(codes - {row["code"] for row in old})
    return Imported({"carc.csv": table([*kept, *fresh], columns("carc.csv"))}, len(fresh), len(fresh), added, 0)

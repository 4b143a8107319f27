"""What the importers share: the result, our codes, writing a table, joining dated rows to it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.codes import tables
from chalicelib.codes.tables import day

Row = dict[str, str]
CODE = re.compile(r"[A-Z0-9]{5}")


@dataclass(frozen=True, slots=True)
class Imported:
    """New contents by table name, and what came of the file."""

    tables: dict[str, bytes]
    rows_read: int
    rows_kept: int
    added: int
    ended: int


def known_codes() -> frozenset[str]:
    """Exact codes of our CPT table."""
    return frozenset(row["code"] for row in tables.rows("cpt.csv") if CODE.fullmatch(row["code"]))


def table(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def columns(name: str) -> list[str]:
    return next(csv.reader([tables.raw(name).decode().splitlines()[0]]))


def text(content: bytes) -> str:
    """CMS files are ASCII or Latin-1."""
    return content.decode("latin-1").lstrip("\ufeff").removeprefix("\xef\xbb\xbf")


def dated(name: str, fresh: Sequence[Row], start: date, key: Sequence[str], read: int) -> Imported:
    """Rows that begin on `start` joined to the table: a row in force then ends the day before, one that begins on the same day is
    replaced, and one that begins later stays and ends the new one, so that files may come in any order."""
    new = {tuple(row[part] for part in key): dict(row) for row in fresh}
    kept, ended = list[Row](), 0
    for row in tables.rows(name):
        mine = new.get(tuple(row[part] for part in key))
        begins, ends = day(row["effective_from"]), day(row["effective_to"])
        if mine is None or (ends is not None and ends < start):
            kept.append(row)
        elif begins is not None and begins > start:
            _end_before(mine, begins)
            kept.append(row)
        else:
            ended += 1
            if begins != start:
                kept.append(row | {"effective_to": (start - timedelta(1)).isoformat()})
    return Imported({name: table([*kept, *new.values()], columns(name))}, read, len(new), len(new), ended)


def _end_before(row: Row, later: date) -> None:
    last = (later - timedelta(1)).isoformat()
    row["effective_to"] = min(row.get("effective_to") or last, last)

"""NCCI procedure pairs and medically unlikely edits, practitioner tables."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain

from chalicelib.codes import tables
from chalicelib.codes.importing.common import CODE, Imported, Row, columns, dated, known_codes, table, text
from chalicelib.codes.tables import CodeTableError

MAX_LINE = 10_000
_MUE_NAME = re.compile(r"Eff_(\d\d)-(\d\d)-(\d{4})")


def ncci(files: Iterable[Iterable[bytes]], version: str, program: str = "medicare") -> Imported:
    """PTP practitioner files f1..f4 as lines (streamed: 2.6 million rows). Each file is a full history, so rows of a column 1
    code that appears replace the present ones of that code and program; indicator 9 was never in force and is left out."""
    codes = known_codes()
    read, seen, fresh = 0, set[str](), list[Row]()
    for line in chain.from_iterable(files):
        cells = line[:MAX_LINE].decode("latin-1").rstrip("\r\n").split("\t")
        if len(cells) < 6 or not (CODE.fullmatch(cells[0].strip()) and CODE.fullmatch(cells[1].strip())):
            continue
        read += 1
        row = _edit(cells, version, program)
        if row["column1"] in codes and row["column2"] in codes:
            seen.add(row["column1"])
            if row["indicator"] != "9":
                fresh.append(row)
    if not read:
        raise CodeTableError("no edit pair in the file: not a PTP edit file")
    old = list(tables.rows("ncci.csv"))
    kept = [row for row in old if not (row["program"] == program and row["column1"] in seen)]
    before = {_pair(row) for row in old}
    merged = sorted([*kept, *fresh], key=lambda row: (row["program"], *_pair(row)))
    added = sum(_pair(row) not in before for row in fresh)
    return Imported({"ncci.csv": table(merged, columns("ncci.csv"))}, read, len(fresh), added, len(old) - len(kept))


def _pair(row: Row) -> tuple[str, str, str]:
    return (row["column1"], row["column2"], row["effective_from"])


def _edit(cells: Sequence[str], version: str, program: str) -> Row:
    """Medicare has a third column (`*` = before 1996), Medicaid has not: its third cell is the effective date."""
    medicaid = re.fullmatch(r"\d{8}", cells[2].strip()) is not None
    start, end, indicator = cells[2:5] if medicaid else cells[3:6]
    return {
        "column1": cells[0].strip(),
        "column2": cells[1].strip(),
        "indicator": indicator.strip(),
        "program": program,
        "effective_from": _iso(start),
        "effective_to": _iso(end),
        "as_of": version,
        "source": f"CMS NCCI PTP practitioner {version}",
    }


def _iso(digits: str) -> str:
    """'20261001' -> '2026-10-01'; '*' or nothing -> ''."""
    text = digits.strip()
    if text in {"", "*"}:
        return ""
    if not re.fullmatch(r"\d{8}", text):
        raise CodeTableError("a date in the file is not YYYYMMDD")
    return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()


def mue(content: bytes, file_name: str) -> Imported:
    """The practitioner MUE table; its date stands only in its name. Present open rows end the day before."""
    match = _MUE_NAME.search(file_name)
    if match is None:
        raise CodeTableError("the MUE file's name holds no Eff_MM-DD-YYYY")
    start = date(int(match[3]), int(match[1]), int(match[2]))
    codes, fresh, read = known_codes(), list[Row](), 0
    for cells in csv.reader(io.StringIO(text(content))):
        if len(cells) < 3 or not CODE.fullmatch(cells[0].strip()) or not cells[1].strip().isdigit():
            continue
        read += 1
        if cells[0].strip() in codes:
            fresh.append(_limit(cells, start, file_name))
    if not read:
        raise CodeTableError("no limit in the file: not an MUE table")
    return dated("mue.csv", fresh, start, ("code", "program"), read)


def _limit(cells: Sequence[str], start: date, file_name: str) -> Row:
    return {
        "code": cells[0].strip(),
        "program": "medicare",
        "value": cells[1].strip(),
        "mai": cells[2].strip()[:1],
        "effective_from": start.isoformat(),
        "confirmed_through": f"table of {start.isoformat()}",
        "source": f"CMS MUE practitioner table {file_name}",
    }

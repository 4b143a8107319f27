"""Physician fee schedule (PPRRVU) and geographic indices (GPCI)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from chalicelib.codes.importing.common import CODE, Imported, Row, dated, known_codes, text
from chalicelib.codes.tables import CodeTableError


def mpfs(content: bytes, release: str, start: date, *, qualifying: bool = False) -> Imported:
    """A PPRRVU file (`release` such as 'Oct 2026', in force from `start` to the end of that year): fee rows of our codes and the
    conversion factor. A QPP file gives only the factor of qualifying participants, since its values are the same."""
    rows = list(csv.reader(io.StringIO(text(content))))
    head = next((n for n, cells in enumerate(rows) if cells and cells[0].strip() == "HCPCS"), None)
    if head is None:
        raise CodeTableError("no HCPCS header row: not a PPRRVU file")
    place = _places(rows[: head + 1])
    codes, fresh = known_codes(), list[Row]()
    data = [cells for cells in rows[head + 1 :] if cells and CODE.fullmatch(cells[0].strip())]
    if not data:
        raise CodeTableError("no fee row in the file")
    end = date(start.year, 12, 31).isoformat()
    for cells in data:
        if cells[0].strip() in codes and not cells[place["mod"]].strip():
            fresh.append(_fee(cells, place, release, start.isoformat(), end))
    factor = max(cells[place["factor"]].strip() for cells in data)
    factors = _factor(factor, start, end, "qp" if qualifying else "all", release)
    if qualifying:
        return Imported(factors.tables, len(data), 0, 1, factors.ended)
    fees = dated("mpfs.csv", fresh, start, ("code",), len(data))
    return Imported(fees.tables | factors.tables, len(data), fees.rows_kept, fees.added, fees.ended)


_HEADERS = {
    "mod": ("MOD",),
    "status": ("STATUS", "CODE"),
    "work": ("WORK", "RVU"),
    "nonfac": ("NON-FAC", "PE", "RVU"),
    "fac": ("FACILITY", "PE", "RVU"),
    "mp": ("MP", "RVU"),
    "mult": ("MULT", "PROC"),
    "factor": ("CONV", "FACTOR"),
}


def _places(head: Sequence[Sequence[str]]) -> dict[str, int]:
    """Column numbers by the words of the header rows joined downward; fixed positions moved between years."""
    width = len(head[-1])
    joined = [" ".join(row[n].strip() for row in head if n < len(row) and row[n].strip()).upper() for n in range(width)]
    found = {}
    for name, words in _HEADERS.items():
        wanted = " ".join(words)
        exact = [n for n, text in enumerate(joined) if text == wanted or text.endswith(f" {wanted}")]
        if name == "fac":
            exact = [n for n in exact if "NON" not in joined[n]]
        if not exact:
            raise CodeTableError(f"no column {wanted} in the header")
        found[name] = exact[0]
    return found


def _fee(cells: Sequence[str], place: dict[str, int], release: str, start: str, end: str) -> Row:
    return {
        "code": cells[0].strip(),
        "release": release,
        "status": cells[place["status"]].strip(),
        "work_rvu": cells[place["work"]].strip(),
        "nonfac_pe_rvu": cells[place["nonfac"]].strip(),
        "fac_pe_rvu": cells[place["fac"]].strip(),
        "mp_rvu": cells[place["mp"]].strip(),
        "mult_proc_ind": cells[place["mult"]].strip(),
        "effective_from": start,
        "effective_to": end,
        "source": f"CMS PPRRVU {release}",
    }


def _factor(factor: str, start: date, end: str, applies_to: str, release: str) -> Imported:
    row = {
        "effective_from": start.isoformat(),
        "effective_to": end,
        "applies_to": applies_to,
        "conversion_factor": factor,
        "source": f"CMS PPRRVU {release}",
    }
    return dated("conversion_factor.csv", [row], start, ("applies_to",), 1)


def gpci(content: bytes, year: int) -> Imported:
    """GPCI file of a year: columns by the words PW, PE, MP, the work index with the 1.0 floor where both are printed."""
    rows = list(csv.reader(io.StringIO(text(content))))
    head = next((n for n, cells in enumerate(rows) if any("PE GPCI" in cell for cell in cells)), None)
    if head is None:
        raise CodeTableError("no PE GPCI column: not a GPCI file")
    names = [cell.strip() for cell in rows[head]]
    work = [n for n, name in enumerate(names) if "PW GPCI" in name]
    floor = [n for n in work if "with 1.0" in names[n].lower()]
    at = {"pw": (floor or work)[0]} | {
        kind: next(n for n, name in enumerate(names) if f"{kind.upper()} GPCI" in name) for kind in ("pe", "mp")
    }
    fresh = [_index(cells, at, year) for cells in _localities(rows[head + 1 :])]
    if not fresh:
        raise CodeTableError("no locality in the file")
    return dated("gpci.csv", fresh, date(year, 1, 1), ("mac", "locality"), len(fresh))


def _localities(rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Until the footnotes, whose first cell is not five digits."""
    for cells in rows:
        if not cells or not re.fullmatch(r"\d{5}", cells[0].strip()):
            return
        yield cells


def _index(cells: Sequence[str], at: dict[str, int], year: int) -> Row:
    return {
        "mac": cells[0].strip(),
        "state": cells[1].strip(),
        "locality": cells[2].strip().zfill(2),
        "locality_name": cells[3].strip().rstrip("*"),
        "pw_gpci": cells[at["pw"]].strip(),
        "pe_gpci": cells[at["pe"]].strip(),
        "mp_gpci": cells[at["mp"]].strip(),
        "effective_from": f"{year}-01-01",
        "effective_to": f"{year}-12-31",
        "source": f"CMS GPCI {year}",
    }

"""Every dated value of every table, at the edges of every row: the day before it, its first and last day, the day after.

The expectation is read from the CSV text by this test alone (no code of the tables): on such a day the one row that covers it,
and where none does, an error and never a neighbour's value.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest

from chalicelib.codes import cpt, mpfs, ncci, settings
from chalicelib.codes.settings import RateUnknown

Row = dict[str, str]
ALWAYS, NEVER = date(1990, 1, 1), date(2090, 1, 1)


def rows(name: str) -> list[Row]:
    text = files("chalicelib.codes").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def span(row: Row) -> tuple[date, date]:
    start, end = row["effective_from"], row["effective_to"]
    return date.fromisoformat(start) if start else ALWAYS, date.fromisoformat(end) if end else NEVER


def edges(group: list[Row]) -> Iterator[tuple[date, Row | None]]:
    """Days at the edges of the rows, each with the row that covers it; two rows may share a day only when they say the same."""
    one = timedelta(days=1)
    days = {day for row in group for start, end in (span(row),) for day in (start - one, start, end, end + one)}
    for day in sorted(day for day in days if ALWAYS <= day <= NEVER):
        covering = [row for row in group if span(row)[0] <= day <= span(row)[1]]
        assert len({tuple(v for k, v in row.items() if not k.startswith("effective")) for row in covering}) <= 1
        yield day, covering[0] if covering else None


def groups(name: str, *key: str) -> dict[tuple[str, ...], list[Row]]:
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows(name):
        found[tuple(row[column] for column in key)].append(row)
    return found


def told(ask: Callable[[], object]) -> object:
    """The answer, None for RATE_UNKNOWN."""
    try:
        return ask()
    except RateUnknown:
        return None


SETTINGS = groups("thresholds.csv", "name")
FACTORS = [row for row in rows("conversion_factor.csv") if row["applies_to"] == "all"]
FEES = groups("mpfs.csv", "code")
INDICES = groups("gpci.csv", "mac", "locality")
LIMITS = groups("mue.csv", "code", "program")
PAIRS = groups("ncci.csv", "column1", "column2", "program")


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting(name: tuple[str]):
    for on, row in edges(SETTINGS[name]):
        assert told(lambda on=on: settings.value(name[0], on)) == (int(row["value"]) if row else None), on


def test_every_year_of_the_threshold_has_its_own_value():
    """31 December and 1 January of each year: where both rows exist the value changes overnight, else it is unknown."""
    by_year = {int(row["effective_from"][:4]): int(row["value"]) for row in SETTINGS["kx_ot",]}
    for year in range(2021, 2028):
        last, first = date(year, 12, 31), date(year + 1, 1, 1)
        assert told(lambda day=last: settings.value("kx_ot", day)) == by_year.get(year)
        assert told(lambda day=first: settings.value("kx_ot", day)) == by_year.get(year + 1)
    assert len(by_year) == 5
    assert sorted(by_year.values()) == list(by_year.values())


def test_every_conversion_factor():
    for on, row in edges(FACTORS):
        expected = Decimal(row["conversion_factor"]) if row else None
        assert told(lambda on=on: mpfs.conversion_factor(on)) == expected, on


def test_every_fee_row():
    asked = 0
    for (code,), group in FEES.items():
        for on, row in edges(group):
            found = mpfs.find(code, on)
            assert (found.release, str(found.work)) == (row["release"], row["work_rvu"]) if row and found else not row
            assert (found is None) == (row is None), (code, on)
            asked += 1
    assert asked > 4 * len(FEES)


def test_every_geographic_index():
    for (mac, locality), group in INDICES.items():
        for on, row in edges(group):
            found = told(lambda mac=mac, at=locality, on=on: mpfs.gpci(mac, at, on).practice)
            assert found == (Decimal(row["pe_gpci"]) if row else None), (mac, locality, on)


def test_every_limit_a_day():
    """MUE: from the day a value was read to hold; before it no limit is known."""
    for (code, program), group in LIMITS.items():
        for on, row in edges(group):
            procedure = cpt.lookup(code, on)
            if program != "medicare" or procedure is None:
                continue  # the code itself does not exist that day
            assert procedure.mue == (int(row["value"]) if row else None), (code, on)


def test_every_pair():
    for (first, second, program), group in PAIRS.items():
        for on, row in edges(group):
            found = [
                e.indicator
                for e in ncci.pairs([first, second], on, program)
                if (e.column1, e.column2) == (first, second)
            ]
            assert found == ([int(row["indicator"])] if row else [])

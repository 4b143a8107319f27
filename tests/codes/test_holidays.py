"""Federal holidays as the Office of Personnel Management publishes them, and business days around them."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.codes.holidays import business_days, holidays

KNOWN = {  # the days federal offices keep, by hand from the published lists
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    2020: "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25",  # before Juneteenth
}


@pytest.mark.parametrize("year", KNOWN)
def test_the_days_are_those_that_are_kept(year: int) -> None:
    assert [f"{day:%m-%d}" for day in holidays(year)] == KNOWN[year].split()
    assert all(day.weekday() < 5 for day in holidays(year))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-09-04", 1, "2026-09-08"),  # Friday, over Labor Day
        ("2026-11-25", 3, "2026-12-01"),  # over Thanksgiving and a weekend
        ("2027-12-30", 1, "2028-01-03"),  # New Year's Day 2028 is a Saturday, kept the Friday before
        ("2026-09-08", 10, "2026-09-22"),
    ],
)
def test_business_days_leave_them_out(start: str, count: int, end: str) -> None:
    assert business_days(date.fromisoformat(start), count) == date.fromisoformat(end)

"""Federal holidays by the law's own rules (5 U.S.C. 6103(a)), dated rows of `holidays.csv`, and business days that skip them.

A rule is a day of the year (`07-04`) or a weekday of a month (`01 mon 3`, `05 mon last`). A holiday on a Saturday is kept the
Friday before (6103(b)(1)), one on a Sunday the Monday after (Executive Order 11582, s.3). Days the President closes offices by
order are not known here: add a row with its one day.
"""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.codes.tables import cached, covers, day, rows

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cached(1)
def _rules() -> list[tuple[str, date | None, date | None, str]]:
    return [
        (row["name"], day(row["effective_from"]), day(row["effective_to"]), row["rule"]) for row in rows("holidays.csv")
    ]


def _of_year(rule: str, year: int) -> date:
    """The day a rule names in a year."""
    if " " not in rule:
        month, number = rule.split("-")
        return date(year, int(month), int(number))
    month, weekday, place = rule.split(" ")
    wanted, first = _WEEKDAYS.index(weekday), date(year, int(month), 1)
    found = [each for each in (first + timedelta(n) for n in range(31)) if each.month == first.month]
    return [each for each in found if each.weekday() == wanted][-1 if place == "last" else int(place) - 1]


def _kept_on(found: date) -> date:
    return found + timedelta({5: -1, 6: 1}.get(found.weekday(), 0))


@cached(64)
def holidays(year: int) -> dict[date, str]:
    """Days of the year on which a federal holiday is kept, with its name; 31 December may be next year's first."""
    kept = {
        _kept_on(_of_year(rule, each)): name
        for each in (year, year + 1)
        for name, start, end, rule in _rules()
        if covers(start, end, _of_year(rule, each))
    }
    return {on: name for on, name in sorted(kept.items()) if on.year == year}


def business_days(start: date, count: int) -> date:
    """The day `count` business days after `start`: Monday to Friday, federal holidays left out."""
    on = start
    while count > 0:
        on += timedelta(days=1)
        count -= on.weekday() < 5 and on not in holidays(on.year)
    return on

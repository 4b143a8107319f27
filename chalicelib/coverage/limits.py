"""Limits of a 271 that bind occupational therapy: visits, dollars, units, what is left of them, and in which rhythm.

Sources: 005010X279A1 loop 2110C EB and HSD; RFI 2816 of X12: a repeated EB03 is one row per service type and by itself no
combined limit, so a combined limit shows only in the payer's own words (MSG).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from chalicelib.coverage.model import BenefitDelivery, BenefitRow, Contradiction, Limit

THERAPY, WHOLE_PLAN = "AD", "30"
REHABILITATION = frozenset({"A9", "AC", "AE"})  # rehabilitation, outpatient rehabilitation, physical medicine
REMAINING = "29"
_YEARS = frozenset({"21", "22", "23", "25"})
_PERIODS = {"21": "years", "22": "service year", "23": "calendar year", "24": "year to date", "25": "contract"}
_PERIODS |= {"26": "episode", "27": "visit", "32": "lifetime", "34": "month", "35": "week", "36": "admission"}
_PERIODS |= {"6": "hour", "7": "day", "13": "day"}
_MEASURES = {"VS": "visits", "P6": "visits", "DY": "days", "HS": "hours", "UN": "units", "99": "units", "MN": "months"}
_UNITS = {"DA": "day", "DY": "day", "WK": "week", "MO": "month", "YR": "year", "VS": "visit", "HS": "hour"}
_COMBINED = re.compile(
    r"COMBIN|SHARED|\b(PT|OT|ST|SLP|PHYSICAL|OCCUPATIONAL|SPEECH)\b(\s+THERAPY)?\s*(,|/|&|AND|\+)\s*"
    r"\b(PT|OT|ST|SLP|PHYSICAL|OCC|SPEECH)",
    re.IGNORECASE,
)
_APART = re.compile(r"\b(NOT|NEVER)\s+(BE\s+)?(COMBINED|SHARED)[^.;]*|\bSEPARATE(LY)?\b[^.;]*", re.IGNORECASE)
Sized = tuple[BenefitRow, str, int, str, str]
"""A row with its measure, size, period and pace."""


def limits(rows: Sequence[BenefitRow], doubts: list[Contradiction]) -> Iterator[Limit]:
    """Limits (EB01 F) that bind occupational therapy, totals joined with what remains of them."""
    groups: dict[tuple[str, str, str], list[Sized]] = {}
    for row in rows:
        scope = _scope(row)
        if row.code != "F" or not scope or row.network == "N":
            continue
        for sized in _sizes(row):
            groups.setdefault((scope, words(row) if scope == "combined" else "", sized[1]), []).append(sized)
    for (scope, _, measure), group in groups.items():
        subject = f"{scope} limit in {measure}".replace("_", " ")
        for period, part in _by_period(group):
            yield _limit(subject, scope, measure, period, part, doubts)


def _by_period(group: Sequence[Sized]) -> Iterator[tuple[str, list[Sized]]]:
    """A limit of the year and one of the day are two. What is left belongs to the only one, else to the year's; where that does
    not tell, it stands alone."""
    totals: dict[str, list[Sized]] = {}
    for one in group:
        if one[3] != REMAINING:
            totals.setdefault(one[3], []).append(one)
    left = [one for one in group if one[3] == REMAINING]
    years = [period for period in totals if period in _YEARS]
    whose = next(iter(totals)) if len(totals) == 1 else years[0] if len(years) == 1 else None
    for period, part in totals.items():
        yield period, [*part, *(left if period == whose else [])]
    if left and whose is None:
        yield "", left


def _limit(
    subject: str, scope: str, measure: str, period: str, part: Sequence[Sized], doubts: list[Contradiction]
) -> Limit:
    total = _one(subject, (size for _, _, size, when, _ in part if when != REMAINING), doubts)
    remaining = _one(f"{subject} left", (size for _, _, size, when, _ in part if when == REMAINING), doubts)
    if total is not None and remaining is not None and remaining > total:
        doubts.append(Contradiction(subject=subject, said=(f"{total} in all", f"{remaining} left")))
        total = remaining = None
    return Limit(
        scope=scope,
        words=next((words(row) for row, *_ in part if row.messages), ""),
        measure=measure,
        period=_PERIODS.get(period, period),
        pace=next((pace for *_, pace in part if pace), ""),
        total=total,
        remaining=remaining,
    )


def words(row: BenefitRow) -> str:
    return " ".join(row.messages)


def _one(subject: str, sizes: Iterable[int], doubts: list[Contradiction]) -> int | None:
    values = sorted(set(sizes))
    if len(values) > 1:
        doubts.append(Contradiction(subject=subject, said=tuple(map(str, values))))
    return values[0] if len(values) == 1 else None


def _scope(row: BenefitRow) -> str:
    types = set(row.service_types)
    if not types & ({THERAPY, WHOLE_PLAN} | REHABILITATION | {"PT", "AF"}):
        return ""
    if _COMBINED.search(_APART.sub("", words(row))):
        return "combined"
    if THERAPY in types:
        return "occupational_therapy"
    return "rehabilitation" if types & REHABILITATION else ""


def _sizes(row: BenefitRow) -> Iterator[Sized]:
    """What the row itself limits, else what its HSDs do; whole numbers, for a fraction is no limit to count against."""
    if row.quantity is not None:
        measure = _measure(row.quantity_qualifier)
        yield from _whole(row, measure, row.quantity, row.period, _paces(row))
    elif row.amount_cents is not None:
        yield row, "dollars", row.amount_cents, row.period, _paces(row)
    else:
        for each in row.deliveries:
            if each.quantity is not None:
                measure = _measure(each.quantity_qualifier)
                yield from _whole(row, measure, each.quantity, row.period or each.period, _pace(each))


def _whole(row: BenefitRow, measure: str, quantity: Decimal, period: str, pace: str) -> Iterator[Sized]:
    if quantity == quantity.to_integral_value():
        yield row, measure, int(quantity), period, pace


def _measure(qualifier: str) -> str:
    return _MEASURES.get(qualifier, qualifier) if qualifier else "dollars"


def _paces(row: BenefitRow) -> str:
    return "; ".join(pace for pace in map(_pace, row.deliveries) if pace)


def _pace(each: BenefitDelivery) -> str:
    """'3 a week for 2 months' from HSD03 to HSD06; '' where the HSD tells no rhythm."""
    text = ""
    if each.unit:
        text = f"{_plain(each.each)} a {_UNITS.get(each.unit, each.unit)}".strip()
    if each.periods is not None and each.period:
        many = "" if each.periods == 1 else "s"
        text += f" for {_plain(each.periods)} {_PERIODS.get(each.period, each.period)}{many}"
    return text.strip()


def _plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"

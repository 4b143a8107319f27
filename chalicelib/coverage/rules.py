"""Reads a 271 for occupational therapy. Pure: rows in, `Benefits` out; where rows disagree the figure stays unknown.

Sources: 005010X279A1 loop 2110C/D (EB01 to EB13); RFI 2816 of X12: a repeated EB03 is one row per service type and by
itself no combined limit, so a combined limit shows only in the payer's own words (MSG).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from chalicelib.coverage.model import BenefitRow, Benefits, Contradiction, Limit, YesNo
from chalicelib.coverage.payer_errors import payer_error
from chalicelib.x12.eligibility import BenefitResponse

THERAPY, WHOLE_PLAN = "AD", "30"
REHABILITATION = frozenset({"A9", "AC", "AE"})  # rehabilitation, outpatient rehabilitation, physical medicine
_ACTIVE, _INACTIVE = frozenset("12345"), frozenset("678")
_REMAINING = "29"
_WHOLE_PERIODS = frozenset({"", "21", "22", "23", "25"})  # years, service year, calendar year, contract
_PERIODS = {"21": "years", "22": "service year", "23": "calendar year", "24": "year to date", "25": "contract"}
_PERIODS |= {"26": "episode", "27": "visit", "32": "lifetime", "34": "month", "35": "week"}
_MEASURES = {"VS": "visits", "P6": "visits", "DY": "days", "HS": "hours", "UN": "units", "99": "units"}
_COMBINED = re.compile(
    r"COMBIN|SHARED|\b(PT|OT|ST|SLP|PHYSICAL|OCCUPATIONAL|SPEECH)\b\s*(,|/|&|AND|\+)\s*\b(PT|OT|ST|SLP|PHYSICAL|OCC|SPEECH)",
    re.IGNORECASE,
)
_PLAN_END = frozenset({"347", "357"})
T = TypeVar("T")


def interpret(response: BenefitResponse, on: date) -> Benefits:
    """What the answer says of occupational therapy on that day. Every EB row is kept in `rows`."""
    rows = tuple(BenefitRow.model_validate(row) for row in response.benefits)
    doubts: list[Contradiction] = []
    deductibles = [row for row in rows if row.code == "C" and row.coverage_level != "FAM"]
    return Benefits(
        active=_active(rows, response, on, doubts),
        covered=_covered(rows, doubts),
        plan=next((row.plan for row in rows if row.code in _ACTIVE and row.plan), ""),
        network=_network(rows),
        copay_cents=_figure("copay", (row for row in rows if row.code == "B"), _amount, doubts),
        coinsurance_percent=_figure("coinsurance", (row for row in rows if row.code == "A"), _percent, doubts),
        deductible_cents=_figure("deductible", (r for r in deductibles if r.period in _WHOLE_PERIODS), _amount, doubts),
        deductible_remaining_cents=_figure(
            "deductible left", (r for r in deductibles if r.period == _REMAINING), _amount, doubts
        ),
        limits=tuple(_limits(rows, doubts)),
        authorization_required=_authorization(rows, doubts),
        other_payers=tuple(dict.fromkeys(row.entity_name or row.plan for row in rows if row.code == "R")),
        errors=tuple(payer_error(error.reason, error.loop, error.follow_up) for error in response.errors),
        contradictions=tuple(doubts),
        rows=rows,
    )


def _nearest(rows: Iterable[BenefitRow]) -> list[BenefitRow]:
    """The rows that speak most directly of occupational therapy: AD, else the whole plan; in network first."""
    found = list(rows)
    for wanted in ((THERAPY,), (WHOLE_PLAN, "")):
        near = [row for row in found if set(row.service_types or ("",)) & set(wanted)]
        if near:
            inside = [row for row in near if row.network != "N"]
            return inside or near
    return []


def _active(rows: Sequence[BenefitRow], response: BenefitResponse, on: date, doubts: list[Contradiction]) -> YesNo:
    """EB01 1-5 active, 6-8 inactive, for the whole plan first; a plan that ended before the day is in doubt."""
    told = [row for row in rows if row.code in _ACTIVE | _INACTIVE]
    whole = [row for row in told if not row.service_types or WHOLE_PLAN in row.service_types] or told
    said = {"yes" if row.code in _ACTIVE else "no" for row in whole}
    ended = [day.begin or day.end for day in response.dates if day.qualifier in _PLAN_END]
    if "yes" in said and any(day is not None and day < on for day in ended):
        said.add("ended before this day")
    if len(said) > 1:
        doubts.append(Contradiction(subject="active", said=tuple(sorted(said))))
        return "unknown"
    return "unknown" if not said else "yes" if "yes" in said else "no"


def _covered(rows: Sequence[BenefitRow], doubts: list[Contradiction]) -> YesNo:
    """Whether occupational therapy itself is covered: only rows that name it count (EB01 I = not covered)."""
    named = [row for row in rows if THERAPY in row.service_types and row.network != "N"]
    said = {"no" for row in named if row.code in _INACTIVE | {"I"}}
    said |= {"yes" for row in named if row.code in _ACTIVE | {"A", "B", "F"}}
    if len(said) > 1:
        doubts.append(Contradiction(subject="occupational therapy covered", said=("no", "yes")))
        return "unknown"
    return "unknown" if not said else "yes" if "yes" in said else "no"


def _network(rows: Sequence[BenefitRow]) -> YesNo:
    """EB12 over the rows that name occupational therapy; rows for both sides of the network are no contradiction."""
    said = {row.network for row in rows if THERAPY in row.service_types} & {"Y", "N"}
    return "unknown" if len(said) != 1 else "yes" if "Y" in said else "no"


def _authorization(rows: Sequence[BenefitRow], doubts: list[Contradiction]) -> YesNo:
    """EB11 over the rows nearest to occupational therapy; U says nothing."""
    said = sorted({row.authorization for row in _nearest(row for row in rows if row.authorization in ("Y", "N"))})
    if len(said) > 1:
        doubts.append(Contradiction(subject="authorization", said=tuple(said)))
        return "unknown"
    return "unknown" if not said else "yes" if said[0] == "Y" else "no"


def _amount(row: BenefitRow) -> int | None:
    return row.amount_cents


def _percent(row: BenefitRow) -> Decimal | None:
    return None if row.percent is None else (row.percent * 100).normalize() + 0


def _figure(
    subject: str, rows: Iterable[BenefitRow], value: Callable[[BenefitRow], T | None], doubts: list[Contradiction]
) -> T | None:
    """The one value the nearest rows agree on; several values are a contradiction and give None."""
    near = _nearest(row for row in rows if value(row) is not None)
    values = sorted({str(value(row)) for row in near})
    if len(values) > 1:
        doubts.append(Contradiction(subject=subject, said=tuple(values)))
        return None
    return value(near[0]) if near else None


def _limits(rows: Sequence[BenefitRow], doubts: list[Contradiction]) -> Iterator[Limit]:
    """Limits (EB01 F) that bind occupational therapy, totals joined with what remains of them."""
    groups: dict[tuple[str, str, str], list[BenefitRow]] = {}
    for row in rows:
        scope = _scope(row)
        if row.code == "F" and scope and row.network != "N" and _size(row) is not None:
            groups.setdefault((scope, _words(row) if scope == "combined" else "", _measure(row)), []).append(row)
    for (scope, _, measure), group in groups.items():
        subject = f"{scope} limit in {measure}"
        totals = [row for row in group if row.period != _REMAINING]
        yield Limit(
            scope=scope,
            words=next((_words(row) for row in group if row.messages), ""),
            measure=measure,
            period=next((_PERIODS.get(row.period, row.period) for row in totals if row.period), ""),
            total=_one(subject, (_size(row) for row in totals), doubts),
            remaining=_one(f"{subject} left", (_size(row) for row in group if row.period == _REMAINING), doubts),
        )


def _one(subject: str, sizes: Iterable[int | None], doubts: list[Contradiction]) -> int | None:
    values = sorted({size for size in sizes if size is not None})
    if len(values) > 1:
        doubts.append(Contradiction(subject=subject, said=tuple(map(str, values))))
    return values[0] if len(values) == 1 else None


def _scope(row: BenefitRow) -> str:
    types = set(row.service_types)
    if not types & ({THERAPY, WHOLE_PLAN} | REHABILITATION | {"PT", "AF"}):
        return ""
    if _COMBINED.search(_words(row)):
        return "combined"
    if THERAPY in types:
        return "occupational_therapy"
    return "rehabilitation" if types & REHABILITATION else ""


def _words(row: BenefitRow) -> str:
    return " ".join(row.messages)


def _measure(row: BenefitRow) -> str:
    return _MEASURES.get(row.quantity_qualifier, row.quantity_qualifier) if row.quantity_qualifier else "dollars"


def _size(row: BenefitRow) -> int | None:
    """Whole visits, days … or cents; a fraction is no limit we can count against."""
    if row.quantity is None:
        return row.amount_cents
    return int(row.quantity) if row.quantity == row.quantity.to_integral_value() else None

"""Reads a 271 for occupational therapy. Pure: rows in, `Benefits` out; where rows disagree the figure stays unknown.

Sources: 005010X279A1 loop 2110C/D (EB01 to EB13); RFI 2816 of X12: a repeated EB03 is one row per service type and by
itself no combined limit, so a combined limit shows only in the payer's own words (MSG).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from chalicelib.coverage.limits import REHABILITATION, REMAINING, THERAPY, WHOLE_PLAN, limits, words
from chalicelib.coverage.model import BenefitDay, BenefitRow, Benefits, Contradiction, YesNo
from chalicelib.coverage.others import ACTIVE, other_payers, referral, stays
from chalicelib.coverage.payer_errors import payer_error
from chalicelib.coverage.standing import row_span
from chalicelib.money import dollars
from chalicelib.x12.eligibility import BenefitResponse

_ACTIVE, _INACTIVE = ACTIVE, frozenset("678")
_WHOLE_PERIODS = frozenset({"", "21", "22", "23", "25"})  # years, service year, calendar year, contract
_AUTHORIZATION = re.compile(r"(PRIOR )?AUTH(ORIZATION)?\b|PRE-?CERT", re.IGNORECASE)
_ASKS = re.compile(r"REQUIRED|NEEDED|MUST", re.IGNORECASE)
_NOT = re.compile(r"\b(NO|NOT|WITHOUT)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(AFTER|FIRST|INITIAL|THEREAFTER|BEYOND|EXCEED\w*|MORE THAN|OVER|UNLESS|UNTIL|IF|WHEN|DEPEND\w*)\b",
    re.IGNORECASE,
)
T = TypeVar("T")


def interpret(response: BenefitResponse, on: date, line_of_business: str = "") -> Benefits:
    """What the answer says of occupational therapy on that day. Every EB row is kept in `rows`, segments not interpreted in
    `unread`. `line_of_business` is what was asked about ('' = not known): a plan behind Medicare shows against it."""
    rows = tuple(BenefitRow.model_validate(row) for row in response.benefits)
    dates = tuple(BenefitDay.model_validate(day) for day in response.dates)
    doubts: list[Contradiction] = []
    deductibles = [row for row in rows if row.code == "C" and row.coverage_level != "FAM"]
    pockets = [row for row in rows if row.code == "G" and row.coverage_level != "FAM"]
    deductible, deductible_left = _yearly("deductible", deductibles, doubts)
    pocket, pocket_left = _yearly("out of pocket", pockets, doubts)
    needs_referral, primary_care = referral(rows)
    return Benefits(
        active=_active(rows, dates, on, doubts),
        covered=_covered(rows, doubts),
        plan=next((row.plan for row in rows if row.code in _ACTIVE and row.plan), ""),
        network=_network(rows),
        copay_cents=_figure("copay", (row for row in rows if row.code == "B"), _amount, doubts),
        coinsurance_percent=_coinsurance(rows, doubts),
        deductible_cents=deductible,
        deductible_remaining_cents=deductible_left,
        out_of_pocket_cents=pocket,
        out_of_pocket_remaining_cents=pocket_left,
        limits=tuple(limits(rows, doubts)),
        authorization_required=_authorization(rows, doubts),
        referral_required=needs_referral,
        primary_care=primary_care or (response.primary_care.last_name if response.primary_care else ""),
        other_payers=other_payers(rows, on, line_of_business),
        stays=stays(rows, on),
        errors=tuple(payer_error(error.reason, error.loop, error.follow_up) for error in response.errors),
        contradictions=tuple(doubts),
        rows=rows,
        dates=dates,
        unread=tuple(response.unread),
    )


def _nearest(rows: Iterable[BenefitRow]) -> list[BenefitRow]:
    """The rows that speak most directly of occupational therapy: AD, else rehabilitation, else the plan; in network first."""
    found = list(rows)
    for wanted in ((THERAPY,), tuple(REHABILITATION), (WHOLE_PLAN, "")):
        near = [row for row in found if set(row.service_types or ("",)) & set(wanted)]
        if near:
            inside = [row for row in near if row.network != "N"]
            return inside or near
    return []


def _active(rows: Sequence[BenefitRow], dates: Sequence[BenefitDay], on: date, doubts: list[Contradiction]) -> YesNo:
    """EB01 1-5 active, 6-8 inactive, for the whole plan first. 'Active' with dates that leave the day out is in doubt, unless
    another row is active on the day (an old plan beside the new one)."""
    told = [row for row in rows if row.code in _ACTIVE | _INACTIVE]
    whole = [row for row in told if not row.service_types or WHOLE_PLAN in row.service_types] or told
    said = {_said_of_day(row, dates, on) for row in whole}
    if "yes" in said:
        said -= {_ENDED, _TO_COME}
    elif said & {_ENDED, _TO_COME}:
        said.add("yes")
    if len(said) > 1:
        doubts.append(Contradiction(subject="active", said=tuple(sorted(said))))
        return "unknown"
    return "unknown" if not said else "yes" if "yes" in said else "no"


_ENDED, _TO_COME = "ended before this day", "begins after this day"


def _said_of_day(row: BenefitRow, dates: Sequence[BenefitDay], on: date) -> str:
    if row.code in _INACTIVE:
        return "no"
    begin, end = row_span(row, dates, ranges=True)
    if end is not None and end < on:
        return _ENDED
    return _TO_COME if begin is not None and begin > on else "yes"


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
    """EB11 over the rows nearest to occupational therapy, and the payer's words where EB11 does not tell; U says nothing."""
    told = [(row, _authorized(row)) for row in rows]
    near = _nearest(row for row, flag in told if flag)
    said = sorted({flag for row, flag in told if flag and any(row is one for one in near)})
    if len(said) > 1 or not set(said) <= {"Y", "N"}:
        doubts.append(Contradiction(subject="authorization", said=tuple(said)))
        return "unknown"
    return "unknown" if not said else {"Y": "yes", "N": "no"}.get(said[0], "unknown")  # type: ignore[return-value]


def _authorized(row: BenefitRow) -> str:
    """Y, N or '' of one row, or its words where they make it depend on something. Words count only where they ask for an
    authorization or say that none is asked for."""
    if row.authorization in ("Y", "N"):
        return row.authorization
    text = words(row)
    if not (_AUTHORIZATION.search(text) and _ASKS.search(text)):
        return ""
    if _CONDITION.search(text):
        return text
    return "N" if _NOT.search(text) else "Y"


def _shown(row: BenefitRow, value: object) -> str:
    return f"${dollars(value)}" if isinstance(value, int) and row.amount_cents is not None else f"{value} %"


def _amount(row: BenefitRow) -> int | None:
    return row.amount_cents


def _percent(row: BenefitRow) -> Decimal | None:
    return None if row.percent is None else (row.percent * 100).normalize() + 0


def _figure(
    subject: str, rows: Iterable[BenefitRow], value: Callable[[BenefitRow], T | None], doubts: list[Contradiction]
) -> T | None:
    """The one value the nearest rows agree on; several values are a contradiction and give None."""
    near = _nearest(row for row in rows if value(row) is not None)
    values = sorted({_shown(row, value(row)) for row in near})
    if len(values) > 1:
        doubts.append(Contradiction(subject=subject, said=tuple(values)))
        return None
    return value(near[0]) if near else None


def _yearly(subject: str, rows: Sequence[BenefitRow], doubts: list[Contradiction]) -> tuple[int | None, int | None]:
    """(the year's, what is left of it); neither when more is left than there was."""
    whole = _figure(subject, (row for row in rows if row.period in _WHOLE_PERIODS), _amount, doubts)
    left = _figure(f"{subject} left", (row for row in rows if row.period == REMAINING), _amount, doubts)
    if whole is not None and left is not None and left > whole:
        doubts.append(Contradiction(subject=subject, said=(f"${dollars(whole)} in all", f"${dollars(left)} left")))
        return None, None
    return whole, left


def _coinsurance(rows: Sequence[BenefitRow], doubts: list[Contradiction]) -> Decimal | None:
    """EB08 is a part of one. A payer that writes 20 may mean 20 % or something else: shown, not taken."""
    told = [row for row in rows if row.code == "A" and row.percent is not None]
    odd = {f"{row.percent:f}" for row in told if row.percent is not None and not 0 <= row.percent <= 1}
    if odd:
        doubts.append(Contradiction(subject="coinsurance, where a part of 1 is told", said=tuple(sorted(odd))))
        return None
    return _figure("coinsurance", told, _percent, doubts)

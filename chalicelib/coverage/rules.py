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
from chalicelib.coverage.model import BenefitRow, Benefits, Contradiction, YesNo
from chalicelib.coverage.others import ACTIVE, other_payers, referral, stays
from chalicelib.coverage.payer_errors import payer_error
from chalicelib.x12.eligibility import BenefitResponse

_ACTIVE, _INACTIVE = ACTIVE, frozenset("678")
_WHOLE_PERIODS = frozenset({"", "21", "22", "23", "25"})  # years, service year, calendar year, contract
_PLAN_END = frozenset({"347", "357"})
_AUTHORIZATION = re.compile(r"(PRIOR )?AUTH(ORIZATION)?\b|PRE-?CERT", re.IGNORECASE)
_ASKS = re.compile(r"REQUIRED|NEEDED|MUST", re.IGNORECASE)
_NOT = re.compile(r"\b(NO|NOT|WITHOUT)\b", re.IGNORECASE)
T = TypeVar("T")


def interpret(response: BenefitResponse, on: date, line_of_business: str = "") -> Benefits:
    """What the answer says of occupational therapy on that day. Every EB row is kept in `rows`, segments not interpreted in
    `unread`. `line_of_business` is what was asked about ('' = not known): a plan behind Medicare shows against it."""
    rows = tuple(BenefitRow.model_validate(row) for row in response.benefits)
    doubts: list[Contradiction] = []
    deductibles = [row for row in rows if row.code == "C" and row.coverage_level != "FAM"]
    pockets = [row for row in rows if row.code == "G" and row.coverage_level != "FAM"]
    needs_referral, primary_care = referral(rows)
    return Benefits(
        active=_active(rows, response, on, doubts),
        covered=_covered(rows, doubts),
        plan=next((row.plan for row in rows if row.code in _ACTIVE and row.plan), ""),
        network=_network(rows),
        copay_cents=_figure("copay", (row for row in rows if row.code == "B"), _amount, doubts),
        coinsurance_percent=_figure("coinsurance", (row for row in rows if row.code == "A"), _percent, doubts),
        deductible_cents=_figure("deductible", (r for r in deductibles if r.period in _WHOLE_PERIODS), _amount, doubts),
        deductible_remaining_cents=_figure(
            "deductible left", (r for r in deductibles if r.period == REMAINING), _amount, doubts
        ),
        out_of_pocket_cents=_figure(
            "out of pocket", (r for r in pockets if r.period in _WHOLE_PERIODS), _amount, doubts
        ),
        out_of_pocket_remaining_cents=_figure(
            "out of pocket left", (r for r in pockets if r.period == REMAINING), _amount, doubts
        ),
        limits=tuple(limits(rows, doubts)),
        authorization_required=_authorization(rows, doubts),
        referral_required=needs_referral,
        primary_care=primary_care,
        other_payers=other_payers(rows, on, line_of_business),
        stays=stays(rows, on),
        errors=tuple(payer_error(error.reason, error.loop, error.follow_up) for error in response.errors),
        contradictions=tuple(doubts),
        rows=rows,
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
    """EB11 over the rows nearest to occupational therapy, and the payer's words where EB11 does not tell; U says nothing."""
    told = [(row, _authorized(row)) for row in rows]
    near = _nearest(row for row, flag in told if flag)
    said = sorted({flag for row, flag in told if flag and any(row is one for one in near)})
    if len(said) > 1:
        doubts.append(Contradiction(subject="authorization", said=tuple(said)))
        return "unknown"
    return "unknown" if not said else "yes" if said[0] == "Y" else "no"


def _authorized(row: BenefitRow) -> str:
    """Y, N or '' of one row. Words count only where they ask for an authorization or say that none is asked for."""
    if row.authorization in ("Y", "N"):
        return row.authorization
    text = words(row)
    if not (_AUTHORIZATION.search(text) and _ASKS.search(text)):
        return ""
    return "N" if _NOT.search(text) else "Y"


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

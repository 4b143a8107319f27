"""Who else pays, as a 271 tells: other payers, plans behind a wrong payer, and stays that pay for therapy themselves.

Sources: 005010X279A1 EB01 (R other payer, MC managed care coordinator, X health care facility, L primary care provider), EB04
insurance type; CMS HETS 271: enrolment in Medicare Advantage as EB*R with HN and the like, Medicare secondary with 12 to 47,
home-health and hospice periods as EB*X with service types 42 and 45 (layout: knowledge, not a document read).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from chalicelib.coverage.limits import words
from chalicelib.coverage.model import BenefitRow, OtherPayer, PayerKind, Stay, StayKind, YesNo

ACTIVE = frozenset("12345")
_MEDICARE_SECONDARY = frozenset({"12", "13", "14", "15", "16", "41", "42", "43", "47"})
_RISK = "HN"  # health maintenance organization, Medicare risk
_PLANS = frozenset({"HM", "HN", "IN", "PR", "PS", "EP", "QM"})
_ADVANTAGE = re.compile(r"MEDICARE ADVANTAGE|PART C\b|\bMA(PD)? PLAN", re.IGNORECASE)
_MANAGED = re.compile(r"MANAGED CARE|\bMCO\b|\bHMO\b|HEALTH PLAN", re.IGNORECASE)
_STAYS: dict[str, StayKind] = {"42": "home_health", "45": "hospice", "AG": "skilled_nursing", "AH": "skilled_nursing"}
_STAY_WORDS: tuple[tuple[StayKind, re.Pattern[str]], ...] = (
    ("home_health", re.compile(r"HOME HEALTH (EPISODE|PERIOD|CERTIF|ADMI)|\bHHA? EPISODE", re.IGNORECASE)),
    ("hospice", re.compile(r"HOSPICE (ELECT|PERIOD|EPISODE|BENEFIT PERIOD|ENROL)|ELECTED HOSPICE", re.IGNORECASE)),
    ("skilled_nursing", re.compile(r"(PART A|COVERED) (SNF|SKILLED NURSING)|(SNF|SKILLED NURSING)( FACILITY)? (STAY|ADMI)|"
                                   r"PART A STAY", re.IGNORECASE)),
)  # fmt: skip
_NO_STAY = re.compile(
    r"\b(NO|NOT|WITHOUT|NEVER|NONE)\b(?!\s+(END|DISCHARGE|TERMINATION|THROUGH|LATER))[^.;,]{0,40}?"
    r"(HOSPICE|HOME HEALTH|HHA?\b|SNF|SKILLED|PART A)|"
    r"(HOSPICE|HOME HEALTH|SNF|SKILLED|PART A)[^.;,]{0,40}?\b(NOT|NEVER|NONE)\b\s+(ON FILE|FOUND|ENROL|ELECT|ACTIVE|IN)",
    re.IGNORECASE,
)
_ORDERS: dict[str, PayerKind] = {"PRP": "primary", "SEP": "secondary", "TTP": "tertiary"}
_REFERRAL = re.compile(r"REFERRAL", re.IGNORECASE)
_NO = re.compile(r"\b(NO|NOT|WITHOUT|NEVER)\b[^.;]*(REFERRAL|REQUIRED|NEEDED)", re.IGNORECASE)
_ASKS = re.compile(r"REQUIRE|NEEDED|MUST", re.IGNORECASE)
_BEGINS = frozenset({"193", "346", "356", "435", "348"})
_ENDS = frozenset({"194", "347", "357", "096", "349"})
_RANGES = frozenset({"290", "291", "292", "307", "472", "344", "435", "193"})
Span = tuple[date | None, date | None]


def other_payers(rows: Sequence[BenefitRow], on: date, line_of_business: str) -> tuple[OtherPayer, ...]:
    """Payers the answer names beside the one asked, each once; `line_of_business` is what was asked about."""
    found = (_other(row, on, line_of_business) for row in rows if _names_other(row, line_of_business))
    return tuple(dict.fromkeys(one for one in found if one.name or one.kind != "other"))


def _names_other(row: BenefitRow, business: str) -> bool:
    if row.code in ("R", "MC"):
        return True
    return row.code in ACTIVE and business == "medicare" and row.insurance_type == _RISK


def _other(row: BenefitRow, on: date, business: str) -> OtherPayer:
    begin, end = _span(row)
    return OtherPayer(
        name=row.entity_name or row.plan,
        identifier=row.entity_id,
        kind=_kind(row, business),
        begin=begin,
        end=end,
        in_force=_covers(begin, end, on),
        words=words(row),
    )


def _kind(row: BenefitRow, business: str) -> PayerKind:
    said = f"{row.plan} {words(row)} {row.entity_name}"
    if row.insurance_type == _RISK or (business == "medicare" and row.insurance_type in _PLANS):
        return "medicare_advantage"
    if business in ("medicare", "") and _ADVANTAGE.search(said):
        return "medicare_advantage"
    if row.code == "MC" or (business == "medicaid" and (row.insurance_type in _PLANS or _MANAGED.search(said))):
        return "managed_medicaid"
    if row.insurance_type in _MEDICARE_SECONDARY:
        return "primary"
    return _ORDERS.get(row.entity_code) or _said_order(words(row))


def _said_order(said: str) -> PayerKind:
    upper = said.upper()
    return next((kind for kind in _ORDERS.values() if kind.upper() in upper), "other")


def stays(rows: Iterable[BenefitRow], on: date) -> tuple[Stay, ...]:
    """Home-health, skilled-nursing and hospice periods. A row that only says such care is a benefit is none."""
    return tuple(dict.fromkeys(_stays(rows, on)))


def _stays(rows: Iterable[BenefitRow], on: date) -> Iterator[Stay]:
    for row in rows:
        kind = _stay_kind(row)
        if kind:
            begin, end = _span(row)
            yield Stay(kind=kind, begin=begin, end=end, on_the_day=_covers(begin, end, on), words=words(row))


def _stay_kind(row: BenefitRow) -> StayKind | None:
    if row.code == "X":
        found = next((_STAYS[service] for service in row.service_types if service in _STAYS), None)
        if found:
            return found
    text = words(row)
    if _NO_STAY.search(text):
        return None
    return next((kind for kind, pattern in _STAY_WORDS if pattern.search(text)), None)


def referral(rows: Iterable[BenefitRow]) -> tuple[YesNo, str]:
    """(whether a primary-care referral is needed, the primary-care provider named). EB01 L names one, N restricts to one."""
    said: set[YesNo] = set()
    named = ""
    for row in rows:
        if row.code == "L" or (row.code == "N" and row.entity_code == "P3"):
            named = named or row.entity_name
        text = words(row)
        if _REFERRAL.search(text):
            said.add("no" if _NO.search(text) else "yes" if _ASKS.search(text) else "unknown")
    said.discard("unknown")
    return (said.pop() if len(said) == 1 else "unknown"), named


def _span(row: BenefitRow) -> Span:
    begins = [day.begin for day in row.dates if day.begin and (day.qualifier in _BEGINS | _RANGES)]
    ends = [day.end for day in row.dates if day.end and day.qualifier in _RANGES]
    ends += [day.begin for day in row.dates if day.begin and day.qualifier in _ENDS]
    return min(begins, default=None), max(ends, default=None)


def _covers(begin: date | None, end: date | None, on: date) -> bool | None:
    if begin is None and end is None:
        return None
    return (begin is None or begin <= on) and (end is None or on <= end)

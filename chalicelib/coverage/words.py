"""Answers in words: stays, other payers, and what each EB01 means, in our own words (005010X279A1 loop 2110C)."""

from __future__ import annotations

from datetime import date

from chalicelib.coverage.model import OtherPayer, Stay

STAYS = {
    "home_health": "a home-health episode",
    "skilled_nursing": "a Part A skilled-nursing stay",
    "hospice": "hospice",
}
KINDS = {
    "medicare_advantage": "a Medicare Advantage plan in its place",
    "managed_medicaid": "a managed Medicaid plan in its place",
    "primary": "a payer before it",
    "secondary": "a payer after it",
    "tertiary": "a third payer",
    "other": "another payer",
}
ROWS = {
    "1": "active", "2": "active, full risk capitation", "3": "active, services capitated",
    "4": "active, capitated to primary care",
    "5": "active, pending investigation", "6": "inactive", "7": "inactive, pending eligibility update",
    "8": "inactive, pending investigation", "A": "coinsurance", "B": "copayment", "C": "deductible", "CB": "coverage basis",
    "D": "benefit described", "E": "exclusions", "F": "limitation", "G": "out of pocket", "H": "unlimited", "I": "not covered",
    "J": "cost containment", "K": "reserve", "L": "primary care provider", "M": "pre-existing condition",
    "MC": "managed care coordinator", "N": "restricted to a provider", "O": "not deemed a medical necessity",
    "P": "benefit disclaimer", "Q": "second opinion required", "R": "other or additional payer",
    "S": "prior year history", "T": "card reported lost or stolen", "U": "contact for eligibility or benefits",
    "V": "cannot process", "W": "other source of data", "X": "health care facility", "Y": "spend down",
}  # fmt: skip


def row_words(code: str) -> str:
    """What an EB01 says; a code that is not in our list is named as such."""
    return ROWS.get(code, f"code {code or 'none'}, not in our list")


def stay_words(stay: Stay) -> str:
    return f"{STAYS[stay.kind]} {_days(stay.begin, stay.end)}"


def payer_words(other: OtherPayer) -> str:
    name = f": {other.name}" if other.name else ""
    return f"{KINDS[other.kind]}{name} {_days(other.begin, other.end)}"


def _days(begin: date | None, end: date | None) -> str:
    if begin is None and end is None:
        return "(no dates told)"
    return f"({begin or 'open'} to {end or 'open'})"

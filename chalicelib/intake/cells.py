"""One cell of a visit file to a value, or the reason it cannot be one. Reasons never repeat the cell: it may be PHI."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from chalicelib.money import MoneyError, parse_dollars

MOST_MINUTES = 24 * 60
MOST_UNITS = 999
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_WHOLE = re.compile(r"(\d{1,9})(?:\.0+)?", re.ASCII)
_YES = frozenset(("y", "yes", "true", "1"))
_NO = frozenset(("n", "no", "false", "0"))
_SEX = {"m": "M", "male": "M", "f": "F", "female": "F", "u": "U", "unknown": "U"}


class BadCell(ValueError):
    """`reason` is what is wrong, `fix` how to mend it; neither holds the value."""

    def __init__(self, code: str, reason: str, fix: str) -> None:
        super().__init__(code)
        self.code, self.reason, self.fix = code, reason, fix


def _refuse(code: str, reason: str, fix: str) -> Any:
    raise BadCell(code, reason, fix)


def to_date(text: str) -> date:
    """ISO or MM/DD/YYYY."""
    iso, american = _ISO.fullmatch(text), _AMERICAN.fullmatch(text)
    try:
        if iso:
            parsed = date(int(iso[1]), int(iso[2]), int(iso[3]))
        elif american:
            parsed = date(int(american[3]), int(american[1]), int(american[2]))
        else:
            raise ValueError
    except ValueError:
        raise BadCell("DATE_UNREADABLE", "is not a date", "write 2026-07-31 or 07/31/2026") from None
    if not 1900 <= parsed.year <= 2200:
        _refuse("DATE_UNREADABLE", "is not a plausible date", "check the year")
    return parsed


def whole(least: int, most: int, what: str) -> Callable[[str], int]:
    """A reader of whole numbers within bounds; '15.0', as spreadsheets write it, is 15."""

    def read(text: str) -> int:
        match = _WHOLE.fullmatch(text)
        if match is None or not least <= int(match[1]) <= most:
            _refuse("NUMBER_UNREADABLE", f"is not {what}", f"write a whole number from {least} to {most}")
            raise AssertionError  # unreachable: _refuse raises
        return int(match[1])

    return read


def to_cents(text: str) -> int:
    """Dollars, '75', '75.00' or '$1,075.50'; never negative, never fractions of a cent."""
    plain = text.replace("$", "").strip()
    if "," in plain and not re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d*)?", plain, re.ASCII):
        _refuse("AMOUNT_UNREADABLE", "has a comma that separates no thousands", "write dollars and cents, e.g. 75.50")
    try:
        amount = parse_dollars(plain.replace(",", ""))
    except MoneyError:
        raise BadCell("AMOUNT_UNREADABLE", "is not an amount of money", "write dollars and cents, e.g. 75.00") from None
    if amount < 0:
        _refuse("AMOUNT_NEGATIVE", "is negative", "a charge or payment is zero or more; correct by a new claim")
    return amount


def to_bool(text: str) -> bool:
    folded = text.casefold()
    if folded not in _YES and folded not in _NO:
        _refuse("FLAG_UNREADABLE", "is neither yes nor no", "write Y or N")
    return folded in _YES


def pattern(expression: str, code: str, reason: str, fix: str) -> Callable[[str], str]:
    """A reader of text that must match in full, after upper-casing."""
    compiled = re.compile(expression, re.ASCII)

    def read(text: str) -> str:
        upper = text.upper()
        return upper if compiled.fullmatch(upper) else str(_refuse(code, reason, fix))

    return read


def choice(values: frozenset[str], what: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        folded = text.casefold().replace(" ", "_").replace("-", "_")
        if folded not in values:
            _refuse("VALUE_UNKNOWN", f"is not a known {what}", "write one of: " + ", ".join(sorted(values)))
        return folded

    return read


def to_sex(text: str) -> str:
    return _SEX.get(text.casefold()) or str(_refuse("SEX_UNKNOWN", "is not M, F or U", "write M, F or U"))


def to_zip(text: str) -> str:
    """Digits only: five or nine. A spreadsheet eats leading zeros, so they are put back."""
    digits = text.replace("-", "").replace(" ", "")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) not in (3, 4, 5, 8, 9):
        _refuse("ZIP_UNREADABLE", "is not a ZIP code", "write five or nine digits")
    return digits.zfill(5 if len(digits) <= 5 else 9)


def to_time(text: str) -> str:
    """'9:05', '09:05', '9:05 AM' to 24-hour '09:05'."""
    for form in ("%H:%M", "%I:%M %p", "%I:%M%p", "%H:%M:%S"):
        try:
            return datetime.strptime(text.upper(), form).strftime("%H:%M")  # noqa: DTZ007 - a wall-clock time
        except ValueError:
            continue
    return str(_refuse("TIME_UNREADABLE", "is not a time of day", "write 14:30 or 2:30 PM"))


def name(most: int) -> Callable[[str], str]:
    """A reader of names and streets: something of it must survive in the plain letters an 837P has, at most `most` of them."""

    def read(text: str) -> str:
        plain = text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        if not any(character.isalnum() for character in plain):
            _refuse("NAME_UNWRITABLE", "has no letter a claim can carry", "write it in Latin letters, as on the card")
        if len(text) > most:
            _refuse("TOO_LONG", f"is longer than {most} characters", "shorten it as on the card")
        return text

    return read


def to_modifiers(text: str) -> tuple[str, ...]:
    parts = tuple(text.upper().replace(",", " ").split())
    if len(parts) > 4 or any(not re.fullmatch(r"[A-Z0-9]{2}", part) for part in parts):
        _refuse(
            "MODIFIER_UNREADABLE",
            "is not up to four two-character modifiers",
            "write e.g. GO 59, space between",
        )
    return parts


def to_pointers(text: str) -> tuple[int, ...]:
    """Diagnosis pointers as numbers 1-12 or letters A-L, space-separated, at most four (X12 SV107)."""
    letters = {letter: number for number, letter in enumerate("ABCDEFGHIJKL", 1)}
    found = tuple(
        letters.get(part) or (int(part) if part.isascii() and part.isdecimal() and len(part) <= 2 else 0)
        for part in text.upper().replace(",", " ").split()
    )
    if not found or len(found) > 4 or any(not 1 <= number <= 12 for number in found):
        _refuse(
            "POINTER_UNREADABLE",
            "is not one to four diagnosis pointers",
            "write e.g. 1 2, pointing at diagnosis_1, _2",
        )
    return found

"""Amounts, days, times and quantities between X12 text and values, exactly. No floats, no Decimal for money.

The reading tables remember what they have read (files repeat themselves) and forget everything when full, so memory
stays constant. A text they cannot read gives None: the caller reports it.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

_AMOUNT = re.compile(r"\+?(-?)([0-9]{0,13})(?:\.([0-9]{0,2})0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{0,13}(?:\.[0-9]{0,9})?", re.ASCII)
TABLE_SIZE = 16384
_SCALE = (100, 10, 1)  # cents in a unit of the last digit, by the number of decimals


class Table(dict[str, Any]):
    """A bounded memory of text already read: `table[text]` is one dictionary look-up when it has been seen."""

    capacity = TABLE_SIZE

    def __missing__(self, text: str) -> Any:
        if len(self) >= self.capacity:
            self.clear()
        value = self[text] = self.read(text)
        return value

    def read(self, text: str) -> Any:
        raise NotImplementedError


def cents_of(text: str) -> int | None:
    """Dollars as X12 writes them (R data element) to cents; None for anything else, a tenth of a cent included."""
    whole, _, part = text.partition(".")
    digits = whole + part
    if digits.isdecimal() and whole and len(part) < 3 and len(text) < 14 and text.isascii():
        return int(digits) * _SCALE[len(part)]  # common forms, without the expression
    match = _AMOUNT.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return None
    value = int(match[2] or "0") * 100 + int(((match[3] or "") + "00")[:2])
    return -value if match[1] else value


PARTS = {"": 0, **{f"{n}": n * 10 for n in range(10)}, **{f"{n:02d}": n for n in range(100)}}
PLAIN_PARTS = r"([0-9]{1,9}+)(?:\.([0-9]{1,2}+))?+"
"""The same in two groups: the cents are `int(first) * 100 + PARTS[second]`."""
PLAIN_AMOUNT = r"[0-9]{1,9}+(?:\.[0-9]{1,2}+)?+"
"""An expression for what `plain_cents` takes."""


def plain_cents(text: str) -> int:
    """Cents of an amount that is known to be plain: digits, and one or two decimals if any."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + PARTS[part]


class CentsTable(Table):
    """Amounts to cents, remembered."""

    def __missing__(self, text: str) -> int | None:
        if len(self) >= TABLE_SIZE:
            self.clear()
        value = self[text] = cents_of(text)
        return value


def day_of(text: str) -> dt.date | None:
    """CCYYMMDD to a day; None when there is no such day."""
    if len(text) != 8 or not (text.isdecimal() and text.isascii()):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


class DayTable(Table):
    """CCYYMMDD to a day; None when there is no such day."""

    def read(self, text: str) -> dt.date | None:
        return day_of(text)


class QuantityTable(Table):
    """A quantity: an int when whole, else an exact Decimal; None when it is no number."""

    def read(self, text: str) -> int | Decimal | None:
        if not text or not _NUMBER.fullmatch(text) or not any(c.isdigit() for c in text):
            return None
        value = Decimal(text)
        return int(value) if value == value.to_integral_value() else value


def cents_text(amount_cents: int) -> str:
    """Cents as X12 writes dollars: '80', '80.5', '-12.34'; no trailing zeros, no plus sign."""
    if type(amount_cents) is not int:
        raise TypeError("money is integer cents")
    whole, part = divmod(abs(amount_cents), 100)
    text = f"{whole}.{part:02d}".rstrip("0") if part else str(whole)
    return f"-{text}" if amount_cents < 0 else text


def day_text(day: dt.date | None) -> str:
    """A day as D8; nothing for None."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}" if day else ""


def quantity_text(quantity: int | Decimal | None) -> str:
    """A quantity without exponent or trailing zeros; nothing for None."""
    if quantity is None:
        return ""
    if isinstance(quantity, int):
        return str(quantity)
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

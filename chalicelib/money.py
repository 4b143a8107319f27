"""Money is integer cents. Dollars exist only at the edges, as text."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

Cents = Annotated[int, Field(strict=True)]
"""Integer cents in a pydantic model: a float, a bool or text is refused, never rounded."""

_DOLLARS = re.compile(r"([+-]?)(\d{0,13})(?:\.(\d{0,2})0*)?", re.ASCII)


class MoneyError(ValueError):
    """Text that is not an exact amount of dollars and cents."""


def cents(value: object) -> int:
    """The value itself if it is whole cents; a float, a bool or anything else is refused."""
    if type(value) is not int:
        raise MoneyError(f"money is integer cents, not {type(value).__name__}")
    return value


def parse_dollars(text: str) -> int:
    """Dollars as X12 and spreadsheets write them ('80', '80.5', '-12.34', '.75') to cents, exactly.

    A third decimal other than 0 is refused: rounding is a decision, never a side effect.
    """
    match = _DOLLARS.fullmatch(text.strip())
    if match is None or not (match[2] or match[3]):
        raise MoneyError("not an amount in dollars and cents")
    amount = int(match[2] or "0") * 100 + int((match[3] or "").ljust(2, "0") or "0")
    return -amount if match[1] == "-" else amount


def dollars(amount_cents: int) -> str:
    """Cents for people: '1,234.50', '-0.07'."""
    whole, part = divmod(abs(cents(amount_cents)), 100)
    return f"{'-' if amount_cents < 0 else ''}{whole:,}.{part:02d}"


def round_ratio(amount_cents: int, numerator: int, denominator: int) -> int:
    """amount * numerator / denominator, rounded half away from zero (how fee schedules round to the cent)."""
    product = cents(amount_cents) * numerator
    quotient, remainder = divmod(abs(product), denominator)
    rounded = quotient + (1 if 2 * remainder >= denominator else 0)
    return rounded if product >= 0 else -rounded

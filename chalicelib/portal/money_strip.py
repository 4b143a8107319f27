"""The money strip: charged = paid + adjusted + patient + open, with the bar that shows the shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

NAMES = {"paid": "paid", "adjusted": "adjusted", "patient": "patient’s share", "open": "open"}


class Amounts(Protocol):
    """Anything with the five amounts of a claim, in cents."""

    @property
    def charge_cents(self) -> int: ...
    @property
    def paid_cents(self) -> int: ...
    @property
    def adjusted_cents(self) -> int: ...
    @property
    def patient_cents(self) -> int: ...
    @property
    def open_cents(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One amount; `start` and `width` place it on a bar 1,000 units long."""

    key: str
    name: str
    amount_cents: int
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Strip:
    """`off_by_cents` is what does not add up: always 0, or the page says so."""

    charge_cents: int
    parts: tuple[Part, ...]
    off_by_cents: int


def strip(amounts: Amounts) -> Strip:
    values = {
        "paid": amounts.paid_cents,
        "adjusted": amounts.adjusted_cents,
        "patient": amounts.patient_cents,
        "open": amounts.open_cents,
    }
    total = sum(max(value, 0) for value in values.values()) or 1
    parts, start, running = [], 0, 0
    for key, value in values.items():
        running += max(value, 0)
        end = running * 1000 // total
        parts.append(Part(key, NAMES[key], value, start, end - start))
        start = end
    return Strip(amounts.charge_cents, tuple(parts), amounts.charge_cents - sum(values.values()))

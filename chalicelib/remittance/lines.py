"""Which billed line each service of a claim payment answers. Pure, and never a guess.

In order: our line control number (REF*6R); code, modifiers, date, units and charge; code and charge, when the payer dropped or
changed modifiers; the code we submitted (SVC06) and charge, when it bundled or replaced it; one service for several equal lines
of one code; and what is left when exactly one service and one line remain with the same charge. Where two answers that differ
could each belong to either of two lines, neither is matched.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from chalicelib.platform.model import Model
from chalicelib.x12 import ServicePayment


class BilledLine(Protocol):
    """A line as it was sent (`claims.model.ClaimLine`)."""

    @property
    def number(self) -> int: ...
    @property
    def cpt(self) -> str: ...
    @property
    def modifiers(self) -> tuple[str, ...]: ...
    @property
    def units(self) -> int: ...
    @property
    def charge_cents(self) -> int: ...
    @property
    def control_number(self) -> str: ...


class LineMatch(Model):
    """Service `service` (from 1) of the payment answers these line numbers; none when nothing can be said. `how` names
    the ground.
    """

    service: int
    numbers: tuple[int, ...] = ()
    how: str = ""


@dataclass(slots=True)
class _Open:
    services: dict[int, ServicePayment]
    billed: dict[int, BilledLine]
    found: dict[int, LineMatch]

    def take(self, service: int, numbers: Sequence[int], how: str) -> None:
        self.found[service] = LineMatch(service=service, numbers=tuple(numbers), how=how)
        del self.services[service]
        for number in numbers:
            self.billed.pop(number, None)


def match_lines(services: Sequence[ServicePayment], billed: Sequence[BilledLine], on: date) -> tuple[LineMatch, ...]:
    """One match for each service, in order. `on` is the claim's date of service."""
    still = _Open(dict(enumerate(services, 1)), {line.number: line for line in billed}, {})
    _by_control_number(still, billed)
    _by_key(
        still,
        "code_modifiers_date_units",
        lambda item: (
            item.procedure.upper(), _modifiers(item.modifiers), item.date or on, str(item.units), abs(item.charge_cents)
        ),
        lambda line: (line.cpt, _modifiers(line.modifiers), on, str(line.units), line.charge_cents),
    )  # fmt: skip
    _by_key(still, "code_charge_units", lambda i: (i.procedure.upper(), abs(i.charge_cents), str(i.units)), _code_units)
    _by_key(still, "code_charge", lambda i: (i.procedure.upper(), abs(i.charge_cents)), _code)
    _by_key(still, "submitted_code_charge", lambda i: (i.original_procedure.upper(), abs(i.charge_cents)), _code)
    _merged(still)
    _last(still)
    return tuple(still.found.get(number, LineMatch(service=number)) for number in range(1, len(services) + 1))


def _modifiers(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(item.upper() for item in given if item))


def _code_units(line: BilledLine) -> Hashable:
    return line.cpt, line.charge_cents, str(line.units)


def _code(line: BilledLine) -> Hashable:
    return line.cpt, line.charge_cents


def _by_control_number(still: _Open, billed: Sequence[BilledLine]) -> None:
    """A payer may split a line: several services under one number, together not more than the line."""
    by_number: dict[str, list[int]] = {}
    for key, item in still.services.items():
        if item.line_control_number:
            by_number.setdefault(item.line_control_number.upper(), []).append(key)
    for line in billed:
        keys = by_number.get(line.control_number.upper(), []) if line.control_number else []
        if keys and sum(abs(still.services[key].charge_cents) for key in keys) <= line.charge_cents:
            for key in keys:
                still.take(key, [line.number], "control_number")


def _by_key(
    still: _Open,
    how: str,
    of_service: Callable[[ServicePayment], Hashable],
    of_line: Callable[[BilledLine], Hashable],
) -> None:
    """Services and lines with the same key: one each is a match; several of both only when their answers are the same."""
    services: dict[Hashable, list[int]] = {}
    for key, item in still.services.items():
        services.setdefault(of_service(item), []).append(key)
    lines: dict[Hashable, list[int]] = {}
    for number, line in still.billed.items():
        lines.setdefault(of_line(line), []).append(number)
    for group, keys in services.items():
        numbers = lines.get(group, [])
        if len(keys) == len(numbers) and (len(keys) == 1 or _same_answers([still.services[one] for one in keys])):
            for one, number in zip(keys, sorted(numbers), strict=True):
                still.take(one, [number], how)


def _same_answers(items: Sequence[ServicePayment]) -> bool:
    return len({(i.paid_cents, i.adjustments, i.remark_codes, i.allowed_cents, str(i.units)) for i in items}) == 1


def _merged(still: _Open) -> None:
    """One service for all remaining lines of its code: their charges together are its charge."""
    for key, item in list(still.services.items()):
        code = (item.original_procedure or item.procedure).upper()
        numbers = sorted(number for number, line in still.billed.items() if line.cpt == code)
        rivals = [
            one
            for one, other in still.services.items()
            if (other.original_procedure or other.procedure).upper() == code
        ]
        whole = sum(still.billed[number].charge_cents for number in numbers)
        if len(numbers) > 1 and rivals == [key] and whole == abs(item.charge_cents):
            still.take(key, numbers, "merged")


def _last(still: _Open) -> None:
    """One service and one line left, with the same charge: there is nothing else it could be."""
    if len(still.services) == 1 and len(still.billed) == 1:
        (key, item), (number, line) = next(iter(still.services.items())), next(iter(still.billed.items()))
        if abs(item.charge_cents) == line.charge_cents:
            still.take(key, [number], "only_one_left")

"""Minutes to units.

CMS total time: Medicare Claims Processing Manual ch.5 s.20.2 C and 20.3. Midpoint: each code for itself. Minutes are
whole minutes of direct treatment; a unit is 15 minutes unless a function says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BLOCK = 15
LEAST = 8  # a quarter hour counts from its eighth minute


@dataclass(frozen=True, slots=True)
class Allocation:
    """Units by code (0 included), ties met on the way, and the working in words."""

    units: dict[str, int]
    ties: tuple[str, ...]
    steps: tuple[str, ...]


def quarter_hours(minutes: int) -> int:
    """0 below 8 minutes, then 8-22 = 1, 23-37 = 2, 38-52 = 3 and so on by 15."""
    return 0 if minutes < LEAST else (minutes + BLOCK - LEAST) // BLOCK


def half_hours(minutes: int) -> int:
    """30-minute codes: the midpoint must be passed, 16 minutes and more."""
    return (minutes + 14) // 30


def hours(minutes: int) -> int:
    """60-minute codes: 31 minutes and more."""
    return (minutes + 29) // 60


def first_then(timing: str, minutes: int) -> int:
    """Units over a first code and its add-on together: 97550/97551 (30, then each 15 with 8 or more of them),
    96112/96113 (60, then each 30 past its midpoint), 97545/97546 (two whole hours, then whole hours)."""
    if timing == "first_30":
        return 0 if minutes < 16 else 1 + max(0, minutes - 30 + BLOCK - LEAST) // BLOCK
    if timing == "first_60":
        return 0 if minutes < 31 else 1 + max(0, minutes - 60 + 14) // 30
    return 0 if minutes < 120 else 1 + (minutes - 120) // 60


def midpoint(minutes: Mapping[str, int]) -> Allocation:
    """Each code for itself, nothing pooled."""
    units = {code: quarter_hours(spent) for code, spent in minutes.items()}
    steps = tuple(
        f"{code}: {spent} minutes alone are {units[code]} units by the midpoint rule" for code, spent in minutes.items()
    )
    return Allocation(units, (), steps)


def total_time(minutes: Mapping[str, int], choice: Mapping[str, int] | None = None) -> Allocation:
    """Minutes of all 15-minute codes of the day make the number of units; whole quarter hours are given first, the rest
    one each to the largest remainders. A tie goes to the larger total, then to the code of which `choice` (units the
    therapist documented) has more than its whole quarter hours, then to the lower code; ties are recorded."""
    total = sum(minutes.values())
    allowed = quarter_hours(total)
    units = {code: spent // BLOCK for code, spent in minutes.items()}
    left = allowed - sum(units.values())
    steps = [f"{total} timed minutes are {allowed} units by total time"]
    steps += [
        f"{code}: {spent} minutes = {units[code]} whole quarter hours and {spent % BLOCK} minutes"
        for code, spent in minutes.items()
    ]
    wanted = choice or {}
    ranked = sorted(
        minutes,
        key=lambda code: (
            -(minutes[code] % BLOCK),
            -minutes[code],
            wanted.get(code, 0) <= units[code],
            code,
        ),
    )
    ties = _ties(ranked, left, minutes)
    for code in ranked[:left]:
        units[code] += 1
        steps.append(f"{code} earns one more unit: its {minutes[code] % BLOCK} minutes are among the largest rests")
    return Allocation(units, ties, tuple(steps + [f"tie: {tie}" for tie in ties]))


def _ties(ranked: list[str], left: int, minutes: Mapping[str, int]) -> tuple[str, ...]:
    """Codes with equal remainders on both sides of the last unit given."""
    if not 0 < left < len(ranked):
        return ()
    rest = minutes[ranked[left - 1]] % BLOCK
    if minutes[ranked[left]] % BLOCK != rest:
        return ()
    level = [code for code in ranked if minutes[code] % BLOCK == rest]
    won = [code for code in ranked[:left] if code in level]
    return (f"{', '.join(level)} each have {rest} minutes left; the unit went to {', '.join(won)}",)

"""Which units an occupational therapy assistant furnished (modifier CO).

42 CFR 410.59(a)(4)(iii) and the CMS therapy-services page: CO when the assistant furnishes all of a service or more than
10 % of its minutes, tested unit by unit. Two exceptions since 2022 where the 10 % standard is not applied: (a) one last
unit of which the therapist alone gave 8 minutes or more; (b) two last units of one service with 9 to 14 minutes each.
Minutes of therapist and assistant together count as the therapist's.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.therapy.units import BLOCK, LEAST


@dataclass(frozen=True, slots=True)
class Split:
    """Units without and with CO, and why."""

    therapist: int
    assistant: int
    steps: tuple[str, ...] = ()


def over_tenth(therapist_minutes: int, assistant_minutes: int) -> bool:
    """The 10 % test by the percentage method: the share rounded to whole percent (half up) is 11 or more."""
    total = therapist_minutes + assistant_minutes
    return total > 0 and (200 * assistant_minutes + total) // (2 * total) >= 11


def split_whole(units: int, therapist_minutes: int, assistant_minutes: int) -> Split:
    """Untimed services and codes not counted in quarter hours: all units or none carry CO."""
    if units and over_tenth(therapist_minutes, assistant_minutes):
        share = f"{assistant_minutes} of {therapist_minutes + assistant_minutes} minutes"
        return Split(0, units, (f"the assistant gave {share}, over 10 %: CO",))
    return Split(units, 0)


def split(units: int, therapist_minutes: int, assistant_minutes: int) -> Split:
    """Units of one 15-minute code: whole quarter hours to whoever furnished them, the last ones by the rules above."""
    if not assistant_minutes or not units:
        return Split(units, 0)
    if not therapist_minutes:
        return Split(0, units, ("all minutes are the assistant's: CO",))
    blocks = (therapist_minutes // BLOCK, assistant_minutes // BLOCK)
    rest = (therapist_minutes % BLOCK, assistant_minutes % BLOCK)
    steps = [f"whole quarter hours: therapist {blocks[0]}, assistant {blocks[1]}; rest {rest[0]} and {rest[1]} minutes"]
    remaining = units - sum(blocks)
    if remaining >= 2:
        steps.append("two last units, both furnished part of them: one with CO, one without")
        return Split(blocks[0] + 1, blocks[1] + 1, tuple(steps))
    if remaining == 1 and rest[0] >= LEAST:
        steps.append(f"last unit: the therapist alone gave {rest[0]} minutes, 8 or more: no CO")
        return Split(blocks[0] + 1, blocks[1], tuple(steps))
    if remaining == 1:
        assisted = over_tenth(*rest)
        steps.append(f"last unit: the assistant gave {rest[1]} of {sum(rest)} minutes: {'CO' if assisted else 'no CO'}")
        return Split(blocks[0] + (not assisted), blocks[1] + assisted, tuple(steps))
    return Split(blocks[0], blocks[1], tuple(steps))

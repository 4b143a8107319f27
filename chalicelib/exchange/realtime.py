"""The clearinghouse's real-time door: one X12 question in, one X12 answer out, while somebody waits.

Which door a trading partner has is told to this process once (`install`): the embedded machine has the simulated payers. No other
partner has one yet, and asking then is refused rather than pretended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from chalicelib.platform.errors import Misuse

MAX_ANSWER_BYTES = 2 * 1024 * 1024


class RealtimeDoor(Protocol):
    """Asks a payer. Fault when nobody answered; whatever came back otherwise, good or bad: the caller judges it."""

    def ask(self, question: bytes) -> bytes: ...


DoorOf = Callable[[str], RealtimeDoor]
_installed: DoorOf | None = None


def install(door_of: DoorOf | None) -> None:
    """Say how a trading partner's door is found; None = there is none."""
    global _installed
    _installed = door_of


def door(trading_partner: str) -> RealtimeDoor:
    """The real-time door of a trading partner. Misuse NO_REALTIME_DOOR where it has none."""
    if _installed is None:
        raise no_door(trading_partner)
    return _installed(trading_partner)


def no_door(trading_partner: str) -> Misuse:
    return Misuse("NO_REALTIME_DOOR", "this trading partner has no real-time door", where=trading_partner)

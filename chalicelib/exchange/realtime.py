"""The clearinghouse's real-time door: one X12 question in, one X12 answer out, while somebody waits.

A trading partner's own settings say which door it has. The embedded machine tells its process once (`install`) that the partner
'simulated' has the simulated payers behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

MAX_ANSWER_BYTES = 2 * 1024 * 1024


class RealtimeDoor(Protocol):
    """Asks a payer. Fault when nobody answered; whatever came back otherwise, good or bad: the caller judges it."""

    def ask(self, question: bytes) -> bytes: ...


DoorOf = Callable[[str], RealtimeDoor]
_installed: DoorOf | None = None


def install(door_of: DoorOf | None) -> None:
    """Say how a trading partner's door is found; None = by its settings alone."""
    global _installed
    _installed = door_of


def door(trading_partner: str) -> RealtimeDoor:
    """The real-time door of a trading partner, by its settings where none was installed. Fault NO_REALTIME_DOOR without any."""
    if _installed is not None:
        return _installed(trading_partner)
    from chalicelib.exchange import partners  # which names this module's Protocol

    return partners.realtime_door(trading_partner)

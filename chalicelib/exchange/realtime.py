"""The clearinghouse's real-time door: one X12 question in, one X12 answer out, while somebody waits.

A trading partner has the door its settings say (`exchange.partners`); the embedded machine says once (`install`) that the
simulated payers have one too. Asking a partner without a door is refused rather than pretended.
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
    if _installed is not None:
        return _installed(trading_partner)
    from chalicelib.exchange import partners  # it imports this module

    settings = partners.find_settings(trading_partner)
    if settings is None or settings.realtime is None:
        raise no_door(trading_partner)
    return partners.realtime_door(trading_partner)


def no_door(trading_partner: str) -> Misuse:
    return Misuse("NO_REALTIME_DOOR", "this trading partner has no real-time door", where=trading_partner)

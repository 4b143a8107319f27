"""The clearinghouse's real-time door: one X12 question in, one X12 answer out, while somebody waits."""

from __future__ import annotations

from typing import Protocol

MAX_ANSWER_BYTES = 2 * 1024 * 1024


class RealtimeDoor(Protocol):
    """Asks a payer. Fault when nobody answered; whatever came back otherwise, good or bad: the caller judges it."""

    def ask(self, question: bytes) -> bytes: ...

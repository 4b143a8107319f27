"""What a file says about itself, from its first segments only: for routing before it is read."""

from __future__ import annotations

from typing import BinaryIO

from chalicelib.x12.envelope import Interchange, Peek, TransactionSet
from chalicelib.x12.limits import PEEK
from chalicelib.x12.reader import Engine


def peek(data: bytes | BinaryIO) -> Peek | None:
    """The transaction sets within the first 64 KB, and the first interchange's numbers; None when it is not X12."""
    head = data[:PEEK] if isinstance(data, bytes) else data.read(PEEK)
    engine = Engine(head)
    first: Interchange | None = None
    sets: list[TransactionSet] = []
    for value in engine.run():
        if isinstance(value, Interchange) and first is None:
            first = value
        elif isinstance(value, TransactionSet):
            sets.append(value)
    first = first or engine.interchange
    if first is None:
        return None
    return Peek(
        tuple(dict.fromkeys(s.set_id for s in sets)) or (("TA1",) if engine.read_sets else ()), engine.isa13,
        engine.gs06, first.sender_id, first.receiver_id, first.usage, tuple(dict.fromkeys(s.version for s in sets)),
    )  # fmt: skip

"""How much of a hostile file is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

CHUNK = 16384
"""Bytes read at a time: what is made of them stays in the processor's cache (measured: a fifth faster than 64 KB)."""

PEEK = 65536


@dataclass(frozen=True, slots=True)
class Limits:
    """`file_bytes` of one file, `segment_bytes` of one segment, `elements` of one segment.

    `held` of one kind in one object: lines of a claim, adjustments, notes; a tenth of it segments kept as text, ten times as
    many provider adjustments in a remittance. Without it a claim that never ends would take all memory, and each of its
    segments longer than the one before.
    """

    file_bytes: int = 2 * 1024**3
    segment_bytes: int = 65536
    elements: int = 10_000
    held: int = 10_000


DEFAULT = Limits()

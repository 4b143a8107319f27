"""The outbox: events stored with the change that caused them, handed over later, each consumer's work in its own commit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.store import iter_query
from chalicelib.store.record import Record
from chalicelib.store.work import OUTBOX_SHARDS, UnitOfWork


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """An event waiting to be handed over, in the order of its subject's changes."""

    event_id: str
    type: str
    version: int
    at: str
    subject: str
    actor: str
    source: str
    cause: str
    data: dict[str, Any]
    record: Record


def waiting(*types: str) -> Iterator[OutboxEvent]:
    """Events of the current practice not handed over yet; of these types, or all."""
    for shard in range(OUTBOX_SHARDS):
        for record in iter_query(f"OUT#{shard}"):
            if not types or record.data["type"] in types:
                yield OutboxEvent(**record.data, record=record)


def settle(uow: UnitOfWork, event: OutboxEvent) -> None:
    """Take the event out of the outbox in the same transaction as the work it caused; Conflict if another was quicker."""
    uow.delete(event.record)

"""The outbox: events stored with the change that caused them, numbered after that commit, handed over in order.

OUT#<shard> / <instant…>       as emitted, waiting for its number
EVT#<block> / <number>         numbered for the outside: 1, 2, 3 … of the practice, without gaps, never changed
EVTHEAD / HEAD                 the last number given
DUE#<shard> / <instant…>       numbered, and waiting for the capability that works on it

A number is given in one transaction with taking the event out of the outbox, so a crash leaves it unnumbered or numbered
once; two sequencers at the same time meet at the head, and one of them starts over. A subject's events keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

from chalicelib.platform.errors import Conflict, Fault
from chalicelib.store import get, iter_query, unit_of_work
from chalicelib.store.reads import Query, TableReader
from chalicelib.store.record import Record
from chalicelib.store.transaction import backoff
from chalicelib.store.work import OUTBOX_SHARDS, UnitOfWork
from chalicelib.tenancy import current, require

# Events that are only told to the outside; any other waits in DUE# until a capability has settled it.
ANNOUNCED = frozenset(("ClaimRejected", "ClaimSubmitted", "RemittancePosted", "VisitChanged"))
BLOCK = 10_000
BATCH = 30  # three items an event, and the head
MOST = 500
ATTEMPTS = 12
_HEAD = ("EVTHEAD", "HEAD")


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
    """Events of the current practice nobody has settled yet; of these types, or all. Oldest first within a subject."""
    for shard in range(OUTBOX_SHARDS):
        for pk in (f"DUE#{shard}", f"OUT#{shard}"):
            for record in iter_query(pk):
                if not record.data.get("settled") and (not types or record.data["type"] in types):
                    yield _event(record)


def settle(uow: UnitOfWork, event: OutboxEvent) -> None:
    """Say that an event is worked on, in the transaction of that work; Conflict if it changed since."""
    if event.record.pk.startswith("DUE#"):
        uow.delete(event.record)
    else:  # it still needs its number
        uow.replace(_with(event.record, {**event.record.data, "settled": True}))


def number() -> int:
    """Number every event that waits, oldest first; returns how many. What a crash leaves is numbered by the next run."""
    done = 0
    for attempt in range(ATTEMPTS):
        backoff(attempt)
        try:
            while count := _number_some():
                done += count
        except Conflict:
            continue  # another sequencer, or a consumer settling: read again
        return done
    raise Fault("STORE_BUSY", "events are being numbered by somebody else", fix="run it again")


def events(after: int = 0, limit: int = 100) -> tuple[dict[str, Any], ...]:
    """Numbered events beyond `after`, in order of their `sequence`."""
    require("events.list")
    found: list[dict[str, Any]] = []
    head = get(*_HEAD)
    last = int(head.data["last"]) if head else 0
    placement = current().placement
    reader = TableReader(placement.table_name, placement.id_key)
    block = max(after, 0) // BLOCK
    while len(found) < min(limit, MOST) and block * BLOCK <= last:
        records = reader.beyond(Query("", f"EVT#{block:06d}"), f"{max(after, 0):012d}", min(limit, MOST) - len(found))
        found += [record.data for record in records]
        block += 1
    return tuple(found)


def _number_some() -> int:
    chosen = sorted(_oldest(), key=lambda record: record.sk)[:BATCH]
    if not chosen:
        return 0
    head = get(*_HEAD)
    last = int(head.data["last"]) if head else 0
    with unit_of_work() as uow:
        for sequence, record in enumerate(chosen, last + 1):
            told = {name: value for name, value in record.data.items() if name != "settled"}
            uow.create(
                Record(f"EVT#{sequence // BLOCK:06d}", f"{sequence:012d}", "event", {"sequence": sequence, **told})
            )
            uow.delete(record)
            if record.data["type"] not in ANNOUNCED and not record.data.get("settled"):
                uow.create(Record(f"DUE#{record.pk.removeprefix('OUT#')}", record.sk, "outbox", told))
        uow.replace(Record(*_HEAD, "event_head", {"last": last + len(chosen)}, version=head.version if head else 0))
        uow.commit()
    return len(chosen)


def _oldest() -> Iterator[Record]:
    for shard in range(OUTBOX_SHARDS):
        yield from islice(iter_query(f"OUT#{shard}"), BATCH)


def _event(record: Record) -> OutboxEvent:
    names = {item.name for item in fields(OutboxEvent)}
    return OutboxEvent(**{name: value for name, value in record.data.items() if name in names}, record=record)


def _with(record: Record, data: dict[str, Any]) -> Record:
    return Record(record.pk, record.sk, record.kind, data, version=record.version, created_at=record.created_at)

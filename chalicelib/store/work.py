"""The unit of work of one practice: its records, idempotency, outbox and audit in one transaction."""

from __future__ import annotations

import time
import zlib
from typing import Any
from uuid import uuid4

from chalicelib import clock
from chalicelib.platform.errors import Conflict, Fault, Misuse
from chalicelib.store import audit_chain, changes
from chalicelib.store.record import Record
from chalicelib.store.transaction import Transaction, _Write, backoff
from chalicelib.tenancy import current, refuse_suspended

OUTBOX_SHARDS = 4
AUDIT_SHARDS = audit_chain.SHARDS
LINK_ATTEMPTS = 12


def shard(subject: str, shards: int) -> int:
    """A stable shard, so that what concerns one subject keeps its order."""
    return zlib.crc32(subject.encode()) % shards


class UnitOfWork(Transaction):
    """Opened by the outermost service for the current practice; verbs that others compose take it as `uow`."""

    def __init__(self) -> None:
        self.context = current()
        self._once: tuple[str, str] | None = None
        self._events = 0
        self._audited: list[audit_chain.Entry] = []
        super().__init__(self.context.placement.table_name)

    def once(self, scope: str, key: str) -> None:
        super().once(scope, key)
        self._once = self._once or (scope, key)

    def emit(self, type: str, subject: str, data: dict[str, Any]) -> str:
        """Put an event in the outbox; a job hands it over at least once, consumers know it by its id (returned)."""
        event_id = self._event_id(type, subject)
        event = {
            "event_id": event_id,
            "type": type,
            "version": 1,
            "at": clock.instant_text(clock.now()),
            "subject": subject,
            "actor": self.context.principal.user_id,
            "source": self.context.purpose,
            "cause": "/".join(self._once or ()),
            "data": data,
        }
        order = f"{time.time_ns():020d}#{self._events:03d}#{event_id}"
        self.create(Record(f"OUT#{shard(subject, OUTBOX_SHARDS)}", order, "outbox", event))
        return event_id

    def audit(self, action: str, subject: str, fields: tuple[str, ...] = (), subjects: tuple[str, ...] = ()) -> None:
        """Who did what to which thing, and the names (never the values) of the fields concerned. Append-only, chained.

        `subjects` are further records concerned, as a list shows many.
        """
        at = clock.now()
        principal = self.context.principal
        told: dict[str, Any] = {
            "at": clock.instant_text(at),
            "actor": principal.user_id,
            "actor_kind": principal.kind,
            "action": action,
            "subject": subject,
            "fields": list(fields),
            "purpose": self.context.purpose,
        }
        if subjects:
            told["subjects"] = list(subjects)
        if self.context.by_glass:
            told["emergency"] = True
        self._audited.append(audit_chain.Entry(shard(subject, AUDIT_SHARDS), at.date().isoformat(), told))

    @property
    def record_count(self) -> int:
        """Items this unit of work will write, audit entries and the heads of their chains among them."""
        noted = changes.note_of(write.record for write in self._writes.values()) is not None
        return len(self._writes) + len(self._audited) + len({entry.shard for entry in self._audited}) + noted

    def commit(self) -> None:
        """Write everything, or nothing. Another writer of the same audit chain is no conflict: it is linked again."""
        self._refuse_other_tenant()
        for attempt in range(LINK_ATTEMPTS):
            backoff(attempt)
            links = audit_chain.link(self.context, self._audited, fresh=attempt > 0)
            try:
                self._commit_with(links)
            except Conflict as conflict:
                if not conflict.where.startswith(audit_chain.PREFIXES):
                    raise
                continue
            audit_chain.remember(self.context, links)
            return
        raise Fault("STORE_BUSY", "too many changes at once", fix="run it again")

    def _commit_with(self, links: list[Record]) -> None:
        mine = dict(self._writes)
        note = changes.note_of(write.record for write in mine.values())
        try:
            if note:
                self._add(_Write(note, 0))
            for record in links:
                self._add(_Write(record, record.version))
            super().commit()
        except BaseException:
            self._writes = mine
            raise

    def _add(self, write: _Write) -> Record:
        self._refuse_other_tenant()
        if not write.record.pk.startswith(audit_chain.PREFIXES):  # who looked is on record even then
            refuse_suspended()
        return super()._add(write)

    def _refuse_other_tenant(self) -> None:
        if current().tenant.tenant_id != self.context.tenant.tenant_id:
            raise Misuse("OTHER_TENANT", "a unit of work belongs to one practice", fix="open one for each practice")

    def _event_id(self, type: str, subject: str) -> str:
        """Deterministic when the unit of work has a natural key: committing it again names the same event."""
        self._events += 1
        if self._once:
            return self.context.make_id("evt", *self._once, type, subject, str(self._events))
        return self.context.make_id("evt", uuid4().hex)


def unit_of_work() -> UnitOfWork:
    """A unit of work for the current practice: `with unit_of_work() as uow: …; uow.commit()`."""
    return UnitOfWork()

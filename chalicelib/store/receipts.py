"""Receipts of files from outside, in the control table: `received`, then idempotent work in tenants, then `done`.

A file is known by the hash of its content, so the same file under another name is the same file. A receipt that stays
`received` names work a crash interrupted: doing it again is safe, since everything in it has natural keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from chalicelib import clock
from chalicelib.platform.errors import Conflict
from chalicelib.store import control
from chalicelib.store.record import Record

RECEIVED, DONE = "received", "done"


@dataclass(frozen=True, slots=True)
class Receipt:
    """`name` is the file's name as it came, `kind` what it is (835, 999, …), `result` ids and counts, without PHI."""

    digest: str
    name: str
    kind: str
    size: int
    state: str
    received_at: str
    result: dict[str, Any]


def receive(content: bytes, name: str, kind: str) -> Receipt:
    """The receipt of this content: a new one in state `received`, or the one it already has."""
    digest = sha256(content).hexdigest()
    at = clock.instant_text(clock.now())
    fresh = Receipt(digest, name, kind, len(content), RECEIVED, at, {})
    try:
        control.put_new(_record(fresh, 0))
    except Conflict:
        return find(digest) or fresh
    return fresh


def finish(digest: str, result: dict[str, Any]) -> Receipt:
    """Mark the work on a file as done, with what came of it. Finishing again changes nothing."""
    stored = control.get(*_key(digest))
    if stored is None:
        raise Conflict("NO_RECEIPT", "the file was not received", where=digest)
    receipt = _receipt(stored)
    if receipt.state == DONE:
        return receipt
    done = replace(receipt, state=DONE, result=result)
    control.replace(_record(done, stored.version))
    return done


def find(digest: str) -> Receipt | None:
    record = control.get(*_key(digest))
    return None if record is None else _receipt(record)


def unfinished() -> Iterator[Receipt]:
    """Files received whose work was interrupted, oldest first."""
    for record in control.iter_index("gsi1", f"FILES#{RECEIVED}"):
        yield _receipt(record)


def newest(limit: int = 50) -> list[Receipt]:
    """The files that came last, newest first, whether finished or not."""
    found = [
        _receipt(record)
        for state in (RECEIVED, DONE)
        for record in control.query_index("gsi1", f"FILES#{state}", limit=limit, newest_first=True).records
    ]
    return sorted(found, key=lambda item: (item.received_at, item.name), reverse=True)[:limit]


def as_dict(receipt: Receipt) -> dict[str, Any]:
    return {name: getattr(receipt, name) for name in Receipt.__slots__}


def _record(receipt: Receipt, version: int) -> Record:
    data = {name: getattr(receipt, name) for name in Receipt.__slots__}
    index = (f"FILES#{receipt.state}", f"{receipt.received_at}#{receipt.digest}")
    return Record(*_key(receipt.digest), "receipt", data, version=version, gsi1=index)


def _receipt(record: Record) -> Receipt:
    return Receipt(**record.data)


def _key(digest: str) -> tuple[str, str]:
    return f"FILE#{digest}", "RECEIPT"

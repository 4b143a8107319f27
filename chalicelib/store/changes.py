"""What changed, noted in the same transaction as the change: figures over many records are brought up to date from these.

CHG#0 / <instant>#<random>   ids of the claims, visits and tasks a unit of work wrote, and what it moved in suspense

A note is deleted in the transaction that counts it, so that each change is counted once, whatever dies in between.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from chalicelib import ledger
from chalicelib.store.record import Record

NOTES = "CHG#0"
_WATCHED = {"claim": "claims", "claim_balance": "claims", "visit": "visits", "task": "tasks"}


def note_of(records: Iterable[Record]) -> Record | None:
    """The note about these records; None when none of them is counted anywhere."""
    seen: dict[str, dict[str, None]] = {"claims": {}, "visits": {}, "tasks": {}}
    suspense = 0
    for record in records:
        if record.kind in _WATCHED:
            seen[_WATCHED[record.kind]][record.pk.partition("#")[2]] = None
        elif record.kind == "journal":
            suspense += suspense_of(record.data)
    data: dict[str, Any] = {name: list(keys) for name, keys in seen.items() if keys}
    if suspense:
        data["suspense_cents"] = suspense
    return Record(NOTES, f"{time.time_ns():020d}#{uuid4().hex}", "change", data) if data else None


def suspense_of(entry: dict[str, Any]) -> int:
    """What a journal entry, as stored, puts into suspense accounts."""
    net: dict[str, int] = {}
    for line in entry["lines"]:
        amount = line.get("debit_cents", 0) - line.get("credit_cents", 0)
        net[line["account"]] = net.get(line["account"], 0) + amount
    return ledger.suspense_cents(net)

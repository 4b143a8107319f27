"""What a denial's work leaves on the claim's own timeline."""

from __future__ import annotations

from typing import Any

from chalicelib import store
from chalicelib.claims import graph, records
from chalicelib.claims.records import StoredClaim


def mark(uow: store.UnitOfWork, stored: StoredClaim, event: str, words: str, data: dict[str, Any]) -> None:
    """An event of the claim's lifecycle where it has one by this name and takes it now, else words on its timeline."""
    known = event in graph.EVENTS and event in graph.GRAPH[stored.claim.status]
    records.write_events(uow, stored, [(event if known else "noted", "person", words, data if known else {})])

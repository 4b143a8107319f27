"""Visits for lists: read models, never written from."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.intake.records import SHARDS, StoredVisit, to_visit
from chalicelib.store.merged import merged_index
from chalicelib.tenancy import require

STATES = ("waiting", "built")


def stored_visits(states: Sequence[str], limit: int, cursor: str | None) -> tuple[tuple[StoredVisit, ...], str | None]:
    """A page of the practice's visits in some states, oldest date of service first, and the cursor of the next."""
    require("visits.list")
    pks = [f"VISITS#{state}#{number}" for state in states for number in range(SHARDS)]
    page = merged_index("gsi1", pks, limit, cursor)
    return tuple(map(to_visit, page.records)), page.cursor

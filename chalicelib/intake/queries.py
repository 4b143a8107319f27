"""Visits for lists: read models, never written from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chalicelib.intake.records import SHARDS, StoredVisit, to_visit
from chalicelib.platform.model import Model
from chalicelib.store.merged import merged_index
from chalicelib.tenancy import require

STATES = ("waiting", "built")


class VisitRow(Model):
    """One visit in a list. `rejected_rows` are rows of it that could not be read; it is held until they come again."""

    visit_id: str
    date_of_service: date | None
    practice_patient_id: str
    patient_name: str
    payer_id: str
    line_of_business: str
    rendering_npi: str
    lines: int
    rejected_rows: int
    state: str
    claim_ids: tuple[str, ...]


class VisitPage(Model):
    rows: tuple[VisitRow, ...]
    cursor: str | None = None


def list_visits(limit: int = 50, cursor: str | None = None) -> VisitPage:
    """A page of the practice's visits, oldest date of service first."""
    visits, cursor = stored_visits(STATES, limit, cursor)
    return VisitPage(rows=tuple(map(_row, visits)), cursor=cursor)


def stored_visits(states: Sequence[str], limit: int, cursor: str | None) -> tuple[tuple[StoredVisit, ...], str | None]:
    """The same page as kept, of some states only, and the cursor of the next."""
    require("visits.list")
    pks = [f"VISITS#{state}#{number}" for state in states for number in range(SHARDS)]
    page = merged_index("gsi1", pks, limit, cursor)
    return tuple(map(to_visit, page.records)), page.cursor


def _row(item: StoredVisit) -> VisitRow:
    visit = item.visit
    return VisitRow(
        visit_id=item.visit_id,
        date_of_service=item.date_of_service,
        practice_patient_id=visit.patient_id if visit else "",
        patient_name=f"{visit.patient.last_name}, {visit.patient.first_name}" if visit else "",
        payer_id=visit.primary.payer_id if visit else "",
        line_of_business=visit.primary.line_of_business if visit else "",
        rendering_npi=visit.rendering_npi if visit else "",
        lines=len(visit.lines) if visit else 0,
        rejected_rows=len(item.rejected),
        state=item.state,
        claim_ids=item.claim_ids,
    )

"""Keep the notes true to the visits: run before claims are judged, so that a claim knows the whole case."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from chalicelib import store
from chalicelib.documentation import records
from chalicelib.documentation.model import Note
from chalicelib.intake.records import StoredVisit, patient_key

_CHUNK = 40  # notes in one transaction


def keep(visits: Iterable[StoredVisit]) -> int:
    """Write the notes of these visits where they say something new; returns how many. The same visits again write nothing."""
    told = iter([note for note in map(note_of, visits) if note is not None])
    written = 0
    while chunk := list(islice(told, _CHUNK)):
        known = records.find_notes(note.visit_key for note in chunk)
        written += _write([fresh for fresh in (_over(note, known.get(note.visit_key)) for note in chunk) if fresh])
    return written


def _write(notes: list[Note]) -> int:
    if not notes:
        return 0
    with store.unit_of_work() as uow:
        for note in notes:
            uow.replace(records.note_record(note))
            uow.audit("note.kept", f"VIS#{note.visit_key}", ("plan", "signature"))
        uow.commit()
    return len(notes)


def note_of(item: StoredVisit) -> Note | None:
    """The note of a visit; None while no line of it could be read."""
    visit = item.visit
    if visit is None or not visit.lines:
        return None
    return Note(
        visit_key=item.key,
        patient_key=patient_key(visit.patient_id),
        case_id=visit.case_id,
        on=visit.date_of_service,
        line_of_business=visit.primary.line_of_business,
        signed_on=visit.note_signed_on,
        signed_by=visit.note_signed_by,
        plan=visit.plan_of_care,
    )


def _over(note: Note, known: Note | None) -> Note | None:
    """The note as the next version of what is stored, None when that says the same."""
    if known is None:
        return note
    fresh = note.model_copy(update={"version": known.version, "created_at": known.created_at})
    return None if fresh == known else fresh

"""Notes as items of the practice's table.

VIS#<id> / NOTE   what the visit's note says; gsi2 NOTES#<patient> / date#id: all notes of a patient, by date

Under the visit's own key, so that a visit that moves to another date, case or patient takes its note along.
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib import store
from chalicelib.documentation.model import Note

_LOOSE = {"version", "created_at"}


def note_record(note: Note) -> store.Record:
    return store.Record(
        pk=f"VIS#{note.visit_key}",
        sk="NOTE",
        kind="note",
        data=note.model_dump_json(exclude=_LOOSE, exclude_defaults=True),
        version=note.version,
        created_at=note.created_at,
        gsi2=(f"NOTES#{note.patient_key}", f"{note.on}#{note.visit_key}"),
    )


def find_notes(visit_keys: Iterable[str]) -> dict[str, Note]:
    """Stored notes by our visit id; the unknown ones are absent."""
    found = store.get_many([(f"VIS#{key}", "NOTE") for key in visit_keys])
    return {note.visit_key: note for note in map(_to_note, found.values())}


def notes_of(patient_key: str, year: int | None = None) -> list[Note]:
    """The patient's notes by date of service, of one calendar year or all."""
    prefix = "" if year is None else f"{year:04d}-"
    return [_to_note(record) for record in store.iter_index("gsi2", f"NOTES#{patient_key}", prefix)]


def _to_note(record: store.Record) -> Note:
    return record.read_as(Note, "version", "created_at")

"""Visits and patients as items of the practice's table.

VIS#<id> / VISIT     the visit with its lines, rows still rejected, claims built from it
                     gsi1 VISITS#waiting|built#<shard> / date#id: what claims must still be built from
                     gsi2 DAY#<id of patient and date> / id: what was furnished to one patient in one day
PAT#<id> / PROFILE   the patient as last seen, with the coverages
                     gsi2 PATN#<blind index of the practice's own patient number> / id
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal

from chalicelib import store
from chalicelib.ids import blind_index
from chalicelib.intake.model import Address, Coverage, Person, Visit
from chalicelib.platform.errors import NotFound
from chalicelib.platform.model import Model
from chalicelib.tenancy import current

SHARDS = 4


def shard(identifier: str) -> int:
    """Spreads a busy index key over a few partitions; stable for an id."""
    return ord(identifier[-1]) % SHARDS


class RejectedRow(Model):
    """A row of this visit that could not be read. No values: they may be what was wrong, and they may be PHI."""

    line_number: int | None
    column: str
    code: str
    reason: str
    fix: str


class StoredVisit(Model):
    """A visit as kept. `visit` is None while no row of it could be read."""

    key: str
    visit_id: str
    date_of_service: date | None
    visit: Visit | None
    rejected: tuple[RejectedRow, ...] = ()
    claim_ids: tuple[str, ...] = ()
    state: Literal["waiting", "built"] = "waiting"
    version: int = 0
    created_at: str = ""

    @property
    def complete(self) -> bool:
        return self.visit is not None and not self.rejected


class Patient(Model):
    """A patient as the latest visit tells; `as_of` is that visit's date and number, so older visits do not overwrite."""

    key: str
    practice_patient_id: str
    person: Person
    address: Address
    coverages: tuple[Coverage, ...]
    as_of: str
    version: int = 0
    created_at: str = ""


def visit_key(visit_id: str) -> str:
    return current().make_id("vis", visit_id)


def patient_key(practice_patient_id: str) -> str:
    return current().make_id("pat", practice_patient_id)


def day_key(patient: str, on: date) -> str:
    return current().make_id("day", patient, on.isoformat())


_LOOSE = {"version", "created_at"}


def visit_record(item: StoredVisit) -> store.Record:
    sort = f"{item.date_of_service or ''}#{item.key}"
    day = item.visit and day_key(patient_key(item.visit.patient_id), item.visit.date_of_service)
    return store.Record(
        pk=f"VIS#{item.key}",
        sk="VISIT",
        kind="visit",
        data=item.model_dump_json(exclude=_LOOSE, exclude_defaults=True),
        version=item.version,
        created_at=item.created_at,
        gsi1=(f"VISITS#{item.state}#{shard(item.key)}", sort),
        gsi2=(f"DAY#{day}", item.key) if day else None,
    )


def to_visit(record: store.Record) -> StoredVisit:
    return record.read_as(StoredVisit, "version", "created_at")


def patient_record(patient: Patient) -> store.Record:
    index = blind_index(current().placement.id_key, "practice_patient_id", patient.practice_patient_id)
    member_id = patient.coverages[0].member_id if patient.coverages else ""
    return store.Record(
        pk=f"PAT#{patient.key}",
        sk="PROFILE",
        kind="patient",
        data=patient.model_dump_json(exclude=_LOOSE, exclude_defaults=True),
        version=patient.version,
        created_at=patient.created_at,
        gsi1=(f"MEMBER#{_member_index(member_id)}", patient.key) if member_id else None,
        gsi2=(f"PATN#{index}", patient.key),
    )


def _member_index(member_id: str) -> str:
    """Member ids are searched by a keyed hash: they stand in no key, and nine-digit ones lie encrypted."""
    return blind_index(current().placement.id_key, "member_id", member_id.replace("-", ""))


def patients_by_member_id(member_id: str) -> list[Patient]:
    """Patients whose first coverage has this member id; letters in either case, with or without hyphens."""
    return [to_patient(record) for record in store.iter_index("gsi1", f"MEMBER#{_member_index(member_id)}")]


def to_patient(record: store.Record) -> Patient:
    return record.read_as(Patient, "version", "created_at")


def find_visits(keys: Iterable[str]) -> dict[str, StoredVisit]:
    """Stored visits by our id; the unknown ones are absent."""
    found = store.get_many([(f"VIS#{key}", "VISIT") for key in keys])
    return {item.key: item for item in map(to_visit, found.values())}


def find_patients(keys: Iterable[str]) -> dict[str, Patient]:
    found = store.get_many([(f"PAT#{key}", "PROFILE") for key in keys])
    return {item.key: item for item in map(to_patient, found.values())}


def patient(ours_or_theirs: str) -> Patient:
    """A patient by our id (pat_…) or the practice's own number. NotFound when there is none."""
    key = ours_or_theirs if ours_or_theirs.startswith("pat_") else patient_key(ours_or_theirs)
    record = store.get(f"PAT#{key}", "PROFILE")
    if record is None:
        raise NotFound(
            "PATIENT_NOT_FOUND",
            "no such patient in this practice",
            fix="check the number; import a visit first",
        )
    return to_patient(record)


def waiting_visits() -> Iterator[StoredVisit]:
    """Visits new or changed since claims were last built, oldest date first within a shard."""
    for number in range(SHARDS):
        yield from map(to_visit, store.iter_index("gsi1", f"VISITS#waiting#{number}"))


def visits_of_day(day: str) -> list[StoredVisit]:
    """Every visit of one patient on one date, in order of the practice's visit id."""
    found = [to_visit(record) for record in store.iter_index("gsi2", f"DAY#{day}")]
    return sorted(found, key=lambda item: item.visit_id)


def visits_with_date(prefix: str) -> Iterator[StoredVisit]:
    """Visits whose date of service begins so ('2026-09' a month, '2026-09-30' a day)."""
    for state in ("waiting", "built"):
        for number in range(SHARDS):
            yield from map(to_visit, store.iter_index("gsi1", f"VISITS#{state}#{number}", prefix))


def every_visit() -> Iterator[StoredVisit]:
    """All visits of the practice, for counts."""
    for state in ("waiting", "built"):
        for number in range(SHARDS):
            yield from map(to_visit, store.iter_index("gsi1", f"VISITS#{state}#{number}"))

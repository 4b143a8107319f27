"""The practice's schedule: booked visits, from a file it exports (docs/coverage.md). A visit that was furnished comes as a visit.

APT#<id> / APPOINTMENT   gsi1 APTS#<date> / time#id: a day's schedule; gsi2 APTS#<patient> / date#time#id: a patient's
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from chalicelib import store
from chalicelib.intake.assemble import coverage_of, to_json
from chalicelib.intake.model import Address, Coverage, Person
from chalicelib.intake.records import Patient, find_patients, patient_key, patient_record
from chalicelib.intake.rows import RowFault, missing, read_cells
from chalicelib.platform.errors import Misuse
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require

Status = Literal["booked", "arrived", "done", "cancelled", "no_show"]
EXPECTED = frozenset(("booked", "arrived"))
_STATUSES = frozenset(("booked", "arrived", "done", "cancelled", "no_show"))
_REQUIRED = ("date_of_service", "patient_id")
_PERSON = ("last_name", "first_name", "middle_name", "date_of_birth", "sex")
_SERVICE = re.compile(r"([0-9A-Z]\d{3}[0-9A-Z])(?:[xX](\d{1,2}))?")
MOST_BYTES = 20 * 1024 * 1024
_CHUNK = 40


class Appointment(Model):
    """A booked visit. `services` are the codes and units expected, empty where the practice does not plan them."""

    key: str
    appointment_id: str
    on: date
    start_time: str = ""
    patient_key: str
    rendering_npi: str = ""
    services: tuple[tuple[str, int], ...] = ()
    status: Status = "booked"
    version: int = 0
    created_at: str = ""


@dataclass
class ScheduleResult:
    """Counts are rows of the file."""

    rows: int = 0
    added: int = 0
    amended: int = 0
    unchanged: int = 0
    patients: int = 0
    rejected: list[RowFault] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in ("rows", "added", "amended", "unchanged", "patients")}
        return {**counts, "rejected": [fault.as_dict() for fault in self.rejected]}


def import_schedule(path: Path) -> ScheduleResult:
    """Take in a schedule file. The same appointment id again amends it; a row of a patient nobody knows must name the patient.

    Columns: appointment_id, date_of_service, patient_id; start_time, status, services ("97530x2 97110"), rendering_npi; and the
    visit file's own columns of the patient and the coverage, for patients who were not seen yet.
    """
    require("schedule.import")
    result = ScheduleResult()
    read = iter(list(_read(path, result)))
    while chunk := list(islice(read, _CHUNK)):
        _take(chunk, result)
    result.rejected.sort()
    return result


def _read(path: Path, result: ScheduleResult) -> Iterator[tuple[int, dict[str, Any]]]:
    """Typed rows; the last one of an appointment counts."""
    content = path.read_bytes()
    if len(content) > MOST_BYTES:
        raise Misuse("FILE_TOO_LARGE", f"a schedule may hold {MOST_BYTES // 1024**2} MB", fix="split it by month")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        rows = list(enumerate(reader, 2))
    except (UnicodeDecodeError, csv.Error):
        raise Misuse("NOT_CSV", "the schedule is not a CSV file in UTF-8", fix="export it as CSV (UTF-8)") from None
    kept: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, cells in rows:
        result.rows += 1
        values, faults = _row(number, {name: text for name, text in cells.items() if isinstance(name, str)})
        if faults:
            result.rejected += faults
        else:
            result.unchanged += values["appointment_id"] in kept
            kept[values["appointment_id"]] = (number, values)
    yield from kept.values()


def _row(number: int, cells: dict[str, str]) -> tuple[dict[str, Any], list[RowFault]]:
    values, faults = read_cells(number, {name: text or "" for name, text in cells.items()})
    faults += missing(number, values, faults, _REQUIRED)
    identifier = (cells.get("appointment_id") or "").strip()
    if not identifier or len(identifier) > 80:
        faults.append(
            RowFault(number, "appointment_id", "VALUE_MISSING", "is empty or too long", "write the practice's own id")
        )
    status = (cells.get("status") or "booked").strip().lower()
    if status not in _STATUSES:
        faults.append(
            RowFault(number, "status", "STATUS_UNKNOWN", "is no status", "write " + ", ".join(sorted(_STATUSES)))
        )
    services = _services((cells.get("services") or "").split())
    if services is None:
        faults.append(
            RowFault(number, "services", "SERVICES_UNREADABLE", "is not like 97530x2 97110", "write code x units")
        )
    return {**values, "appointment_id": identifier, "status": status, "services": services or ()}, faults


def _services(words: list[str]) -> tuple[tuple[str, int], ...] | None:
    found = [_SERVICE.fullmatch(word) for word in words]
    if not all(found):
        return None
    return tuple((match[1], int(match[2] or 1)) for match in found if match)


def _take(chunk: list[tuple[int, dict[str, Any]]], result: ScheduleResult) -> None:
    patients = find_patients({patient_key(values["patient_id"]) for _, values in chunk})
    keys = {number: current().make_id("apt", values["appointment_id"]) for number, values in chunk}
    known = find_appointments(keys.values())
    with store.unit_of_work() as uow:
        for number, values in chunk:
            key = patient_key(values["patient_id"])
            if key not in patients:
                made = _patient(key, values)
                if made is None:
                    words = (
                        "is not known, and the row does not name patient and coverage",
                        "fill in name, birth date, sex, payer_id",
                    )
                    result.rejected.append(RowFault(number, "patient_id", "PATIENT_UNKNOWN", *words))
                    continue
                patients[key] = uow_patient(uow, made)
                result.patients += 1
            _put(uow, _appointment(keys[number], key, values), known.get(keys[number]), result)
        if uow.record_count:
            uow.audit("schedule.imported", "SCHEDULE", ("appointments",))
            uow.commit()


def uow_patient(uow: store.UnitOfWork, patient: Patient) -> Patient:
    uow.create(patient_record(patient))
    return patient.model_copy(update={"version": 1})


def _patient(key: str, values: dict[str, Any]) -> Patient | None:
    """A patient who was not seen yet, as the row tells; None when it does not tell who pays."""
    coverage = coverage_of(values)
    if coverage is None or any(name not in values for name in ("last_name", "first_name", "date_of_birth")):
        return None
    person = {name: values[name] for name in _PERSON if name in values}
    address: dict[str, str] = {n: values[n] for n in ("city", "state", "zip", "phone") if n in values}
    address["line1"] = values.get("address", "")
    second = coverage_of(values, "secondary_")
    return Patient(
        key=key,
        practice_patient_id=values["patient_id"],
        person=Person.model_validate_json(to_json(person)),
        address=Address(**address),
        coverages=tuple(
            Coverage.model_validate_json(json.dumps(one, default=str)) for one in (coverage, second) if one
        ),
        as_of="",
    )


def _appointment(key: str, patient: str, values: dict[str, Any]) -> Appointment:
    return Appointment(
        key=key,
        appointment_id=values["appointment_id"],
        on=values["date_of_service"],
        start_time=values.get("start_time", ""),
        patient_key=patient,
        rendering_npi=values.get("rendering_npi", ""),
        services=values["services"],
        status=values["status"],
    )


def _put(uow: store.UnitOfWork, made: Appointment, before: Appointment | None, result: ScheduleResult) -> None:
    if before is not None:
        made = made.model_copy(update={"version": before.version, "created_at": before.created_at})
        if made == before:
            result.unchanged += 1
            return
        result.amended += 1
    else:
        result.added += 1
    uow.replace(appointment_record(made))


def appointment_record(item: Appointment) -> store.Record:
    return store.Record(
        pk=f"APT#{item.key}",
        sk="APPOINTMENT",
        kind="appointment",
        data=item.model_dump(mode="json", exclude={"version", "created_at"}, exclude_defaults=True),
        version=item.version,
        created_at=item.created_at,
        gsi1=(f"APTS#{item.on}", f"{item.start_time}#{item.key}"),
        gsi2=(f"APTS#{item.patient_key}", f"{item.on}#{item.start_time}#{item.key}"),
    )


def _to_appointment(record: store.Record) -> Appointment:
    return record.read_as(Appointment, "version", "created_at")


def find_appointments(keys: Any) -> dict[str, Appointment]:
    found = store.get_many([(f"APT#{key}", "APPOINTMENT") for key in keys])
    return {item.key: item for item in map(_to_appointment, found.values())}


def on_day(day: date) -> list[Appointment]:
    """The day's schedule, by time; cancelled ones included."""
    return [_to_appointment(record) for record in store.iter_index("gsi1", f"APTS#{day}")]


def of_patient(patient: str, since: date | None = None) -> list[Appointment]:
    """A patient's appointments by date, those that may still take place only, from `since` on."""
    found = [_to_appointment(record) for record in store.iter_index("gsi2", f"APTS#{patient}")]
    return [item for item in found if item.status in EXPECTED and (since is None or item.on >= since)]

"""Import a visit file: good visits go in, bad rows are named and hold their visit, the same content changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from chalicelib import store
from chalicelib.intake import records
from chalicelib.intake.assemble import agree, to_visit
from chalicelib.intake.model import Coverage, Visit, VisitLine
from chalicelib.intake.records import Patient, RejectedRow, StoredVisit
from chalicelib.intake.rows import RowFault, read_row
from chalicelib.intake.spool import Spool
from chalicelib.intake.table import Unreadable, read_table
from chalicelib.tenancy import require

_CHUNK = 40
Progress = Callable[[int], None]


@dataclass
class ImportResult:
    """Counts are rows of the file. `amended_visits` are our ids of visits that claims may already stand on."""

    rows: int = 0
    added: int = 0
    unchanged: int = 0
    amended: int = 0
    rejected: list[RowFault] = field(default_factory=list)
    visits: int = 0
    amended_visits: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        counts = {
            "rows": self.rows,
            "added": self.added,
            "unchanged": self.unchanged,
            "amended": self.amended,
        }
        return {**counts, "rejected": [fault.as_dict() for fault in self.rejected]}


@dataclass
class _FileVisit:
    visit_id: str
    rows: list[tuple[int, dict[str, Any]]]
    rejected: list[RejectedRow]


def import_visits(path: Path, *, dry_run: bool = False, progress: Progress | None = None) -> ImportResult:
    """Import into the current practice. With `dry_run` the same answer, and nothing is written.

    One transaction per visit (visit, patient, event, audit), so a crash leaves whole visits and importing again ends the work.
    """
    require("visits.import")
    result = ImportResult()
    rejects: dict[str, list[RejectedRow]] = defaultdict(list)
    with Spool() as spool:
        for number, cells in read_table(path):
            result.rows += 1
            _take_row(number, cells, spool, rejects, result)
            if progress and result.rows % 500 == 0:
                progress(result.rows)
        visits = _file_visits(spool, rejects, result)
        while chunk := list(islice(visits, _CHUNK)):
            _import_chunk(chunk, result, dry_run=dry_run)
            if progress:
                progress(result.rows)
    result.rejected.sort()
    return result


def _take_row(
    number: int,
    cells: dict[str, str] | Unreadable,
    spool: Spool,
    rejects: dict[str, list[RejectedRow]],
    result: ImportResult,
) -> None:
    if isinstance(cells, Unreadable):
        result.rejected.append(cells.fault)
        rejects[cells.visit_id].append(
            _rejected(cells.fault, None)
        )  # counts only if the file or the store knows the visit
        return
    values, faults = read_row(number, cells)
    visit_id = values.get("visit_id")
    if faults:
        result.rejected += faults
        if visit_id:
            rejects[visit_id].append(_rejected(faults[0], values.get("line_number")))
    if visit_id:
        spool.add(visit_id, number, None if faults else values)


def _rejected(fault: RowFault, line_number: int | None) -> RejectedRow:
    return RejectedRow(
        line_number=line_number, column=fault.column, code=fault.code, reason=fault.reason, fix=fault.fix
    )


def _file_visits(spool: Spool, rejects: dict[str, list[RejectedRow]], result: ImportResult) -> Iterator[_FileVisit]:
    for visit_id, rows in spool.visits():
        kept, faults = agree(rows)
        result.rejected += faults
        lines = {number: values["line_number"] for number, values in rows}
        rejected = rejects.pop(visit_id, []) + [_rejected(fault, lines.get(fault.row)) for fault in faults]
        repeats = len(rows) - len(kept) - len(faults)
        result.unchanged += max(repeats, 0)
        yield _FileVisit(visit_id, _once(kept, result), rejected)


def _once(rows: Sequence[tuple[int, dict[str, Any]]], result: ImportResult) -> list[tuple[int, dict[str, Any]]]:
    """Exact repeats of a line count as unchanged and go no further."""
    seen: set[int] = set()
    kept = []
    for number, values in rows:
        if values["line_number"] in seen:
            result.unchanged += 1
        else:
            seen.add(values["line_number"])
            kept.append((number, values))
    return kept


def _import_chunk(chunk: Sequence[_FileVisit], result: ImportResult, *, dry_run: bool) -> None:
    stored = records.find_visits(records.visit_key(item.visit_id) for item in chunk)
    theirs = {values["patient_id"] for item in chunk for _, values in item.rows}
    theirs |= {item.visit.patient_id for item in stored.values() if item.visit}  # when every row of a visit is rejected
    patients = records.find_patients(records.patient_key(number) for number in theirs)
    for item in chunk:
        before = stored.get(records.visit_key(item.visit_id))
        after = _merge(item, before, result)
        if after == before:
            continue
        result.visits += 1
        if before is not None and before.claim_ids:
            result.amended_visits.append(after.key)
        if not dry_run:
            _commit(after, before, patients)


def _merge(item: _FileVisit, before: StoredVisit | None, result: ImportResult) -> StoredVisit:
    """The visit as the file and what is stored make it; stored lines the file does not name stay."""
    key = records.visit_key(item.visit_id)
    old = before.visit if before else None
    new = to_visit(item.rows) if item.rows else None
    visit = _merge_lines(old, new, result) if new else old
    named = {values["line_number"] for _, values in item.rows} | {row.line_number for row in item.rejected}
    kept = [
        row
        for row in (before.rejected if before else ())
        if row.line_number is not None and row.line_number not in named
    ]
    base = before or StoredVisit(key=key, visit_id=item.visit_id, date_of_service=None, visit=None)
    changed = base.model_copy(
        update={
            "visit": visit,
            "date_of_service": visit.date_of_service if visit else None,
            "rejected": (*kept, *item.rejected),
        }
    )
    return changed if before is not None and changed == before else changed.model_copy(update={"state": "waiting"})


def _bare(line: VisitLine) -> VisitLine:
    return line.model_copy(update={"source_row": 0})


def _merge_lines(old: Visit | None, new: Visit, result: ImportResult) -> Visit:
    before = {line.line_number: line for line in old.lines} if old else {}
    same_visit = old is not None and old.model_copy(update={"lines": ()}) == new.model_copy(update={"lines": ()})
    lines = dict(before)
    for line in new.lines:
        known = before.get(line.line_number)
        if known is None:
            result.added += 1
            lines[line.line_number] = line
        elif same_visit and _bare(known) == _bare(line):
            result.unchanged += 1
        else:
            result.amended += 1
            lines[line.line_number] = known if _bare(known) == _bare(line) else line
    return new.model_copy(update={"lines": tuple(lines[number] for number in sorted(lines))})


def _commit(after: StoredVisit, before: StoredVisit | None, patients: dict[str, Patient]) -> None:
    with store.unit_of_work() as uow:
        uow.replace(records.visit_record(after))
        profile = _profile(after.visit, patients) if after.visit else None
        if profile is not None:
            uow.replace(records.patient_record(profile))
        subject = f"VIS#{after.key}"
        uow.emit("VisitChanged", subject, {"visit": after.key})
        uow.audit("visit.imported" if before is None else "visit.amended", subject, ("visit", "patient"))
        uow.commit()
    if profile is not None:
        patients[profile.key] = profile.model_copy(update={"version": profile.version + 1})


def _profile(visit: Visit, patients: dict[str, Patient]) -> Patient | None:
    """The patient as this visit tells, or None when nothing newer is said."""
    key = records.patient_key(visit.patient_id)
    known = patients.get(key)
    as_of = f"{visit.date_of_service}#{visit.visit_id}"
    if known is not None and as_of < known.as_of:
        return None
    fresh = Patient(
        key=key,
        practice_patient_id=visit.patient_id,
        person=visit.patient,
        address=visit.address,
        coverages=_coverages((visit.primary, visit.secondary, visit.tertiary)),
        as_of=as_of,
        version=known.version if known else 0,
        created_at=known.created_at if known else "",
    )
    if known is not None and fresh.model_copy(update={"as_of": known.as_of}) == known:
        return None  # a newer date alone is not worth a write
    return fresh


def _coverages(found: Iterable[Coverage | None]) -> tuple[Coverage, ...]:
    return tuple(coverage for coverage in found if coverage is not None)

"""Figures of a practice kept up to date from what changed, so that a page reads a few items and not every claim.

PROJECTION / SUMMARY       the figures: a number by name, kept in one item
PROJECTION / PROOF         when the whole was last worked out again, and what differed
CLM#|VIS#|TSK#<id> / MARK  what the record counts for in the figures now

Every unit of work leaves a note of what it changed (`store.changes`). Bringing the figures up to date reads the noted records
as they are, adds what they count for now less what they counted for before, and deletes the notes, in one transaction:
each change counts once. `verify` works everything out from the records and compares; `rebuild` puts that in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib import clock, store
from chalicelib.claims import records as claim_records
from chalicelib.claims.model import Status
from chalicelib.intake.records import every_visit, to_visit
from chalicelib.platform.errors import Conflict
from chalicelib.reporting.figures import SEPARATOR, Figures, of_claim, of_task, of_visit
from chalicelib.store import changes, journal
from chalicelib.support.tasks import open_tasks, to_task
from chalicelib.tenancy import require

SUMMARY, PROOF = ("PROJECTION", "SUMMARY"), ("PROJECTION", "PROOF")
MOST_NOTES = 400  # a page waits for no more; the rest is counted by the next one or by a job
_AT_ONCE = 40  # notes in one transaction, with their marks
_MOST_MARKS = 55
Item = TypeVar("Item")
_PREFIX = {"claims": "CLM#", "visits": "VIS#", "tasks": "TSK#"}


@dataclass(frozen=True, slots=True)
class Standing:
    """The figures, and whether changes remain to be counted. `proved_at` '' = never; `proved` whether the proof found nothing."""

    figures: Figures
    behind: bool = False
    proved_at: str = ""
    proved: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what the records say."""

    name: str
    kept: int
    worked_out: int


def current_standing(most_notes: int | None = None) -> Standing:
    """The figures with everything counted that changed, or at most `most_notes` changes: then `behind` says whether more wait."""
    left = refresh(most_notes)
    found = store.get_many([SUMMARY, PROOF])
    summary, proof = found.get(SUMMARY), found.get(PROOF)
    return Standing(
        Counter(summary.data["figures"]) if summary else Counter(),
        left,
        str(proof.data["at"]) if proof else "",
        not proof.data["differences"] if proof else True,
    )


def refresh(most_notes: int | None = None) -> bool:
    """Count what changed; True when more changes wait than `most_notes`. Another reader doing the same is no harm."""
    done = 0
    while most_notes is None or done < most_notes:
        page = store.query(changes.NOTES, limit=_AT_ONCE)
        if not page.records:
            return False
        try:
            _count(page.records)
        except Conflict:
            continue  # counted by another hand at the same moment, or changed under ours: read again
        finally:
            done += len(page.records)
    return store.query(changes.NOTES, limit=1).records != ()


def _count(notes: Sequence[store.Record]) -> None:
    taken, subjects = _fitting(notes)
    marks = store.get_many([(pk, "MARK") for pk in subjects])
    now = _figures_now(subjects)
    kept = store.get(*SUMMARY)
    figures: Figures = Counter(kept.data["figures"]) if kept else Counter()
    figures["suspense"] += sum(note.data.get("suspense_cents", 0) for note in taken)
    with store.unit_of_work() as uow:
        for pk in subjects:
            mark = marks.get((pk, "MARK"))
            before = Counter(mark.data["figures"]) if mark else Counter()
            if now[pk] != before:
                _add(figures, now[pk], before)
                uow.replace(_mark(pk, now[pk], mark.version if mark else 0))
        uow.replace(_summary(figures, kept.version if kept else 0))
        for note in taken:
            _settle(uow, note, subjects)
        uow.commit()


def _fitting(notes: Sequence[store.Record]) -> tuple[list[store.Record], list[str]]:
    """The first notes that fit one transaction, and the records they are about, each once."""
    taken: list[store.Record] = []
    subjects: dict[str, None] = {}
    for note in notes:
        more = _subjects(note)
        if taken and len(subjects | more) > _MOST_MARKS:
            break
        taken.append(note)
        subjects |= more
    return taken, list(subjects)[:_MOST_MARKS]


def _subjects(note: store.Record) -> dict[str, None]:
    return dict.fromkeys(f"{_PREFIX[kind]}{key}" for kind in _PREFIX for key in note.data.get(kind, ()))


def _settle(uow: store.UnitOfWork, note: store.Record, counted: Collection[str]) -> None:
    """Take a note away; one about more records than fit a transaction stays with the rest of them."""
    left = {
        kind: [key for key in note.data.get(kind, ()) if f"{prefix}{key}" not in counted]
        for kind, prefix in _PREFIX.items()
    }
    if any(left.values()):
        uow.replace(note.with_data({kind: keys for kind, keys in left.items() if keys}))
    else:
        uow.delete(note)


def _figures_now(subjects: Sequence[str]) -> dict[str, Figures]:
    keys = [key for pk in subjects for key in _sources(pk)]
    found = store.get_many(keys)
    return {pk: _figures_of(pk, found) for pk in subjects}


def _sources(pk: str) -> tuple[tuple[str, str], ...]:
    if pk.startswith("CLM#"):
        return (pk, "CLAIM"), (pk, "BAL")
    return ((pk, "VISIT"),) if pk.startswith("VIS#") else ((pk, "TASK"),)


def _figures_of(pk: str, found: Mapping[tuple[str, str], store.Record]) -> Figures:
    if pk.startswith("CLM#"):
        claim, balance = found.get((pk, "CLAIM")), found.get((pk, "BAL"))
        return of_claim(
            claim_records.to_claim(claim).claim if claim else None, journal.balance_of(balance) if balance else None
        )
    record = found.get(_sources(pk)[0])
    if record is None:
        return Counter()
    return of_visit(to_visit(record)) if pk.startswith("VIS#") else of_task(to_task(record))


def _add(figures: Figures, now: Figures, before: Figures) -> None:
    for name in now.keys() | before.keys():
        figures[name] += now[name] - before[name]


def _plain(figures: Figures) -> dict[str, int]:
    return {name: number for name, number in sorted(figures.items()) if number}


def _summary(figures: Figures, version: int) -> store.Record:
    data = {"figures": _plain(figures), "at": clock.instant_text(clock.now())}
    return store.Record(*SUMMARY, "projection", data, version=version)


def _mark(pk: str, figures: Figures, version: int) -> store.Record:
    return store.Record(pk, "MARK", "projection_mark", {"figures": _plain(figures)}, version=version)


# Working it out from the records


def worked_out() -> tuple[Figures, dict[str, Figures]]:
    """All figures from all records, and what each record counts for."""
    balances = {balance.claim_id: balance for balance in journal.iter_balances()}
    marks: dict[str, Figures] = {}
    for status in Status:
        for stored in claim_records.claims_with_status(status):
            claim = stored.claim
            marks[f"CLM#{claim.claim_id}"] = of_claim(claim, balances.pop(claim.claim_id, None))
    marks |= {f"CLM#{claim_id}": of_claim(None, balance) for claim_id, balance in balances.items()}
    marks |= {f"VIS#{visit.key}": of_visit(visit) for visit in every_visit()}
    marks |= {f"TSK#{task.task_id}": of_task(task) for task in open_tasks()}
    figures: Figures = Counter()
    for mark in marks.values():
        figures.update(mark)
    figures["suspense"] += sum(changes.suspense_of(entry.model_dump(mode="json")) for entry in journal.iter_entries())
    return figures, marks


def verify() -> list[Difference]:
    """Count what waits, work everything out, compare, and keep the outcome for the pages."""
    require("report.verify")
    kept = current_standing().figures
    right, _ = worked_out()
    found = [
        Difference(name, kept[name], right[name])
        for name in sorted(kept.keys() | right.keys())
        if kept[name] != right[name]
    ]
    _keep_proof(len(found))
    return found


def _keep_proof(differences: int) -> None:
    data: dict[str, Any] = {"at": clock.instant_text(clock.now()), "differences": differences}
    with store.unit_of_work() as uow:
        uow.put(store.Record(*PROOF, "projection_proof", data))
        uow.commit()


def rebuild() -> int:
    """Put what the records say in the place of the figures; the number of records counted.

    What changes meanwhile leaves its note and is counted afterwards against the marks made here. Also puts claims back into
    lists that lack them.
    """
    notes, figures, marks = _settled()
    for group in _groups(sorted(marks)):
        known = store.get_many([(pk, "MARK") for pk in group])
        with store.unit_of_work() as uow:
            for pk in group:
                mark = known.get((pk, "MARK"))
                if mark is None or Counter(mark.data["figures"]) != marks[pk]:
                    uow.replace(_mark(pk, marks[pk], mark.version if mark else 0))
            uow.commit()
    _list_again()
    kept = store.get(*SUMMARY)
    with store.unit_of_work() as uow:
        uow.replace(_summary(figures, kept.version if kept else 0))
        uow.commit()
    for group_of_notes in _groups(notes):
        with store.unit_of_work() as uow:
            for note in group_of_notes:
                uow.delete(note)
            uow.commit()
    return len(marks)


def _settled() -> tuple[list[store.Record], Figures, dict[str, Figures]]:
    """The notes and what the records say while nothing changed. Conflict when something changes all the time."""
    for _ in range(3):
        notes = [*store.iter_query(changes.NOTES)]
        figures, marks = worked_out()
        if [note.sk for note in store.iter_query(changes.NOTES)] == [note.sk for note in notes]:
            return notes, figures, marks
    raise Conflict("BUSY", "the practice is being worked on", fix="run it again when it is quiet")


def _list_again() -> None:
    for status in Status:
        for group in _groups([stored.claim for stored in claim_records.claims_with_status(status)]):
            found = store.get_many([(f"CLM#{claim.claim_id}", "LISTED") for claim in group])
            missing = [claim for claim in group if (f"CLM#{claim.claim_id}", "LISTED") not in found]
            with store.unit_of_work() as uow:
                for claim in missing:
                    uow.put(claim_records.listed_record(claim))
                uow.commit()


def _groups(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _MOST_MARKS):
        yield items[start : start + _MOST_MARKS]


def named(figures: Figures, beginning: str) -> Iterable[tuple[list[str], int]]:
    """The parts behind `beginning`, and the number, of every figure so named."""
    lead = f"{beginning}{SEPARATOR}"
    return ((name.split(SEPARATOR)[1:], number) for name, number in figures.items() if name.startswith(lead) and number)

"""The main job, end to end, on the fictional export of one practice: what `make demo` runs.

Running it again changes nothing, and it says so: every write is counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib import documents, store
from chalicelib.claims import records
from chalicelib.claims.build import build_claims
from chalicelib.claims.settling import Outcome
from chalicelib.claims.submission import submit_claims
from chalicelib.coverage.batch import run_batch
from chalicelib.exchange import outbox
from chalicelib.intake.schedule import import_schedule
from chalicelib.intake.service import ImportResult, import_visits
from chalicelib.jobs.denials import refresh_practices
from chalicelib.jobs.sync import SyncResult, clear_outbox, sync
from chalicelib.local.clearinghouse import SimulatedDoor, realtime_doors
from chalicelib.local.people import ensure_people
from chalicelib.onboarding.apply import apply
from chalicelib.onboarding.practice_file import load
from chalicelib.reporting.summary import Summary, summary
from chalicelib.store import directory, journal
from chalicelib.tenancy import Principal, enter

DAY = "2026-09-30T14:00:00+00:00"  # ten in the morning in Miami
SLUG = "harborview-ot"
REPOSITORY = Path(__file__).resolve().parents[2]
VISITS = REPOSITORY / "tests" / "data" / "visits.csv"
SCHEDULE = REPOSITORY / "tests" / "data" / "schedule.csv"
Say = Callable[[str], None]


@dataclass
class DemoResult:
    """What the run did. `writes` counts AWS calls that change something, over the whole run."""

    practices: list[tuple[str, int]] = field(default_factory=list)
    imported: ImportResult = field(default_factory=ImportResult)
    outcomes: list[Outcome] = field(default_factory=list)
    submitted: int = 0
    files: int = 0
    exchanged: SyncResult = field(default_factory=SyncResult)
    denials: int = 0
    booked: int = 0
    coverages: int = 0
    summary: Summary | None = None
    proof: dict[str, object] = field(default_factory=dict)
    writes: int = 0


def freeze() -> None:
    """The demo's day, unless another is set."""
    os.environ.setdefault("OTBILL_NOW", DAY)


def run(home: Path, principal: Principal, say: Say) -> DemoResult:
    """Apply the practices, take in the visits, bill them, exchange, post, and prove the ledger."""
    before = store.runtime().writes
    result = DemoResult()
    for path in sorted((REPOSITORY / "tenants").glob("*.toml")):
        say(f"practice file {path.name}")
        applied = apply(load(path), principal)
        result.practices.append((applied.tenant.slug, applied.writes))
    ensure_people()
    folder = home / "exchange"
    with enter(principal, SLUG, "demo", directory.directory()):
        say("taking in visits")
        result.imported = import_visits(VISITS)
        say("coding and checking claims")
        result.outcomes = build_claims()
        say("submitting")
        sent, batches = submit_claims()
        for batch in records.batches("written"):  # also those of a run that was cut off
            outbox.place(folder / "outbox", batch.file, documents.get(batch.document))
        result.submitted, result.files = len(sent), len(batches)
    say("exchanging with the simulated clearinghouse")
    result.exchanged = sync(SimulatedDoor(folder / "clearinghouse"), principal)
    clear_outbox(folder / "outbox", principal)
    say("taking in denials")
    result.denials = sum(done.found for _, done in refresh_practices(principal))
    with enter(principal, SLUG, "demo", directory.directory()):
        say("asking payers about the visits booked")
        result.booked = import_schedule(SCHEDULE).rows
        result.coverages = run_batch(realtime_doors(folder / "clearinghouse")("simulated")).looked_at
        say("proving the ledger")
        result.summary = summary()
        result.proof = journal.verify()
    result.writes = store.runtime().writes - before
    return result

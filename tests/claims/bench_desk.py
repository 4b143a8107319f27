"""A practice, the simulated payers, and the shortest way between them: what the tests of ways back stand on."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from chalicelib.claims import records
from chalicelib.claims.build import build_claims
from chalicelib.claims.claim import Claim
from chalicelib.claims.submission import submit_claims
from chalicelib.jobs.sync import SyncResult, fetch_waiting, send_written
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.store import get, journal
from chalicelib.tenancy import Principal, current
from chalicelib.x12 import Claim837, read_837p
from tests.practice import build, line, only, take


@dataclasses.dataclass
class Desk:
    """One practice inside its context. `folder` holds visit files and the simulated clearinghouse."""

    operator: Principal
    folder: Path
    door: SimulatedDoor = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.door = SimulatedDoor(self.folder / "clearinghouse")

    def send(self) -> SyncResult:
        """Submit what is ready, and let the payers answer; only this practice's files travel."""
        submit_claims()
        result = SyncResult()
        send_written(self.door, self.operator, result, [current().tenant.tenant_id])
        fetch_waiting(self.door, self.operator, result)
        return result

    def billed(self, *rows: dict[str, str]) -> str:
        """The claim of these visit rows, sent and answered."""
        claim_id = only(build(self.folder, *(rows or (line(),)))).claim_id
        self.send()
        return str(claim_id)

    def change(self, *rows: dict[str, str]) -> None:
        """The practice hands its visit over anew."""
        take(self.folder, *rows)
        build_claims()

    def claim(self, claim_id: str) -> Claim:
        return records.get_claim(claim_id).claim

    def events(self, claim_id: str) -> list[str]:
        return [event.type for event in records.claim_events(claim_id)]

    def sent(self) -> list[Claim837]:
        """Every claim the clearinghouse got, file by file."""
        files = sorted(self.door.simulator.inbound.glob("*.837"), key=lambda path: path.name.rpartition("-")[2])
        return [claim for path in files for claim in read_837p(path.read_bytes()).claims]

    def files(self) -> list[Path]:
        return sorted(self.door.simulator.inbound.glob("*.837"))

    def accounts(self, claim_id: str) -> dict[str, int]:
        record = get(*journal.balance_key(claim_id))
        return record.data["accounts"] if record else {}

    def money(self, claim_id: str) -> tuple[int, int, int, int, int]:
        found = journal.balance(claim_id)
        return found.charge_cents, found.paid_cents, found.adjusted_cents, found.patient_cents, found.open_cents


def proven() -> bool:
    found: dict[str, Any] = journal.verify()
    return bool(found["balanced"]) and not found["mismatches"]

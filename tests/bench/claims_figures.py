"""Figures of the claims' way out: build, scrub and write for 5,000 claims, with the time inside botocore calls left out.

Processor seconds of one core, because the machine is shared; `write requests a claim` counts what the product sends to AWS that
changes something, from the visits that are there to the 837P files that are written.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.proof.world import OPERATOR, embedded

CLAIMS = 5000
MUST_SECONDS, MUST_WRITES = 30.0, 4.0


class Outside:
    """Processor and wall seconds inside botocore calls, the outermost of each."""

    def __init__(self) -> None:
        self.cpu_s = self.wall_s = 0.0
        self.calls = self._depth = 0

    @contextmanager
    def measured(self) -> Iterator[Outside]:
        from botocore.client import BaseClient

        real = BaseClient._make_api_call

        def timed(client: Any, operation: str, arguments: Any) -> Any:
            if self._depth:
                return real(client, operation, arguments)
            self._depth, cpu, wall = 1, time.process_time(), time.perf_counter()
            try:
                return real(client, operation, arguments)
            finally:
                self._depth = 0
                self.calls += 1
                self.cpu_s += time.process_time() - cpu
                self.wall_s += time.perf_counter() - wall

        BaseClient._make_api_call = timed
        try:
            yield self
        finally:
            BaseClient._make_api_call = real


def _visits(path: Path, count: int) -> None:
    """Clean visits of as many patients: two lines each, three payers by turns."""
    from tests.practice import AETNA, CIGNA, line

    united = {"payer_id": "87726", "line_of_business": "commercial", "member_id": "9000000011"}
    rows = []
    for n in range(count):
        payer = (AETNA, CIGNA, united)[n % 3]
        same = {"patient_id": f"P{n}", **payer}
        rows += [line(f"V{n}", 1, **same), line(f"V{n}", 2, cpt="97535", therapist_minutes="15", **same)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)


def figures(count: int = 0) -> list[dict[str, Any]]:
    """{"name","value","unit","must"}; `count` claims, or OTBILL_BENCH_CLAIMS, or 5,000."""
    count = count or int(os.environ.get("OTBILL_BENCH_CLAIMS", CLAIMS))
    with embedded() as home:
        return _measure(home, count)


def _measure(home: Path, count: int) -> list[dict[str, Any]]:
    from chalicelib import store
    from chalicelib.claims.build import build_claims
    from chalicelib.claims.submission import submit_claims
    from chalicelib.intake.service import import_visits
    from chalicelib.store import directory
    from chalicelib.tenancy import enter
    from tests.practice import live_practice

    path = home / "bench-visits.csv"
    _visits(path, count)
    practice = live_practice(OPERATOR)
    with enter(OPERATOR, practice.slug, "bench", directory.directory()):
        import_visits(path)
        outside, writes = Outside(), store.runtime().writes
        with outside.measured():
            cpu, wall = time.process_time(), time.perf_counter()
            built = build_claims()
            sent, batches = submit_claims()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        if len(sent) != count or len(built) != count:
            raise AssertionError(f"{count} visits made {len(built)} claims, {len(sent)} were sent")
        made = (store.runtime().writes - writes) / count
    own = cpu - outside.cpu_s
    said = {
        "claims": count,
        "files": len(batches),
        "botocore calls": outside.calls,
        "wall s": round(wall, 1),
        "wall s in botocore": round(outside.wall_s, 1),
    }
    return [
        {"name": f"claims build, scrub and write, {count:,}", "value": round(own, 2), "unit": "s",
         "must": MUST_SECONDS * count / CLAIMS, "detail": said},
        {"name": "claims AWS write requests a claim", "value": round(made, 3), "unit": "requests", "must": MUST_WRITES},
    ]  # fmt: skip


def missed(found: list[dict[str, Any]]) -> list[str]:
    """Names of figures that miss what they must reach."""
    return [figure["name"] for figure in found if figure["value"] > figure["must"]]

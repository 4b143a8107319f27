"""Figures of coverage: `python -m tests.bench coverage`.

Interpreting a 271: from bytes to the benefit record, and the part after reading alone. The batch: 1,000 checks, 16 in flight,
against simulated payers that answer after 200 ms, everything kept in the embedded AWS; its floor is the waiting alone. The front
desk of that schedule: one day of it, and its week.
"""

from __future__ import annotations

import csv
import time
from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.scrub_figures import each

CHECKS, IN_FLIGHT, WAIT_S = 1000, 16, 0.2
ON = date(2026, 9, 30)


def figures() -> list[dict[str, Any]]:
    """{"name","value","unit","must","against","ratio"}; `against` is reading the 271, or the waiting alone."""
    return [*_interpreting(), *_batch_and_desk()]


def _interpreting() -> list[dict[str, Any]]:
    from chalicelib.coverage.asking import judge
    from chalicelib.x12 import read_271
    from tests.coverage.situations import SITUATIONS
    from tests.coverage.test_situations import answer

    body = "".join(one.body for one in SITUATIONS if not one.body.startswith(("AAA", "DTP")))
    files = [answer(one.body) for one in SITUATIONS] * 10
    whole, reading = each(lambda data: judge(data, "T1", ON), files, 3), each(read_271, files, 3)
    large = [answer(body)] * 20
    longest = each(lambda data: judge(data, "T1", ON), large, 3)
    middle = len(whole) // 2
    return [
        _figure("271 interpreted, median", 1000 * whole[middle], "ms", 2, 1000 * reading[middle]),
        _figure("271 interpreted, p99", 1000 * whole[len(whole) * 99 // 100], "ms", 2, None),
        _figure(f"271 with {body.count('EB*')} EB interpreted", 1000 * longest[len(longest) // 2], "ms", None, None),
    ]


class SlowPayers:
    """The simulated payers, each answer after 200 ms, as many at once as ask."""

    def ask(self, question: bytes) -> bytes:
        from chalicelib.local.payer.answers import answer_request
        from chalicelib.local.payer.state import State

        time.sleep(WAIT_S)
        return answer_request(question, State(), ON)


def _batch_and_desk() -> list[dict[str, Any]]:
    from chalicelib.coverage.batch import run_batch
    from chalicelib.intake.schedule import import_schedule
    from chalicelib.store import directory
    from chalicelib.tenancy import enter
    from tests.practice import live_practice
    from tests.proof.world import OPERATOR, embedded

    with embedded() as home:
        practice = live_practice(OPERATOR)
        with enter(OPERATOR, practice.slug, "bench", directory.directory()):
            import_schedule(_schedule(home))
            began = time.monotonic()
            result = run_batch(SlowPayers(), in_flight=IN_FLIGHT)
            seconds = time.monotonic() - began
            desks = [_desk("day", date(2026, 10, 1), 1), _desk("week", date(2026, 10, 1), 7)]
    if result.answered != CHECKS:
        raise AssertionError(f"{result.answered} of {CHECKS} checks were answered")
    return [_figure(f"{CHECKS} checks, {IN_FLIGHT} in flight", seconds, "s", 20, CHECKS * WAIT_S / IN_FLIGHT), *desks]


def _desk(name: str, first: date, days: int) -> dict[str, Any]:
    """The front desk's rows with their cards, best of five: our processor time."""
    from chalicelib.coverage.desk import desk

    times = []
    for _ in range(5):
        began = time.process_time()
        visits = len(desk(first, days))
        times.append(1000 * (time.process_time() - began))
    return _figure(f"front desk, a {name} of {visits:,} visits, processor", min(times), "ms", None, None)


def _schedule(folder: Path) -> Path:
    path = folder / "schedule.csv"
    names = ("appointment_id", "date_of_service", "patient_id", "last_name", "first_name", "date_of_birth", "sex", "payer_id",
             "line_of_business", "member_id", "relationship")  # fmt: skip
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for n in range(CHECKS):
            who = ("Testcase", "Marigold", "1950-02-03", "F", "60054", "commercial", f"W2{n:07d}1", "self")
            writer.writerow((f"A{n}", f"2026-10-{1 + n % 7:02d}", f"N{n}", *who))
    return path


def _figure(name: str, value: float, unit: str, must: float | None, against: float | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name, "value": round(value, 3), "unit": unit}
    shown |= {"must": must} if must is not None else {}
    return shown | ({"against": round(against, 3), "ratio": round(value / against, 2)} if against else {})


def missed(found: list[dict[str, Any]]) -> list[str]:
    return [figure["name"] for figure in found if "must" in figure and figure["value"] > figure["must"]]


def table(found: list[dict[str, Any]]) -> str:
    return "".join(
        f"{one['name']:44} {one['value']:12,.2f} {one['unit']:9} must {one.get('must', '-')}\n" for one in found
    )

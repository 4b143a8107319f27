"""What one claim costs on AWS over its whole life: import, build, submit, answers, payment, and people looking at it.

Calls are counted (tests/proof/meter.py), prices are docs/figures/aws-prices.csv. Fails above $0.002 a claim. Writes the
table in docs/cost.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.build import build_claims
from chalicelib.claims.model import Status
from chalicelib.claims.submission import submit_claims
from chalicelib.intake.service import import_visits
from chalicelib.jobs.registry import JOBS
from chalicelib.jobs.sync import sync
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.store import directory, identity, journal
from chalicelib.tenancy import enter
from tests.practice import line, live_practice
from tests.proof import crash
from tests.proof.figures import REPOSITORY, Figure
from tests.proof.meter import Meter, item_bytes, prices
from tests.proof.snapshots import Outside
from tests.proof.world import OPERATOR
from tests.signing_in import bearer

LIMIT_DOLLARS = Decimal("0.002")
VISITS = 40  # a practice's day; what is done once a file is shared by these
PAGE_VIEWS, LIST_VIEWS, SUMMARY_VIEWS = 6, 20, 10  # of each claim; of the whole list (50 a page); of the summary
MEMORY_GB, WAIT_S, LOG_BYTES = Decimal("0.5"), Decimal("0.006"), 1500  # a function; of an AWS call; of a request
MONTHS_KEPT = 12
PRACTICES, CLAIMS_A_MONTH, JOB_S = 20, 500, Decimal("0.5")  # sharing a partner; of a practice; of an idle job's step
RUNS_A_MONTH = {"nightly-submission": 30, "inbound-sync": 2880, "no-response": 30, "events": 720, "audit-seal": 30,
                "coverage-nightly": 30}  # fmt: skip
TARGET = REPOSITORY / "docs" / "cost.md"
_BEGIN, _END = "<!-- figures of make proof -->", "<!-- end -->"


def proof(home: Path) -> Figure:
    began = time.monotonic()
    figure = Figure("cost.claim")
    meter = Meter(store.runtime().session)  # before the first client is made
    practice = live_practice(OPERATOR)
    path = home / "cost-visits.csv"
    crash._write(path, *(line(f"V{number}", patient_id=f"P{number}") for number in range(VISITS)))
    rows: list[tuple[str, Decimal, dict[str, int]]] = []
    door = SimulatedDoor(home / "cost-exchange")
    inside = _in(practice.slug)
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("import", inside(lambda: import_visits(path))),
        ("build and scrub", inside(build_claims)),
        ("submit", inside(submit_claims)),
        ("exchange: send, 999, 277CA, 835 posted", lambda: sync(door, OPERATOR)),
    ]
    for name, act in steps:
        rows.append(_measure(meter, name, act, requests=0))
    with enter(OPERATOR, practice.slug, "proof", directory.directory()):
        stored = [item.claim for status in Status for item in records.claims_with_status(status)]
        paid = sum(1 for balance in journal.iter_balances() if balance.paid_cents)
    figure.check(len(stored) == VISITS and paid > 0, f"{len(stored)} claims, {paid} paid")
    views = PAGE_VIEWS * VISITS + LIST_VIEWS + SUMMARY_VIEWS
    rows.append(
        _measure(meter, "people looking", _looking(practice.slug, [c.claim_id for c in stored]), requests=views)
    )
    rows.append(("scheduled jobs", _schedules() * VISITS, {}))
    rows.append(("kept for a year", _storage(home, practice.slug), {}))
    total = sum((row[1] for row in rows), Decimal()) / VISITS
    figure.check(total < LIMIT_DOLLARS, f"${total:.6f} a claim")
    figure.detail = {
        "claims": VISITS,
        "nanodollars a claim": int(total * 10**9),
        "calls a claim": meter.used["calls"] // VISITS,
        "write units a claim": meter.used["write units"] // VISITS,
        "read units a claim": meter.used["half read units"] // 2 // VISITS,
    }
    _write_table(rows, total)
    figure.seconds = time.monotonic() - began
    return figure


def _in(slug: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def inside(act: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with enter(OPERATOR, slug, "proof", directory.directory()):
                return act()

        return run

    return inside


def _measure(meter: Meter, name: str, act: Callable[[], Any], requests: int) -> tuple[str, Decimal, dict[str, int]]:
    """Dollars of one step: its AWS calls, the function's time (our CPU, and waiting for AWS), requests and their log."""
    before, dollars, cpu = meter.used.copy(), meter.dollars(), time.process_time()
    act()
    price = prices()
    used = meter.used - before
    seconds = Decimal(str(time.process_time() - cpu)) + used["calls"] * WAIT_S
    cost = meter.dollars() - dollars + seconds * MEMORY_GB * price["lambda_gb_second"]
    cost += max(requests, 1) * price["lambda_request"] + requests * price["api_gateway_rest_request"]
    cost += max(requests, 1) * LOG_BYTES * price["logs_gb"] / 10**9
    return name, cost, dict(used)


def _looking(slug: str, claim_ids: list[str]) -> Callable[[], None]:
    """Claim pages, lists and summaries through the faces, as a biller."""
    from chalice.test import Client

    from chalicelib.local.web import product

    person = identity.ensure_user("cost@proof.invalid", "Staff", "fictional-proof-only", "staff", ("biller",), ("*",))
    headers = {"Authorization": "Bearer " + bearer(person.user_id, "fictional-proof-only")}
    paths = [f"/api/{slug}/claims/{claim_id}" for claim_id in claim_ids for _ in range(PAGE_VIEWS)]
    paths += [f"/api/{slug}/claims"] * LIST_VIEWS + [f"/api/{slug}/summary"] * SUMMARY_VIEWS

    def look() -> None:
        with Client(product(), stage_name="test") as client:
            for path in paths:
                answer = client.http.get(path, headers=headers)
                assert answer.status_code == 200, answer.status_code

    return look


def _schedules() -> Decimal:
    """State transitions and function calls of the scheduled jobs, a claim: a practice's share of a month, by its claims."""
    price, practices = prices(), Decimal(PRACTICES)
    scheduled = {name: job for name, job in JOBS.items() if job.schedule}
    assert scheduled.keys() == RUNS_A_MONTH.keys(), "how often does the new job run?"
    month = Decimal()
    for name, job in scheduled.items():
        runs, steps = RUNS_A_MONTH[name], len(job.parts) or 1
        # Plan, the map and Finish once a run; for each item Work and its choice a step, and Done.
        items = Decimal(1) if job.over == "practices" else 1 / practices
        transitions = 3 / practices + items * (2 * steps + 1)
        calls = 2 / practices + items * steps
        second = price["lambda_request"] + JOB_S * MEMORY_GB * price["lambda_gb_second"]
        month += runs * (transitions * price["step_functions_transition"] + calls * second)
    return month / CLAIMS_A_MONTH


def _storage(home: Path, slug: str) -> Decimal:
    """Items with their copies in the indexes, point-in-time recovery, and documents."""
    settings, price = store.runtime().settings, prices()
    _, placement = directory.directory().find(slug)
    tables = (placement.table_name,)
    state = Outside(settings.aws_endpoint, tables, settings.bucket, placement.prefix, home / "none").take()
    items = [item for table in state.tables.values() for item in table.values()]
    copies = sum(item_bytes(item) * (1 + ("gsi1pk" in item) + ("gsi2pk" in item)) + 100 for item in items)
    documents = sum(len(content) for content in state.documents.values())
    month = copies * (price["dynamodb_storage_gb_month"] + price["dynamodb_pitr_gb_month"])
    return (month + documents * price["s3_storage_gb_month"]) / 10**9 * MONTHS_KEPT


def _write_table(rows: list[tuple[str, Decimal, dict[str, int]]], total: Decimal) -> None:
    lines = ["| step | AWS calls | write units | read units | dollars |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, cost, used in rows:
        counts = [used.get(key, 0) / VISITS for key in ("calls", "write units", "half read units")]
        units = f"{counts[0]:.1f} | {counts[1]:.1f} | {counts[2] / 2:.1f}"
        lines.append(f"| {name} | {units if used else ' | | '} | {cost / VISITS:.6f} |")
    lines.append(f"| **one claim** | | | | **{total:.6f}** |")
    text = TARGET.read_text()
    head, _, rest = text.partition(_BEGIN)
    TARGET.write_text(f"{head}{_BEGIN}\n" + "\n".join(lines) + f"\n{_END}" + rest.partition(_END)[2])

"""24 claims at once on one authorization that suffices for ten: exactly ten commit, none beyond, and what is freed is used."""

from __future__ import annotations

import random
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

from chalicelib.claims.authorized import added
from chalicelib.claims.build import build_claims, settle_again
from chalicelib.claims.records import find_claims
from chalicelib.coverage import authorization_records as records
from chalicelib.coverage.authorization import Allowance
from chalicelib.coverage.authorize import Entry, add
from chalicelib.intake.records import visit_key
from chalicelib.platform.errors import Conflict, Fault
from chalicelib.store import directory
from chalicelib.tenancy import enter
from tests.practice import line, live_practice, take
from tests.proof.figures import Figure
from tests.proof.world import OPERATOR

CLAIMS, EACH, APPROVED = 24, 2, 20
FIRST = date(2026, 9, 1)


def proof(_: Path) -> Figure:
    """Over-commitments are counted against the approved number after every round."""
    figure = Figure(
        "concurrency.authorization", detail={"claims at once": CLAIMS, "over-commitments": 0, "run again": 0}
    )
    began, slug = time.monotonic(), live_practice(OPERATOR).slug
    with enter(OPERATOR, slug, "proof", directory.directory()), tempfile.TemporaryDirectory() as folder:
        take(Path(folder), *(_visit(n) for n in range(CLAIMS)))
        allowance = Allowance(codes=("97530",), measure="units", approved=APPROVED)
        made = add(Entry("P1", "87726", "AU-1", start=FIRST, end=FIRST + timedelta(60), allowances=(allowance,)))
        keys = [visit_key(f"V{n}") for n in range(CLAIMS)]
    with ThreadPoolExecutor(CLAIMS) as pool:
        claims = list(pool.map(lambda key: _build(slug, key, figure), keys))
    with enter(OPERATOR, slug, "proof", directory.directory()), tempfile.TemporaryDirectory() as folder:
        held = _judge(figure, made.auth_id, claims)
        take(Path(folder), _visit(int(_of_visit(claims, held)), authorization_number="OTHER"))
        build_claims()
        added(made)
        _judge(figure, made.auth_id, claims)
        settle_again(claims)
        _judge(figure, made.auth_id, claims)
    figure.seconds = time.monotonic() - began
    return figure


def _visit(number: int, **more: str) -> dict[str, str]:
    day = str(FIRST + timedelta(number))
    plan = {"payer_id": "87726", "line_of_business": "medicare_advantage", "member_id": "U100200305"}
    dates = {"date_of_service": day, "note_signed_on": day, "authorization_number": "AU-1"}
    return line(f"V{number}", **{**plan, **dates, **more})


def _build(slug: str, key: str, figure: Figure) -> str:
    """One claim, as a worker of its own would; what lost every race is run again, as the job runner does."""
    for _ in range(60):
        try:
            with enter(OPERATOR, slug, "proof", directory.directory()):
                (outcome,) = build_claims([key])
            return str(outcome.claim_id)
        except (Conflict, Fault):
            figure.detail["run again"] += 1
            time.sleep(random.uniform(0, 0.05))
    raise AssertionError("a worker never got through")


def _judge(figure: Figure, auth_id: str, claims: list[str]) -> set[str]:
    """Every claim either has its units or is held for them; returns the ids of those that have."""
    meter = records.meter(auth_id)
    stored = find_claims(claims)
    committed = meter.committed(0)
    figure.detail["over-commitments"] += max(0, committed - APPROVED)
    figure.check(committed == APPROVED, f"{committed} of {APPROVED} units committed")
    for claim_id in claims:
        claim = stored[claim_id].claim
        if claim.content.authorization_number != "AU-1":
            figure.check(claim_id not in meter.uses, "a claim of another authorization uses this one")
            continue
        blocked = any(finding.code == "AUTH_EXCEEDED" and finding.severity == "error" for finding in claim.findings)
        used = meter.uses[claim_id].amounts[0] if claim_id in meter.uses else 0
        figure.check(used == (0 if blocked else EACH), f"{used} units used, blocked {blocked}")
    return set(meter.uses)


def _of_visit(claims: list[str], having: set[str]) -> str:
    """The number of a visit whose claim has its units."""
    chosen = sorted(having)[0]
    return find_claims(claims)[chosen].claim.content.visit_ids[0].removeprefix("V")

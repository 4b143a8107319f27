"""A thousand generated checks, posted for real: cents in are cents on claims, at provider level, in suspense or refused."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from chalicelib.claims.submission import submit_claims
from chalicelib.store import directory, journal
from chalicelib.tenancy import enter
from tests.practice import build, line, live_practice
from tests.proof.figures import Figure
from tests.proof.world import OPERATOR
from tests.remittance.test_conservation import conserve_generated

CHECKS = 1000


def proof() -> Figure:
    """The sums are the test's own (tests/remittance/test_conservation.py)."""
    from chalicelib.claims import records

    began = time.monotonic()
    figure = Figure("remittance.conservation")
    practice = live_practice(OPERATOR)
    with tempfile.TemporaryDirectory() as folder, enter(OPERATOR, practice.slug, "proof", directory.directory()):
        (outcome,) = build(Path(folder), line())
        submit_claims()
        latest = records.get_claim(outcome.claim_id).claim.latest
        number = latest.patient_control_number if latest else ""
        try:
            figure.detail["balanced checks"] = conserve_generated(CHECKS, number)
        except AssertionError as lost:
            figure.fail(str(lost)[:300])
        figure.tried = CHECKS
        books = journal.verify()
        figure.check(bool(books["balanced"]), f"the ledger: {books['mismatches'][:2]}")
    figure.seconds = time.monotonic() - began
    return figure

"""The desk every posting test sits at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import records
from chalicelib.claims.submission import submit_claims
from chalicelib.tenancy import Principal
from tests.practice import build, line, live_practice, only
from tests.remittance.payer_desk import Desk

InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        outcome = only(build(tmp_path, line()))
        submit_claims()
        latest = records.get_claim(outcome.claim_id).claim.latest
        assert latest is not None
        yield Desk(practice, operator, outcome.claim_id, latest.patient_control_number)

"""What left about a patient, for whom and when: told when it was sent, and of this patient only."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.submission import submit_claims
from chalicelib.compliance import disclosures
from chalicelib.intake.records import patient_key
from chalicelib.jobs.sync import sync
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.store import audit_chain
from chalicelib.tenancy import Principal
from tests.practice import AETNA, CIGNA, build, line, live_practice

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


def test_a_claim_counts_when_it_was_sent(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        build(tmp_path, line("V1"), line("V2", patient_id="P2", **{**AETNA, **CIGNA}))
        submit_claims()
        assert disclosures.of_the_patient(patient_key("P1")) == ()  # written, and still here
    sync(SimulatedDoor(tmp_path / "clearinghouse"), operator)
    with in_tenant(practice.slug):
        (one,) = disclosures.of_the_patient(patient_key("P1"))
        (two,) = disclosures.of_the_patient(patient_key("P2"))
        assert (one.to_id, two.to_id) == (AETNA["payer_id"], CIGNA["payer_id"])
        assert one.what == "claim (837P, frequency 1)"
        assert one.purpose == "payment"
        assert one.document.endswith(".837") or one.document
        assert disclosures.of_the_patient(patient_key("P3")) == ()
    out = StringIO()
    from chalicelib.cli.main import main

    with redirect_stdout(out):
        assert main(["audit", "disclosures", "--tenant", practice.slug, "--patient", "P1", "--json"]) == 0
    by_member = StringIO()
    with redirect_stdout(by_member):
        words = ["audit", "disclosures", "--tenant", practice.slug, "--member-id", AETNA["member_id"].lower(), "--json"]
        assert main(words) == 0
    assert by_member.getvalue() == out.getvalue()
    assert main(["audit", "disclosures", "--tenant", practice.slug, "--member-id", "W000000000"]) == 1
    told = json.loads(out.getvalue())["disclosures"]
    assert [item["reference"] for item in told] == [one.reference]
    with in_tenant(practice.slug):
        looked = [entry for entry in audit_chain.entries("2026-09-30") if entry["action"] == "audit.disclosures"]
        assert [entry["subject"] for entry in looked] == [f"PAT#{patient_key('P1')}"] * 2

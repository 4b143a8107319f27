"""`otbill therapy explain`: an auditor sees minutes, units, working, findings and tables, and that it comes out again."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.explain import explain
from chalicelib.cli import therapy
from chalicelib.codes import tables
from chalicelib.platform.errors import NotFound
from chalicelib.tenancy import Principal
from tests.practice import MEDICARE, build, line, live_practice, only

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def practice(aws: str, in_tenant: InTenant, operator: Principal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        yield practice


def test_the_proof_of_a_claim(practice: Any, tmp_path: Path):
    rows = (
        line("V1", 1, therapist_minutes="33", cpt="97110", **MEDICARE),
        line("V1", 2, therapist_minutes="7", cpt="97140", **MEDICARE),
    )
    outcome = only(build(tmp_path, *rows))
    proof = explain(outcome.claim_id)
    assert [(item["code"], item["units"]) for item in proof["lines"]] == [("97110", 2), ("97140", 1)]
    assert proof["explanation"][0] == "40 timed minutes are 3 units by total time"
    assert [item["therapist_minutes"] for item in proof["documented"][0]["lines"]] == [33, 7]
    assert proof["plan"]["unit_rule"] == "cms"
    assert proof["expected"]["allowed_cents"] > 0
    assert proof["tables"] == tables.versions()
    assert proof["replay"] == {"same": True, "differences": []}
    assert "Testcase" not in json.dumps(proof)


def test_the_command_prints_it_and_says_when_it_comes_out_otherwise(
    practice: Any, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", **MEDICARE)))
    top = argparse.ArgumentParser()
    therapy.register(top.add_subparsers())
    arguments = top.parse_args(["therapy", "explain", "--tenant", practice.slug, "--claim", outcome.claim_id])
    arguments.principal = operator
    out = io.StringIO()
    assert arguments.run(arguments, out) == 0
    assert json.loads(out.getvalue())["claim_id"] == outcome.claim_id
    monkeypatch.setattr("chalicelib.claims.explain.draft_day", lambda *_: [])
    assert arguments.run(arguments, io.StringIO()) == 1


def test_a_claim_nobody_has_is_not_found(practice: Any):
    with pytest.raises(NotFound):
        explain("clm_00000000000000000000000000")

"""What the record attests reaches the claim: KX and the ABN modifiers from the visit, and only with what stands behind them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.records import get_claim
from chalicelib.codes import settings
from chalicelib.tenancy import Principal
from tests.practice import AETNA, MEDICARE, build, line, live_practice, only

pytestmark = pytest.mark.aws


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def claim_of(folder: Path, **more: str) -> tuple[tuple[str, ...], set[str]]:
    """Modifiers of the one line, and every finding's code."""
    claim = get_claim(only(build(folder, line(**more))).claim_id).claim
    return only(claim.content.lines).modifiers, {finding.code for finding in claim.findings}


def test_kx_stands_on_medicares_line_when_the_record_attests_it_and_the_year_calls_for_it(
    practice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    real = settings.value
    monkeypatch.setattr(settings, "value", lambda name, on: 1_000 if name == "kx_ot" else real(name, on))
    assert claim_of(tmp_path, **MEDICARE, kx_attested="Y")[0] == ("GO", "KX")


def test_kx_far_from_the_threshold_is_left_off_though_attested(practice: Any, tmp_path: Path):
    modifiers, findings = claim_of(tmp_path, **MEDICARE, kx_attested="Y")
    assert modifiers == ("GO",)
    assert "KX_NOT_NEEDED" in findings


def test_kx_is_nobody_elses(practice: Any, tmp_path: Path):
    assert claim_of(tmp_path, **AETNA, kx_attested="Y")[0] == ("GO",)


def test_a_signed_notice_keeps_ga(practice: Any, tmp_path: Path):
    modifiers, findings = claim_of(tmp_path, **MEDICARE, modifiers="GA", abn_signed_on="2026-09-01")
    assert modifiers == ("GO", "GA")
    assert "ABN_UNPROVEN" not in findings


@pytest.mark.parametrize("signed", ["", "2026-09-02"])
def test_a_notice_not_signed_before_the_service_does_not(practice: Any, tmp_path: Path, signed: str):
    modifiers, findings = claim_of(tmp_path, **MEDICARE, modifiers="GA", abn_signed_on=signed)
    assert modifiers == ("GO",)
    assert "ABN_UNPROVEN" in findings

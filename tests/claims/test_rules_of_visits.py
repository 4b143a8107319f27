"""From an imported visit to the finding: pairs of visits that differ in one field, one found and one clean."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.claim import Claim
from chalicelib.claims.records import get_claim
from chalicelib.tenancy import Principal
from tests.practice import AETNA, ASSISTANT, MEDICARE, build, line, live_practice, only

pytestmark = pytest.mark.aws
PART_B = {**MEDICARE, "referring_npi": "1999990017"}
Row = dict[str, str]


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


def claim_of(folder: Path, *rows: Row) -> Claim:
    """The one claim these rows make."""
    return get_claim(only(build(folder, *rows)).claim_id).claim


def told(claim: Claim) -> dict[str, str]:
    """Severity by finding code."""
    return {finding.code: finding.severity.value for finding in claim.findings}


def modifiers(claim: Claim) -> list[tuple[str, ...]]:
    return [line.modifiers for line in claim.content.lines]


def one(**more: str) -> list[Row]:
    return [line(**{**PART_B, "modifiers": "GO", **more})]


def shared(**more: str) -> list[Row]:
    """A visit an assistant took part in."""
    return one(assistant_id=ASSISTANT, **more)


def group_and_single(**more: str) -> list[Row]:
    """A group of 45 minutes and 30 minutes one to one, which an edit pair allows only in separate time (97150, 97530)."""
    visit = {**PART_B, "start_time": "09:00", "end_time": "10:15", "total_treatment_minutes": "75", **more}
    group = {"cpt": "97150", "therapist_minutes": "45", "modifiers": "GO", "distinct_service": ""}
    single = {"cpt": "97530", "therapist_minutes": "30", "modifiers": "GO 59", "distinct_service": "Y"}
    return [line(**{**visit, **group}), line(number=2, **{**visit, **single, **more})]


# finding, severity, rows of the visit that has it, rows of the one that has not
PAIRS: list[tuple[str, str, list[Row], list[Row]]] = [
    (
        "CO_UNSUPPORTED",
        "warning",
        shared(modifiers="GO CO", therapist_minutes="15", assistant_minutes="5"),
        shared(modifiers="GO", therapist_minutes="15", assistant_minutes="5"),
    ),
    (
        "CO_UNSUPPORTED",
        "warning",
        shared(cpt="97150", modifiers="GO CO", therapist_minutes="36", assistant_minutes="4"),
        shared(cpt="97150", modifiers="GO CO", therapist_minutes="36", assistant_minutes="5"),
    ),
    ("CO_UNSUPPORTED", "error", one(modifiers="GO CO"), one(modifiers="GO")),
    (
        "GO_UNSUPPORTED",
        "warning",
        one(cpt="L3808", therapist_minutes="", modifiers="GO"),
        one(cpt="L3808", therapist_minutes="", modifiers="RT"),
    ),
    ("MODIFIER_UNKNOWN", "warning", one(**AETNA, modifiers="GO KX"), one(**AETNA, modifiers="GO")),
    (
        "DISTINCT_SERVICE_UNPROVEN",
        "error",
        group_and_single(total_treatment_minutes="45"),
        group_and_single(total_treatment_minutes="75"),
    ),
    ("DISTINCT_SERVICE_UNPROVEN", "error", group_and_single(end_time="09:45"), group_and_single(end_time="10:15")),
    (
        "DISTINCT_SERVICE_UNPROVEN",
        "error",
        group_and_single(total_treatment_minutes="", start_time="", end_time="10:15"),
        group_and_single(total_treatment_minutes="", start_time="09:00", end_time="10:15"),
    ),
    ("DISTINCT_SERVICE_UNPROVEN", "error", group_and_single(distinct_service=""), group_and_single()),
]


@pytest.mark.parametrize(
    ("code", "severity", "bad", "good"), PAIRS, ids=[f"{n}-{pair[0]}" for n, pair in enumerate(PAIRS)]
)
def test_found_and_clean(practice: Any, tmp_path: Path, code: str, severity: str, bad: list[Row], good: list[Row]):
    fields = {name for one, other in zip(bad, good, strict=True) for name in one if one[name] != other[name]}
    assert len(fields) == 1, f"the pair differs in {sorted(fields)}"
    assert told(claim_of(tmp_path, *bad)).get(code) == severity
    assert code not in told(claim_of(tmp_path, *good))


def test_a_59_stays_only_where_the_visit_has_time_for_both(practice: Any, tmp_path: Path):
    assert modifiers(claim_of(tmp_path, *group_and_single())) == [("GO",), ("GO", "59")]
    short = claim_of(tmp_path, *group_and_single(total_treatment_minutes="45", end_time="09:45"))
    assert modifiers(short) == [("GO",), ("GO",)]
    held = next(finding for finding in short.findings if finding.code == "DISTINCT_SERVICE_UNPROVEN")
    assert "97530, 97150 take 75 minutes, the notes document 45" in held.message
    assert "NCCI_MODIFIER_NEEDED" not in told(short)


def test_a_59_between_two_visits_needs_times_that_do_not_overlap(practice: Any, tmp_path: Path):
    group, single = group_and_single(total_treatment_minutes="")
    apart = [{**group, "end_time": "09:45"}, {**single, "visit_id": "V2", "start_time": "10:00", "end_time": "10:30"}]
    assert modifiers(claim_of(tmp_path, *apart)) == [("GO",), ("GO", "59")]
    apart[1] |= {"start_time": "09:30", "end_time": "10:00"}
    assert told(claim_of(tmp_path, *apart))["DISTINCT_SERVICE_UNPROVEN"] == "error"

"""Claims know what stands around them: the patient's other claims of the day, the case's notes, the year, the payer's word."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.records import find_claims
from chalicelib.coverage import records as checks
from chalicelib.coverage.model import BenefitRecord, Benefits, Limit, Outcome
from chalicelib.documentation.records import notes_of
from chalicelib.intake.model import Coverage
from chalicelib.intake.records import patient_key
from chalicelib.onboarding.apply import apply
from chalicelib.onboarding.model import PlanSettings
from chalicelib.tenancy import Principal
from tests.practice import AETNA, MEDICARE, THERAPISTS, build, line, live_practice, take

pytestmark = pytest.mark.aws
FIRST = date(2026, 9, 1)
SILENT = dict.fromkeys(
    ("first_treatment_on", "plan_of_care_start", "plan_of_care_end", "plan_of_care_certified_on"),
    "",
)


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


def days(count: int, **more: str) -> list[dict[str, str]]:
    """One visit a day from 1 September."""
    each = [FIRST + timedelta(days=n) for n in range(count)]
    return [
        line(f"V{n:02d}", **{**more, "date_of_service": str(day), "note_signed_on": str(day)})
        for n, day in enumerate(each, 1)
    ]


def findings(outcomes: Any) -> dict[str, dict[str, Any]]:
    """Findings by code for each visit."""
    claims = find_claims(item.claim_id for item in outcomes)
    return {
        visit: {finding.code: finding for finding in stored.claim.findings}
        for stored in claims.values()
        for visit in stored.claim.content.visit_ids
    }


def test_a_second_evaluation_on_another_claim_of_the_day_is_found(practice: Any, tmp_path: Path):
    evaluation = {**AETNA, "cpt": "97165", "therapist_minutes": "30"}
    rows = [line("V1", **evaluation), line("V2", **evaluation, rendering_npi=THERAPISTS[1])]
    found = findings(build(tmp_path, *rows))
    assert all("EVALUATION_REPEATED" in found[visit] for visit in ("V1", "V2"))


def test_a_claim_to_another_payer_does_not_count(practice: Any, tmp_path: Path):
    evaluation = {"cpt": "97165", "therapist_minutes": "30"}
    rows = [line("V1", **AETNA, **evaluation), line("V2", **MEDICARE, **evaluation, rendering_npi=THERAPISTS[1])]
    found = findings(build(tmp_path, *rows))
    assert not any("EVALUATION_REPEATED" in found[visit] for visit in ("V1", "V2"))


def test_units_over_the_days_limit_on_two_claims_are_found(practice: Any, tmp_path: Path):
    """97530 is limited to 6 units a day; each claim alone is within it."""
    rows = [
        line("V1", therapist_minutes="60", start_time="08:00", end_time="09:00"),
        line("V2", therapist_minutes="60", start_time="10:00", end_time="11:00", rendering_npi=THERAPISTS[1]),
    ]
    found = findings(build(tmp_path, *rows))
    assert found["V1"]["MUE_EXCEEDED"].numbers["units"] == 8


def test_an_add_on_finds_its_primary_on_the_other_claim(practice: Any, tmp_path: Path):
    rows = [
        line("V1", cpt="97129", therapist_minutes="15"),
        line("V2", cpt="97130", therapist_minutes="15", rendering_npi=THERAPISTS[1]),
    ]
    assert all("ADD_ON_WITHOUT_PRIMARY" not in found for found in findings(build(tmp_path, *rows)).values())


def test_the_eleventh_treatment_day_without_a_report_is_held_and_the_eighth_told(practice: Any, tmp_path: Path):
    found = findings(build(tmp_path, *days(11, **MEDICARE)))
    told = {visit: each["PROGRESS_REPORT_DUE"] for visit, each in found.items() if "PROGRESS_REPORT_DUE" in each}
    assert sorted(told) == ["V08", "V09", "V10", "V11"]
    assert [told[visit].severity for visit in sorted(told)] == ["warning", "warning", "warning", "error"]
    assert told["V11"].numbers == {"days": 11}


def test_a_report_told_later_releases_the_held_claim(practice: Any, tmp_path: Path):
    rows = days(11, **MEDICARE)
    build(tmp_path, *rows)
    take(tmp_path, line("V12", **MEDICARE, date_of_service="2026-09-14", progress_report_on="2026-09-09"))
    build_claims()
    found = findings(rescrub())
    assert not any("PROGRESS_REPORT_DUE" in each for each in found.values())


def test_another_case_counts_for_itself(practice: Any, tmp_path: Path):
    rows = days(12, **MEDICARE)
    for row in rows[::2]:
        row["case_id"] = "SHOULDER"
    assert not any("PROGRESS_REPORT_DUE" in found for found in findings(build(tmp_path, *rows)).values())


def test_a_plan_of_care_told_once_covers_the_later_visits_of_the_case(practice: Any, tmp_path: Path):
    first, *others = days(3, **MEDICARE)
    found = findings(build(tmp_path, first, *({**row, **SILENT} for row in others)))
    assert not any("POC_MISSING" in each or "POC_NOT_CERTIFIED" in each for each in found.values())


def test_without_it_they_are_held(practice: Any, tmp_path: Path):
    found = findings(build(tmp_path, *({**row, **SILENT} for row in days(2, **MEDICARE))))
    assert all("POC_MISSING" in each for each in found.values())


def test_a_plan_on_record_that_ended_still_holds(practice: Any, tmp_path: Path):
    first, last = days(2, **MEDICARE)
    first["plan_of_care_end"] = "2026-09-01"
    assert "POC_EXPIRED" in findings(build(tmp_path, first, {**last, **SILENT}))["V02"]


def test_a_visit_that_moves_to_another_case_takes_its_note_along(practice: Any, tmp_path: Path):
    first, last = days(2, **MEDICARE)
    build(tmp_path, first, {**last, **SILENT})
    first["case_id"] = "OTHER"
    build(tmp_path, first)
    assert "POC_MISSING" in findings(rescrub())["V02"]


def test_the_same_visits_again_write_nothing(practice: Any, tmp_path: Path):
    rows = days(3, **MEDICARE)
    build(tmp_path, *rows)
    before = store.runtime().writes
    build(tmp_path, *rows)
    rescrub()
    assert store.runtime().writes == before
    assert len(notes_of(patient_key("P1"))) == 3


def test_the_years_amounts_call_for_kx_and_an_attestation_answers(practice: Any, tmp_path: Path, monkeypatch: Any):
    """With the threshold brought down to what two visits cost, the third needs KX."""
    from chalicelib.codes import settings

    real = settings.value
    monkeypatch.setattr(settings, "value", lambda name, on: 13_000 if name == "kx_ot" else real(name, on))
    rows = days(3, **MEDICARE)
    found = findings(build(tmp_path, *rows))
    assert ["KX_NEEDED" in found[visit] for visit in ("V01", "V02", "V03")] == [False, False, True]
    numbers = found["V03"]["KX_NEEDED"].numbers
    assert numbers["with_this_cents"] > 13_000
    rows[2]["kx_attested"] = "Y"
    attested = findings(build(tmp_path, rows[2]))["V03"]
    assert "KX_NEEDED" not in attested


def test_kx_attested_far_from_the_threshold_is_told(practice: Any, tmp_path: Path):
    assert "KX_NOT_NEEDED" in findings(build(tmp_path, *days(1, **MEDICARE, kx_attested="Y")))["V01"]


def answer(benefits: Benefits, payer: dict[str, str], on: str = "2026-09-01") -> None:
    """Store a payer's answer about P1's coverage."""
    coverage = Coverage(**{name: payer[name] for name in ("payer_id", "line_of_business", "member_id")})
    patient = patient_key("P1")
    record = BenefitRecord(
        check_id=checks.check_id(patient, coverage, on),
        patient_key=patient,
        payer_id=coverage.payer_id,
        payer_name="Payer",
        line_of_business=coverage.line_of_business,
        on=date.fromisoformat(on),
        outcome=Outcome.ANSWERED,
        words="answered",
        benefits=benefits,
        checked_at=f"{on}T12:00:00Z",
        source="271",
    )
    with store.unit_of_work() as uow:
        checks.put_check(uow, record)
        uow.commit()


@pytest.mark.parametrize(("said", "held"), [("no", True), ("yes", False), ("unknown", False)])
def test_the_payers_answer_for_the_day_holds_what_is_not_covered(practice: Any, tmp_path: Path, said: Any, held: bool):
    answer(Benefits(active=said), AETNA)
    assert ("COVERAGE_INACTIVE" in findings(build(tmp_path, line("V01")))["V01"]) is held


def test_an_answer_about_another_member_id_says_nothing(practice: Any, tmp_path: Path):
    answer(Benefits(active="no"), {**AETNA, "member_id": "W999999999"})
    assert "COVERAGE_INACTIVE" not in findings(build(tmp_path, line("V01")))["V01"]


def test_the_payers_own_count_of_the_year_stands_above_ours(practice: Any, tmp_path: Path):
    limit = Limit(scope="occupational_therapy", measure="dollars", total=248_000, remaining=1_000)
    answer(Benefits(active="yes", limits=(limit,)), MEDICARE)
    assert "KX_NEEDED" in findings(build(tmp_path, *days(1, **MEDICARE)))["V01"]


def with_plan(practice: Any, operator: Principal, payer_id: str, **told: Any) -> None:
    """The practice file with settings of its own for a payer's plan."""
    settings = PlanSettings.model_validate({"from": "2026-01-01", "source": "Letter of the payer, fictional", **told})
    payers = tuple(
        payer.model_copy(update={"plan": (settings,)}) if payer.payer_id == payer_id else payer
        for payer in practice.payers
    )
    apply(practice.model_copy(update={"payers": payers}), operator)


def modifiers(outcomes: Any) -> list[tuple[str, ...]]:
    found = find_claims([outcome.claim_id for outcome in outcomes])
    return [line.modifiers for stored in found.values() for line in stored.claim.content.lines]


def test_a_plan_may_take_over_kx_and_say_when_its_limit_is_near(practice: Any, operator: Principal, tmp_path: Path):
    attested = line("V01", kx_attested="Y", **AETNA)
    assert modifiers(build(tmp_path, attested)) == [
        ("GO",)
    ]  # KX is Original Medicare's, unless the plan's row says otherwise
    with_plan(practice, operator, "60054", kx_used=True, kx_near_percent=1)
    assert modifiers(build(tmp_path, {**attested, "visit_id": "V02", "patient_id": "P2"})) == [("GO", "KX")]


def test_the_near_end_of_a_filing_limit_is_a_setting_of_the_plan(practice: Any, operator: Principal, tmp_path: Path):
    """Aetna: 120 days from 1 September, 91 left; the last tenth is told of, or what the practice file says."""
    assert "TIMELY_FILING" not in findings(build(tmp_path, line("V01")))["V01"]
    with_plan(practice, operator, "60054", filing_near_days=91)
    assert "TIMELY_FILING" in findings(build(tmp_path, line("V02", patient_id="P2")))["V02"]

"""From an imported visit to the finding: pairs of visits that differ in one field, one found and one clean."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims.build import rescrub
from chalicelib.claims.claim import Claim
from chalicelib.claims.explain import explain
from chalicelib.claims.records import get_claim
from chalicelib.coverage import records as checks
from chalicelib.coverage.model import BenefitRecord, Benefits, Limit, Outcome
from chalicelib.intake.model import Coverage
from chalicelib.intake.records import patient_key
from chalicelib.tenancy import Principal
from tests.claims.bench_desk import Desk
from tests.practice import AETNA, ASSISTANT, MEDICARE, THERAPISTS, build, line, live_practice, only

pytestmark = pytest.mark.aws
PART_B = {**MEDICARE, "referring_npi": "1999990017"}
AUTO = {
    "payer_id": "GEICO",
    "line_of_business": "auto",
    "member_id": "",
    "accident_type": "AA",
    "accident_date": "2026-08-20",
    "accident_state": "FL",
    "property_casualty_claim_number": "CLM900",
    "first_care_on": "2026-08-22",
}
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


def evaluated(payer: Row, second: str) -> list[Row]:
    """An evaluation and one more service of 30 minutes on one visit."""
    base = {**payer, "modifiers": "GO", "start_time": "09:00", "end_time": "10:00"}
    return [line(**{**base, "cpt": "97165"}), line(number=2, **{**base, "cpt": second})]


def again(**second: str) -> list[Row]:
    """Two visits of one day on one claim; the first an evaluation of 30 minutes, the second changed."""
    first = {**PART_B, "modifiers": "GO", "cpt": "97165", "start_time": "09:00", "end_time": "09:30"}
    other = {**PART_B, "modifiers": "GO", "start_time": "10:00", "end_time": "10:30"}
    return [line("V1", **first), line("V2", **{**other, **second})]


def noticed(**more: str) -> list[Row]:
    return one(**{"abn_signed_on": "2026-09-01", "modifiers": "GO GA", **more})


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
    ("KX_NOT_NEEDED", "warning", one(kx_attested="Y"), one(kx_attested="")),
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
    ("EVALUATION_REPEATED", "error", evaluated(AETNA, "97165"), evaluated(AETNA, "97530")),
    ("EVALUATION_REPEATED", "error", evaluated(AUTO, "97165"), evaluated(AUTO, "97530")),
    ("EVALUATION_REPEATED", "error", again(cpt="97165"), again(cpt="97530")),
    ("MINUTES_EXCEED_TOTAL", "error", one(total_treatment_minutes="29"), one(total_treatment_minutes="30")),
    ("MINUTES_EXCEED_TOTAL", "error", again(total_treatment_minutes="29"), again(total_treatment_minutes="30")),
    (
        "MINUTES_EXCEED_TOTAL",
        "error",
        one(cpt="97150", therapist_minutes="45", total_treatment_minutes="44"),
        one(cpt="97150", therapist_minutes="45", total_treatment_minutes="45"),
    ),
    (
        "MINUTES_EXCEED_TOTAL",
        "error",
        one(therapist_minutes="90", start_time="09:00", end_time="09:30"),
        one(therapist_minutes="90", start_time="09:00", end_time="10:30"),
    ),
    (
        "MINUTES_EXCEED_TOTAL",
        "warning",
        one(**AETNA, therapist_minutes="90", start_time="09:00", end_time="09:30"),
        one(**AETNA, therapist_minutes="90", start_time="09:00", end_time="10:30"),
    ),
    (
        "ASSISTANT_NOT_LISTED",
        "error",
        one(assistant_minutes="15", therapist_minutes="15", assistant_id=""),
        one(assistant_minutes="15", therapist_minutes="15", assistant_id=ASSISTANT),
    ),
    (
        "ASSISTANT_NOT_LISTED",
        "error",
        one(assistant_minutes="15", therapist_minutes="15", assistant_id=""),
        one(assistant_minutes="", therapist_minutes="15", assistant_id=""),
    ),
    ("ABN_CONFLICT", "error", noticed(modifiers="GO GA GZ"), noticed(modifiers="GO GA")),
    ("ABN_CONFLICT", "error", noticed(modifiers="GO GX"), noticed(modifiers="GO GX GY")),
    ("ABN_UNPROVEN", "error", noticed(abn_signed_on="2025-08-31"), noticed(abn_signed_on="2025-09-01")),
    ("ABN_UNPROVEN", "error", noticed(abn_signed_on="2026-09-02"), noticed(abn_signed_on="2026-09-01")),
]


@pytest.mark.parametrize(
    ("code", "severity", "bad", "good"), PAIRS, ids=[f"{n}-{pair[0]}" for n, pair in enumerate(PAIRS)]
)
def test_found_and_clean(practice: Any, tmp_path: Path, code: str, severity: str, bad: list[Row], good: list[Row]):
    fields = {name for one, other in zip(bad, good, strict=True) for name in one if one[name] != other[name]}
    assert len(fields) == 1, f"the pair differs in {sorted(fields)}"
    assert told(claim_of(tmp_path, *bad)).get(code) == severity
    assert code not in told(claim_of(tmp_path, *good))


def test_two_visits_of_one_evaluation_are_two_evaluations_for_an_auto_insurer_too(practice: Any, tmp_path: Path):
    claim = claim_of(tmp_path, *evaluated(AUTO, "97165"))
    assert [(each.cpt, each.units) for each in claim.content.lines] == [("97165", 2)]
    assert claim.status == "held"


def test_a_visit_without_an_assistant_beside_one_with_is_clean(practice: Any, tmp_path: Path):
    rows = [
        *shared(assistant_minutes="30", therapist_minutes="", start_time="09:00", end_time="09:30"),
        line("V2", **{**PART_B, "modifiers": "GO", "start_time": "10:00", "end_time": "10:30"}),
    ]
    claim = claim_of(tmp_path, *rows)
    assert len(claim.content.visit_ids) == 2
    assert "ASSISTANT_NOT_LISTED" not in told(claim)


def lines_told(claim: Claim, code: str) -> list[int | None]:
    return [finding.line for finding in claim.findings if finding.code == code]


def test_a_finding_names_the_line_of_the_claim_where_another_therapist_bills_the_day_too(practice: Any, tmp_path: Path):
    first = {**PART_B, "modifiers": "GO", "start_time": "09:00", "end_time": "09:30"}
    second = {**PART_B, "rendering_npi": THERAPISTS[1], "start_time": "10:00", "end_time": "10:30"}
    outcomes = build(tmp_path, line("V1", **first), line("V2", **second))
    (claim,) = (
        found for found in (get_claim(item.claim_id).claim for item in outcomes) if found.content.visit_ids == ("V2",)
    )
    (finding,) = (finding for finding in claim.findings if finding.code == "GO_MISSING")
    assert (finding.line, len(claim.content.lines), finding.numbers["visit_line"]) == (1, 1, 1)


def test_a_finding_names_the_line_of_the_claim_where_a_service_was_split_or_earned_nothing(
    practice: Any, tmp_path: Path
):
    """97530 of therapist and assistant is two lines, so 97110 stands on the third; 97140 earns none."""
    rows = [
        line(number=4, **{**PART_B, "modifiers": "GO", "cpt": "97140", "therapist_minutes": "2"}),
        line(number=5, **{**PART_B, "modifiers": "GO", "therapist_minutes": "12", "assistant_minutes": "12"}),
        line(number=6, **{**PART_B, "modifiers": "", "cpt": "97110", "therapist_minutes": "15"}),
    ]
    claim = claim_of(tmp_path, *({**row, "assistant_id": ASSISTANT} for row in rows))
    assert [(each.number, each.cpt, each.modifiers) for each in claim.content.lines] == [
        (1, "97530", ("GO",)),
        (2, "97530", ("CO", "GO")),
        (3, "97110", ("GO",)),
    ]
    found = {finding.code: (finding.line, finding.numbers["visit_line"]) for finding in claim.content.coding_findings}
    assert found == {"UNITS_ZERO": (None, 4), "CO_MISSING": (2, 5), "GO_MISSING": (3, 6)}


def test_a_missing_charge_names_the_line_of_the_claim(practice: Any, tmp_path: Path):
    rows = [
        line(number=3, **{**PART_B, "modifiers": "GO", "therapist_minutes": "2"}),
        line(number=4, **{**PART_B, "modifiers": "GO", "cpt": "97755", "charge": ""}),
    ]
    assert lines_told(claim_of(tmp_path, *rows), "CHARGE_MISSING") == [1]


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


def medicare_says_used(cents: int) -> None:
    """Medicare's own figure of the year for P1: of $2,480.00 so much is used."""
    coverage = Coverage(**{name: PART_B[name] for name in ("payer_id", "line_of_business", "member_id")})
    limit = Limit(scope="occupational_therapy", measure="dollars", total=248_000, remaining=248_000 - cents)
    record = BenefitRecord(
        check_id=checks.check_id(patient_key("P1"), coverage, "2026-09-01"),
        patient_key=patient_key("P1"),
        payer_id=coverage.payer_id,
        payer_name="Payer",
        line_of_business=coverage.line_of_business,
        on=date(2026, 9, 1),
        outcome=Outcome.ANSWERED,
        words="answered",
        benefits=Benefits(active="yes", limits=(limit,)),
        checked_at="2026-09-01T12:00:00Z",
        source="271",
    )
    with store.unit_of_work() as uow:
        checks.put_check(uow, record)
        uow.commit()


def attested(*codes: str, **more: str) -> list[Row]:
    """15 minutes of each code; 97530 is allowed 3640 cents in Miami, 97110 beside it 2300 (ot_rules 3.2)."""
    fields = {"kx_attested": "Y", "therapist_minutes": "15", "modifiers": "GO KX", "zip": "33101", **more}
    return [line(number=n, **{**PART_B, **fields, "cpt": code}) for n, code in enumerate(codes, 1)]


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (6_237, [("GO",), ("GO",)]),  # far below
        (242_060, [("GO",), ("GO",)]),  # 2,420.60 + 36.40 + 23.00 = 2,480.00 is not over it
        (242_061, [("GO",), ("GO", "KX")]),  # the second line passes it by a cent
        (244_360, [("GO",), ("GO", "KX")]),
        (244_361, [("GO", "KX"), ("GO", "KX")]),  # the first line does, in part
        (248_000, [("GO", "KX"), ("GO", "KX")]),
    ],
)
def test_kx_stands_on_the_line_that_passes_the_threshold_and_on_the_later_ones(
    practice: Any, tmp_path: Path, used: int, expected: list[tuple[str, ...]]
):
    medicare_says_used(used)
    claim = claim_of(tmp_path, *attested("97530", "97110"))
    assert modifiers(claim) == expected
    assert claim.status == "ready"
    assert "KX_NEEDED" not in told(claim)
    assert ("KX_NOT_NEEDED" in told(claim)) == (("GO",) in expected)
    replayed = explain(claim.claim_id)["replay"]
    assert (replayed["same"], replayed["differences"]) == (True, [])


def test_our_own_figure_is_an_estimate_so_an_attestation_near_the_threshold_counts(
    practice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A threshold of $72.80: 97530 alone is half of it, with 97110 four fifths (59.40)."""
    from chalicelib.codes import settings

    real = settings.value
    monkeypatch.setattr(settings, "value", lambda name, on: 7_425 if name == "kx_ot" else real(name, on))
    assert modifiers(claim_of(tmp_path, *attested("97530", "97110"))) == [("GO",), ("GO", "KX")]


def test_what_the_year_says_later_reaches_an_unsent_claim_and_is_no_news_from_the_practice(
    practice: Any, tmp_path: Path
):
    claim = claim_of(tmp_path, *attested("97530"))
    assert modifiers(claim) == [("GO",)]
    medicare_says_used(248_000)
    assert [outcome.change for outcome in rescrub()] == ["amended"]
    assert modifiers(get_claim(claim.claim_id).claim) == [("GO", "KX")]
    assert [outcome.change for outcome in rescrub()] == ["unchanged"]


def test_a_claim_sent_without_kx_is_not_called_changed_when_the_year_calls_for_it(
    practice: Any, tmp_path: Path, operator: Principal
):
    desk = Desk(operator, tmp_path)
    claim_id = desk.billed(*attested("97530", "97110"))
    assert desk.claim(claim_id).with_payer
    medicare_says_used(248_000)
    desk.change(*attested("97530", "97110"))
    assert "correction_needed" not in desk.events(claim_id)
    desk.change(*attested("97530", "97110", kx_attested=""))
    assert "correction_needed" in desk.events(claim_id)


def test_attested_and_unattested_visits_of_a_day_are_one_line_where_kx_is_left_off(practice: Any, tmp_path: Path):
    rows = [
        line("V1", **{**PART_B, "modifiers": "GO", "start_time": "09:00", "end_time": "09:30"}),
        line("V2", **{**PART_B, "modifiers": "GO", "start_time": "10:00", "end_time": "10:30", "kx_attested": "Y"}),
    ]
    claim = claim_of(tmp_path, *rows)
    (billed,) = claim.content.lines
    assert (billed.number, billed.units, billed.modifiers, billed.minutes) == (1, 4, ("GO",), 60)
    assert claim.status == "ready"
    assert [outcome.change for outcome in rescrub()] == ["unchanged"]
    assert explain(claim.claim_id)["replay"]["same"]

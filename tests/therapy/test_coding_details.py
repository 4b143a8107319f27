"""Counted codes, spreading over lines, modifiers kept and left off, and every word and number of the working."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.codes import cpt, payers
from chalicelib.therapy.assistants import Split, over_tenth, split, split_whole
from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import CodedDay, Service
from chalicelib.therapy.modifiers import discipline
from chalicelib.therapy.units import first_then, half_hours, hours

DAY = date(2026, 8, 3)
MEDICARE = payers.plan("09102", "medicare", DAY)
AETNA = payers.plan("60054", "commercial", DAY)
GEICO = payers.plan("GEICO", "auto", DAY)


def day(*services: Service, plan: object = MEDICARE) -> CodedDay:
    return code_day(services, plan, DAY)  # type: ignore[arg-type]


def lines(coded: CodedDay) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [(line.key, line.code, line.units, line.modifiers) for line in coded.lines]


def marked(*modifiers: str, plan: object = MEDICARE, **changes: object) -> tuple[str, ...]:
    service = replace(Service("V/1", "97530", 15, file_modifiers=modifiers, visit_minutes=15), **changes)  # type: ignore[arg-type]
    return day(service, plan=plan).lines[0].modifiers


@pytest.mark.parametrize(("minutes", "units"), [(15, 0), (16, 1), (45, 1), (46, 2)])
def test_half_hours(minutes: int, units: int):
    assert half_hours(minutes) == units
    assert [line.units for line in day(Service("V/1", "98960", minutes)).lines] == ([units] if units else [])


@pytest.mark.parametrize(("minutes", "units"), [(30, 0), (31, 1), (90, 1), (91, 2)])
def test_hours(minutes: int, units: int):
    assert hours(minutes) == units


@pytest.mark.parametrize(
    ("timing", "table"),
    [
        ("first_30", {0: 0, 15: 0, 16: 1, 37: 1, 38: 2, 52: 2, 53: 3}),
        ("first_60", {0: 0, 30: 0, 31: 1, 75: 1, 76: 2, 105: 2, 106: 3}),
        ("first_120", {0: 0, 119: 0, 120: 1, 179: 1, 180: 2, 240: 3}),
    ],
)
def test_first_then(timing: str, table: dict[int, int]):
    assert {minutes: first_then(timing, minutes) for minutes in table} == table


@pytest.mark.parametrize(
    ("code", "documented", "units"), [("29130", 3, 3), ("95851", None, 1), ("97150", 4, 1), ("97165", 2, 1)]
)
def test_counted_codes_bill_the_count_and_others_one(code: str, documented: int | None, units: int):
    coded = day(Service("V/1", code, 20, documented_units=documented))
    assert [line.units for line in coded.lines] == [units]
    assert bool([f for f in coded.findings if f.code == "UNITS_MISMATCH"]) == (documented not in (None, units))


@pytest.mark.parametrize(("documented", "units"), [(None, 1), (3, 3)])
def test_a_code_we_do_not_know_stays_visible_for_the_scrub(documented: int | None, units: int):
    assert lines(day(Service("V/1", "99213", 20, documented_units=documented))) == [("V/1", "99213", units, ())]


def test_minutes_below_zero_bill_nothing():
    coded = day(Service("V/1", "97150", -1), Service("V/2", "97530", 15))
    assert [line.code for line in coded.lines] == ["97530"]
    assert coded.timed_minutes == 15


def test_units_of_one_code_go_to_the_lines_with_the_minutes():
    """50 minutes of one code are 3 units: 2 for the line of 35, 1 for the one of 15."""
    assert [u for _, _, u, _ in lines(day(Service("A", "97530", 15), Service("B", "97530", 35)))] == [1, 2]
    assert [u for _, _, u, _ in lines(day(Service("A", "97530", 19), Service("B", "97530", 19)))] == [2, 1]


def test_co_units_go_to_the_lines_of_the_assistant():
    coded = day(Service("A", "97530", 15, 0), Service("B", "97530", 0, 15))
    assert lines(coded) == [("A", "97530", 1, ("GO",)), ("B", "97530", 1, ("CO", "GO"))]
    assert [line.assistant for line in coded.lines] == [False, True]
    coded = day(Service("A", "97530", 0, 30), Service("B", "97530", 30, 15))
    assert lines(coded) == [
        ("A", "97530", 2, ("CO", "GO")),
        ("B", "97530", 2, ("GO",)),
        ("B", "97530", 1, ("CO", "GO")),
    ]


def test_cognition_by_an_assistant_after_the_therapist():
    assert lines(day(Service("A", "97129", 15), Service("B", "97130", 0, 30))) == [
        ("A", "97129", 1, ("GO",)),
        ("B", "97130", 2, ("CO", "GO")),
    ]


def test_add_on_minutes_alone_stay_on_the_add_on_code():
    """The scrub then asks for the first code."""
    assert lines(day(Service("A", "97130", 20))) == [("A", "97130", 1, ("GO",))]


@pytest.mark.parametrize("first", ["97550", "96112", "97545", "G0541"])
def test_codes_of_other_lengths_carry_co_whole_or_not_at_all(first: str):
    assert [line.assistant for line in day(Service("A", first, 60, 60)).lines][:1] == [True]
    assert [line.assistant for line in day(Service("A", first, 120, 10)).lines][:1] == [False]


@pytest.mark.parametrize(
    ("units", "therapist", "assistant", "expected"),
    [
        (0, 3, 4, (0, 0)),
        (2, 30, 0, (2, 0)),
        (2, 0, 30, (0, 2)),
        (1, 8, 14, (1, 0)),  # exception a at its edge
        (1, 7, 1, (0, 1)),  # 1 of 8 minutes is 12.5 %
        (1, 10, 1, (1, 0)),
        (2, 9, 14, (1, 1)),  # exception b at its edges
        (2, 14, 14, (1, 1)),
        (2, 22, 8, (1, 1)),  # block, then 7 and 8 of the last unit
        (2, 23, 7, (2, 0)),
        (3, 15, 30, (1, 2)),
        (2, 15, 16, (1, 1)),
        (1, 15, 5, (1, 0)),
        (2, 36, 1, (2, 0)),
        (3, 37, 1, (2, 1)),  # 1 of the last 8 minutes
        (2, 20, 3, (1, 1)),
        (3, 22, 15, (2, 1)),  # a last unit of the therapist's 7 minutes, the assistant has none of it
    ],
)
def test_split(units: int, therapist: int, assistant: int, expected: tuple[int, int]):
    found = split(units, therapist, assistant)
    assert (found.therapist, found.assistant) == expected


def test_the_working_of_a_split_is_told():
    assert split(1, 0, 15).steps == ("all minutes are the assistant's: CO",)
    assert split(2, 30, 0) == Split(2, 0)
    assert split(2, 12, 13).steps == (
        "whole quarter hours: therapist 0, assistant 0; rest 12 and 13 minutes",
        "two last units, both furnished part of them: one with CO, one without",
    )
    assert split(2, 24, 7).steps == (
        "whole quarter hours: therapist 1, assistant 0; rest 9 and 7 minutes",
        "last unit: the therapist alone gave 9 minutes, 8 or more: no CO",
    )
    assert split(3, 20, 18).steps == (
        "whole quarter hours: therapist 1, assistant 1; rest 5 and 3 minutes",
        "last unit: the assistant gave 3 of 8 minutes: CO",
    )
    assert split(2, 22, 15).steps == ("whole quarter hours: therapist 1, assistant 1; rest 7 and 0 minutes",)
    assert split(3, 22, 15).steps[1] == "last unit: the assistant gave 0 of 7 minutes: no CO"
    assert split_whole(1, 30, 10) == Split(0, 1, ("the assistant gave 10 of 40 minutes, over 10 %: CO",))
    assert split_whole(1, 40, 0) == Split(1, 0)


def test_ten_percent_needs_minutes():
    assert not over_tenth(0, 0)
    assert over_tenth(85, 10)  # 10.53 rounds to 11
    assert not over_tenth(86, 10)  # 10.42 rounds to 10


def test_the_working_of_total_time_is_told():
    assert day(Service("A", "97112", 20), Service("B", "97110", 20)).explanation == (
        "40 timed minutes are 3 units by total time",
        "97112: 20 minutes = 1 whole quarter hours and 5 minutes",
        "97110: 20 minutes = 1 whole quarter hours and 5 minutes",
        "97110 earns one more unit: its 5 minutes are among the largest rests",
        "tie: 97110, 97112 each have 5 minutes left; the unit went to 97110",
    )
    three = day(Service("A", "97530", 24), Service("B", "97110", 8), Service("C", "97140", 8))
    assert three.ties == ("97110, 97140 each have 8 minutes left; the unit went to 97110",)


def test_the_working_of_other_rules_is_told():
    assert day(Service("A", "97530", 24), plan=AETNA).explanation == (
        "97530: 24 minutes alone are 2 units by the midpoint rule",
    )
    assert day(Service("A", "96125", 31)).explanation == ("96125: 31 minutes are 1 units of its own length",)
    assert day(Service("A", "97165", 30)).explanation == ()
    assert dict(day(Service("A", "97530", 5), Service("B", "97110", 4), plan=AETNA).other_rule_units) == {
        "97530": 1,
        "97110": 0,
    }


def test_modifiers_in_house_order():
    kept = marked(
        "59", "RT", "KX", "GO", "CO", distinct_service=True, kx_attested=True, therapist_minutes=0, assistant_minutes=15
    )
    assert kept == ("CO", "GO", "KX", "59", "RT")


def test_one_distinct_modifier_the_more_exact_one():
    assert marked("GO", "59", "XU", distinct_service=True) == ("GO", "XU")
    assert marked("GO", "59") == ("GO",)
    assert marked("GO", distinct_service=True) == ("GO",)  # never added


def test_kx_needs_the_attestation_and_original_medicare():
    assert marked("GO", "KX") == ("GO",)
    assert marked("GO", kx_attested=True) == ("GO", "KX")
    assert marked("GO", "KX", kx_attested=True, plan=AETNA) == ("GO",)


@pytest.mark.parametrize(
    ("in_file", "signed", "kept"),
    [
        ("GA", True, True),
        ("GA", False, False),
        ("GX", True, True),
        ("GX", False, False),
        ("GY", False, True),
        ("GZ", False, True),
    ],
)
def test_notice_modifiers_need_the_signed_notice(in_file: str, signed: bool, kept: bool):
    assert (in_file in marked("GO", in_file, abn_signed=signed)) is kept
    if in_file != "GY":  # no benefit at all: there is nothing to attest
        assert in_file not in marked("GO", in_file, abn_signed=signed, kx_attested=True)
    assert in_file not in marked("GO", in_file, abn_signed=True, plan=AETNA)


def test_an_excluded_service_keeps_gy_and_has_no_threshold_to_pass():
    assert marked("GO", "GY", kx_attested=True) == ("GO", "GY")


def test_a_notice_is_never_added():
    assert marked("GO", abn_signed=True) == ("GO",)


def test_go_where_the_plan_does_not_ask_stays_if_the_file_has_it():
    assert marked(plan=GEICO) == ()
    assert marked("GO", plan=GEICO) == ("GO",)


def found(*modifiers: str, plan: object = MEDICARE, **changes: object) -> set[str]:
    service = replace(Service("V/1", "97530", 15, file_modifiers=modifiers), **changes)  # type: ignore[arg-type]
    return {finding.code for finding in day(service, plan=plan).findings}


def test_no_modifier_we_know_is_called_unknown():
    for modifier in (
        "GA",
        "GX",
        "GY",
        "GZ",
        "XE",
        "XS",
        "XP",
        "XU",
        "59",
        "KX",
        "GO",
        "CO",
        "GP",
        "95",
        "RT",
        "F5",
        "TA",
    ):
        assert "MODIFIER_UNKNOWN" not in found("GO", modifier)
    assert "MODIFIER_UNKNOWN" in found("GO", "F0")


@pytest.mark.parametrize("modifier", ["KX", "GA", "GX", "GY", "GZ", "CO"])
def test_what_the_plan_does_not_use_is_left_off_and_told(modifier: str):
    assert marked("GO", modifier, plan=AETNA, abn_signed=True, assistant_minutes=15) == ("GO",)
    assert found("GO", modifier, plan=AETNA, abn_signed=True, assistant_minutes=15) == {"MODIFIER_UNKNOWN"}
    assert "MODIFIER_UNKNOWN" not in found("GO", plan=AETNA)


def test_notices_that_contradict_each_other():
    assert found("GO", "GA", "GZ", abn_signed=True) == {"ABN_CONFLICT"}
    assert found("GO", "GX", abn_signed=True) == {"ABN_CONFLICT"}
    assert found("GO", "GX", "GY", abn_signed=True) == found("GO", "GA", abn_signed=True) == set()


@pytest.mark.parametrize("code", ["L3808", "A4466", "97014"])
def test_go_on_a_code_outside_the_plan_of_care_is_told(code: str):
    coded = day(Service("V/1", code, 15, file_modifiers=("GO",)))
    assert [line.modifiers for line in coded.lines] == [()]
    assert [(f.code, f.severity.value) for f in coded.findings] == [("GO_UNSUPPORTED", "warning")]
    assert day(Service("V/1", code, 15)).findings == ()


def test_conflict_of_kx_with_a_notice():
    assert "GA_KX_CONFLICT" in found("GO", "KX", "GA", abn_signed=True)
    assert "GA_KX_CONFLICT" in found("GO", "GZ", kx_attested=True)
    assert "GA_KX_CONFLICT" not in found("GO", "GY", kx_attested=True)
    assert "GA_KX_CONFLICT" not in found("GO", "KX", "GA", plan=AETNA)


@pytest.mark.parametrize("modifier", ["GP", "GN", "CQ"])
def test_other_disciplines(modifier: str):
    assert found(modifier) >= {"DISCIPLINE_CONFLICT"}


def test_a_code_of_speech_therapy_is_another_discipline():
    assert "DISCIPLINE_CONFLICT" in {f.code for f in day(Service("A", "92607", 60)).findings}


@pytest.mark.parametrize(("code", "therapist", "assistant"), [("97530", 10, 5), ("97530", 15, 5), ("97150", 36, 4)])
def test_co_in_the_file_where_the_minutes_do_not_call_for_it_is_left_off_and_told(
    code: str, therapist: int, assistant: int
):
    """ot_rules 2.2: the therapist's 8 minutes of the last unit, and a tenth exactly."""
    coded = day(Service("V/1", code, therapist, assistant, file_modifiers=("GO", "CO")))
    assert [line.modifiers for line in coded.lines] == [("GO",)]
    (told,) = coded.findings
    assert (told.code, told.severity.value) == ("CO_UNSUPPORTED", "warning")
    assert f"{assistant} of {therapist + assistant} minutes" in told.message


def test_co_without_any_minutes_of_an_assistant_holds():
    (told,) = day(Service("V/1", "97530", 15, file_modifiers=("GO", "CO"))).findings
    assert (told.code, told.severity.value) == ("CO_UNSUPPORTED", "error")


def test_a_finding_names_its_service_by_place_and_key():
    services = [
        Service("V1/7", "97530", 15, file_modifiers=("GO",)),
        Service("V1/9", "97110", 16, documented_units=3, file_modifiers=("GP",)),
        Service("V2/1", "97140", 3, file_modifiers=("ZZ",)),
        Service("V2/2", "97165", 30, file_modifiers=("CO", "59", "KX")),
    ]
    coded = day(*services)
    assert {f.code for f in coded.findings} == {
        "DISCIPLINE_CONFLICT",
        "GO_MISSING",
        "UNITS_MISMATCH",
        "MODIFIER_UNKNOWN",
        "UNITS_ZERO",
        "CO_ON_EVALUATION",
        "KX_NOT_ATTESTED",
        "DISTINCT_SERVICE_UNPROVEN",
    }
    for finding in coded.findings:
        assert finding.line is not None
        assert finding.numbers["service"] == services[finding.line - 1].key
        assert finding.numbers["code"] == services[finding.line - 1].code
    mismatch = next(f for f in coded.findings if f.code == "UNITS_MISMATCH")
    assert mismatch.numbers == {"service": "V1/9", "code": "97110", "minutes": 16, "units": 1}
    assert mismatch.message == "97110: the file says 3 units, the minutes earn 1"


@pytest.mark.parametrize(
    ("modifiers", "code", "changes"),
    [
        (("GO", "CO"), "CO_UNSUPPORTED", {}),
        (("GO",), "CO_MISSING", {"therapist_minutes": 0, "assistant_minutes": 15}),
        (("GO", "KX", "GA"), "GA_KX_CONFLICT", {"abn_signed": True}),
        (("GO", "GA"), "ABN_UNPROVEN", {}),
        (("GO", "GX"), "ABN_CONFLICT", {}),
        (("GO", "95", "76", "RT", "52"), "MODIFIERS_TOO_MANY", {}),
    ],
)
def test_findings_on_modifiers_name_the_second_of_two_services(
    modifiers: tuple[str, ...], code: str, changes: dict[str, object]
):
    second = replace(Service("V1/2", "97110", 15, file_modifiers=modifiers), **changes)  # type: ignore[arg-type]
    coded = day(Service("V1/1", "97530", 15, file_modifiers=("GO",)), second)
    (only,) = [f for f in coded.findings if f.code == code]
    assert (only.line, only.numbers["service"]) == (2, "V1/2")
    if code == "ABN_UNPROVEN":
        assert only.message == "97110 carries GA, but no signed notice (ABN) in force that day is on record"


def test_severity_is_the_line_of_business_s():
    """ABN_UNPROVEN holds for Medicare; other plans do not use the notice."""
    assert "ABN_UNPROVEN" in found("GO", "GA")
    assert "ABN_UNPROVEN" not in found("GO", "GA", plan=AETNA)


TIMED = st.lists(
    st.builds(
        Service,
        st.uuids().map(str),
        st.sampled_from(["97110", "97112", "97129", "97130", "97140", "97530", "97535", "97165", "97150"]),
        st.integers(0, 60),
        st.integers(0, 45),
    ),
    max_size=6,
)


@given(TIMED)
def test_units_of_the_day_are_the_total_time_count_and_split_lines_add_up(services: list[Service]):
    untimed = {"97165", "97150"}
    total = sum(s.therapist_minutes + s.assistant_minutes for s in services if s.code not in untimed)
    coded = day(*services)
    timed = sum(line.units for line in coded.lines if line.code not in untimed)
    assert coded.timed_minutes == total
    assert timed == (0 if total < 8 else (total + 7) // 15)
    for service in services:
        mine = [line for line in coded.lines if line.key == service.key]
        if service.code in untimed:
            assert sum(line.units for line in mine) == 1
    if not any(service.assistant_minutes for service in services):
        assert not any(line.assistant for line in coded.lines)


@given(TIMED)
def test_a_plan_without_co_bills_the_same_units_in_whole_lines(services: list[Service]):
    """Humana commercial asks for CO, a copy of it that does not bills the same units per service and code."""
    humana = payers.plan("61101", "commercial", DAY)
    assert humana is not None
    with_co, without = day(*services, plan=humana), day(*services, plan=replace(humana, co_required=False))

    def units(coded: CodedDay) -> dict[tuple[str, str], int]:
        out: dict[tuple[str, str], int] = {}
        for line in coded.lines:
            out[line.key, line.code] = out.get((line.key, line.code), 0) + line.units
        return out

    assert units(with_co) == units(without)
    assert len({(line.key, line.code) for line in without.lines}) == len(without.lines)
    assert not any("CO" in line.modifiers for line in without.lines)


def test_an_unproven_59_holds_only_where_the_plan_has_edits():
    pair = (Service("A", "97150", 30, file_modifiers=("GO",)), Service("B", "97530", 15, file_modifiers=("GO", "59")))
    severity = {
        str(plan.name): f.severity.value  # type: ignore[union-attr]
        for plan in (MEDICARE, AETNA, GEICO)
        for f in day(*pair, plan=plan).findings
        if f.code == "DISTINCT_SERVICE_UNPROVEN"
    }
    assert severity == {"Medicare Part B Florida": "error", "Aetna": "error", "GEICO": "warning"}


def test_minutes_of_two_disciplines_never_pool():
    """ot_rules 1.1 rule 2: OT and PT totals kept apart. Pooled, 7 + 7 minutes would earn a unit and 23 + 23 only three."""
    few = day(Service("A", "97530", 7), Service("B", "97140", 7, file_modifiers=("GP",)))
    many = day(Service("A", "97530", 23), Service("B", "97140", 23, file_modifiers=("GP",)))
    assert few.total_units == 0
    assert [(line.code, line.units) for line in many.lines] == [("97530", 2), ("97140", 2)]
    assert "DISCIPLINE_CONFLICT" in {finding.code for finding in many.findings}
    assert any(step.startswith("GP: ") for step in many.explanation)


def test_one_code_of_two_disciplines_is_two_counts():
    apart = day(Service("A", "97110", 8, file_modifiers=("GO",)), Service("B", "97110", 8, file_modifiers=("GP",)))
    together = day(Service("A", "97110", 8, file_modifiers=("GO",)), Service("B", "97110", 8, file_modifiers=("GO",)))
    assert (apart.total_units, together.total_units) == (2, 1)
    assert apart.timed_minutes == together.timed_minutes == 16


@pytest.mark.parametrize(
    ("code", "marks", "expected"),
    [
        ("97530", (), "GO"),
        ("97530", ("GO",), "GO"),
        ("97530", ("GP",), "GP"),
        ("97530", ("GN",), "GN"),
        ("97530", ("CQ",), "GP"),
        ("97530", ("GO", "GP"), "GO"),
        ("97530", ("RT", "59"), "GO"),
        ("97161", ("GO",), "GP"),
        ("92607", ("GO",), "GN"),
        ("00000", ("GN",), "GN"),
    ],
)
def test_whose_minutes_they_are(code: str, marks: tuple[str, ...], expected: str):
    """The code's own discipline first, then the file's word (CQ is a PT assistant's), then occupational therapy."""
    assert discipline(Service("A", code, 15, file_modifiers=marks), cpt.lookup(code, DAY)) == expected


def test_a_tie_of_another_discipline_says_whose_it_is():
    marked: dict[str, Any] = {"file_modifiers": ("GP",)}
    tied = day(Service("A", "97112", 20, **marked), Service("B", "97110", 20, **marked))
    (tie,) = tied.ties
    assert tie.startswith("GP: 97110, 97112") or tie.startswith("GP: 97112, 97110")
    assert tied.timed_minutes == 40

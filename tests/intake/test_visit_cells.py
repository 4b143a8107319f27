"""A practice's cells become exact values, or a reason that does not repeat them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.intake import cells
from chalicelib.intake.columns import COLUMNS, REQUIRED
from chalicelib.intake.rows import read_row

GOOD = {
    "visit_id": "V1",
    "line_number": "1",
    "date_of_service": "2026-07-31",
    "place_of_service": "11",
    "rendering_npi": "1999990006",
    "patient_id": "P1",
    "last_name": "Testcase",
    "first_name": "Marigold",
    "date_of_birth": "1950-02-03",
    "sex": "F",
    "address": "1 Example Way",
    "city": "Miami",
    "state": "FL",
    "zip": "33101",
    "payer_id": "60054",
    "line_of_business": "commercial",
    "member_id": "W123456789",
    "relationship": "self",
    "diagnosis_1": "M62.81",
    "cpt": "97530",
}


def faults_of(**changes: str) -> list[tuple[str, str]]:
    _, faults = read_row(7, {**GOOD, **changes})
    return [(fault.column, fault.code) for fault in faults]


def test_a_full_row_has_no_fault() -> None:
    assert faults_of() == []


@pytest.mark.parametrize("column", REQUIRED)
def test_each_required_column_is_missed_by_name(column: str) -> None:
    assert (column, "VALUE_MISSING") in faults_of(**{column: " "})


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("date_of_service", "2026-02-30", "DATE_UNREADABLE"),
        ("date_of_service", "31/07/2026", "DATE_UNREADABLE"),
        ("date_of_birth", "2026-08-01", "BORN_AFTER_VISIT"),
        ("therapist_minutes", "-5", "NUMBER_UNREADABLE"),
        ("therapist_minutes", "12.5", "NUMBER_UNREADABLE"),
        ("charge", "75.005", "AMOUNT_UNREADABLE"),
        ("charge", "-1", "AMOUNT_NEGATIVE"),
        ("charge", "75,50", "AMOUNT_UNREADABLE"),
        ("charge", "1,2,3", "AMOUNT_UNREADABLE"),
        ("diagnosis_pointers", "²", "POINTER_UNREADABLE"),
        ("therapist_minutes", "١٥", "NUMBER_UNREADABLE"),
        ("sex", "female-ish", "SEX_UNKNOWN"),
        ("line_of_business", "hmo", "VALUE_UNKNOWN"),
        ("rendering_npi", "123", "NPI_UNREADABLE"),
        ("modifiers", "GO 59 KX CO 76", "MODIFIER_UNREADABLE"),
        ("diagnosis_pointers", "2", "POINTER_DANGLING"),
        ("diagnosis_3", "M62.81", "DX_GAP"),
        ("last_name", "Test*case", "CHARACTER_NOT_ALLOWED"),
        ("last_name", "张", "NAME_UNWRITABLE"),
        ("last_name", "T" * 61, "TOO_LONG"),
        ("first_name", "x" * 201, "TOO_LONG"),
        ("accident_type", "XX", "ACCIDENT_TYPE_UNKNOWN"),
    ],
)
def test_a_bad_cell_is_named_with_its_code(column: str, text: str, code: str) -> None:
    assert code in [found for _, found in faults_of(**{column: text})]


def test_auto_needs_a_claim_number_or_a_policy_id() -> None:
    assert faults_of(line_of_business="auto", member_id="") == [("property_casualty_claim_number", "VALUE_MISSING")]
    assert faults_of(line_of_business="auto", member_id="", property_casualty_claim_number="PC1") == []


@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.text(max_size=40), max_size=12))
def test_no_row_raises_and_no_fault_repeats_a_cell(row: dict[str, str]) -> None:
    _, faults = read_row(2, row)
    for fault in faults:
        words = f"{fault.reason} {fault.fix}"
        assert not any(len(cell.strip()) > 12 and cell.strip() in words for cell in row.values())


def test_spreadsheet_habits_are_read() -> None:
    assert cells.to_date("7/4/2026") == date(2026, 7, 4)
    assert cells.to_cents("$1,075.50") == 107550
    assert cells.to_zip("2139") == "02139"
    assert cells.to_time("2:30 PM") == "14:30"
    assert cells.to_pointers("A B") == (1, 2)
    assert cells.whole(0, 99, "minutes")("15.0") == 15

"""A practice file is read whole or refused with everything that is wrong with it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from practice_text import GOOD

from chalicelib.onboarding import model, rules
from chalicelib.onboarding.practice_file import (
    PracticeFileRefused,
    load,
    parse,
    practice_from_record,
    schema_text,
    to_record,
)
from chalicelib.platform.errors import Misuse

ROOT = Path(__file__).parents[2]
OT = "1245319599"
CREDENTIALING = "therapists[1].credentialing[2]"


def problems(text: str) -> set[tuple[str, str, str]]:
    with pytest.raises(PracticeFileRefused) as refusal:
        parse(text.encode())
    return {(p.table, p.key, p.code) for p in refusal.value.problems}


def spoiled(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


def test_answers_who_treats_and_who_only_assists():
    practice = parse(GOOD.encode())
    assert practice.therapist(OT).last_name == "Testcase"
    assert practice.therapist("1234567893") is None
    assert practice.assistant("ota-1").first_name == "Ash"
    assert practice.assistant("ot-1") is None


def test_enrolment_counts_from_its_first_day():
    practice = parse(GOOD.encode())
    assert practice.enrolled("09102", "837", date(2025, 1, 1)) == "live"
    assert practice.enrolled("09102", "837", date(2024, 12, 31)) == "pending"
    assert practice.enrolled("87726", "837", date(2026, 9, 30)) == "test"
    assert practice.enrolled("09102", "EFT", date(2026, 9, 30)) == "pending"
    assert practice.enrolled("87726", "835", date(2026, 9, 30)) == "none"
    assert practice.enrolled("60054", "837", date(2026, 9, 30)) == "none"


@pytest.mark.parametrize(
    ("payer", "line", "on", "expected"),
    [
        ("09102", "medicare", date(2025, 1, 1), True),
        ("09102", "medicare", date(2024, 12, 31), False),
        ("87726", "commercial", date(2026, 6, 30), True),
        ("87726", "commercial", date(2026, 7, 1), False),
        ("87726", "medicare_advantage", date(2026, 6, 30), False),
        ("60054", "commercial", date(2026, 6, 30), False),
    ],
)
def test_credentialing_covers_its_days_and_its_line_of_business(payer, line, on, expected):
    assert parse(GOOD.encode()).credentialed(OT, payer, line, on) is expected


def test_charges_are_exact_cents_and_unknown_procedures_have_none():
    practice = parse(GOOD.encode())
    assert (practice.charge_cents("97530"), practice.charge_cents("97165")) == (7500, 18050)
    assert practice.charge_cents("97110") is None


def test_every_problem_is_told_at_once():
    text = GOOD.replace('npi = "1234567893"', 'npi = "1234567890"').replace("331011234", "33101")
    text = text.replace('"75.00"', '"75.005"').replace('payer_id = "87726"\nline', 'payer_id = "60054"\nline')
    text = (
        text.replace('id = "ota-1"', 'id = "ot-1"')
        .replace("America/New_York", "Miami")
        .replace("is_person", "is_persona")
    )
    text = text.replace('  payer_id = "87726"', '  payer_id = "60054"')
    assert problems(text) == {
        ("", "npi", "NPI_CHECK_DIGIT"),
        ("", "time_zone", "TIME_ZONE_UNKNOWN"),
        ("", "is_persona", "EXTRA_FORBIDDEN"),
        ("address", "zip", "ZIP_NINE_DIGITS"),
        ("fee_schedule", "97530", "NOT_DOLLARS"),
        (CREDENTIALING, "payer_id", "PAYER_NOT_LISTED"),
        ("therapists[2]", "id", "DOUBLED"),
    }


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('tax_id = "650000001"', 'tax_id = "65-0000001"', ("", "tax_id", "TAX_ID_FORMAT")),
        ('tax_id = "650000001"', "tax_id = 650000001", ("", "tax_id", "STRING_TYPE")),
        ("261QR0400X", "207Q00000X", ("", "taxonomy", "TAXONOMY_UNKNOWN")),
        ("100 Testcase Way", "P.O. Box 12", ("address", "", "PO_BOX")),
        ("100 Testcase Way", "Post Office Box 12", ("address", "", "PO_BOX")),
        ('state = "FL"', 'state = "Fl"', ("address", "state", "STATE_UNKNOWN")),
        ('kind = "OTA"', 'kind = "OTA"\nnpi = "1234567893"', ("therapists[2]", "", "ASSISTANT_WITH_NPI")),
        (f'npi = "{OT}"\n', "", ("therapists[1]", "", "NPI_MISSING")),
        ("225X00000X", "224Z00000X", ("therapists[1]", "", "TAXONOMY_KIND")),
        ('to = "2026-06-30"', 'to = "2025-02-01"', (CREDENTIALING, "", "DATES_ORDER")),
        ('from = "2025-03-01"', 'from = "03/01/2025"', (CREDENTIALING, "from", "DATE_FROM_DATETIME_PARSING")),
        (
            'line_of_business = "commercial"',
            'line_of_business = "auto"',
            (CREDENTIALING, "line_of_business", "LINE_NOT_LISTED"),
        ),
        ('["medicare"]', '["commercial"]', ("payers[1]", "lines_of_business", "PAYER_UNKNOWN")),
        ('"835" = {', '"836" = {', ("payers[1].enrolment", "836", "LITERAL_ERROR")),
        ('state = "live"', 'state = "alive"', ("payers[1].enrolment.837", "state", "LITERAL_ERROR")),
        ('"6.5"', '"six"', ("fee_agreement", "percent_of_collections", "NOT_PERCENT")),
        ("SIMCLEAR", "SIM~CLEAR", ("billing", "receiver_id", "STRING_PATTERN_MISMATCH")),
        ("is_person = false", "is_person = true", ("", "first_name", "FIRST_NAME_MISSING")),
    ],
)
def test_a_spoiled_piece_is_named_by_table_and_key(old, new, where):
    assert problems(spoiled(old, new)) == {where}


def test_no_refused_value_is_repeated():
    text = spoiled('tax_id = "650000001"', 'tax_id = "9876543210123"').replace(
        'npi = "1234567893"', 'npi = "1777777777"'
    )
    with pytest.raises(PracticeFileRefused) as refusal:
        parse(text.encode())
    told = str(refusal.value) + "".join(str(p.as_dict()) for p in refusal.value.problems)
    assert "9876543210123" not in told
    assert "1777777777" not in told


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"a = ", "NOT_TOML"), (b"\xff\xfe", "NOT_UTF8"), (b"#" * 600_000, "FILE_TOO_LARGE")],
)
def test_what_is_no_practice_file_is_refused_kindly(content, code):
    with pytest.raises(PracticeFileRefused) as refusal:
        parse(content)
    assert [p.code for p in refusal.value.problems] == [code]


def test_a_missing_file_is_misuse(tmp_path):
    with pytest.raises(Misuse):
        load(tmp_path / "none.toml")


def test_the_file_is_named_after_its_slug(tmp_path):
    (tmp_path / "other.toml").write_text(GOOD)
    with pytest.raises(PracticeFileRefused) as refusal:
        load(tmp_path / "other.toml")
    assert [p.code for p in refusal.value.problems] == ["SLUG_FILE"]


def test_what_is_stored_reads_back_the_same():
    practice = parse(GOOD.encode())
    assert practice_from_record(json.loads(json.dumps(to_record(practice)))) == practice


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_reader(content):
    with pytest.raises(PracticeFileRefused):
        parse(content)


@given(st.integers(10**8, 2 * 10**8 - 1))
def test_one_wrong_digit_of_an_npi_is_always_seen(body):
    check = next(d for d in range(10) if rules.luhn_valid(f"80840{body}{d}"))
    assert rules.npi_fault(f"{body}{check}") is None
    assert rules.npi_fault(f"{body}{(check + 1) % 10}") is not None


@pytest.mark.parametrize("line", ["12 Boxwood Court", "9 Post Road", "77 Poboy Street", "5 Lockwood Box Lane"])
def test_streets_that_only_sound_like_boxes_pass(line):
    assert not rules.is_po_box(line)


def test_lines_of_business_are_the_same_as_in_the_visit_file():
    from chalicelib.intake.model import LineOfBusiness as IntakeLine

    assert set(model.LineOfBusiness.__args__) == {line.value for line in IntakeLine}


def test_schema_file_is_the_models():
    assert (ROOT / "tenants/schema.json").read_text() == schema_text(), (
        "regenerate: otbill tenant schema > tenants/schema.json"
    )


@pytest.mark.parametrize("path", sorted((ROOT / "tenants").glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_practices_are_right(path):
    assert load(path).slug == path.stem

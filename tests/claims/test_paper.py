"""A claim on paper: every item where the form has its box, read back from the PDF by position."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from chalicelib.claims import paper, paper_boxes, records
from chalicelib.claims.model import ClaimContent, ClaimLine, Provider
from chalicelib.claims.paper import PaperClaim, forms
from chalicelib.cli.main import main
from chalicelib.documents.print_grid import Alignment, draw
from chalicelib.intake.model import Accident, Address, Coverage, Person, PlanOfCare, Referrer
from chalicelib.onboarding.model import Practice
from chalicelib.onboarding.practice_file import load
from chalicelib.platform.errors import Refused
from chalicelib.tenancy import Principal
from tests.practice import REPOSITORY, build, line, live_practice, only

PRACTICE = load(REPOSITORY / "tenants/harborview-ot.toml")
BILLING = Provider(
    npi="1999999984",
    last_name="Harborview O.T.",
    is_person=False,
    tax_id="990000001",
    taxonomy="225X00000X",
    address=Address(line1="12 Example Blvd. #3", city="Miami", state="FL", zip="331010001"),
)


def a_line(number: int = 1, **more: Any) -> ClaimLine:
    base = {
        "number": number,
        "visit_id": "v",
        "visit_line": number,
        "cpt": "97530",
        "modifiers": ("GO", "KX"),
        "units": 2,
        "charge_cents": 15000,
        "diagnosis_pointers": (1, 2),
    }
    return ClaimLine(**{**base, **more})


def content(**more: Any) -> ClaimContent:
    base: dict[str, Any] = {
        "claim_id": "clm_x",
        "visit_ids": ("V1",),
        "patient_key": "pat_x",
        "practice_patient_id": "P1",
        "date_of_service": date(2026, 9, 1),
        "place_of_service": "11",
        "billing": BILLING,
        "rendering": Provider(npi="1999999992", last_name="Solstice", first_name="Theodora"),
        "referrer": Referrer(npi="1999990014", last_name="Referrer", first_name="Rhea"),
        "patient": Person(
            last_name="Testcase", first_name="Marigold", middle_name="Q", date_of_birth=date(1950, 2, 3), sex="F"
        ),
        "patient_address": Address(line1="1 Example Way", city="Miami", state="FL", zip="33101", phone="305-555-0100"),
        "coverage": Coverage(
            payer_id="60054", line_of_business="commercial", member_id="W100200301", group_number="G77"
        ),
        "payer_name": "Aetna",
        "diagnoses": ("M62.81", "R27.8"),
        "lines": (a_line(),),
        "plan_of_care": PlanOfCare(first_treatment_on=date(2026, 8, 3)),
        "authorization_number": "AUTH9",
        "patient_paid_cents": 2500,
    }
    return ClaimContent(**{**base, **more})


def claim(**more: Any) -> PaperClaim:
    return PaperClaim(content(**more), "ABCD123456789X")


def read(pdf: bytes) -> list[dict[tuple[int, int], str]]:
    """Per page, the words by the grid cell they begin in, from the positions in the PDF."""
    pages = []
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        for page in document.pages:
            words = page.extract_words(x_tolerance=1, keep_blank_chars=False)
            pages.append({_cell(word["x0"], word["bottom"]): word["text"] for word in words})
    return pages


def _cell(x: float, bottom: float) -> tuple[int, int]:
    return round((bottom - 9) / 12) + 1, round((x - 18) / 7.2) + 1


def printed(given: PaperClaim, practice: Practice = PRACTICE) -> list[dict[tuple[int, int], str]]:
    return read(draw(forms(given, practice), Alignment()))


def test_every_item_stands_in_its_box() -> None:
    (page,) = printed(claim())
    expected = {
        (8, 31): "X",  # 1, a group plan
        (8, 50): "W100200301",  # 1a
        (10, 1): "TESTCASE,",
        (10, 31): "02", (10, 34): "03", (10, 37): "1950", (10, 47): "X",  # 3
        (10, 50): "TESTCASE,",  # 4
        (12, 33): "X",  # 6, self
        (14, 1): "MIAMI", (14, 26): "FL", (16, 1): "33101", (16, 15): "305", (16, 19): "5550100",  # 5
        (18, 50): "G77",  # 11
        (20, 41): "X", (22, 41): "X", (24, 41): "X",  # 10
        (26, 57): "X",  # 11d
        (29, 7): "SIGNATURE",  # 12
        (32, 31): "454", (32, 37): "08", (32, 40): "03", (32, 43): "2026",  # 15
        (34, 1): "DN", (34, 4): "REFERRER,", (34, 33): "1999990014",  # 17, 17b
        (36, 57): "X",  # 20
        (37, 42): "0", (38, 3): "M6281", (38, 16): "R278",  # 21
        (40, 50): "AUTH9",  # 23
        (44, 1): "09", (44, 4): "01", (44, 7): "26", (44, 10): "09", (44, 19): "11", (44, 25): "97530",  # 24
        (44, 33): "GO", (44, 36): "KX", (44, 45): "AB", (44, 52): "150", (44, 56): "00", (44, 59): "2",
        (44, 68): "1999999992",
        (56, 1): "990000001", (56, 19): "X", (56, 23): "ABCD123456789X", (56, 38): "X",  # 25 to 27
        (56, 54): "150", (56, 58): "00", (56, 65): "25", (56, 68): "00",  # 28, 29
        (58, 23): "HARBORVIEW", (58, 50): "HARBORVIEW", (61, 50): "1999999984",  # 32, 33
        (61, 63): "ZZ225X00000X",
    }  # fmt: skip
    assert {cell: page.get(cell) for cell in expected} == expected
    assert not [text for text in page.values() if "." in text or "#" in text], "no punctuation"


def test_medicare_first_says_none_and_leaves_the_subscriber_empty() -> None:
    """Claims Processing Manual ch.26 s.10.2: items 4, 6 and 7 empty, 11 NONE, no 11d."""
    medicare = Coverage(payer_id="09102", line_of_business="medicare", member_id="1EG4TE5MK72")
    (page,) = printed(claim(coverage=medicare, payer_name="Medicare Part B Florida"))
    assert (page[8, 1], page[18, 50]) == ("X", "NONE")
    assert not [cell for cell in page if cell in ((10, 50), (12, 33), (12, 50), (26, 52), (26, 57), (61, 63))]


def test_more_than_six_lines_go_on_with_the_total_on_the_last_form() -> None:
    lines = tuple(a_line(n, charge_cents=1000 * n) for n in range(1, 9))
    first, second = printed(claim(lines=lines))
    assert [cell for cell in first if cell[1] == 25 and cell[0] in paper_boxes.SERVICE_LINES] == [
        (line, 25) for line in paper_boxes.SERVICE_LINES
    ]
    assert [cell for cell in second if cell[1] == 25 and cell[0] in paper_boxes.SERVICE_LINES] == [(44, 25), (46, 25)]
    assert first[56, 52] == "CONTINUED"
    assert second[56, 54] == "360"
    assert first[56, 23] == second[56, 23], "one claim number"


def test_for_medicare_every_form_has_its_own_total_and_the_payment_counts_once() -> None:
    medicare = Coverage(payer_id="09102", line_of_business="medicare", member_id="1EG4TE5MK72")
    lines = tuple(a_line(n, charge_cents=1000 * n) for n in range(1, 9))
    first, second = printed(claim(lines=lines, coverage=medicare))
    assert (first[56, 54], second[56, 54]) == ("210", "150")
    assert (first[56, 65], second[56, 66]) == ("25", "0")


def test_item_29_has_what_earlier_payers_paid_but_never_for_medicare() -> None:
    """GIVEN 25.00 from the patient and 60.00 from the first payer WHEN the next gets paper THEN it reads 85, Medicare 25."""
    medicare = Coverage(payer_id="09102", line_of_business="medicare", member_id="1EG4TE5MK72")
    for more, words in (({}, "85"), ({"coverage": medicare}, "25")):
        later = dataclasses.replace(claim(**more), later_payer=True, paid_before_cents=6000)
        (page,) = printed(later)
        assert page[56, 65] == words


def test_a_fifth_modifier_goes_into_item_19() -> None:
    many = a_line(modifiers=("CO", "GO", "KX", "59", "XE"))
    (page,) = printed(claim(lines=(a_line(2), many)))
    assert [page[46, column] for column in (33, 36, 39, 42)] == ["CO", "GO", "KX", "99"]
    assert page[36, 1] == "2=CO"


def test_an_auto_accident_has_its_state_date_and_claim_number() -> None:
    auto = Coverage(payer_id="GEICO", line_of_business="auto")
    crash = Accident(type="AA", date=date(2026, 8, 1), state="FL", claim_number="8812345")
    (page,) = printed(claim(coverage=auto, accident=crash, payer_name="GEICO"))
    assert (page[22, 35], page[22, 45], page[22, 50], page[22, 53]) == ("X", "FL", "Y4", "8812345")
    assert (page[32, 31], page[32, 37]) == ("439", "08")
    assert page[8, 50] == "8812345", "no member id: the accident claim's number"


def test_a_correction_names_what_it_replaces() -> None:
    (page,) = printed(replace(claim(), frequency="7", original_reference="PAYER123"))
    assert (page[38, 50], page[38, 62]) == ("7", "PAYER123")


def test_a_dependent_shows_both_people() -> None:
    child = Coverage(
        payer_id="60054",
        line_of_business="commercial",
        member_id="W1",
        relationship="child",
        subscriber=Person(last_name="Elder", first_name="Anise", date_of_birth=date(1970, 1, 1), sex="M"),
    )
    (page,) = printed(claim(coverage=child))
    assert (page[10, 1], page[10, 50], page[12, 42]) == ("TESTCASE,", "ELDER,", "X")
    assert (page[20, 59], page[20, 68]) == ("1970", "X")
    assert (12, 50) not in page, "we do not know where the subscriber lives"


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"authorization_number": "9" * 30}, "23"),
        ({"diagnoses": ("M6281",) * 13}, "21"),
        ({"lines": (a_line(units=1000),)}, "24G"),
        ({"lines": (a_line(charge_cents=10_000_000),)}, "28"),
    ],
)
def test_what_does_not_fit_is_refused_and_never_cut(more: dict[str, Any], where: str) -> None:
    with pytest.raises(Refused) as caught:
        forms(claim(**more), PRACTICE)
    assert caught.value.where == where


def test_a_long_name_is_cut_where_the_box_ends() -> None:
    long = Person(last_name="Testcase-" * 6, first_name="Marigold")
    (page,) = forms(claim(patient=long), PRACTICE)
    assert max(len(mark.text) for mark in page if mark.line == 10) == 29
    assert all(mark.column + len(mark.text) <= 81 for mark in page)


def test_the_alignment_moves_everything_and_nothing_else_is_on_the_page() -> None:
    marks = forms(claim(), PRACTICE)
    with pdfplumber.open(io.BytesIO(draw(marks, Alignment()))) as plain:
        with pdfplumber.open(io.BytesIO(draw(marks, Alignment(2.54, -5.08)))) as moved:
            before, after = plain.pages[0].chars, moved.pages[0].chars
            shifts = {
                (round(b["x0"] - a["x0"], 2), round(b["top"] - a["top"], 2)) for a, b in zip(before, after, strict=True)
            }
        page = plain.pages[0]
        assert (len(page.rects), len(page.lines), len(page.images)) == (0, 0, 0), "data only"
        assert {char["fontname"] for char in page.chars} == {"Courier"}
    assert shifts == {(7.2, -14.4)}


def test_the_review_copy_frames_every_item_and_hides_nothing() -> None:
    marks = forms(claim(), PRACTICE)
    data = {(mark.line, mark.column): mark for page in marks for mark in page}
    boxes = paper_boxes.BOXES
    for mark in data.values():
        end = mark.column + len(mark.text) - 1
        inside = [b for b in boxes if b.top <= mark.line <= b.bottom and b.left <= mark.column and end <= b.right]
        assert len(inside) == 1, (mark, "stands in one box")
        words_end = inside[0].left + stringWidth(inside[0].words, "Helvetica", 5) / 7.2
        assert mark.line > inside[0].top or mark.column > words_end, "not over the words"
    pdf = draw(marks, Alignment(), boxes, paper_boxes.OPTIONS, "Review copy")
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        page = document.pages[0]
        assert len(page.rects) == len(boxes)
        assert not page.images
        text = page.extract_text()
    assert "page 1 of 1" in text
    assert "Diagnoses A to L" in text


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Practice]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


@pytest.mark.aws
def test_otbill_claims_paper_writes_the_form_under_the_number_it_is_sent_with(
    practice: Practice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from chalicelib.claims.submission import submit_claims

    outcome = only(build(tmp_path, line()))
    to = tmp_path / "claim.pdf"
    words = ["claims", "paper", "--tenant", practice.slug, "--claim", str(outcome.claim_id), "--to", str(to)]
    assert main(words) == 0
    (before,) = read(to.read_bytes())
    submit_claims()
    assert main([*words, "--review", "--json"]) == 0
    sent = records.get_claim(str(outcome.claim_id)).claim.latest
    assert sent is not None
    assert before[56, 23] == sent.patient_control_number, "the number did not change by sending"
    assert to.stat().st_mode & 0o077 == 0, "its owner's alone"


@pytest.mark.aws
def test_a_held_claim_is_looked_at_but_not_printed(practice: Practice, tmp_path: Path) -> None:
    outcome = only(build(tmp_path, line(note_signed_on="")))
    assert outcome.status == "held"
    with pytest.raises(Refused) as caught:
        paper.paper_pdf(str(outcome.claim_id))
    assert caught.value.code == "CLAIM_HELD"
    assert paper.paper_pdf(str(outcome.claim_id), review=True).startswith(b"%PDF")

"""`otbill x12 show`: what a payer answers (271, 278) and what stands beside the money of a claim, in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import x12_values as v

from chalicelib import x12
from chalicelib.cli.x12 import show_command
from chalicelib.x12.eligibility import Delivery

ASKED: Any = ("Acme Plan", "A1", v.BILLING, v.MARIGOLD, "M77")


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")


def shown(path: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> str:
    """The page, blanks and line breaks as one blank."""
    path.write_bytes(data)
    assert show_command(path) == 0
    return " ".join(capsys.readouterr().out.split())


def test_benefits_of_one_service_stand_together_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    therapy: Any = {"coverage_level": "IND", "service_types": ("AD",)}
    benefits = (
        x12.Benefit("1", "IND", ("30",), "MB", dates=(x12.BenefitDate("291", dt.date(2026, 1, 1)),)),
        x12.Benefit("B", **therapy, amount_cents=3000, period="27", network="Y"),
        x12.Benefit("C", "FAM", ("30",), amount_cents=50000, period="23"),
        x12.Benefit(
            "F", **therapy, quantity_qualifier="VS", quantity=30, period="23", authorization="Y",
            messages=("SHARED WITH PT",), deliveries=(Delivery("VS", 12, "WK", 3, "34", 1),),
        ),
        x12.Benefit("A", **therapy, percent=Decimal("0.2"), network="N"),
        x12.Benefit("R", insurance_type="C1", entity_name="ACME INS", entity_id="99", entity_code="PR"),
    )  # fmt: skip
    answer = x12.BenefitResponse(*ASKED, group_number="G77", benefits=benefits)
    text = shown(tmp_path / "a.271", x12.write_271(v.interchange(), [answer]), capsys)
    for words in (
        "Acme Plan (A1) answers Harborview OT", "Testcase, Marigold, born 1950-01-02; member M77", "group G77",
        "active individual Medicare Part B (MB) plan 2026-01-01", "copayment 30.00 a visit individual, in network",
        "deductible 500.00 per calendar year family", "limitation 30 visits per calendar year individual authorization required",
        "12 visits, 3 a week, for 1 month SHARED WITH PT", "coinsurance 20 % individual, out of network",
        "commercial (C1) payer: ACME INS (99)",
    ):  # fmt: skip
        assert words in text, words
    assert text.count("occupational therapy (AD)") == text.count("whole plan (30)") == 1


def test_a_payer_that_cannot_answer_is_quoted_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = x12.BenefitResponse(*ASKED, errors=(x12.RequestError("2100C", "N", "75", "C"),))
    text = shown(tmp_path / "a.271", x12.write_271(v.interchange(), [answer]), capsys)
    assert "Not answered: the payer does not find the subscriber (reason 75, loop 2100C)" in text
    assert "the payer says: correct it and ask again" in text


def test_an_authorization_says_what_is_certified_how_much_and_when(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services = (
        x12.ReviewService("97530", ("GO",), quantity_qualifier="VS", quantity=8, service_from=v.DAY,
                          decision=x12.Decision("A1", "AUTH78")),
        x12.ReviewService("97165", quantity_qualifier="VS", quantity=1, decision=x12.Decision("A3", "", "0V")),
    )  # fmt: skip
    answer = x12.ReviewResponse(
        *ASKED, trace="T9", service_from=v.DAY, service_to=dt.date(2026, 12, 31), quantity_qualifier="VS", quantity=12,
        decision=x12.Decision("A2", "AUTH77"), services=services, message="Send the plan of care.",
    )  # fmt: skip
    text = shown(tmp_path / "a.278", x12.write_278(v.interchange(), [answer]), capsys)
    for words in (
        "Decision: certified in part (A2), authorization AUTH77", "how much: 12 visits",
        "service dates: 2026-09-01 to 2026-12-31", "97530 GO 8 visits 2026-09-01 certified as asked (A1), authorization AUTH78",
        "97165 1 visit not certified (A3), reason 0V", "Send the plan of care.",
    ):  # fmt: skip
        assert words in text, words


def test_a_remittance_page_tells_days_drg_quantities_and_provider_sums(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = v.remittance(
        provider_summaries=(x12.ProviderSummary("1234567893", "11", dt.date(2026, 12, 31), 1, 22050),),
    )
    claim = sent.claims[0]
    claim.inpatient, claim.outpatient = x12.Inpatient(3, drg_cents=12345), x12.Outpatient(Decimal("0.8"), 100)
    claim.quantities, claim.amounts = (x12.Quantity("CA", 3),), (x12.Amount("AU", 22050),)
    text = shown(tmp_path / "a.835", x12.write_835(v.interchange(), [sent]), capsys)
    for words in (
        "inpatient: covered days 3, DRG 123.45", "outpatient: reimbursement rate 0.8, HCPCS payable 1.00", "covered 220.50",
        "days covered 3", "Summary of provider 1234567893, facility 11, fiscal period 2026-12-31: claims 1, charge 220.50",
    ):  # fmt: skip
        assert words in text, words


def test_a_claim_page_names_the_drug_and_the_providers_of_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = v.line(1, drug=x12.Drug("00781183520", Decimal("2.5"), "ML"), supervising=v.THERAPIST)
    text = shown(tmp_path / "a.837", x12.write_837p(v.interchange(), [v.claim(lines=(line,))]), capsys)
    assert "line 1: drug 00781183520 2.5 ML, supervised by Therapist, Olive (NPI 1245319599)" in text

"""`otbill x12`: JSON Lines a script can rely on, exit codes, and a report and pages a person can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import x12_values as v

from chalicelib import x12
from chalicelib.cli.x12 import check_command, read_command, show_command


@pytest.fixture
def remittance(tmp_path: Path) -> Path:
    path = tmp_path / "era.835"
    path.write_bytes(x12.write_835(v.interchange(), [v.remittance()]))
    return path


def test_read_prints_a_remittance_its_claims_and_its_end(remittance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_command(remittance) == 0
    out, err = capsys.readouterr()
    head, claim, end = map(json.loads, out.splitlines())
    assert err == ""
    assert (head["object"], head["amount_cents"], head["method"], head["date"], head["trace"]) == (
        "remittance", 6100, "ACH", "2026-10-01", "SIM1",
    )  # fmt: skip
    assert head["payer"] == {"name": "Medicare Part B", "id": "09102"}
    assert head["payee"] == {"name": "Harborview OT", "npi": v.NPIS[0], "tax_id": "123456789"}
    assert (claim["object"], claim["paid_cents"], claim["patient_responsibility_cents"]) == (
        "claim_payment",
        8000,
        2000,
    )
    assert claim["patient"] == {"last_name": "Testcase", "first_name": "Marigold", "member_id": "1EG4"}
    assert claim["lines"][0]["adjustments"] == [
        {"group": "CO", "reason": "45", "amount_cents": 2050, "quantity": None},
        {"group": "PR", "reason": "2", "amount_cents": 2000, "quantity": None},
    ]
    assert claim["lines"][0]["remark_codes"] == ["N851"]
    assert end == {
        "object": "remittance_end", "claims": 1, "paid_cents": 8000, "balanced": True, "out_of_balance": [],
        "provider_adjustments": [
            {"reason": "WO", "reference": "OVP1", "amount_cents": 2500},
            {"reason": "L6", "reference": "INT", "amount_cents": -600},
        ],
    }  # fmt: skip


def test_read_prints_a_claim(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "claims.837"
    sent = v.claim(claim_filing="AM", accident=x12.Accident(("AA",), "FL", v.DAY, "CLAIM9"), authorization_number="A1")
    path.write_bytes(x12.write_837p(v.interchange(), [sent]))
    assert read_command(path) == 0
    (claim,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert claim["accident"] == {
        "related_causes": ["AA"],
        "state": "FL",
        "date": "2026-09-01",
        "claim_number": "CLAIM9",
    }
    assert (claim["billing_npi"], claim["rendering_npi"], claim["authorization_number"]) == (v.NPIS[0], v.NPIS[1], "A1")
    assert claim["lines"][0] == {
        "procedure": "97530", "modifiers": ["GO"], "charge_cents": 12050, "units": 2, "diagnosis_pointers": [1],
        "date": "2026-09-01", "line_control_number": "L1", "adjudications": [],
    }  # fmt: skip


def test_findings_go_to_stderr_and_the_exit_code_says_so(remittance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remittance.write_bytes(remittance.read_bytes().replace(b"BPR*I*61*", b"BPR*I*62*"))
    assert read_command(remittance) == 1
    out, err = capsys.readouterr()
    (found,) = map(json.loads, err.splitlines())
    assert (found["code"], found["segment"], found["severity"]) == ("TRANSACTION_BALANCE", "ST", "error")
    end = json.loads(out.splitlines()[-1])
    assert end["out_of_balance"] == [{"level": "transaction", "reference": "SIM1", "off_by_cents": 100}]


@pytest.mark.parametrize("content", [b"", b"name,amount\nx,1\n", b"ISA*00"])
def test_what_is_no_x12_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert [command(path) for command in (read_command, check_command, show_command)] == [2, 2, 2]


def test_only_4010_exits_2_with_a_reason(remittance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remittance.write_bytes(remittance.read_bytes().replace(b"005010X221A1", b"004010X091A1"))
    assert read_command(remittance) == 2
    assert json.loads(capsys.readouterr().err)["code"] == "VERSION_4010"


def test_check_says_what_is_wrong_and_what_to_do(remittance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_command(remittance) == 0
    assert "Nothing is wrong" in capsys.readouterr().out
    remittance.write_bytes(remittance.read_bytes().replace(b"CAS*CO*45*", b"CAS*CO*999*"))
    check_command(remittance)
    assert "CARC_UNKNOWN" in capsys.readouterr().out


def test_show_reads_like_an_explanation_of_benefits(remittance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_command(remittance) == 0
    text = capsys.readouterr().out
    for words in ("Medicare Part B", "Testcase, Marigold", "61.00", "it balances", "Provider level WO OVP1: -25.00"):
        assert words in text


def test_every_code_of_a_remittance_is_explained(remittance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_command(remittance)
    text = " ".join(capsys.readouterr().out.split())
    for words in (
        "by bank transfer (ACH) on 2026-10-01",
        "CO-45 contractual obligation, not the patient's:",
        "Coinsurance share",
    ):
        assert words in text


def test_show_says_in_words_what_a_999_accepts_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = x12.SegmentError("CLM", 22, "2300", "8", (x12.ElementError(2, 0, "1"),))
    sets = (x12.TransactionAck("0001"), x12.TransactionAck("0002", "R", (wrong,), codes=("5",)))
    path = tmp_path / "answer.999"
    path.write_bytes(x12.write_999(v.interchange(), [x12.Acknowledgement("17", "HC", "P", sets)]))
    assert show_command(path) == 0
    text = capsys.readouterr().out
    for words in (
        "group 17 (claims)",
        "accepted in part",
        "837 0002  rejected",
        "CLM, segment 22",
        "required element missing (1)",
    ):
        assert words in text


def test_text_of_a_file_is_shown_as_it_stands(remittance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets and colons are no markup, whoever wrote them."""
    remittance.write_bytes(remittance.read_bytes().replace(b"Marigold", b"[/b]"))
    assert show_command(remittance) == 0
    assert "Testcase, [/b]" in capsys.readouterr().out


def test_check_names_what_a_file_holds_in_words(remittance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_command(remittance)
    assert "remittance (835 005010X221A1); 1 remittance, 1 claim payment" in capsys.readouterr().out

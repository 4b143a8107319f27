"""`otbill remits` from the terminal: what a poster does with what does not post by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.cli import common
from chalicelib.cli.main import main
from chalicelib.x12 import ProviderAdjustment
from tests.remittance.payer_desk import CO45, PR2, Desk

pytestmark = pytest.mark.aws


def run(capsys: pytest.CaptureFixture[str], desk: Desk, *words: str, code: int = 0) -> Any:
    assert main(["remits", *words, "--tenant", desk.practice.slug, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture(autouse=True)
def _no_other_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "connect", lambda: None)


def test_a_poster_works_the_unmatched_queue_from_the_terminal(
    desk: Desk, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stranger = desk.payment(CO45, PR2, number="ELSEWHERE")
    stranger.payer_control_number = "ELSE"
    path = tmp_path / "check.835"
    path.write_bytes(desk.check(stranger, plb=(ProviderAdjustment("WO", "LETTER 1", 300),)))
    assert run(capsys, desk, "post", str(path))["remittances"][0]["suspended"] == 1
    (waits,) = run(capsys, desk, "unmatched")["unmatched"]
    assert (waits["paid_cents"], waits["reason"]) == (8800, "NO_SUCH_CLAIM")
    check, number = waits["remittance_id"], str(waits["sequence"])
    assert run(capsys, desk, "match", check, number, "--claim", desk.claim_id)["outcome"] == "posted"
    assert run(capsys, desk, "show", check)["claims"][0]["claim_id"] == desk.claim_id
    assert run(capsys, desk, "unmatch", check, number)["reason"] == "UNMATCHED_BY_HAND"
    (offset,) = run(capsys, desk, "trace")["offsets"]
    assert offset["open_cents"] == 300
    run(capsys, desk, "match", check, number, "--claim", desk.claim_id)
    assert run(capsys, desk, "assign", offset["offset_id"], "--claim", desk.claim_id)["claim_id"] == desk.claim_id
    bank = tmp_path / "bank.csv"
    bank.write_text("date,amount,trace\n2026-09-30,85.00,T1\n")
    found = run(capsys, desk, "reconcile", "--deposits", str(bank))
    assert (found["matched"][0]["trace"], found["unapplied_cents"]) == ("T1", 0)
    assert run(capsys, desk, "patient-payment", "--claim", desk.claim_id, "--amount", "22.00", "--receipt", "R1")[
        "recorded"
    ]
    assert run(capsys, desk, "refunds")["refunds"] == []


def test_people_read_the_same_without_json(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.post(desk.check(desk.payment(CO45, PR2, number="ELSEWHERE")))
    for command in ("list", "unmatched", "trace", "refunds"):
        assert main(["remits", command, "--tenant", desk.practice.slug]) == 0
    said = capsys.readouterr().out
    assert "88.00  in suspense, 1 payments" in said
    assert "A payment names a claim we did not send" in said

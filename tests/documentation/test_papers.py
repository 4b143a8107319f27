"""Papers handed in beside the visits: what a practice's rule asks for, and what releases the claim once it is there."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims import rule_book
from chalicelib.claims.build import rescrub
from chalicelib.cli import documents as command
from chalicelib.documentation import attachments
from chalicelib.intake.records import patient
from chalicelib.platform.errors import NotFound, Refused
from chalicelib.tenancy import Principal
from tests.practice import MEDICARE, build, line, live_practice, only

pytestmark = pytest.mark.aws
PDF = b"%PDF-1.4\n% a fictional prescription\n"
ASK = b"""
[[rules]]
name = "prescription-first"
when = { payer = ["60054"] }
then = "require_document"
document = "prescription"
"""


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


def papers_on_file() -> list[str]:
    return [paper.name for paper in attachments.papers_of(patient("P1").key)]


def test_a_held_claim_is_released_by_the_paper_its_rule_asks_for(practice: Any, tmp_path: Path):
    """GIVEN a rule that asks for a prescription THEN the claim is held until that paper, and no other, is there."""
    rule_book.apply(ASK, "rules.toml")
    held = only(build(tmp_path, line()))
    assert (held.status, held.reasons) == ("held", ("BILLER_RULE",))
    attachments.add("insurance_card", PDF, patient=patient("P1").key)
    assert only(rescrub()).status == "held"
    attachments.add("prescription", PDF, patient=patient("P1").key)
    assert only(rescrub()).status == "ready"


def test_a_paper_of_one_visit_releases_only_that_visit_s_claim(practice: Any, tmp_path: Path):
    rule_book.apply(ASK, "rules.toml")
    second = line("V2", date_of_service="2026-09-02", note_signed_on="2026-09-02")
    outcomes = build(tmp_path, line(), second)
    assert [outcome.status for outcome in outcomes] == ["held", "held"]
    attachments.add("prescription", PDF, patient=patient("P1").key, visit_id="V2")
    assert sorted(outcome.status for outcome in rescrub()) == ["held", "ready"]


def test_a_documented_reason_for_a_late_certification_releases_a_medicare_claim(practice: Any, tmp_path: Path):
    """42 CFR 424.11(d)(3): GIVEN day 30 passed unsigned THEN the claim is held, until the reason for the delay is on record."""
    late = {"first_treatment_on": "2026-08-03", "plan_of_care_start": "2026-08-03", "plan_of_care_certified_on": ""}
    held = only(
        build(tmp_path, line(**{**MEDICARE, "referring_npi": "1999999315", "member_id": "1EG4TE5MK73", **late}))
    )
    assert (held.status, held.reasons) == ("held", ("POC_NOT_CERTIFIED",))
    attachments.add("delayed_certification", PDF, patient=patient("P1").key)
    assert only(rescrub()).status == "ready"


def test_a_paper_of_another_case_does_not_count(practice: Any, tmp_path: Path):
    rule_book.apply(ASK, "rules.toml")
    build(tmp_path, line(case_id="hand"))
    attachments.add("prescription", PDF, patient=patient("P1").key, case_id="shoulder")
    assert only(rescrub()).status == "held"
    attachments.add("prescription", PDF, patient=patient("P1").key, case_id="hand")
    assert only(rescrub()).status == "ready"


def test_the_same_paper_twice_is_one_paper_and_writes_nothing_again(practice: Any, tmp_path: Path):
    build(tmp_path, line())
    first = attachments.add("prescription", PDF, patient=patient("P1").key)
    before = store.runtime().writes
    assert attachments.add("prescription", PDF, patient=patient("P1").key) == first
    assert store.runtime().writes == before
    assert papers_on_file() == ["prescription"]


def test_what_is_no_paper_is_refused_by_its_content_and_nothing_is_kept(practice: Any, tmp_path: Path):
    build(tmp_path, line())
    key = patient("P1").key
    refusals = [
        ("prescription", b"MZ\x90\x00 a program", "PAPER_KIND"),
        ("prescription", b"<html>", "PAPER_KIND"),
        ("prescription", b"", "PAPER_KIND"),
        ("Prescription of Marigold", PDF, "PAPER_NAME"),
        ("prescription", PDF + b" " * attachments.MAX_BYTES, "PAPER_TOO_LARGE"),
    ]
    for name, content, code in refusals:
        with pytest.raises(Refused) as refused:
            attachments.add(name, content, patient=key)
        assert refused.value.code == code
    assert papers_on_file() == []


def test_a_paper_for_a_visit_of_somebody_else_is_refused(practice: Any, tmp_path: Path):
    build(tmp_path, line(), line("V9", patient_id="P9", last_name="Sample"))
    with pytest.raises(NotFound):
        attachments.add("prescription", PDF, patient=patient("P1").key, visit_id="V9")
    with pytest.raises(NotFound):
        attachments.add("prescription", PDF, patient="pat_" + "A" * 26)


def test_the_paper_comes_back_as_it_was_and_the_look_is_on_record(
    practice: Any, operator: Principal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    scan, back = tmp_path / "scan.pdf", tmp_path / "back.pdf"
    scan.write_bytes(PDF)
    claim_id = only(build(tmp_path, line())).claim_id
    base: dict[str, Any] = {"tenant": practice.slug, "principal": operator, "json": False}
    added = argparse.Namespace(**base, file=scan, name="prescription", claim=claim_id, patient=None, visit="", case="")
    assert command.run_add(added) == 0
    assert command.run_list(argparse.Namespace(**base, patient="P1")) == 0
    assert "one visit" in capsys.readouterr().out
    paper = only(attachments.papers_of(patient("P1").key))
    assert command.run_get(argparse.Namespace(**base, patient="P1", paper=paper.paper_id, to=back)) == 0
    assert back.read_bytes() == PDF
    assert back.stat().st_mode & 0o077 == 0

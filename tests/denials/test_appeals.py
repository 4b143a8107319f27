"""An appeal from draft to outcome, and its packet opened: text read, pages counted, tags checked by pikepdf."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from chalicelib import documents, store
from chalicelib.claims.model import Status
from chalicelib.denials import acts, appeals, clocks, overturns, paths, records
from chalicelib.denials.papers import add_document, ask_upload, take_upload
from chalicelib.denials.refresh import refresh
from chalicelib.documentation import uploads
from chalicelib.documents import pdf
from chalicelib.intake.records import patient_key
from chalicelib.platform.errors import Misuse, NotFound, Refused
from chalicelib.tenancy import current
from tests.denials.conftest import Desk
from tests.documentation.test_uploads import post
from tests.practice import MEDICARE, npi

WRITTEN = "His aunt Wisteria said, number"
DENIED = (("CO", "50", 15000),)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def scan(words: str) -> bytes:
    """A one-page PDF that somebody else made: no tags."""
    made = pikepdf.new()
    made.add_blank_page(page_size=(612, 792))
    page = made.pages[0]
    page.Contents = made.make_stream(f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode())
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    out = io.BytesIO()
    made.save(out, deterministic_id=True)  # else two scans of one text differ by the second they were made in
    return out.getvalue()


@pytest.mark.aws
def test_a_packet_is_tagged_and_says_what_the_payer_needs(desk: Desk) -> None:
    found = desk.denied(DENIED, remarks=("N115",))
    appeal = appeals.draft(
        found.denial_id, recipient="AETNA\nPO Box 0000", statement="She dresses herself again <b>#1</b> $x$."
    )
    assert (appeal.level, appeal.level_name, appeal.argument, appeal.deadline) == (
        1, "first-level appeal", "necessity", date(2027, 3, 29)
    )  # fmt: skip
    assert {item.code: item.state for item in appeal.evidence} == {
        "note": "have", "plan_of_care": "have", "certification": "have", "progress_report": "missing", "minutes": "have",
        "policy": "missing",
    }  # fmt: skip
    packed = appeals.packet(appeal.appeal_id)
    content = documents.get(packed.packet)
    with pikepdf.open(io.BytesIO(content)) as opened:
        root = opened.Root
        assert root.MarkInfo.Marked is True or bool(root.MarkInfo.Marked)
        assert str(root.Lang) == "en-US"
        assert str(opened.docinfo.Title).startswith("Appeal for claim ")
        tags = _tags(root.StructTreeRoot)
        assert {"/Document", "/H1", "/P", "/Table", "/TR", "/TH", "/TD"} <= tags
        with opened.open_metadata() as told:
            assert told["pdfuaid:part"] == "1"
        assert len(opened.pages) == packed.packet_pages == 2
    said = text_of(content)
    number = desk.claim(found.claim_id).latest.patient_control_number
    for words in (
        "Marigold Testcase", "W100200301", "2026-09-01", number, "PAYER77", "CO-50", "N115", "97530 GO", "$150.00",
        "The treatment note was signed on 2026-09-01 by A. Therapist", "The plan of care was certified on 2026-08-10",
        "She dresses herself again <b>#1</b> $x$.", "Your decision", "The claim as it was sent", "Accepted by the payer",
    ):  # fmt: skip
        assert words in said, words
    assert appeals.packet(appeal.appeal_id) == packed  # made again: the same bytes, nothing written


def _tags(node: Any, seen: set[str] | None = None) -> set[str]:
    """Every structure type below a node."""
    found = seen if seen is not None else set()
    if isinstance(node, pikepdf.Array):
        for item in node:
            _tags(item, found)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            found.add(str(node.S))
        if "/K" in node:
            _tags(node.K, found)
    return found


@pytest.mark.aws
def test_added_documents_stand_behind_the_packet_and_its_own_tags_stay(desk: Desk) -> None:
    found = desk.denied(DENIED)
    add_document(found.denial_id, scan("Progress report, fictional"), "Progress report", "progress_report")
    add_document(
        found.denial_id, scan("Progress report, fictional"), "Progress report", "progress_report"
    )  # the same one
    with pytest.raises(Refused):
        add_document(found.denial_id, b"%PDF-1.7 not really", "Broken")
    with pytest.raises(Misuse):
        add_document(found.denial_id, scan("x"), "Other", "no_such_evidence")
    packed = appeals.packet(appeals.draft(found.denial_id).appeal_id)
    content = documents.get(packed.packet)
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert len(opened.pages) == packed.packet_pages
        assert "/Table" in _tags(opened.Root.StructTreeRoot)
        with opened.open_metadata() as told:
            assert "pdfuaid:part" not in told  # nobody knows what a scan's tags are worth
    reader = PdfReader(io.BytesIO(content))
    behind = [
        number for number, page in enumerate(reader.pages, 1) if "Progress report, fictional" in page.extract_text()
    ]
    assert behind == [packed.packet_pages]  # once, and last
    assert {item.code: item.state for item in packed.evidence}["progress_report"] == "attached"


@pytest.mark.aws
def test_a_document_from_outside_is_in_the_packet_once_it_is_found_clean(desk: Desk) -> None:
    """ADR 0016: posted straight to the store, held apart, taken when clean, refused when not; never another patient's."""
    found = desk.denied(DENIED)
    upload_id, form = ask_upload(found.denial_id)
    assert post(form, scan("Progress report of September")) in (200, 204)
    paper = take_upload(found.denial_id, upload_id, "Report", "progress_report")
    assert take_upload(found.denial_id, upload_id, "Report", "progress_report").document_id == paper.document_id
    packed = appeals.packet(appeals.draft(found.denial_id).appeal_id)
    said = " ".join(text_of(documents.get(packed.packet)).split())
    assert said.count("Progress report of September") == 1
    infected, form = ask_upload(found.denial_id)
    post(form, scan("x") + rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
    with pytest.raises(Refused, match="UPLOAD_INFECTED"):
        take_upload(found.denial_id, infected)
    elsewhere, _ = uploads.ask("prescription", pdf.PDF, patient=_other_patient(desk))
    with pytest.raises(NotFound, match="UPLOAD_NOT_FOUND"):
        take_upload(found.denial_id, elsewhere)


def _other_patient(desk: Desk) -> str:
    from tests.practice import line, take

    take(desk.folder, line("V9", patient_id="P9"))
    return patient_key("P9")


@pytest.mark.aws
def test_timely_filing_is_proved_by_the_277ca_and_not_without_it(desk: Desk) -> None:
    found = desk.denied((("CO", "29", 15000),))
    packed = appeals.packet(appeals.draft(found.denial_id).appeal_id)
    said = " ".join(text_of(documents.get(packed.packet)).split())
    assert "29 days after the service" in said
    assert "The limit is 120 days." in said
    (claim_id,) = desk.claims(_next_day())
    desk.post(desk.answer(claim_id, (("CO", "29", 15000),)))  # no 277CA came
    refresh()
    (other,) = records.of_claim(claim_id)
    drafted = appeals.draft(other.denial_id)
    with pytest.raises(Refused) as refused:
        appeals.packet(drafted.appeal_id)
    assert (refused.value.code, refused.value.where) == ("EVIDENCE_MISSING", "acceptance_277ca")
    assert appeals.packet(drafted.appeal_id, waive=["acceptance_277ca"]).evidence[0].state == "waived"


def _next_day() -> dict[str, str]:
    from tests.practice import line

    return line("V2", date_of_service="2026-09-02", note_signed_on="2026-09-02")


@pytest.mark.aws
def test_medicare_goes_up_level_by_level_with_its_clocks(desk: Desk, monkeypatch) -> None:
    found = desk.denied(DENIED, **{**MEDICARE, "referring_npi": npi(77)})
    assert found.deadline == date(2027, 2, 2)  # 120 days, and 5 for the notice
    first = appeals.packet(appeals.draft(found.denial_id).appeal_id)
    with pytest.raises(Refused, match="PROOF_MISSING"):
        appeals.send(first.appeal_id, "mail", to="The contractor", proof="")
    appeals.send(first.appeal_id, "mail", to="The contractor", proof="9400 0000 0000", paper=scan("Receipt"))
    sent = appeals.send(first.appeal_id, "mail", to="The contractor", proof="9400 0000 0000")  # again: already done
    assert sent.sent is not None
    assert documents.exists(sent.sent.proof_document)
    assert records.get(found.denial_id).state == "waiting"
    assert any("sent by mail" in event.words for event in _events(desk, found.claim_id))
    with pytest.raises(Refused, match="APPEAL_UNDER_WAY"):
        appeals.draft(found.denial_id)
    with pytest.raises(Refused, match="APPEAL_SENT"):
        appeals.packet(first.appeal_id)
    monkeypatch.setenv("OTBILL_NOW", "2026-11-20")
    appeals.outcome(first.appeal_id, "upheld", on=date(2026, 11, 18), words="LCD not met")
    appeals.outcome(first.appeal_id, "upheld", on=date(2026, 11, 18), words="LCD not met")
    after = records.get(found.denial_id)
    assert (after.state, after.deadline) == ("open", date(2027, 5, 22))  # 2026-11-18 + 180 + 5
    second = appeals.packet(appeals.draft(found.denial_id).appeal_id)
    assert (second.level, second.level_name, second.notice_on) == (2, "reconsideration", date(2026, 11, 18))
    appeals.send(second.appeal_id, "portal", to="QIC portal", proof="Q-1")
    appeals.outcome(second.appeal_id, "dismissed")
    with pytest.raises(Refused, match="AMOUNT_TOO_SMALL"):  # a hearing needs 200.00 in 2026
        appeals.draft(found.denial_id)
    assert paths.write_off_reason(records.get(found.denial_id)) == "appeals_exhausted"
    (rate,) = overturns.overturns()
    assert (rate.argument, rate.decided, rate.won, rate.percent) == ("necessity", 2, 0, 0)


def _events(desk: Desk, claim_id: str) -> Any:
    from chalicelib.claims.records import claim_events

    return claim_events(claim_id)


@pytest.mark.aws
def test_an_overturned_appeal_waits_for_its_money_and_the_money_settles_it(desk: Desk) -> None:
    """Nothing is paid because a letter says so: the status follows the payer's decision."""
    found = desk.denied(DENIED)
    appeal = appeals.packet(appeals.draft(found.denial_id).appeal_id)
    appeals.send(appeal.appeal_id, "fax", to="305-555-0177", proof="F-1")
    appeals.outcome(appeal.appeal_id, "overturned", amount_cents=9000, words="Paid in full")
    assert records.get(found.denial_id).state == "waiting"
    assert desk.claim(found.claim_id).status is Status.DENIED
    desk.post(
        desk.answer(found.claim_id, (("CO", "50", -15000),), status="22"),
        desk.answer(found.claim_id, (("CO", "45", 6000),)),
        on=date(2026, 10, 2),
    )
    refresh()
    settled = records.get(found.denial_id)
    assert (settled.resolution, settled.recovered_cents) == ("paid", 9000)
    (rate,) = overturns.overturns()
    assert (rate.decided, rate.won, rate.percent, rate.awarded_cents) == (1, 1, 100, 9000)


@pytest.mark.aws
def test_what_cannot_be_appealed_is_told_why(desk: Desk, monkeypatch) -> None:
    found = desk.denied((("CO", "16", 15000),), remarks=("MA130",))
    with pytest.raises(Refused, match="NOT_APPEALABLE"):
        appeals.draft(found.denial_id)
    late = desk.denied(DENIED, visit="V2", date_of_service="2026-09-02", note_signed_on="2026-09-02")
    monkeypatch.setenv("OTBILL_NOW", "2027-03-30")
    with pytest.raises(Refused, match="DEADLINE_PASSED"):
        appeals.draft(late.denial_id)
    assert appeals.draft(late.denial_id, good_cause="The notice went to another address").good_cause
    with pytest.raises(Misuse):
        appeals.draft(late.denial_id, good_cause="x", argument="because")


def test_every_argument_has_a_checklist_and_a_letter() -> None:
    from chalicelib.denials.categories import CATEGORIES
    from chalicelib.denials.evidence import CHECKLISTS
    from chalicelib.denials.letters import ARGUMENTS

    assert CHECKLISTS.keys() == ARGUMENTS.keys()
    assert {item.argument for item in CATEGORIES.values()} - {""} <= ARGUMENTS.keys()
    assert [item.number for item in clocks.MEDICARE] == [1, 2, 3, 4, 5]


LETTER: dict[str, Any] = {
    "title": "Appeal", "today": "September 30, 2026", "recipient": ["Payer"], "kind": "appeal", "level": "appeal",
    "deadline": "", "good_cause": "", "about": [["Patient", "x"]], "denied": [], "heading": "Heading", "paragraphs": [],
    "request": "Please.", "amount": "1.00", "source": "", "enclosures": ["a"], "decision": None, "claim": [],
    "treatment": [["Date", "x"]], "proofs": [], "papers": [],
    "practice": {"name": "P", "npi": "1", "tax_id": "2", "contact": "C", "phone": "3", "address": ["A"]},
}  # fmt: skip


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=60))
@settings(max_examples=15)
def test_no_text_is_ever_markup(words: str) -> None:
    """Whatever somebody typed, the letter is made, and it is text: the same document with other words has the same pages."""
    at = datetime(2026, 9, 30, tzinfo=UTC)
    nasty = f'#panic() $x^2$ *a* _b_ `c` #include "/etc/passwd" \\ ] [ {words}'
    made = pdf.render("packet", {**LETTER, "paragraphs": [nasty]}, at)
    assert "#panic() $x^2$ *a* _b_" in text_of(made)
    assert "root:" not in text_of(made)
    assert pdf.render("packet", {**LETTER, "paragraphs": [nasty]}, at) == made


@pytest.mark.aws
def test_records_that_were_asked_for_are_sent_and_are_no_appeal(desk: Desk) -> None:
    found = desk.denied((("CO", "252", 15000),), remarks=("M127",))
    assert (found.category, found.appealable) == ("records", "correct")
    drafted = appeals.draft(found.denial_id, kind="records")
    assert (drafted.level_name, drafted.argument) == ("sending of records", "documentation")
    again = appeals.draft(found.denial_id, kind="records", statement="Enclosed as you asked.")  # until it is sent
    packed = appeals.packet(again.appeal_id)
    assert "Enclosed as you asked." in text_of(documents.get(packed.packet))
    appeals.send(packed.appeal_id, "portal", to="Payer portal", proof="R-1")
    appeals.outcome(packed.appeal_id, "upheld")
    after = records.get(found.denial_id)
    assert (after.state, after.deadline) == ("open", found.deadline)
    assert overturns.overturns() == []


@pytest.mark.aws
def test_what_people_write_about_a_denial_is_unreadable_in_the_table(desk: Desk) -> None:
    found = desk.denied(DENIED)
    acts.note(found.denial_id, f"{WRITTEN} one")
    acts.snooze(found.denial_id, date(2026, 10, 20), f"{WRITTEN} two")
    paths.ask(found.denial_id, "owner", date(2026, 10, 9), f"{WRITTEN} three")
    drafted = appeals.draft(found.denial_id, statement=f"{WRITTEN} four", good_cause=f"{WRITTEN} five")
    assert "five" in drafted.good_cause
    assert [f"{WRITTEN} one" in act.words for act in records.history(found.denial_id)].count(True) == 1
    table = current().placement.table_name
    pages = store.runtime().client("dynamodb").get_paginator("scan").paginate(TableName=table)
    told = [item["pk"]["S"].partition("#")[0] + "/" + item["kind"]["S"] for page in pages for item in page["Items"]
            if WRITTEN in item["data"]["S"]]  # fmt: skip
    assert told == []

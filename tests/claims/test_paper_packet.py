"""The papers of a claim as one PDF: what an insurer's mail room gets, and what is said when a paper cannot be printed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from chalicelib.claims import papers
from chalicelib.claims.paper_packet import packet
from chalicelib.cli.main import main
from chalicelib.documentation import attachments
from chalicelib.platform.errors import NotFound, Refused
from chalicelib.tenancy import current
from tests.claims.bench_desk import Desk
from tests.claims.test_auto_claims import CRASH, desk  # noqa: F401 - a fixture
from tests.practice import build, line, only

pytestmark = pytest.mark.aws


def a_pdf(*widths: int) -> bytes:
    """Blank pages, told apart by their widths in points."""
    writer, out = PdfWriter(), io.BytesIO()
    for width in widths:
        writer.add_blank_page(width, 700)
    writer.write(out)
    return out.getvalue()


def a_picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1700, 900), "lightblue").save(out, kind)
    return out.getvalue()


def claim_with(at: Desk, *contents: tuple[str, bytes]) -> str:
    claim_id = str(only(build(at.folder, line("V1", **CRASH))).claim_id)
    for name, content in contents:
        paper = attachments.add(name, content, patient=at.claim(claim_id).content.patient_key)
        papers.attach(claim_id, paper.paper_id, report_type="M1")
    return claim_id


def test_a_mail_room_finds_the_insurers_number_and_every_page(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    """GIVEN a police report of two pages and a photograph WHEN the packet is made THEN sheet and papers stand in that order."""
    claim_id = claim_with(desk, ("police_report", a_pdf(301, 302)), ("photograph", a_picture("PNG")))
    out = tmp_path / "packet.pdf"
    assert main(["claims", "packet", "--tenant", current().tenant.slug, "--claim", claim_id, "--out", str(out)]) == 0
    read = PdfReader(out)
    assert [round(float(page.mediabox.width)) for page in read.pages] == [612, 301, 302, 612]
    sheet = read.pages[0].extract_text()
    for wanted in ("0512345678", "2026-08-20", "police report", "photograph", "M1 medical record", "4 pages with this"):
        assert wanted in sheet
    numbers = [item.control_number for item in desk.claim(claim_id).papers]
    assert len(numbers) == 2
    assert all(number in sheet for number in numbers)
    assert out.stat().st_mode & 0o077 == 0
    assert packet(claim_id) == out.read_bytes(), "the same papers make the same packet"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"%PDF-1.4 cut off", "NOT_PDF"), (a_picture("JPEG")[:400], "NOT_IMAGE")],
    ids=("PDF", "picture"),
)
def test_what_cannot_be_printed_is_named_by_its_control_number(desk: Desk, content: bytes, code: str) -> None:  # noqa: F811
    claim_id = claim_with(desk, ("prescription", a_pdf(300)), ("disclosure_form", content))
    with pytest.raises(Refused) as caught:
        packet(claim_id)
    assert (caught.value.code, caught.value.where) == (code, desk.claim(claim_id).papers[1].control_number)


def test_a_claim_without_papers_and_a_claim_of_nobody(desk: Desk) -> None:  # noqa: F811
    claim_id = claim_with(desk)
    with pytest.raises(Refused, match="NO_PAPERS"):
        packet(claim_id)
    with pytest.raises(NotFound):
        packet("clm_nobody")

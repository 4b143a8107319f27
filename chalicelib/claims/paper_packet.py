"""The papers that go with a claim as one PDF to fax or mail: a sheet that names claim and papers, then the papers in that order.

The payer joins paper and claim by the control number of PWK06 (005010X222A1 loop 2300), so the sheet carries it; an auto insurer
looks for its own claim number first, so that stands on top.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from chalicelib import clock
from chalicelib.claims import records
from chalicelib.claims.claim import AttachedPaper, Claim
from chalicelib.documentation import attachments
from chalicelib.documents import pdf
from chalicelib.onboarding.letterhead import letterhead
from chalicelib.onboarding.records import current_practice
from chalicelib.platform.errors import Refused
from chalicelib.tenancy import current, require

WORDS = {
    "OZ": "support data for the claim",
    "EB": "explanation of benefits",
    "09": "progress report",
    "M1": "medical record",
    "03": "report justifying treatment beyond what is usual",
    "05": "treatment diagnosis",
    "06": "initial assessment",
    "07": "functional goals",
    "08": "plan of treatment",
}
"""PWK01 in our own words, of those a therapy practice sends; another is shown by its code."""


def packet(claim_id: str) -> bytes:
    """The PDF; the same for the same papers on the same day.

    NotFound for a claim of nobody here; Refused NO_PAPERS when nothing goes with it, NOT_PDF, PDF_LOCKED, PDF_TOO_LONG or
    NOT_IMAGE for a paper that cannot be printed (`where` is its control number).
    """
    require("claims.attach")
    claim = records.get_claim(claim_id).claim
    if not claim.papers:
        raise Refused("NO_PAPERS", "no paper goes with this claim", fix="attach one: otbill claims attach")
    printed = [_printed(claim, paper) for paper in claim.papers]
    counts = [pdf.pages(content) for content in printed]
    midnight = datetime.combine(clock.today(current().tenant.timezone), time.min, UTC)
    return pdf.with_attachments(pdf.render("claim_papers", _sheet(claim, counts, midnight), midnight), printed)


def _printed(claim: Claim, named: AttachedPaper) -> bytes:
    paper, content = attachments.read(claim.content.patient_key, named.document)
    try:
        if paper.content_type != pdf.PDF:
            return pdf.of_image(content)
        pdf.pages(content)
    except Refused as error:
        raise Refused(error.code, error.message, where=named.control_number, fix=error.fix) from None
    return content


def _sheet(claim: Claim, counts: list[int], at: datetime) -> dict[str, object]:
    practice, content = current_practice(), claim.content
    payer = practice.payer(content.coverage.payer_id)
    mail = payer.mail_address if payer else None
    to = [mail.line1, f"{mail.city}, {mail.state} {mail.zip[:5]}"] if mail else []
    number = claim.latest.patient_control_number if claim.latest else ""
    accident, born = content.accident, content.patient.date_of_birth
    about = [
        ("Your claim number", accident.claim_number if accident else ""),
        ("Date of accident", accident.date.isoformat() if accident and accident.date else ""),
        ("Patient", f"{content.patient.first_name} {content.patient.last_name}"),
        ("Date of birth", born.isoformat() if born else ""),
        ("Member ID", content.coverage.member_id),
        ("Date of service", content.date_of_service.isoformat()),
        ("Our claim number", number),
    ]
    return {
        "title": f"Papers for claim {number or (accident.claim_number if accident else '')}".rstrip(),
        "practice": letterhead(practice),
        "today": f"{at:%B} {at.day}, {at.year}",
        "recipient": [content.payer_name, *to],
        "about": [list(row) for row in about if row[1]],
        "papers": [_row(*both) for both in zip(claim.papers, counts, strict=True)],
        "pages": 1 + sum(counts),
    }


def _row(paper: AttachedPaper, pages: int) -> dict[str, str]:
    words = WORDS.get(paper.report_type, "")
    return {
        "name": paper.title.replace("_", " "),
        "type": f"{paper.report_type} {words}".strip(),
        "control_number": paper.control_number,
        "pages": str(pages),
    }

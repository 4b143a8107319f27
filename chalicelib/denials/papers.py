"""Adding a document for a claim: kept encrypted, known by content, and behind the next packet."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from chalicelib import clock, documents, store
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import get_claim
from chalicelib.denials import records
from chalicelib.denials.acts import short
from chalicelib.denials.appeal import Paper, paper_record
from chalicelib.denials.evidence import CHECKLISTS
from chalicelib.denials.marks import mark
from chalicelib.denials.model import Denial
from chalicelib.documentation import attachments, uploads
from chalicelib.documentation.uploads import Upload
from chalicelib.documents import pdf
from chalicelib.intake.records import visit_key
from chalicelib.platform.errors import AlreadyDone, Misuse, NotFound, Refused
from chalicelib.tenancy import current, require

MOST_BYTES = 10 * 1024 * 1024
_PROVES = {
    "treatment_note": "note",
    "note": "note",
    "plan_of_care": "plan_of_care",
    "certification": "certification",
    "progress_report": "progress_report",
    "authorization": "authorization",
    "prescription": "",
}
"""Names of papers (`documentation.attachments`) that belong into a packet, and the evidence each is."""
UPLOADED = "appeal_document"  # no name of _PROVES: it goes into the packet once, as the claim's own document
EVIDENCE = {item.code: item.words for items in CHECKLISTS.values() for item in items}
"""What a document can be evidence of, in words."""


def add_document(denial_id: str, content: bytes, name: str, evidence: str = "") -> Paper:
    """Put a PDF behind a denied claim. The same file again is the same document. Refused NOT_PDF, PDF_LOCKED, TOO_LARGE."""
    require("denials.act")
    _check_evidence(evidence)
    if len(content) > MOST_BYTES:
        raise Refused("TOO_LARGE", f"a document may hold {MOST_BYTES // 1024**2} MB", fix="scan it smaller")
    denial = records.get(denial_id)
    count = pdf.pages(content)
    digest = sha256(content).hexdigest()
    key = current().make_id("doc", denial.claim_id, digest, evidence)
    at = clock.instant_text(clock.now())
    paper = Paper(
        document_id=key,
        claim_id=denial.claim_id,
        name=short(name) or "Document",
        evidence=evidence,
        content_type=pdf.PDF,
        key=documents.put(f"claims/{denial.claim_id}/{digest[:32]}.pdf", content, pdf.PDF),
        sha256=digest,
        size=len(content),
        pages=count,
        added_at=at,
        added_by=current().principal.user_id,
    )
    words = f"Document added: {paper.name} ({count} {'page' if count == 1 else 'pages'})"
    try:
        with store.unit_of_work() as uow:
            uow.once("claim_document", key)
            uow.create(paper_record(paper))
            records.write(uow, denial, "document", words)
            mark(uow, get_claim(denial.claim_id), "noted", words, {})
            uow.audit("denial.document", f"DEN#{denial_id}", ("document",))
            uow.commit()
    except AlreadyDone:
        return paper
    return paper


def ask_upload(denial_id: str) -> tuple[str, dict[str, Any]]:
    """(upload id, form): where a PDF for a denied claim may be posted; it is held apart until it is clean (ADR 0016)."""
    require("denials.act")
    denial = records.get(denial_id)
    patient = get_claim(denial.claim_id).claim.content.patient_key
    upload, form = uploads.ask(UPLOADED, pdf.PDF, patient=patient)
    return upload.upload_id, form


def place_of(denial_id: str, upload_id: str, back: str) -> tuple[Upload, dict[str, Any], bool]:
    """`uploads.place` of an upload for this denial. NotFound for one of another patient."""
    require("denials.act")
    _check_whose(records.get(denial_id), upload_id)
    return uploads.place(upload_id, back)


def take_upload(denial_id: str, upload_id: str, name: str = "", evidence: str = "") -> Paper:
    """Put an upload behind its denied claim once the scanner found it clean. `uploads.finish` and `add_document` say what is
    refused; NotFound for an upload of another patient. Again it is the same document.
    """
    require("denials.act")
    denial = records.get(denial_id)
    _check_evidence(evidence)
    _check_whose(denial, upload_id)
    taken = uploads.finish(upload_id)
    return add_document(denial_id, documents.get(taken.document), name, evidence)


def _check_whose(denial: Denial, upload_id: str) -> None:
    patient = get_claim(denial.claim_id).claim.content.patient_key
    if uploads.patient_of(upload_id) != patient:
        raise NotFound("UPLOAD_NOT_FOUND", "no such upload for this claim's patient")


def _check_evidence(evidence: str) -> None:
    if evidence and evidence not in EVIDENCE:
        raise Misuse("EVIDENCE", "no such evidence", where="evidence", fix="one of " + ", ".join(EVIDENCE))


def handed_in(content: ClaimContent) -> list[Paper]:
    """PDFs the practice handed in beside the visits of this claim, where their name says what they prove."""
    visits = tuple(visit_key(visit_id) for visit_id in content.visit_ids)
    return [
        Paper(
            document_id=item.paper_id,
            claim_id=content.claim_id,
            name=item.name.replace("_", " ").capitalize(),
            evidence=_PROVES[item.name],
            content_type=item.content_type,
            key=item.document,
            sha256=item.sha256,
            size=item.size_bytes,
            pages=pdf.pages(documents.get(item.document)),
            added_at=clock.instant_text(item.received_at),
            added_by=item.received_by,
        )
        for item in attachments.papers_of(content.patient_key)
        if item.name in _PROVES and item.content_type == pdf.PDF and item.counts_for(visits, content.case_id)
    ]

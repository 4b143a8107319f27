"""Handing in a paper from outside: ask for a place, upload there, finish. It is taken when it is what it says, and clean.

UPL#<id> / UPLOAD   what was asked for, by whom, and what came of it; never the file's own name
"""

from __future__ import annotations

import secrets
from typing import Any, Literal

from chalicelib import clock, store
from chalicelib.documentation import attachments
from chalicelib.documentation.attachments import Paper
from chalicelib.documents import quarantine
from chalicelib.platform.errors import Conflict, NotFound, Refused
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require

CONTENT_TYPES = ("application/pdf", "image/jpeg", "image/png", "image/tiff")


class Upload(Model):
    """One file on its way. `state` asked, then kept or refused; `reason` why it was refused, a code."""

    upload_id: str
    patient_key: str
    name: str
    content_type: str
    case_id: str = ""
    asked_at: str
    asked_by: str
    state: Literal["asked", "kept", "refused"] = "asked"
    reason: str = ""
    paper_id: str = ""
    version: int = 0


def ask(name: str, content_type: str, *, patient: str, case_id: str = "") -> tuple[Upload, dict[str, Any]]:
    """A place for a paper of a patient (our id), and the form to post it with. Refused for a kind or name we do not take."""
    require("documents.add")
    if content_type not in CONTENT_TYPES:
        raise Refused("PAPER_KIND", "this kind of file is not taken", fix="one of " + ", ".join(CONTENT_TYPES))
    if not attachments.NAME.fullmatch(name):
        raise Refused("PAPER_NAME", "a paper's name is small letters, digits and _", fix="write e.g. prescription")
    if store.get(f"PAT#{patient}", "PROFILE") is None:
        raise NotFound("PATIENT_NOT_FOUND", "no such patient", fix="import a visit of the patient first")
    upload = Upload(
        upload_id=current().make_id("upl", secrets.token_hex(16)),
        patient_key=patient,
        name=name,
        content_type=content_type,
        case_id=case_id,
        asked_at=clock.instant_text(clock.now()),
        asked_by=current().principal.user_id,
    )
    with store.unit_of_work() as uow:
        uow.create(_record(upload))
        uow.audit("upload.asked", f"PAT#{patient}", ("name", "content_type"))
        uow.commit()
    return upload, quarantine.ask(upload.upload_id, content_type, attachments.MAX_BYTES)


def place(upload_id: str, back: str) -> tuple[Upload, dict[str, Any], bool]:
    """An upload as it stands, a fresh form for its file that leads `back`, and whether the file is there. Writes nothing."""
    require("documents.add")
    upload = _find(upload_id)
    form = quarantine.ask(upload_id, upload.content_type, attachments.MAX_BYTES, back)
    return upload, form, upload.state == "kept" or (upload.state == "asked" and quarantine.arrived(upload_id))


def finish(upload_id: str) -> Paper:
    """Take the upload in. Refused UPLOAD_KIND (it is not what it said), UPLOAD_INFECTED, UPLOAD_NOT_SCANNED, UPLOAD_TOO_LARGE;
    Conflict UPLOAD_PENDING while the scanner has not looked, UPLOAD_OVER for one refused before."""
    require("documents.add")
    upload = _find(upload_id)
    if upload.state == "refused":
        raise Conflict("UPLOAD_OVER", "this upload was refused", where=upload.reason, fix="upload another file")
    if upload.state == "kept":
        return next(p for p in attachments.papers_of(upload.patient_key) if p.paper_id == upload.paper_id)
    content = quarantine.fetch(upload_id, attachments.MAX_BYTES)
    _refuse_what_lies(upload, content)
    _refuse_what_harms(upload, content)
    paper = attachments.add(upload.name, content, patient=upload.patient_key, case_id=upload.case_id)
    _close(upload, "kept", paper_id=paper.paper_id)
    quarantine.drop(upload_id)
    return paper


def patient_of(upload_id: str) -> str:
    """Whose paper an upload is to be (our id)."""
    return _find(upload_id).patient_key


def link(patient: str, paper_id: str) -> str:
    """A URL of a minute that downloads a paper; on the trail as a look at it."""
    require("documents.show")
    found = next((paper for paper in attachments.papers_of(patient) if paper.paper_id == paper_id), None)
    if found is None:
        raise NotFound("PAPER_NOT_FOUND", "the patient has no such paper")
    ending = found.content_type.rpartition("/")[2]
    return quarantine.link(found.document, f"{found.paper_id}.{ending}")


def _refuse_what_lies(upload: Upload, content: bytes) -> None:
    """What a file is stands in its first bytes, whatever was said of it."""
    try:
        kind = attachments.content_type_of(content)
    except Refused:
        kind = ""
    if kind != upload.content_type:
        _close(upload, "refused", reason="UPLOAD_KIND")
        quarantine.drop(upload.upload_id)
        raise Refused("UPLOAD_KIND", "the file is not of the kind it was announced as", fix="upload the right file")


def _refuse_what_harms(upload: Upload, content: bytes) -> None:
    verdict = quarantine.judge(upload.upload_id, content)
    if verdict == "pending":
        raise Conflict("UPLOAD_PENDING", "the file is being scanned", fix="finish it again in a minute")
    if verdict != "clean":
        code = "UPLOAD_INFECTED" if verdict == "infected" else "UPLOAD_NOT_SCANNED"
        _close(upload, "refused", reason=code)
        quarantine.drop(upload.upload_id)
        words = "the scanner found something harmful in it" if verdict == "infected" else "the scanner cannot read it"
        raise Refused(code, words, fix="scan the paper anew and upload that")


def _find(upload_id: str) -> Upload:
    record = store.get(f"UPL#{upload_id}", "UPLOAD")
    if record is None:
        raise NotFound("UPLOAD_NOT_FOUND", "no such upload")
    return Upload(**{**record.data, "version": record.version})


def _close(upload: Upload, state: Literal["kept", "refused"], *, reason: str = "", paper_id: str = "") -> None:
    after = upload.model_copy(update={"state": state, "reason": reason, "paper_id": paper_id})
    with store.unit_of_work() as uow:
        uow.replace(_record(after))
        uow.audit(f"upload.{state}", f"PAT#{upload.patient_key}", ("state",))
        uow.commit()


def _record(upload: Upload) -> store.Record:
    data = upload.model_dump(mode="json", exclude={"version"})
    return store.Record(f"UPL#{upload.upload_id}", "UPLOAD", "upload", data, version=upload.version)

"""Papers a practice hands in beside its visits: a prescription, a disclosure form, a photograph of an insurance card.

PAT#<id> / PAPER#<id>   what it is, of which case or visit; the content lies in the document store under the same id

A paper counts for one visit, for one case of the patient, or for everything of the patient; the narrower the better. The id comes
from what it is and its content, so that handing in the same paper again changes nothing.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256

from chalicelib import clock, documents, store
from chalicelib.intake.records import find_visits
from chalicelib.intake.records import visit_key as key_of_visit
from chalicelib.platform.errors import NotFound, Refused
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require

MAX_BYTES = 10 * 1024 * 1024
NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
# What a file says of itself in its first bytes; its name and the sender's word do not count.
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


class Paper(Model):
    """One paper. `name` is what a rule's `document` asks for; `visit_key` and `case_id` empty = of the patient as a whole."""

    paper_id: str
    patient_key: str
    name: str
    case_id: str = ""
    visit_key: str = ""
    document: str  # key in the document store
    content_type: str
    sha256: str
    size_bytes: int
    received_at: datetime
    received_by: str

    def counts_for(self, visit_keys: tuple[str, ...], case_id: str) -> bool:
        if self.visit_key:
            return self.visit_key in visit_keys
        return not self.case_id or self.case_id == case_id


def content_type_of(content: bytes) -> str:
    """PDF, PNG, JPEG or TIFF by the first bytes. Refused PAPER_KIND for anything else."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    raise Refused("PAPER_KIND", "the file is no PDF, PNG, JPEG or TIFF", fix="scan or print it to one of these")


def add(name: str, content: bytes, *, patient: str, case_id: str = "", visit_id: str = "") -> Paper:
    """Keep a paper of a patient (our id); of one visit (the practice's number) when `visit_id` is given.

    Refused PAPER_NAME, PAPER_KIND, PAPER_TOO_LARGE; NotFound for a patient or visit we do not hold. The same paper
    again is the one we have.
    """
    require("documents.add")
    if not NAME.fullmatch(name):
        raise Refused("PAPER_NAME", "a paper's name is small letters, digits and _", fix="write e.g. prescription")
    if len(content) > MAX_BYTES:
        raise Refused("PAPER_TOO_LARGE", f"a paper may hold {MAX_BYTES // 1024**2} MB", fix="scan it smaller")
    kind = content_type_of(content)
    visit = _visit_of(visit_id, patient)
    digest = sha256(content).hexdigest()
    paper_id = current().make_id("ppr", patient, name, case_id, visit, digest)
    known = store.get(f"PAT#{patient}", f"PAPER#{paper_id}")
    if known is not None:
        return _read(known)
    if store.get(f"PAT#{patient}", "PROFILE") is None:
        raise NotFound("PATIENT_NOT_FOUND", "no such patient", fix="import a visit of the patient first")
    paper = Paper(
        paper_id=paper_id,
        patient_key=patient,
        name=name,
        case_id=case_id,
        visit_key=visit,
        document=documents.put(f"papers/{paper_id}", content, kind),
        content_type=kind,
        sha256=digest,
        size_bytes=len(content),
        received_at=clock.now(),
        received_by=current().principal.user_id,
    )
    with store.unit_of_work() as uow:
        uow.create(store.Record(f"PAT#{patient}", f"PAPER#{paper_id}", "paper", paper.model_dump(mode="json")))
        uow.audit("documents.added", f"PAT#{patient}", ("paper",))
        uow.commit()
    return paper


def _visit_of(visit_id: str, patient: str) -> str:
    """Our key of the visit; NotFound for one that is unknown or another patient's."""
    if not visit_id:
        return ""
    key = key_of_visit(visit_id)
    found = find_visits([key]).get(key)
    if found is None or found.visit is None or current().make_id("pat", found.visit.patient_id) != patient:
        raise NotFound("VISIT_NOT_FOUND", "the patient has no such visit", fix="check the visit's number")
    return key


def papers_of(patient: str) -> list[Paper]:
    """Every paper of a patient, by name and then by when it came."""
    found = [_read(record) for record in store.iter_query(f"PAT#{patient}", "PAPER#")]
    return sorted(found, key=lambda paper: (paper.name, paper.received_at, paper.paper_id))


def read(patient: str, paper_id: str) -> tuple[Paper, bytes]:
    """A paper with its content; the read is on the trail. NotFound when the patient has none of this id."""
    require("documents.show")
    record = store.get(f"PAT#{patient}", f"PAPER#{paper_id}")
    if record is None:
        raise NotFound("PAPER_NOT_FOUND", "the patient has no such paper")
    paper = _read(record)
    return paper, documents.get(paper.document)


def _read(record: store.Record) -> Paper:
    return record.read_as(Paper)

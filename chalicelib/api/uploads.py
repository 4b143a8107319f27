"""Papers from a program: ask for a place, post the file straight to the document store, finish; and a link to download one."""

from __future__ import annotations

from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.http import Call, resource
from chalicelib.documentation import uploads
from chalicelib.platform.model import Model

routes = Blueprint(__name__)


class UploadBody(Model):
    """`patient` is our id (pat_…); `name` what the paper is, as rules ask for it."""

    patient: Annotated[str, Field(pattern=r"^pat_[0-9a-z]{26}$")]
    name: Annotated[str, Field(max_length=40)]
    content_type: Literal["application/pdf", "image/jpeg", "image/png", "image/tiff"]
    case_id: Annotated[str, Field(max_length=60)] = ""


class UploadAnswer(Model):
    """Where to post the file within five minutes: a form of `fields` to `url`, the file last as `file`."""

    upload_id: str
    url: str
    fields: dict[str, str]
    expires_in_s: int


class PaperAnswer(Model):
    """The paper an upload became."""

    paper_id: str
    name: str
    content_type: str


class LinkAnswer(Model):
    """A URL that is good for a minute."""

    url: str


class NothingMore(Model):
    """An empty object: there is nothing to choose."""


@resource(routes, "/api/{tenant}/uploads", method="POST", action="documents.add", body=UploadBody)
def ask_upload(call: Call) -> UploadAnswer:
    """A presigned POST for five minutes: `url` and `fields`, to be sent as a form with the file last."""
    asked: UploadBody = call.body
    upload, form = uploads.ask(asked.name, asked.content_type, patient=asked.patient, case_id=asked.case_id)
    return UploadAnswer(upload_id=upload.upload_id, **form)


@resource(routes, "/api/{tenant}/uploads/{upload_id}/finish", method="POST", action="documents.add", body=NothingMore)
def finish_upload(call: Call) -> PaperAnswer:
    """The paper the upload became."""
    paper = uploads.finish(call.path["upload_id"])
    return PaperAnswer(paper_id=paper.paper_id, name=paper.name, content_type=paper.content_type)


@resource(routes, "/api/{tenant}/patients/{patient_id}/papers/{paper_id}/link", action="documents.show")
def get_paper_link(call: Call) -> LinkAnswer:
    """A URL that downloads the paper, for a minute."""
    return LinkAnswer(url=uploads.link(call.path["patient_id"], call.path["paper_id"]))

"""Papers from a program: ask for a place, post the file straight to the document store, finish; and a link to download one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

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


class NothingMore(Model):
    """An empty object: there is nothing to choose."""


@resource(routes, "/api/{tenant}/uploads", method="POST", action="documents.add", body=UploadBody)
def ask_upload(call: Call) -> dict[str, Any]:
    """A presigned POST for five minutes: `url` and `fields`, to be sent as a form with the file last."""
    asked: UploadBody = call.body
    upload, form = uploads.ask(asked.name, asked.content_type, patient=asked.patient, case_id=asked.case_id)
    return {"upload_id": upload.upload_id, **form}


@resource(routes, "/api/{tenant}/uploads/{upload_id}/finish", method="POST", action="documents.add", body=NothingMore)
def finish_upload(call: Call) -> dict[str, Any]:
    """The paper the upload became."""
    paper = uploads.finish(call.path["upload_id"])
    return {"paper_id": paper.paper_id, "name": paper.name, "content_type": paper.content_type}


@resource(routes, "/api/{tenant}/patients/{patient_id}/papers/{paper_id}/link", action="documents.show")
def get_paper_link(call: Call) -> dict[str, Any]:
    """A URL that downloads the paper, for a minute."""
    return {"url": uploads.link(call.path["patient_id"], call.path["paper_id"])}

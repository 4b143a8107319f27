"""/p/{tenant}/denials/{denial_id}/uploads: a document for a denied claim, from a person's own disk to behind the packet.

Three plain steps that need no script: a place is asked for; the browser posts the file straight to the document store, which
sends it back here; and what it is gets said, at which it is scanned and taken (ADR 0016). No file passes through the portal.
"""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.api.requests import origin
from chalicelib.denials import papers, records
from chalicelib.denials.appeal import find_appeal
from chalicelib.platform.errors import NotFound, OtbillError, Refused
from chalicelib.portal.render import html, may_post_to, redirect
from chalicelib.portal.session import PageCall, page, posted

routes = Blueprint(__name__)
REASONS = {
    "UPLOAD_KIND": "The file is no PDF.",
    "UPLOAD_INFECTED": "The scanner found something harmful in the file.",
    "UPLOAD_NOT_SCANNED": "The scanner could not read the file.",
}


@posted(routes, "/p/{tenant}/denials/{denial_id}/uploads", "denials.act")
def document_asked(call: PageCall) -> Response:
    denial_id = call.path["denial_id"]
    upload_id, _ = papers.ask_upload(denial_id)
    return redirect(_path(call, upload_id))


@page(routes, "/p/{tenant}/denials/{denial_id}/uploads/{upload_id}", "denials.act")
def document_page(call: PageCall) -> Response:
    return _document(call)


@posted(routes, "/p/{tenant}/denials/{denial_id}/uploads/{upload_id}", "denials.act")
def document_taken(call: PageCall) -> Response:
    """Put the file behind the claim; what is refused is told on the page, and what was typed stays."""
    denial_id, upload_id, form = call.path["denial_id"], call.path["upload_id"], call.form
    try:
        papers.take_upload(denial_id, upload_id, form.get("name", ""), form.get("evidence", ""))
    except NotFound as error:
        if error.code != "DOCUMENT_NOT_FOUND":
            raise
        return _document(call, Refused("UPLOAD_MISSING", "no file has come yet", fix="choose it and send it first"))
    except OtbillError as error:
        if error.http_status >= 500:
            raise
        return _document(call, error)
    return redirect(f"/p/{call.frame.slug}/denials/{denial_id}")


def _path(call: PageCall, upload_id: str) -> str:
    return f"/p/{call.frame.slug}/denials/{call.path['denial_id']}/uploads/{upload_id}"


def _document(call: PageCall, refused: OtbillError | None = None) -> Response:
    denial, upload_id = records.get(call.path["denial_id"]), call.path["upload_id"]
    path = _path(call, upload_id)
    upload, form, arrived = papers.place_of(denial.denial_id, upload_id, origin() + path)
    appeal = find_appeal(denial.appeal_id) if denial.appeal_id else None
    wanted = [item.code for item in appeal.missing] if appeal else []
    made = html(
        "denial_upload.html",
        status_code=422 if refused else 200,
        frame=call.frame,
        section="denials",
        denial=denial,
        here=path,
        upload=upload,
        place=form,
        arrived=arrived,
        reason=REASONS.get(upload.reason, ""),
        evidence=papers.EVIDENCE,
        chosen=call.form.get("evidence", wanted[0] if wanted else ""),
        wanted=wanted,
        name=call.form.get("name", ""),
        most_mb=papers.MOST_BYTES // 1024**2,
        refused=refused,
    )
    return may_post_to(made, form["url"])

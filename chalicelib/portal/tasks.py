"""/p/{tenant}/tasks: what a person must look at, soonest due first."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.clock import today
from chalicelib.portal.render import html
from chalicelib.portal.session import PageCall, page
from chalicelib.support.tasks import Task, open_tasks

routes = Blueprint(__name__)
SHOWN = 200

KINDS = {
    "correction": "Correction",
    "rejected": "Rejected claim",
    "denied": "Denied claim",
    "unmatched_payment": "Unmatched money",
    "unbalanced_remittance": "Remittance that does not balance",
    "remittance_exception": "Remittance exception",
    "eligibility_phone": "Eligibility by phone",
    "authorization": "Authorization",
    "reauthorization": "Re-authorization",
    "retroactive_termination": "Coverage ended looking back",
    "no_response": "No response",
    "reopening": "Medicare reopening",
    "break_glass_review": "Emergency access to review",
}
_PAGES = {"clm_": "claims", "rmt_": "remittances"}


def subject_url(task: Task, slug: str) -> str:
    """The page of the record a task is about, or '' when it has none."""
    subject = task.subject.rpartition("#")[2]
    place = _PAGES.get(subject[:4])
    return f"/p/{slug}/{place}/{subject}" if place else ""


@page(routes, "/p/{tenant}/tasks", "tasks.list")
def tasks_page(call: PageCall) -> Response:
    kind = call.one("kind")
    found = [task for task in open_tasks() if not kind or task.kind == kind]
    rows = [(task, KINDS.get(task.kind, task.kind), subject_url(task, call.frame.slug)) for task in found[:SHOWN]]
    return html(
        "tasks.html",
        frame=call.frame,
        section="tasks",
        viewer=call.viewer,
        rows=rows,
        total=len(found),
        kind=kind,
        kind_words=KINDS.get(kind, kind),
        today=today(call.frame.timezone),
    )

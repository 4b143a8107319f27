"""/p/{tenant}/summary: where the money is, adding up, by status and by payer."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.portal.money_strip import strip
from chalicelib.portal.render import html
from chalicelib.portal.session import PageCall, page
from chalicelib.reporting.projection import MOST_NOTES
from chalicelib.reporting.summary import summary

routes = Blueprint(__name__)

# Figures of the summary in the order work flows: key, name, what is counted, the claim filter that lists it ('' = none).
WAY = (
    ("visits", "Visits", "handed over by the practice", ""),
    ("visits_incomplete", "Incomplete visits", "a row could not be read; held whole", ""),
    ("claims", "Claims", "built from complete visits", ""),
    ("held", "Held", "waiting to be mended before they go out", "held"),
    ("submitted", "Sent", "at least once", ""),
    ("accepted", "Accepted", "the newest sending was taken in by the payer", ""),
    ("rejected", "Rejected", "turned away at the door, still waiting", "rejected"),
    ("paid", "Paid something", "by the decision that stands", ""),
    ("denied", "Denied something", "by the decision that stands, in whole or in part", ""),
    ("tasks", "Open tasks", "for a person to decide", ""),
)


@page(routes, "/p/{tenant}/summary", "report.summary")
def summary_page(call: PageCall) -> Response:
    found = summary(MOST_NOTES)
    return html(
        "summary.html",
        frame=call.frame,
        section="summary",
        found=found,
        strip=strip(found),
        way=[(name, meaning, found.counts.get(key, 0), status) for key, name, meaning, status in WAY],
        claims_url=f"/p/{call.frame.slug}/claims",
    )

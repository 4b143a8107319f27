"""/p/{tenant}/remittances, one remittance's page, and its raw X12."""

from __future__ import annotations

from urllib.parse import urlencode

from chalice.app import Blueprint, Response

from chalicelib.portal.render import html
from chalicelib.portal.session import PageCall, page
from chalicelib.remittance.queries import list_remittances, raw_file, remittance_view
from chalicelib.tenancy import current, may

routes = Blueprint(__name__)
PAGE_SIZE = 50


@page(routes, "/p/{tenant}/remittances", "remits.list")
def remittances_page(call: PageCall) -> Response:
    cursor = call.one("cursor") or None
    found = list_remittances(limit=PAGE_SIZE, cursor=cursor)
    path = f"/p/{call.frame.slug}/remittances"
    return html(
        "remittances.html",
        frame=call.frame,
        section="remittances",
        rows=found.rows,
        next_url=f"{path}?{urlencode({'cursor': found.cursor})}" if found.cursor else "",
        first_url=path if cursor else "",
    )


@page(routes, "/p/{tenant}/remittances/{remittance_id}", "remits.show")
def remittance_page(call: PageCall) -> Response:
    view = remittance_view(call.path["remittance_id"])
    return html(
        "remittance.html",
        frame=call.frame,
        section="remittances",
        view=view,
        row=view.row,
        may_match=may(current().principal, "remits.match"),
    )


@page(routes, "/p/{tenant}/remittances/{remittance_id}/raw", "remits.raw")
def remittance_raw(call: PageCall) -> Response:
    """The file as it came, one segment a line; the bytes themselves are kept unchanged."""
    row, content = raw_file(call.path["remittance_id"])
    text = content.decode("utf-8", "replace")
    lines = text if "\n" in text else text.replace("~", "~\n")
    return html("raw.html", frame=call.frame, section="remittances", row=row, text=lines)

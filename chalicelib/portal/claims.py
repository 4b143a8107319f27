"""/p/{tenant}/claims, its CSV, and one claim's page."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.acts import possible
from chalicelib.claims.model import Status
from chalicelib.claims.queries import ClaimView, claim_view, list_claims
from chalicelib.claims.records import claims_by_control_number
from chalicelib.clock import today
from chalicelib.ids import is_patient_control_number
from chalicelib.platform.errors import NotFound
from chalicelib.portal.claim_acts import DONE
from chalicelib.portal.claim_csv import HEADER, csv_response, every_claim
from chalicelib.portal.code_words import payer_names
from chalicelib.portal.filters import ClaimFilter, checked_statuses
from chalicelib.portal.money_strip import strip
from chalicelib.portal.render import html, redirect
from chalicelib.portal.session import PageCall, page
from chalicelib.store.identity import find_user

routes = Blueprint(__name__)
PAGE_SIZE = 50


def _chosen(call: PageCall) -> ClaimFilter:
    statuses = checked_statuses(call.query.get("status", []))
    return ClaimFilter(f"/p/{call.frame.slug}/claims", statuses, call.one("payer"))


@page(routes, "/p/{tenant}/claims", "claims.list")
def claims_page(call: PageCall) -> Response:
    chosen, cursor = _chosen(call), call.one("cursor") or None
    found = list_claims(statuses=chosen.statuses, payer_id=chosen.payer_id, limit=PAGE_SIZE, cursor=cursor)
    call.seen.extend(row.claim_id for row in found.rows)
    payers = payer_names()
    return html(
        "claims.html",
        frame=call.frame,
        section="claims",
        viewer=call.viewer,
        rows=found.rows,
        chosen=chosen,
        all_statuses=[status.value for status in Status],
        payers=payers,
        chips=chosen.chips(payers),
        next_url=chosen.address(found.cursor) if found.cursor else "",
        first_url=chosen.address() if cursor else "",
        today=today(call.frame.timezone),
    )


@page(routes, "/p/{tenant}/claims.csv", "claims.export")
def claims_csv(call: PageCall) -> Response:
    """All matches. Who took which columns away, and when, is audited before the file leaves."""
    chosen = _chosen(call)
    rows = list(every_claim(chosen.statuses, chosen.payer_id))
    call.seen.extend(row.claim_id for row in rows)
    name = f"claims-{call.frame.slug}-{today(call.frame.timezone)}.csv"
    answer = csv_response(name, rows)
    with store.unit_of_work() as uow:
        uow.audit("claims.exported", "CLAIMS", HEADER)
        uow.commit()
    return answer


@page(routes, "/p/{tenant}/find", "claims.find")
def find_claim(call: PageCall) -> Response:
    """To the claim with this number: as payers know it; every submission has its own."""
    number = call.one("number").upper()
    found = claims_by_control_number([number]) if is_patient_control_number(number) else {}
    if number not in found:
        raise NotFound("NO_SUCH_CLAIM", "No claim of this practice has that number.", fix="Numbers have 14 characters.")
    call.seen.append(found[number])
    return redirect(f"/p/{call.frame.slug}/claims/{found[number]}")


@page(routes, "/p/{tenant}/claims/{claim_id}", "claims.show")
def claim_page(call: PageCall) -> Response:
    view = claim_view(call.path["claim_id"])
    claim = records.get_claim(view.row.claim_id).claim
    return html(
        "claim.html",
        acts=possible(claim),
        done=DONE.get(call.one("done"), ""),
        people=_people(view),
        frame=call.frame,
        section="claims",
        viewer=call.viewer,
        view=view,
        row=view.row,
        content=view.content,
        relied_on=claim.coverage_check,
        strip=strip(view.row),
        today=today(call.frame.timezone),
    )


def _people(view: ClaimView) -> dict[str, str]:
    """Names of the persons who did something to the claim, by user id."""
    ids = dict.fromkeys(event.actor for event in view.events if event.source == "person")
    found = {actor: find_user(actor) for actor in ids}
    return {actor: who.name if who else "the operator" for actor, who in found.items()}

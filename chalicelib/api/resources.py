"""The practice's resources as JSON. Amounts are integer cents, dates ISO; lists come a page at a time."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.http import Call, PageQuery, PageSize, resource
from chalicelib.claims.model import Status
from chalicelib.claims.queries import ClaimRow, ClaimView, claim_view, list_claims
from chalicelib.intake.queries import STATES, stored_visits
from chalicelib.intake.records import StoredVisit
from chalicelib.platform.model import Model
from chalicelib.remittance.queries import RemittanceRow, RemittanceView, list_remittances, remittance_view
from chalicelib.reporting.projection import MOST_NOTES
from chalicelib.reporting.summary import Summary, summary
from chalicelib.store.outbox import events

routes = Blueprint(__name__)


class ClaimsQuery(PageQuery):
    """`status` may be sent several times; `payer` is a payer id."""

    status: tuple[Status, ...] = ()
    payer: Annotated[str, Field(max_length=80)] = ""


class ClaimsAnswer(Model):
    """A page of claims; `cursor` asks for the next, and is null on the last."""

    claims: tuple[ClaimRow, ...]
    cursor: str | None


class VisitsAnswer(Model):
    """A page of visits."""

    visits: tuple[StoredVisit, ...]
    cursor: str | None


class RemittancesAnswer(Model):
    """A page of checks."""

    remittances: tuple[RemittanceRow, ...]
    cursor: str | None


class VisitsQuery(PageQuery):
    """`state` may be sent twice."""

    state: tuple[Literal["waiting", "built"], ...] = ()


@resource(routes, "/api/{tenant}/claims", action="claims.list", query=ClaimsQuery)
def get_claims(call: Call) -> ClaimsAnswer:
    """Claims, nearest deadline first; of one payer, oldest date of service first."""
    query: ClaimsQuery = call.query
    page = list_claims(statuses=query.status, payer_id=query.payer, limit=query.limit, cursor=query.cursor)
    call.seen.extend(row.claim_id for row in page.rows)
    return ClaimsAnswer(claims=page.rows, cursor=page.cursor)


@resource(routes, "/api/{tenant}/claims/{claim_id}", action="claims.show")
def get_claim(call: Call) -> ClaimView:
    """A claim with its lines, findings, events, payments and submissions."""
    return claim_view(call.path["claim_id"])


@resource(routes, "/api/{tenant}/visits", action="visits.list", query=VisitsQuery)
def get_visits(call: Call) -> VisitsAnswer:
    """Oldest first. `waiting` are visits new or changed since claims were last built."""
    query: VisitsQuery = call.query
    visits, cursor = stored_visits(query.state or STATES, query.limit, query.cursor)
    call.seen.extend(visit.key for visit in visits)
    return VisitsAnswer(visits=visits, cursor=cursor)


@resource(routes, "/api/{tenant}/remittances", action="remits.list", query=PageQuery)
def get_remittances(call: Call) -> RemittancesAnswer:
    """Checks, newest paid first."""
    page = list_remittances(limit=call.query.limit, cursor=call.query.cursor)
    return RemittancesAnswer(remittances=page.rows, cursor=page.cursor)


@resource(routes, "/api/{tenant}/remittances/{remittance_id}", action="remits.show")
def get_remittance(call: Call) -> RemittanceView:
    """A check with its claims, what went unmatched, and the provider-level adjustments."""
    return remittance_view(call.path["remittance_id"])


class EventsQuery(Model):
    """`after` is the sequence of the last event the caller has."""

    after: Annotated[int, Field(ge=0, le=10**12)] = 0
    limit: PageSize = 100


class EventsPage(Model):
    """`after` is what to ask with next."""

    events: tuple[dict[str, Any], ...]
    after: int


@resource(routes, "/api/{tenant}/events", action="events.list", query=EventsQuery)
def get_events(call: Call) -> EventsPage:
    """What happened in the practice, numbered 1, 2, 3 … without gaps; ask again with the last number as `after`."""
    found = events(call.query.after, call.query.limit)
    return EventsPage(events=found, after=found[-1]["sequence"] if found else call.query.after)


@resource(routes, "/api/{tenant}/summary", action="report.summary")
def get_summary(_: Call) -> Summary:
    """Where the practice's money is, as of now; `behind` is true while the newest changes are still being counted."""
    return summary(MOST_NOTES)

"""The practice's resources as JSON. Amounts are integer cents, dates ISO; lists come a page at a time."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.http import Call, PageQuery, PageSize, resource
from chalicelib.claims.model import Status
from chalicelib.claims.queries import claim_view, list_claims
from chalicelib.intake.records import SHARDS, to_visit
from chalicelib.platform.model import Model
from chalicelib.remittance.queries import list_remittances, remittance_view
from chalicelib.reporting.summary import summary
from chalicelib.store.merged import merged_index
from chalicelib.store.outbox import events

routes = Blueprint(__name__)
VISIT_STATES = ("waiting", "built")


class ClaimsQuery(PageQuery):
    """`status` may be sent several times; `payer` is a payer id."""

    status: tuple[Status, ...] = ()
    payer: Annotated[str, Field(max_length=80)] = ""


class VisitsQuery(PageQuery):
    """`state` may be sent twice."""

    state: tuple[Literal["waiting", "built"], ...] = ()


@resource(routes, "/api/{tenant}/claims", action="claims.list", query=ClaimsQuery)
def get_claims(call: Call) -> dict[str, Any]:
    query: ClaimsQuery = call.query
    page = list_claims(statuses=query.status, payer_id=query.payer, limit=query.limit, cursor=query.cursor)
    call.seen.extend(row.claim_id for row in page.rows)
    return {"claims": page.rows, "cursor": page.cursor}


@resource(routes, "/api/{tenant}/claims/{claim_id}", action="claims.show")
def get_claim(call: Call) -> Any:
    return claim_view(call.path["claim_id"])


@resource(routes, "/api/{tenant}/visits", action="visits.list", query=VisitsQuery)
def get_visits(call: Call) -> dict[str, Any]:
    """Oldest first. `waiting` are visits new or changed since claims were last built."""
    query: VisitsQuery = call.query
    keys = [f"VISITS#{state}#{n}" for state in query.state or VISIT_STATES for n in range(SHARDS)]
    page = merged_index("gsi1", keys, query.limit, query.cursor)
    visits = [to_visit(record) for record in page.records]
    call.seen.extend(visit.key for visit in visits)
    return {"visits": visits, "cursor": page.cursor}


@resource(routes, "/api/{tenant}/remittances", action="remits.list", query=PageQuery)
def get_remittances(call: Call) -> dict[str, Any]:
    page = list_remittances(limit=call.query.limit, cursor=call.query.cursor)
    return {"remittances": page.rows, "cursor": page.cursor}


@resource(routes, "/api/{tenant}/remittances/{remittance_id}", action="remits.show")
def get_remittance(call: Call) -> Any:
    return remittance_view(call.path["remittance_id"])


class EventsQuery(Model):
    """`after` is the sequence of the last event the caller has."""

    after: Annotated[int, Field(ge=0, le=10**12)] = 0
    limit: PageSize = 100


@resource(routes, "/api/{tenant}/events", action="events.list", query=EventsQuery)
def get_events(call: Call) -> dict[str, Any]:
    """What happened in the practice, numbered 1, 2, 3 … without gaps; ask again with the last number as `after`."""
    found = events(call.query.after, call.query.limit)
    return {"events": found, "after": found[-1]["sequence"] if found else call.query.after}


@resource(routes, "/api/{tenant}/summary", action="report.summary")
def get_summary(_: Call) -> Any:
    return summary()

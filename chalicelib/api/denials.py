"""Denials and appeals as JSON: the work list of one practice or of all, one denial with its ways out, the acts, the steps."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.denial_list import listed
from chalicelib.api.http import Call, resource
from chalicelib.api.problems import Unauthenticated
from chalicelib.denials import acts, appeals, overturns, papers, paths, patterns, queue, records, view
from chalicelib.denials.appeal import Appeal, Method, Result, get_appeal
from chalicelib.denials.appeal import appeals as stored_appeals
from chalicelib.denials.joining import join
from chalicelib.denials.model import Denial
from chalicelib.denials.queue import Show, Wanted
from chalicelib.money import Cents
from chalicelib.platform.errors import Misuse
from chalicelib.platform.model import Model
from chalicelib.tenancy import current

routes = Blueprint(__name__)
Words = Annotated[str, Field(max_length=acts.MOST_WORDS)]
Id = Annotated[str, Field(pattern=r"^den_[0-9a-z]{26}$")]


class DenialsQuery(Model):
    """`start` is how many rows to pass over: the order changes with the day, so there is no cursor."""

    show: Show = "work"
    category: tuple[str, ...] = ()
    payer: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    assigned: Annotated[str, Field(max_length=60)] = ""
    start: Annotated[int, Field(ge=0, le=100_000)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 50


def _wanted(query: DenialsQuery) -> Wanted:
    return Wanted(
        show=query.show,
        categories=query.category,
        payers=query.payer,
        reasons=query.reason,
        assigned=query.assigned,
    )


def _page(call: Call, tenant: str) -> dict[str, Any]:
    if call.principal is None:
        raise Unauthenticated("UNAUTHENTICATED", "A valid bearer token is needed.", fix="POST /api/session gives one.")
    query: DenialsQuery = call.query
    total, rows = listed(call.principal, _wanted(query), tenant, query.start, query.limit)
    return {"total": total, "start": query.start, "denials": [queue.plain_row(row) for row in rows]}


@resource(routes, "/api/denials", query=DenialsQuery)
def get_all_denials(call: Call) -> dict[str, Any]:
    """The work list over every practice that is the caller's and whose denials the caller may see."""
    return _page(call, "")


@resource(routes, "/api/{tenant}/denials", action="denials.list", query=DenialsQuery)
def get_denials(call: Call) -> dict[str, Any]:
    return _page(call, current().tenant.tenant_id)


@resource(routes, "/api/{tenant}/denials/{denial_id}", action="denials.show")
def get_denial(call: Call) -> dict[str, Any]:
    return view.as_json(view.denial_view(call.path["denial_id"]))


class BulkBody(Model):
    """The same for many: `user_id` for assign, `until` for snooze, `words` for note. `preview` changes nothing."""

    denials: Annotated[tuple[Id, ...], Field(min_length=1, max_length=acts.MOST_AT_ONCE)]
    act: Literal["assign", "snooze", "note"]
    preview: bool = False
    user_id: Annotated[str, Field(max_length=60)] = ""
    until: date | None = None
    words: Words = ""


class BulkResult(Model):
    """What the act does, or did, with one denial; `why` where it cannot."""

    denial_id: str
    possible: bool
    why: str = ""


class BulkAnswer(Model):
    preview: bool
    results: tuple[BulkResult, ...]


@resource(routes, "/api/{tenant}/denials/bulk", method="POST", action="denials.act", body=BulkBody)
def post_bulk(call: Call) -> BulkAnswer:
    body: BulkBody = call.body
    context = current()
    pairs = [(context.tenant.tenant_id, key) for key in body.denials]
    results = acts.bulk(
        context.principal,
        pairs,
        body.act,
        user_id=body.user_id,
        until=body.until,
        words=body.words,
        commit=not body.preview,
    )
    said = (BulkResult(**item.model_dump(exclude={"tenant"})) for item in results)
    return BulkAnswer(preview=body.preview, results=tuple(said))


class ReasonBody(Model):
    reason: Words = ""


@resource(routes, "/api/{tenant}/denials/{denial_id}/correct", method="POST", action="claims.correct", body=ReasonBody)
def post_correct(call: Call) -> Denial:
    return paths.correct(call.path["denial_id"], reason=call.body.reason)


@resource(
    routes, "/api/{tenant}/denials/{denial_id}/write-off", method="POST", action="claims.writeoff", body=ReasonBody
)
def post_write_off(call: Call) -> Denial:
    """`reason` is of the closed list; empty takes the one that fits the kind of denial."""
    return paths.write_off(call.path["denial_id"], call.body.reason)


class NothingMore(Model):
    """An empty object: there is nothing to choose."""


@resource(routes, "/api/{tenant}/denials/{denial_id}/uploads", method="POST", action="denials.act", body=NothingMore)
def ask_document(call: Call) -> dict[str, Any]:
    """A presigned POST for five minutes for a PDF: `url` and `fields`, to be sent as a form with the file last."""
    upload_id, form = papers.ask_upload(call.path["denial_id"])
    return {"upload_id": upload_id, **form}


class DocumentBody(Model):
    """`upload_id` is needed; `name` is what the packet calls the document, `evidence` what of the checklist it proves."""

    evidence: Annotated[str, Field(max_length=40)] = ""
    upload_id: Annotated[str, Field(max_length=40)] = ""
    name: Words = ""


@resource(routes, "/api/{tenant}/denials/{denial_id}/documents", method="POST", action="denials.act", body=DocumentBody)
def post_document(call: Call) -> Any:
    """Put an upload that was found clean behind the claim's next packet."""
    body: DocumentBody = call.body
    return papers.take_upload(call.path["denial_id"], body.upload_id, body.name, body.evidence)


@resource(
    routes, "/api/{tenant}/denials/{denial_id}/patient", method="POST", action="denials.patient", body=NothingMore
)
def post_patient(call: Call) -> Any:
    """Move a patient share other than PR 1, 2 and 3 to the patient. Refused for whom nothing may be asked."""
    return paths.bill_patient(call.path["denial_id"])


class AskBody(Model):
    """All three are needed; the record is looked for first, so that another practice's is not found whatever is sent."""

    role: Annotated[str, Field(max_length=40)] = ""
    due_on: date | None = None
    words: Words = ""


@resource(routes, "/api/{tenant}/denials/{denial_id}/ask", method="POST", action="denials.act", body=AskBody)
def post_ask(call: Call) -> Denial:
    return paths.ask(call.path["denial_id"], call.body.role, call.body.due_on or date.min, call.body.words)


class PatternsAnswer(Model):
    patterns: tuple[patterns.Pattern, ...]


@resource(routes, "/api/{tenant}/denial-patterns", action="denials.patterns")
def get_patterns(_: Call) -> PatternsAnswer:
    return PatternsAnswer(patterns=tuple(patterns.patterns()))


class DraftBody(Model):
    argument: Annotated[str, Field(max_length=40)] = ""
    kind: Literal["appeal", "records"] = "appeal"
    statement: Annotated[str, Field(max_length=4000)] = ""
    recipient: Annotated[str, Field(max_length=400)] = ""
    good_cause: Words = ""
    deadline: date | None = None


@resource(routes, "/api/{tenant}/denials/{denial_id}/appeals", method="POST", action="appeals.draft", body=DraftBody)
def post_appeal(call: Call) -> Appeal:
    return appeals.draft(call.path["denial_id"], **call.body.model_dump())


class JoinBody(Model):
    """`denials` are further ones to be joined with the path's; `why` their services are similar or related. Both are needed."""

    denials: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=49)] = ()
    why: Annotated[str, Field(max_length=1000)] = ""
    argument: Annotated[str, Field(max_length=40)] = ""
    statement: Annotated[str, Field(max_length=4000)] = ""
    recipient: Annotated[str, Field(max_length=400)] = ""
    good_cause: Words = ""


class JoinedAnswer(Model):
    appeals: tuple[Appeal, ...]


@resource(routes, "/api/{tenant}/denials/{denial_id}/join", method="POST", action="appeals.draft", body=JoinBody)
def post_join(call: Call) -> JoinedAnswer:
    """One request for a Medicare hearing over several denied claims (42 CFR 405.1006): an appeal for each."""
    body: JoinBody = call.body
    records.get(call.path["denial_id"])
    words = body.model_dump(exclude={"denials", "why"})
    return JoinedAnswer(appeals=join((call.path["denial_id"], *body.denials), body.why, **words))


class OverturnRate(Model):
    """How often an argument won with a payer; `percent` of those decided, in full or in part."""

    argument: str
    payer_id: str
    payer_name: str
    decided: int
    won: int
    partly: int
    disputed_cents: Cents
    awarded_cents: Cents
    percent: int


class AppealsAnswer(Model):
    appeals: tuple[Appeal, ...]
    overturned: tuple[OverturnRate, ...]


@resource(routes, "/api/{tenant}/appeals", action="appeals.list")
def get_appeals(call: Call) -> AppealsAnswer:
    """Appeals under way, and how often each argument won."""
    found = stored_appeals(("draft", "packed", "sent"))
    call.seen.extend(item.appeal_id for item in found)
    rates = (OverturnRate(**item.model_dump(), percent=item.percent) for item in overturns.overturns())
    return AppealsAnswer(appeals=tuple(found), overturned=tuple(rates))


@resource(routes, "/api/{tenant}/appeals/{appeal_id}", action="appeals.show")
def get_one_appeal(call: Call) -> Appeal:
    return appeals.shown(call.path["appeal_id"])


class PacketBody(Model):
    waive: Annotated[tuple[str, ...], Field(max_length=20)] = ()


@resource(routes, "/api/{tenant}/appeals/{appeal_id}/packet", method="POST", action="appeals.packet", body=PacketBody)
def post_packet(call: Call) -> Appeal:
    return appeals.packet(call.path["appeal_id"], waive=call.body.waive)


class SendBody(Model):
    """`to` and `proof` are needed."""

    method: Method = "mail"
    to: Words = ""
    proof: Words = ""
    on: date | None = None


@resource(routes, "/api/{tenant}/appeals/{appeal_id}/send", method="POST", action="appeals.send", body=SendBody)
def post_send(call: Call) -> Appeal:
    body: SendBody = call.body
    return appeals.send(call.path["appeal_id"], body.method, to=body.to, proof=body.proof, on=body.on)


class OutcomeBody(Model):
    """`result` is needed."""

    result: Result | None = None
    on: date | None = None
    amount_cents: Cents = 0
    words: Words = ""


@resource(
    routes, "/api/{tenant}/appeals/{appeal_id}/outcome", method="POST", action="appeals.outcome", body=OutcomeBody
)
def post_outcome(call: Call) -> Appeal:
    body: OutcomeBody = call.body
    get_appeal(call.path["appeal_id"])
    if body.result is None:
        raise Misuse("RESULT", "The payer's answer is missing.", fix="Send result.")
    return appeals.outcome(
        call.path["appeal_id"], body.result, on=body.on, amount_cents=body.amount_cents, words=body.words
    )

"""Money that does not post by itself, as JSON: the unmatched queue, takebacks, refunds, and the bank's deposits."""

from __future__ import annotations

from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.http import Call, resource
from chalicelib.platform.model import Model
from chalicelib.remittance import banking, line_desk, matching, offsets, reconcile, refunds
from chalicelib.remittance.model import ClaimPart

routes = Blueprint(__name__)
ClaimId = Annotated[str, Field(max_length=40)]


class PlaceBody(Model):
    """`sequence` is the claim payment's place in its check, from 1."""

    sequence: Annotated[int, Field(ge=0)] = 0


class MatchBody(PlaceBody):
    """`payer` says which of the claim's payers it is from where the 835 does not tell."""

    claim_id: ClaimId = ""
    payer: matching.Named | None = None
    remember_payer: bool = False


class LinesBody(PlaceBody):
    """`lines` maps each service of the payment (from 1) to the billed line it answers."""

    lines: dict[int, int] = {}


def _told(part: ClaimPart) -> dict[str, Any]:
    lines = [item.model_dump() for item in part.lines]
    return {"claim_id": part.claim_id, "outcome": part.outcome, "reason": part.reason, "lines": lines}


@resource(routes, "/api/{tenant}/remittances/unmatched", action="remits.list")
def get_unmatched(_: Call) -> dict[str, Any]:
    """What waits in suspense, oldest first, with the claims each may belong to; and services that answer no billed line yet."""
    found = matching.unmatched()
    suspense = sum(item.paid_cents for item in found)
    return {"unmatched": found, "suspense_cents": suspense, "lines": line_desk.lines_waiting()}


@resource(
    routes, "/api/{tenant}/remittances/{remittance_id}/match", method="POST", action="remits.match", body=MatchBody
)
def post_match(call: Call) -> dict[str, Any]:
    body: MatchBody = call.body
    return _told(
        matching.match(
            call.path["remittance_id"],
            body.sequence,
            body.claim_id,
            payer=body.payer,
            remember_payer=body.remember_payer,
        )
    )


@resource(
    routes, "/api/{tenant}/remittances/{remittance_id}/unmatch", method="POST", action="remits.match", body=PlaceBody
)
def post_unmatch(call: Call) -> dict[str, Any]:
    return _told(matching.unmatch(call.path["remittance_id"], call.body.sequence))


@resource(
    routes,
    "/api/{tenant}/remittances/{remittance_id}/match-lines",
    method="POST",
    action="remits.match",
    body=LinesBody,
)
def post_match_lines(call: Call) -> dict[str, Any]:
    return _told(matching.match_lines_by_hand(call.path["remittance_id"], call.body.sequence, call.body.lines))


@resource(routes, "/api/{tenant}/takebacks", action="remits.list")
def get_takebacks(_: Call) -> dict[str, Any]:
    """What payers took at provider level and nothing explains yet, piece by piece."""
    found = [{**item.model_dump(mode="json"), "open_cents": item.open_cents} for item in offsets.open_offsets()]
    return {"takebacks": found}


class AssignBody(Model):
    claim_id: ClaimId = ""


@resource(routes, "/api/{tenant}/takebacks/{offset_id}/assign", method="POST", action="remits.match", body=AssignBody)
def post_assign(call: Call) -> Any:
    return offsets.assign(call.path["offset_id"], call.body.claim_id)


@resource(routes, "/api/{tenant}/refunds", action="remits.list")
def get_refunds(_: Call) -> dict[str, Any]:
    """What is owed back, soonest due first."""
    return {"refunds": refunds.owed()}


@resource(
    routes, "/api/{tenant}/remittances/{remittance_id}/refund", method="POST", action="remits.refund", body=PlaceBody
)
def post_refund(call: Call) -> Any:
    """Decide that a payment in suspense goes back to the payer."""
    return refunds.refund_payment(call.path["remittance_id"], call.body.sequence)


class PaidBody(Model):
    """`reference` is the number of our check or transfer; it is needed."""

    reference: Annotated[str, Field(max_length=60)] = ""


@resource(routes, "/api/{tenant}/refunds/{refund_id}/paid", method="POST", action="remits.refund", body=PaidBody)
def post_refund_paid(call: Call) -> Any:
    return refunds.pay_refund(call.path["refund_id"], call.body.reference)


class NothingMore(Model):
    """An empty object: there is nothing to choose."""


@resource(routes, "/api/{tenant}/refunds/{refund_id}/cancel", method="POST", action="remits.refund", body=NothingMore)
def post_refund_cancel(call: Call) -> Any:
    return refunds.cancel_refund(call.path["refund_id"])


@resource(routes, "/api/{tenant}/deposits", action="remits.list")
def get_deposits(_: Call) -> Any:
    """What is open between bank and checks, and what is in suspense, with ages."""
    return reconcile.standing()


MOST_DEPOSITS_BYTES = 4 * 1024 * 1024  # two million characters as JSON may write them


class DepositsBody(Model):
    """`content` is the bank's file as text: BAI2, or CSV with a head line."""

    content: Annotated[str, Field(min_length=1, max_length=2_000_000)]


@resource(routes, "/api/{tenant}/deposits", method="POST", action="remits.reconcile", body=DepositsBody,
          most_bytes=MOST_DEPOSITS_BYTES)  # fmt: skip
def post_deposits(call: Call) -> Any:
    """Match the bank's deposits to checks by trace number and amount. The same file again changes nothing."""
    return reconcile.reconcile(call.body.content.encode())


class DepositBody(Model):
    """`checks` are ids of remittances, needed; `also` further deposits of one check that came in pieces."""

    checks: tuple[ClaimId, ...] = ()
    also: tuple[ClaimId, ...] = ()


@resource(
    routes, "/api/{tenant}/deposits/{deposit_id}/match", method="POST", action="remits.reconcile", body=DepositBody
)
def post_deposit(call: Call) -> Any:
    """Say which checks a deposit is. Refused unless they add up to the cent."""
    body: DepositBody = call.body
    found = banking.match_deposit(call.path["deposit_id"], body.checks, body.also)
    return {"deposits": [{"deposit_id": item.deposit_id, "checks": item.checks} for item in found]}

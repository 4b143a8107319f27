"""What a program may do to one claim: correct, void, resubmit, bill the next payer, hold, release, note, write off.

Each with an Idempotency-Key.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.http import Call, resource
from chalicelib.claims import acts, corrections, holds, records, secondary
from chalicelib.claims.claim import Claim, Hold, Sending
from chalicelib.claims.model import Party, Status
from chalicelib.money import Cents
from chalicelib.platform.model import Model

routes = Blueprint(__name__)
Words = Annotated[str, Field(max_length=500)]
Said = Annotated[str, Field(min_length=1, max_length=500)]


class Reason(Model):
    """Why, in words that hold nothing about a patient: they stand on the claim's page."""

    reason: Words = ""


class Correction(Reason):
    """`drop_lines`: lines that are gone are to be deleted at the payer."""

    drop_lines: bool = False


class NextPayer(Reason):
    """`paper`: to be printed and mailed. `as_new`: not as a corrected claim, where the payer wants that."""

    paper: bool = False
    as_new: bool = False


class NeededReason(Model):
    reason: Said


class HoldBody(Model):
    """`reason` is one of the listed; `release_on` the day it ends by itself."""

    reason: Annotated[str, Field(max_length=40)]
    words: Words = ""
    follow_up_on: date
    owner: Literal["us", "practice"] = "us"
    release_on: date | None = None


class Release(Reason):
    """`overrides` are finding codes to overrule; they need a reason."""

    overrides: Annotated[tuple[str, ...], Field(max_length=20)] = ()


class Note(Model):
    words: Said


class WriteOffBody(Model):
    """`amount_cents` left out: all of it."""

    reason: Annotated[str, Field(max_length=40)]
    party: Literal["payer", "secondary", "patient"]
    amount_cents: Cents | None = None


class Moved(Model):
    """The claim after it: where it is, whose move, why, until when; what waits to be sent, and a person's hold."""

    claim_id: str
    status: Status
    owner: Party
    reason: str
    deadline: date | None
    sending: Sending | None
    hold: Hold | None
    sequence: int


class Possible(Model):
    """What this caller may do to the claim now, and what each act would do."""

    acts: tuple[acts.Preview, ...]


def _shown(claim: Claim) -> Moved:
    return Moved(**{name: getattr(claim, name) for name in Moved.model_fields})


@resource(routes, "/api/{tenant}/claims/{claim_id}/acts", action="claims.show")
def claim_acts(call: Call) -> Possible:
    claim = records.get_claim(call.path["claim_id"]).claim
    return Possible(acts=tuple(acts.preview(claim.claim_id, act.name) for act in acts.possible(claim)))


@resource(routes, "/api/{tenant}/claims/{claim_id}/correct", method="POST", action="claims.correct", body=Correction)
def correct_claim(call: Call) -> Moved:
    body: Correction = call.body
    return _shown(corrections.correct(call.path["claim_id"], reason=body.reason, drop_lines=body.drop_lines))


@resource(routes, "/api/{tenant}/claims/{claim_id}/void", method="POST", action="claims.void", body=NeededReason)
def void_claim(call: Call) -> Moved:
    return _shown(corrections.void(call.path["claim_id"], reason=call.body.reason))


@resource(routes, "/api/{tenant}/claims/{claim_id}/resubmit", method="POST", action="claims.resubmit", body=Reason)
def resubmit_claim(call: Call) -> Moved:
    return _shown(corrections.resubmit(call.path["claim_id"], reason=call.body.reason))


@resource(routes, "/api/{tenant}/claims/{claim_id}/secondary", method="POST", action="claims.secondary", body=NextPayer)
def bill_next_payer(call: Call) -> Moved:
    """A claim to the next payer, or a corrected one to the payer that was told what is no longer so."""
    body: NextPayer = call.body
    claim_id, options = call.path["claim_id"], {"paper": body.paper, "as_new": body.as_new}
    return _shown(secondary.open_secondary(claim_id, reason=body.reason, **options))


@resource(routes, "/api/{tenant}/claims/{claim_id}/drop", method="POST", action="claims.correct", body=Reason)
def drop_correction(call: Call) -> Moved:
    """Give up a correction, void or secondary claim that is not with the payer."""
    return _shown(corrections.drop(call.path["claim_id"], reason=call.body.reason))


@resource(routes, "/api/{tenant}/claims/{claim_id}/hold", method="POST", action="claims.hold", body=HoldBody)
def hold_claim(call: Call) -> Moved:
    body: HoldBody = call.body
    return _shown(
        holds.hold(
            call.path["claim_id"],
            body.reason,
            words=body.words,
            follow_up_on=body.follow_up_on,
            owner=Party(body.owner),
            release_on=body.release_on,
        )
    )


@resource(routes, "/api/{tenant}/claims/{claim_id}/release", method="POST", action="claims.release", body=Release)
def release_claim(call: Call) -> Moved:
    """The claim is checked anew; it goes if nothing else holds it."""
    body: Release = call.body
    return _shown(holds.release(call.path["claim_id"], overrides=body.overrides, reason=body.reason))


@resource(routes, "/api/{tenant}/claims/{claim_id}/note", method="POST", action="claims.note", body=Note)
def note_claim(call: Call) -> Moved:
    return _shown(holds.note(call.path["claim_id"], call.body.words))


@resource(
    routes, "/api/{tenant}/claims/{claim_id}/writeoff", method="POST", action="claims.writeoff", body=WriteOffBody
)
def write_off_claim(call: Call) -> Moved:
    body: WriteOffBody = call.body
    made = holds.write_off(call.path["claim_id"], body.reason, party=body.party, amount_cents=body.amount_cents)
    return _shown(made)

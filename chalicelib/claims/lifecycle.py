"""A claim is its events. `fold` derives everything else: where it is, whose move it is, until when.

drafted, amended   what the claim says (content)
scrubbed           findings: ready, or held and why
submitted          sent to the payer as submission n, under its own patient control number
acknowledged       the clearinghouse read the file (999)
accepted, rejected what the payer's front door said (277CA, or a 999 that refused the file)
adjudicated        what the payer paid, adjusted and left to the patient (835)
reversed           the payer took an adjudication back (835, CLP02 22)
correction_needed  the practice changed the visit after the claim was sent
withdrawn          an unsent claim whose visits now belong to another claim
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from chalicelib.claims.model import ClaimContent, ClaimEvent, Party, Status
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.therapy.model import Finding, Severity

UNSENT = frozenset((Status.HELD, Status.READY, Status.REJECTED, Status.WITHDRAWN))
"""Where a change of the visit amends the claim; anywhere else it asks for a correction."""


class SubmissionRef(Model):
    """One time the claim was sent. `n` counts from 1."""

    n: int
    submission_id: str
    patient_control_number: str
    file: str
    frequency: str = "1"
    at: str = ""
    outcome: str = "sent"  # sent, acknowledged, accepted, rejected, adjudicated, reversed


class Adjudicated(Model):
    """What the newest standing adjudication left behind, in cents."""

    remittance_id: str
    paid_cents: Cents
    adjusted_cents: Cents
    patient_cents: Cents
    open_cents: Cents
    denied_cents: Cents = 0
    secondary_cents: Cents = 0
    allowed_cents: Cents | None = None
    status_code: str = "1"


class Claim(Model):
    """The folded claim. `sequence` is the number of its last event, and the stored item's version follows it."""

    claim_id: str
    content: ClaimContent
    findings: tuple[Finding, ...] = ()
    status: Status = Status.HELD
    owner: Party = Party.US
    reason: str = ""
    deadline: date | None = None
    submissions: tuple[SubmissionRef, ...] = ()
    payer_control_number: str = ""
    accepted: bool = False
    adjudication: Adjudicated | None = None
    correction_open: bool = False
    sequence: int = 0
    updated_at: str = ""

    @property
    def latest(self) -> SubmissionRef | None:
        return self.submissions[-1] if self.submissions else None


Handler = Callable[[Claim, ClaimEvent], dict[str, Any]]


def fold(events: Iterable[ClaimEvent], claim: Claim | None = None) -> Claim:
    """The claim after these events, in order of their sequence; pass the claim so far to go on from it."""
    for event in events:
        if claim is None:
            content = ClaimContent.model_validate(event.data["content"])
            claim = Claim(claim_id=content.claim_id, content=content)
        if event.sequence != claim.sequence + 1:
            raise ValueError(f"event {event.sequence} does not follow {claim.sequence}")
        changes = _HANDLERS[event.type](claim, event)
        claim = claim.model_copy(update={**changes, "sequence": event.sequence, "updated_at": event.at})
    if claim is None:
        raise ValueError("a claim has at least the event that drafted it")
    return claim


def _date(event: ClaimEvent, name: str) -> date | None:
    text = event.data.get(name)
    return date.fromisoformat(text) if text else None


def _drafted(_: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {"content": ClaimContent.model_validate(event.data["content"])}


def _scrubbed(_: Claim, event: ClaimEvent) -> dict[str, Any]:
    findings = tuple(Finding.model_validate(item) for item in event.data["findings"])
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    return {
        "findings": findings,
        "status": Status.HELD if errors else Status.READY,
        "owner": Party(event.data.get("owner", Party.US)),
        "reason": "; ".join(dict.fromkeys(finding.message for finding in errors)),
        "deadline": _date(event, "deadline"),
    }


def _submitted(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    sent = SubmissionRef.model_validate({**event.data["submission"], "at": event.at})
    return {
        "submissions": (*claim.submissions, sent),
        "status": Status.SUBMITTED,
        "owner": Party.PAYER,
        "reason": "waits for the payer's answer",
        "deadline": _date(event, "deadline"),
        "accepted": False,
    }


def _outcome(claim: Claim, event: ClaimEvent, outcome: str) -> tuple[SubmissionRef, ...]:
    """The submissions with the answered one marked; an answer without a number is for the newest."""
    number = event.data.get("patient_control_number") or (claim.latest.patient_control_number if claim.latest else "")
    return tuple(
        item.model_copy(update={"outcome": outcome}) if item.patient_control_number == number else item
        for item in claim.submissions
    )


def _acknowledged(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    if claim.status is not Status.SUBMITTED:
        return {}  # a 999 that comes after the 277CA tells nothing new
    return {"status": Status.ACKNOWLEDGED, "submissions": _outcome(claim, event, "acknowledged")}


def _accepted(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "accepted": True,
        "payer_control_number": event.data.get("payer_control_number") or claim.payer_control_number,
    }
    if claim.status in (Status.SUBMITTED, Status.ACKNOWLEDGED, Status.REJECTED):
        changes |= {
            "status": Status.ACCEPTED,
            "owner": Party.PAYER,
            "reason": "the payer has it and decides",
            "submissions": _outcome(claim, event, "accepted"),
        }
    return changes


def _rejected(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {
        "status": Status.REJECTED,
        "owner": Party.US,
        "reason": event.words,
        "deadline": _date(event, "deadline") or claim.deadline,
        "submissions": _outcome(claim, event, "rejected"),
    }


def _adjudicated(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    result = Adjudicated.model_validate(event.data["result"])
    status, owner, reason = _after_adjudication(result)
    return {
        "adjudication": result,
        "status": status,
        "owner": owner,
        "reason": reason,
        "deadline": _date(event, "deadline") if status in (Status.DENIED, Status.PARTLY_DENIED) else None,
        "payer_control_number": event.data.get("payer_control_number") or claim.payer_control_number,
        "submissions": _outcome(claim, event, "adjudicated"),
    }


def _after_adjudication(result: Adjudicated) -> tuple[Status, Party, str]:
    """Denied money is ours to work first; then the next payer; then the patient; else nothing is left."""
    if result.denied_cents:
        nothing_else = not (result.paid_cents or result.patient_cents or result.secondary_cents)
        return (Status.DENIED if nothing_else else Status.PARTLY_DENIED), Party.US, "the payer denied some or all of it"
    if result.secondary_cents:
        return Status.SECONDARY_DUE, Party.US, "the secondary payer owes the rest"
    if result.open_cents:
        return Status.PAID, Party.US, "paid, but an amount is neither adjusted nor the patient's"
    if result.patient_cents:
        return Status.PATIENT_DUE, Party.PATIENT, "the patient owes the rest"
    return Status.CLOSED, Party.NOBODY, "paid; nothing is left"


def _reversed(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {
        "adjudication": None,
        "status": Status.REVERSED,
        "owner": Party.PAYER,
        "reason": "the payer took its decision back and decides again",
        "deadline": _date(event, "deadline"),
        "submissions": _outcome(claim, event, "reversed"),
    }


def _correction_needed(_: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {"correction_open": True, "owner": Party.US, "reason": event.words}


def _withdrawn(_: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {"status": Status.WITHDRAWN, "owner": Party.NOBODY, "reason": event.words, "deadline": None, "findings": ()}


_HANDLERS: dict[str, Handler] = {
    "drafted": _drafted,
    "amended": _drafted,
    "scrubbed": _scrubbed,
    "submitted": _submitted,
    "acknowledged": _acknowledged,
    "accepted": _accepted,
    "rejected": _rejected,
    "adjudicated": _adjudicated,
    "reversed": _reversed,
    "correction_needed": _correction_needed,
    "withdrawn": _withdrawn,
}

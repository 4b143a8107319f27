"""A claim is its events. `fold` derives everything else: where it is, whose move it is, until when.

drafted, amended   what the claim says (content)
scrubbed           findings: ready, or held and why
submitted          sent to the payer as submission n, under its own patient control number
acknowledged       the clearinghouse read the file (999)
accepted, rejected what the payer's front door said (277CA, or a 999 that refused the file)
adjudicated        what the payer paid, adjusted and left to the patient (835)
reversed           the payer took an adjudication back (835, CLP02 22)
set_aside          an answer waits again, because the decision it rests on is gone
correction_needed  the practice changed the visit after the claim was sent
correction_opened  a corrected claim (7), or a new claim for unprocessable lines (1), is to be sent
void_opened        a void (8) is to be sent
correction_dropped neither is to be sent after all
resubmitted        a rejected or voided claim is to be sent again as a new one (1)
reopening_asked    Medicare Part B: the contractor is asked to reopen its decision
appealed           a person asked the payer to change its decision; appeal_decided says what came of it
attached           a document goes with the claim when it is sent (PWK)
secondary_opened   the claim for the next payer is to be sent
secondary_corrected  a corrected one, because what that payer was told is no longer so
held, released     a person holds the claim, or lets it go on
overridden         a person with the authority lets named findings pass
written_off        an amount is given up
noted              a person's words
silent             the payer has not answered for so many days
status_told        what the payer said to our question where the claim is (277)
withdrawn          an unsent claim whose visits now belong to another claim

An answer about a submission that is no longer the newest is kept on that submission and moves nothing else; money always
counts. Which event may follow in which state is `chalicelib.claims.graph`; folding refuses nothing, so that every stored
history can be read.
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.claims import following, preparing
from chalicelib.claims.claim import (
    DECIDED,
    GONE,
    OUT,
    WAITING,
    Adjudicated,
    Claim,
    Sending,
    SubmissionRef,
    WriteOff,
)
from chalicelib.claims.model import ClaimContent, ClaimEvent, Party, Status
from chalicelib.claims.preparing import Changes, Handler, date_in
from chalicelib.claims.sending import LEVELS, answered_level, level_of

__all__ = ["HANDLERS", "Adjudicated", "Claim", "SubmissionRef", "fold"]


def fold(events: Iterable[ClaimEvent], claim: Claim | None = None) -> Claim:
    """The claim after these events, in order of their sequence; pass the claim so far to go on from it."""
    for event in events:
        if claim is None:
            content = ClaimContent.model_validate(event.data["content"])
            claim = Claim(claim_id=content.claim_id, content=content)
        if event.sequence != claim.sequence + 1:
            raise ValueError(f"event {event.sequence} does not follow {claim.sequence}")
        changes = HANDLERS[event.type](claim, event)
        claim = claim.model_copy(update={**changes, "sequence": event.sequence, "updated_at": event.at})
    if claim is None:
        raise ValueError("a claim has at least the event that drafted it")
    return claim


# Sending, and what the doors answer


def _submitted(claim: Claim, event: ClaimEvent) -> Changes:
    sent = SubmissionRef.model_validate({**event.data["submission"], "at": event.at})
    return {
        "submissions": (*claim.submissions, sent),
        "status": Status.SUBMITTED,
        "owner": Party.PAYER,
        "reason": "waits for the payer's answer",
        "deadline": date_in(event, "deadline"),
        "accepted": False,
    }


def _outcome(claim: Claim, event: ClaimEvent, outcome: str) -> tuple[SubmissionRef, ...]:
    """The submissions with the answered one marked; an answer without a number is for the newest."""
    number = event.data.get("patient_control_number") or (claim.latest.patient_control_number if claim.latest else "")
    return tuple(
        item.model_copy(update={"outcome": outcome}) if item.patient_control_number == number else item
        for item in claim.submissions
    )


def _is_late(claim: Claim, event: ClaimEvent) -> bool:
    """Whether this answers an earlier submission than the newest."""
    number = event.data.get("patient_control_number")
    return bool(number and claim.latest and number != claim.latest.patient_control_number)


def _acknowledged(claim: Claim, event: ClaimEvent) -> Changes:
    if claim.status is not Status.SUBMITTED or _is_late(claim, event):
        return {}  # a 999 that comes after the 277CA tells nothing new
    return {"status": Status.ACKNOWLEDGED, "submissions": _outcome(claim, event, "acknowledged")}


def _accepted(claim: Claim, event: ClaimEvent) -> Changes:
    told = event.data.get("payer_control_number") or ""
    if _is_late(claim, event):
        return {"payer_control_number": claim.payer_control_number or told}
    number = event.data.get("patient_control_number") or (claim.latest.patient_control_number if claim.latest else "")
    if (claim.sending and claim.sending.kind == "void") or level_of(claim, number) != "P":
        told = ""  # the number of a void, or another payer's, is not what a correction would name
    changes: Changes = {"accepted": True, "payer_control_number": told or claim.payer_control_number}
    if claim.status in (Status.SUBMITTED, Status.ACKNOWLEDGED, Status.REJECTED):
        changes |= {
            "status": Status.ACCEPTED,
            "owner": Party.PAYER,
            "reason": "the payer has it and decides",
            "submissions": _outcome(claim, event, "accepted"),
        }
        if _voids(claim) and claim.adjudication is None:
            changes |= _void_done("the payer took the void; it had decided nothing yet")
    return changes


def _voids(claim: Claim) -> bool:
    """Whether the newest submission is a void that was sent."""
    return bool(claim.sending and claim.sending.kind == "void" and claim.latest and claim.latest.frequency == "8")


def _void_done(reason: str) -> Changes:
    return {
        "status": Status.VOIDED,
        "owner": Party.NOBODY,
        "reason": reason,
        "deadline": None,
        "sending": None,
        "adjudication": None,
        "correction_open": False,
        "crossed_over": False,
        "passed_on": False,
        "answered": (),
        "write_offs": (),
        "payer_control_number": "",
    }


def _rejected(claim: Claim, event: ClaimEvent) -> Changes:
    """Turned away at the door. After a decision, or about an older submission, it moves nothing."""
    submissions = _outcome(claim, event, "rejected")
    if _is_late(claim, event):
        return {"submissions": submissions}
    if claim.status not in OUT and claim.status is not Status.REJECTED:
        return {}
    return {
        "status": Status.REJECTED,
        "owner": Party.US,
        "reason": event.words,
        "deadline": date_in(event, "deadline") or claim.deadline,
        "submissions": submissions,
    }


# Decisions and money


def _adjudicated(claim: Claim, event: ClaimEvent) -> Changes:
    result = Adjudicated.model_validate(event.data["result"])
    changes: Changes = {
        "adjudication": result,
        "payer_control_number": _number_after(claim, event),
        "submissions": _outcome(claim, event, "adjudicated"),
        **_answered(claim, event),
    }
    if claim.status in GONE:
        return {"submissions": changes["submissions"]}
    # What else is on its way keeps its place: a correction not sent, or sent and not yet answered.
    if claim.sending and (claim.status in WAITING or _is_late(claim, event) or claim.sending.kind == "void"):
        return changes
    status, owner, reason = _after_adjudication(result)
    crossed = status is Status.SECONDARY_DUE and following.is_crossed_over(event)
    if crossed:
        owner, reason = Party.PAYER, "the payer passed it on to the secondary payer itself"
    worked = status in (Status.DENIED, Status.PARTLY_DENIED)
    return {
        **changes,
        "status": status,
        "owner": owner,
        "reason": reason,
        "deadline": date_in(event, "deadline") if worked else date_in(event, "next_deadline"),
        "sending": None,
        "hold": None,
        "appeal": None,
        "crossed_over": crossed,
    }


def _answered(claim: Claim, event: ClaimEvent) -> Changes:
    """The level that decided; an event that is no payer's decision (a patient's payment) adds none."""
    if "payment" not in event.data:
        return {}
    level = answered_level(claim, event)
    passed = claim.passed_on or (level == "P" and following.is_crossed_over(event))
    return {"answered": tuple(sorted({*claim.answered, level}, key=LEVELS.index)), "passed_on": passed}


def _unanswered(claim: Claim, event: ClaimEvent) -> Changes:
    left = tuple(level for level in claim.answered if level != answered_level(claim, event))
    return {"answered": left, "submissions": _outcome(claim, event, "reversed")}


def _set_aside(claim: Claim, event: ClaimEvent) -> Changes:
    return _unanswered(claim, event)


def _number_after(claim: Claim, event: ClaimEvent) -> str:
    """The payer's number a correction will name: that of the newest decision, but never the secondary payer's."""
    told = event.data.get("payer_control_number") or claim.payer_control_number
    return told if answered_level(claim, event) == "P" else claim.payer_control_number


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


def _reversed(claim: Claim, event: ClaimEvent) -> Changes:
    changes: Changes = {"adjudication": None, "crossed_over": False, **_unanswered(claim, event)}
    if claim.status in GONE:
        return {"submissions": changes["submissions"]}
    if _voids(claim) and claim.status in OUT:
        return {**changes, **_void_done("the payer took its decision back, as the void asked")}
    # What waits for the next payer tells a decision that is gone; a correction under way is answered next.
    stale = claim.status in (Status.READY, Status.HELD) and _tells(claim, answered_level(claim, event))
    if claim.sending and not stale and (claim.status in WAITING or claim.status in OUT):
        return changes
    return {
        **changes,
        "sending": None if stale else claim.sending,
        "hold": None if stale else claim.hold,
        "appeal": None,
        "status": Status.REVERSED,
        "owner": Party.PAYER,
        "reason": "the payer took its decision back and decides again",
        "deadline": date_in(event, "deadline"),
    }


def _tells(claim: Claim, level: str) -> bool:
    """Whether what is to be sent tells a later payer the decision of this level."""
    sending = claim.sending
    return bool(sending and sending.kind == "secondary" and LEVELS.index(level) < LEVELS.index(sending.sequence))


def _written_off(claim: Claim, event: ClaimEvent) -> Changes:
    """`left_cents` is what payers and patient still owe after it."""
    made = WriteOff.model_validate(event.data["write_off"])
    changes: Changes = {"write_offs": (*claim.write_offs, made)}
    open_cents, patient_cents = event.data["left_open_cents"], event.data["left_patient_cents"]
    if open_cents:
        return changes
    if patient_cents:
        moved = (Status.PATIENT_DUE, Party.PATIENT, "the patient owes the rest")
    else:
        moved = (Status.CLOSED, Party.NOBODY, event.words)
    status, owner, reason = moved
    return {**changes, "status": status, "owner": owner, "reason": reason, "deadline": None, "hold": None}


# Corrections


def _correction_needed(_: Claim, event: ClaimEvent) -> Changes:
    told = str(event.data.get("change", ""))
    return {"correction_open": True, "told_change": told, "owner": Party.US, "reason": event.words}


def _sending(claim: Claim, event: ClaimEvent) -> Sending:
    """What is to be sent; beside it, what a later payer has accepted meanwhile."""
    out = claim.sending if claim.status is Status.ACCEPTED else None
    kept = out if out is not None and out.kind == "secondary" else None
    return Sending.model_validate({**event.data["sending"], "back_to": claim.status, "replaces": kept})


def _correction_opened(claim: Claim, event: ClaimEvent) -> Changes:
    """Held until it is checked like any claim."""
    return {
        "content": ClaimContent.model_validate(event.data["content"]),
        "sending": _sending(claim, event),
        "status": Status.HELD,
        "owner": Party.US,
        "reason": event.words,
        "correction_open": False,
        "overrides": (),
    }


def _opened_ready(claim: Claim, event: ClaimEvent) -> Changes:
    """A void and a secondary claim say nothing new that could be checked: they go with the next batch."""
    return {
        "sending": _sending(claim, event),
        "status": Status.READY,
        "hold": None,
        "owner": Party.US,
        "reason": event.words,
        "deadline": date_in(event, "deadline") or claim.deadline,
    }


def _back_to(claim: Claim) -> Status:
    """Where a claim stands without its correction; the payer may have decided, or taken back, meanwhile."""
    before = claim.sending.back_to if claim.sending else claim.status
    if _still_out(claim):
        return before
    if claim.adjudication is None:
        return Status.REVERSED if before in DECIDED else before
    return before if before in DECIDED else _after_adjudication(claim.adjudication)[0]


def _still_out(claim: Claim) -> Sending | None:
    """What a later payer has accepted and still decides, where it was to be replaced or something was to go beside it."""
    before = claim.sending.replaces if claim.sending else None
    return before if before is not None and before.sequence not in claim.answered else None


def _correction_dropped(claim: Claim, event: ClaimEvent) -> Changes:
    content = event.data.get("content")
    return {
        "content": ClaimContent.model_validate(content) if content else claim.content,
        "status": _back_to(claim),
        "sending": _still_out(claim),
        "hold": None,
        "owner": Party.US,
        "reason": event.words,
        "correction_open": bool(content),
    }


def _resubmitted(_: Claim, event: ClaimEvent) -> Changes:
    return {"status": Status.HELD, "owner": Party.US, "reason": event.words}


def _noted(_: Claim, __: ClaimEvent) -> Changes:
    return {}


HANDLERS: dict[str, Handler] = {
    "drafted": preparing.drafted,
    "amended": preparing.drafted,
    "scrubbed": preparing.scrubbed,
    "submitted": _submitted,
    "acknowledged": _acknowledged,
    "accepted": _accepted,
    "rejected": _rejected,
    "adjudicated": _adjudicated,
    "reversed": _reversed,
    "set_aside": _set_aside,
    "correction_needed": _correction_needed,
    "correction_opened": _correction_opened,
    "void_opened": _opened_ready,
    "secondary_opened": _opened_ready,
    "secondary_corrected": _opened_ready,
    "correction_dropped": _correction_dropped,
    "resubmitted": _resubmitted,
    "reopening_asked": following.reopening_asked,
    "held": preparing.held,
    "released": preparing.released,
    "overridden": preparing.overridden,
    "written_off": _written_off,
    "appealed": following.appealed,
    "appeal_decided": following.appeal_decided,
    "attached": following.attached,
    "noted": _noted,
    "silent": following.silent,
    "status_told": following.status_told,
    "withdrawn": preparing.withdrawn,
}

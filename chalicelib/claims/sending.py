"""What exactly goes out with the next submission of a claim: which payer, which lines, as what. Pure."""

from __future__ import annotations

from chalicelib.claims.claim import Claim, SubmissionRef
from chalicelib.claims.model import ClaimContent, ClaimEvent
from chalicelib.intake.model import Coverage

LEVELS = ("P", "S", "T")


def coverage_at(content: ClaimContent, sequence: str) -> Coverage | None:
    """The coverage of a payer level (SBR01), None when the patient has none."""
    return {"P": content.coverage, "S": content.secondary, "T": content.tertiary}.get(sequence)


def next_level(sequence: str) -> str:
    """The level after this one; '' after the third."""
    return {"P": "S", "S": "T"}.get(sequence, "")


def level_of(claim: Claim, patient_control_number: str) -> str:
    """The payer level of the submission with this number; P for a number that is not there."""
    found = (item.sequence for item in claim.submissions if item.patient_control_number == patient_control_number)
    return next(found, "P")


def answered_level(claim: Claim, event: ClaimEvent) -> str:
    """The payer level a decision is from: what posting found out, else that of the submission it names."""
    return str(event.data.get("level") or level_of(claim, str(event.data.get("patient_control_number", ""))))


def told(claim: Claim, level: str) -> SubmissionRef | None:
    """The newest claim a payer level has from us: one sent and not turned away at the door."""
    found = (item for item in reversed(claim.submissions) if item.sequence == level and item.outcome != "rejected")
    return next(found, None)


def sent_content(claim: Claim) -> ClaimContent:
    """The claim as the payer it goes to gets it.

    All lines, except where the payer refused some as unprocessable: only those go again. The next payer's claim is that payer's
    own: its coverage takes the place of the first, and what others decided travels beside it.
    """
    sending = claim.sending
    if sending is None:
        return claim.content
    if sending.kind == "lines":
        again = tuple(line for line in claim.content.lines if line.number in sending.lines)
        return claim.content.model_copy(update={"lines": again, "patient_paid_cents": 0})
    if sending.kind == "secondary":
        return content_for(claim.content, sending.sequence, sending.payer_name)
    return claim.content


def content_for(content: ClaimContent, sequence: str, payer_name: str) -> ClaimContent:
    """The claim for the payer of a level. ValueError when the patient has no such payer."""
    coverage = coverage_at(content, sequence)
    if coverage is None:
        raise ValueError(f"the claim names no payer at level {sequence}")
    later = content.tertiary if sequence == "S" else None
    # The authorization was the first payer's.
    update = {"coverage": coverage, "payer_name": payer_name, "secondary": later, "tertiary": None}
    return content.model_copy(update={**update, "authorization_number": ""})


def sent_submission(claim: Claim) -> ClaimContent:
    """The claim as the newest submission sent it (or the next will)."""
    latest = claim.latest
    if latest is None or latest.sequence == "P":
        return claim.content
    name = claim.sending.payer_name if claim.sending else ""
    return content_for(claim.content, latest.sequence, name)

"""What happens to a claim while others decide: appeals, answers to our questions, papers. Handlers of `lifecycle`."""

from __future__ import annotations

from typing import Any

from chalicelib.claims.claim import OUT, Appeal, AttachedPaper, Claim
from chalicelib.claims.model import ClaimContent, ClaimEvent, Party, Status
from chalicelib.claims.preparing import Changes, date_in

CROSSED = frozenset(("19", "20", "21", "23"))  # CLP02: processed and forwarded; not theirs and forwarded
CROSSED_REMARKS = frozenset(("MA18", "MA07"))  # RARC: forwarded to the supplemental insurer, to Medicaid
NOT_CROSSED_REMARK = "MA19"
WON = frozenset(("overturned", "partly"))


def payment_crossed_over(payment: dict[str, Any]) -> bool:
    """Whether an 835 claim payment says that the payer itself sent the claim on: CLP02, NM1*TT or a remark code."""
    said = {*payment.get("remark_codes", ()), *(c for line in payment.get("lines", ()) for c in line["remark_codes"])}
    return NOT_CROSSED_REMARK not in said and (
        payment.get("status_code") in CROSSED or bool(payment.get("crossover_carrier")) or bool(CROSSED_REMARKS & said)
    )


def is_crossed_over(event: ClaimEvent) -> bool:
    told = event.data.get("crossed_over")
    return payment_crossed_over(event.data.get("payment", {})) if told is None else bool(told)


def appealed(claim: Claim, event: ClaimEvent) -> Changes:
    """Data: `appeal` {appeal_id, level}, `deadline` by when an answer is due."""
    made = Appeal.model_validate({**event.data.get("appeal", {}), "back_to": claim.status})
    return {
        "status": Status.APPEALED,
        "appeal": made,
        "owner": Party.PAYER,
        "reason": event.words,
        "deadline": date_in(event, "deadline"),
    }


def appeal_decided(claim: Claim, event: ClaimEvent) -> Changes:
    """Data: `outcome` overturned, partly, upheld or withdrawn; `deadline` of the payment, or of the next level.

    The claim is again what it was: money moves by the payer's next 835 and not by a letter.
    """
    won = event.data.get("outcome") in WON
    return {
        "status": claim.appeal.back_to if claim.appeal else Status.DENIED,
        "appeal": None,
        "owner": Party.PAYER if won else Party.US,
        "reason": event.words,
        "deadline": date_in(event, "deadline"),
    }


def attached(claim: Claim, event: ClaimEvent) -> Changes:
    made = AttachedPaper.model_validate(event.data["paper"])
    others = tuple(item for item in claim.papers if item.control_number != made.control_number)
    return {"papers": (*others, made)}


def status_told(claim: Claim, event: ClaimEvent) -> Changes:
    """What a 277 says moves nothing but whose move it is, and only while the payer has the claim to decide.

    Data: `owner` payer or us, `deadline` of the next look.
    """
    told = event.data.get("patient_control_number")
    late = bool(told and claim.latest and told != claim.latest.patient_control_number)
    if late or claim.status not in OUT | {Status.REVERSED}:
        return {}
    owner = Party(event.data.get("owner", Party.PAYER))
    return {"owner": owner, "reason": event.words, "deadline": date_in(event, "deadline") or claim.deadline}


def silent(_: Claim, event: ClaimEvent) -> Changes:
    return {"owner": Party.US, "reason": event.words, "deadline": date_in(event, "deadline")}


def reopening_asked(_: Claim, event: ClaimEvent) -> Changes:
    return {
        "content": ClaimContent.model_validate(event.data["content"]),
        "correction_open": False,
        "owner": Party.US,
        "reason": event.words,
        "deadline": date_in(event, "deadline"),
    }

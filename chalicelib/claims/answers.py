"""What the clearinghouse and the payer's front door answer (999, 277CA), laid onto the claim that was sent.

Every answer is applied once: its natural key travels in the same transaction as the event. A rejection opens a task in the
same transaction, in plain words. An answer to a number that is not ours is counted as unknown, for the exception list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.charges import settle_void
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.records import Batch, StoredClaim
from chalicelib.codes import claim_status
from chalicelib.platform.errors import AlreadyDone
from chalicelib.support.tasks import open_task
from chalicelib.x12 import Acknowledgement, ClaimStatus, TransactionAck

_REJECTING = frozenset(("A3", "A4", "A6", "A7", "A8"))
_ACCEPTING = frozenset(("A2",))


@dataclass
class Answered:
    """Counts of claims. `unknown` are answers about numbers we never sent; `repeated` were applied before."""

    accepted: int = 0
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    repeated: int = 0


def take_999(answer: Acknowledgement, batch: Batch, submissions: Sequence[records.Submission]) -> Answered:
    """Apply a 999 to every claim of the file it answers. One ST a file, so its verdict is the file's."""
    result = Answered()
    refused = next((item for item in answer.transactions if item.accepted not in ("A", "E", "M")), None)
    rejected = refused is not None or answer.accepted == "R"
    stored = records.find_claims(item.claim_id for item in submissions)
    for item in submissions:
        claim = stored[item.claim_id]
        data: dict[str, Any] = {"patient_control_number": item.patient_control_number}
        kind, words = "acknowledged", "The clearinghouse read the file without error"
        if rejected:
            kind, words = "rejected", _words_999(refused)
        done = _apply(claim, kind, "999", words, data, f"{batch.control_number}")
        _count(result, kind if done else "repeated")
    return result


def _words_999(refused: TransactionAck | None) -> str:
    first = refused.errors[0] if refused and refused.errors else None
    where = f" at segment {first.segment} number {first.position}" if first else ""
    return f"The clearinghouse could not read the file{where}; mend it and send it again"


def take_277ca(statuses: Iterable[ClaimStatus]) -> Answered:
    """Apply claim statuses of the current practice."""
    result = Answered()
    listed = list(statuses)
    routes = records.claims_by_control_number(item.patient_control_number for item in listed)
    stored = records.find_claims(routes.values())
    for item in listed:
        claim_id = routes.get(item.patient_control_number)
        if claim_id is None:
            result.unknown += 1
            continue
        kind = _kind(item)
        data = {
            "patient_control_number": item.patient_control_number,
            "category": item.category,
            "status": item.status,
            "entity": item.entity,
            "payer_control_number": item.payer_control_number,
        }
        key = f"{item.patient_control_number}#{item.category}#{item.status}"
        done = _apply(stored[claim_id], kind, "277CA", status_words(item), data, key)
        _count(result, kind if done else "repeated")
    return result


def _kind(item: ClaimStatus) -> str:
    if item.category in _REJECTING:
        return "rejected"
    return "accepted" if item.category in _ACCEPTING else "acknowledged"


def status_words(item: ClaimStatus) -> str:
    """'Rejected by the payer: A3 returned as unprocessable; 164 member id not found'."""
    lead = {"rejected": "Rejected by the payer", "accepted": "Accepted by the payer"}.get(_kind(item), "Received")
    parts = [
        f"{code} {_meaning(kind, code)}"
        for kind, code in (("category", item.category), ("status", item.status))
        if code
    ]
    return f"{lead}: " + "; ".join(parts)


def _meaning(kind: str, code: str) -> str:
    found = claim_status.get(code, kind)
    return found.meaning if found else "(a code not in our list)"


def _apply(stored: StoredClaim, kind: str, source: str, words: str, data: dict[str, Any], key: str) -> bool:
    """One event on one claim, once. False when this very answer was applied before."""
    claim_id = stored.claim.claim_id
    if store.was_done(source, f"{claim_id}#{key}"):
        return False
    try:
        with store.unit_of_work() as uow:
            uow.once(source, f"{claim_id}#{key}")
            claim = records.write_events(uow, stored, [(kind, source, words, data)])
            settle_void(uow, stored.claim, claim)
            if kind == "rejected":
                _rejection(uow, claim, words, key)
            uow.audit(f"claim.{kind}", f"CLM#{claim_id}", ("status",))
            uow.commit()
    except AlreadyDone:
        return False
    return True


def _rejection(uow: store.UnitOfWork, claim: Claim, words: str, key: str) -> None:
    uow.emit("ClaimRejected", f"CLM#{claim.claim_id}", {"claim": claim.claim_id})
    open_task(
        uow,
        "rejected",
        claim.claim_id,
        words,
        amount_cents=claim.content.charge_cents,
        natural_key=f"{claim.claim_id}#{key}",
    )


def _count(result: Answered, name: str) -> None:
    setattr(result, name, getattr(result, name) + 1)

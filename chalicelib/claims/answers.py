"""What the clearinghouse and the payer's front door answer (TA1, 999, 277CA), laid onto the claim that was sent.

Every answer is applied once: its natural key travels in the same transaction as the event. A rejection opens a task in the
same transaction, in plain words. An answer to a number that is not ours is counted as unknown, for the exception list.
Where a 999 says which claims were at fault, the others of the refused file go again with the next batch by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from chalicelib import documents, store
from chalicelib.claims import records
from chalicelib.claims.answer_words import error_words, kind_of, status_words
from chalicelib.claims.charges import settle_void
from chalicelib.claims.claim import OUT
from chalicelib.claims.file_places import Places
from chalicelib.claims.judging import scrubbed_event
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.records import Batch, StoredClaim, Submission
from chalicelib.codes import payers
from chalicelib.platform.errors import AlreadyDone, Conflict
from chalicelib.support.tasks import open_task
from chalicelib.x12 import Acknowledgement, ClaimStatus, SegmentError

__all__ = ["Answered", "refuse_batch", "status_words", "take_277ca", "take_999", "take_ta1"]

_READ = frozenset(("A", "E", "M", "P"))
_ATTEMPTS = 3
_AGAIN = frozenset(("corrected", "lines"))
Event = tuple[str, str, str, dict[str, Any]]


@dataclass
class Answered:
    """Counts of claims. `unknown` are answers about numbers we never sent; `repeated` were applied before.

    `again`: refused with their file because of others, and ready to go again.
    """

    accepted: int = 0
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    repeated: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a 999 says of one claim: refused or not, and for which errors of its own. `others`: errors of other claims."""

    refused: bool
    errors: tuple[SegmentError, ...] = ()
    others: bool = False


def take_999(answer: Acknowledgement, batch: Batch, submissions: Sequence[Submission]) -> Answered:
    """Apply a 999 to every claim of the file it answers, each by its transaction set and its own segments."""
    result = Answered()
    verdicts = _verdicts(answer, batch)
    for item in submissions:
        verdict = verdicts(item.patient_control_number)
        kind, events = _events_999(item, verdict)
        done = _apply(item.claim_id, kind, events, "999", f"{batch.control_number}")
        _count(result, kind if done else "repeated")
    return result


def _verdicts(answer: Acknowledgement, batch: Batch) -> Any:
    """A function from patient control number to verdict."""
    whole = answer.accepted not in _READ
    of_set = {item.control_number: item for item in answer.transactions}
    at_fault: dict[str, list[SegmentError]] = {}
    places = _places(batch) if any(item.errors for item in answer.transactions) else None
    for item in answer.transactions:
        for error in item.errors if places else ():
            for number in places.numbers_at(item.control_number, error.position) if places else ():
                at_fault.setdefault(number, []).append(error)

    def verdict(number: str) -> _Verdict:
        control = places.set_of.get(number, "") if places else ""
        found = of_set.get(control) or (answer.transactions[0] if len(answer.transactions) == 1 else None)
        refused = found.accepted not in _READ if found else whole
        if at_fault.get(number):
            return _Verdict(refused, tuple(at_fault[number]))
        general = tuple(found.errors) if found and not at_fault else ()
        return _Verdict(refused, general, others=bool(at_fault))

    return verdict


def _places(batch: Batch) -> Places | None:
    return Places(documents.get(batch.document)) if batch.document else None


def _events_999(item: Submission, verdict: _Verdict) -> tuple[str, list[Event]]:
    data: dict[str, Any] = {"patient_control_number": item.patient_control_number}
    if not verdict.refused:
        words = "The clearinghouse read the file without error"
        if verdict.errors:
            words = f"The clearinghouse took the claim, but marked {error_words(verdict.errors)}"
        return "acknowledged", [("acknowledged", "999", words, data)]
    if verdict.others:
        words = "The clearinghouse refused the whole file because of other claims in it; nothing is wrong with this one"
        return "again", [("rejected", "999", words, data)]
    where = f": {error_words(verdict.errors)}" if verdict.errors else ""
    words = f"The clearinghouse could not read the file{where}; mend it and send it again"
    return "rejected", [("rejected", "999", words, data)]


def take_ta1(answer: Acknowledgement, batch: Batch, submissions: Sequence[Submission]) -> Answered:
    """Apply an interchange acknowledgement: an envelope that was refused takes all its claims back to us."""
    if answer.accepted != "R":
        return Answered()  # the 999 that follows says what became of the claims
    codes = " ".join(answer.codes)
    return refuse_batch(f"The clearinghouse refused the file's envelope (TA1 {codes})", "TA1", batch, submissions)


def refuse_batch(words: str, source: str, batch: Batch, submissions: Sequence[Submission]) -> Answered:
    """Every claim of a file turned away for something that is none of theirs."""
    result = Answered()
    for item in submissions:
        data: dict[str, Any] = {"patient_control_number": item.patient_control_number}
        said = f"{words}; mend what it names and send the claim again"
        done = _apply(item.claim_id, "rejected", [("rejected", source, said, data)], source, f"{batch.control_number}")
        _count(result, "rejected" if done else "repeated")
    return result


def take_277ca(statuses: Iterable[ClaimStatus]) -> Answered:
    """Apply claim statuses of the current practice."""
    result = Answered()
    listed = list(statuses)
    routes = records.claims_by_control_number(item.patient_control_number for item in listed)
    for item in listed:
        claim_id = routes.get(item.patient_control_number)
        if claim_id is None:
            result.unknown += 1
            continue
        kind = kind_of(item)
        data = {
            "patient_control_number": item.patient_control_number,
            "category": item.category,
            "status": item.status,
            "entity": item.entity,
            "payer_control_number": item.payer_control_number,
        }
        key = f"{item.patient_control_number}#{item.category}#{item.status}{_number_mark(item.payer_control_number)}"
        done = _apply(claim_id, kind, [(kind, "277CA", status_words(item), data)], "277CA", key)
        _count(result, kind if done else "repeated")
    return result


def _number_mark(number: str) -> str:
    """The same status with the payer's control number is news: corrections name it. Only a hash of it goes into a key."""
    return f"#{sha256(number.encode()).hexdigest()[:8]}" if number else ""


def _apply(claim_id: str, kind: str, events: list[Event], source: str, key: str) -> bool:
    """The events on one claim, once. False when this very answer was applied before.

    The claim is read fresh, and again when somebody changed it meanwhile: a file may speak of it twice.
    """
    if store.was_done(source, f"{claim_id}#{key}"):
        return False
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _commit(records.get_claim(claim_id), kind, events, source, key)
        except AlreadyDone:
            return False
        except Conflict as conflict:
            # A refusal of the lifecycle stays one; only a lost race is worth another look.
            if attempt == _ATTEMPTS or conflict.code == "EVENT_NOT_ALLOWED":
                raise
    return False


def _commit(stored: StoredClaim, kind: str, events: list[Event], source: str, key: str) -> bool:
    claim_id = stored.claim.claim_id
    if kind == "again":
        if _may_go_again(stored.claim, events[0][3]["patient_control_number"]):
            events = [*events, *_go_again(stored.claim, source)]
        else:
            kind = "rejected"
    with store.unit_of_work() as uow:
        uow.once(source, f"{claim_id}#{key}")
        claim = records.write_events(uow, stored, events)
        settle_void(uow, stored.claim, claim)
        if kind == "rejected":
            _rejection(uow, claim, events[0][2], key)
        uow.audit(f"claim.{kind}", f"CLM#{claim_id}", ("status",))
        uow.commit()
    return True


def _may_go_again(claim: Claim, number: str) -> bool:
    """Only what is exactly as it was sent: the newest submission, no change waiting, no void and no other payer's claim."""
    same = claim.latest is not None and claim.latest.patient_control_number == number
    plain = claim.sending is None or claim.sending.kind in _AGAIN
    return claim.status in OUT and same and plain and not claim.correction_open


def _go_again(claim: Claim, source: str) -> list[Event]:
    coverage, on = claim.content.coverage, claim.content.date_of_service
    plan = payers.plan(coverage.payer_id, coverage.line_of_business, on)
    checked = scrubbed_event(claim.findings, claim.content, plan, claim.coverage_check)
    return [
        ("resubmitted", source, "To be sent again as it is, without those the file was refused for", {}),
        ("scrubbed", "us", "Checked before; nothing in it changed", checked),
    ]


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

"""One claim payment in one transaction: journal, claim event, balance, natural key, and a task where a person must look."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib import clock, ledger, store
from chalicelib.claims.charges import settle_void
from chalicelib.claims.lifecycle import Adjudicated
from chalicelib.claims.records import StoredClaim, write_events
from chalicelib.claims.secondary import after_decision
from chalicelib.claims.sending import level_of
from chalicelib.codes import payers
from chalicelib.money import dollars
from chalicelib.remittance import records
from chalicelib.remittance.model import ClaimPart, Outcome
from chalicelib.remittance.split import Split, every_adjustment, split
from chalicelib.store import journal
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current
from chalicelib.x12 import ClaimPayment

REVERSAL = "22"
Lines = Sequence[ledger.JournalLine]
_ASIDE = {
    "suspended": (ledger.SUSPENSE, "unmatched_payment"),
    "refused": ("suspense.unbalanced", "unbalanced_remittance"),
}


@dataclass(frozen=True, slots=True)
class Posting:
    """A claim payment on its way into the ledger. `stored` is our claim, None when nothing matches; `refuse` a reason not to."""

    remittance_id: str
    sequence: int
    payment: ClaimPayment
    stored: StoredClaim | None
    payer_name: str
    paid_on: date
    trace: str = ""
    refuse: str = ""

    @property
    def key(self) -> str:
        return f"{self.remittance_id}#{self.sequence:06d}"


def post_claim(posting: Posting) -> Outcome:
    """Post, suspend or refuse. AlreadyDone when this very payment was posted before."""
    if posting.refuse:
        return _aside(posting, "refused", posting.refuse)
    if posting.stored is None:
        return _aside(posting, "suspended", "NO_SUCH_CLAIM")
    if posting.payment.status_code == REVERSAL:
        return _reverse(posting, posting.stored)
    return _adjudicate(posting, posting.stored)


def _plain(payment: ClaimPayment) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(payment), default=str))
    return found


def _part(posting: Posting, outcome: Outcome, reason: str, entry_id: str) -> ClaimPart:
    return ClaimPart(
        sequence=posting.sequence,
        patient_control_number=posting.payment.patient_control_number,
        claim_id=posting.stored.claim.claim_id if posting.stored else "",
        outcome=outcome,
        reason=reason,
        entry_id=entry_id,
        payment=_plain(posting.payment),
    )


def _write(uow: store.UnitOfWork, posting: Posting, outcome: Outcome, reason: str, lines: Lines, memo: str) -> None:
    """The natural key, the part and its journal entry; the caller adds events and commits."""
    uow.once("claim_payment", posting.key)
    entry_id = current().make_id("jrn", "claim_payment", posting.key) if lines else ""
    uow.create(records.part_record(posting.remittance_id, _part(posting, outcome, reason, entry_id)))
    if lines:
        at = clock.instant_text(clock.now())
        source = posting.remittance_id
        made = ledger.JournalEntry(entry_id=entry_id, at=at, source=source, memo=memo, lines=tuple(lines))
        journal.post(uow, made)
    uow.audit(f"claim_payment.{outcome}", f"RMT#{posting.remittance_id}", ("amounts",))


_ASIDE_WORDS = {
    "NO_SUCH_CLAIM": "A payment names a claim we did not send: match it or send it back",
    "NOTHING_TO_REVERSE": "A payer reversed a claim payment we never posted: find it before posting the new one",
    "REVERSAL_DIFFERS": "A payer's reversal is for another amount than was posted",
    "ALREADY_ADJUDICATED": "A payer paid a claim twice without taking the first decision back",
    "UNBALANCED_CLAIM": "A claim in a check does not add up: its charge is not its payment plus its adjustments",
}


def _aside(posting: Posting, outcome: Outcome, reason: str) -> Outcome:
    """Cash that fits no claim waits in suspense with a task; nothing else of the payment is posted."""
    amount = posting.payment.paid_cents
    account, kind = _ASIDE[outcome]
    lines = ledger.move(ledger.CLEARING, account, posting.remittance_id, amount)
    with store.unit_of_work() as uow:
        _write(uow, posting, outcome, reason, lines, "payment that fits no claim")
        open_task(uow, kind, posting.remittance_id, _ASIDE_WORDS[reason], amount_cents=amount, natural_key=posting.key)
        uow.commit()
    return outcome


def _adjudicate(posting: Posting, stored: StoredClaim) -> Outcome:
    claim = stored.claim
    parts = split(posting.payment, claim.claim_id, secondary=claim.content.secondary is not None)
    open_before = journal.balance(claim.claim_id).open_cents
    taken = sum(line.credit_cents - line.debit_cents for line in parts.lines if line.account == ledger.PAYER)
    if claim.adjudication is not None and (taken > open_before or parts.denied_cents == posting.payment.charge_cents):
        # A duplicate denied while the first decision stands changes nothing; a second payment is a person's question.
        return _aside(posting, "suspended", "ALREADY_ADJUDICATED")
    if taken > open_before:
        return _aside(posting, "suspended", "ALREADY_ADJUDICATED")
    result = Adjudicated(
        remittance_id=posting.remittance_id,
        paid_cents=parts.paid_cents,
        adjusted_cents=parts.adjusted_cents,
        patient_cents=parts.patient_cents,
        secondary_cents=parts.secondary_cents,
        denied_cents=parts.denied_cents,
        open_cents=open_before - taken + parts.secondary_cents,
        allowed_cents=_allowed(posting.payment),
        status_code=posting.payment.status_code,
    )
    data = {
        **_reference(posting),
        "result": result.model_dump(mode="json"),
        "patient_control_number": posting.payment.patient_control_number,
        "payer_control_number": posting.payment.payer_control_number,
        "deadline": _appeal_by(posting, stored).isoformat(),
        **_next_payer(posting, stored),
    }
    with store.unit_of_work() as uow:
        _write(uow, posting, "posted", "", parts.lines, "claim payment")
        write_events(uow, stored, [("adjudicated", "835", _words(posting, parts), data)])
        if parts.denied_cents:
            _denied(uow, posting, stored, parts)
        uow.commit()
    return "posted"


def _reference(posting: Posting) -> dict[str, Any]:
    """Where the decision stands, and the decision itself: the claim's page and a secondary claim need it."""
    return {
        "remittance_id": posting.remittance_id,
        "sequence": posting.sequence,
        "trace": posting.trace,
        "payment": _plain(posting.payment),
    }


def _next_payer(posting: Posting, stored: StoredClaim) -> dict[str, Any]:
    level = level_of(stored.claim, posting.payment.patient_control_number)
    return after_decision(stored.claim.content, level, _plain(posting.payment), posting.paid_on)


def _allowed(payment: ClaimPayment) -> int | None:
    known = [line.allowed_cents for line in payment.lines if line.allowed_cents is not None]
    return sum(known) if known else None


def _appeal_by(posting: Posting, stored: StoredClaim) -> date:
    """First-level appeal limit of the payer directory, from the payment date (default 180 days where it has no row)."""
    content = stored.claim.content
    plan = payers.plan(content.coverage.payer_id, content.coverage.line_of_business, content.date_of_service)
    return posting.paid_on + timedelta(days=plan.appeal_days if plan else 180)


def _words(posting: Posting, parts: Split) -> str:
    said = [f"{posting.payer_name} decided: paid {dollars(parts.paid_cents)}"]
    if parts.adjusted_cents:
        said.append(f"adjusted {dollars(parts.adjusted_cents)}")
    if parts.patient_cents or parts.secondary_cents:
        who = "the patient" if parts.patient_cents else "the next payer"
        said.append(f"left {dollars(parts.patient_cents + parts.secondary_cents)} to {who}")
    if parts.denied_cents:
        codes = ", ".join(dict.fromkeys(f"{group}-{reason}" for group, reason, _ in parts.denials))
        said.append(f"denied {dollars(parts.denied_cents)} ({codes})")
    return ", ".join(said)


def _denied(uow: store.UnitOfWork, posting: Posting, stored: StoredClaim, parts: Split) -> None:
    """Hand the denial on: an event for the denial queue, and a task until there is one."""
    claim = stored.claim
    denials = [{"group": group, "reason": reason, "amount_cents": amount} for group, reason, amount in parts.denials]
    uow.emit("LineDenied", f"CLM#{claim.claim_id}", {"claim": claim.claim_id, "denials": denials})
    codes = ", ".join(dict.fromkeys(f"{group}-{reason}" for group, reason, _ in parts.denials))
    open_task(
        uow,
        "denied",
        claim.claim_id,
        f"{posting.payer_name} denied part or all of a claim: {codes}",
        amount_cents=parts.denied_cents,
        natural_key=posting.key,
    )


def _reverse(posting: Posting, stored: StoredClaim) -> Outcome:
    """Undo exactly the posting that stands, if the payer takes back exactly that."""
    standing = stored.claim.adjudication
    before = _standing_part(stored) if standing else None
    if standing is None or before is None:
        return _aside(posting, "suspended", "NOTHING_TO_REVERSE")
    if -posting.payment.paid_cents != standing.paid_cents or not _mirrors(posting.payment, before):
        return _aside(posting, "suspended", "REVERSAL_DIFFERS")
    undone = journal.find_entry(before.entry_id) if before.entry_id else None
    lines = ledger.reversal(undone, before.entry_id, undone.at).lines if undone else ()
    words = f"{posting.payer_name} reversed its decision of {dollars(standing.paid_cents)} paid"
    data = {
        **_reference(posting),
        "patient_control_number": posting.payment.patient_control_number,
        "deadline": (posting.paid_on + timedelta(days=30)).isoformat(),
    }
    with store.unit_of_work() as uow:
        _write(uow, posting, "posted", "", lines, "reversal of a claim payment")
        settle_void(uow, stored.claim, write_events(uow, stored, [("reversed", "835", words, data)]))
        uow.commit()
    return "posted"


def _standing_part(stored: StoredClaim) -> ClaimPart | None:
    """The claim payment that stands: of the claim's latest adjudication, by its patient control number."""
    standing = stored.claim.adjudication
    if standing is None:
        return None
    found = [
        part
        for part in records.parts(standing.remittance_id)
        if part.claim_id == stored.claim.claim_id and part.outcome == "posted"
    ]
    return next((part for part in reversed(found) if part.payment.get("status_code") != REVERSAL), None)


def _mirrors(payment: ClaimPayment, before: ClaimPart) -> bool:
    """Whether the reversal negates every adjustment under its original group and reason."""
    taken: dict[tuple[str, str], int] = {}
    for item in every_adjustment(payment):
        taken[item.group, item.reason] = taken.get((item.group, item.reason), 0) + item.amount_cents
    old = before.payment
    for line in (old, *old.get("lines", ())):
        for item in line.get("adjustments", ()):
            key = (item["group"], item["reason"])
            taken[key] = taken.get(key, 0) + item["amount_cents"]
    return not any(taken.values())

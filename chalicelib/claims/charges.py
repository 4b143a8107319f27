"""Charges in the ledger: a claim's charge is journaled when the claim is built, mirrored when it changes or is taken back.

Dr receivable.payer / Cr revenue.charges, subject the claim. Claims come and go freely while unsent; after that only payers,
patients and corrections move money. A void takes the charge back when the payer confirms it, not when we ask (ADR 0008).
"""

from __future__ import annotations

from chalicelib import ledger, store
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import Status
from chalicelib.clock import instant_text, now
from chalicelib.store import journal
from chalicelib.tenancy import current

RECEIVABLES = {"payer": ledger.PAYER, "secondary": ledger.SECONDARY, "patient": ledger.PATIENT}


def post_charge(
    uow: store.UnitOfWork, claim_id: str, before_cents: int, after_cents: int, sequence: int, *, new: bool = False
) -> None:
    """Bring the claim's charge from one amount to another; equal amounts post nothing.

    `sequence` is the claim's event that causes it, and so the entry's natural key. A `new` claim has no balance to read.
    """
    entries = []
    if before_cents != after_cents and before_cents:
        entries.append(_entry(claim_id, before_cents, sequence, "reversal"))
    if before_cents != after_cents and after_cents:
        entries.append(_entry(claim_id, after_cents, sequence, "charge"))
    if entries:
        journal.post(uow, *entries, without_balance=frozenset((claim_id,)) if new else frozenset())


def settle_void(uow: store.UnitOfWork, before: Claim, after: Claim) -> None:
    """Where this event confirmed a void: what was given up is owed again, and the charge is taken back whole."""
    if after.status is not Status.VOIDED or before.status is Status.VOIDED:
        return
    given_up = [
        line
        for item in before.write_offs
        for line in ledger.move(
            RECEIVABLES[item.party], ledger.write_off(item.reason), before.claim_id, item.amount_cents
        )
    ]
    if given_up:
        journal.post(
            uow,
            ledger.JournalEntry(
                entry_id=current().make_id("jrn", "unwriteoff", before.claim_id, str(after.sequence)),
                at=instant_text(now()),
                memo="write-offs of a voided claim taken back",
                source="writeoff",
                lines=tuple(given_up),
            ),
        )
    post_charge(uow, before.claim_id, journal.balance(before.claim_id).charge_cents, 0, after.sequence)


def post_write_off(
    uow: store.UnitOfWork, claim_id: str, reason: str, party: str, amount_cents: int, sequence: int
) -> None:
    """Dr writeoff.<reason> / Cr what the party owed."""
    lines = ledger.move(ledger.write_off(reason), RECEIVABLES[party], claim_id, amount_cents)
    entry = ledger.JournalEntry(
        entry_id=current().make_id("jrn", "writeoff", claim_id, str(sequence)),
        at=instant_text(now()),
        memo="given up",
        source="writeoff",
        lines=lines,
    )
    journal.post(uow, entry)


def _entry(claim_id: str, amount_cents: int, sequence: int, kind: str) -> ledger.JournalEntry:
    sides = (ledger.PAYER, ledger.CHARGES)
    debit, credit = sides if kind == "charge" else sides[::-1]
    return ledger.JournalEntry(
        entry_id=current().make_id("jrn", kind, claim_id, str(sequence)),
        at=instant_text(now()),
        memo="charge for services" if kind == "charge" else "charge taken back",
        source="charge",
        lines=ledger.move(debit, credit, claim_id, amount_cents),
    )

"""Charges in the ledger: a claim's charge is journaled when the claim is built, mirrored when it changes or is withdrawn.

Dr receivable.payer / Cr revenue.charges, subject the claim. Claims come and go only while unsent; after that only payers,
patients and corrections move money.
"""

from __future__ import annotations

from chalicelib import ledger, store
from chalicelib.clock import instant_text, now
from chalicelib.store import journal
from chalicelib.tenancy import current


def post_charge(uow: store.UnitOfWork, claim_id: str, before_cents: int, after_cents: int, sequence: int) -> None:
    """Bring the claim's charge from one amount to another; equal amounts post nothing.

    `sequence` is the claim's event that causes it, and so the entry's natural key.
    """
    entries = []
    if before_cents != after_cents and before_cents:
        entries.append(_entry(claim_id, before_cents, sequence, "reversal"))
    if before_cents != after_cents and after_cents:
        entries.append(_entry(claim_id, after_cents, sequence, "charge"))
    if entries:
        journal.post(uow, *entries)


def _entry(claim_id: str, amount_cents: int, sequence: int, kind: str) -> ledger.JournalEntry:
    sides = (ledger.PAYER, ledger.CHARGES)
    debit, credit = sides if kind == "charge" else sides[::-1]
    return ledger.JournalEntry(
        entry_id=current().make_id("jrn", kind, claim_id, str(sequence)),
        at=instant_text(now()),
        memo="charge for services" if kind == "charge" else "charge taken back before sending",
        source="charge",
        lines=ledger.move(debit, credit, claim_id, amount_cents),
    )

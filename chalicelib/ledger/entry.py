"""Journal entries: immutable, and balanced or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from chalicelib.ledger.accounts import CHARGES, PAYER, LedgerError, account
from chalicelib.money import Cents, cents


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class JournalLine(_Frozen):
    """One side of a movement. `subject` is the claim or remittance it is about; exactly one amount is above zero."""

    account: str
    subject: str
    debit_cents: Cents = 0
    credit_cents: Cents = 0

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        account(self.account)
        if min(self.debit_cents, self.credit_cents) != 0 or max(self.debit_cents, self.credit_cents) <= 0:
            raise LedgerError("a journal line has either a debit or a credit above zero")
        return self

    @property
    def net_cents(self) -> int:
        """Debit less credit."""
        return self.debit_cents - self.credit_cents


class JournalEntry(_Frozen):
    """One event of money. `at` is an instant as text, `source` what caused it (a remittance id, 'charge', …); no PHI.

    For each subject the debits equal the credits, so every claim's books close by themselves. ValueError otherwise.
    """

    entry_id: str
    at: str
    source: str
    memo: str = ""
    lines: tuple[JournalLine, ...]

    @model_validator(mode="after")
    def _balanced(self) -> Self:
        if not self.lines:
            raise LedgerError("an entry has lines")
        if off := unbalanced(self.lines):
            raise LedgerError(f"debits and credits differ for {len(off)} subject(s) of the entry")
        return self

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.subject for line in self.lines))


def unbalanced(lines: Iterable[JournalLine]) -> dict[str, int]:
    """Debit less credit, in cents, of each subject for which it is not zero."""
    net: Counter[str] = Counter()
    for line in lines:
        net[line.subject] += line.net_cents
    return {subject: amount for subject, amount in net.items() if amount}


def move(debit: str, credit: str, subject: str, amount_cents: int) -> tuple[JournalLine, ...]:
    """Two lines that debit one account and credit the other. Negative moves it back; zero gives no lines."""
    amount = cents(amount_cents)
    if amount < 0:
        debit, credit, amount = credit, debit, -amount
    if amount == 0:
        return ()
    return (
        JournalLine(account=debit, subject=subject, debit_cents=amount),
        JournalLine(account=credit, subject=subject, credit_cents=amount),
    )


def charge(entry_id: str, at: str, claim_id: str, charge_cents: int) -> JournalEntry:
    """What a built claim bills: debit receivable.payer, credit revenue.charges."""
    lines = move(PAYER, CHARGES, claim_id, charge_cents)
    return JournalEntry(entry_id=entry_id, at=at, source="charge", memo="claim built", lines=lines)


def reversal(entry: JournalEntry, entry_id: str, at: str, source: str = "", memo: str = "reversal") -> JournalEntry:
    """The mirror of an entry: what it debited is credited. The entry itself is never changed."""
    lines = tuple(
        line.model_copy(update={"debit_cents": line.credit_cents, "credit_cents": line.debit_cents})
        for line in entry.lines
    )
    return JournalEntry(entry_id=entry_id, at=at, source=source or entry.source, memo=memo, lines=lines)

"""Balances are folds of the journal: nothing is a residual, every figure is read from its own accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.ledger.accounts import BANK, CHARGES, CLEARING, INTEREST, PATIENT, PAYER, REFUNDS, SECONDARY
from chalicelib.ledger.entry import JournalEntry

Accounts = dict[str, int]
"""Debit less credit in cents, by account; accounts at zero are left out."""


@dataclass(frozen=True, slots=True)
class ClaimBalance:
    """Where a claim's charge is. All amounts in cents.

    `paid_cents` is cash applied to the claim: cash received less interest and less what is owed back or unexplained.
    `open_cents` is what payers still owe (receivable.payer and .secondary); `patient_cents` what the patient owes.
    """

    claim_id: str
    charge_cents: int = 0
    paid_cents: int = 0
    adjusted_cents: int = 0
    patient_cents: int = 0
    open_cents: int = 0
    interest_cents: int = 0

    @property
    def explained(self) -> bool:
        """charge = paid + adjusted + patient + open."""
        return self.charge_cents == self.paid_cents + self.adjusted_cents + self.patient_cents + self.open_cents


def claim_balance(claim_id: str, accounts: Mapping[str, int]) -> ClaimBalance:
    """The claim's figures, each from its own accounts."""
    interest, owed_back = -accounts.get(INTEREST, 0), -accounts.get(REFUNDS, 0) - _family(accounts, "suspense.")
    return ClaimBalance(
        claim_id=claim_id,
        charge_cents=-accounts.get(CHARGES, 0),
        paid_cents=accounts.get(BANK, 0) + accounts.get(CLEARING, 0) - interest - owed_back,
        adjusted_cents=_family(accounts, "adjustment.") + _family(accounts, "writeoff."),
        patient_cents=accounts.get(PATIENT, 0),
        open_cents=accounts.get(PAYER, 0) + accounts.get(SECONDARY, 0),
        interest_cents=interest,
    )


def apply(accounts: Mapping[str, int], entry: JournalEntry, subject: str) -> Accounts:
    """A subject's accounts after an entry."""
    net = Counter(accounts)
    for line in entry.lines:
        if line.subject == subject:
            net[line.account] += line.net_cents
    return {name: amount for name, amount in sorted(net.items()) if amount}


def fold_accounts(entries: Iterable[JournalEntry]) -> dict[str, Accounts]:
    """Every subject's accounts, from the journal."""
    net: dict[str, Counter[str]] = {}
    for entry in entries:
        for line in entry.lines:
            net.setdefault(line.subject, Counter())[line.account] += line.net_cents
    return {subject: {name: sum_ for name, sum_ in sorted(c.items()) if sum_} for subject, c in net.items()}


def is_claim(subject: str) -> bool:
    """Claim ids begin with 'clm_' (`chalicelib.ids`); other subjects are remittances."""
    return subject.startswith("clm_")


def fold(entries: Iterable[JournalEntry]) -> dict[str, ClaimBalance]:
    """Every claim's balance, from the journal alone."""
    by_subject = fold_accounts(entries)
    return {subject: claim_balance(subject, a) for subject, a in by_subject.items() if is_claim(subject)}


def totals(by_subject: Mapping[str, Mapping[str, int]]) -> Accounts:
    """Account totals over all subjects."""
    net: Counter[str] = Counter()
    for accounts in by_subject.values():
        net.update(accounts)
    return {name: amount for name, amount in sorted(net.items()) if amount}


def suspense_cents(accounts: Mapping[str, int]) -> int:
    """What waits in suspense accounts: credits less debits."""
    return -_family(accounts, "suspense.")


def _family(accounts: Mapping[str, int], prefix: str) -> int:
    return sum(amount for name, amount in accounts.items() if name.startswith(prefix))

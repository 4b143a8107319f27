"""What each part of a claim payment means in the ledger: pure, and never a balancing line.

payment                 Dr cash.clearing          Cr receivable.payer
contractual CAS         Dr adjustment.CO-45       Cr receivable.payer
PR 1, 2, 3              Dr receivable.patient     Cr receivable.payer   (no payer is left)
                        Dr receivable.secondary   Cr receivable.payer   (a secondary payer is)
any other CAS           stays where it is: in receivable.payer, for the denial queue
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib import ledger
from chalicelib.codes import carc
from chalicelib.x12 import Adjustment, ClaimPayment

PATIENT_REASONS = frozenset(("1", "2", "3"))
_CONTRACTUAL_GROUPS = frozenset(("CO", "OA", "PI"))


@dataclass(frozen=True, slots=True)
class Split:
    """A claim payment taken apart, in cents. paid + adjusted + patient + secondary + denied = charge, if it balances."""

    lines: tuple[ledger.JournalLine, ...]
    paid_cents: int
    adjusted_cents: int
    patient_cents: int
    secondary_cents: int
    denied_cents: int
    denials: tuple[tuple[str, str, int], ...]  # group, reason, cents


def every_adjustment(payment: ClaimPayment) -> Iterable[Adjustment]:
    """CAS of the claim and of its lines."""
    yield from payment.adjustments
    for line in payment.lines:
        yield from line.adjustments


def is_contractual(item: Adjustment) -> bool:
    """Whether the payer's contract or fee schedule simply pays less: nothing to work, nobody owes it."""
    known = carc.get(item.reason)
    return item.group in _CONTRACTUAL_GROUPS and known is not None and known.contractual


def split(payment: ClaimPayment, claim_id: str, *, secondary: bool) -> Split:
    """The journal lines of a payment and the sums the claim page shows."""
    adjusted: dict[str, int] = {}
    share = denied = 0
    denials = []
    for item in every_adjustment(payment):
        if is_contractual(item):
            account = ledger.adjustment(item.group, item.reason)
            adjusted[account] = adjusted.get(account, 0) + item.amount_cents
        elif item.group == "PR" and item.reason in PATIENT_REASONS:
            share += item.amount_cents
        else:
            denied += item.amount_cents
            denials.append((item.group, item.reason, item.amount_cents))
    party = ledger.SECONDARY if secondary else ledger.PATIENT
    moves = [(ledger.CLEARING, payment.paid_cents), *sorted(adjusted.items()), (party, share)]
    return Split(
        lines=tuple(line for account, amount in moves for line in ledger.move(account, ledger.PAYER, claim_id, amount)),
        paid_cents=payment.paid_cents,
        adjusted_cents=sum(adjusted.values()),
        patient_cents=0 if secondary else share,
        secondary_cents=share if secondary else 0,
        denied_cents=denied,
        denials=tuple(denials),
    )

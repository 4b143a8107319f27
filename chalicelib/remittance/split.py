"""What each part of a claim payment means in the ledger: pure, and never a balancing line.

payment                 Dr cash.clearing          Cr receivable.payer
contractual CAS         Dr adjustment.CO-45       Cr receivable.payer
PR 1, 2, 3              Dr receivable.patient     Cr receivable.payer   (no payer is left, and the patient may be billed)
                        Dr receivable.secondary   Cr receivable.payer   (a secondary payer is; it stays there for a third)
any other CAS           stays where it is: in receivable.payer, for the denial queue
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib import ledger
from chalicelib.codes import carc
from chalicelib.x12 import Adjustment, ClaimPayment, ServicePayment

PATIENT_REASONS = frozenset(("1", "2", "3"))
PRIOR_PAYER = "23"
"""CARC 23: what the payers before this one paid and adjusted."""
_CONTRACTUAL_GROUPS = frozenset(("CO", "OA", "PI"))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a claim's answers are measured against. The `given_up` amounts were written off for who owed them.

    `patient` is whether its patient may be billed a share at all and `protected` why not, `patient_most_cents` the most where a
    schedule bounds it. `line_charges` are (line number, cents) as billed; `tertiary` is whether a third payer is asked after the
    second.
    """

    charge_cents: int
    secondary: bool = False
    tertiary: bool = False
    patient: bool = True
    protected: str = ""
    patient_most_cents: int | None = None
    line_charges: tuple[tuple[int, int], ...] = ()
    given_up_cents: int = 0
    secondary_given_up_cents: int = 0
    patient_given_up_cents: int = 0


@dataclass(frozen=True, slots=True)
class Shares:
    """A claim payment taken apart, in cents. paid + adjusted + share + denied = charge, if it balances.

    `share_cents` is PR 1, 2 and 3 that may be passed on; what may not is among `denials`.
    """

    paid_cents: int
    share_cents: int
    denied_cents: int
    adjusted: dict[str, int] = field(default_factory=dict)  # by account
    denials: tuple[tuple[str, str, int], ...] = ()  # group, reason, cents

    @property
    def adjusted_cents(self) -> int:
        return sum(self.adjusted.values())

    @property
    def taken_cents(self) -> int:
        """What it takes off the claim's open amount."""
        return self.paid_cents + self.adjusted_cents + self.share_cents


def every_adjustment(payment: ClaimPayment) -> Iterable[Adjustment]:
    """CAS of the claim and of its lines."""
    yield from payment.adjustments
    for line in payment.lines:
        yield from line.adjustments


def summed(payment: ClaimPayment) -> tuple[tuple[str, str, int], ...]:
    """(group, reason, cents) of every CAS of claim and lines; those that cancel out are left out."""
    found: Counter[tuple[str, str]] = Counter()
    for item in every_adjustment(payment):
        found[item.group, item.reason] += item.amount_cents
    return tuple((group, reason, amount) for (group, reason), amount in sorted(found.items()) if amount)


class Reasoned(Protocol):
    @property
    def group(self) -> str: ...
    @property
    def reason(self) -> str: ...


def is_contractual(item: Reasoned) -> bool:
    """Whether the payer's contract or fee schedule simply pays less: nothing to work, nobody owes it."""
    return _is_contractual(item.group, item.reason)


def _is_contractual(group: str, reason: str) -> bool:
    known = carc.get(reason)
    return group in _CONTRACTUAL_GROUPS and known is not None and known.contractual


def shares_of(
    paid_cents: int,
    adjustments: Iterable[tuple[str, str, int]],
    terms: Terms,
    *,
    later: bool = False,
    third: bool = False,
    passed: Collection[str] = (),
) -> Shares:
    """The sums of a payment. `later` is set for a payer that was not the first: its CARC 23 is no denial but what the payers
    before did. The PR of the last payer, the second or the `third`, goes to the patient. `passed` are reasons beyond 1, 2
    and 3 whose PR a person said is the patient's.
    """
    adjusted: Counter[str] = Counter()
    share: list[tuple[str, str, int]] = []
    denials: list[tuple[str, str, int]] = []
    for group, reason, amount in adjustments:
        if _is_contractual(group, reason) or (later and reason == PRIOR_PAYER):
            adjusted[ledger.adjustment(group, reason)] += amount
        elif group == "PR" and (reason in PATIENT_REASONS or reason in passed):
            share.append((group, reason, amount))
        else:
            denials.append((group, reason, amount))
    told = sum(amount for *_, amount in share)
    follows = terms.tertiary and not third if later else terms.secondary
    allowed = told if follows else _patients(told, terms)
    if allowed != told:
        denials += _blocked(share, told - allowed)
    return Shares(
        paid_cents=paid_cents,
        share_cents=allowed,
        denied_cents=sum(amount for *_, amount in denials),
        adjusted=dict(sorted(adjusted.items())),
        denials=tuple(denials),
    )


def _patients(passed: int, terms: Terms) -> int:
    """What of a patient's share may be asked of the patient."""
    if not terms.patient:
        return 0
    return passed if terms.patient_most_cents is None else min(passed, terms.patient_most_cents)


def _blocked(share: list[tuple[str, str, int]], amount: int) -> list[tuple[str, str, int]]:
    """The part of a share nobody may be asked for, under its own reasons, the last first."""
    found = []
    for group, reason, cents in reversed(share):
        part = min(cents, amount) if amount > 0 else cents if amount < 0 else 0
        if part:
            found.append((group, reason, part))
            amount -= part
    return found


def line_taken(line: ServicePayment, passed: Collection[str] = ()) -> int:
    """What an answer decides of one service line: paid, contractual, PR 1, 2, 3 and the PR a person passed to the patient."""
    decided = (
        item.amount_cents
        for item in line.adjustments
        if is_contractual(item) or (item.group == "PR" and (item.reason in PATIENT_REASONS or item.reason in passed))
    )
    return line.paid_cents + sum(decided)

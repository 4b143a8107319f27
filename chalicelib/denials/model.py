"""A denial: what a payer refused on one claim payment for one reason, and where the work on it stands.

The facts (payer, codes, lines, amounts, dates) are read from the stored claim payment and never change; the work (owner,
snooze, state) is ours. Amounts are cents.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from chalicelib.money import Cents
from chalicelib.platform.model import Model

State = Literal["open", "asked", "waiting", "resolved"]
"""open: ours to work. asked: the practice was asked. waiting: with the payer again. resolved: see `resolution`."""
Resolution = Literal[
    "", "paid", "paid_in_part", "denied_again", "written_off", "next_party", "taken_back", "upheld", "already_decided"
]
Basis = Literal["allowed_by_payer", "fee_schedule", "history", "payer_ratio", "charge", "none"]


class DeniedLine(Model):
    """One service line of it. `number` is the claim's own line number, 0 for an adjustment of the whole claim."""

    number: int
    cpt: str = ""
    modifiers: tuple[str, ...] = ()
    units: str = ""
    charge_cents: Cents = 0
    amount_cents: Cents
    expected_cents: Cents = 0
    basis: Basis = "none"


class Denial(Model):
    """One reason (group and CARC) on one claim payment, with its lines. The natural key is in `denial_id`."""

    denial_id: str
    claim_id: str
    remittance_id: str
    part: int  # the claim payment's number within its check
    decision: int  # the claim event that posted it
    payer_id: str
    payer_name: str
    line_of_business: str
    group: str
    carc: str
    remarks: tuple[str, ...] = ()
    category: str
    appealable: Literal["yes", "no", "correct", "sometimes"]
    lines: tuple[DeniedLine, ...]
    amount_cents: Cents
    expected_cents: Cents
    date_of_service: date
    decided_on: date
    deadline: date
    deadline_words: str
    opened_on: date

    state: State = "open"
    resolution: Resolution = ""
    resolved_on: date | None = None
    recovered_cents: Cents = 0
    assigned_to: str = ""  # user id
    snoozed_until: date | None = None
    follow_up_on: date | None = None
    task_id: str = ""  # the question to the practice
    appeal_id: str = ""
    first_touched_at: str = ""
    touched_at: str = ""
    seen: int = 0  # the claim's events up to which it was looked at
    acts: int = 0  # how many acts its history has
    version: int = 0

    @property
    def basis(self) -> str:
        """How the expected amount is known, for all its lines or 'mixed'."""
        found = {line.basis for line in self.lines}
        return next(iter(found)) if len(found) == 1 else "mixed"


class Act(Model):
    """Something done about a denial: who, when, what, in words. Append-only."""

    number: int
    at: str
    actor: str
    kind: str
    words: str

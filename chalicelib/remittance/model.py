"""A check and its claims as we keep them, and what posting did with each."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.remittance.book import Answer, Payer, Standing
from chalicelib.remittance.lines import LineMatch

Outcome = Literal["posted", "suspended", "refused"]


class Proposal(Model):
    """A claim a payment may belong to. `score` 0 to 100, `why` the evidence in words; a person decides."""

    claim_id: str
    score: int
    why: tuple[str, ...] = ()


class ClaimPart(Model):
    """One CLP of a check. `payment` is the claim payment as read from the 835, field for field.

    `how` is the ground of the match (patient_control_number, truncated_number, payer_control_number, person), `lines` which
    billed line each service answers. What was expected, allowed and added as interest stands in the claim's event.
    """

    sequence: int
    patient_control_number: str
    claim_id: str = ""
    outcome: Outcome
    reason: str = ""
    entry_id: str = ""
    how: str = ""
    payer: Payer = "primary"
    crossed_over: bool = False
    lines: tuple[LineMatch, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    payment: dict[str, Any]
    version: int = 0


class Book(Model):
    """A claim's payment book as stored: its answers, and what the journal holds of each."""

    claim_id: str
    answers: tuple[Answer, ...] = ()
    standings: dict[str, Standing] = {}
    version: int = 0


class Check(Model):
    """One ST of an 835: one payment. Counts are claims; `off_by_cents` says by how much it does not balance.

    `manual` is an EOB somebody typed in; `entered_by` who, and `document` its scan. `deposit_id` is the bank's line of it,
    `more_deposits` the others where it came in pieces. `debit`: the payer draws the amount (BPR03 D); no deposit comes.
    """

    remittance_id: str
    fingerprint: str
    trace: str
    payer_name: str
    payer_id: str = ""
    originator: str = ""
    method: str = ""
    paid_on: date | None
    amount_cents: Cents
    debit: bool = False
    claims: int
    posted: int = 0
    suspended: int = 0
    refused: int = 0
    refused_cents: Cents = 0
    balanced: bool = True
    out_of_balance: tuple[tuple[str, str, Cents], ...] = ()
    provider_adjustments: tuple[tuple[str, str, Cents], ...] = ()
    reason: str = ""
    state: Literal["open", "posted", "refused"] = "open"
    document: str = ""
    manual: bool = False
    entered_by: str = ""
    deposit_id: str = ""
    more_deposits: tuple[str, ...] = ()
    deposited_on: date | None = None
    at: str = ""
    version: int = 0


class PostResult(Model):
    """What `otbill remits post` says of one check. Counts are claims; `reason` is a code, empty when all is posted."""

    trace: str
    amount_cents: Cents
    posted: int = 0
    suspended: int = 0
    already_posted: int = 0
    refused: int = 0
    refused_cents: Cents = 0
    balanced: bool = True
    reason: str = ""

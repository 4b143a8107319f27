"""A check and its claims as we keep them, and what posting did with each."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from chalicelib.money import Cents
from chalicelib.platform.model import Model

Outcome = Literal["posted", "suspended", "refused"]


class ClaimPart(Model):
    """One CLP of a check. `payment` is the claim payment as read from the 835, field for field."""

    sequence: int
    patient_control_number: str
    claim_id: str = ""
    outcome: Outcome
    reason: str = ""
    entry_id: str = ""
    payment: dict[str, Any]


class Check(Model):
    """One ST of an 835: one payment. Counts are claims; `off_by_cents` says by how much it does not balance."""

    remittance_id: str
    fingerprint: str
    trace: str
    payer_name: str
    payer_id: str = ""
    originator: str = ""
    method: str = ""
    paid_on: date | None
    amount_cents: Cents
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

"""What an earlier payer decided, as the claim for the next payer tells it (837P loops 2320, 2330, 2430). Integer cents."""

from __future__ import annotations

from datetime import date
from typing import Literal

from chalicelib.intake.model import Coverage
from chalicelib.money import Cents
from chalicelib.platform.model import Model


class PriorAdjustment(Model):
    """One triple of a CAS: group, reason, amount. `quantity` as the payer wrote it, or empty."""

    group: str
    reason: str
    amount_cents: Cents
    quantity: str = ""


class PriorLine(Model):
    """One decision on one of our lines (`number`): SVD, CAS and the patient's share of it (AMT*EAF).

    paid + adjustments = the part of our line's charge it stands for; a payer may decide one line in several parts.
    """

    number: int
    paid_cents: Cents
    procedure: str
    modifiers: tuple[str, ...] = ()
    units: str = "1"
    adjustments: tuple[PriorAdjustment, ...] = ()
    patient_cents: Cents = 0


class PriorPayer(Model):
    """A payer before this one, and its decision. `adjustments` are those it made on the claim as a whole.

    `lines` is empty when it decided the claim without its lines; only then `patient_cents` (AMT*EAF in 2320) is told.
    paid + adjustments here and on the lines = the claim's charge (X12 RFI 1115).
    """

    sequence: Literal["P", "S", "T"]
    coverage: Coverage
    payer_name: str
    paid_cents: Cents
    adjustments: tuple[PriorAdjustment, ...] = ()
    lines: tuple[PriorLine, ...] = ()
    patient_cents: Cents | None = None
    adjudicated_on: date
    payer_control_number: str = ""
    remark_codes: tuple[str, ...] = ()

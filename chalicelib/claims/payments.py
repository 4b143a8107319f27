"""What a payer decided on a claim, as people read it: the parts of an 835 claim payment that a page or an API shows."""

from __future__ import annotations

from typing import Any

from chalicelib.money import Cents
from chalicelib.platform.model import Model


class AdjustmentView(Model):
    group: str
    reason: str
    amount_cents: Cents


class LineView(Model):
    procedure: str
    modifiers: tuple[str, ...] = ()
    charge_cents: Cents
    paid_cents: Cents
    units: str = "1"
    allowed_cents: Cents | None = None
    adjustments: tuple[AdjustmentView, ...] = ()
    remark_codes: tuple[str, ...] = ()


class PaymentView(Model):
    """One claim payment. `status_code` is CLP02; `outcome` posted, suspended or refused, with a `reason` code for the latter."""

    remittance_id: str
    trace: str
    sequence: int = 0  # its place in the check, from 1; 0 where it was not asked for
    patient_control_number: str
    claim_id: str = ""
    status_code: str
    charge_cents: Cents
    paid_cents: Cents
    patient_responsibility_cents: Cents = 0
    adjustments: tuple[AdjustmentView, ...] = ()
    lines: tuple[LineView, ...] = ()
    remark_codes: tuple[str, ...] = ()
    outcome: str = "posted"
    reason: str = ""


def payment_view(payment: dict[str, Any], remittance_id: str, trace: str, **more: str) -> PaymentView:
    """From a claim payment as stored (the x12 dataclass as JSON)."""
    names = ("patient_control_number", "status_code", "charge_cents", "paid_cents", "patient_responsibility_cents")
    return PaymentView(
        **{name: payment[name] for name in names},
        remittance_id=remittance_id,
        trace=trace,
        adjustments=_adjustments(payment),
        lines=tuple(_line(line) for line in payment["lines"]),
        remark_codes=tuple(payment["remark_codes"]),
        **more,
    )


def _adjustments(part: dict[str, Any]) -> tuple[AdjustmentView, ...]:
    return tuple(
        AdjustmentView(group=item["group"], reason=item["reason"], amount_cents=item["amount_cents"])
        for item in part["adjustments"]
    )


def _line(line: dict[str, Any]) -> LineView:
    names = ("procedure", "charge_cents", "paid_cents", "allowed_cents")
    return LineView(
        **{name: line[name] for name in names},
        modifiers=tuple(line["modifiers"]),
        units=str(line["units"]),
        adjustments=_adjustments(line),
        remark_codes=tuple(line["remark_codes"]),
    )

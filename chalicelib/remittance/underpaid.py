"""Expected against allowed: what the plan's fee schedule should have allowed, and whether the payer fell short. Pure.

Medicare's expectation is `claims.expected` (fee schedule, MPPR). Only lines the payer did not deny are compared; a line
it denied is the denial queue's. The allowed amount is the payer's own (AMT*B6) where every line has one, else the
charge less the contractual adjustments that lower the allowed amount (CO-45, CO-59 and such; not sequestration, CARC
253, nor the assistant's cut, which come off the payment: Claims Processing Manual ch.5 s.10.7, s.20.1).
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.claims.expected import price
from chalicelib.claims.model import ClaimContent
from chalicelib.codes.settings import RateUnknown
from chalicelib.remittance.lines import LineMatch
from chalicelib.remittance.split import PATIENT_REASONS, is_contractual
from chalicelib.x12 import ClaimPayment, ServicePayment

_OFF_THE_PAYMENT = frozenset(("253",))
ASSISTANT_REMARK = "N851"


def allowed_of(line: ServicePayment) -> int:
    """What the payer allowed for a line, in cents."""
    if line.allowed_cents is not None:
        return line.allowed_cents
    lowered = sum(
        item.amount_cents
        for item in line.adjustments
        if is_contractual(item.group, item.reason) and item.reason not in _OFF_THE_PAYMENT
    )
    return line.charge_cents - lowered


def allowed_cents(payment: ClaimPayment) -> int | None:
    """The claim's allowed amount as its lines tell it; None for a claim without lines."""
    return sum(allowed_of(line) for line in payment.lines if not is_denied(line)) if payment.lines else None


def is_denied(line: ServicePayment) -> bool:
    """Whether any of it is neither paid, contractual nor the patient's share."""
    return any(
        not is_contractual(item.group, item.reason)
        and not (item.group == "PR" and item.reason in PATIENT_REASONS)
        and item.amount_cents > 0
        for item in line.adjustments
    )


def compare(payment: ClaimPayment, content: ClaimContent, matches: Sequence[LineMatch]) -> tuple[int, int] | None:
    """(expected, allowed) cents over the lines that can be compared; None where no rate is known or no line is matched.

    Medicare only: other plans' contracts are not loaded. Lines with the assistant's remark are left out, as its cut may
    be shown among the contractual adjustments.
    """
    if content.coverage.line_of_business != "medicare":
        return None
    try:
        priced = {line.number: one.allowed_cents for line, one in zip(content.lines, price(content)[1], strict=True)}
    except RateUnknown:
        return None
    expected = allowed = 0
    compared = False
    for match in matches:
        line = payment.lines[match.service - 1]
        if not match.numbers or is_denied(line) or ASSISTANT_REMARK in line.remark_codes:
            continue
        compared = True
        expected += sum(priced[number] for number in match.numbers)
        allowed += allowed_of(line)
    return (expected, allowed) if compared else None


def is_underpaid(expected: int, allowed: int, *, threshold_cents: int, threshold_percent: int) -> bool:
    """Short by more than the payer's threshold in cents and in percent of what was expected."""
    short = expected - allowed
    return short > threshold_cents and short * 100 > expected * threshold_percent

"""Where a claim payment does not add up, and by how much. Pure.

Line: SVC02 less its CAS is SVC03. Claim: its lines' charges are CLP03; its lines' payments less the claim's own CAS are CLP04;
without lines CLP03 less CAS is CLP04 (005010X221A1, 1.10.2.1).
"""

from __future__ import annotations

from chalicelib.platform.model import Model
from chalicelib.x12 import ClaimPayment


class Fault(Model):
    """`where` is claim or line n; `off_by_cents` is what is stated less what the parts make."""

    where: str
    what: str
    off_by_cents: int


def claim_faults(payment: ClaimPayment) -> tuple[Fault, ...]:
    """Everything that does not add up; empty when the claim balances."""
    found = []
    for number, line in enumerate(payment.lines, 1):
        off = line.paid_cents - line.charge_cents + sum(item.amount_cents for item in line.adjustments)
        if off:
            found.append(Fault(where=f"line {number}", what="paid and adjusted are not its charge", off_by_cents=off))
    own = sum(item.amount_cents for item in payment.adjustments)
    if payment.lines:
        charge = payment.charge_cents - sum(line.charge_cents for line in payment.lines)
        if charge:
            found.append(Fault(where="claim", what="its lines' charges are not its charge", off_by_cents=charge))
        paid = payment.paid_cents - sum(line.paid_cents for line in payment.lines) + own
    else:
        paid = payment.paid_cents - payment.charge_cents + own
    if paid:
        found.append(Fault(where="claim", what="its parts' payments are not its payment", off_by_cents=paid))
    return tuple(found)

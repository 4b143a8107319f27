"""Expected against allowed: what the plan's fee schedule should have allowed, and whether the payer fell short. Pure.

Medicare's expectation is `claims.expected` (fee schedule, MPPR); another plan's is the contract of the practice file.
Only lines the payer did not deny are compared; a line it denied is the denial queue's.
The allowed amount is the payer's own (AMT*B6) where every line has one, else the
charge less the contractual adjustments that lower the allowed amount (CO-45, CO-59 and such; not sequestration, CARC
253, nor the assistant's cut, which come off the payment: Claims Processing Manual ch.5 s.10.7, s.20.1).
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.claims.expected import day_lines, price
from chalicelib.claims.model import ClaimContent
from chalicelib.codes import mpfs
from chalicelib.codes.settings import RateUnknown
from chalicelib.remittance.lines import LineMatch
from chalicelib.remittance.split import PATIENT_REASONS, is_contractual
from chalicelib.therapy.contracts import Basis, Contract
from chalicelib.therapy.contracts import expected as contract_price
from chalicelib.x12 import ClaimPayment, ServicePayment

_OFF_THE_PAYMENT = frozenset(("253",))
ASSISTANT_REMARK = "N851"


def allowed_of(line: ServicePayment) -> int:
    """What the payer allowed for a line, in cents."""
    if line.allowed_cents is not None:
        return line.allowed_cents
    lowered = sum(
        item.amount_cents for item in line.adjustments if is_contractual(item) and item.reason not in _OFF_THE_PAYMENT
    )
    return line.charge_cents - lowered


def allowed_cents(payment: ClaimPayment) -> int | None:
    """The claim's allowed amount as its lines tell it; None for a claim without lines."""
    return sum(allowed_of(line) for line in payment.lines if not is_denied(line)) if payment.lines else None


def is_denied(line: ServicePayment) -> bool:
    """Whether any of it is neither paid, contractual nor the patient's share."""
    return any(
        not is_contractual(item)
        and not (item.group == "PR" and item.reason in PATIENT_REASONS)
        and item.amount_cents > 0
        for item in line.adjustments
    )


def compare(
    payment: ClaimPayment,
    content: ClaimContent,
    matches: Sequence[LineMatch],
    contract: Contract | None = None,
    beside: Sequence[ClaimContent] = (),
) -> tuple[int, int] | None:
    """(expected, allowed) cents over the lines that can be compared; None where no rate is known or no line is matched.

    Medicare by its schedule, others by their contract, nothing without one. Lines with the assistant's remark are left out, as
    its cut may be shown among the contractual adjustments. A day's price is compared only where every line can be. `beside` are
    the day's other claims to the plan: the reduction leaves one unit of the day whole, on whichever claim.
    """
    try:
        priced, whole = _priced(content, contract, beside)
    except RateUnknown:
        return None
    out = [match for match in matches if _left_out(payment.lines[match.service - 1], match)]
    unclear = {number for match in out for number in match.numbers}  # a line that came back in pieces is compared whole
    fit = [match for match in matches if match.numbers and unclear.isdisjoint(match.numbers)]
    answered = {number for match in fit for number in match.numbers}
    allowed = sum(allowed_of(payment.lines[match.service - 1]) for match in fit)
    if whole is not None:
        every = not out and answered == {line.number for line in content.lines}
        return (whole, allowed) if every else None
    return (sum(priced.get(number, 0) for number in answered), allowed) if fit else None


def _left_out(line: ServicePayment, match: LineMatch) -> bool:
    return not match.numbers or is_denied(line) or ASSISTANT_REMARK in line.remark_codes


def reduces(content: ClaimContent, contract: Contract | None) -> bool:
    """Whether the payer applies the multiple-procedure reduction, over all claims of the day."""
    if content.coverage.line_of_business == "medicare":
        return True
    return contract is not None and contract.basis is Basis.PERCENT and contract.reduction


def _priced(
    content: ClaimContent, contract: Contract | None, beside: Sequence[ClaimContent]
) -> tuple[dict[int, int], int | None]:
    """(expected cents by line number, the whole claim's where lines have no price). RateUnknown where nothing prices it."""
    numbers = [line.number for line in content.lines]
    if content.coverage.line_of_business == "medicare":
        return dict(zip(numbers, (one.allowed_cents for one in price(content, beside)[1]), strict=True)), None
    if contract is None or contract.basis is Basis.CASE:  # a case is compared whole (`case_rates`), if it has a name
        raise RateUnknown("no contract with this payer prices one claim")
    on = content.date_of_service
    area, locality = mpfs.locality_of_zip(content.billing.address.zip, on)
    lines, first, last = day_lines(content, beside if reduces(content, contract) else ())
    found = contract_price(lines, contract, on, mpfs.gpci(area, locality, on))
    if not found.line_cents:
        return {}, found.total_cents
    return dict(zip(numbers, found.line_cents[first:last], strict=True)), None


def is_underpaid(expected: int, allowed: int, *, threshold_cents: int, threshold_percent: int) -> bool:
    """Short by more than the payer's threshold in cents and in percent of what was expected."""
    short = expected - allowed
    return short > threshold_cents and short * 100 > expected * threshold_percent

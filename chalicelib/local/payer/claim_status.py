"""Real-time claim status: what a payer says to a 276. docs/payer-simulator.md, 'Claim status'."""

from __future__ import annotations

from datetime import date

from chalicelib.local.payer.results import ClaimResult
from chalicelib.local.payer.state import State
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Name
from chalicelib.x12.status277ca import ClaimStatus, StatusBatch, StatusRequest

NOT_FOUND, PAID, DENIED, NOTHING_TO_PAY = ("A4", "35"), ("F1", "65"), ("F2", "585"), ("F4", "104")


def answer(request: StatusRequest, state: State, sender: Interchange, today: date) -> StatusBatch:
    """One batch with one claim: the control number names it, else our own number does; the request's trace goes back."""
    found = _find(request, state)
    category, status = _code(found)
    claim = ClaimStatus(
        patient_control_number=request.patient_control_number,
        category=category,
        status=status,
        payer_control_number=found.payer_control_number if found else "",
        charge_cents=found.charge if found else request.charge_cents or 0,
        paid_cents=found.paid if found else None,
        effective_date=today,
        finalized_on=date.fromisoformat(found.received_on) if found and found.received_on else None,
        patient=Name(request.subscriber.last_name, request.subscriber.first_name, member_id=request.member_id),
        service_from=request.service_from,
        service_to=request.service_to,
        request_trace=request.trace,
        kind="277",
    )
    return StatusBatch(
        payer_name=request.payer_name,
        payer_id=request.payer_id,
        receiver_name=request.receiver_name,
        receiver_id=request.receiver_id or sender.sender_id,
        provider_name=request.provider.last_name,
        provider_npi=request.provider.npi,
        claims=(claim,),
    )


def _find(request: StatusRequest, state: State) -> ClaimResult | None:
    npi = request.provider.npi
    if request.payer_control_number:
        return state.standing_claim(request.payer_id, npi, request.payer_control_number)
    if not request.patient_control_number:
        return None
    return state.standing_under(request.payer_id, npi, request.patient_control_number)


def _code(found: ClaimResult | None) -> tuple[str, str]:
    if found is None:
        return NOT_FOUND
    if found.is_denied:
        return DENIED
    return PAID if found.paid else NOTHING_TO_PAY

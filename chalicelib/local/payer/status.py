"""The 277CA of a file: every claim's verdict, in one batch per payer and billing provider."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chalicelib.local.payer.intake import Verdict
from chalicelib.x12.claim837 import Claim837
from chalicelib.x12.parties import Name
from chalicelib.x12.status277ca import ClaimStatus, StatusBatch, StatusCode

TAKEN, REFUSED = "WQ", "U"


def batches(
    verdicts: Iterable[tuple[Claim837, Verdict]], receiver: Name, reference: str, today: date
) -> list[StatusBatch]:
    """`receiver` is who sent the file (its name and, as member id, its sender id); `reference` the file's BHT03."""
    found: dict[tuple[str, str], StatusBatch] = {}
    for claim, verdict in verdicts:
        key = (claim.payer_id, claim.billing.npi)
        batch = found.setdefault(key, _batch(claim, receiver, reference, today))
        batch.claims += (_status(claim, verdict, today),)
        if verdict.accepted:
            batch.accepted += 1
            batch.accepted_cents += claim.charge_cents
        else:
            batch.rejected += 1
            batch.rejected_cents += claim.charge_cents
    return list(found.values())


def _batch(claim: Claim837, receiver: Name, reference: str, today: date) -> StatusBatch:
    return StatusBatch(
        payer_name=claim.payer_name,
        payer_id=claim.payer_id,
        receiver_name=receiver.last_name,
        receiver_id=receiver.member_id,
        provider_name=claim.billing.last_name,
        provider_npi=claim.billing.npi,
        provider_tax_id=claim.billing.tax_id,
        batch_reference=reference,
        received_on=today,
        processed_on=today,
        status=StatusCode("A1", "19", "PR"),
    )


def _status(claim: Claim837, verdict: Verdict, today: date) -> ClaimStatus:
    patient = claim.patient or claim.subscriber
    days = [line.date for line in claim.lines if line.date]
    return ClaimStatus(
        patient_control_number=claim.patient_control_number,
        category=verdict.category,
        status=verdict.status,
        entity=verdict.entity,
        payer_control_number=verdict.payer_control_number,
        charge_cents=claim.charge_cents,
        effective_date=today,
        action=TAKEN if verdict.accepted else REFUSED,
        patient=Name(patient.last_name, patient.first_name, patient.middle_name, patient.suffix, claim.member_id),
        service_from=min(days, default=None),
        service_to=max((line.date_to or line.date for line in claim.lines if line.date), default=None),
    )

"""The 835 as JSON values: remittance, claim payments, end."""

from __future__ import annotations

from chalicelib.x12.adjudication import ProviderSummary
from chalicelib.x12.json_values import Json, adjustment, amount, day, fields, name, number, quantity, reference, told
from chalicelib.x12.remittance835 import ClaimPayment, ProviderAdjustment, Remittance, RemittanceEnd, ServicePayment


def provider_adjustment(a: ProviderAdjustment) -> Json:
    return {"reason": a.reason, "reference": a.reference, "amount_cents": a.amount_cents}


def remittance(r: Remittance) -> Json:
    return {
        "object": "remittance", "amount_cents": r.amount_cents, "credit_debit": r.credit_debit, "method": r.method,
        "date": day(r.date), "trace": r.trace, "payer": {"name": r.payer.name, "id": r.payer.id_code},
        "payee": {"name": r.payee.name, "npi": r.payee.npi, "tax_id": r.payee.tax_id},
        "production_date": day(r.production_date),
        **told(references=[reference(one) for one in r.references], unread=list(r.unread)),
    }  # fmt: skip


def _service(line: ServicePayment) -> Json:
    return {
        "procedure": line.procedure, "modifiers": list(line.modifiers), "charge_cents": line.charge_cents,
        "paid_cents": line.paid_cents, "units": number(line.units), "date": day(line.date),
        "line_control_number": line.line_control_number, "adjustments": [adjustment(a) for a in line.adjustments],
        "remark_codes": list(line.remark_codes), "allowed_cents": line.allowed_cents,
        "original_procedure": line.original_procedure,
        **told(
            original_modifiers=list(line.original_modifiers), original_units=number(line.original_units),
            date_to=day(line.date_to), amounts=[amount(a) for a in line.amounts],
            quantities=[quantity(q) for q in line.quantities], references=[reference(one) for one in line.references],
            unread=list(line.unread),
        ),
    }  # fmt: skip


def claim_payment(c: ClaimPayment) -> Json:
    return {
        "object": "claim_payment", "patient_control_number": c.patient_control_number, "status_code": c.status_code,
        "charge_cents": c.charge_cents, "paid_cents": c.paid_cents,
        "patient_responsibility_cents": c.patient_responsibility_cents, "filing_indicator": c.filing_indicator,
        "payer_control_number": c.payer_control_number, "patient": name(c.patient),
        "adjustments": [adjustment(a) for a in c.adjustments], "lines": [_service(line) for line in c.lines],
        "remark_codes": list(c.remark_codes), "segment_number": c.segment_number,
        **_more(c),
    }  # fmt: skip


def _more(c: ClaimPayment) -> Json:
    """What many claims do not say."""
    return told(
        service_from=day(c.service_from), service_to=day(c.service_to), received_on=day(c.received_on),
        rendering_npi=c.rendering_npi, subscriber=c.subscriber and name(c.subscriber),
        corrected_insured=c.corrected_insured and name(c.corrected_insured), crossover_carrier=c.crossover_carrier,
        facility_code=c.facility_code, frequency_code=c.frequency_code, drg_code=c.drg_code, drg_weight=number(c.drg_weight),
        discharge_fraction=number(c.discharge_fraction), inpatient=fields(c.inpatient), outpatient=fields(c.outpatient),
        amounts=[amount(a) for a in c.amounts], quantities=[quantity(q) for q in c.quantities],
        references=[reference(one) for one in c.references], unread=list(c.unread),
    )  # fmt: skip


def remittance_end(end: RemittanceEnd) -> Json:
    return {
        "object": "remittance_end", "claims": end.claims, "paid_cents": end.paid_cents,
        "provider_adjustments": [provider_adjustment(a) for a in end.provider_adjustments], "balanced": end.balanced,
        "out_of_balance": [
            {"level": o.level, "reference": o.reference, "off_by_cents": o.off_by_cents} for o in end.out_of_balance
        ],
        **told(provider_summaries=[_summary(one) for one in end.provider_summaries], unread=list(end.unread)),
    }  # fmt: skip


def _summary(s: ProviderSummary) -> Json:
    """TS3, its TS2 as `inpatient`."""
    return {**(fields(s) or {}), **told(inpatient=fields(s.inpatient))}

"""The business objects as JSON values, one object a line: the shapes `otbill x12 read` prints, stable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from chalicelib.x12.ack999 import Acknowledgement
from chalicelib.x12.claim837 import Claim837, LineAdjudication, OtherPayer, ServiceLine
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.eligibility import Benefit, BenefitDate, BenefitResponse, EligibilityRequest
from chalicelib.x12.parties import Name, Person
from chalicelib.x12.remittance835 import (
    Adjustment,
    ClaimPayment,
    ProviderAdjustment,
    Remittance,
    RemittanceEnd,
    ServicePayment,
)
from chalicelib.x12.review278 import Decision, Review, ReviewRequest, ReviewResponse
from chalicelib.x12.status277ca import ClaimStatus, StatusBatch, StatusCode, StatusRequest

Json = dict[str, Any]


def day(value: dt.date | None) -> str | None:
    """ISO, or null."""
    return value.isoformat() if value else None


def number(value: int | Decimal | None) -> int | float | None:
    """Quantities are small: a float says them exactly enough for reading."""
    return float(value) if isinstance(value, Decimal) else value


def name(value: Name) -> Json:
    return {"last_name": value.last_name, "first_name": value.first_name, "member_id": value.member_id}


def person(value: Person) -> Json:
    return {
        "last_name": value.last_name, "first_name": value.first_name, "middle_name": value.middle_name,
        "date_of_birth": day(value.date_of_birth), "sex": value.sex,
    }  # fmt: skip


def adjustment(a: Adjustment) -> Json:
    return {"group": a.group, "reason": a.reason, "amount_cents": a.amount_cents, "quantity": number(a.quantity)}


def provider_adjustment(a: ProviderAdjustment) -> Json:
    return {"reason": a.reason, "reference": a.reference, "amount_cents": a.amount_cents}


def _remittance(r: Remittance) -> Json:
    return {
        "object": "remittance", "amount_cents": r.amount_cents, "credit_debit": r.credit_debit, "method": r.method,
        "date": day(r.date), "trace": r.trace, "payer": {"name": r.payer.name, "id": r.payer.id_code},
        "payee": {"name": r.payee.name, "npi": r.payee.npi, "tax_id": r.payee.tax_id},
        "production_date": day(r.production_date),
    }  # fmt: skip


def _service(line: ServicePayment) -> Json:
    return {
        "procedure": line.procedure, "modifiers": list(line.modifiers), "charge_cents": line.charge_cents,
        "paid_cents": line.paid_cents, "units": number(line.units), "date": day(line.date),
        "line_control_number": line.line_control_number, "adjustments": [adjustment(a) for a in line.adjustments],
        "remark_codes": list(line.remark_codes), "allowed_cents": line.allowed_cents,
        "original_procedure": line.original_procedure,
    }  # fmt: skip


def _claim_payment(c: ClaimPayment) -> Json:
    return {
        "object": "claim_payment", "patient_control_number": c.patient_control_number, "status_code": c.status_code,
        "charge_cents": c.charge_cents, "paid_cents": c.paid_cents,
        "patient_responsibility_cents": c.patient_responsibility_cents, "filing_indicator": c.filing_indicator,
        "payer_control_number": c.payer_control_number, "patient": name(c.patient),
        "adjustments": [adjustment(a) for a in c.adjustments], "lines": [_service(line) for line in c.lines],
        "remark_codes": list(c.remark_codes), "segment_number": c.segment_number,
    }  # fmt: skip


def _remittance_end(end: RemittanceEnd) -> Json:
    return {
        "object": "remittance_end", "claims": end.claims, "paid_cents": end.paid_cents,
        "provider_adjustments": [provider_adjustment(a) for a in end.provider_adjustments], "balanced": end.balanced,
        "out_of_balance": [
            {"level": o.level, "reference": o.reference, "off_by_cents": o.off_by_cents} for o in end.out_of_balance
        ],
    }  # fmt: skip


def _adjudication(a: LineAdjudication) -> Json:
    return {
        "payer_id": a.payer_id, "paid_cents": a.paid_cents, "procedure": a.procedure, "modifiers": list(a.modifiers),
        "units": number(a.units), "adjustments": [adjustment(one) for one in a.adjustments],
        "adjudicated_on": day(a.adjudicated_on), "patient_liability_cents": a.patient_liability_cents,
    }  # fmt: skip


def _line(line: ServiceLine) -> Json:
    return {
        "procedure": line.procedure, "modifiers": list(line.modifiers), "charge_cents": line.charge_cents,
        "units": number(line.units), "diagnosis_pointers": list(line.diagnosis_pointers), "date": day(line.date),
        "line_control_number": line.line_control_number, "adjudications": [_adjudication(a) for a in line.adjudications],
    }  # fmt: skip


def _other_payer(o: OtherPayer) -> Json:
    return {
        "sequence": o.sequence, "claim_filing": o.claim_filing, "payer_name": o.payer_name, "payer_id": o.payer_id,
        "member_id": o.member_id, "paid_cents": o.paid_cents, "adjustments": [adjustment(a) for a in o.adjustments],
        "patient_liability_cents": o.patient_liability_cents, "adjudicated_on": day(o.adjudicated_on),
        "payer_control_number": o.payer_control_number,
    }  # fmt: skip


def _claim(c: Claim837) -> Json:
    accident = c.accident and {
        "related_causes": list(c.accident.related_causes), "state": c.accident.state, "date": day(c.accident.date),
        "claim_number": c.accident.claim_number,
    }  # fmt: skip
    return {
        "object": "claim", "patient_control_number": c.patient_control_number, "charge_cents": c.charge_cents,
        "place_of_service": c.place_of_service, "frequency_code": c.frequency_code, "diagnoses": list(c.diagnoses),
        "billing_npi": c.billing.npi, "rendering_npi": c.rendering.npi if c.rendering else "", "payer_id": c.payer_id,
        "payer_name": c.payer_name, "member_id": c.member_id, "patient": person(c.patient or c.subscriber),
        "accident": accident, "authorization_number": c.authorization_number, "lines": [_line(one) for one in c.lines],
        "other_payers": [_other_payer(o) for o in c.other_payers], "segment_number": c.segment_number,
    }  # fmt: skip


def _acknowledgement(a: Acknowledgement) -> Json:
    return {
        "object": "acknowledgement", "kind": a.kind, "group_control_number": a.group_control_number,
        "functional_id": a.functional_id, "accepted": a.accepted, "codes": list(a.codes),
        "transactions": [
            {
                "control_number": t.control_number, "functional_id": t.functional_id, "accepted": t.accepted,
                "codes": list(t.codes),
                "errors": [
                    {
                        "segment": e.segment, "position": e.position, "loop": e.loop, "code": e.code,
                        "elements": [{"element": x.element, "component": x.component, "code": x.code} for x in e.elements],
                    }
                    for e in t.errors
                ],
            }
            for t in a.transactions
        ],
    }  # fmt: skip


def status(s: StatusCode) -> Json:
    return {"category": s.category, "status": s.status, "entity": s.entity}


def _claim_status(c: ClaimStatus) -> Json:
    return {
        "object": "claim_status", "kind": c.kind, "patient_control_number": c.patient_control_number, "category": c.category,
        "status": c.status, "entity": c.entity, "action": c.action, "further": [status(s) for s in c.further],
        "payer_control_number": c.payer_control_number, "charge_cents": c.charge_cents, "paid_cents": c.paid_cents,
        "effective_date": day(c.effective_date), "message": c.message, "patient": name(c.patient),
        "lines": [
            {"procedure": x.procedure, "modifiers": list(x.modifiers), "charge_cents": x.charge_cents,
             "line_control_number": x.line_control_number, "statuses": [status(s) for s in x.statuses]}
            for x in c.lines
        ],
    }  # fmt: skip


def _status_batch(b: StatusBatch) -> Json:
    return {
        "object": "status_batch", "payer": {"name": b.payer_name, "id": b.payer_id}, "provider_npi": b.provider_npi,
        "batch_reference": b.batch_reference, "accepted": b.accepted, "rejected": b.rejected,
        "accepted_cents": b.accepted_cents, "rejected_cents": b.rejected_cents, "received_on": day(b.received_on),
        "processed_on": day(b.processed_on), "status": status(b.status),
    }  # fmt: skip


def _status_request(q: StatusRequest) -> Json:
    return {
        "object": "status_request", "trace": q.trace, "payer": {"name": q.payer_name, "id": q.payer_id},
        "provider_npi": q.provider.npi, "member_id": q.member_id, "patient": person(q.dependent or q.subscriber),
        "patient_control_number": q.patient_control_number, "payer_control_number": q.payer_control_number,
        "charge_cents": q.charge_cents, "service_from": day(q.service_from), "service_to": day(q.service_to),
    }  # fmt: skip


def decision(d: Decision | None) -> Json | None:
    return {"action": d.action, "number": d.number, "reason": d.reason} if d else None


def _review(r: Review) -> Json:
    return {
        "trace": r.trace, "payer": {"name": r.payer_name, "id": r.payer_id}, "provider_npi": r.provider.npi,
        "member_id": r.member_id, "patient": person(r.dependent or r.subscriber), "category": r.category,
        "certification_type": r.certification_type, "service_type": r.service_type, "diagnoses": list(r.diagnoses),
        "service_from": day(r.service_from), "service_to": day(r.service_to), "quantity_qualifier": r.quantity_qualifier,
        "quantity": number(r.quantity), "message": r.message,
        "services": [
            {"procedure": s.procedure, "modifiers": list(s.modifiers), "units": number(s.units),
             "quantity_qualifier": s.quantity_qualifier, "quantity": number(s.quantity), "decision": decision(s.decision)}
            for s in r.services
        ],
    }  # fmt: skip


def _review_request(r: ReviewRequest) -> Json:
    return {"object": "review_request", **_review(r), "authorization_number": r.authorization_number}


def _review_response(r: ReviewResponse) -> Json:
    return {
        "object": "review_response", "decision": decision(r.decision), **_review(r),
        "effective_from": day(r.effective_from), "effective_to": day(r.effective_to),
        "errors": [{"loop": e.loop, "valid": e.valid, "reason": e.reason, "follow_up": e.follow_up} for e in r.errors],
    }  # fmt: skip


def _dates(dates: tuple[BenefitDate, ...]) -> list[Json]:
    return [{"qualifier": d.qualifier, "begin": day(d.begin), "end": day(d.end)} for d in dates]


def _benefit(b: Benefit) -> Json:
    return {
        "code": b.code, "coverage_level": b.coverage_level, "service_types": list(b.service_types),
        "insurance_type": b.insurance_type, "plan": b.plan, "period": b.period, "amount_cents": b.amount_cents,
        "percent": number(b.percent), "quantity_qualifier": b.quantity_qualifier, "quantity": number(b.quantity),
        "authorization": b.authorization, "network": b.network, "procedure": b.procedure, "messages": list(b.messages),
        "dates": _dates(b.dates),
    }  # fmt: skip


def _benefit_response(r: BenefitResponse) -> Json:
    return {
        "object": "benefit_response", "trace": r.trace, "payer": {"name": r.payer_name, "id": r.payer_id},
        "member_id": r.member_id, "patient": person(r.dependent or r.subscriber), "group_number": r.group_number,
        "benefits": [_benefit(b) for b in r.benefits],
        "errors": [{"loop": e.loop, "valid": e.valid, "reason": e.reason, "follow_up": e.follow_up} for e in r.errors],
        "dates": _dates(r.dates),
    }  # fmt: skip


def _eligibility_request(q: EligibilityRequest) -> Json:
    return {
        "object": "eligibility_request", "trace": q.trace, "payer": {"name": q.payer_name, "id": q.payer_id},
        "provider_npi": q.provider.npi, "member_id": q.member_id, "patient": person(q.dependent or q.subscriber),
        "service_types": list(q.service_types), "date": day(q.date),
    }  # fmt: skip


def _diagnostic(d: Diagnostic) -> Json:
    return {
        "object": "diagnostic", "code": d.code, "severity": d.severity, "message": d.message, "segment": d.segment,
        "segment_number": d.segment_number, "offset": d.offset, "line": d.line, "element": d.element,
        "component": d.component, "loop": d.loop, "fix": d.fix,
    }  # fmt: skip


_SHAPES: dict[type, Callable[[Any], Json]] = {
    Remittance: _remittance, ClaimPayment: _claim_payment, RemittanceEnd: _remittance_end, Claim837: _claim,
    Acknowledgement: _acknowledgement, ClaimStatus: _claim_status, StatusBatch: _status_batch,
    BenefitResponse: _benefit_response, EligibilityRequest: _eligibility_request, Diagnostic: _diagnostic, StatusRequest:
    _status_request, ReviewRequest: _review_request, ReviewResponse: _review_response,
}  # fmt: skip


def as_json(value: object) -> Json | None:
    """A business object or diagnostic as a JSON value; None for envelope objects."""
    shape = _SHAPES.get(type(value))
    return shape(value) if shape else None

"""The business objects as JSON values, one object a line: the shapes `otbill x12 read` prints, stable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.x12.ack999 import Acknowledgement
from chalicelib.x12.claim837 import Claim837, Drug, LineAdjudication, OtherPayer, ServiceLine
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.eligibility import Benefit, BenefitDate, BenefitResponse, EligibilityRequest
from chalicelib.x12.json_remittance import claim_payment, remittance, remittance_end
from chalicelib.x12.json_values import Json, adjustment, day, fields, name, number, party, person, told
from chalicelib.x12.parties import Party
from chalicelib.x12.remittance835 import ClaimPayment, Remittance, RemittanceEnd
from chalicelib.x12.review278 import Decision, Review, ReviewRequest, ReviewResponse
from chalicelib.x12.status277ca import ClaimStatus, StatusBatch, StatusCode, StatusRequest


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
        **told(
            date_to=day(line.date_to), place_of_service=line.place_of_service, note=line.note,
            authorization_number=line.authorization_number, drug=_drug(line.drug), providers=_providers(line),
        ),
    }  # fmt: skip


def _drug(d: Drug | None) -> Json | None:
    if d is None:
        return None
    return {
        "qualifier": d.qualifier, "code": d.code, "quantity": number(d.quantity), "unit": d.unit,
        "prescription_number": d.prescription_number, "prescription_qualifier": d.prescription_qualifier,
    }  # fmt: skip


def _providers(line: ServiceLine) -> Json:
    """The providers of a line by what they did, where they are not the claim's."""
    roles = ("rendering", "purchased", "facility", "supervising", "ordering", "referring", "primary_care")
    parties: dict[str, Party | None] = {role: getattr(line, role) for role in roles}
    return {role: party(found) for role, found in parties.items() if found is not None}


def _other_payer(o: OtherPayer) -> Json:
    return {
        "sequence": o.sequence, "claim_filing": o.claim_filing, "payer_name": o.payer_name, "payer_id": o.payer_id,
        "member_id": o.member_id, "paid_cents": o.paid_cents, "adjustments": [adjustment(a) for a in o.adjustments],
        "patient_liability_cents": o.patient_liability_cents, "adjudicated_on": day(o.adjudicated_on),
        "payer_control_number": o.payer_control_number,
        **told(
            non_covered_cents=o.non_covered_cents, remark_codes=list(o.remark_codes), outpatient=fields(o.outpatient),
        ),
    }  # fmt: skip


def _claim_providers(c: Claim837) -> dict[str, Party | None]:
    return {
        "rendering": c.rendering, "referring": c.referring, "supervising": c.supervising, "facility": c.facility,
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
        **told(
            original_reference=c.original_reference, referral_number=c.referral_number,
            patient_paid_cents=c.patient_paid_cents or None,
            providers={role: party(found) for role, found in _claim_providers(c).items() if found is not None},
            unread=list(c.unread),
        ),
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
    Remittance: remittance, ClaimPayment: claim_payment, RemittanceEnd: remittance_end, Claim837: _claim,
    Acknowledgement: _acknowledgement, ClaimStatus: _claim_status, StatusBatch: _status_batch,
    BenefitResponse: _benefit_response, EligibilityRequest: _eligibility_request, Diagnostic: _diagnostic, StatusRequest:
    _status_request, ReviewRequest: _review_request, ReviewResponse: _review_response,
}  # fmt: skip


def as_json(value: object) -> Json | None:
    """A business object or diagnostic as a JSON value; None for envelope objects."""
    shape = _SHAPES.get(type(value))
    return shape(value) if shape else None

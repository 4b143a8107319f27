"""A submission to the 837P claim it is: our words on the left, loops and elements of 005010X222A1 on the right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from chalicelib.claims.model import ClaimContent, ClaimLine, Provider
from chalicelib.claims.prior import PriorAdjustment, PriorPayer
from chalicelib.claims.records import Batch, Submission
from chalicelib.claims.sending import LEVELS
from chalicelib.codes import payers
from chalicelib.intake import model as intake
from chalicelib.onboarding.model import Practice
from chalicelib.x12 import (
    Accident,
    Address,
    Adjustment,
    Attachment,
    Claim837,
    Diagnostic,
    Interchange,
    LineAdjudication,
    OtherPayer,
    Party,
    Person,
    ServiceLine,
    check_837p,
    write_837p,
)

_RELATIONSHIPS = {"self": "18", "spouse": "01", "child": "19", "other": "G8"}
# SBR09 where the payer directory has no row for the plan.
_FILING = {
    "medicare": "MB",
    "medicare_advantage": "16",
    "medicaid": "MC",
    "commercial": "CI",
    "tricare": "CH",
    "auto": "AM",
    "workers_compensation": "WC",
    "self_pay": "09",
}


def write_file(batch: Batch, submissions: list[Submission], practice: Practice) -> bytes:
    """The batch as an 837P file; the same batch always gives the same bytes."""
    claims = [to_claim837(item, practice) for item in submissions]
    return write_837p(_interchange(batch, practice), claims)


def _interchange(batch: Batch, practice: Practice) -> Interchange:
    created = datetime.fromisoformat(batch.created_at.replace("Z", "+00:00"))
    submitter = Party(
        last_name="OTBILL",
        is_person=False,
        id_code=practice.billing.submitter_id,
        contact_name=practice.contact_name,
        phone=practice.contact_phone,
    )
    return Interchange(
        sender_id=practice.billing.submitter_id,
        receiver_id=practice.billing.receiver_id,
        control_number=batch.control_number,
        group_control_number=batch.control_number,
        created_at=created,
        usage=batch.usage,
        submitter=submitter,
        receiver_name=practice.billing.receiver_id,
    )


def _person(person: intake.Person, address: intake.Address | None) -> Person:
    return Person(
        last_name=person.last_name,
        first_name=person.first_name,
        middle_name=person.middle_name,
        date_of_birth=person.date_of_birth,
        sex=person.sex or "U",
        address=_address(address) if address else None,
    )


def _address(address: intake.Address) -> Address:
    return Address(line1=address.line1, city=address.city, state=address.state, zip=address.zip)


def _party(provider: Provider, address: intake.Address | None = None) -> Party:
    return Party(
        last_name=provider.last_name,
        first_name=provider.first_name,
        is_person=provider.is_person,
        npi=provider.npi,
        tax_id=provider.tax_id,
        tax_id_kind=provider.tax_id_kind,
        taxonomy=provider.taxonomy,
        address=_address(address) if address else None,
    )


def filing_indicator(coverage: intake.Coverage, content: ClaimContent) -> str:
    """SBR09 by the payer directory's row of the date of service, else by line of business."""
    plan = payers.plan(coverage.payer_id, coverage.line_of_business, content.date_of_service)
    return plan.claim_filing if plan else _FILING[coverage.line_of_business]


MEDICARE_B = "MB"


def _line(line: ClaimLine, content: ClaimContent, prior: tuple[PriorPayer, ...] = ()) -> ServiceLine:
    return ServiceLine(
        procedure=line.cpt,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents,
        units=line.units,
        diagnosis_pointers=line.diagnosis_pointers,
        date=content.date_of_service,
        line_control_number=line.control_number,
        adjudications=tuple(_adjudications(line.number, prior)),
    )


def _adjudications(number: int, prior: tuple[PriorPayer, ...]) -> Iterator[LineAdjudication]:
    """Loop 2430: what each payer before decided on this line, with the patient's share of it (AMT*EAF, also when it is 0)."""
    for payer in prior:
        for line in payer.lines:
            if line.number == number:
                yield LineAdjudication(
                    payer_id=payer.coverage.payer_id,
                    paid_cents=line.paid_cents,
                    procedure=line.procedure,
                    modifiers=line.modifiers,
                    units=_quantity(line.units) or 1,
                    adjustments=_adjustments(line.adjustments),
                    adjudicated_on=payer.adjudicated_on,
                    patient_liability_cents=line.patient_cents,
                )


def _quantity(text: str) -> int | Decimal | None:
    if not text:
        return None
    number = Decimal(text)
    return int(number) if number == int(number) else number


def _adjustments(items: tuple[PriorAdjustment, ...]) -> tuple[Adjustment, ...]:
    return tuple(Adjustment(item.group, item.reason, item.amount_cents, _quantity(item.quantity)) for item in items)


def _accident(content: ClaimContent) -> Accident | None:
    found = content.accident
    if found is None:
        return None
    return Accident(related_causes=(found.type,), state=found.state, date=found.date, claim_number=found.claim_number)


def _member(coverage: intake.Coverage, content: ClaimContent) -> str:
    """The member id; an auto insurer knows its insured by the claim number."""
    auto = coverage.line_of_business is intake.LineOfBusiness.AUTO and content.accident is not None
    return coverage.member_id or (content.accident.claim_number if auto and content.accident else "")


def _subscriber(coverage: intake.Coverage, content: ClaimContent) -> Person:
    """The subscriber is the patient, or the person the file names; a payer wants an address only of the patient."""
    if coverage.relationship == "self" or coverage.subscriber is None:
        return _person(content.patient, content.patient_address)
    return _person(coverage.subscriber, None)


def _other_payers(item: Submission) -> tuple[OtherPayer, ...]:
    """Payers before this one with their decisions, then those still to come (2320 without adjudication)."""
    content = item.content
    decided = (_decided(payer, content) for payer in item.prior)
    later = zip(LEVELS[LEVELS.index(item.sequence) + 1 :], (content.secondary, content.tertiary), strict=False)
    return (*decided, *(_announced(sequence, other, content) for sequence, other in later if other is not None))


def _announced(sequence: str, other: intake.Coverage, content: ClaimContent) -> OtherPayer:
    plan = payers.plan(other.payer_id, other.line_of_business, content.date_of_service)
    filing = filing_indicator(other, content)
    return OtherPayer(
        sequence=sequence,
        claim_filing=filing,
        payer_name=plan.name if plan else other.payer_id,
        payer_id=other.payer_id,
        subscriber=_subscriber(other, content),
        member_id=_member(other, content),
        group_number=other.group_number,
        relationship=_RELATIONSHIPS[other.relationship],
        insurance_type=content.msp_type if filing == MEDICARE_B else "",
    )


def _decided(payer: PriorPayer, content: ClaimContent) -> OtherPayer:
    """Loop 2320 with AMT*D and the adjustments of the claim as a whole; those of lines stand in 2430."""
    coverage = payer.coverage
    return OtherPayer(
        sequence=payer.sequence,
        claim_filing=filing_indicator(coverage, content),
        payer_name=payer.payer_name,
        payer_id=coverage.payer_id,
        paid_cents=payer.paid_cents,
        adjustments=_adjustments(payer.adjustments),
        patient_liability_cents=payer.patient_cents,
        adjudicated_on=None if payer.lines else payer.adjudicated_on,  # said once: in 2330B or on the lines
        subscriber=_subscriber(coverage, content),
        member_id=_member(coverage, content),
        group_number=coverage.group_number,
        relationship=_RELATIONSHIPS[coverage.relationship],
        payer_control_number=payer.payer_control_number,
        remark_codes=payer.remark_codes,
    )


def to_claim837(item: Submission, practice: Practice) -> Claim837:
    """One submission as the 837P carries it.

    2310B is left out when the biller renders; 2310A names the referrer (Medicare Claims Processing Manual ch.5 s.10.3.5);
    DTP*454 is sent where the first treatment is known.
    """
    content = item.content
    coverage = content.coverage
    dependent = coverage.relationship != "self" and coverage.subscriber is not None
    filing = filing_indicator(coverage, content)
    rendering = _party(content.rendering) if content.rendering.npi != content.billing.npi else None
    referrer = content.referrer
    referring = Party(last_name=referrer.last_name, first_name=referrer.first_name, npi=referrer.npi)
    return Claim837(
        patient_control_number=item.patient_control_number,
        charge_cents=content.charge_cents,
        place_of_service=content.place_of_service,
        frequency_code=item.frequency,
        original_reference=item.original_reference,
        subscriber=_subscriber(coverage, content),
        member_id=_member(coverage, content),
        group_number=coverage.group_number,
        claim_filing=filing,
        payer_sequence=item.sequence,
        # SBR05 says why Medicare is not the first payer, and nothing else (X222A1 2000B).
        insurance_type=content.msp_type if item.sequence != "P" and filing == MEDICARE_B else "",
        payer_name=content.payer_name,
        payer_id=coverage.payer_id,
        patient=_person(content.patient, content.patient_address) if dependent else None,
        patient_relationship=_RELATIONSHIPS[coverage.relationship] if dependent else "18",
        diagnoses=content.diagnoses,
        lines=tuple(_line(line, content, item.prior) for line in content.lines),
        billing=_party(content.billing, content.billing.address),
        pay_to=_pay_to(practice),
        rendering=rendering,
        referring=referring if referrer.npi else None,
        assignment_code="A",
        benefits_assigned="Y" if content.benefits_assigned else "N",
        release="Y" if content.release_on_file else "I",
        patient_paid_cents=content.patient_paid_cents,
        accident=_accident(content),
        authorization_number=content.authorization_number,
        referral_number=content.referral_number,
        other_payers=_other_payers(item),
        attachments=tuple(Attachment(one.report_type, one.transmission, one.control_number) for one in item.papers),
        initial_treatment_date=content.plan_of_care.first_treatment_on,
    )


def _pay_to(practice: Practice) -> Party | None:
    if practice.pay_to is None:
        return None
    where = practice.pay_to
    return Party(
        last_name=practice.legal_name,
        is_person=practice.is_person,
        address=Address(line1=where.line1, line2=where.line2, city=where.city, state=where.state, zip=where.zip),
    )


def write_faults(content: ClaimContent, practice: Practice) -> tuple[Diagnostic, ...]:
    """Why this claim could not be written as an 837P; empty when it can."""
    probe = Submission(
        submission_id="", claim_id=content.claim_id, n=1, patient_control_number="0", batch_id="", content=content
    )
    return check_837p([to_claim837(probe, practice)])

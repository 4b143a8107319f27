"""Builds the 270 for one coverage of one patient (005010X279A1)."""

from __future__ import annotations

from datetime import date, datetime

from chalicelib.codes.payers import PayerPlan
from chalicelib.intake.model import Coverage
from chalicelib.intake.model import Person as IntakePerson
from chalicelib.intake.records import Patient
from chalicelib.onboarding.practice_file import Practice
from chalicelib.x12.eligibility import EligibilityRequest
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Party, Person

_RELATIONSHIPS = {"spouse": "01", "child": "19"}  # INS02; any other dependent is 34, other adult


def build_request(
    practice: Practice, patient: Patient, coverage: Coverage, plan: PayerPlan, on: date, trace: str
) -> EligibilityRequest:
    """The question. A dependent is named beside the subscriber; a patient with an id of their own is the subscriber."""
    dependent = coverage.relationship != "self" and coverage.subscriber is not None
    subscriber = coverage.subscriber if dependent and coverage.subscriber else patient.person
    return EligibilityRequest(
        payer_name=plan.name,
        payer_id=plan.payer_id,
        provider=provider_of(practice),
        subscriber=x12_person(subscriber),
        member_id=coverage.member_id,
        dependent=x12_person(patient.person) if dependent else None,
        relationship=_RELATIONSHIPS.get(coverage.relationship, "34") if dependent else "",
        service_types=practice.eligibility(coverage.payer_id).service_types,
        date=on,
        trace=trace,
        # TRN03 holds ten characters; our own name rather than a tax id, which may be a social security number.
        trace_origin=("9" + practice.billing.submitter_id).ljust(10, "0")[:10],
        group_number=coverage.group_number,
    )


def build_interchange(practice: Practice, number: int, at: datetime, live: bool) -> Interchange:
    """The envelope: production only where the enrolment is live."""
    return Interchange(
        sender_id=practice.billing.submitter_id,
        receiver_id=practice.billing.receiver_id,
        control_number=number,
        group_control_number=number,
        created_at=at,
        usage="P" if live else "T",
    )


def provider_of(practice: Practice) -> Party:
    """Who asks."""
    return Party(
        last_name=practice.legal_name,
        first_name=practice.first_name,
        is_person=practice.is_person,
        npi=practice.npi,
        taxonomy=practice.taxonomy,
    )


def x12_person(person: IntakePerson) -> Person:
    return Person(
        last_name=person.last_name,
        first_name=person.first_name,
        middle_name=person.middle_name,
        date_of_birth=person.date_of_birth,
        sex=person.sex,
    )

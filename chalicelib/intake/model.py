"""What a practice hands over: one `VisitLine` per procedure line, grouped into a `Visit`."""

from __future__ import annotations

import datetime as dt
from datetime import date
from enum import StrEnum

from chalicelib.money import Cents
from chalicelib.platform.model import Model


class LineOfBusiness(StrEnum):
    """Payer ids alone do not tell a payer's plans apart; this column does."""

    MEDICARE = "medicare"
    MEDICARE_ADVANTAGE = "medicare_advantage"
    MEDICAID = "medicaid"
    COMMERCIAL = "commercial"
    TRICARE = "tricare"
    AUTO = "auto"
    WORKERS_COMPENSATION = "workers_compensation"
    SELF_PAY = "self_pay"


class Person(Model):
    """A patient or subscriber as the practice names them."""

    last_name: str
    first_name: str
    middle_name: str = ""
    date_of_birth: date | None = None
    sex: str = ""  # M, F or U (X12 DMG03)


class Address(Model):
    line1: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    phone: str = ""


class Coverage(Model):
    """One payer's promise for this visit. `relationship` is to the subscriber: self, spouse, child, other."""

    payer_id: str
    line_of_business: LineOfBusiness
    member_id: str = ""
    group_number: str = ""
    relationship: str = "self"
    subscriber: Person | None = None  # None = the patient


class Accident(Model):
    """Auto (AA), employment (EM) or other (OA) accident: X12 CLM11, DTP*439, REF*Y4."""

    type: str
    date: dt.date | None = None
    state: str = ""
    claim_number: str = ""
    first_care_on: dt.date | None = None
    emergency_condition_on: dt.date | None = None
    initiation_notice_on: dt.date | None = None


class Referrer(Model):
    npi: str = ""
    last_name: str = ""
    first_name: str = ""


class PlanOfCare(Model):
    """Plan of care, certification and progress dates as the visit file tells them (42 CFR 424.24(c))."""

    first_treatment_on: date | None = None
    start: date | None = None
    end: date | None = None
    certified_on: date | None = None
    sent_on: date | None = None
    order_signed_on: date | None = None
    progress_report_on: date | None = None


class VisitLine(Model):
    """One procedure of a visit. Minutes are whole minutes; `charge_cents` is per unit, None = the practice's fee schedule."""

    line_number: int
    cpt: str
    therapist_minutes: int | None = None
    assistant_minutes: int | None = None
    units: int | None = None
    modifiers: tuple[str, ...] = ()
    diagnosis_pointers: tuple[int, ...] = ()
    charge_cents: Cents | None = None
    distinct_service: bool = False
    source_row: int = 0  # row in the file it came from, for messages


class Visit(Model):
    """One encounter. Everything but `lines` is the same on every row of the visit; where rows disagree the visit is held."""

    visit_id: str
    date_of_service: date
    start_time: str = ""
    end_time: str = ""
    place_of_service: str
    facility_id: str = ""
    case_id: str = ""
    rendering_npi: str
    assistant_id: str = ""
    referrer: Referrer = Referrer()
    patient_id: str
    patient: Person
    address: Address
    primary: Coverage
    secondary: Coverage | None = None
    tertiary: Coverage | None = None
    msp_type: str = ""
    benefits_assigned: bool = True
    release_on_file: bool = True
    diagnoses: tuple[str, ...]
    total_treatment_minutes: int | None = None
    note_signed_on: date | None = None
    note_signed_by: str = ""
    plan_of_care: PlanOfCare = PlanOfCare()
    kx_attested: bool = False
    abn_signed_on: date | None = None
    authorization_number: str = ""
    referral_number: str = ""
    patient_paid_cents: Cents = 0
    accident: Accident | None = None
    lines: tuple[VisitLine, ...]

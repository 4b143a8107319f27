"""The claim as it will be sent, and the events that are its whole history."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from chalicelib.intake.model import Accident, Address, Coverage, Person, PlanOfCare, Referrer
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.therapy.model import Finding


class Provider(Model):
    """A person or organization on a claim, as the practice file has it."""

    npi: str
    last_name: str  # or the organization's name
    first_name: str = ""
    is_person: bool = True
    tax_id: str = ""
    tax_id_kind: str = "EI"
    taxonomy: str = ""
    address: Address = Address()


class ClaimLine(Model):
    """One service line (X12 2400). `charge_cents` is the line's total; `control_number` is REF*6R, unique in the practice."""

    number: int
    visit_id: str
    visit_line: int
    cpt: str
    modifiers: tuple[str, ...] = ()
    units: int
    minutes: int = 0
    assistant_minutes: int = 0
    charge_cents: Cents
    diagnosis_pointers: tuple[int, ...] = (1,)
    control_number: str = ""
    distinct_service: bool = False
    billed_modifiers_in_file: tuple[str, ...] = ()
    rule_modifiers: tuple[str, ...] = ()  # those of `modifiers` that a biller's rule added


class ClaimContent(Model):
    """Everything the 837P of this claim will say, and what the scrub needs to judge it."""

    claim_id: str
    visit_ids: tuple[str, ...]
    patient_key: str  # our id of the patient (pat_…)
    practice_patient_id: str
    case_id: str = ""
    date_of_service: date
    place_of_service: str
    facility_id: str = ""
    billing: Provider
    rendering: Provider
    assistant_id: str = ""
    referrer: Referrer = Referrer()
    patient: Person
    patient_address: Address
    coverage: Coverage
    payer_name: str
    secondary: Coverage | None = None
    tertiary: Coverage | None = None
    msp_type: str = ""
    benefits_assigned: bool = True
    release_on_file: bool = True
    diagnoses: tuple[str, ...]
    lines: tuple[ClaimLine, ...]
    total_treatment_minutes: int | None = None
    day_timed_minutes: int = 0  # all timed OT minutes of the patient that day, over all claims
    note_signed_on: date | None = None
    note_signed_by: str = ""
    plan_of_care: PlanOfCare = PlanOfCare()
    kx_attested: bool = False
    abn_signed_on: date | None = None
    authorization_number: str = ""
    referral_number: str = ""
    patient_paid_cents: Cents = 0
    accident: Accident | None = None
    start_times: tuple[str, ...] = ()
    explanation: tuple[str, ...] = ()  # how minutes became units, in words
    coding_findings: tuple[Finding, ...] = ()

    @property
    def charge_cents(self) -> int:
        return sum(line.charge_cents for line in self.lines)


class Status(StrEnum):
    """Where a claim is; derived from its events, never set by hand."""

    HELD = "held"
    READY = "ready"
    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PAID = "paid"
    DENIED = "denied"
    PARTLY_DENIED = "partly_denied"
    REVERSED = "reversed"
    SECONDARY_DUE = "secondary_due"
    PATIENT_DUE = "patient_due"
    APPEALED = "appealed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


class Party(StrEnum):
    """Whose move it is."""

    US = "us"
    PRACTICE = "practice"
    PAYER = "payer"
    PATIENT = "patient"
    NOBODY = "nobody"


class ClaimEvent(Model):
    """One thing that happened to a claim. `source` is us, TA1, 999, 277CA, 277, 835 or person; `words` is for people."""

    sequence: int
    type: str
    at: str
    source: str
    actor: str
    words: str
    data: dict[str, Any] = {}

"""The professional claim (837P, 005010X222A1) as typed values. Money is integer cents, diagnoses carry no
dot.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.x12.adjudication import Outpatient
from chalicelib.x12.parties import Address, Party, Person
from chalicelib.x12.remittance835 import Adjustment

__all__ = [
    "Accident",
    "Address",
    "Adjustment",
    "Attachment",
    "Claim837",
    "Drug",
    "LineAdjudication",
    "OtherPayer",
    "Party",
    "Person",
    "ServiceLine",
]


@dataclass(slots=True)
class LineAdjudication:
    """What another payer said about a line (loop 2430). `patient_liability_cents` is AMT*EAF."""

    payer_id: str
    paid_cents: int = 0
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    units: int | Decimal = 1
    adjustments: tuple[Adjustment, ...] = ()
    adjudicated_on: dt.date | None = None
    patient_liability_cents: int | None = None
    bundled_line: str = ""


@dataclass(slots=True)
class Drug:
    """The drug of a line (loop 2410). `code` is the NDC (qualifier N4), `unit` CTP05 (UN, ML, GR, F2, ME).

    `prescription_number` is REF*XZ, or with `prescription_qualifier` VY the number that links the parts of a compound.
    """

    code: str
    quantity: int | Decimal | None = None
    unit: str = ""
    qualifier: str = "N4"
    prescription_number: str = ""
    prescription_qualifier: str = "XZ"


@dataclass
class ServiceLine:
    """One service line (loop 2400). `charge_cents` is the line's total; `line_control_number` is REF*6R. Without slots: the
    reader sets what it read, the rest stands at the class's defaults.

    `diagnosis_pointers` count from 1 into the claim's diagnoses. `place_of_service` empty = the claim's. The providers are
    those of loops 2420A to 2420F, where they differ from the claim's.
    """

    procedure: str
    modifiers: tuple[str, ...] = ()
    charge_cents: int = 0
    units: int | Decimal = 1
    unit_basis: str = "UN"
    diagnosis_pointers: tuple[int, ...] = ()
    date: dt.date | None = None
    date_to: dt.date | None = None
    place_of_service: str = ""
    line_control_number: str = ""
    initial_treatment_date: dt.date | None = None
    note: str = ""
    adjudications: tuple[LineAdjudication, ...] = ()
    description: str = ""
    rendering: Party | None = None
    ordering: Party | None = None
    authorization_number: str = ""
    drug: Drug | None = None
    purchased: Party | None = None
    facility: Party | None = None
    supervising: Party | None = None
    referring: Party | None = None
    primary_care: Party | None = None


@dataclass(slots=True)
class OtherPayer:
    """Another payer of the claim (loops 2320, 2330). `paid_cents` None = it has not decided yet.

    `sequence` is P, S or T (SBR01); `patient_liability_cents` AMT*EAF, only when that payer gave no line
    detail; `non_covered_cents` AMT*A8, only when it was not billed at all. `adjudicated_on` is DTP*573.
    `outpatient` is what MOA says beside remark codes.
    """

    sequence: str = "P"
    claim_filing: str = ""
    payer_name: str = ""
    payer_id: str = ""
    paid_cents: int | None = None
    adjustments: tuple[Adjustment, ...] = ()
    patient_liability_cents: int | None = None
    adjudicated_on: dt.date | None = None
    subscriber: Person = field(default_factory=Person)
    member_id: str = ""
    group_number: str = ""
    group_name: str = ""
    relationship: str = "18"
    insurance_type: str = ""
    benefits_assigned: str = "Y"
    release: str = "Y"
    payer_control_number: str = ""
    non_covered_cents: int | None = None
    remark_codes: tuple[str, ...] = ()
    outpatient: Outpatient | None = None


@dataclass(slots=True)
class Accident:
    """CLM11 (AA auto, EM employment, OA other), the state of an auto accident, DTP*439 and REF*Y4."""

    related_causes: tuple[str, ...] = ()
    state: str = ""
    date: dt.date | None = None
    claim_number: str = ""


@dataclass(slots=True)
class Attachment:
    """Paperwork sent beside the claim (PWK): report type, how it travels (EL, FX, BM, AA ...), its control
    number.
    """

    report_type: str
    transmission: str
    control_number: str = ""


@dataclass(slots=True)
class Claim837:
    """One claim (loop 2300) with the hierarchy above it. `patient` None = the subscriber is the patient.

    `patient_relationship` is PAT01 for a dependent, 18 otherwise. `assignment_code` CLM07,
    `benefits_assigned` CLM08, `release` CLM09, `signature_on_file` CLM06. `notes` are (NTE01, text).
    `original_reference` is REF*F8.
    """

    patient_control_number: str
    charge_cents: int = 0
    place_of_service: str = "11"
    frequency_code: str = "1"
    original_reference: str = ""
    subscriber: Person = field(default_factory=Person)
    member_id: str = ""
    group_number: str = ""
    claim_filing: str = ""
    payer_sequence: str = "P"
    insurance_type: str = ""
    payer_name: str = ""
    payer_id: str = ""
    patient: Person | None = None
    patient_relationship: str = "18"
    diagnoses: tuple[str, ...] = ()
    lines: tuple[ServiceLine, ...] = ()
    billing: Party = field(default_factory=Party)
    pay_to: Party | None = None
    rendering: Party | None = None
    referring: Party | None = None
    supervising: Party | None = None
    facility: Party | None = None
    assignment_code: str = "A"
    benefits_assigned: str = "Y"
    release: str = "Y"
    signature_on_file: str = "Y"
    patient_paid_cents: int = 0
    accident: Accident | None = None
    authorization_number: str = ""
    referral_number: str = ""
    other_payers: tuple[OtherPayer, ...] = ()
    initial_treatment_date: dt.date | None = None
    notes: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    group_name: str = ""
    payer_address: Address | None = None
    onset_date: dt.date | None = None
    segment_number: int = field(default=0, compare=False)
    unread: tuple[str, ...] = ()

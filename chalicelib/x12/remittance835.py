"""The remittance advice (835, 005010X221A1): payment, claims, service lines, adjustments. Money is integer
cents.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.x12.adjudication import Inpatient, Outpatient, ProviderSummary, Quantity
from chalicelib.x12.parties import Address, Name, Reference


@dataclass(slots=True, frozen=True)
class Adjustment:
    """One triple of a CAS segment: group (CO, PR, OA, PI, CR), reason (CARC), amount; positive lowers the
    payment.
    """

    group: str
    reason: str
    amount_cents: int
    quantity: int | Decimal | None = None


@dataclass(slots=True, frozen=True)
class Amount:
    """A supplemental amount (AMT): qualifier and cents."""

    qualifier: str
    amount_cents: int


@dataclass
class ServicePayment:
    """One service line (loop 2110). `procedure` is the adjudicated code, `original_procedure` the submitted
    one (SVC06).

    `procedure_qualifier` is SVC01-1 (HC, NU, N4 ...). `allowed_cents` is AMT*B6, None when the payer did not
    say. `units` is what was paid (SVC05, 1 when absent), `original_units` what was billed (SVC07) when it
    differs.

    Without slots, like `ClaimPayment`: what a line does not say stands once, at the class's defaults, so that the reader sets
    only what it read.
    """

    procedure: str
    modifiers: tuple[str, ...] = ()
    charge_cents: int = 0
    paid_cents: int = 0
    units: int | Decimal = 1
    date: dt.date | None = None
    line_control_number: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[str, ...] = ()
    allowed_cents: int | None = None
    original_procedure: str = ""
    original_modifiers: tuple[str, ...] = ()
    original_units: int | Decimal | None = None
    procedure_qualifier: str = "HC"
    revenue_code: str = ""
    date_to: dt.date | None = None
    amounts: tuple[Amount, ...] = ()
    references: tuple[Reference, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass
class ClaimPayment:
    """One claim (loop 2100). `status_code` is CLP02: processed as primary (1), secondary (2), reversal (22)
    and so on.

    `adjustments` and `remark_codes` stand at claim level (CAS before the first SVC, MOA/MIA); `inpatient` is the rest of MIA,
    `outpatient` the rest of MOA when there is any. `drg_code`, `drg_weight` and `discharge_fraction` are CLP11 to CLP13.
    `segment_number` is the CLP's place in the file. `unread` keeps segments this reader has no field for, as
    text.
    """

    patient_control_number: str
    status_code: str = "1"
    charge_cents: int = 0
    paid_cents: int = 0
    patient_responsibility_cents: int = 0
    filing_indicator: str = ""
    payer_control_number: str = ""
    patient: Name = field(default_factory=Name)
    corrected_insured: Name | None = None
    subscriber: Name | None = None
    rendering_npi: str = ""
    crossover_carrier: str = ""
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    received_on: dt.date | None = None
    adjustments: tuple[Adjustment, ...] = ()
    lines: tuple[ServicePayment, ...] = ()
    remark_codes: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    references: tuple[Reference, ...] = ()
    facility_code: str = ""
    frequency_code: str = ""
    inpatient: Inpatient | None = None
    outpatient: Outpatient | None = None
    quantities: tuple[Quantity, ...] = ()
    drg_code: str = ""
    drg_weight: int | Decimal | None = None
    discharge_fraction: int | Decimal | None = None
    segment_number: int = field(default=0, compare=False)
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class ProviderAdjustment:
    """One pair of a PLB segment. Positive lowers the payment, negative raises it. `reason` is FB, WO, L6, 72
    ...
    """

    reason: str
    reference: str
    amount_cents: int
    provider_id: str = ""
    fiscal_period: dt.date | None = None


@dataclass(slots=True)
class Payer:
    """Loop 1000A. `id_code` is N104 (XV) or the first REF*2U; `phone` is the first business contact's
    (PER*CX, PER*BL).
    """

    name: str = ""
    id_code: str = ""
    address: Address | None = None
    contact_name: str = ""
    phone: str = ""
    npi: str = ""
    tax_id: str = ""


@dataclass(slots=True)
class Payee:
    """Loop 1000B. N104 is the NPI (XX) or the tax number (FI); REF*TJ gives the tax number beside an NPI."""

    name: str = ""
    npi: str = ""
    tax_id: str = ""
    id_code: str = ""
    address: Address | None = None


@dataclass(slots=True)
class OutOfBalance:
    """A sum that does not hold. `level` is transaction, claim or service; `off_by_cents` = stated minus
    computed.
    """

    level: str
    reference: str
    off_by_cents: int


@dataclass(slots=True)
class Remittance:
    """One ST of an 835: one payment (BPR, TRN) and the claims it pays. While streaming, `claims` is empty at
    first.
    """

    amount_cents: int = 0
    credit_debit: str = "C"
    method: str = "CHK"
    date: dt.date | None = None
    trace: str = ""
    originating_company_id: str = ""
    payer: Payer = field(default_factory=Payer)
    payee: Payee = field(default_factory=Payee)
    production_date: dt.date | None = None
    claims: tuple[ClaimPayment, ...] = ()
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    balanced: bool = True
    out_of_balance: tuple[OutOfBalance, ...] = ()
    handling_code: str = "I"
    references: tuple[Reference, ...] = ()
    provider_summaries: tuple[ProviderSummary, ...] = ()
    control_number: str = field(default="", compare=False)
    segment_number: int = field(default=0, compare=False)
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class RemittanceEnd:
    """What is known when an 835 transaction set ends: the count, the sums, the provider level and the
    balance. `unread` is what was kept as text after the remittance's head had gone out.
    """

    claims: int = 0
    paid_cents: int = 0
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    balanced: bool = True
    out_of_balance: tuple[OutOfBalance, ...] = ()
    out_of_balance_count: int = 0
    provider_summaries: tuple[ProviderSummary, ...] = ()
    unread: tuple[str, ...] = ()

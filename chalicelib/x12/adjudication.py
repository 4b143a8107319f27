"""What an 835 says beside a claim's money: MIA, MOA, QTY, and the provider summaries TS3 and TS2 (005010X221A1).

Amounts are cents, counts are quantities; None is what the payer did not say. Remark codes of MIA and MOA stand with the
claim's other remark codes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

Count = int | Decimal | None
Place = tuple[tuple[int, str], ...]
"""Where in a segment a value stands: element and field. A field that ends in `_cents` is an amount, any other a count."""


@dataclass(slots=True)
class Quantity:
    """QTY: qualifier (CA covered days, NE non-covered, VS visits, ZK to ZO federal categories) and count."""

    qualifier: str
    quantity: Count = None


@dataclass(slots=True)
class Inpatient:
    """MIA, the adjudication of an inpatient claim: days, and what its DRG price is made of."""

    covered_days: Count = None
    operating_outlier_cents: int | None = None
    lifetime_psychiatric_days: Count = None
    drg_cents: int | None = None
    disproportionate_share_cents: int | None = None
    msp_pass_through_cents: int | None = None
    capital_cents: int | None = None
    capital_federal_drg_cents: int | None = None
    capital_hospital_drg_cents: int | None = None
    capital_disproportionate_drg_cents: int | None = None
    old_capital_cents: int | None = None
    capital_education_cents: int | None = None
    operating_hospital_drg_cents: int | None = None
    cost_report_days: Count = None
    operating_federal_drg_cents: int | None = None
    capital_outlier_cents: int | None = None
    indirect_teaching_cents: int | None = None
    nonpayable_professional_cents: int | None = None
    capital_exception_cents: int | None = None


@dataclass(slots=True)
class Outpatient:
    """MOA, the adjudication of an outpatient or professional claim. `reimbursement_rate` is a fraction (0.8 = 80 %)."""

    reimbursement_rate: Count = None
    hcpcs_payable_cents: int | None = None
    esrd_cents: int | None = None
    nonpayable_professional_cents: int | None = None


@dataclass(slots=True)
class InpatientSummary:
    """TS2: the inpatient sums of a provider, a kind of facility and a fiscal year."""

    drg_cents: int | None = None
    federal_cents: int | None = None
    hospital_cents: int | None = None
    disproportionate_share_cents: int | None = None
    capital_cents: int | None = None
    medical_education_cents: int | None = None
    outlier_days: Count = None
    day_outlier_cents: int | None = None
    cost_outlier_cents: int | None = None
    average_stay_days: Count = None
    discharges: Count = None
    cost_report_days: Count = None
    covered_days: Count = None
    noncovered_days: Count = None
    msp_pass_through_cents: int | None = None
    average_drg_weight: Count = None
    capital_federal_drg_cents: int | None = None
    capital_hospital_drg_cents: int | None = None
    disproportionate_drg_cents: int | None = None


@dataclass(slots=True)
class ProviderSummary:
    """TS3: sums over the claims of one LX, as the payer states them; they are not part of any balance.

    `number` is LX01. `first_claim` is the place, from 0, of the LX's first claim among the remittance's. `claims` TS304 and
    `charge_cents` TS305 are the payer's own count and sum.
    """

    provider_id: str = ""
    facility_code: str = ""
    fiscal_period: dt.date | None = None
    claims: Count = None
    charge_cents: int | None = None
    msp_payer_cents: int | None = None
    non_lab_charge_cents: int | None = None
    hcpcs_reported_cents: int | None = None
    hcpcs_payable_cents: int | None = None
    professional_component_cents: int | None = None
    msp_patient_liability_cents: int | None = None
    patient_reimbursement_cents: int | None = None
    pip_claims: Count = None
    pip_adjustment_cents: int | None = None
    inpatient: InpatientSummary | None = None
    number: str = "1"
    first_claim: int = 0


MIA: Place = (
    (1, "covered_days"), (2, "operating_outlier_cents"), (3, "lifetime_psychiatric_days"), (4, "drg_cents"),
    (6, "disproportionate_share_cents"), (7, "msp_pass_through_cents"), (8, "capital_cents"), (9, "capital_federal_drg_cents"),
    (10, "capital_hospital_drg_cents"), (11, "capital_disproportionate_drg_cents"), (12, "old_capital_cents"),
    (13, "capital_education_cents"), (14, "operating_hospital_drg_cents"), (15, "cost_report_days"),
    (16, "operating_federal_drg_cents"), (17, "capital_outlier_cents"), (18, "indirect_teaching_cents"),
    (19, "nonpayable_professional_cents"), (24, "capital_exception_cents"),
)  # fmt: skip
MIA_REMARKS = (5, 20, 21, 22, 23)
MOA: Place = (
    (1, "reimbursement_rate"), (2, "hcpcs_payable_cents"), (8, "esrd_cents"), (9, "nonpayable_professional_cents"),
)  # fmt: skip
MOA_REMARKS = (3, 4, 5, 6, 7)
TS2: Place = (
    (1, "drg_cents"), (2, "federal_cents"), (3, "hospital_cents"), (4, "disproportionate_share_cents"), (5, "capital_cents"),
    (6, "medical_education_cents"), (7, "outlier_days"), (8, "day_outlier_cents"), (9, "cost_outlier_cents"),
    (10, "average_stay_days"), (11, "discharges"), (12, "cost_report_days"), (13, "covered_days"), (14, "noncovered_days"),
    (15, "msp_pass_through_cents"), (16, "average_drg_weight"), (17, "capital_federal_drg_cents"),
    (18, "capital_hospital_drg_cents"), (19, "disproportionate_drg_cents"),
)  # fmt: skip
TS3: Place = (
    (4, "claims"), (5, "charge_cents"), (13, "msp_payer_cents"), (15, "non_lab_charge_cents"), (17, "hcpcs_reported_cents"),
    (18, "hcpcs_payable_cents"), (20, "professional_component_cents"), (21, "msp_patient_liability_cents"),
    (22, "patient_reimbursement_cents"), (23, "pip_claims"), (24, "pip_adjustment_cents"),
)  # fmt: skip

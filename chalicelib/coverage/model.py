"""What a payer says about a patient's coverage. `unknown` is an answer; nothing here is ever guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, field_validator

from chalicelib.money import Cents
from chalicelib.platform.model import Model

YesNo = Literal["yes", "no", "unknown"]
PayerKind = Literal["medicare_advantage", "managed_medicaid", "primary", "secondary", "tertiary", "other"]
QMB = "QM"
StayKind = Literal["home_health", "skilled_nursing", "hospice"]


class Outcome(StrEnum):
    """What came of asking."""

    ANSWERED = "answered"
    REJECTED = "rejected"  # the payer answered with errors (AAA) and no benefits
    UNREADABLE = "unreadable"  # what came back is no answer to this question
    PHONE = "phone"  # this payer has no electronic eligibility: no request was sent
    NOT_ENROLLED = "not_enrolled"  # the practice may not ask this payer yet: no request was sent


class BenefitDay(Model):
    """A DTP of the answer: 291 plan, 346 plan begin, 347 plan end, 307 eligibility."""

    model_config = ConfigDict(from_attributes=True)

    qualifier: str
    begin: date | None = None
    end: date | None = None


class BenefitDelivery(Model):
    """An HSD of a row: so much, in which rhythm; element meanings as in `x12.eligibility.Delivery`."""

    model_config = ConfigDict(from_attributes=True)

    quantity_qualifier: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    each: Decimal | None = None
    period: str = ""
    periods: Decimal | None = None


class BenefitRow(Model):
    """One EB segment as it came, with its messages and dates; element meanings as in `x12.eligibility.Benefit`."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    coverage_level: str = ""
    service_types: tuple[str, ...] = ()
    insurance_type: str = ""
    plan: str = ""
    period: str = ""
    amount_cents: Cents | None = None
    percent: Decimal | None = None
    quantity_qualifier: str = ""
    quantity: Decimal | None = None
    authorization: str = ""
    network: str = ""
    procedure: str = ""
    messages: tuple[str, ...] = ()
    dates: tuple[BenefitDay, ...] = ()
    entity_name: str = ""
    entity_id: str = ""
    entity_code: str = ""
    deliveries: tuple[BenefitDelivery, ...] = ()


class Limit(Model):
    """How much the plan pays for. `measure` is visits, dollars (in cents), days, hours, units or the X12 qualifier.

    `scope` is occupational_therapy, combined (the payer's words say that therapies share it) or rehabilitation.
    """

    scope: str
    words: str = ""
    measure: str
    period: str = ""
    pace: str = ""  # "3 in a week, for 2 months", as an HSD says
    total: int | None = None
    remaining: int | None = None


class OtherPayer(Model):
    """Another payer the answer names. `kind`: medicare_advantage and managed_medicaid stand in the place of the payer asked;
    primary, secondary and tertiary are an order; other is not told. `in_force` None when its dates do not tell."""

    name: str
    identifier: str = ""
    kind: PayerKind = "other"
    begin: date | None = None
    end: date | None = None
    in_force: bool | None = None
    words: str = ""

    @property
    def goes_first(self) -> bool:
        """Whether a claim to the payer asked would go to the wrong place, or there too early."""
        return self.in_force is not False and self.kind in ("medicare_advantage", "managed_medicaid", "primary")


class Stay(Model):
    """A home-health episode, a Part A skilled-nursing stay or hospice: it pays for therapy, so a separate claim is not paid
    (Medicare consolidated billing). `on_the_day` None when no dates are told."""

    kind: StayKind
    begin: date | None = None
    end: date | None = None
    on_the_day: bool | None = None
    words: str = ""


class PayerError(Model):
    """An AAA of the answer in words, and the likely fix. `try_again` when asking the same later may help."""

    reason: str
    loop: str = ""
    words: str
    fix: str
    try_again: bool = False


class Contradiction(Model):
    """Rows of the answer that cannot all be true: shown, and the figure left unknown."""

    subject: str
    said: tuple[str, ...]


class Benefits(Model):
    """An answer as read: what it says of occupational therapy on one day."""

    active: YesNo = "unknown"
    covered: YesNo = "unknown"  # occupational therapy itself
    plan: str = ""
    network: YesNo = "unknown"
    copay_cents: Cents | None = None
    coinsurance_percent: Decimal | None = None
    deductible_cents: Cents | None = None
    deductible_remaining_cents: Cents | None = None
    out_of_pocket_cents: Cents | None = None
    out_of_pocket_remaining_cents: Cents | None = None
    limits: tuple[Limit, ...] = ()
    therapy_used_cents: Cents | None = None  # Medicare's own figure for the year, as somebody read it out
    authorization_required: YesNo = "unknown"
    referral_required: YesNo = "unknown"
    primary_care: str = ""  # the primary-care provider the payer names
    other_payers: tuple[OtherPayer, ...] = ()
    stays: tuple[Stay, ...] = ()
    errors: tuple[PayerError, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    rows: tuple[BenefitRow, ...] = ()
    dates: tuple[BenefitDay, ...] = ()  # of the coverage as a whole; a row's own go before them
    unread: tuple[str, ...] = ()  # segments the reader keeps and does not interpret

    @property
    def names_qmb(self) -> bool:
        """Whether it names the QMB programme (EB04 QM): Medicare's cost sharing may not be asked of the patient (Social Security
        Act s.1902(n)(3)(B))."""
        return any(row.insurance_type == QMB for row in self.rows)

    @field_validator("other_payers", mode="before")
    @classmethod
    def _named_only(cls, told: object) -> object:
        """Records of the first schema kept names alone."""
        if isinstance(told, list | tuple):
            return [{"name": each} if isinstance(each, str) else each for each in told]
        return told


class BenefitRecord(Model):
    """One check of one coverage of one patient, kept. `question` and `answer` name the raw 270 and 271 in documents."""

    check_id: str
    patient_key: str
    payer_id: str
    payer_name: str
    line_of_business: str
    on: date
    outcome: Outcome
    words: str
    fix: str = ""
    benefits: Benefits = Benefits()
    checked_at: str
    source: str  # 271, phone, portal; us when nothing was asked
    question: str = ""
    answer: str = ""
    question_span: tuple[int, int] | None = (
        None  # bytes of the document that are this check's: a batch keeps several in one
    )
    answer_span: tuple[int, int] | None = None
    reference: str = ""  # the payer's call or confirmation number
    told_by: str = ""  # who at the payer said it
    version: int = 0
    created_at: str = ""

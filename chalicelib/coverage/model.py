"""What a payer says about a patient's coverage. `unknown` is an answer; nothing here is ever guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict

from chalicelib.money import Cents
from chalicelib.platform.model import Model

YesNo = Literal["yes", "no", "unknown"]


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


class Limit(Model):
    """How much the plan pays for. `measure` is visits, dollars (in cents), days, hours, units or the X12 qualifier.

    `scope` is occupational_therapy, combined (the payer's words say that therapies share it) or rehabilitation.
    """

    scope: str
    words: str = ""
    measure: str
    period: str = ""
    total: int | None = None
    remaining: int | None = None


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
    limits: tuple[Limit, ...] = ()
    authorization_required: YesNo = "unknown"
    other_payers: tuple[str, ...] = ()
    errors: tuple[PayerError, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    rows: tuple[BenefitRow, ...] = ()


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
    source: str  # 271, or us when nothing was sent
    question: str = ""
    answer: str = ""
    version: int = 0
    created_at: str = ""

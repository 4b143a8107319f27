"""Eligibility: the request (270) and the answer (271), 005010X279A1."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.x12.parties import Name, Party, Person, Reference


@dataclass(slots=True)
class EligibilityRequest:
    """One question. `service_types` are EQ01 codes (30 whole plan, AD occupational therapy); `trace` comes
    back in the 271.
    """

    payer_name: str = ""
    payer_id: str = ""
    provider: Party = field(default_factory=Party)
    subscriber: Person = field(default_factory=Person)
    member_id: str = ""
    dependent: Person | None = None
    relationship: str = ""
    service_types: tuple[str, ...] = ("30",)
    date: dt.date | None = None
    date_to: dt.date | None = None
    trace: str = ""
    trace_origin: str = ""
    group_number: str = ""


@dataclass(slots=True)
class BenefitDate:
    """A DTP of a 271: qualifier (291 plan, 346 plan begin ...) and day or range."""

    qualifier: str
    begin: dt.date | None = None
    end: dt.date | None = None


@dataclass(slots=True)
class Delivery:
    """An HSD of a benefit: how much, in which rhythm, for how long.

    `quantity_qualifier` HSD01 (VS visits), `quantity` HSD02, `unit` HSD03 (DA, WK, MO, YR), `each` HSD04 (so many in a unit),
    `period` HSD05 (22 service year, 23 calendar year, 34 month ...), `periods` HSD06.
    """

    quantity_qualifier: str = ""
    quantity: int | Decimal | None = None
    unit: str = ""
    each: int | Decimal | None = None
    period: str = ""
    periods: int | Decimal | None = None


@dataclass(slots=True)
class Benefit:
    """One EB row. `percent` is EB08 as a fraction (0.2 = 20 %); `quantity` with its qualifier EB09 (VS
    visits).

    `code` EB01: 1 active, 6 inactive, A coinsurance, B copay, C deductible, F limit, G out-of-pocket, I not
    covered, R other payer, CB basis. `period` EB06: 23 calendar year, 24 year to date, 29 remaining.
    `authorization` EB11, `network` EB12. `entity_code` NM101 of the first name that comes with it (PR payer, P3 primary care).
    """

    code: str
    coverage_level: str = ""
    service_types: tuple[str, ...] = ()
    insurance_type: str = ""
    plan: str = ""
    period: str = ""
    amount_cents: int | None = None
    percent: Decimal | None = None
    quantity_qualifier: str = ""
    quantity: int | Decimal | None = None
    authorization: str = ""
    network: str = ""
    procedure: str = ""
    messages: tuple[str, ...] = ()
    dates: tuple[BenefitDate, ...] = ()
    references: tuple[Reference, ...] = ()
    entity_name: str = ""
    entity_id: str = ""
    entity_code: str = ""
    deliveries: tuple[Delivery, ...] = ()


@dataclass(slots=True)
class RequestError:
    """An AAA: where it stands (loop), `valid` AAA01, `reason` AAA03 (75 subscriber not found), `follow_up`
    AAA04.
    """

    loop: str
    valid: str = "N"
    reason: str = ""
    follow_up: str = ""


@dataclass(slots=True)
class BenefitResponse:
    """One subscriber's or dependent's answer."""

    payer_name: str = ""
    payer_id: str = ""
    provider: Party = field(default_factory=Party)
    subscriber: Person = field(default_factory=Person)
    member_id: str = ""
    dependent: Person | None = None
    relationship: str = ""
    group_number: str = ""
    trace: str = ""
    trace_origin: str = ""
    benefits: tuple[Benefit, ...] = ()
    errors: tuple[RequestError, ...] = ()
    dates: tuple[BenefitDate, ...] = ()
    references: tuple[Reference, ...] = ()
    primary_care: Name | None = None
    segment_number: int = field(default=0, compare=False)
    unread: tuple[str, ...] = ()

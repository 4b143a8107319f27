"""Authorization: the request for review and the answer (278, 005010X217)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.x12.eligibility import RequestError
from chalicelib.x12.parties import Party, Person


@dataclass(slots=True)
class Decision:
    """HCR: `action` A1 certified in total, A2 partly, A3 not certified, A4 pended, A6 modified, CT contact payer.

    `number` is the authorization number (HCR02), `reason` HCR03.
    """

    action: str
    number: str = ""
    reason: str = ""


@dataclass(slots=True)
class ReviewService:
    """One service (level SS): a procedure, how much of it, when. `quantity_qualifier` is HSD01 (VS visits, UN units)."""

    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: int | None = None
    units: int | Decimal | None = None
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    quantity_qualifier: str = ""
    quantity: int | Decimal | None = None
    trace: str = ""
    decision: Decision | None = None


@dataclass(slots=True)
class Review:
    """What request and answer share. `category` UM01 (HS services, SC specialty care), `certification_type` UM02 (I initial,
    R renewal, S revised), `service_type` UM03 (AD occupational therapy), `place_of_service` UM04-1."""

    payer_name: str = ""
    payer_id: str = ""
    provider: Party = field(default_factory=Party)
    subscriber: Person = field(default_factory=Person)
    member_id: str = ""
    dependent: Person | None = None
    relationship: str = ""
    trace: str = ""
    trace_origin: str = ""
    category: str = "HS"
    certification_type: str = "I"
    service_type: str = "AD"
    place_of_service: str = ""
    diagnoses: tuple[str, ...] = ()
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    quantity_qualifier: str = ""
    quantity: int | Decimal | None = None
    services: tuple[ReviewService, ...] = ()
    message: str = ""
    segment_number: int = field(default=0, compare=False)
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class ReviewRequest(Review):
    """A request for authorization."""

    authorization_number: str = ""


@dataclass(slots=True)
class ReviewResponse(Review):
    """The payer's answer: a decision for the whole, for single services, or errors (AAA)."""

    decision: Decision | None = None
    errors: tuple[RequestError, ...] = ()
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None

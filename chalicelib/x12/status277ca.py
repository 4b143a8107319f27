"""Claim acknowledgement (277CA, 005010X214) and claim status response (277, 005010X212)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from chalicelib.x12.parties import Name, Party, Person


@dataclass(slots=True)
class StatusCode:
    """One composite of an STC: category (A2, A3 ...), status (20, 164 ...), entity (85, IL ...)."""

    category: str
    status: str = ""
    entity: str = ""


@dataclass(slots=True)
class LineStatus:
    """The status of one service line (loop 2220)."""

    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: int = 0
    line_control_number: str = ""
    statuses: tuple[StatusCode, ...] = ()
    date: dt.date | None = None


@dataclass(slots=True)
class ClaimStatus:
    """One claim's answer. `category`, `status`, `entity` are the first STC composite, `further` all later
    ones.

    `action` is STC03: WQ accepted, U rejected. `payer_control_number` is REF*1K. `kind` is 277CA or 277.
    """

    patient_control_number: str
    category: str = ""
    status: str = ""
    entity: str = ""
    payer_control_number: str = ""
    charge_cents: int = 0
    effective_date: dt.date | None = None
    message: str = ""
    action: str = ""
    further: tuple[StatusCode, ...] = ()
    patient: Name = field(default_factory=Name)
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    lines: tuple[LineStatus, ...] = ()
    paid_cents: int | None = None
    finalized_on: dt.date | None = None
    payment_trace: str = ""
    request_trace: str = ""
    kind: str = "277CA"
    segment_number: int = field(default=0, compare=False)
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class StatusBatch:
    """One billing provider's claims in one 277CA, with the counts the payer states.

    `batch_reference` is the 2200B trace: BHT03 of the 837P that is answered. `status` is the receiver's own
    STC.
    """

    payer_name: str = ""
    payer_id: str = ""
    receiver_name: str = ""
    receiver_id: str = ""
    provider_name: str = ""
    provider_npi: str = ""
    provider_tax_id: str = ""
    batch_reference: str = ""
    received_on: dt.date | None = None
    processed_on: dt.date | None = None
    status: StatusCode = field(default_factory=lambda: StatusCode("A1", "19", "PR"))
    provider_status: StatusCode | None = None
    claims: tuple[ClaimStatus, ...] = ()
    accepted: int = 0
    rejected: int = 0
    accepted_cents: int = 0
    rejected_cents: int = 0


@dataclass(slots=True)
class StatusRequest:
    """A question about a claim (276, 005010X212). `trace` comes back in the 277; `charge_cents` is AMT*T3."""

    payer_name: str = ""
    payer_id: str = ""
    receiver_name: str = ""
    receiver_id: str = ""
    provider: Party = field(default_factory=Party)
    subscriber: Person = field(default_factory=Person)
    member_id: str = ""
    dependent: Person | None = None
    trace: str = ""
    patient_control_number: str = ""
    payer_control_number: str = ""
    charge_cents: int | None = None
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    segment_number: int = field(default=0, compare=False)
    unread: tuple[str, ...] = ()

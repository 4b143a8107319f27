"""The envelope of a file: who sends it to whom, under which numbers (ISA, GS)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from chalicelib.x12.parties import Party


def _epoch() -> dt.datetime:
    return dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(slots=True)
class Interchange:
    """One ISA with one functional group.

    `control_number` is ISA13 (1 to 999999999), `group_control_number` GS06. `usage` is ISA15: T test, P
    production. `submitter` is loop 1000A of a claim file (its name, `contact_name`, `phone`; `id_code` empty
    = the sender id), `receiver_name` loop 1000B. `application_sender` and `application_receiver` are GS02 and
    GS03, empty = ISA06 and ISA08. `separators` are element, component, repetition separator and segment
    terminator.
    """

    sender_id: str
    receiver_id: str
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    control_number: int = 1
    group_control_number: int = 1
    created_at: dt.datetime = field(default_factory=_epoch)
    usage: str = "T"
    submitter: Party = field(default_factory=Party)
    receiver_name: str = ""
    application_sender: str = ""
    application_receiver: str = ""
    separators: str = "*:^~"


@dataclass(slots=True)
class Peek:
    """What a file says about itself before it is read: for routing, never for trust."""

    transactions: tuple[str, ...]
    interchange_control_number: str
    group_control_number: str
    sender_id: str
    receiver_id: str
    usage: str
    versions: tuple[str, ...] = ()


@dataclass(slots=True)
class GroupEnd:
    """GE as it was found: GE01 as a number (0 = none), GE02."""

    included: int
    control_number: str


@dataclass(slots=True)
class TransactionSet:
    """One ST as it was found. `segments` is known once SE has been read.

    `functional_id`, `group_control_number` and `group_version` are GS01, GS06, GS08.
    """

    set_id: str
    control_number: str
    version: str
    functional_id: str
    group_control_number: str
    group_version: str
    segments: int = 0
    segment_number: int = 0

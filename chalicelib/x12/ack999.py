"""The implementation acknowledgement (999, 005010X231A1): was a file well formed, and where was it not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class ElementError:
    """IK4: element position in the segment, component (0 = none), data element number, error code, bad
    value.
    """

    element: int
    component: int = 0
    code: str = ""
    data_element: str = ""
    value: str = ""


@dataclass(slots=True)
class SegmentError:
    """IK3: segment id, its place in the transaction set (ST = 1), loop, error code, and what is wrong inside
    it.
    """

    segment: str
    position: int
    loop: str = ""
    code: str = ""
    elements: tuple[ElementError, ...] = ()


@dataclass(slots=True)
class TransactionAck:
    """AK2 to IK5: one transaction set. `accepted` is A, E (accepted with errors), R (rejected), M, W or X."""

    control_number: str
    accepted: str = "A"
    errors: tuple[SegmentError, ...] = ()
    functional_id: str = "837"
    version: str = ""
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Acknowledgement:
    """AK1 to AK9: one functional group. `accepted` is A, E, P (partly) or R. `kind` is 999 or TA1."""

    group_control_number: str
    functional_id: str = "HC"
    accepted: str = "A"
    transactions: tuple[TransactionAck, ...] = ()
    version: str = ""
    included: int = 0
    received: int = 0
    accepted_count: int = 0
    codes: tuple[str, ...] = ()
    kind: str = "999"

"""Authorizations and what is used of them. Pure: an authorization, a meter of what its claims committed, and what is left.

A use is committed for a claim as a whole: it fits every allowance it touches, or it is not committed. What a person sends in
spite of that stands beside the counters as `beyond`, so the committed count is never above what the payer approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from chalicelib.platform.model import Model

State = Literal["requested", "pended", "approved", "partly", "denied", "cancelled"]
Measure = Literal["units", "visits"]
APPROVED = frozenset(("approved", "partly"))


class Allowance(Model):
    """So many units or visits for some codes. `codes` empty = any code; several = a group that shares the count.

    `requested` and `approved` None = no number was told; without a number nothing is counted against.
    """

    codes: tuple[str, ...] = ()
    measure: Measure = "visits"
    requested: int | None = None
    approved: int | None = None

    def amount(self, services: Mapping[str, int]) -> int:
        """What a claim with these units by code uses of it: its units of these codes, or one visit."""
        units = sum(count for code, count in services.items() if not self.codes or code in self.codes)
        return units if self.measure == "units" else int(units > 0)

    @property
    def name(self) -> str:
        return "+".join(self.codes) or "any code"


class Authorization(Model):
    """What was asked for and what the payer approved. Dates include both ends; None = open."""

    auth_id: str
    patient_key: str
    payer_id: str
    line_of_business: str
    number: str = ""
    state: State = "approved"
    start: date | None = None
    end: date | None = None
    allowances: tuple[Allowance, ...] = (Allowance(),)
    diagnoses: tuple[str, ...] = ()
    rendering_npi: str = ""
    facility_npi: str = ""
    requested_on: date | None = None
    decided_on: date | None = None
    how: Literal["278", "phone", "portal", "letter"] = "phone"
    reference: str = ""
    words: str = ""
    documents: tuple[str, ...] = ()
    version: int = 0
    created_at: str = ""

    @property
    def in_force(self) -> bool:
        return self.state in APPROVED

    @property
    def codes(self) -> frozenset[str]:
        """The codes it names; empty when one of its allowances takes any."""
        if not all(one.codes for one in self.allowances):
            return frozenset()
        return frozenset(code for one in self.allowances for code in one.codes)

    def covers(self, on: date) -> bool:
        return (self.start is None or self.start <= on) and (self.end is None or on <= self.end)

    def amounts(self, services: Mapping[str, int]) -> tuple[int, ...]:
        """What a claim uses, in the order of the allowances."""
        return tuple(one.amount(services) for one in self.allowances)

    def approved(self, place: int) -> int | None:
        """The approved count; 0 while the payer has approved nothing, None when it told no number."""
        return self.allowances[place].approved if self.in_force else 0


class Use(Model):
    """What one claim uses, by allowance. `beyond`: sent in spite of the count, so beside the counters."""

    on: date
    amounts: tuple[int, ...]
    beyond: bool = False


class Meter(Model):
    """The uses of one authorization by claim. Its item's version is what makes concurrent commits exact."""

    auth_id: str
    uses: dict[str, Use] = {}
    version: int = 0
    created_at: str = ""

    def committed(self, place: int, without: str = "") -> int:
        """Committed under an allowance, by other claims than `without`."""
        return sum(_at(use, place) for key, use in self.uses.items() if key != without and not use.beyond)

    def beyond(self, place: int) -> int:
        return sum(_at(use, place) for use in self.uses.values() if use.beyond)


def _at(use: Use, place: int) -> int:
    """An authorization changed since may have more allowances than a use knows."""
    return use.amounts[place] if place < len(use.amounts) else 0


def left(authorization: Authorization, meter: Meter, place: int) -> int | None:
    """What may still be committed; None where the payer told no number."""
    approved = authorization.approved(place)
    return None if approved is None else approved - meter.committed(place)


def fits(authorization: Authorization, meter: Meter, claim_id: str, amounts: Iterable[int]) -> bool:
    """Whether the claim's use stays within every allowance, its own earlier use not counted."""
    for place, amount in enumerate(amounts):
        approved = authorization.approved(place)
        if amount and approved is not None and meter.committed(place, claim_id) + amount > approved:
            return False
    return True


def commit(authorization: Authorization, meter: Meter, claim_id: str, use: Use) -> Meter:
    """The meter with the claim's use, instead of its earlier one. ValueError when it does not fit and is not `beyond`."""
    if not use.beyond and not fits(authorization, meter, claim_id, use.amounts):
        raise ValueError("more than was approved")
    return meter.model_copy(update={"uses": {**meter.uses, claim_id: use}})


def release(meter: Meter, claim_id: str) -> Meter:
    """The meter without the claim: it was voided, withdrawn, or names another authorization."""
    return meter.model_copy(update={"uses": {key: use for key, use in meter.uses.items() if key != claim_id}})


def choose(found: Iterable[Authorization], number: str, payer_id: str, line_of_business: str) -> Authorization | None:
    """The authorization a claim names: same number and payer, letters in either case; one of another plan only if no other."""
    wanted = number.strip().upper()
    named = [one for one in found if wanted and one.number.upper() == wanted and one.payer_id == payer_id]
    same = [one for one in named if one.line_of_business == line_of_business]
    return next(iter(same or named), None)


def only_fitting(
    found: Iterable[Authorization], payer_id: str, line_of_business: str, on: date, codes: Iterable[str]
) -> Authorization | None:
    """The one approved authorization of this plan that covers day and codes; None when there is none, or more than one."""
    wanted = set(codes)
    fitting = [
        one
        for one in found
        if one.in_force
        and one.number
        and (one.payer_id, one.line_of_business) == (payer_id, line_of_business)
        and one.covers(on)
        and (not one.codes or wanted <= one.codes)
    ]
    return fitting[0] if len(fitting) == 1 else None

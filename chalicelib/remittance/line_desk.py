"""Services of posted payments that answer no billed line yet, beside the lines of the claim: for a person to match.

Their money stands on the claim already; what waits is which line it was for, and so whether a line was paid short.
"""

from __future__ import annotations

from datetime import date

from chalicelib import clock
from chalicelib.claims.records import StoredClaim, find_claims
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.remittance import records
from chalicelib.remittance.claim_payment import read_payment
from chalicelib.remittance.matching import content_of
from chalicelib.remittance.model import Check, ClaimPart
from chalicelib.tenancy import current, require


class OpenService(Model):
    """One service (from 1) of the payment that answers no line."""

    service: int
    procedure: str
    modifiers: tuple[str, ...] = ()
    units: str = "1"
    charge_cents: Cents
    paid_cents: Cents


class BilledChoice(Model):
    """A line of the claim as it was billed; `answered` when a service answers it already."""

    number: int
    cpt: str
    modifiers: tuple[str, ...] = ()
    units: int
    charge_cents: Cents
    answered: bool = False


class LinesWaiting(Model):
    """A posted payment with services to be matched, and what they may be matched to."""

    remittance_id: str
    sequence: int
    claim_id: str
    payer_name: str
    trace: str
    paid_on: date | None
    age_days: int
    services: tuple[OpenService, ...]
    billed: tuple[BilledChoice, ...]


def lines_waiting(most: int = 100) -> list[LinesWaiting]:
    """Posted payments with unmatched services, oldest check first, at most so many."""
    require("remits.list")
    found = list(records.open_line_parts(most))
    checks = {key: records.find_check(key) for key in dict.fromkeys(key for key, _ in found)}
    claims = find_claims({part.claim_id for _, part in found})
    made = [
        _waiting(check, part, claims[part.claim_id])
        for key, part in found
        if (check := checks[key]) is not None and part.claim_id in claims
    ]
    return sorted(made, key=lambda item: (-item.age_days, item.remittance_id, item.sequence))


def _waiting(check: Check, part: ClaimPart, stored: StoredClaim) -> LinesWaiting:
    payment = read_payment(part.payment)
    today = clock.today(current().tenant.timezone)
    answered = {number for item in part.lines for number in item.numbers}
    open_numbers = [item.service for item in part.lines if not item.numbers]
    services = [(number, payment.lines[number - 1]) for number in open_numbers]
    return LinesWaiting(
        remittance_id=check.remittance_id,
        sequence=part.sequence,
        claim_id=part.claim_id,
        payer_name=check.payer_name,
        trace=check.trace,
        paid_on=check.paid_on,
        age_days=(today - check.paid_on).days if check.paid_on else 0,
        services=tuple(
            OpenService(
                service=number,
                procedure=line.procedure,
                modifiers=line.modifiers,
                units=str(line.units),
                charge_cents=line.charge_cents,
                paid_cents=line.paid_cents,
            )
            for number, line in services
        ),
        billed=tuple(
            BilledChoice(
                number=line.number,
                cpt=line.cpt,
                modifiers=line.modifiers,
                units=line.units,
                charge_cents=line.charge_cents,
                answered=line.number in answered,
            )
            for line in content_of(stored, payment).lines
        ),
    )

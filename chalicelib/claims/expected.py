"""What Medicare's fee schedule allows for a claim, at the billing address's locality."""

from __future__ import annotations

from chalicelib.claims.model import ClaimContent
from chalicelib.codes import mpfs
from chalicelib.codes.settings import RateUnknown
from chalicelib.therapy.pricing import AllowedLine, ChargedLine, Terms, allowed


def price(content: ClaimContent) -> tuple[str, tuple[AllowedLine, ...]]:
    """(locality, allowed amounts in line order). Raises RateUnknown where a table has no row."""
    on = content.date_of_service
    area, locality = mpfs.locality_of_zip(content.billing.address.zip, on)
    lines = [ChargedLine(line.cpt, line.units, line.modifiers, line.charge_cents) for line in content.lines]
    return f"{area}-{locality}", allowed(lines, Terms(on, mpfs.gpci(area, locality, on)))


def allowed_cents(content: ClaimContent) -> int | None:
    """The claim's allowed amount after MPPR, before the patient's share; None where a rate is not known."""
    try:
        return sum(line.allowed_cents for line in price(content)[1])
    except RateUnknown:
        return None

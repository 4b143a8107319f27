"""Checks as 835 remittances: the same numbers, in X12's words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from chalicelib.local.payer.checks import Check
from chalicelib.local.payer.results import ClaimResult, LineResult
from chalicelib.x12.parties import Address, Name
from chalicelib.x12.remittance835 import (
    Adjustment,
    ClaimPayment,
    Payee,
    Payer,
    ProviderAdjustment,
    Remittance,
    ServicePayment,
)

_FILINGS_835 = frozenset({"AM", "CH", "DS", "HM", "LM", "MA", "MB", "MC", "OF", "TV", "VA", "WC", "ZZ"}) | {
    str(code) for code in range(12, 18)
}
_HOUSE = Address("1 Simulation Way", "", "Tallahassee", "FL", "323010000")


def remittance(check: Check, paid_on: date, payee_address: Address | None) -> Remittance:
    """One ST of an 835. The originating company id is '1' and nine digits made from the payer id."""
    first = check.claims[0]
    return Remittance(
        amount_cents=check.amount,
        credit_debit="C",
        method="ACH" if check.amount else "NON",
        date=paid_on,
        trace=check.trace,
        originating_company_id=company_id(check.payer_id),
        payer=Payer(
            name=first.payer_name,
            id_code=check.payer_id,
            address=_HOUSE,
            contact_name="PROVIDER SERVICES",
            phone="8005550100",
        ),
        payee=Payee(
            name=first.billing_name,
            npi=check.billing_npi,
            tax_id=first.billing_tax_id,
            address=payee_address,
        ),
        production_date=paid_on,
        claims=tuple(_claim(claim) for claim in check.claims),
        provider_adjustments=tuple(
            ProviderAdjustment(item.reason, item.reference, item.amount) for item in check.provider_level
        ),
    )


def company_id(payer_id: str) -> str:
    """TRN03: '1' and a tax id of nine digits; this payer's is fictional."""
    number = int.from_bytes(payer_id.encode(), "big") % 10**7
    return f"100{number:07d}"


def filing_indicator(filing: str) -> str:
    """CLP06 has no code for SBR09 CI and BL (12 stands for them) nor for a few others (ZZ)."""
    if filing in _FILINGS_835:
        return filing
    return "12" if filing in ("CI", "BL") else "ZZ"


def _claim(claim: ClaimResult) -> ClaimPayment:
    return ClaimPayment(
        patient_control_number=claim.patient_control_number,
        status_code=claim.status_code,
        charge_cents=claim.charge,
        paid_cents=claim.paid,
        patient_responsibility_cents=claim.patient,
        filing_indicator=filing_indicator(claim.filing),
        payer_control_number=claim.payer_control_number,
        patient=Name(claim.patient_last_name, claim.patient_first_name, member_id=claim.member_id),
        service_from=_day(claim.first_date),
        service_to=_day(claim.last_date),
        received_on=_day(claim.received_on),
        lines=tuple(_line(line, claim.sign) for line in claim.lines),
        facility_code=claim.place_of_service,
        frequency_code=claim.frequency,
    )


def _line(line: LineResult, sign: int) -> ServicePayment:
    return ServicePayment(
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=sign * line.charge,
        paid_cents=sign * line.paid,
        units=_units(line.units),
        date=_day(line.date),
        line_control_number=line.control_number,
        adjustments=tuple(Adjustment(group, reason, sign * amount) for group, reason, amount in line.adjustments),
        remark_codes=line.remarks,
        allowed_cents=None if line.denied_by else sign * line.allowed,
    )


def _units(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None

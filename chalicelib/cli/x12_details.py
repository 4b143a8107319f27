"""What stands beside the table of a payment or a claim: adjudication, quantities, summaries, drugs, providers of a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal

from chalicelib import x12
from chalicelib.cli.x12_tables import day, provider
from chalicelib.money import dollars
from chalicelib.x12.amounts import quantity_text

_AMOUNTS = {
    "AU": "covered", "B6": "allowed", "D8": "discount", "DY": "per day", "F5": "patient paid", "I": "interest",
    "KH": "late filing reduction", "NL": "negative ledger balance", "T": "tax", "T2": "total before taxes",
}  # fmt: skip
_QUANTITIES = {
    "CA": "days covered", "CD": "coinsured days", "LA": "lifetime reserve days", "LE": "lifetime reserve days, estimated",
    "NE": "noncovered, estimated", "NR": "not replaced blood units", "OU": "outlier days", "PS": "prescriptions", "VS": "visits",
}  # fmt: skip
_PROVIDERS = {
    "rendering": "rendered by", "purchased": "purchased from", "facility": "at", "supervising": "supervised by",
    "ordering": "ordered by", "referring": "referred by", "primary_care": "primary care by",
}  # fmt: skip
_CAPITALS = {"drg": "DRG", "msp": "MSP", "esrd": "ESRD", "hcpcs": "HCPCS", "pip": "PIP"}


def of_payment(c: x12.ClaimPayment) -> Iterator[str]:
    """Inpatient and outpatient adjudication, amounts and quantities of a claim, one line each."""
    for name, value in (("inpatient", c.inpatient), ("outpatient", c.outpatient)):
        if value is not None and (said := _told(value)):
            yield f"{name}: {said}"
    if c.drg_code:
        weight = f", weight {quantity_text(c.drg_weight)}" if c.drg_weight is not None else ""
        yield f"DRG {c.drg_code}{weight}"
    for amount in c.amounts:
        yield f"{_AMOUNTS.get(amount.qualifier, f'amount {amount.qualifier}')} {dollars(amount.amount_cents)}"
    for one in c.quantities:
        yield f"{_QUANTITIES.get(one.qualifier, f'quantity {one.qualifier}')} {quantity_text(one.quantity)}"


def of_summary(s: x12.ProviderSummary) -> Iterator[str]:
    """A TS3 and its TS2."""
    yield f"Summary of provider {s.provider_id}, facility {s.facility_code}, fiscal period {day(s.fiscal_period)}: {_told(s)}"
    if s.inpatient is not None and (said := _told(s.inpatient)):
        yield f"  inpatient: {said}"


def of_claim(c: x12.Claim837) -> Iterator[str]:
    """Drugs, and providers of a line that are not the claim's."""
    for number, line in enumerate(c.lines, 1):
        said = []
        if line.drug is not None:
            much = f" {quantity_text(line.drug.quantity)} {line.drug.unit}".rstrip()
            said.append(f"drug {line.drug.code}{much}")
        for role, word in _PROVIDERS.items():
            party: x12.Party | None = getattr(line, role)
            if party is not None:
                said.append(f"{word} {provider(party)}")
        if said:
            yield f"line {number}: {', '.join(said)}"


def _told(value: object) -> str:
    """The amounts and counts of a segment by their fields' names."""
    said = []
    for field in fields(value):  # type: ignore[arg-type]
        told = getattr(value, field.name)
        if field.name in ("number", "first_claim") or not isinstance(told, int | Decimal):
            continue
        name = " ".join(_CAPITALS.get(word, word) for word in field.name.removesuffix("_cents").split("_"))
        said.append(f"{name} {dollars(int(told)) if field.name.endswith('_cents') else quantity_text(told)}")
    return ", ".join(said)

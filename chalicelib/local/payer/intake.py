"""The front door of a payer: which claims it takes in (277CA). docs/payer-simulator.md, 'Before adjudication'."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from chalicelib.local.payer.plans import AUTO, MEDICARE
from chalicelib.x12.claim837 import Claim837

CORRECTIONS = ("7", "8")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`category:status:entity` of a 277CA, and the payer's claim control number of an accepted claim."""

    category: str
    status: str
    entity: str = ""
    payer_control_number: str = ""

    @property
    def accepted(self) -> bool:
        return self.category == "A2"


def judge(claim: Claim837) -> Verdict:
    """The first rule that fits."""
    if claim.member_id.endswith("000"):
        return Verdict("A3", "164", "IL")
    if not is_npi(claim.billing.npi):
        return Verdict("A7", "562", "85")
    if claim.claim_filing == AUTO and not (claim.accident and claim.accident.claim_number):
        return Verdict("A6", "751")
    if claim.frequency_code in CORRECTIONS and claim.claim_filing == MEDICARE:
        return Verdict("A7", "535")
    if claim.frequency_code in CORRECTIONS and not claim.original_reference:
        return Verdict("A6", "464")
    return Verdict("A2", "20", payer_control_number=payer_control_number(claim))


def payer_control_number(claim: Claim837) -> str:
    """The payer id's first 3 characters and 10 decimal digits that only the billing NPI and CLM01 decide."""
    return claim.payer_id[:3] + digits(10, claim.billing.npi, claim.patient_control_number)


def digits(length: int, *parts: str) -> str:
    """SHA-256 of the parts joined by '|', as a number, its last `length` decimal digits."""
    number = int.from_bytes(sha256("|".join(parts).encode()).digest(), "big")
    return f"{number % 10**length:0{length}d}"


def is_npi(npi: str) -> bool:
    """Ten digits whose last is the Luhn check digit over the prefix 80840 (45 CFR 162.406)."""
    if len(npi) != 10 or not (npi.isascii() and npi.isdigit()):
        return False
    total = 24  # the prefix 80840 always adds this much
    for position, character in enumerate(reversed(npi)):
        digit = int(character) * (2 if position % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0

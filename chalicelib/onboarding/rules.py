"""What makes an identifier of a practice file well formed. Pure; a check answers with reason and fix, or None.

Sources: NPI check digit 45 CFR 162.406 and the CMS note on it (Luhn over 80840 + NPI); billing address 005010X222A1
loop 2010AA N3/N4 (a street, nine-digit ZIP); taxonomy: NUCC code set, `taxonomy.csv`.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

# USPS, with the District of Columbia and the territories.
_POSTAL = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI"
)
STATES = frozenset(_POSTAL.split())
_PO_BOX = re.compile(
    r"\bP(\.|OST)?\s*O(\.|FFICE)?\s*(BOX|DRAWER)\b|\bLOCK\s*BOX\b|^\s*BOX\s+\d|\bPMB\s*\d", re.IGNORECASE
)


class Fault(NamedTuple):
    """Why a value is refused and how to mend it. Never holds the value."""

    code: str
    reason: str
    fix: str


def luhn_valid(digits: str) -> bool:
    """Luhn sum over all digits is a multiple of 10."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        digit = int(character) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def npi_fault(text: str) -> Fault | None:
    """Ten digits, first 1 or 2, check digit over '80840' + NPI."""
    if not re.fullmatch(r"[12]\d{9}", text, re.ASCII):
        return Fault("NPI_FORMAT", "an NPI is ten digits and begins with 1 or 2", "copy the NPI from the NPPES record")
    if not luhn_valid("80840" + text):
        return Fault(
            "NPI_CHECK_DIGIT",
            "the check digit does not fit: a digit is wrong or two are swapped",
            "copy the NPI from the NPPES record",
        )
    return None


def tax_id_fault(text: str) -> Fault | None:
    """Nine digits without the dash; EIN (EI) and social security number (SY) alike."""
    if re.fullmatch(r"\d{9}", text, re.ASCII) and text != "000000000":
        return None
    return Fault(
        "TAX_ID_FORMAT",
        "a tax id is nine digits without a dash",
        "copy it from the IRS letter (CP 575 or 147C)",
    )


def zip_fault(text: str) -> Fault | None:
    """Nine digits: the 837P refuses a billing address with a five-digit ZIP."""
    if re.fullmatch(r"\d{9}", text, re.ASCII) and not text.startswith("00000"):
        return None
    return Fault(
        "ZIP_NINE_DIGITS",
        "a ZIP here is nine digits without a dash",
        "look up the ZIP+4 of the street address",
    )


def state_fault(text: str) -> Fault | None:
    if text in STATES:
        return None
    return Fault("STATE_UNKNOWN", "not a two-letter postal state code", "use the postal code, FL for Florida")


def is_po_box(line: str) -> bool:
    """True for post-office boxes, drawers, lock boxes and private mail boxes, however abbreviated."""
    return _PO_BOX.search(line) is not None


@cache
def taxonomies() -> dict[str, str]:
    """NUCC taxonomy codes a therapy practice uses -> individual|organization."""
    text = files("chalicelib.onboarding").joinpath("taxonomy.csv").read_text("utf-8")
    return {row["taxonomy_code"]: row["entity"] for row in csv.DictReader(text.splitlines())}


def taxonomy_fault(text: str) -> Fault | None:
    if text in taxonomies():
        return None
    return Fault(
        "TAXONOMY_UNKNOWN",
        "not a NUCC taxonomy code of occupational therapy or a therapy clinic",
        "use 225X00000X for a therapist, 224Z00000X for an assistant, 261QR0400X for a clinic",
    )

"""Provider identifiers: NPI check digits, tax id."""

# ruff: noqa: ARG001  # every edit has the same shape, whether or not it needs the facts
from __future__ import annotations

import re

from chalicelib.claims.edits.base import Found, say
from chalicelib.claims.facts import ScrubFacts
from chalicelib.claims.model import ClaimContent

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_PREFIX = 24  # what the prefix 80840 adds to the Luhn sum


def npi_ok(npi: str) -> bool:
    """Ten digits, first 1 or 2, Luhn over 80840 and the number (45 CFR 162.406)."""
    if len(npi) != 10 or not (npi.isascii() and npi.isdigit()) or npi[0] not in "12":
        return False
    digits = [int(character) for character in npi]
    total = _PREFIX + sum(_DOUBLED[digit] for digit in digits[0::2]) + sum(digits[1::2])
    return total % 10 == 0


def npis(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Billing and rendering always; the referrer where one is given."""
    holders = [("billing provider", content.billing.npi), ("rendering therapist", content.rendering.npi)]
    if content.referrer.npi:
        holders.append(("referring provider", content.referrer.npi))
    wrong = [who for who, npi in holders if not npi_ok(npi)]
    return say(content, "NPI_INVALID", f"wrong NPI: {', '.join(wrong)}") if wrong else ()


def tax_id(content: ClaimContent, facts: ScrubFacts) -> Found:
    plain = content.billing.tax_id.replace("-", "")
    if len(plain) == 9 and plain.isdigit():
        return ()
    return say(content, "TAX_ID_INVALID", "the billing provider's tax id is not nine digits")


def taxonomies(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Ten characters wherever one is given; the rendering one an occupational therapist's (225X), never an assistant's."""
    found: Found = ()
    for who, code in (
        ("billing provider", content.billing.taxonomy),
        ("rendering therapist", content.rendering.taxonomy),
    ):
        if code and not re.fullmatch(r"[0-9A-Z]{9}X", code):
            found += say(content, "TAXONOMY_INVALID", f"the taxonomy of the {who} is not ten characters ending in X")
    rendering = content.rendering.taxonomy
    if found or not rendering or rendering.startswith("225X"):
        return found
    assistant = rendering.startswith("224Z")
    words = (
        "the rendering taxonomy is an assistant's"
        if assistant
        else "the rendering taxonomy is not an occupational therapist's"
    )
    return say(content, "TAXONOMY_INVALID", words, at_most_warning=not assistant)


EDITS = (npis, tax_id, taxonomies)

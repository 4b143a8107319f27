"""What repeats word for word in an 837P, read once: payers, places, codes, diagnoses, providers, units.

A table gives None for anything out of the ordinary, or that would have to be reported; the handlers then look closely.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chalicelib.x12 import checks
from chalicelib.x12.amounts import Table
from chalicelib.x12.parties import Party
from chalicelib.x12.source import Separators
from chalicelib.x12.transaction import QUANTITIES

NOWHERE = ("", "", "")
Rank = tuple[str, str, str, str, str, str]


class _Segments(Table):
    def __init__(self, separators: Separators) -> None:
        self.separators = separators

    def divide(self, text: str) -> list[str]:
        """The elements of a segment that ends in its terminator."""
        return text[:-1].split(self.separators.element)


class RankTable(_Segments):
    """SBR to (sequence, relationship, group number, group name, insurance type, filing code)."""

    def read(self, text: str) -> Rank | None:
        e = self.divide(text)
        if len(e) != 10 or e[1] not in checks.SEQUENCES or not (e[5] == "" or e[5] in checks.INSURANCE_TYPES):
            return None
        return (e[1], e[2], e[3], e[4], e[5], e[9]) if e[9] == "" or e[9] in checks.FILING_CODES else None


class CityTable(_Segments):
    """N4 in the United States to (city, state, ZIP)."""

    def read(self, text: str) -> tuple[str, str, str] | None:
        e = self.divide(text)
        if len(e) != 4 or e[2] not in checks.STATES:
            return None
        code = e[3].replace("-", "")
        return (e[1], e[2], code) if checks.is_zip(code) else None


class PayerTable(_Segments):
    """NM1*PR to (name, identifier)."""

    def read(self, text: str) -> tuple[str, str] | None:
        e = self.divide(text)
        return (e[3], e[9]) if len(e) == 10 else None


class ClaimCodeTable(_Segments):
    """CLM05 to CLM10 to (place, frequency, signature, assignment, benefits assigned, release)."""

    def read(self, text: str) -> tuple[str, ...] | None:
        e = text.split(self.separators.element)
        place = e[0].split(self.separators.component)
        if not 5 <= len(e) <= 6 or len(place) != 3 or place[0] not in checks.PLACES or place[1] != "B":
            return None
        allowed = zip(e[1:5], ("YN", "ABC", "NWY", "IY"), strict=True)
        if place[2] not in checks.FREQUENCIES or any(len(code) != 1 or code not in codes for code, codes in allowed):
            return None
        return place[0], place[2], *e[1:5]


class DiagnosisTable(_Segments):
    """HI to its diagnoses, without dots."""

    def read(self, text: str) -> tuple[str, ...] | None:
        e = self.divide(text)
        pairs = [one.split(self.separators.component) for one in e[1:]]
        if len(e) > 13 or any(
            len(p) != 2 or p[0] not in ("ABK", "ABF") or not checks.is_diagnosis_form(p[1]) for p in pairs
        ):
            return None
        return tuple([code.replace(".", "") for _, code in pairs])


class ProviderTable(_Segments):
    """NM1 of a provider known by its NPI, alone or with its PRV, to the values of a `Party`."""

    def read(self, text: str) -> tuple[Any, ...] | None:
        e, *more = [one.split(self.separators.element) for one in text[:-1].split(self.separators.terminator)]
        taxonomy = more[0][3] if more and len(more[0]) == 4 else ""
        if len(e) != 10 or e[8] != "XX" or not checks.is_npi(e[9]) or (more and not checks.is_taxonomy(taxonomy)):
            return None
        return e[3], e[4], e[5], e[7], e[2] == "1", e[9], "", "EI", taxonomy


class PartyTable(ProviderTable):
    """The same to the `Party`, which claims then share."""

    def read(self, text: str) -> Party | None:  # type: ignore[override]
        values = super().read(text)
        return None if values is None else Party(*values)


class ServiceTable(_Segments):
    """SV103 to SV107 to (units, basis, place, pointers, the highest of them)."""

    def __init__(self, separators: Separators, pointers: Table) -> None:
        super().__init__(separators)
        self.pointers = pointers

    def read(self, text: str) -> tuple[int | Decimal, str, str, tuple[int, ...], int] | None:
        e = text.split(self.separators.element)
        if len(e) != 5 or not e[0] or not (e[2] == "" or e[2] in checks.PLACES):
            return None
        units, pointers = QUANTITIES[e[1]], self.pointers[e[4]]
        if units is None or units < 0 or pointers is None or not pointers[2]:
            return None
        return units, e[0], e[2], pointers[0], pointers[1]

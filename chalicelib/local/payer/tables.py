"""What a payer looks up in `codes`: fee schedule, geographic indices, unit limits, bundling edits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from chalicelib.codes import cpt, mpfs, ncci
from chalicelib.codes.settings import RateUnknown
from chalicelib.local.payer.pricing import Locality, Rate

PRICED_YEAR = 2026
"""The only year these payers have a fee schedule of; every other date is paid from the charge."""

_THERAPY_REDUCTION = "5"


class CodeTables:
    """`pricing.Tables` over the bundled code tables."""

    def rate(self, code: str, on: date) -> Rate | None:
        row = mpfs.find(code, on) if on.year == PRICED_YEAR else None
        if row is None or not (row.work or row.practice_nonfacility or row.malpractice):
            return None  # carrier priced: a row without values
        return Rate(row.work, row.practice_nonfacility, row.malpractice, row.mult_proc == _THERAPY_REDUCTION)

    def conversion_factor(self, on: date) -> Decimal | None:
        try:
            return mpfs.conversion_factor(on)
        except RateUnknown:
            return None

    def locality(self, state: str, number: str, on: date) -> Locality:
        try:
            row = mpfs.gpci(state, number, on)
        except RateUnknown:
            return Locality()
        return Locality(row.work, row.practice, row.malpractice)

    def unit_limit(self, code: str, on: date) -> int | None:
        """The practitioner MUE, None where none is published."""
        known = cpt.lookup(code, on)
        return known.mue if known else None

    def bundled(self, column1: str, column2: str, on: date) -> int | None:
        """The modifier indicator (0 never both, 1 when distinct) of a pair in force, or None."""
        for edit in ncci.pairs((column1, column2), on):
            if (edit.column1, edit.column2) == (column1, column2):
                return edit.indicator
        return None

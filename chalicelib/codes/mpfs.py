"""The Medicare physician fee schedule: relative values, geographic indices, conversion factor, by date of service.

Figures are `Decimal` from the published text. A code, locality or date that no row covers raises `RateUnknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.codes.settings import RateUnknown
from chalicelib.codes.tables import cached, covers, day, rows


@dataclass(frozen=True, slots=True)
class FeeRow:
    """Relative values of one code. `status` A active, R restricted, C carrier priced, B bundled, N, I not payable.

    `mult_proc` 5 = the therapy multiple-procedure reduction applies.
    """

    code: str
    status: str
    work: Decimal
    practice_nonfacility: Decimal
    practice_facility: Decimal
    malpractice: Decimal
    mult_proc: str
    release: str
    start: date | None
    end: date | None
    source: str

    def practice(self, facility: bool) -> Decimal:
        return self.practice_facility if facility else self.practice_nonfacility


@dataclass(frozen=True, slots=True)
class Gpci:
    """Geographic practice cost indices of one locality; the key is contractor and locality number."""

    mac: str
    state: str
    locality: str
    work: Decimal
    practice: Decimal
    malpractice: Decimal
    start: date | None
    end: date | None


NATIONAL = Gpci("", "", "", Decimal(1), Decimal(1), Decimal(1), None, None)


@cached(1)
def _fees() -> dict[str, tuple[FeeRow, ...]]:
    found: dict[str, tuple[FeeRow, ...]] = {}
    for row in rows("mpfs.csv"):
        fee = FeeRow(
            row["code"],
            row["status"],
            Decimal(row["work_rvu"]),
            Decimal(row["nonfac_pe_rvu"]),
            Decimal(row["fac_pe_rvu"]),
            Decimal(row["mp_rvu"]),
            row["mult_proc_ind"],
            row["release"],
            day(row["effective_from"]),
            day(row["effective_to"]),
            row["source"],
        )
        found[fee.code] = (*found.get(fee.code, ()), fee)
    return found


@cached(1)
def _gpcis() -> dict[tuple[str, str], tuple[Gpci, ...]]:
    found: dict[tuple[str, str], tuple[Gpci, ...]] = {}
    for row in rows("gpci.csv"):
        index = Gpci(
            row["mac"],
            row["state"],
            row["locality"],
            Decimal(row["pw_gpci"]),
            Decimal(row["pe_gpci"]),
            Decimal(row["mp_gpci"]),
            day(row["effective_from"]),
            day(row["effective_to"]),
        )
        for key in ((index.state, index.locality), (index.mac, index.locality)):
            found[key] = (*found.get(key, ()), index)
    return found


@cached(4096)
def find(code: str, on: date) -> FeeRow | None:
    """The code's row in force on a date, or None."""
    return next((fee for fee in _fees().get(code, ()) if covers(fee.start, fee.end, on)), None)


def row(code: str, on: date) -> FeeRow:
    """As `find`, raising RateUnknown where no row covers the date."""
    found = find(code, on)
    if found is None:
        raise RateUnknown(f"no fee schedule row of {code} for {on.isoformat()}")
    return found


@cached(1024)
def gpci(area: str, locality: str, on: date) -> Gpci:
    """Indices by state ('FL') or contractor ('09102') and locality number ('04'). Raises RateUnknown.

    A state with several contractors and the same number (California) is only safe by contractor.
    """
    found = [g for g in _gpcis().get((area, locality.zfill(2)), ()) if covers(g.start, g.end, on)]
    if len({(g.mac, g.locality) for g in found}) > 1:
        raise RateUnknown(f"locality {area}-{locality} is not one locality: name the contractor")
    if not found:
        raise RateUnknown(f"no geographic index of {area}-{locality} for {on.isoformat()}")
    return found[0]


@cached(1)
def _factors() -> list[tuple[date | None, date | None, str, Decimal]]:
    return [
        (day(r["effective_from"]), day(r["effective_to"]), r["applies_to"], Decimal(r["conversion_factor"]))
        for r in rows("conversion_factor.csv")
    ]


@cached(1024)
def conversion_factor(on: date, qualifying: bool = False) -> Decimal:
    """Dollars per relative value unit. `qualifying` = a qualifying participant of an advanced payment model (2026 on)."""
    found = {applies: factor for start, end, applies, factor in _factors() if covers(start, end, on)}
    wanted = found.get("qp") if qualifying and "qp" in found else found.get("all")
    if wanted is None:
        raise RateUnknown(f"no conversion factor for {on.isoformat()}")
    return wanted


@cached(4096)
def locality_of_zip(zip_code: str, on: date) -> tuple[str, str]:
    """(contractor, locality) of a ZIP by its longest matching prefix. Raises RateUnknown."""
    found = [
        r
        for r in rows("zip_locality.csv")
        if zip_code.startswith(r["zip_prefix"]) and covers(day(r["effective_from"]), day(r["effective_to"]), on)
    ]
    if not found:
        raise RateUnknown(f"no payment locality of the ZIP for {on.isoformat()}")
    best = max(found, key=lambda r: len(r["zip_prefix"]))
    return best["mac"], best["locality"]

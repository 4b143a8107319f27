"""What adjudication says about a claim and its lines, before it becomes an 835. Amounts are integer cents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

Triple = tuple[str, str, int]  # group, reason, cents
REVERSAL = "22"


@dataclass(frozen=True, slots=True)
class LineResult:
    """One service line judged. A denied line has `denied_by` (a CARC, group CO) and nothing else but its charge.

    `contractual` (CO-45), `mppr` (CO-59) and `allowed` come from pricing; the patient's and the payer's shares are
    filled in afterwards, so that a correction can fill them in again.
    """

    procedure: str
    modifiers: tuple[str, ...]
    charge: int
    units: str  # as X12 writes it; may be a decimal in a claim we have not made
    date: str  # ISO, '' when the claim gave none
    control_number: str
    denied_by: str = ""
    remarks: tuple[str, ...] = ()
    allowed: int = 0
    contractual: int = 0
    mppr: int = 0
    deductible: int = 0
    coinsurance: int = 0
    copay: int = 0
    assistant_cut: int = 0
    sequestration: int = 0
    elsewhere: int | None = None  # OA-23: what a payer before this one dealt with; None = nobody did
    remaining: int = 0  # of what that payer left to the patient, what stays the patient's
    rank: str = ""  # practice expense RVU of a unit that competes for the day's full one
    unit_full: int = 0  # its full price

    @property
    def patient(self) -> int:
        if self.elsewhere is not None:
            return self.remaining
        return self.deductible + self.coinsurance + self.copay

    @property
    def paid(self) -> int:
        if self.denied_by:
            return 0
        if self.elsewhere is not None:
            return self.charge - self.elsewhere - self.remaining
        return self.allowed - self.patient - self.assistant_cut - self.sequestration

    @property
    def adjustments(self) -> tuple[Triple, ...]:
        """Triples in the order the page gives; those of 0 are left out. charge - sum = paid, always."""
        if self.denied_by:
            return _present(("CO", self.denied_by, self.charge))
        if self.elsewhere is not None:
            return _present(("OA", "23", self.elsewhere), ("PR", "2", self.remaining))
        return _present(
            ("CO", "45", self.contractual + self.assistant_cut),
            ("CO", "59", self.mppr),
            ("CO", "253", self.sequestration),
            ("PR", "1", self.deductible),
            ("PR", "2", self.coinsurance),
            ("PR", "3", self.copay),
        )

    def denied(self, reason: str, *remarks: str) -> LineResult:
        """The same line, denied in full."""
        return LineResult(
            self.procedure,
            self.modifiers,
            self.charge,
            self.units,
            self.date,
            self.control_number,
            denied_by=reason,
            remarks=remarks,
        )


def _present(*triples: Triple) -> tuple[Triple, ...]:
    return tuple(triple for triple in triples if triple[2])


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """One CLP to be. `reversal` negates every amount when it is written; the fields stay as first judged."""

    payer_id: str
    payer_name: str
    pays_interest: bool
    filing: str  # SBR09 of the claim
    sequence: str  # SBR01: P, S or T
    billing_npi: str
    billing_name: str
    billing_tax_id: str
    patient_control_number: str
    payer_control_number: str
    member_id: str
    patient_last_name: str
    patient_first_name: str
    place_of_service: str
    frequency: str
    first_date: str  # ISO
    last_date: str
    received_on: str
    lines: tuple[LineResult, ...]
    reversal: bool = False

    @property
    def sign(self) -> int:
        return -1 if self.reversal else 1

    @property
    def charge(self) -> int:
        return self.sign * sum(line.charge for line in self.lines)

    @property
    def paid(self) -> int:
        return self.sign * sum(line.paid for line in self.lines)

    @property
    def patient(self) -> int:
        return self.sign * sum(line.patient for line in self.lines)

    @property
    def is_denied(self) -> bool:
        return all(line.denied_by for line in self.lines)

    @property
    def status_code(self) -> str:
        """CLP02: 22 for a reversal, else processed as primary, secondary or tertiary (a denial too: paid is 0)."""
        return REVERSAL if self.reversal else {"S": "2", "T": "3"}.get(self.sequence, "1")

    @property
    def year(self) -> str:
        """The calendar year of the earliest line date: the one whose deductible and visits it uses."""
        return self.first_date[:4]

    def reversed(self) -> ClaimResult:
        return replace(self, reversal=True)


def from_plain(data: dict[str, Any]) -> ClaimResult:
    """A result as it was before `asdict` and JSON."""
    lines = tuple(
        LineResult(**{**line, "modifiers": tuple(line["modifiers"]), "remarks": tuple(line["remarks"])})
        for line in data["lines"]
    )
    return ClaimResult(**{**data, "lines": lines})


def iso(day: date | None) -> str:
    return day.isoformat() if day else ""

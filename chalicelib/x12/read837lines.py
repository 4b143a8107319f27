"""Reading the 837P (005010X222A1), the service lines: loops 2400, 2410 and 2430."""

from __future__ import annotations

from typing import Any

from chalicelib.x12 import checks
from chalicelib.x12.amounts import Table
from chalicelib.x12.claim837 import Accident, Claim837, Drug, LineAdjudication, OtherPayer, ServiceLine
from chalicelib.x12.read837hl import Hierarchy837
from chalicelib.x12.transaction import CENTS, DAYS, QUANTITIES, Elements


class _ProcedureTable(Table):
    """SV101 to (code, modifiers, description, is HCPCS)."""

    def __init__(self, component: str) -> None:
        self.component = component

    def read(self, text: str) -> tuple[str, tuple[str, ...], str, bool]:
        parts = text.split(self.component)
        code = parts[1] if len(parts) > 1 else ""
        return code, tuple([m for m in parts[2:6] if m]), parts[6] if len(parts) > 6 else "", parts[0] == "HC"


class _PointerTable(Table):
    """SV107 to (pointers, the highest of them, all usable): usable means one to four, none of them 0. None when no number."""

    def __init__(self, component: str) -> None:
        self.component = component

    def read(self, text: str) -> tuple[tuple[int, ...], int, bool] | None:
        parts = [part for part in text.split(self.component) if part]
        if not all(part.isdecimal() and len(part) < 3 for part in parts):
            return None
        pointers = tuple([int(part) for part in parts])
        return pointers, max(pointers, default=0), 0 < len(pointers) <= 4 and min(pointers) > 0


class Lines837(Hierarchy837):
    """Service lines and what another payer said of them; CLM11, which needs nothing else of the claim."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.claim: Claim837 | None = None
        self.line: ServiceLine | None = None
        self.line_number = 0
        self.lines: list[ServiceLine] = []
        self.line_sum = self.highest_pointer = 0
        self.other: OtherPayer | None = None
        self.adjudication: LineAdjudication | None = None
        self.procedures = _ProcedureTable(self.component)
        self.pointers = _PointerTable(self.component)

    def _line_date(self, line: ServiceLine, kind: str, text: str, e: Elements) -> None:
        if kind == "472":
            day = DAYS[text]
            if day is None:
                day, line.date_to = self.period(text, 3)
            line.date = day
        elif kind == "573" and self.adjudication is not None:
            self.adjudication.adjudicated_on = self.day(text, 3)
        elif kind == "454":
            line.initial_treatment_date = self.day(text, 3)
        else:
            self.ignore(e)

    def _lx(self, e: Elements) -> None:
        claim = self.claim
        if claim is None:
            self.misplaced(e)
            return
        if self.line is not None:
            self._close_line(self.line)
        if len(e) != 2:
            self.fit(e)
        self.loop = "2400"
        self.line = ServiceLine("", unit_basis="")
        self.line_number = self.engine.number
        self.other = self.adjudication = self.party = None
        if self.has_room(claim, "lines", len(self.lines)):
            self.lines.append(self.line)

    def _sv1(self, e: Elements) -> None:
        line = self.line
        if line is None:
            self.misplaced(e)
            return
        if line.unit_basis:
            self.fault("SEGMENT_REPEATED")
            self.ignore(e)
            return
        if len(e) != 8:
            self.fit(e)
        line.procedure, line.modifiers, line.description, is_hcpcs = self.procedures[e[1]]
        charge, units, pointers = CENTS[e[2]], QUANTITIES[e[4]], self.pointers[e[7]]
        if charge is None:
            charge = self.cents(e, 2)
        if units is None:
            self.fault("BAD_QUANTITY" if e[4] else "ELEMENT_MISSING", 4)
            units = 0
        if pointers is None:
            self.fault("BAD_CODE", 7)
            pointers = ((), 0, True)
        line.charge_cents, line.units, line.unit_basis, line.place_of_service = charge, units, e[3] or "UN", e[5]
        line.diagnosis_pointers = pointers[0]
        if pointers[1] > self.highest_pointer:
            self.highest_pointer = pointers[1]
        self.line_sum += charge
        if charge < 0 or units < 0 or not is_hcpcs or not line.procedure or not pointers[2] or e[5]:
            self._check_sv1(e, charge < 0, units < 0, is_hcpcs, pointers[0])

    def _check_sv1(self, e: Elements, charge: bool, units: bool, is_hcpcs: bool, pointers: tuple[int, ...]) -> None:
        if charge or units:
            self.fault("NEGATIVE_AMOUNT", 2 if charge else 4)
        if not is_hcpcs:
            self.fault("BAD_CODE", 1, 1)
            self.ignore(e)
        if e[1].count(self.component) == 0:
            self.fault("ELEMENT_MISSING", 1, 2)
        if len(pointers) > 4:
            self.fault("TOO_MANY", 7)
        if 0 in pointers:
            self.fault("POINTER_DANGLING", 7)
        if e[5] and e[5] not in checks.PLACES:
            self.fault("PLACE_OF_SERVICE", 5)

    def _lin(self, e: Elements) -> None:
        """The drug of a line (2410)."""
        line = self.line
        if line is None:
            self.misplaced(e)
            return
        self.fit(e)
        if line.drug is not None:
            self.fault("SEGMENT_REPEATED")
            self.ignore(e)
            return
        self.loop, self.party = "2410", None
        line.drug = Drug(e[3], qualifier=e[2])
        for index in (2, 3):
            if not e[index]:
                self.fault("ELEMENT_MISSING", index)
        if e[1] or any(e[4:]):
            self.ignore(e)

    def _ctp(self, e: Elements) -> None:
        """How much of the drug; a price has no place here and stays text."""
        line = self.line
        if line is None or line.drug is None or self.loop != "2410":
            self.misplaced(e)
            return
        self.fit(e)
        unit, _, more = e[5].partition(self.component)
        line.drug.quantity, line.drug.unit = self.quantity(e[4], 4), unit
        for index in (4, 5):
            if not e[index]:
                self.fault("ELEMENT_MISSING", index)
        if more or any(e[1:4]) or any(e[6:]):
            self.ignore(e)

    def _prescription(self, line: ServiceLine, kind: str, e: Elements) -> bool:
        """REF of 2410: the prescription's number (XZ) or the number that links the parts of a compound (VY)."""
        if self.loop != "2410" or line.drug is None or kind not in ("XZ", "VY") or line.drug.prescription_number:
            return False
        line.drug.prescription_qualifier, line.drug.prescription_number = kind, e[2]
        return True

    def _svd(self, e: Elements) -> None:
        line = self.line
        if line is None:
            self.misplaced(e)
            return
        self.fit(e)
        code, modifiers, _, _ = self.procedures[e[3]]
        units = self.quantity(e[5], 5)
        self.loop, self.party = "2430", None
        self.adjudication = LineAdjudication(
            e[1], self.cents(e, 2), code, modifiers, 1 if units is None else units, bundled_line=e[6]
        )
        self.hold(line, "adjudications", (self.adjudication,))

    def _close_line(self, line: ServiceLine) -> None:
        if not line.unit_basis:
            line.unit_basis = "UN"
            self.require(False, "SV1", "2400", self.line_number)
        elif line.date is None:
            self.require(False, "DTP", "2400", self.line_number)
        self.line = None

    def _accident(self, claim: Claim837, text: str) -> None:
        parts = [*text.split(self.component), "", "", "", ""]
        accident = claim.accident or Accident()
        accident.related_causes = tuple([cause for cause in parts[:3] if cause])
        accident.state = parts[3]
        claim.accident = accident
        if any(cause not in ("AA", "EM", "OA") for cause in accident.related_causes):
            self.fault("BAD_CODE", 11, 1)
        if "AA" in accident.related_causes and parts[3] not in checks.STATES:
            self.fault("STATE_UNKNOWN" if parts[3] else "ACCIDENT_STATE", 11, 4)

"""Reading what is out of the ordinary in an 835: the slow half of its reader, which looks closely, reports and keeps."""

from __future__ import annotations

from typing import Any

from chalicelib.x12.checks import is_carc, is_rarc
from chalicelib.x12.read835head import Head835
from chalicelib.x12.remittance835 import Adjustment, ServicePayment
from chalicelib.x12.tables835 import GROUPS, ProcedureTable
from chalicelib.x12.transaction import Elements


class Careful835(Head835):
    """Segments of claims and lines that are rare, or not as they should be."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.line: ServicePayment | None = None
        self.at: Any = None  # the claim or line that CAS, REF and AMT belong to
        self.adjusted = 0  # sum of the claim's CAS so far
        self.separator = engine.separators.element
        self.procedures = ProcedureTable(self.component)

    def _careful_clp(self, e: Elements) -> tuple[int, int, int]:
        for index in (1, 2):
            if not e[index]:
                self.fault("ELEMENT_MISSING", index)
        return self.cents(e, 3), self.cents(e, 4), self.cents(e, 5, False)

    def _careful_cas(self, text: str) -> None:
        """A CAS that is not as it should be: reported, and what can be read is."""
        e = text.split(self.separator)
        if e[0] != "CAS":
            self.engine.unknown(text)
            return
        if self.at is None:
            self._misplaced(e)
            return
        self.fit(e)
        if e[1] not in GROUPS:
            self.fault("BAD_CODE", 1)
        found: list[Adjustment] = []
        for index in range(2, 20, 3):
            if e[index] or e[index + 1]:
                quantity = self.quantity(e[index + 2], index + 2)
                if not is_carc(e[index]):
                    self.fault("CARC_UNKNOWN" if e[index] else "ELEMENT_MISSING", index)
                found.append(Adjustment(e[1], e[index], self.cents(e, index + 1), quantity))
        if not found:
            self.fault("ELEMENT_MISSING", 2)
        self.at.adjustments += tuple(found)
        self.adjusted += sum(a.amount_cents for a in found)

    def _careful_moa(self, text: str) -> None:
        e = text.split(self.separator)
        if self.claim is None or e[0] != "MOA":
            self._not_here(text, e)
            return
        self.fit(e)
        for index, code in enumerate(e[3:8], 3):
            if code:
                self.claim.remark_codes += (code,)
                if not is_rarc(code):
                    self.fault("RARC_UNKNOWN", index)
        if any(e[1:3]) or any(e[8:]):
            self._ignore(e)

    def _mia(self, e: Elements) -> None:
        if self.claim is None:
            self._misplaced(e)
            return
        self.fit(e)
        self.claim.remark_codes += tuple([c for c in (e[5], *e[20:24]) if c])
        self._ignore(e)

    def _not_here(self, text: str, e: Elements) -> None:
        if e[0] in self.texts:
            self._misplaced(e)
        else:
            self.engine.unknown(text)

    def _rest_of_svc(self, line: ServicePayment, e: Elements) -> None:
        self.fit(e)
        line.revenue_code = e[4]
        if e[6]:
            _, line.original_procedure, line.original_modifiers = self.procedures[e[6]]
        line.original_units = self.quantity(e[7], 7)

    def _lq(self, e: Elements) -> None:
        if self.line is None:
            self._misplaced(e)
            return
        if len(e) != 3:
            self.fit(e)
        self.line.remark_codes += (e[2],)
        if e[1] == "HE" and not is_rarc(e[2]):
            self.fault("RARC_UNKNOWN", 2)

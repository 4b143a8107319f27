"""Reading the 835 (005010X221A1): claim by claim, balance reckoned on the way and never forced.

Line: SVC02 - CAS = SVC03. Claim: CLP03 - all CAS = CLP04. Transaction: BPR02 = sum of CLP04 - PLB (X221A1 1.10.2.1).
"""

from __future__ import annotations

from typing import Any

from chalicelib.x12.amounts import cents_of
from chalicelib.x12.parties import Name
from chalicelib.x12.read835careful import Careful835
from chalicelib.x12.remittance835 import (
    Amount,
    ClaimPayment,
    OutOfBalance,
    ProviderAdjustment,
    Reference,
    RemittanceEnd,
    ServicePayment,
)
from chalicelib.x12.tables835 import (
    AdjustmentTable,
    AllowedTable,
    DateTable,
    RemarkTable,
    ServiceTable,
)
from chalicelib.x12.transaction import CENTS, QUANTITIES, Elements

_MAX_OUT_OF_BALANCE = 1000
NOBODY = Name()
_CLAIM_DATES = {"232": "service_from", "472": "service_from", "233": "service_to", "050": "received_on"}


class Reader835(Careful835):
    """One ST of an 835. Emits the remittance's head, its claims, then its end."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.emitted = False
        self.claims = 0
        self.paid = self.provider_level = 0
        self.line_before = 0  # `adjusted` when the current line began
        self.line_number = 0
        self.out_of_balance: list[OutOfBalance] = []
        self.out_of_balance_count = 0
        separator = self.separator
        self.dates, self.adjustments = DateTable(separator), AdjustmentTable(separator)
        self.remarks, self.allowed = RemarkTable(separator), AllowedTable(separator)
        self.services = ServiceTable(separator, self.procedures)
        self.lines: list[ServicePayment] = []
        self.handlers = {
            "BPR": self._bpr, "TRN": self._trn, "CUR": self._ignore, "N1": self._n1, "N3": self._n3, "N4": self._n4,
            "PER": self._per, "RDM": self._ignore, "LX": self._lx, "TS3": self._ignore, "TS2": self._ignore,
            "MIA": self._mia, "QTY": self._ignore, "LQ": self._lq, "PLB": self._plb,
        }  # fmt: skip
        self.texts = {
            "CLP": self._clp, "CAS": self._cas, "SVC": self._svc, "DTM": self._dtm, "REF": self._ref, "AMT": self._amt,
            "NM1": self._nm1, "MOA": self._moa,
        }  # fmt: skip

    def walk(self, segments: list[str]) -> int:
        """The engine's loop with the segments that make up most of an 835 taken in place when they stand under a service
        line in their ordinary form; everything else, and everything odd, goes to its handler."""
        engine, handler_of, separator = self.engine, self.engine.texts.get, self.separator
        cas, dtm, ref, amt, svc = (name + separator for name in ("CAS", "DTM", "REF", "AMT", "SVC"))
        control, dates, adjustments_of = ref + "6R" + separator, self.dates, self.adjustments
        services, allowed, first, line = self.services, self.allowed, engine.number, self.line
        number = first
        for number, text in enumerate(segments, first + 1):
            if line is not None:
                tag = text[:4]
                if tag == cas:
                    found = adjustments_of[text]
                    if found is not None:
                        line.adjustments = line.adjustments + found[0] if line.adjustments else found[0]
                        self.adjusted += found[1]
                        continue
                elif tag == dtm:
                    found = dates[text]
                    if found is not None and found[0] == "472":
                        line.date = found[1]
                        continue
                elif tag == ref:
                    if text[:7] == control and separator not in (value := text[7:]):
                        line.line_control_number = value
                        continue
                elif tag == amt:
                    found = allowed[text]
                    if found is not None:
                        line.allowed_cents = found
                        continue
                elif tag == svc:
                    found = services[text]
                    if found is not None:
                        line = self._next_line(found, number)
                        continue
            engine.number = number
            handler = handler_of(text[:3])
            if handler is None:
                engine.unknown(text)
            elif handler(text):
                break
            line = self.line
        engine.number = number
        return number - first

    def _next_line(self, found: tuple[str, tuple[str, ...], int, int, int], number: int) -> ServicePayment:
        """An ordinary SVC: the line before it ends, a new one begins."""
        if self.line is not None:
            self._close_line()
        code, modifiers, charge, paid, units = found
        self.line = self.at = line = ServicePayment(code, modifiers, charge, paid, units)
        self.line_number = number
        self.line_before = self.adjusted
        return line

    def open_segments(self) -> tuple[int, ...]:
        numbers = [self.remittance.segment_number]
        if self.claim:
            numbers.append(self.claim.segment_number)
        if self.line:
            numbers.append(self.line_number)
        return tuple(numbers)

    def keep(self, text: str) -> None:
        target = self.line or self.claim or self.remittance
        target.unread += (text,)

    # Claims: 2100

    def _lx(self, e: Elements) -> None:
        self._close_claim()
        self.fit(e)

    def _start_claims(self) -> None:
        self.emitted = True
        self.emit(self.remittance)

    def _clp(self, text: str) -> None:
        e = text.split(self.separator)
        if e[0] != "CLP":
            self.engine.unknown(text)
            return
        if self.claim is not None:
            self._close_claim()
        if not self.emitted:
            self._start_claims()
        if not 10 <= len(e) <= 15:
            self.fit(e)
        charge, paid, share = cents_of(e[3]), cents_of(e[4]), cents_of(e[5]) if e[5] else 0
        if charge is None or paid is None or share is None or not e[1] or not e[2]:
            charge, paid, share = self._careful_clp(e)
        self.claim = self.at = claim = ClaimPayment(e[1], e[2], charge, paid, share, e[6], e[7], NOBODY)
        claim.facility_code, claim.frequency_code = e[8], e[9]
        claim.segment_number = self.engine.number
        self.line = None
        self.adjusted = self.line_before = 0
        self.claims += 1
        self.paid += paid

    def _cas(self, text: str) -> None:
        at = self.at
        found = self.adjustments[text]
        if found is None or at is None:
            self._careful_cas(text)
            return
        adjustments, total = found
        at.adjustments = at.adjustments + adjustments if at.adjustments else adjustments
        self.adjusted += total

    def _nm1(self, text: str) -> None:
        e = text.split(self.separator)
        claim = self.claim
        if claim is None or e[0] != "NM1":
            self._not_here(text, e)
            return
        if len(e) != 10:
            self.fit(e)
        if e[1] == "QC":
            claim.patient = Name(e[3], e[4], e[5], e[7], e[9])
        elif e[1] == "82":
            claim.rendering_npi = e[9] if e[8] == "XX" else ""
        else:
            self._other_name(claim, e)

    def _moa(self, text: str) -> None:
        codes = self.remarks[text]
        claim = self.claim
        if codes is None or claim is None:
            self._careful_moa(text)
        else:
            claim.remark_codes = claim.remark_codes + codes if claim.remark_codes else codes

    # Lines: 2110

    def _svc(self, text: str) -> None:
        e = text.split(self.separator)
        claim = self.claim
        if claim is None or e[0] != "SVC":
            self._not_here(text, e)
            return
        ordinary = self.services[text]
        if ordinary is None:
            self._careful_svc(e)
        else:
            self._next_line(ordinary, self.engine.number)

    def _careful_svc(self, e: Elements) -> None:
        """An SVC with more than the ordinary five elements, or with something wrong in them."""
        if self.line is not None:
            self._close_line()
        if not 6 <= len(e) <= 8 or not e[1]:
            self.fit(e)
            if not e[1]:
                self.fault("ELEMENT_MISSING", 1)
        charge, paid = self.cents(e, 2), self.cents(e, 3)
        qualifier, code, modifiers = self.procedures[e[1]]
        line = self._next_line((code, modifiers, charge, paid, 1), self.engine.number)
        line.procedure_qualifier = qualifier
        if e[5]:
            line.units = self.quantity(e[5], 5) or 1 if QUANTITIES[e[5]] is None else QUANTITIES[e[5]]
        self._rest_of_svc(line, e)

    def _dtm(self, text: str) -> None:
        found = self.dates[text]
        if found is None:
            e = text.split(self.separator)
            if e[0] != "DTM":
                self.engine.unknown(text)
                return
            self.fit(e)
            found = (e[1], self.day(e[2], 2))
        kind, day = found
        line, claim = self.line, self.claim
        if line is not None and kind in ("472", "150"):
            line.date = day
        elif line is not None and kind == "151":
            line.date_to = day
        elif claim is not None and kind in _CLAIM_DATES:
            setattr(claim, _CLAIM_DATES[kind], day)
        elif claim is None and kind == "405":
            self.remittance.production_date = day
        else:
            self.keep(text)

    def _ref(self, text: str) -> None:
        e = text.split(self.separator)
        if len(e) != 3 or e[0] != "REF":
            if e[0] != "REF":
                self.engine.unknown(text)
                return
            self.fit(e)
        line = self.line
        if line is None:
            self._ref_above_lines(e)
        elif e[1] == "6R":
            line.line_control_number = e[2]
        else:
            line.references += (Reference(e[1], e[2]),)

    def _ref_above_lines(self, e: Elements) -> None:
        if self.claim is not None:
            self.claim.references += (Reference(e[1], e[2]),)
        else:
            self._ref_of_party(e)

    def _amt(self, text: str) -> None:
        e = text.split(self.separator)
        if self.at is None or e[0] != "AMT":
            self._not_here(text, e)
            return
        if len(e) != 3:
            self.fit(e)
        amount = CENTS[e[2]]
        if amount is None:
            amount = self.cents(e, 2)
        if e[1] == "B6" and self.line is not None:
            self.line.allowed_cents = amount
        else:
            self.at.amounts += (Amount(e[1], amount),)

    # Ends

    def _close_line(self) -> None:
        line = self.line
        if line is None:
            return
        off = line.charge_cents - (self.adjusted - self.line_before) - line.paid_cents
        if off:
            self._unbalanced("service", line.line_control_number or line.procedure, off, self.line_number)
        self.lines.append(line)
        self.line = None

    def _close_claim(self) -> None:
        claim = self.claim
        if claim is None:
            return
        if self.line is not None:
            self._close_line()
        if self.lines:
            claim.lines = tuple(self.lines)
            self.lines.clear()
        off = claim.charge_cents - self.adjusted - claim.paid_cents
        if off:
            self._unbalanced("claim", claim.patient_control_number, off, claim.segment_number)
        self.claim = self.at = None
        self.emit(claim)

    def _unbalanced(self, level: str, reference: str, off: int, number: int) -> None:
        self.fault(f"{level.upper()}_BALANCE", number=number, note=f"off by {off} cents")
        self.out_of_balance_count += 1
        if len(self.out_of_balance) < _MAX_OUT_OF_BALANCE:
            self.out_of_balance.append(OutOfBalance(level, reference, off))

    def _plb(self, e: Elements) -> None:
        self._close_claim()
        self.fit(e)
        period = self.day(e[2], 2)
        for index in range(3, 15, 2):
            if not e[index] and not e[index + 1]:
                continue
            reason, _, reference = e[index].partition(self.component)
            amount = self.cents(e, index + 1)
            self.provider_level += amount
            self.remittance.provider_adjustments += (ProviderAdjustment(reason, reference, amount, e[1], period),)

    def close(self) -> None:
        self._close_claim()
        if not self.emitted:
            self._start_claims()
        r = self.remittance
        stated = -r.amount_cents if r.credit_debit == "D" else r.amount_cents
        off = stated - (self.paid - self.provider_level)
        if off:
            self._unbalanced("transaction", r.trace, off, r.segment_number)
        r.balanced = not self.out_of_balance_count
        r.out_of_balance = tuple(self.out_of_balance)
        self.emit(
            RemittanceEnd(
                self.claims, self.paid, r.provider_adjustments, r.balanced, r.out_of_balance, self.out_of_balance_count
            )
        )

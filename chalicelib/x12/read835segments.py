"""Reading the 835 (005010X221A1) segment by segment; balance is reckoned on the way and never forced.

Line: SVC02 - CAS = SVC03. Claim: CLP03 - all CAS = CLP04. Transaction: BPR02 = sum of CLP04 - PLB (X221A1 1.10.2.1).
"""

from __future__ import annotations

from typing import Any

from chalicelib.x12.parties import Name, Reference
from chalicelib.x12.read835summary import Summary835
from chalicelib.x12.remittance835 import (
    Adjustment,
    Amount,
    ClaimPayment,
    OutOfBalance,
    ProviderAdjustment,
    RemittanceEnd,
    ServicePayment,
)
from chalicelib.x12.tables835 import GROUPS, tables
from chalicelib.x12.transaction import PAD, Elements

_MAX_OUT_OF_BALANCE = 1000
NOBODY = Name()
_CLAIM_DATES = {"232": "service_from", "472": "service_from", "233": "service_to", "050": "received_on"}


class Segments835(Summary835):
    """Claims, lines, provider adjustments and the end of one ST."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.procedures = tables(engine.separators).procedures
        self.paid = self.provider_level = 0
        self.line: ServicePayment | None = None
        self.line_number = 0
        self.lines: list[ServicePayment] = []
        self.adjusted = 0  # sum of the claim's CAS so far
        self.line_before = 0  # `adjusted` when the current line began
        self.out_of_balance: list[OutOfBalance] = []
        self.out_of_balance_count = 0
        self.unread: tuple[str, ...] = ()  # what came after the head was out and belongs to no claim
        self.provider_adjustments: list[ProviderAdjustment] = []
        self.handlers = {
            "BPR": self._bpr, "TRN": self._trn, "CUR": self._ignore, "N1": self._n1, "N3": self._n3, "N4": self._n4,
            "PER": self._per, "RDM": self._ignore, "LX": self._lx, "TS3": self._ts3, "TS2": self._ts2,
            "CLP": self._clp, "CAS": self._cas, "NM1": self._nm1, "MIA": self._mia, "MOA": self._moa, "REF": self._ref,
            "DTM": self._dtm, "AMT": self._amt, "QTY": self._qty, "SVC": self._svc, "LQ": self._lq, "PLB": self._plb,
        }  # fmt: skip

    def open_segments(self) -> tuple[int, ...]:
        numbers = [self.remittance.segment_number]
        if self.claim:
            numbers.append(self.claim.segment_number)
        if self.line:
            numbers.append(self.line_number)
        return tuple(numbers)

    def keep(self, text: str) -> None:
        target: Any = self.line or self.claim or (self if self.emitted else self.remittance)
        self.hold(target, "unread", (text,), weight=10)

    # Claims: 2100

    def _lx(self, e: Elements) -> None:
        self._close_claim()
        self.fit(e)
        self.begin_group(e[1])

    def _clp(self, e: Elements) -> None:
        if not 10 <= len(e) <= 15:
            self.fit(e)
        for index in (1, 2):
            if not e[index]:
                self.fault("ELEMENT_MISSING", index)
        charge, paid, share = self.cents(e, 3), self.cents(e, 4), self.cents(e, 5, False)
        claim = ClaimPayment(e[1], e[2], charge, paid, share, e[6], e[7], NOBODY)
        claim.facility_code, claim.frequency_code = e[8], e[9]
        if any(e[10:]):
            self._diagnosis_group(claim, e)
        claim.segment_number = self.engine.number
        self.begin_claim()
        self.claim = self.at = claim
        self.adjusted = self.line_before = 0
        self.claims += 1
        self.paid += paid

    def _diagnosis_group(self, claim: ClaimPayment, e: Elements) -> None:
        e += PAD
        claim.drg_code = e[11]
        claim.drg_weight, claim.discharge_fraction = self.quantity(e[12], 12), self.quantity(e[13], 13)
        if e[10] or e[14]:  # not used in X221A1
            self._ignore(e)

    def begin_claim(self) -> None:
        """What was open ends; the remittance's head goes out before its first claim."""
        self._close_claim()
        if not self.emitted:
            self._start_claims()

    def _start_claims(self) -> None:
        self.emitted = True
        self.emit(self.remittance)

    def _cas(self, e: Elements) -> None:
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
                if e[index]:
                    self.judge("CARC", e[index], index)
                else:
                    self.fault("ELEMENT_MISSING", index)
                found.append(Adjustment(e[1], e[index], self.cents(e, index + 1), quantity))
        if not found:
            self.fault("ELEMENT_MISSING", 2)
        self.hold(self.at, "adjustments", tuple(found))
        self.adjusted += sum(a.amount_cents for a in found)

    def _nm1(self, e: Elements) -> None:
        claim = self.claim
        if claim is None:
            self._misplaced(e)
            return
        if len(e) != 10:
            self.fit(e)
        if e[1] == "QC":
            claim.patient = Name(e[3], e[4], e[5], e[7], e[9])
        elif e[1] == "82":
            claim.rendering_npi = e[9] if e[8] == "XX" else ""
        else:
            self._other_name(claim, e)

    # Lines: 2110, and what stands under claims and lines alike

    def _svc(self, e: Elements) -> None:
        if self.claim is None:
            self._misplaced(e)
            return
        if self.line is not None:
            self._close_line()
        self.fit(e)
        if not e[1]:
            self.fault("ELEMENT_MISSING", 1)
        charge, paid = self.cents(e, 2), self.cents(e, 3)
        qualifier, code, modifiers = self.procedures[e[1]]
        self.line = self.at = line = ServicePayment(code, modifiers, charge, paid, 1)
        self.line_number, self.line_before = self.engine.number, self.adjusted
        line.procedure_qualifier, line.revenue_code = qualifier, e[4]
        if e[5]:
            units = self.quantity(e[5], 5)
            line.units = 1 if units is None else units
        if e[6]:
            _, line.original_procedure, line.original_modifiers = self.procedures[e[6]]
        line.original_units = self.quantity(e[7], 7)

    def _dtm(self, e: Elements) -> None:
        self.fit(e)
        kind, day = e[1], self.day(e[2], 2)
        line, claim = self.line, self.claim
        if line is not None and kind in ("472", "150"):
            line.date = day
        elif line is not None and kind == "151":
            line.date_to = day
        elif claim is not None and kind in _CLAIM_DATES:
            setattr(claim, _CLAIM_DATES[kind], day)
        elif not self.emitted and kind == "405":
            self.remittance.production_date = day
        else:
            self._ignore(e)

    def _ref(self, e: Elements) -> None:
        self.fit(e)
        if self.line is not None and e[1] == "6R":
            self.line.line_control_number = e[2]
        elif self.at is not None:
            self.hold(self.at, "references", (Reference(e[1], e[2]),))
        elif self.emitted:
            self._misplaced(e)
        else:
            self._ref_of_party(e)

    def _amt(self, e: Elements) -> None:
        if self.at is None:
            self._misplaced(e)
            return
        self.fit(e)
        amount = self.cents(e, 2)
        if e[1] == "B6" and self.line is not None:
            self.line.allowed_cents = amount
        else:
            self.hold(self.at, "amounts", (Amount(e[1], amount),))

    def _lq(self, e: Elements) -> None:
        if self.line is None:
            self._misplaced(e)
            return
        self.fit(e)
        self.hold(self.line, "remark_codes", (e[2],))
        if e[1] == "HE":
            self.judge("RARC", e[2], 2)

    # Ends

    def _close_line(self) -> None:
        line = self.line
        if line is None:
            return
        off = line.charge_cents - (self.adjusted - self.line_before) - line.paid_cents
        if off:
            self._unbalanced("service", line.line_control_number or line.procedure, off, self.line_number)
        if self.has_room(self.claim, "lines", len(self.lines)):
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
            if self.has_room(self, "provider_adjustments", len(self.provider_adjustments), 10):
                self.provider_adjustments.append(ProviderAdjustment(reason, reference, amount, e[1], period))

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
        r.provider_adjustments = tuple(self.provider_adjustments)
        r.out_of_balance, r.provider_summaries = tuple(self.out_of_balance), tuple(self.summaries)
        self.emit(
            RemittanceEnd(
                self.claims,
                self.paid,
                r.provider_adjustments,
                r.balanced,
                r.out_of_balance,
                self.out_of_balance_count,
                r.provider_summaries,
                self.unread,
            )
        )

"""Reading the 277CA (005010X214) and the claim status response (277, 005010X212)."""

from __future__ import annotations

from typing import Any

from chalicelib.x12.parties import Name
from chalicelib.x12.status277ca import ClaimStatus, LineStatus, StatusBatch, StatusCode
from chalicelib.x12.transaction import Elements, TransactionReader


class Reader277(TransactionReader):
    """One ST. Emits a `StatusBatch` (without its claims) per billing provider, then that provider's claims."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        version = engine.set.version
        self.is_ca = "X214" in version or not version
        self.level = ""
        self.batch = StatusBatch()
        self.batch_emitted = True
        self.patient = Name()
        self.claim: ClaimStatus | None = None
        self.line: LineStatus | None = None
        self.handlers = {
            "BHT": self._bht, "HL": self._hl, "NM1": self._nm1, "PER": self._other, "TRN": self._trn, "DTP": self._dtp,
            "STC": self._stc, "QTY": self._qty, "AMT": self._amt, "REF": self._ref, "DMG": self._other, "SVC": self._svc,
            "N3": self._other, "N4": self._other,
        }  # fmt: skip

    def open_segments(self) -> tuple[int, ...]:
        return (self.claim.segment_number,) if self.claim else ()

    def keep(self, text: str) -> None:
        if self.claim is not None:
            self.hold(self.claim, "unread", (text,), weight=10)

    def _other(self, e: Elements) -> None:
        self.keep(self.engine.separators.element.join(e).rstrip(self.engine.separators.element))

    def _bht(self, _e: Elements) -> None:
        """The file's own reference and time."""

    def _hl(self, e: Elements) -> None:
        self._close_claim()
        self.fit(e)
        before, self.level = self.level, e[3]
        if e[3] == "20":
            self._emit_batch()
            self.batch, self.batch_emitted = StatusBatch(), False
        elif e[3] in ("21", "19"):
            if before != ("20" if e[3] == "21" else "21"):
                self._emit_batch()
                self.batch, self.batch_emitted = self._next_batch(self.batch), False
        elif e[3] in ("PT", "22", "23"):
            self._emit_batch()
            if e[3] != "23":
                self.patient = Name()
        else:
            self.fault("BAD_CODE", 3)

    def _next_batch(self, b: StatusBatch) -> StatusBatch:
        return StatusBatch(
            b.payer_name, b.payer_id, b.receiver_name, b.receiver_id, received_on=b.received_on,
            processed_on=b.processed_on, status=b.status, batch_reference=b.batch_reference,
        )  # fmt: skip

    def _emit_batch(self) -> None:
        if not self.batch_emitted:
            self.emit(self.batch)
            self.batch_emitted = True

    def _nm1(self, e: Elements) -> None:
        self.fit(e)
        b, kind = self.batch, e[1]
        if self.level == "20":
            b.payer_name, b.payer_id = e[3], e[9]
        elif self.level == "21":
            b.receiver_name, b.receiver_id = e[3], e[9]
        elif self.level == "19":
            b.provider_name = e[3]
            if e[8] == "XX":
                b.provider_npi = e[9]
            else:
                b.provider_tax_id = e[9]
        elif kind in ("QC", "IL", "03"):
            self.patient = Name(e[3], e[4], e[5], e[7], e[9] or self.patient.member_id)
        else:
            self._other(e)

    def _trn(self, e: Elements) -> None:
        self.fit(e)
        if self.level in ("PT", "22", "23"):
            self._close_claim()
            kind = "277CA" if self.is_ca else "277"
            self.claim = ClaimStatus(e[2] if self.is_ca else "", kind=kind, patient=self.patient)
            self.claim.segment_number = self.engine.number
            if not self.is_ca:
                self.claim.request_trace = e[2]
        elif self.level == "21":
            self.batch.batch_reference = e[2]

    def _stc(self, e: Elements) -> None:
        self.fit(e)
        codes = [self._status(text) for text in (e[1], e[10], e[11]) if text]
        if not codes:
            self.fault("ELEMENT_MISSING", 1)
            codes = [StatusCode("")]
        claim = self.claim
        if self.line is not None:
            self.hold(self.line, "statuses", tuple(codes))
        elif claim is not None:
            self._claim_status(claim, codes, e)
        elif self.level == "21":
            self.batch.status = codes[0]
        elif self.level == "19":
            self.batch.provider_status = codes[0]
        else:
            self._other(e)

    def _claim_status(self, claim: ClaimStatus, codes: list[StatusCode], e: Elements) -> None:
        if claim.category:
            self.hold(claim, "further", tuple(codes))
        else:
            first = codes[0]
            claim.category, claim.status, claim.entity = first.category, first.status, first.entity
            claim.further = tuple(codes[1:])
        claim.effective_date = self.day(e[2], 2) or claim.effective_date
        claim.action = e[3] or claim.action
        claim.charge_cents = self.cents(e, 4, False) or claim.charge_cents
        paid = self.optional_cents(e, 5)
        claim.paid_cents = claim.paid_cents if paid is None else paid
        claim.finalized_on = self.day(e[6], 6) or claim.finalized_on
        claim.payment_trace = e[9] or claim.payment_trace
        claim.message = e[12] or claim.message

    def _status(self, text: str) -> StatusCode:
        parts = [*text.split(self.component), "", ""]
        self.judge("CLAIM_STATUS", f"{parts[0]}:{parts[1]}", 1)
        return StatusCode(parts[0], parts[1], parts[2])

    def _qty(self, e: Elements) -> None:
        self.fit(e)
        value = self.quantity(e[2], 2)
        if self.level == "19" or (self.level == "21" and e[1] in ("90", "AA")):
            count = int(value or 0)
            if e[1] in ("QA", "90"):
                self.batch.accepted = count
            else:
                self.batch.rejected = count

    def _amt(self, e: Elements) -> None:
        self.fit(e)
        if self.level in ("19", "21"):
            amount = self.cents(e, 2)
            if e[1] == "YU":
                self.batch.accepted_cents = amount
            else:
                self.batch.rejected_cents = amount
        else:
            self._other(e)

    def _ref(self, e: Elements) -> None:
        self.fit(e)
        claim = self.claim
        if claim is None:
            if self.level == "19" and e[1] in ("TJ", "SY"):
                self.batch.provider_tax_id = e[2]
        elif self.line is not None and e[1] == "FJ":
            self.line.line_control_number = e[2]
        elif e[1] == "1K":
            claim.payer_control_number = e[2]
        elif e[1] == "EJ":
            claim.patient_control_number = e[2]
        else:
            self._other(e)

    def _dtp(self, e: Elements) -> None:
        self.fit(e)
        if self.level == "20":
            if e[1] == "050":
                self.batch.received_on = self.day(e[3], 3)
            else:
                self.batch.processed_on = self.day(e[3], 3)
            return
        begin, end = self.period(e[3], 3)
        if self.line is not None:
            self.line.date = begin
        elif self.claim is not None and e[1] == "472":
            self.claim.service_from, self.claim.service_to = begin, end or begin
        else:
            self._other(e)

    def _svc(self, e: Elements) -> None:
        if self.claim is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        _, code, modifiers, _ = self.procedure(e[1])
        self.line = LineStatus(code, modifiers, self.cents(e, 2))
        self.hold(self.claim, "lines", (self.line,))

    def _close_claim(self) -> None:
        if self.claim is not None:
            if not self.claim.category:
                self.fault("SEGMENT_MISSING", segment="STC", number=self.claim.segment_number)
            self.emit(self.claim)
        self.claim = self.line = None

    def close(self) -> None:
        self._close_claim()
        self._emit_batch()

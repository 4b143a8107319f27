"""Reading the 835: ordinary claims and lines whole, everything else through the handlers of `read835segments`.

One expression knows the segments of a claim's head, another those of a line, in the order X221A1 gives them. Amounts in an
expression are plain (no sign, two decimals at most); a value out of the ordinary leaves its segments to the handlers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from chalicelib.x12.amounts import PARTS, PLAIN_PARTS
from chalicelib.x12.parties import Name, Reference
from chalicelib.x12.read835segments import Segments835
from chalicelib.x12.remittance835 import ClaimPayment, ServicePayment
from chalicelib.x12.source import Separators
from chalicelib.x12.tables835 import tables
from chalicelib.x12.transaction import QUANTITIES

_SHORTEST = 5  # characters of an adjustment in a CAS: a text of `held` times as many cannot hold too much of anything
bare = object.__new__  # what is not set afterwards stands at the class's defaults
_Patterns = tuple[re.Pattern[str], re.Pattern[str]]


@lru_cache(maxsize=16)
def _patterns(separators: Separators) -> _Patterns:
    """The expressions for a claim's head and for a line: s and t are separator and terminator, v a value, w one that is not
    empty, r the rest of a segment, p an amount in two groups. Repetitions are possessive (`*+`): nothing is ever tried twice."""
    s, t = re.escape(separators.element), re.escape(separators.terminator)
    v, w, r, p = f"[^{s}{t}]*+", f"[^{s}{t}]++", f"[^{t}]++", PLAIN_PARTS
    dates, adjustments = f"((?:DTM{s}{r}{t})*+)", f"((?:CAS{s}{r}{t})*+)"
    head = (
        f"CLP{s}({w}){s}({w}){s}{p}{s}{p}{s}(?:{p}|){s}({v}){s}({v})"
        f"(?:{s}({v})(?:{s}({v}){s}{{0,5}})?)?{t}{adjustments}"
        f"NM1{s}QC{s}{v}{s}({v}){s}({v})(?:{s}({v})(?:{s}{v}(?:{s}({v})(?:{s}{v}(?:{s}({v}))?)?)?)?)?{t}"
        f"(NM1{s}82{s}{r}{t})?(MOA{s}{r}{t})?((?:REF{s}{v}{s}{v}{t})*+){dates}"
    )
    line = (
        f"(SVC{s}({w}){s}{p}{s}{p}(?:{s}{s}({v}))?{t}{dates}{adjustments}"
        f"(?:REF{s}6R{s}({v}){t})?(?:AMT{s}B6{s}{p}{t})?((?:LQ{s}HE{s}{v}{t})*+))"
    )
    return re.compile(head), re.compile(line)


class Reader835(Segments835):
    """One ST of an 835. Emits the remittance's head, its claims, then its end."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.separators: Separators = engine.separators
        self.longest = self.engine.limits.held * _SHORTEST
        known = tables(self.separators)
        self.adjustments, self.remarks, self.renderers = known.adjustments, known.remarks, known.renderers
        self.claim_days, self.line_days = known.claim_days, known.line_days
        if "." not in (self.separators.element, self.separators.terminator):
            head, line = _patterns(self.separators)
            self.match_head, self.find_lines = head.match, line.findall
            self.next_claim = f"{self.separators.terminator}CLP{self.separators.element}"
            self.runs, self.block = {"CLP": self._claim_run}, "CLP"

    def _claim_run(self, text: str, at: int) -> int:
        """Ordinary claims that follow each other. The last one stays open for what may still belong to it."""
        if len(text) - at > self.longest:
            return at
        number, terminator, counted = self.engine.number + 1, self.separators.terminator, at
        match, emit, last = self.match_head, self.emit, None
        paid = claims = adjusted = 0
        while (head := match(text, at)) is not None:
            found = self._claim(text, head)
            if found is None:
                break
            if last is None:
                self.begin_claim()
            else:
                emit(last)
            last, after, adjusted = found
            number += text.count(terminator, counted, at)
            last.segment_number = number
            claims += 1
            paid += last.paid_cents
            counted, at = at, after
        if last is not None:
            self.claims += claims
            self.paid += paid
            line = text.rfind(f"{terminator}SVC", counted, at)
            self._leave_open(last, adjusted, number + text.count(terminator, counted, line + 1))
            self.engine.number = number + text.count(terminator, counted, at) - 1
        return at

    def _claim(self, text: str, head: re.Match[str]) -> tuple[ClaimPayment, int, int] | None:
        """A claim with its lines, the place after them, and the sum of its adjustments. None when anything is out of the
        ordinary, an amount that does not balance included."""
        (
            reference, status, charged, charged_part, payment, payment_part, share, share_part, filing, payers_number, facility,
            frequency, cas, last, first, middle, suffix, member, rendering, moa, ref, dtm,
        ) = head.groups("")  # fmt: skip
        adjustments, remarks, days = self.adjustments[cas], self.remarks[moa], self.claim_days[dtm]
        npi = self.renderers[rendering]
        found = self._lines(text, head.end())
        if adjustments is None or remarks is None or days is None or npi is None or found is None:
            return None
        lines, adjusted, after = found
        adjusted += adjustments[1]
        charge, paid = int(charged) * 100 + PARTS[charged_part], int(payment) * 100 + PARTS[payment_part]
        if charge - adjusted != paid:
            return None
        claim: ClaimPayment = bare(ClaimPayment)
        claim.patient_control_number, claim.status_code = reference, status
        claim.charge_cents, claim.paid_cents = charge, paid
        claim.patient_responsibility_cents = int(share) * 100 + PARTS[share_part] if share else 0
        claim.filing_indicator, claim.payer_control_number = filing, payers_number
        claim.patient = Name(last, first, middle, suffix, member)
        claim.rendering_npi, claim.facility_code, claim.frequency_code = npi, facility, frequency
        claim.service_from, claim.service_to, claim.received_on = days
        claim.adjustments, claim.lines, claim.remark_codes = adjustments[0], lines, remarks
        if ref:
            claim.references = self._references(ref)
        return claim, after, adjusted

    def _references(self, text: str) -> tuple[Reference, ...]:
        return tuple([Reference(e[1], e[2]) for e in self.adjustments.segments(text)])

    def _lines(self, text: str, at: int) -> tuple[tuple[ServicePayment, ...], int, int] | None:
        """The ordinary lines that follow each other, the sum of their adjustments, and the place after them."""
        procedures, days_of, adjustments_of, lines, adjusted = self.procedures, self.line_days, self.adjustments, [], 0
        stop = text.find(self.next_claim, at) + 1 or len(text)
        for (
            whole, composite, charged, charged_part, payment, payment_part, units, dtm, cas, control, allowed, allowed_part, lq,
        ) in self.find_lines(text, at, stop):  # fmt: skip
            if not text.startswith(whole, at):
                break
            days, adjustments, remarks = days_of[dtm], adjustments_of[cas], self.remarks[lq] if lq else ()
            count = QUANTITIES[units] if units else 1
            if days is None or adjustments is None or remarks is None or count is None:
                return None
            charge, paid = int(charged) * 100 + PARTS[charged_part], int(payment) * 100 + PARTS[payment_part]
            qualifier, code, modifiers = procedures[composite]
            reasons, total = adjustments
            if charge - total != paid:
                return None
            line: ServicePayment = bare(ServicePayment)
            line.procedure, line.modifiers, line.procedure_qualifier = code, modifiers, qualifier
            line.charge_cents, line.paid_cents, line.units = charge, paid, count
            line.date, line.date_to = days
            line.line_control_number, line.adjustments = control, reasons
            if allowed:
                line.allowed_cents = int(allowed) * 100 + PARTS[allowed_part]
            if lq:
                line.remark_codes = remarks
            lines.append(line)
            adjusted += total
            at += len(whole)
        return tuple(lines), adjusted, at

    def _leave_open(self, claim: ClaimPayment, adjusted: int, last_line: int) -> None:
        """As if the handlers had read the claim: its last line is not closed yet."""
        self.claim = self.at = claim
        self.line, self.adjusted, self.line_before = None, adjusted, 0
        if claim.lines:
            self.lines.extend(claim.lines[:-1])
            self.line = self.at = line = claim.lines[-1]
            self.line_before = adjusted - sum([a.amount_cents for a in line.adjustments])
            self.line_number = last_line
            claim.lines = ()

"""Reading the 837P (005010X222A1), the lower half: claims and the names in them."""

from __future__ import annotations

from typing import Any

from chalicelib.x12 import checks
from chalicelib.x12.claim837 import Accident, Attachment, Claim837
from chalicelib.x12.parties import Party, Reference
from chalicelib.x12.read837hl import Subscriber
from chalicelib.x12.read837payers import Payers837
from chalicelib.x12.transaction import CENTS, Elements

_CLAIM_ORDER = {"CLM": 0, "DTP": 1, "PWK": 2, "CN1": 3, "AMT": 4, "REF": 5, "K3": 6, "NTE": 7, "CR1": 8, "CR2": 9,
                "CRC": 10, "HI": 11, "HCP": 12}  # fmt: skip
_CLAIM_PARTIES = {"DN": "referring", "82": "rendering", "77": "facility", "DQ": "supervising"}
_CLAIM_LOOPS = {"DN": "2310A", "P3": "2310A", "82": "2310B", "77": "2310C", "DQ": "2310D", "PW": "2310E", "45": "2310F"}
_NUMBERS = frozenset(("0B", "1G", "G2", "LU"))  # state license, UPIN, the payer's number, location
_LINE_PARTIES = {"82": "rendering", "QB": "purchased", "77": "facility", "DQ": "supervising", "DK": "ordering",
                 "DN": "referring", "P3": "primary_care"}  # fmt: skip
_LINE_LOOPS = {"82": "2420A", "QB": "2420B", "77": "2420C", "DQ": "2420D", "DK": "2420E", "DN": "2420F", "P3": "2420F",
               "PW": "2420G", "45": "2420H"}  # fmt: skip


class Claims837(Payers837):
    """One ST of an 837P, segment by segment. Emits its claims."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.claims = 0
        self.rank = 0
        self.diagnoses: list[str] = []
        self.seen: checks.SeenBefore = engine.seen
        self.handlers |= {
            "CLM": self._clm, "DTP": self._dtp, "PWK": self._pwk, "CN1": self.ignore, "AMT": self._amt, "K3": self.ignore,
            "NTE": self._nte, "CR1": self.ignore, "CR2": self.ignore, "CR3": self.ignore, "CRC": self.ignore, "HI": self._hi,
            "HCP": self.ignore, "CAS": self._cas, "OI": self._oi, "MOA": self._moa, "LX": self._lx, "SV1": self._sv1,
            "SV5": self.ignore, "QTY": self.ignore, "MEA": self.ignore, "PS1": self.ignore, "LIN": self._lin,
            "CTP": self._ctp, "SVD": self._svd, "LQ": self.ignore, "FRM": self.ignore, "CUR": self.ignore,
        }  # fmt: skip

    def open_segments(self) -> tuple[int, ...]:
        return (self.claim.segment_number if self.claim else 0, self.line_number, self.hl_number)

    def keep(self, text: str) -> None:
        if self.claim is not None:
            self.hold(self.claim, "unread", (text,), weight=10)
        elif len(self.loose) < 1000:
            self.loose += (text,)

    # Claims: 2300

    def end_level(self) -> None:
        self._close_claim()

    def _clm(self, e: Elements) -> None:
        self._close_claim()
        number = self.engine.number
        self.check_billing(self.hl_number or number)
        self.check_subscriber(self.hl_number or number)
        if not 13 <= len(e) <= 21:
            self.fit(e)
        self.loop, self.rank, self.party, self.line_number = "2300", 0, None, 0
        charge = CENTS[e[2]]
        if charge is None:
            charge = self.cents(e, 2)
        place, _, rest = e[5].partition(self.component)
        qualifier, _, frequency = rest.partition(self.component)
        claim = Claim837(e[1], charge, place, frequency)
        claim.signature_on_file, claim.assignment_code, claim.benefits_assigned, claim.release = e[6], e[7], e[8], e[9]
        claim.segment_number = number
        self._who(claim)
        if e[11]:
            self._accident(claim, e[11])
        self.claim = claim
        self.claims += 1
        if any(e[12:]):
            self.ignore(e)
        elif self.loose:
            claim.unread, self.loose = self.loose, ()
        self._check_clm(e, charge, place, qualifier, frequency)

    def _check_clm(self, e: Elements, charge: int, place: str, qualifier: str, frequency: str) -> None:
        if not e[1]:
            self.fault("ELEMENT_MISSING", 1)
        elif self.seen.add(e[1]):
            self.fault("CLAIM_DUPLICATE", 1)
        if charge < 0:
            self.fault("NEGATIVE_AMOUNT", 2)
        if place not in checks.PLACES:
            self.fault("PLACE_OF_SERVICE", 5, 1)
        if qualifier != "B":
            self.fault("BAD_CODE", 5, 2)
        if frequency not in checks.FREQUENCIES:
            self.fault("FREQUENCY_CODE", 5, 3)
        for index, allowed in ((6, "YN"), (7, "ABC"), (8, "NWY"), (9, "IY")):
            if len(e[index]) != 1 or e[index] not in allowed:
                self.fault("BAD_CODE" if e[index] else "ELEMENT_MISSING", index)

    def _who(self, claim: Claim837) -> None:
        """Copy the levels above onto the claim. People and parties are shared between claims, not copied."""
        if self.billing is not None:
            claim.billing = self.billing
        claim.pay_to = self.pay_to
        s = self.subscriber or Subscriber()
        claim.subscriber, claim.member_id, claim.payer_sequence = s.person, s.member_id, s.sequence
        claim.group_number, claim.group_name, claim.claim_filing = s.group_number, s.group_name, s.claim_filing
        claim.insurance_type, claim.payer_name, claim.payer_id = s.insurance_type, s.payer_name, s.payer_id
        claim.payer_address = s.payer.address
        number = s.property_claim
        if self.patient is not None:
            claim.patient, claim.patient_relationship = self.patient, self.relationship
            number = self.patient_claim or number
        if number:
            claim.accident = Accident(claim_number=number)

    def _ordered(self, segment: str) -> bool:
        """True inside 2300 itself; reports a segment that stands after one it must precede."""
        if self.loop != "2300":
            return False
        rank = _CLAIM_ORDER[segment]
        if rank < self.rank:
            self.fault("SEGMENT_ORDER")
        self.rank = rank
        return True

    def _late(self) -> bool:
        """A 2300 segment after the claim's own part but before its lines: out of order, still the claim's."""
        if self.claim is None or self.line is not None or not self.loop.startswith("231"):
            return False
        self.fault("SEGMENT_ORDER")
        return True

    def _dtp(self, e: Elements) -> None:
        if len(e) != 4:
            self.fit(e)
        kind, text = e[1], e[3]
        line, claim = self.line, self.claim
        if line is not None:
            self._line_date(line, kind, text, e)
            return
        if claim is None:
            self.misplaced(e)
        elif self.other is not None:
            if kind == "573":
                self.other.adjudicated_on = self.day(text, 3)
            else:
                self.ignore(e)
        elif self._ordered("DTP") or self._late():
            self._claim_date(claim, kind, text, e)

    def _claim_date(self, claim: Claim837, kind: str, text: str, e: Elements) -> None:
        match kind:
            case "439":
                claim.accident = claim.accident or Accident()
                claim.accident.date = self.day(text[:8], 3)
            case "454":
                claim.initial_treatment_date = self.day(text, 3)
            case "431":
                claim.onset_date = self.day(text, 3)
            case _:
                self.ignore(e)

    def _pwk(self, e: Elements) -> None:
        self.fit(e)
        if self.claim is not None and self._ordered("PWK"):
            self.hold(self.claim, "attachments", (Attachment(e[1], e[2], e[6]),))
        else:
            self.ignore(e)

    def _amt(self, e: Elements) -> None:
        if len(e) != 3:
            self.fit(e)
        kind = e[1]
        if self.adjudication is not None and kind == "EAF":
            self.adjudication.patient_liability_cents = self.cents(e, 2)
        elif self.line is not None:
            self.ignore(e)
        elif self.other is not None and kind in ("D", "A8", "EAF"):
            self._other_amount(self.other, kind, e)
        elif self.claim is not None and kind == "F5" and self._ordered("AMT"):
            self.claim.patient_paid_cents = self.cents(e, 2)
        elif self.claim is not None:
            self.ignore(e)
        else:
            self.misplaced(e)

    def _ref(self, e: Elements) -> None:
        line, claim = self.line, self.claim
        if claim is None:
            self.header_reference(e)
            return
        if len(e) != 3:
            self.fit(e)
        kind = e[1]
        if line is not None:
            if kind == "6R":
                line.line_control_number = e[2]
            elif kind == "G1" and self.loop == "2400":
                line.authorization_number = e[2]
            elif not self._prescription(line, kind, e):
                self._number(e)
        elif self.other is not None:
            if kind == "F8" and self.loop == "2330B":
                self.other.payer_control_number = e[2]
            else:
                self.ignore(e)
        elif self.loop == "2300" or kind in ("F8", "G1", "9F"):
            self._claim_reference(claim, kind, e)
        else:
            self._number(e)

    def _number(self, e: Elements) -> None:
        """REF of a provider in a claim or line: one more of its numbers. One that names whose number it is (REF04) stays text."""
        if isinstance(self.party, Party) and e[1] in _NUMBERS and not any(e[3:]):
            self.hold(self.party, "references", (Reference(e[1], e[2]),))
        else:
            self.ignore(e)

    def _claim_reference(self, claim: Claim837, kind: str, e: Elements) -> None:
        self._ordered("REF") or self._late()
        if kind == "G1":
            claim.authorization_number = e[2]
        elif kind == "9F":
            claim.referral_number = e[2]
        elif kind == "F8":
            claim.original_reference = e[2]
        else:
            self.ignore(e)

    def _nte(self, e: Elements) -> None:
        self.fit(e)
        if self.line is not None:
            if e[1] == "ADD" and not self.line.note:
                self.line.note = e[2]
            else:
                self.ignore(e)
        elif self.claim is not None and self._ordered("NTE"):
            self.hold(self.claim, "notes", ((e[1], e[2]),))
        else:
            self.misplaced(e)

    def _hi(self, e: Elements) -> None:
        claim = self.claim
        if claim is None or self.line is not None:
            self.misplaced(e)
            return
        if len(e) > 13:
            self.fit(e)
        self._ordered("HI") or self._late()
        others = []
        for index in range(1, len(e)):
            qualifier, _, code = e[index].partition(self.component)
            if qualifier in ("ABK", "ABF", "BK", "BF"):
                code = code.partition(self.component)[0]
                if self.has_room(claim, "diagnoses", len(self.diagnoses)):
                    self.diagnoses.append(code.replace(".", ""))
                if qualifier[0] == "A" and not checks.is_diagnosis_form(code):
                    self.fault("DIAGNOSIS_FORM", index, 2)
            elif e[index]:
                others.append(e[index])
        if others:
            self.ignore(["HI", *others])

    # Names inside a claim: 2310, 2420

    def _nm1(self, e: Elements) -> None:
        claim = self.claim
        if claim is None:
            self.header_name(e)
            return
        if len(e) != 10:
            self.fit(e)
        kind = e[1]
        self.party = None
        if self.line is not None:
            self.loop = _LINE_LOOPS.get(kind, self.loop)
            self.adjudication = None
            self._name(self.line, _LINE_PARTIES.get(kind), e)
        elif self.other is not None:
            self._other_name(self.other, kind, e)
        else:
            self.loop = _CLAIM_LOOPS.get(kind, self.loop)
            self._name(claim, _CLAIM_PARTIES.get(kind), e)
            if kind == "DN" and not e[9]:
                self.fault("REFERRING_NPI", 9)

    def _name(self, owner: Any, attribute: str | None, e: Elements) -> None:
        if attribute is None or getattr(owner, attribute) is not None:
            if e[1] not in _CLAIM_LOOPS and e[1] not in _LINE_LOOPS:
                self.fault("BAD_CODE", 1)
            self.ignore(e)
            return
        self.party = self.named(e)
        setattr(owner, attribute, self.party)

    # Ends

    def _close_claim(self) -> None:
        claim = self.claim
        if claim is None:
            return
        line, lines, diagnoses = self.line, self.lines, self.diagnoses
        if line is not None and (line.date is None or not line.unit_basis):
            self._close_line(line)
        claim.lines, claim.diagnoses = tuple(lines), tuple(diagnoses)
        if (
            not 0 < len(lines) <= 50 or not 0 < len(diagnoses) <= 12 or self.highest_pointer > len(diagnoses)
            or self.line_sum != claim.charge_cents or claim.accident is not None or claim.frequency_code != "1"
        ):  # fmt: skip
            self._check_claim(claim, claim.segment_number)
        self.claim = self.line = self.other = self.adjudication = self.party = None
        self.lines, self.diagnoses, self.line_sum, self.highest_pointer = [], [], 0, 0
        self.loop = "2300"
        self.emit(claim)

    def _check_claim(self, claim: Claim837, number: int) -> None:
        count = len(claim.diagnoses)
        self.require(count > 0, "HI", "2300", number)
        self.require(bool(claim.lines), "LX", "2400", number)
        if claim.lines and self.line_sum != claim.charge_cents:
            self.fault("CLAIM_SUM", 2, number=number, loop="2300", note=f"the lines add up to {self.line_sum} cents")
        if self.highest_pointer > count:
            self.fault("POINTER_DANGLING", 7, number=number, loop="2400", segment="SV1")
        for loop, segment, many in (("2400", "LX", len(claim.lines) > 50), ("2300", "HI", count > 12)):
            if many:
                self.fault("TOO_MANY", number=number, loop=loop, segment=segment)
        if claim.frequency_code in ("7", "8") and not claim.original_reference:
            self.fault("ORIGINAL_MISSING", number=number, loop="2300", segment="REF")
        accident = claim.accident
        if accident is not None and "AA" in accident.related_causes and accident.date is None:
            self.fault("ACCIDENT_DATE", number=number, loop="2300", segment="DTP")

    def close(self) -> None:
        self._close_claim()
        if not self.claims and not self.hl_count:
            self.require(False, "HL", "2000A")

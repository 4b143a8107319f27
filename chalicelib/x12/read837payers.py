"""Reading the 837P (005010X222A1), the other payers of a claim: loops 2320 and 2330, and every CAS."""

from __future__ import annotations

from chalicelib.x12 import adjudication
from chalicelib.x12.claim837 import OtherPayer
from chalicelib.x12.read835summary import outpatient, remarks
from chalicelib.x12.read837hl import person
from chalicelib.x12.read837lines import Lines837
from chalicelib.x12.remittance835 import Adjustment
from chalicelib.x12.transaction import Elements

_MOST = 10  # other payers of a claim (X222A1 2320)


class Payers837(Lines837):
    """Who else pays, and what it decided."""

    def _other_name(self, other: OtherPayer, kind: str, e: Elements) -> None:
        if kind == "IL":
            self.loop = "2330A"
            other.subscriber, other.member_id = person(e), e[9]
            self.party = other.subscriber
        elif kind == "PR":
            self.loop = "2330B"
            other.payer_name, other.payer_id = e[3], e[9]
        else:
            self.loop = "2330C"
            self.ignore(e)

    def _sbr(self, e: Elements) -> None:
        claim = self.claim
        if claim is None:
            self.subscriber_info(e)
            return
        if self.line is not None:
            self.misplaced(e)
            return
        self.fit(e)
        self.loop, self.party = "2320", None
        self.other = OtherPayer(
            e[1], e[9], relationship=e[2], group_number=e[3], group_name=e[4], insurance_type=e[5], benefits_assigned="",
            release="",
        )  # fmt: skip
        taken = {claim.payer_sequence, *(o.sequence for o in claim.other_payers[:_MOST])}
        self.hold(claim, "other_payers", (self.other,))
        self.check_sbr(e)
        if e[1] in taken:
            self.fault("PAYER_SEQUENCE", 1)

    def _oi(self, e: Elements) -> None:
        if self.other is None or self.line is not None:
            self.misplaced(e)
            return
        self.fit(e)
        self.other.benefits_assigned, self.other.release = e[3], e[6]

    def _moa(self, e: Elements) -> None:
        if self.other is None or self.line is not None:
            self.misplaced(e)
            return
        self.fit(e)
        told = outpatient(self, e)
        if told is not None and self.other.outpatient is not None:
            self.fault("SEGMENT_REPEATED")
            self.ignore(e)
            return
        self.other.outpatient = told or self.other.outpatient
        self.hold(self.other, "remark_codes", remarks(self, e, adjudication.MOA_REMARKS))

    def _cas(self, e: Elements) -> None:
        target = self.adjudication if self.line is not None else self.other
        if target is None:
            self.misplaced(e)
            return
        self.fit(e)
        found = []
        for index in range(2, 20, 3):
            if e[index] or e[index + 1]:
                quantity = self.quantity(e[index + 2], index + 2)
                if e[index]:
                    self.judge("CARC", e[index], index)
                else:
                    self.fault("ELEMENT_MISSING", index)
                found.append(Adjustment(e[1], e[index], self.cents(e, index + 1), quantity))
        self.hold(target, "adjustments", tuple(found))

    def _other_amount(self, other: OtherPayer, kind: str, e: Elements) -> None:
        amount = self.cents(e, 2)
        if kind == "D":
            other.paid_cents = amount
        elif kind == "A8":
            other.non_covered_cents = amount
        else:
            other.patient_liability_cents = amount

"""Reading the 278 (005010X217), request and answer: BHT02 says which (13 request, 11 answer)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.x12.eligibility import RequestError
from chalicelib.x12.parties import Address, Party, Person
from chalicelib.x12.review278 import Decision, Review, ReviewRequest, ReviewResponse, ReviewService
from chalicelib.x12.transaction import Elements, TransactionReader

_LOOPS = {"20": "2010A", "21": "2010B", "22": "2010C", "23": "2010D", "EV": "2000E", "SS": "2000F"}


class Reader278(TransactionReader):
    """One ST. Emits a request or answer for every patient event (level EV), or for the patient when there is none."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.empty: Review = ReviewRequest(category="", certification_type="", service_type="")
        self.upper: Review = self.empty  # payer, provider and patient so far
        self.review: Review | None = None
        self.service: ReviewService | None = None
        self.refused = False  # errors above any patient event: there may be no event to carry them
        self.level = ""
        self.person: Person | None = None
        self.handlers = {
            "BHT": self._bht, "HL": self._hl, "NM1": self._nm1, "N3": self._n3, "N4": self._n4, "DMG": self._dmg,
            "TRN": self._trn, "UM": self._um, "HCR": self._hcr, "AAA": self._aaa, "DTP": self._dtp, "HI": self._hi,
            "HSD": self._hsd, "SV1": self._sv1, "REF": self._ref, "INS": self._ins, "MSG": self._msg, "PRV": self._prv,
            "PER": self._other, "SV2": self._other, "SV3": self._other, "TOO": self._other, "CRC": self._other,
            "CL1": self._other, "CR1": self._other, "CR2": self._other, "CR5": self._other, "CR6": self._other,
            "CR7": self._other, "CR8": self._other, "PWK": self._other,
        }  # fmt: skip

    def keep(self, text: str) -> None:
        if self.review is not None:
            self.hold(self.review, "unread", (text,), weight=10)

    def _other(self, e: Elements) -> None:
        separator = self.engine.separators.element
        self.keep(separator.join(e).rstrip(separator))

    def _bht(self, e: Elements) -> None:
        self.fit(e)
        kind: type[Review] = ReviewResponse if e[2] == "11" else ReviewRequest
        self.empty = self.upper = kind(category="", certification_type="", service_type="")

    def _hl(self, e: Elements) -> None:
        self.fit(e)
        level = e[3]
        if level not in _LOOPS:
            self.fault("BAD_CODE", 3)
        if level != "SS":
            self._close()
        if level == "20":
            self._close_upper()
            self.upper = replace(self.empty)
        elif level == "21":
            self.upper = replace(self.upper, provider=Party())
        elif level == "22":
            self.upper = replace(self.upper, subscriber=Person(), member_id="", dependent=None)
        elif level == "23":
            self.upper = replace(self.upper, dependent=Person())
        elif level == "EV":
            self._open()
        elif level == "SS":
            self.service = ReviewService()
            self.hold(self._current(), "services", (self.service,))
        self.level, self.person = level, None

    def _open(self) -> Review:
        self.refused = False
        self.review = replace(self.upper, segment_number=self.engine.number)
        return self.review

    def _current(self) -> Review:
        return self.review if self.review is not None else self._open()

    def _nm1(self, e: Elements) -> None:
        self.fit(e)
        upper = self.upper
        if self.level == "20":
            upper.payer_name, upper.payer_id = e[3], e[9]
        elif self.level == "21":
            upper.provider = Party(e[3], e[4], e[5], e[7], e[2] == "1")
            if e[8] == "XX":
                upper.provider.npi = e[9]
            else:
                upper.provider.id_qualifier, upper.provider.id_code = e[8], e[9]
        elif self.level == "22":
            self.person = upper.subscriber = Person(e[3], e[4], e[5], e[7])
            upper.member_id = e[9]
        elif self.level == "23":
            self.person = upper.dependent = Person(e[3], e[4], e[5], e[7])
        else:
            self._other(e)

    def _n3(self, e: Elements) -> None:
        self.fit(e)
        if self.person is None:
            self._other(e)
            return
        self.person.address = self.person.address or Address()
        self.person.address.line1, self.person.address.line2 = e[1], e[2]

    def _n4(self, e: Elements) -> None:
        self.fit(e)
        if self.person is None:
            self._other(e)
            return
        a = self.person.address = self.person.address or Address()
        a.city, a.state, a.zip = e[1], e[2], e[3]

    def _dmg(self, e: Elements) -> None:
        self.fit(e)
        if self.person is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.person.date_of_birth, self.person.sex = self.day(e[2], 2), e[3]

    def _trn(self, e: Elements) -> None:
        self.fit(e)
        if self.service is not None:
            self.service.trace = self.service.trace or e[2]
            return
        target = self.upper if self.review is None else self.review
        if not target.trace:
            target.trace, target.trace_origin = e[2], e[3]
        else:
            self._other(e)

    def _um(self, e: Elements) -> None:
        self.fit(e)
        if self.service is not None:
            return
        r = self._current()
        r.category, r.certification_type, r.service_type = e[1], e[2], e[3]
        r.place_of_service = e[4].split(self.component)[0]

    def _hcr(self, e: Elements) -> None:
        self.fit(e)
        decision = Decision(e[1], e[2], e[3])
        review = self._current()
        if self.service is not None:
            self.service.decision = decision
        elif isinstance(review, ReviewResponse):
            review.decision = decision
        else:
            self.fault("SEGMENT_MISPLACED")
            self._other(e)

    def _aaa(self, e: Elements) -> None:
        self.fit(e)
        review = self.review or self.upper
        if isinstance(review, ReviewResponse):
            self.refused = self.review is None
            self.hold(review, "errors", (RequestError(_LOOPS.get(self.level, ""), e[1], e[3], e[4]),))
        else:
            self.fault("SEGMENT_MISPLACED")

    def _dtp(self, e: Elements) -> None:
        self.fit(e)
        begin, end = self.period(e[3], 3)
        holder = self.service or self.review
        if e[1] == "472" and holder is not None:
            holder.service_from, holder.service_to = begin, end
        elif e[1] == "007" and isinstance(self.review, ReviewResponse) and self.service is None:
            self.review.effective_from, self.review.effective_to = begin, end
        else:
            self._other(e)

    def _hi(self, e: Elements) -> None:
        self.fit(e)
        for text in e[1:]:
            if text:
                self.hold(
                    self._current(), "diagnoses", (text.split(self.component)[1] if self.component in text else text,)
                )

    def _hsd(self, e: Elements) -> None:
        self.fit(e)
        holder = self.service or self._current()
        holder.quantity_qualifier, holder.quantity = e[1], self.quantity(e[2], 2)
        if any(e[3:]):
            self._other(e)

    def _sv1(self, e: Elements) -> None:
        self.fit(e)
        if self.service is None:
            self.fault("SEGMENT_MISPLACED")
            return
        _, self.service.procedure, self.service.modifiers, _ = self.procedure(e[1])
        self.service.charge_cents = self.optional_cents(e, 2)
        self.service.units = self.quantity(e[4], 4)

    def _ref(self, e: Elements) -> None:
        self.fit(e)
        if e[1] == "BB" and isinstance(self.review, ReviewRequest) and self.service is None:
            self.review.authorization_number = e[2]
        else:
            self._other(e)

    def _ins(self, e: Elements) -> None:
        self.fit(e)
        if self.level == "23":
            self.upper.relationship = e[2]
        else:
            self._other(e)

    def _msg(self, e: Elements) -> None:
        review = self._current()
        review.message = " ".join(part for part in (review.message, *e[1:2]) if part)

    def _prv(self, e: Elements) -> None:
        self.fit(e)
        if self.level == "21":
            self.upper.provider.taxonomy = e[3]
        else:
            self._other(e)

    def _close(self) -> None:
        if self.review is not None:
            self.emit(self.review)
        self.review = self.service = None

    def _close_upper(self) -> None:
        if self.refused:
            self.emit(self.upper)
        self.refused = False

    def close(self) -> None:
        self._close()
        self._close_upper()

"""Writing the 278 (005010X217): requests for authorization, and answers for the payer simulator."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.x12.amounts import cents_text, quantity_text
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.review278 import Decision, Review, ReviewRequest, ReviewResponse, ReviewService
from chalicelib.x12.write270 import NO_ORIGIN
from chalicelib.x12.writer import SegmentWriter, write_sets

VERSION = "005010X217"


def write_278(interchange: Interchange, reviews: Sequence[Review], transaction_control: str = "0001") -> bytes:
    """A file of requests or answers, one transaction set each."""
    bodies = [_Body(interchange, review).write for review in reviews]
    return write_sets(interchange, "HI", "278", VERSION, bodies, transaction_control)


class _Body:
    def __init__(self, interchange: Interchange, review: Review) -> None:
        self.interchange = interchange
        self.r = review
        self.answer = review if isinstance(review, ReviewResponse) else None

    def write(self, out: SegmentWriter) -> None:
        self.out = out
        r, stamp = self.r, self.interchange.created_at
        reference = r.trace or f"{self.interchange.control_number:09d}"
        purpose, kind = ("11", "18") if self.answer else ("13", "")
        out.segment("BHT", "0007", purpose, reference, f"{stamp:%Y%m%d}", f"{stamp:%H%M}", kind)
        out.segment("HL", "1", "", "20", "1")
        out.segment("NM1", "X3", "2", r.payer_name, "", "", "", "", "PI", r.payer_id)
        self._errors("2010A")
        out.segment("HL", "2", "1", "21", "1")
        out.name("1P", r.provider)
        self._errors("2010B")
        if r.provider.taxonomy:
            out.segment("PRV", "PE", "PXC", r.provider.taxonomy)
        out.segment("HL", "3", "2", "22", "1")
        out.person("IL", r.subscriber, r.member_id)
        out.address(r.subscriber.address)
        self._errors("2010C")
        out.demographics(r.subscriber)
        if r.dependent is not None:
            out.segment("HL", "4", "3", "23", "1")
            out.person("QC", r.dependent)
            out.address(r.dependent.address)
            self._errors("2010D")
            out.demographics(r.dependent)
            out.segment("INS", "N", r.relationship or "19")
        self._event(5 if r.dependent is not None else 4)

    def _errors(self, loop: str) -> None:
        for error in self.answer.errors if self.answer else ():
            if error.loop == loop:
                self.out.segment("AAA", error.valid, "", error.reason, error.follow_up)

    def _event(self, number: int) -> None:
        out, r, answer = self.out, self.r, self.answer
        out.segment("HL", str(number), str(number - 1), "EV", "1" if r.services else "0")
        if r.trace:
            out.segment("TRN", "2" if answer else "1", r.trace, r.trace_origin or NO_ORIGIN)
        self._errors("2000E")
        place = (r.place_of_service, "B") if r.place_of_service else ()
        out.segment("UM", r.category, r.certification_type, r.service_type, place)
        if answer is not None:
            self._decision(answer.decision)
        elif isinstance(r, ReviewRequest):
            out.optional("REF", "BB", r.authorization_number)
        out.day("472", r.service_from, end=r.service_to)
        if answer is not None:
            out.day("007", answer.effective_from, end=answer.effective_to)
        for start in range(0, len(r.diagnoses), 12):
            codes = r.diagnoses[start : start + 12]
            out.segment("HI", *(("ABK" if start + n == 0 else "ABF", code) for n, code in enumerate(codes)))
        if r.quantity is not None:
            out.segment("HSD", r.quantity_qualifier, quantity_text(r.quantity))
        if r.message:
            out.segment("MSG", r.message)
        for offset, service in enumerate(r.services, 1):
            self._service(number, number + offset, service)

    def _decision(self, decision: Decision | None) -> None:
        if decision is not None:
            self.out.segment("HCR", decision.action, decision.number, decision.reason)

    def _service(self, parent: int, number: int, s: ReviewService) -> None:
        out = self.out
        out.segment("HL", str(number), str(parent), "SS", "0")
        if s.trace:
            out.segment("TRN", "2" if self.answer else "1", s.trace, NO_ORIGIN)
        out.segment("UM", self.r.category, self.r.certification_type)
        self._decision(s.decision)
        out.day("472", s.service_from, end=s.service_to)
        if s.procedure:
            charge = "" if s.charge_cents is None else cents_text(s.charge_cents)
            units = quantity_text(s.units)
            out.segment("SV1", ("HC", s.procedure, *s.modifiers), charge, "UN" if units else "", units)
        if s.quantity is not None:
            out.segment("HSD", s.quantity_qualifier, quantity_text(s.quantity))

"""Writing eligibility requests (270) and answers (271), 005010X279A1: one transaction set for each person."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.x12.amounts import cents_text, quantity_text
from chalicelib.x12.eligibility import Benefit, BenefitResponse, EligibilityRequest
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.writer import SegmentWriter, write_sets

VERSION = "005010X279A1"
NO_ORIGIN = "9999999999"


def write_270(
    interchange: Interchange, requests: Sequence[EligibilityRequest], transaction_control: str = "0001"
) -> bytes:
    """An eligibility request file."""
    bodies = [_Request(interchange, request).write for request in requests]
    return write_sets(interchange, "HS", "270", VERSION, bodies, transaction_control)


def write_271(
    interchange: Interchange, responses: Sequence[BenefitResponse], transaction_control: str = "0001"
) -> bytes:
    """An eligibility answer file."""
    bodies = [_Response(interchange, response).write for response in responses]
    return write_sets(interchange, "HB", "271", VERSION, bodies, transaction_control)


def _head(out: SegmentWriter, interchange: Interchange, purpose: str, trace: str) -> None:
    stamp = interchange.created_at
    reference = trace or f"{interchange.control_number:09d}"
    out.segment("BHT", "0022", purpose, reference, f"{stamp:%Y%m%d}", f"{stamp:%H%M}")


class _Request:
    def __init__(self, interchange: Interchange, request: EligibilityRequest) -> None:
        self.interchange = interchange
        self.q = request

    def write(self, out: SegmentWriter) -> None:
        q = self.q
        _head(out, self.interchange, "13", q.trace)
        out.segment("HL", "1", "", "20", "1")
        out.segment("NM1", "PR", "2", q.payer_name, "", "", "", "", "PI", q.payer_id)
        out.segment("HL", "2", "1", "21", "1")
        out.name("1P", q.provider)
        if q.provider.taxonomy:
            out.segment("PRV", "PE", "PXC", q.provider.taxonomy)
        out.segment("HL", "3", "2", "22", "1" if q.dependent else "0")
        if not q.dependent:
            self._trace(out)
        out.person("IL", q.subscriber, q.member_id)
        out.optional("REF", "6P", q.group_number)
        out.address(q.subscriber.address)
        out.demographics(q.subscriber)
        if q.dependent:
            out.segment("HL", "4", "3", "23", "0")
            self._trace(out)
            out.person("03", q.dependent)
            out.address(q.dependent.address)
            out.demographics(q.dependent)
            out.segment("INS", "N", q.relationship or "19")
        out.day("291", q.date, end=q.date_to)
        out.segment("EQ", list(q.service_types))

    def _trace(self, out: SegmentWriter) -> None:
        if self.q.trace:
            out.segment("TRN", "1", self.q.trace, self.q.trace_origin or NO_ORIGIN)


class _Response:
    def __init__(self, interchange: Interchange, response: BenefitResponse) -> None:
        self.interchange = interchange
        self.r = response

    def write(self, out: SegmentWriter) -> None:
        r = self.r
        _head(out, self.interchange, "11", r.trace)
        out.segment("HL", "1", "", "20", "1")
        out.segment("NM1", "PR", "2", r.payer_name, "", "", "", "", "PI", r.payer_id)
        self._errors(out, "2100A")
        out.segment("HL", "2", "1", "21", "1")
        out.name("1P", r.provider)
        self._errors(out, "2100B")
        if r.provider.taxonomy:
            out.segment("PRV", "PE", "PXC", r.provider.taxonomy)
        out.segment("HL", "3", "2", "22", "1" if r.dependent else "0")
        if not r.dependent:
            self._trace(out)
        out.person("IL", r.subscriber, r.member_id)
        out.optional("REF", "6P", r.group_number)
        if not r.dependent:
            self._references(out)
        out.address(r.subscriber.address)
        self._errors(out, "2100C")
        out.demographics(r.subscriber)
        if r.dependent:
            self._dependent(out)
        for date in r.dates:
            out.day(date.qualifier, date.begin, end=date.end)
        for benefit in r.benefits:
            self._benefit(out, benefit)
        self._errors(out, "2110C")
        self._errors(out, "2110D")

    def _dependent(self, out: SegmentWriter) -> None:
        r = self.r
        if r.dependent is None:
            return
        out.segment("HL", "4", "3", "23", "0")
        self._trace(out)
        out.person("03", r.dependent)
        self._references(out)
        out.address(r.dependent.address)
        self._errors(out, "2100D")
        out.demographics(r.dependent)
        out.segment("INS", "N", r.relationship or "19")

    def _references(self, out: SegmentWriter) -> None:
        for reference in self.r.references:
            out.segment("REF", reference.qualifier, reference.value)

    def _trace(self, out: SegmentWriter) -> None:
        if self.r.trace:
            out.segment("TRN", "2", self.r.trace, self.r.trace_origin or NO_ORIGIN)

    def _errors(self, out: SegmentWriter, loop: str) -> None:
        for error in self.r.errors:
            if error.loop == loop:
                out.segment("AAA", error.valid, "", error.reason, error.follow_up)

    def _benefit(self, out: SegmentWriter, b: Benefit) -> None:
        amount = "" if b.amount_cents is None else cents_text(b.amount_cents)
        out.segment(
            "EB", b.code, b.coverage_level, list(b.service_types), b.insurance_type, b.plan, b.period, amount,
            quantity_text(b.percent), b.quantity_qualifier, quantity_text(b.quantity), b.authorization, b.network,
            ("HC", b.procedure) if b.procedure else (),
        )  # fmt: skip
        for each in b.deliveries:
            out.segment(
                "HSD", each.quantity_qualifier, quantity_text(each.quantity), each.unit, quantity_text(each.each),
                each.period, quantity_text(each.periods),
            )  # fmt: skip
        for reference in b.references:
            out.segment("REF", reference.qualifier, reference.value)
        for date in b.dates:
            out.day(date.qualifier, date.begin, end=date.end)
        for text in b.messages:
            out.segment("MSG", text)
        if b.entity_name:
            out.segment("LS", "2120")
            kind = b.entity_code or "PR"
            out.segment("NM1", kind, "2", b.entity_name, "", "", "", "", "PI" if b.entity_id else "", b.entity_id)
            out.segment("LE", "2120")

"""Writing claim status requests (276) and answers (277), 005010X212."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.x12.amounts import cents_text, day_text
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Person
from chalicelib.x12.status277ca import ClaimStatus, StatusBatch, StatusCode, StatusRequest
from chalicelib.x12.writer import SegmentWriter, write_sets

VERSION = "005010X212"


def write_276(interchange: Interchange, requests: Sequence[StatusRequest], transaction_control: str = "0001") -> bytes:
    """A claim status request file, one transaction set for each request."""
    bodies = [_Request(interchange, request).write for request in requests]
    return write_sets(interchange, "HR", "276", VERSION, bodies, transaction_control)


def write_277(interchange: Interchange, batches: Sequence[StatusBatch], transaction_control: str = "0001") -> bytes:
    """A claim status answer file, one transaction set for each provider's batch; `request_trace` goes back."""
    bodies = [_Response(interchange, batch).write for batch in batches]
    return write_sets(interchange, "HN", "277", VERSION, bodies, transaction_control)


class _Request:
    def __init__(self, interchange: Interchange, request: StatusRequest) -> None:
        self.interchange = interchange
        self.q = request

    def write(self, out: SegmentWriter) -> None:
        q, stamp = self.q, self.interchange.created_at
        out.segment(
            "BHT", "0010", "13", q.trace or f"{self.interchange.control_number:09d}", f"{stamp:%Y%m%d}", f"{stamp:%H%M}"
        )  # fmt: skip
        out.segment("HL", "1", "", "20", "1")
        out.segment("NM1", "PR", "2", q.payer_name, "", "", "", "", "PI", q.payer_id)
        out.segment("HL", "2", "1", "21", "1")
        receiver = q.receiver_id or self.interchange.sender_id
        out.segment("NM1", "41", "2", q.receiver_name or receiver, "", "", "", "", "46", receiver)
        out.segment("HL", "3", "2", "19", "1")
        out.name("1P", q.provider)
        out.segment("HL", "4", "3", "22", "1" if q.dependent else "0")
        if not q.dependent:
            out.demographics(q.subscriber)
        out.person("IL", q.subscriber, q.member_id)
        if q.dependent:
            out.segment("HL", "5", "4", "23")
            out.demographics(q.dependent)
            out.person("QC", q.dependent)
        out.segment("TRN", "1", q.trace or "0")
        out.optional("REF", "1K", q.payer_control_number)
        out.optional("REF", "EJ", q.patient_control_number)
        if q.charge_cents is not None:
            out.segment("AMT", "T3", cents_text(q.charge_cents))
        end = q.service_to if q.service_to != q.service_from else None
        out.day("472", q.service_from, end=end)


class _Response:
    def __init__(self, interchange: Interchange, batch: StatusBatch) -> None:
        self.interchange = interchange
        self.b = batch

    def write(self, out: SegmentWriter) -> None:
        b, stamp = self.b, self.interchange.created_at
        reference = b.batch_reference or f"{self.interchange.control_number:09d}"
        out.segment("BHT", "0010", "08", reference, f"{stamp:%Y%m%d}", f"{stamp:%H%M}", "DG")
        out.segment("HL", "1", "", "20", "1")
        out.segment("NM1", "PR", "2", b.payer_name, "", "", "", "", "PI", b.payer_id)
        out.segment("HL", "2", "1", "21", "1")
        receiver = b.receiver_id or self.interchange.receiver_id
        out.segment("NM1", "41", "2", b.receiver_name or receiver, "", "", "", "", "46", receiver)
        out.segment("HL", "3", "2", "19", "1")
        qualifier, code = ("XX", b.provider_npi) if b.provider_npi else ("FI", b.provider_tax_id)
        out.segment("NM1", "1P", "2", b.provider_name, "", "", "", "", qualifier, code)
        for number, claim in enumerate(b.claims, 4):
            self._claim(out, number, claim)

    def _claim(self, out: SegmentWriter, number: int, c: ClaimStatus) -> None:
        out.segment("HL", str(number), "3", "22", "0")
        p = c.patient
        out.person("IL", Person(p.last_name, p.first_name, p.middle_name, p.suffix), p.member_id)
        out.segment("TRN", "2", c.request_trace or "0")
        codes = [(s.category, s.status, s.entity) for s in (StatusCode(c.category, c.status, c.entity), *c.further)]
        trio = [*codes[:3], (), ()]
        out.segment(
            "STC", trio[0], day_text(c.effective_date), "", cents_text(c.charge_cents),
            "" if c.paid_cents is None else cents_text(c.paid_cents), day_text(c.finalized_on), "", "", c.payment_trace,
            trio[1], trio[2],
        )  # fmt: skip
        out.optional("REF", "1K", c.payer_control_number)
        out.optional("REF", "EJ", c.patient_control_number)
        end = c.service_to if c.service_to != c.service_from else None
        out.day("472", c.service_from, end=end)

"""Writing the 277CA (005010X214): which claims a payer took in, which it sent back, and why."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.x12.amounts import cents_text, day_text
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Name
from chalicelib.x12.status277ca import ClaimStatus, StatusBatch, StatusCode
from chalicelib.x12.writer import SegmentWriter, write_sets

VERSION = "005010X214"


def write_277ca(interchange: Interchange, batches: Sequence[StatusBatch], transaction_control: str = "0001") -> bytes:
    """A claim acknowledgement file, one transaction set for each batch. Counts of 0 and 0 are counted from the claims."""
    bodies = [_Body(interchange, batch).write for batch in batches]
    return write_sets(interchange, "HN", "277", VERSION, bodies, transaction_control)


class _Body:
    def __init__(self, interchange: Interchange, batch: StatusBatch) -> None:
        self.interchange = interchange
        self.b = batch

    def write(self, out: SegmentWriter) -> None:
        self.out = out
        b, stamp = self.b, self.interchange.created_at
        day = day_text(b.processed_on or stamp.date())
        out.segment(
            "BHT", "0085", "08", f"{self.interchange.control_number:09d}", f"{stamp:%Y%m%d}", f"{stamp:%H%M}", "TH"
        )  # fmt: skip
        out.segment("HL", "1", "", "20", "1")
        out.segment("NM1", "PR", "2", b.payer_name, "", "", "", "", "PI", b.payer_id)
        out.segment("TRN", "1", f"{self.interchange.control_number:09d}")
        out.segment("DTP", "050", "D8", day_text(b.received_on or b.processed_on or stamp.date()))
        out.segment("DTP", "009", "D8", day)
        self._receiver(day)
        self._provider()
        for number, claim in enumerate(b.claims, 4):
            self._claim(number, claim)

    def _sums(self) -> tuple[int, int, int, int]:
        b = self.b
        if b.accepted or b.rejected:
            return b.accepted, b.rejected, b.accepted_cents, b.rejected_cents
        refused = [c for c in b.claims if c.action == "U"]
        money, lost = sum(c.charge_cents for c in b.claims), sum(c.charge_cents for c in refused)
        return len(b.claims) - len(refused), len(refused), money - lost, lost

    def _receiver(self, day: str) -> None:
        out, b = self.out, self.b
        out.segment("HL", "2", "1", "21", "1")
        name = b.receiver_name or self.interchange.receiver_id
        out.segment("NM1", "41", "2", name, "", "", "", "", "46", b.receiver_id or self.interchange.receiver_id)
        out.segment("TRN", "2", b.batch_reference or "0")
        accepted, rejected, money, lost = self._sums()
        out.segment(
            "STC", _composite(b.status), day, "WQ" if accepted or not rejected else "U", cents_text(money + lost)
        )
        self._counts(("90", "AA"))

    def _counts(self, qualifiers: tuple[str, str]) -> None:
        accepted, rejected, money, lost = self._sums()
        for qualifier, count in zip(qualifiers, (accepted, rejected), strict=True):
            if count:
                self.out.segment("QTY", qualifier, str(count))
        for qualifier, count, amount in (("YU", accepted, money), ("YY", rejected, lost)):
            if count:
                self.out.segment("AMT", qualifier, cents_text(amount))

    def _provider(self) -> None:
        out, b = self.out, self.b
        out.segment("HL", "3", "2", "19", "1")
        qualifier, code = ("XX", b.provider_npi) if b.provider_npi else ("FI", b.provider_tax_id)
        out.segment("NM1", "85", "2", b.provider_name, "", "", "", "", qualifier, code)
        out.segment("TRN", "1", b.batch_reference or "0")
        accepted, rejected, money, lost = self._sums()
        status = b.provider_status or StatusCode(b.status.category, b.status.status, "PR")
        out.segment("STC", _composite(status), "", "WQ" if accepted or not rejected else "U", cents_text(money + lost))
        if b.provider_npi:
            out.optional("REF", "TJ", b.provider_tax_id)
        self._counts(("QA", "QC"))

    def _claim(self, number: int, c: ClaimStatus) -> None:
        out = self.out
        out.segment("HL", str(number), "3", "PT")
        _name(out, c.patient)
        out.segment("TRN", "2", c.patient_control_number)
        self._status(c)
        out.optional("REF", "1K", c.payer_control_number)
        begin = c.service_from or c.effective_date
        end = c.service_to if c.service_to != begin else None
        out.day("472", begin, end=end)
        for line in c.lines:
            out.segment("SVC", ("HC", line.procedure, *line.modifiers), cents_text(line.charge_cents))
            for start in range(0, len(line.statuses), 3):
                trio = [_composite(s) for s in line.statuses[start : start + 3]]
                out.segment("STC", trio[0], day_text(c.effective_date), "U", *[""] * 6, *trio[1:])
            out.optional("REF", "FJ", line.line_control_number)
            out.day("472", line.date)

    def _status(self, c: ClaimStatus) -> None:
        codes = [_composite(s) for s in (StatusCode(c.category, c.status, c.entity), *c.further)]
        action = c.action or ("WQ" if c.category in ("A0", "A1", "A2") else "U")
        for start in range(0, len(codes), 3):
            trio = codes[start : start + 3]
            trio += [()] * (3 - len(trio))
            self.out.segment(
                "STC", trio[0], day_text(c.effective_date), action, cents_text(c.charge_cents), "", "", "", "", "",
                trio[1], trio[2], c.message,
            )  # fmt: skip


def _composite(s: StatusCode) -> tuple[str, ...]:
    return (s.category, s.status, s.entity)


def _name(out: SegmentWriter, name: Name) -> None:
    out.segment(
        "NM1", "QC", "1", name.last_name, name.first_name, name.middle_name, "", name.suffix,
        "MI" if name.member_id else "", name.member_id,
    )  # fmt: skip

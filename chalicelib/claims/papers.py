"""Papers that go with a claim: named on the 837P (PWK), sent beside it by fax or mail under the same control number."""

from __future__ import annotations

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.claim import AttachedPaper, Claim
from chalicelib.documentation import attachments
from chalicelib.platform.errors import Refused
from chalicelib.tenancy import require

REPORT_TYPES = frozenset(("03", "04", "05", "06", "07", "08", "09", "10", "11", "13", "15", "21", "A3", "A4", "AM", "AS", "B2",
                          "B3", "B4", "BR", "BS", "BT", "CB", "CK", "CT", "D2", "DA", "DB", "DG", "DJ", "DS", "EB", "HC", "HR",
                          "I5", "IR", "LA", "M1", "MT", "NN", "OB", "OC", "OD", "OE", "OX", "OZ", "P4", "P5", "PE", "PN", "PO",
                          "PQ", "PY", "PZ", "RB", "RR", "RT", "RX", "SG", "V5", "XP"))  # fmt: skip
"""PWK01 of X222A1: OZ support data for the claim, EB explanation of benefits, 09 progress report, M1 medical record, …"""
WAYS = frozenset(("AA", "BM", "EL", "EM", "FT", "FX"))
"""PWK02: on request, by mail, electronically, by e-mail, file transfer, by fax."""
MOST = 10


def attach(claim_id: str, paper_id: str, *, report_type: str = "OZ", way: str = "FX") -> Claim:
    """Let a paper of the patient go with the claim when it is next sent.

    Refused REPORT_TYPE, TRANSMISSION, TOO_MANY_PAPERS (PWK repeats ten times); NotFound for a paper that is not there.
    """
    require("claims.attach")
    stored = records.get_claim(claim_id)
    claim = stored.claim
    paper, _ = attachments.read(claim.content.patient_key, paper_id)
    control = paper.paper_id.rpartition("_")[2][:20].upper()
    known = [item for item in claim.papers if item.control_number != control]
    for wrong, code, words in (
        (report_type not in REPORT_TYPES, "REPORT_TYPE", "no such report type (PWK01)"),
        (way not in WAYS, "TRANSMISSION", "a paper travels AA on request, BM by mail, EL, EM, FT or FX by fax (PWK02)"),
        (len(known) >= MOST, "TOO_MANY_PAPERS", "a claim names ten papers at most"),
    ):
        if wrong:
            raise Refused(code, words, fix="see 005010X222A1 loop 2300 PWK")
    made = AttachedPaper(
        report_type=report_type, transmission=way, control_number=control, document=paper.paper_id, title=paper.name
    )
    data = {"paper": made.model_dump(mode="json")}
    with store.unit_of_work() as uow:
        after = records.write_events(uow, stored, [("attached", "person", f"A paper goes with it: {paper.name}", data)])
        uow.audit("claim.attached", f"CLM#{claim_id}", ("papers",))
        uow.commit()
    return after

"""What is wrong with a file is said: code, place, and what to do; also what no structural validator looks at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import x12_values as v

from chalicelib import x12

GOOD = x12.write_837p(v.interchange(), [v.claim()])
AUTO = x12.write_837p(
    v.interchange(), [v.claim(claim_filing="AM", accident=x12.Accident(("AA",), "FL", v.DAY, "CLAIM9"))]
)


@pytest.mark.parametrize(
    ("before", "after", "code", "segment"),
    [
        (b"~SE*", b"~SE*9", "SE_COUNT", "SE"),
        (b"*0001~GE", b"*0002~GE", "SE_CONTROL", "SE"),
        (b"GE*1*8", b"GE*1*9", "GE_CONTROL", "GE"),
        (b"GE*1*", b"GE*2*", "GE_COUNT", "GE"),
        (b"IEA*1*", b"IEA*2*", "IEA_COUNT", "IEA"),
        (b"IEA*1*000000007~", b"", "NO_IEA", "IEA"),
        (b"*000000007~", b"*000000008~", "IEA_CONTROL", "IEA"),
        (b"REF*EI*123456789~", b"", "SEGMENT_MISSING", "REF"),
        (b"NM1*85*2*Harborview OT*****XX*1234567893~", b"", "SEGMENT_MISSING", "NM1"),
        (b"HI*ABK:M25511*ABF:R278~", b"", "SEGMENT_MISSING", "HI"),
        (b"DTP*472*D8*20260901~REF*6R*L1~", b"", "SEGMENT_MISSING", "DTP"),
        (b"*20260901~REF*6R*L1~", b"*20260931~REF*6R*L1~", "BAD_DATE", "DTP"),
        (b"CLM*PCN1*241*", b"CLM*PCN1*240*", "CLAIM_SUM", "CLM"),
        (b"CLM*PCN1*241*", b"CLM*PCN1*12.345*", "BAD_AMOUNT", "CLM"),
        (b"*120.5*UN*2", b"*-120.5*UN*2", "NEGATIVE_AMOUNT", "SV1"),
        (b"*UN*2**", b"*UN*two**", "BAD_QUANTITY", "SV1"),
        (b"*2***1~", b"*2***3~", "POINTER_DANGLING", "SV1"),
        (b"*2***1~", b"*2***1:2:1:2:1~", "TOO_MANY", "SV1"),
        (b"11:B:1", b"97:B:1", "PLACE_OF_SERVICE", "CLM"),
        (b"11:B:1", b"11:A:1", "BAD_CODE", "CLM"),
        (b"11:B:1", b"11:B:Q", "FREQUENCY_CODE", "CLM"),
        (b"11:B:1", b"11:B:7", "ORIGINAL_MISSING", "REF"),
        (b"*******MB~", b"*******QQ~", "BAD_CODE", "SBR"),
        (b"SBR*P*", b"SBR*X*", "BAD_CODE", "SBR"),
        (b"XX*1234567893", b"XX*1234567894", "NPI_CHECK_DIGIT", "NM1"),
        (b"XX*1234567893", b"XX*123456789", "NPI_CHECK_DIGIT", "NM1"),
        (b"REF*EI*123456789", b"REF*EI*12345678", "TAX_ID_FORM", "REF"),
        (b"PXC*225X00000X", b"PXC*225X0000", "TAXONOMY_FORM", "PRV"),
        (b"ABK:M25511", b"ABK:2551", "DIAGNOSIS_FORM", "HI"),
        (b"Miami*FL*", b"Miami*ZZ*", "STATE_UNKNOWN", "N4"),
        (b"*331014321~", b"*3310~", "ZIP_FORM", "N4"),
        (b"*331014321~", b"*33101~", "ZIP_NINE", "N4"),
        (b"N3*1 Example St", b"N3*P.O. Box 7", "PO_BOX", "N3"),
        (b"HL*2*1*22", b"HL*3*1*22", "HL_SEQUENCE", "HL"),
        (b"HL*2*1*22", b"HL*2*9*22", "HL_PARENT", "HL"),
        (b"*19500102*F", b"*19500102*X", "BAD_CODE", "DMG"),
        (b"~HI*", b"~ZZZ*1~HI*", "SEGMENT_UNKNOWN", "ZZZ"),
        (b"~HI*", b"~SVC*HC:97530*1*1~HI*", "SEGMENT_UNKNOWN", "SVC"),
        (b"~NM1*82", b"~REF*G1*A~NM1*82", "SEGMENT_ORDER", "REF"),
        (b"~LX*1~", b"~LX*1*2~", "ELEMENT_EXTRA", "LX"),
        (b"SV1*HC:97530:GO*", b"SV1**", "ELEMENT_MISSING", "SV1"),
    ],
)  # fmt: skip
def test_a_fault_in_a_claim_file_is_found(before: bytes, after: bytes, code: str, segment: str) -> None:
    assert before in GOOD
    found = x12.read_837p(GOOD.replace(before, after, 1))
    assert (code, segment) in {(d.code, d.segment) for d in found.diagnostics}
    assert all(d.fix for d in found.diagnostics)


def test_a_good_file_has_no_findings() -> None:
    assert x12.read_837p(GOOD).diagnostics == ()
    assert x12.read_837p(AUTO).diagnostics == ()


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"**AA:::FL", b"**AA", "ACCIDENT_STATE"),
        (b"**AA:::FL", b"**AA:::XX", "STATE_UNKNOWN"),
        (b"DTP*439*D8*20260901~", b"", "ACCIDENT_DATE"),
        (b"**AA:::FL", b"**QQ:::FL", "BAD_CODE"),
    ],
)
def test_a_fault_in_an_auto_claim_is_found(before: bytes, after: bytes, code: str) -> None:
    assert before in AUTO
    assert code in {d.code for d in x12.read_837p(AUTO.replace(before, after, 1)).diagnostics}


def test_a_control_number_used_twice_in_a_file_is_found() -> None:
    twice = GOOD.replace(b"IEA*1*000000007~", b"IEA*1*000000007~" + GOOD)
    assert [d.code for d in x12.read_837p(twice).diagnostics] == ["CLAIM_DUPLICATE"]


def test_an_unknown_segment_is_kept() -> None:
    found = x12.read_837p(GOOD.replace(b"~HI*", b"~ZZZ*1*2~HI*"))
    assert found.claims[0].unread == ("ZZZ*1*2",)
    paid = x12.write_835(v.interchange(), [v.remittance()]).replace(b"~DTM*472", b"~ZZZ*9~DTM*472", 1)
    assert x12.read_835(paid).remittances[0].claims[0].lines[0].unread == ("ZZZ*9",)


def test_findings_hold_no_patient_data() -> None:
    bad = (
        GOOD.replace(b"*19500102*F", b"*MARIGOLD*X")
        .replace(b"MI*1EG4TE5MK73", b"MI*")
        .replace(b"Miami*FL", b"Miami*Testcase")
    )
    text = repr(x12.read_837p(bad).diagnostics)
    assert x12.read_837p(bad).diagnostics
    assert not any(word in text.lower() for word in ("marigold", "testcase", "1eg4"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": ()}, "SEGMENT_MISSING"),
        ({"lines": tuple(v.line(n) for n in range(51))}, "TOO_MANY"),
        ({"diagnoses": ()}, "SEGMENT_MISSING"),
        ({"diagnoses": tuple(f"M25{n}" for n in range(511, 524))}, "TOO_MANY"),
        ({"diagnoses": ("M25.511",)}, "DIAGNOSIS_FORM"),
        ({"charge_cents": 1}, "CLAIM_SUM"),
        ({"frequency_code": "7"}, "ORIGINAL_MISSING"),
        ({"frequency_code": "3"}, "FREQUENCY_CODE"),
        ({"place_of_service": "97"}, "PLACE_OF_SERVICE"),
        ({"billing": replace(v.BILLING, npi="123")}, "NPI_CHECK_DIGIT"),
        ({"billing": replace(v.BILLING, tax_id="")}, "TAX_ID_FORM"),
        ({"billing": replace(v.BILLING, address=replace(v.MIAMI, line1="PO Box 3"))}, "PO_BOX"),
        ({"billing": replace(v.BILLING, address=None)}, "SEGMENT_MISSING"),
        ({"accident": x12.Accident(("AA",), "", v.DAY)}, "ACCIDENT_STATE"),
        ({"lines": (v.line(modifiers=("A1", "A2", "A3", "A4", "A5")),)}, "TOO_MANY"),
        ({"lines": (v.line(modifiers=("GO", "ＫＸ")),)}, "BAD_CODE"),
        ({"lines": (v.line(procedure="97530é"),)}, "BAD_CODE"),
        ({"lines": (v.line(diagnosis_pointers=(3,)),)}, "POINTER_DANGLING"),
        ({"lines": (v.line(date=None),)}, "SEGMENT_MISSING"),
        ({"lines": (v.line(charge_cents=-5),)}, "NEGATIVE_AMOUNT"),
        ({"other_payers": (x12.OtherPayer("P", "CI", "Aetna", "60054"),)}, "PAYER_SEQUENCE"),
        ({"claim_filing": ""}, "ELEMENT_MISSING"),
    ],
)
def test_a_claim_that_cannot_be_sent_is_not_written(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(x12.WriteError) as refused:
        x12.write_837p(v.interchange(), [v.claim(patient_control_number="PCN0"), v.claim(**changes)])
    assert {(d.code, d.segment_number) for d in refused.value.diagnostics} >= {(code, 2)}
    assert "Marigold" not in str(refused.value)


def test_the_999_rejects_form_and_accepts_the_rest(tmp_path: Path) -> None:
    def answer(data: bytes) -> tuple[str, list[tuple[str, str]]]:
        (ack,) = x12.acknowledge(data)
        ok, errors = v.pyx12_verdict(x12.write_999(v.interchange(), [ack]), tmp_path)
        assert ok, errors
        return ack.transactions[0].accepted, [(e.segment, e.code) for e in ack.transactions[0].errors]

    assert answer(GOOD) == ("A", [])
    assert answer(GOOD.replace(b"XX*1234567893", b"XX*1234567894")) == ("A", [])  # the 277CA's business
    assert answer(GOOD.replace(b"REF*EI*123456789~", b"")) == ("R", [("REF", "3")])
    assert answer(GOOD.replace(b"*******MB~", b"*******QQ~")) == ("R", [("SBR", "8")])
    assert answer(GOOD.replace(b"~HI*", b"~ZZZ*1~HI*")) == ("R", [("ZZZ", "2")])
    assert answer(GOOD.replace(b"~SE*", b"~SE*9"))[0] == "R"


def test_one_bad_set_does_not_reject_its_neighbours() -> None:
    second = GOOD[GOOD.index(b"ST*837") : GOOD.index(b"GE*")]
    both = GOOD.replace(b"GE*1*", second.replace(b"0001~", b"0002~").replace(b"*MB~", b"*QQ~") + b"GE*2*")
    (ack,) = x12.acknowledge(both)
    assert (ack.accepted, ack.received, ack.accepted_count) == ("P", 2, 1)
    assert [t.accepted for t in ack.transactions] == ["A", "R"]


def test_an_unbalanced_remittance_says_where_and_by_how_much() -> None:
    off = v.remittance(amount_cents=6101)
    found = x12.read_835(x12.write_835(v.interchange(), [off])).remittances[0]
    assert (found.balanced, found.out_of_balance) == (False, (x12.OutOfBalance("transaction", "SIM1", 1),))


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"CAS*CO*45*", b"CAS*CO*999*", "CARC_UNKNOWN"),
        (b"CAS*CO*45*", b"CAS*XX*45*", "BAD_CODE"),
        (b"LQ*HE*N851", b"LQ*HE*ZZZZ9", "RARC_UNKNOWN"),
        (b"CAS*CO*45*20.5", b"CAS*CO*45", "ELEMENT_MISSING"),
        (b"CLP*PCN1*1*", b"CLP**1*", "ELEMENT_MISSING"),
        (b"*120.5*80*", b"*120.5*eighty*", "BAD_AMOUNT"),
        (b"DTM*472*20260901", b"DTM*472*20260231", "BAD_DATE"),
        (b"~CLP*", b"~CAS*CO*45*1~CLP*", "SEGMENT_MISPLACED"),
        (b"N1*PE*", b"N1*QQ*", "BAD_CODE"),
    ],
)
def test_a_fault_in_a_remittance_is_found(before: bytes, after: bytes, code: str) -> None:
    data = x12.write_835(v.interchange(), [v.remittance()])
    assert before in data
    found = x12.read_835(data.replace(before, after, 1))
    assert code in {d.code for d in found.diagnostics}
    assert len(found.remittances[0].claims) == 1


def test_every_cas_triple_counts() -> None:
    reasons = ("45", "1", "2", "3", "97", "253")
    cas = tuple(x12.Adjustment("CO", reason, 100 + n, n + 1) for n, reason in enumerate(reasons))
    paid = x12.ServicePayment("97530", ("GO",), 1615, 1000, 1, v.DAY, "L1", cas)
    one = replace(v.remittance().claims[0], charge_cents=1615, paid_cents=1000, lines=(paid,))
    sent = v.remittance(claims=(one,), amount_cents=1000, provider_adjustments=())
    data = x12.write_835(v.interchange(), [sent])
    assert data.count(b"CAS*") == 1
    found = x12.read_835(data).remittances[0]
    assert (found.claims[0].lines[0].adjustments, found.balanced) == (cas, True)


@pytest.mark.parametrize(
    ("before", "after", "code", "severity"),
    [
        (b"CAS*CO*45*", b"CAS*CO*999*", "CARC_UNKNOWN", "warning"),
        (b"CAS*CO*45*", b"CAS*CO*270*", "CARC_UNLISTED", "note"),
        (b"LQ*HE*N851", b"LQ*HE*ZZZZ9", "RARC_UNKNOWN", "warning"),
        (b"LQ*HE*N851", b"LQ*HE*M1", "RARC_UNLISTED", "note"),
    ],
)
def test_a_reason_code_is_looked_up_in_the_lists(before: bytes, after: bytes, code: str, severity: str) -> None:
    """Never published: a warning each time. Published, but not in our list (which holds what therapy meets): one note a file.
    Both name the code and the line; the money is read alike."""
    good = x12.write_835(v.interchange(), [v.remittance(), v.remittance(trace="SIM2")])
    data = good.replace(before, after).replace(b"~", b"~\n")
    found = x12.read_835(data)
    judged = [d for d in found.diagnostics if d.code == code]
    assert len(judged) == (2 if severity == "warning" else 1)
    assert judged[0].severity == severity
    assert after.rsplit(b"*", 2 if after.endswith(b"*") else 1)[1].decode().strip("*") in judged[0].message
    assert judged[0].line == data[: data.index(after)].count(b"\n") + 1
    assert len(found.diagnostics) == len(judged)
    assert all(r.balanced for r in found.remittances)


@pytest.mark.parametrize(
    ("status", "code"), [("Q7", "CLAIM_STATUS_UNKNOWN"), ("R15", "CLAIM_STATUS_UNLISTED"), ("A2", None)]
)
def test_a_claim_status_is_looked_up_in_the_list(status: str, code: str | None) -> None:
    batch = x12.StatusBatch("P", "1", "U", "O1", claims=(x12.ClaimStatus("PCN", status, "20"),))
    found = x12.read_277ca(x12.write_277ca(v.interchange(), [batch]))
    assert {d.code for d in found.diagnostics} == ({code} if code else set())

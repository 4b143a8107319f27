"""Odd files that payers and practices do send, written out by hand: `otbill x12 read` gives the stable JSON shapes, in order,
with the exit code a script relies on, and findings on stderr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.cli.x12 import read_command

ISA = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PROVIDER       *261001*1200*^*00501*000000001*0*P*:~"
)  # fmt: skip
PAID = (
    "BPR*I*80*C*ACH*CCP*01*999999999*DA*12345*1512345678**01*999988880*DA*98765*20261001", "TRN*1*TRACE1*1512345678",
    "DTM*405*20261001", "N1*PR*ACME PLAN", "N3*1 MAIN ST", "N4*MIAMI*FL*33101", "REF*2U*ACME1", "PER*BL*DESK*TE*8005550100",
    "N1*PE*HARBOR OT*XX*1234567893", "REF*TJ*123456789",
)  # fmt: skip
CLAIM = (
    "LX*1", "CLP*P1*1*100*80*20*MB*ICN1*11*1", "NM1*QC*1*TESTCASE*MARIGOLD****MI*M1", "SVC*HC:97530:GO*100*80**2",
    "DTM*472*20260901", "CAS*PR*2*20", "REF*6R*L1", "AMT*B6*100", "LQ*HE*N851",
)  # fmt: skip
BILLER = (
    "BHT*0019*00*1*20261001*1200*CH", "NM1*41*2*OTBILL*****46*OTB", "PER*IC*DESK*TE*3055550100", "NM1*40*2*CLEAR*****46*CLR",
    "HL*1**20*1", "NM1*85*2*HARBOR OT*****XX*1234567893", "N3*1 MAIN ST", "N4*MIAMI*FL*331014321", "REF*EI*123456789",
)  # fmt: skip
SUBSCRIBER = (
    "HL*2*1*22*0", "SBR*P*18*GRP******MB", "NM1*IL*1*TESTCASE*MARIGOLD****MI*M1", "N3*1 MAIN", "N4*MIAMI*FL*33101",
    "DMG*D8*19500102*F", "NM1*PR*2*MEDICARE*****PI*09102",
)  # fmt: skip
BILLED = ("CLM*P1*100***11:B:1*Y*A*Y*Y", "HI*ABK:M25511*ABF:R278")
LINE = ("LX*1", "SV1*HC:97530:GO*100*UN*2***1:2", "DTP*472*D8*20260901", "REF*6R*L1")

REMITTANCE: dict[str, Any] = {
    "object": "remittance", "amount_cents": 8000, "method": "ACH", "date": "2026-10-01", "trace": "TRACE1",
    "payer": {"name": "ACME PLAN", "id": "ACME1"},
    "payee": {"name": "HARBOR OT", "npi": "1234567893", "tax_id": "123456789"}, "production_date": "2026-10-01",
}  # fmt: skip
PAYMENT_LINE: dict[str, Any] = {
    "procedure": "97530", "modifiers": ["GO"], "charge_cents": 10000, "paid_cents": 8000, "units": 2, "date": "2026-09-01",
    "line_control_number": "L1", "adjustments": [{"group": "PR", "reason": "2", "amount_cents": 2000, "quantity": None}],
    "remark_codes": ["N851"],
}  # fmt: skip
PAYMENT: dict[str, Any] = {
    "object": "claim_payment", "patient_control_number": "P1", "status_code": "1", "charge_cents": 10000, "paid_cents": 8000,
    "patient_responsibility_cents": 2000, "filing_indicator": "MB", "payer_control_number": "ICN1",
    "patient": {"last_name": "TESTCASE", "first_name": "MARIGOLD", "member_id": "M1"}, "adjustments": [],
}  # fmt: skip
END: dict[str, Any] = {
    "object": "remittance_end", "claims": 1, "paid_cents": 8000, "provider_adjustments": [], "balanced": True,
    "out_of_balance": [],
}  # fmt: skip
BILLED_CLAIM: dict[str, Any] = {
    "object": "claim", "patient_control_number": "P1", "charge_cents": 10000, "place_of_service": "11", "frequency_code": "1",
    "diagnoses": ["M25511", "R278"], "billing_npi": "1234567893", "rendering_npi": "", "payer_id": "09102",
    "payer_name": "MEDICARE", "member_id": "M1", "accident": None, "authorization_number": "", "other_payers": [],
}  # fmt: skip
BILLED_LINE: dict[str, Any] = {
    "procedure": "97530", "modifiers": ["GO"], "charge_cents": 10000, "units": 2, "diagnosis_pointers": [1, 2],
    "date": "2026-09-01", "line_control_number": "L1",
}  # fmt: skip


def envelope(kind: str, *sets: tuple[str, ...], version: str = "") -> str:
    """One interchange of one group, with true counts."""
    version = version or ("005010X221A1" if kind == "835" else "005010X222A1")
    body = "".join(
        f"ST*{kind}*{number:04d}~{''.join(f'{one}~' for one in segments)}SE*{len(segments) + 2}*{number:04d}~"
        for number, segments in enumerate(sets, 1)
    )
    group = "HP" if kind == "835" else "HC"
    return f"{ISA}GS*{group}*PAYER*PROVIDER*20261001*1200*1*X*{version}~{body}GE*{len(sets)}*1~IEA*1*000000001~"


def changed(segments: tuple[str, ...], **changes: str) -> tuple[str, ...]:
    """Segments with others in the place of those of a name; an empty text takes them out, `|` divides several."""
    found: list[str] = []
    for one in segments:
        found += [part for part in changes.get(one.split("*")[0], one).split("|") if part]
    return tuple(found)


def marks(text: str, element: str, component: str, terminator: str) -> str:
    """The same file with other separators."""
    return text.replace("*", element).replace(":", component).replace("~", terminator)


@pytest.fixture
def read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Exit code, objects and the codes of the findings of a file."""

    def run(text: str | bytes) -> tuple[int, list[dict[str, Any]], list[str]]:
        path = tmp_path / "file.x12"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        code = read_command(path)
        out, err = capsys.readouterr()
        return (
            code,
            [json.loads(one) for one in out.splitlines()],
            [json.loads(one)["code"] for one in err.splitlines()],
        )

    return run


def holds(found: dict[str, Any], shape: dict[str, Any]) -> bool:
    """Every key of the shape with its value; further keys are allowed."""
    return {key: found.get(key, "missing") for key in shape} == shape


PLAIN = envelope("835", PAID + CLAIM)
WAYS = {
    "tilde": PLAIN,
    "newline is the terminator": marks(PLAIN, "|", ">", "\n"),
    "CRLF is the terminator": PLAIN.replace("~", "\r\n"),
    "a line each": PLAIN.replace("~", "~\r\n"),
    "empty lines between": PLAIN.replace("~", "~\n\n"),
    "control characters": marks(PLAIN, "\x1d", "\x1f", "\x1c"),
    "byte order mark and end of file": "\ufeff" + PLAIN + "\r\n\x1a",
    "repetition separator U": PLAIN.replace("*^*00501", "*U*00501"),
    "empty elements at the end": PLAIN.replace("*11*1~NM1", "*11*1*****~NM1").replace("**2~", "**2**~"),
    "cents written long": PLAIN.replace("*100*80*20*", "*+100.00*080.0*20.*").replace(
        "CAS*PR*2*20~", "CAS*PR*2*20.000~"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_remittance_reads_alike_however_it_is_punctuated(way: str, read: Any) -> None:
    code, objects, findings = read(WAYS[way])
    assert (code, findings) == (0, [])
    head, claim, end = objects
    assert holds(head, REMITTANCE)
    assert holds(claim, PAYMENT)
    assert holds(claim["lines"][0], PAYMENT_LINE)
    assert end == END


def test_segment_names_in_small_letters_are_read_and_said_once(read: Any) -> None:
    text = "~".join(one if one.startswith("ISA") else one[:3].lower() + one[3:] for one in PLAIN.split("~"))
    code, objects, findings = read(text)
    assert (code, findings) == (0, ["SEGMENT_NAME"])
    assert [one["object"] for one in objects] == ["remittance", "claim_payment", "remittance_end"]
    assert holds(objects[1], PAYMENT)


def test_two_interchanges_with_separators_of_their_own(read: Any) -> None:
    second = marks(PLAIN.replace("TRACE1", "TRACE2").replace("000000001", "000000002"), "|", ">", "'")
    code, objects, findings = read(PLAIN + second)
    assert (code, findings) == (0, [])
    assert [one["object"] for one in objects] == ["remittance", "claim_payment", "remittance_end"] * 2
    assert [one["trace"] for one in objects if one["object"] == "remittance"] == ["TRACE1", "TRACE2"]


def test_several_sets_of_several_kinds_come_in_file_order(read: Any) -> None:
    both = PLAIN[len(ISA) : PLAIN.index("IEA*")] + envelope("837", BILLER + SUBSCRIBER + BILLED + LINE)[len(ISA) :]
    code, objects, findings = read(ISA + both.replace("IEA*1*", "IEA*2*"))
    assert (code, findings) == (0, [])
    assert [one["object"] for one in objects] == ["remittance", "claim_payment", "remittance_end", "claim"]
    code, objects, _ = read(envelope("835", PAID + CLAIM, PAID + CLAIM))
    assert (code, len(objects)) == (0, 6)


def test_a_denial_that_pays_nothing(read: Any) -> None:
    head = changed(PAID, BPR="BPR*H*0*C*NON************20261001")
    denied = changed(
        CLAIM, CLP="CLP*P1*4*100*0**12*ICN1", SVC="SVC*HC:97530:GO*100*0**0", CAS="CAS*CO*29*100", AMT="", LQ=""
    )
    code, (remittance, claim, end), findings = read(envelope("835", head + denied))
    assert (code, findings) == (0, [])
    assert (remittance["amount_cents"], remittance["method"]) == (0, "NON")
    assert (claim["status_code"], claim["patient_responsibility_cents"]) == ("4", 0)
    assert claim["lines"][0]["units"] == 0
    assert (end["paid_cents"], end["balanced"]) == (0, True)


def test_a_reversal_and_its_correction(read: Any) -> None:
    head = changed(PAID, BPR=PAID[0].replace("*80*C", "*10*C"))
    reversed_ = ("LX*1", "CLP*P1*22*-100*-80**MB*ICN1*11*1", "CAS*CO*45*-20", "NM1*QC*1*TESTCASE*MARIGOLD****MI*M1")
    again = ("CLP*P1*1*100*90*10*MB*ICN2*11*1", "NM1*QC*1*TESTCASE*MARIGOLD****MI*M1", "CAS*PR*2*10")
    code, (_, back, new, end), findings = read(envelope("835", head + reversed_ + again))
    assert (code, findings) == (0, [])
    assert (back["status_code"], back["charge_cents"], back["paid_cents"], back["lines"]) == ("22", -10000, -8000, [])
    assert back["adjustments"] == [{"group": "CO", "reason": "45", "amount_cents": -2000, "quantity": None}]
    assert (new["paid_cents"], end["claims"], end["paid_cents"], end["balanced"]) == (9000, 2, 1000, True)


def test_six_pairs_of_provider_adjustments(read: Any) -> None:
    head = changed(PAID, BPR=PAID[0].replace("*80*C", "*77.9*C"))
    plb = ("PLB*1234567893*20261231*WO:REF1*1*L6:REF2*-0.5*FB:REF3*.1*72:REF4*1.5*CS*-.01*J1:X:Y*.01",)
    code, objects, findings = read(envelope("835", head + CLAIM + plb))
    assert (code, findings) == (0, [])
    assert objects[-1]["provider_adjustments"] == [
        {"reason": "WO", "reference": "REF1", "amount_cents": 100}, {"reason": "L6", "reference": "REF2", "amount_cents": -50},
        {"reason": "FB", "reference": "REF3", "amount_cents": 10}, {"reason": "72", "reference": "REF4", "amount_cents": 150},
        {"reason": "CS", "reference": "", "amount_cents": -1}, {"reason": "J1", "reference": "X:Y", "amount_cents": 1},
    ]  # fmt: skip


def test_a_claim_without_lines_and_one_cas_of_three_reasons(read: Any) -> None:
    claim = ("CLP*P1*1*100*80*20*MB*ICN1*11*1", "CAS*PR*1*10**2*5*1*3*5", "NM1*QC*1*TESTCASE*MARIGOLD****MI*M1")
    code, objects, findings = read(envelope("835", PAID + claim))
    assert (code, findings) == (0, [])
    assert objects[1]["lines"] == []
    assert [(a["reason"], a["amount_cents"], a["quantity"]) for a in objects[1]["adjustments"]] == [
        ("1", 1000, None), ("2", 500, 1), ("3", 500, None),
    ]  # fmt: skip


def test_a_payer_and_payee_without_any_number(read: Any) -> None:
    head = changed(PAID, REF="", N1="N1*PR*ACME PLAN|N1*PE*HARBOR OT*FI*123456789")[:-2]
    code, objects, _ = read(envelope("835", head + changed(CLAIM, REF="", AMT="", LQ="")))
    assert code == 0
    assert (objects[0]["payer"]["id"], objects[0]["payee"]["npi"]) == ("", "")
    assert (objects[0]["payee"]["tax_id"], objects[1]["lines"][0]["line_control_number"]) == ("123456789", "")


def test_no_claims_at_all_is_a_remittance_all_the_same(read: Any) -> None:
    head = changed(PAID, BPR=PAID[0].replace("*80*C", "*5*C"))
    code, objects, findings = read(envelope("835", (*head, "PLB*1234567893*20261231*L6:INT*-5")))
    assert (code, findings) == (0, [])
    assert [one["object"] for one in objects] == ["remittance", "remittance_end"]
    assert (objects[1]["claims"], objects[1]["balanced"]) == (0, True)


def test_what_does_not_balance_is_data_at_its_level(read: Any) -> None:
    claim = changed(CLAIM, SVC="SVC*HC:97530:GO*100*79**2")
    code, objects, findings = read(envelope("835", changed(PAID, BPR=PAID[0].replace("*80*C", "*81*C")) + claim))
    assert (code, findings) == (1, ["SERVICE_BALANCE", "TRANSACTION_BALANCE"])
    assert objects[-1]["out_of_balance"] == [
        {"level": "service", "reference": "L1", "off_by_cents": 100},
        {"level": "transaction", "reference": "TRACE1", "off_by_cents": 100},
    ]
    assert objects[1]["paid_cents"] == 8000


def test_summaries_inpatient_and_outpatient_words_of_a_payer_stand_under_keys_of_their_own(read: Any) -> None:
    claim = list(CLAIM)
    claim[1:1] = ["TS3*1234567893*11*20261231*1*100********5", "TS2*12.5******3"]
    claim[5:5] = ["MIA*3**1*12.34*MA01****************N522", "MOA*.8*1.5*XX1", "AMT*AU*100", "QTY*CA*3"]
    code, objects, findings = read(envelope("835", PAID + tuple(claim)))
    assert (code, findings) == (0, ["RARC_UNKNOWN"])
    payment, end = objects[1:]
    assert payment["inpatient"] == {"covered_days": 3, "lifetime_psychiatric_days": 1, "drg_cents": 1234}
    assert payment["outpatient"] == {"reimbursement_rate": 0.8, "hcpcs_payable_cents": 150}
    assert payment["remark_codes"] == ["MA01", "N522", "XX1"]
    assert payment["quantities"] == [{"qualifier": "CA", "quantity": 3}]
    assert payment["amounts"] == [{"qualifier": "AU", "amount_cents": 10000}]
    assert end["provider_summaries"] == [
        {
            "provider_id": "1234567893", "facility_code": "11", "fiscal_period": "2026-12-31", "claims": 1,
            "charge_cents": 10000, "msp_payer_cents": 500, "number": "1", "first_claim": 0,
            "inpatient": {"drg_cents": 1250, "outlier_days": 3},
        }
    ]  # fmt: skip


def test_what_has_no_field_is_printed_as_it_came(read: Any) -> None:
    code, objects, findings = read(envelope("835", (*PAID, *CLAIM, "ZZZ*1*2", "LX*2", "TS2*1")))
    assert (code, findings) == (1, ["SEGMENT_UNKNOWN", "SEGMENT_MISPLACED"])
    assert objects[1]["lines"][0]["unread"] == ["ZZZ*1*2"]
    assert objects[2]["unread"] == ["TS2*1"]


@pytest.mark.parametrize(
    ("text", "code", "finding"),
    [
        ("hello", 2, "NOT_X12"),
        ("", 2, "EMPTY_FILE"),
        (PLAIN.replace("005010X221A1", "004010X091A1"), 2, "VERSION_4010"),
        (ISA, 2, "NO_IEA"),
        (ISA + "GS*HP*A*B*20261001*1200*1*X*005010X221A1~GE*0*1~IEA*1*000000001~", 2, "NOTHING_READ"),
        (PLAIN[:-30], 1, "NOT_TERMINATED"),
        (PLAIN.replace("SE*21*", "SE*22*"), 1, "SE_COUNT"),
    ],
)
def test_exit_codes_and_the_reason(text: str, code: int, finding: str, read: Any) -> None:
    found, _, findings = read(text)
    assert found == code
    assert finding in findings


BILLED_WAYS = {
    "plain": BILLER + SUBSCRIBER + BILLED + LINE,
    "no line control number": BILLER + SUBSCRIBER + BILLED + LINE[:3],
    "dependent": (
        *BILLER, "HL*2*1*22*1", "SBR*P**GRP******CI", "NM1*IL*1*TESTCASE*PARENT****MI*M1", "NM1*PR*2*MEDICARE*****PI*09102",
        "HL*3*2*23*0", "PAT*19", "NM1*QC*1*TESTCASE*MARIGOLD", "N3*1 MAIN", "N4*MIAMI*FL*33101", "DMG*D8*19500102*F", *BILLED,
        *LINE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", BILLED_WAYS)
@pytest.mark.parametrize("separators", [("*", ":", "~"), ("|", ">", "\n")])
def test_a_claim_has_the_keys_scripts_rely_on(way: str, separators: tuple[str, str, str], read: Any) -> None:
    code, (claim,), findings = read(marks(envelope("837", BILLED_WAYS[way]), *separators))
    assert (code, findings) == (0, [])
    assert holds(claim, BILLED_CLAIM)
    assert (claim["patient"]["last_name"], claim["patient"]["first_name"]) == ("TESTCASE", "MARIGOLD")
    expected = BILLED_LINE if way != "no line control number" else {**BILLED_LINE, "line_control_number": ""}
    assert holds(claim["lines"][0], expected)


def test_a_drug_and_all_providers_of_a_line_are_values(read: Any) -> None:
    more = (
        "LIN**N4*00781183520", "CTP****2.5*ML", "REF*XZ*RX1", "NM1*82*1*THERAPIST*OLIVE****XX*1245319599",
        "PRV*PE*PXC*225X00000X", "REF*0B*LIC1", "NM1*QB*2******XX*1234567893", "NM1*77*2*CLINIC*****XX*1234567893",
        "N3*2 MAIN", "N4*MIAMI*FL*33101", "NM1*DQ*1*SUP*ANN****XX*1245319599", "NM1*DK*1*ORD*BOB****XX*1245319599",
        "PER*IC*ORD DESK*TE*3055550111", "NM1*DN*1*REF*CAL****XX*1245319599", "REF*G2*PCP7", "NM1*P3*1*PCP*DEE****XX*1245319599",
    )  # fmt: skip
    code, (claim,), findings = read(envelope("837", BILLER + SUBSCRIBER + BILLED + LINE + more))
    assert (code, findings) == (0, [])
    (line,) = claim["lines"]
    assert line["drug"] == {
        "qualifier": "N4", "code": "00781183520", "quantity": 2.5, "unit": "ML", "prescription_number": "RX1",
        "prescription_qualifier": "XZ",
    }  # fmt: skip
    assert {role: party["npi"] for role, party in line["providers"].items()} == {
        "rendering": "1245319599", "purchased": "1234567893", "facility": "1234567893", "supervising": "1245319599",
        "ordering": "1245319599", "referring": "1245319599", "primary_care": "1245319599",
    }  # fmt: skip
    assert line["providers"]["rendering"]["references"] == [{"qualifier": "0B", "value": "LIC1"}]
    assert line["providers"]["ordering"]["phone"] == "3055550111"
    assert "unread" not in claim


def test_a_secondary_claim_tells_what_the_first_payer_did(read: Any) -> None:
    other = (
        "SBR*P*18*******CI", "CAS*PR*1*20", "AMT*D*80", "OI***Y***Y", "MOA*.5**MA01*XX9", "NM1*IL*1*TESTCASE*MARIGOLD****MI*X1",
        "NM1*PR*2*ACME*****PI*A1", "DTP*573*D8*20260920",
    )  # fmt: skip
    said = ("SVD*A1*80*HC:97530:GO**2", "CAS*PR*1*20", "DTP*573*D8*20260920", "AMT*EAF*20")
    second = changed(SUBSCRIBER, SBR="SBR*S*18*GRP******MB")
    code, (claim,), findings = read(envelope("837", BILLER + second + BILLED + other + LINE + said))
    assert (code, findings) == (0, ["RARC_UNKNOWN"])  # remark codes of another payer are looked up too
    (payer,) = claim["other_payers"]
    assert (payer["sequence"], payer["payer_id"], payer["paid_cents"]) == ("P", "A1", 8000)
    assert (payer["outpatient"], payer["remark_codes"]) == ({"reimbursement_rate": 0.5}, ["MA01", "XX9"])
    (adjudication,) = claim["lines"][0]["adjudications"]
    assert (adjudication["paid_cents"], adjudication["patient_liability_cents"]) == (8000, 2000)
    assert adjudication["adjudicated_on"] == "2026-09-20"


def test_two_claims_of_one_subscriber_a_replacement_and_an_accident(read: Any) -> None:
    replaced = ("CLM*P2*100***11:B:7*Y*A*Y*Y**AA:::FL", "DTP*439*D8*20260801", "REF*F8*ICN0", BILLED[1])
    code, (first, second), findings = read(envelope("837", BILLER + SUBSCRIBER + BILLED + LINE + replaced + LINE))
    assert (code, findings) == (0, [])
    assert (first["accident"], first["frequency_code"]) == (None, "1")
    assert (second["frequency_code"], second["original_reference"]) == ("7", "ICN0")
    assert second["accident"] == {"related_causes": ["AA"], "state": "FL", "date": "2026-08-01", "claim_number": ""}


@pytest.mark.parametrize("version", ["005010X222", "005010X222A2", "005010X298"])
def test_other_versions_of_the_claim_are_read(version: str, read: Any) -> None:
    code, objects, _ = read(envelope("837", BILLER + SUBSCRIBER + BILLED + LINE, version=version))
    assert (code, [one["object"] for one in objects]) == (0, ["claim"])


def test_a_charge_that_is_not_the_sum_of_its_lines_is_said_and_not_changed(read: Any) -> None:
    wrong = (BILLED[0].replace("*100*", "*101*"), BILLED[1])
    code, (claim,), findings = read(envelope("837", BILLER + SUBSCRIBER + wrong + LINE))
    assert (code, findings, claim["charge_cents"]) == (1, ["CLAIM_SUM"], 10100)

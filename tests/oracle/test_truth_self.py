"""The oracle itself: worked numbers of CMS and of ot_rules.md 3.2-3.3, and the page's rules one by one.

The 837P text is written here by hand, so neither reader nor writer of the product is needed.
"""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest
from oracle_truth import Payers, fee_row, half_up, locality, npi_valid, truth, unit_amount
from oracle_x12 import imbalances, read_835, read_837

RECEIVED = date(2026, 9, 30)
NPI = "1234567893"  # the check digit example of CMS; nobody's number
ISA = "ISA*00*          *00*          *ZZ*OTBILL         *ZZ*SIMCLEAR       *260930*1200*^*00501*000000001*0*T*:~"


def file_837(*claims: str, npi: str = NPI, zip_code: str = "331010000") -> bytes:
    head = "GS*HC*OTBILL*SIMCLEAR*20260930*1200*1*X*005010X222A1~ST*837*0001*005010X222A1~"
    head += f"HL*1**20*1~NM1*85*2*EXAMPLE OT*****XX*{npi}~N3*1 EXAMPLE WAY~N4*MIAMI*FL*{zip_code}~"
    head += "NM1*87*2~N3*2 EXAMPLE WAY~N4*ORLANDO*FL*328010000~"
    return (ISA + head + "".join(claims) + "SE*1*0001~GE*1*1~IEA*1*000000001~").encode()


def claim_837(
    pcn: str,
    member: str,
    lines: list[tuple[str, str, int]],
    *,
    payer: str = "09102",
    filing: str = "MB",
    day: str = "20260901",
    extra: str = "",
    subscriber_extra: str = "",
    frequency: str = "1",
) -> str:
    """Lines are ('97530:GO', dollars, units)."""
    text = f"HL*2*1*22*0~SBR*P*18*******{filing}~NM1*IL*1*TESTCASE*MARIGOLD****MI*{member}~{subscriber_extra}"
    total = sum(float(line[1]) for line in lines)
    text += f"NM1*PR*2*PAYER*****PI*{payer}~CLM*{pcn}*{total:g}***11:B:{frequency}*Y*A*Y*Y~{extra}HI*ABK:M25511~"
    for number, (procedure, charge, units) in enumerate(lines, 1):
        text += f"LX*{number}~SV1*HC:{procedure}*{charge}*UN*{units}***1~DTP*472*D8*{day}~REF*6R*{pcn}{number}~"
    return text


def pay(*claims: str, **kwargs: str):
    return truth([file_837(*claims, **kwargs)], RECEIVED)


def test_half_up_rounds_halves_away_from_zero():
    from fractions import Fraction

    assert [half_up(Fraction(value, 2)) for value in (1, 3, -1, -3, 4)] == [1, 2, -1, -2, 2]


@pytest.mark.parametrize(
    ("code", "full", "reduced"),
    [("97530", 3640, 2597), ("97110", 3013, 2300), ("97140", 2877, 2199)],
)
def test_miami_units_of_ot_rules_3_2(code: str, full: int, reduced: int):
    from fractions import Fraction

    row = fee_row(code, date(2026, 9, 1))
    assert row is not None
    assert unit_amount(row, "331010000", 100) == full
    assert unit_amount(row, "33101", 100, Fraction(1, 2)) == reduced


def test_national_sum_of_ot_rules_3_2():
    lines = [("97530:GO", "150", 2), ("97110:GO", "75", 1), ("97140:GO", "75", 1)]
    (result,) = pay(claim_837("N1", "1EG4TE5MK70", lines), zip_code="606010000")
    assert sum(line.allowed for line in result.lines) == 10354


def test_miami_sum_with_mppr_and_sequestration():
    lines = [("97530:GO", "150", 2), ("97110:GO", "75", 1), ("97140:GO", "75", 1)]
    (result,) = pay(claim_837("M1", "1EG4TE5MK70", lines))
    assert [line.allowed for line in result.lines] == [3640 + 2597, 2300, 2199]
    assert result.lines[0].cas == [
        ("CO", "45", 15000 - 7280),
        ("CO", "59", 7280 - 6237),
        ("CO", "253", 100),
        ("PR", "2", 1247),
    ]
    assert result.patient == 1247 + 460 + 440
    assert result.paid == 10736 - result.patient - (100 + 37 + 35)


def test_assistant_cut_of_ot_rules_3_3():
    """97110 as a second unit with CO in Miami: 23.00 allowed, 4.60 coinsurance, 15.64 after 85 %, 15.33 paid."""
    (result,) = pay(claim_837("C1", "1EG4TE5MK70", [("97530:GO", "75", 1), ("97110:CO:GO", "70", 1)]))
    line = result.lines[1]
    assert (line.allowed, line.paid, line.remarks) == (2300, 1533, ["N851"])
    assert line.cas == [("CO", "45", 7000 - 3013 + 276), ("CO", "59", 713), ("CO", "253", 31), ("PR", "2", 460)]


def test_deductible_first_then_twenty_percent_like_the_fcso_example():
    """approved 100, deductible 50: 80 % of 50 = 40, minus 0.80 (the unlisted code is paid 60 % of its charge)."""
    (result,) = pay(claim_837("D1", "1EG4TE5MK77", [("99999", "166.67", 1)]))
    assert (result.lines[0].allowed, result.paid, result.patient) == (10000, 3920, 6000)


def test_deductible_is_used_once_a_year():
    one = claim_837("E1", "XYZ5", [("97530", "75", 1)], payer="60054", filing="CI")
    two = claim_837("E2", "XYZ5", [("97110", "75", 1)], payer="60054", filing="CI")
    first, second = pay(one, two)
    assert first.deductible_used == 2500
    assert second.deductible_used == 0


def test_copay_once_and_other_schedule():
    lines = [("97530", "75", 1), ("97110", "75", 1)]
    (result,) = pay(claim_837("F1", "XYZ1", lines, payer="62308", filing="CI"))
    assert [line.allowed for line in result.lines] == [half(3640, 102), half(3013, 102)]
    assert result.lines[0].cas[-1] == ("PR", "3", 3000)
    assert result.patient == 3000


def half(cents: int, percent: int) -> int:
    return (cents * percent + 50) // 100


@pytest.mark.parametrize(
    ("member", "lines", "options", "reasons"),
    [
        ("1EG4TE5MK13", [("97530:GO", "75", 1)], {}, ["27"]),
        ("1EG4TE5MK70", [("97530", "75", 1)], {}, ["4"]),
        ("1EG4TE5MK70", [("97010:GO", "15", 1)], {}, ["97"]),
        ("1EG4TE5MK70", [("97530:GO", "525", 7)], {}, ["222"]),
        ("XYZ9", [("97535", "75", 1)], {"payer": "60054", "filing": "CI"}, ["50"]),
        ("XYZ1", [("97530", "75", 1)], {"payer": "62308", "filing": "CI", "day": "20260701"}, ["29"]),
        ("XYZ1", [("97530:GO", "75", 1)], {"payer": "61101", "filing": "CI"}, ["197"]),
        ("1EG4TE5MK70", [("97150:GO", "40", 1), ("97530:GO", "75", 1)], {}, ["", "236"]),
        ("1EG4TE5MK70", [("97150:GO", "40", 1), ("97530:GO:59", "75", 1)], {}, ["", ""]),
        ("1EG4TE5MK70", [("97140:GO", "75", 1), ("97124:GO:59", "60", 1)], {}, ["", "236"]),
    ],
)
def test_denials(member: str, lines: list[tuple[str, str, int]], options: dict[str, str], reasons: list[str]):
    (result,) = pay(claim_837("G1", member, lines, **options))
    for line, reason in zip(result.lines, reasons, strict=True):
        assert line.denied == bool(reason)
        if reason:
            assert (line.paid, line.cas) == (0, [("CO", reason, line.charge)])


def test_same_claim_again_is_a_duplicate_but_other_units_are_not():
    one = claim_837("H1", "1EG4TE5MK70", [("97530:GO", "75", 1)])
    same = claim_837("H2", "1EG4TE5MK70", [("97530:CO:GO", "75", 1)])
    more = claim_837("H3", "1EG4TE5MK70", [("97530:GO", "150", 2)])
    assert [claim.paid > 0 for claim in pay(one, same, more)] == [True, False, True]


def test_evaluations_need_no_authorization():
    (result,) = pay(claim_837("I1", "XYZ1", [("97166:GO", "200", 1)], payer="87726", filing="16"))
    assert result.paid == unit_amount(fee_row("97166", date(2026, 9, 1)) or {}, "33101", 100) - 2000


def test_auto_interest_over_thirty_days():
    claim = claim_837(
        "J1", "P1", [("97530", "80", 1)], payer="GEICO", filing="AM", day="20260830", subscriber_extra="REF*Y4*123~"
    )
    (check,) = Payers().run([file_837(claim)], RECEIVED)
    assert check.claims[0].paid == 5824  # Florida PIP: 36.40 x 2 = 72.80 x 80 %, ot_rules.md 9
    assert check.provider_adjustments == [("L6", -58)]
    assert check.amount == 5824 + 58


def test_auto_without_claim_number_never_gets_to_payment():
    assert pay(claim_837("J2", "P1", [("97530", "80", 1)], payer="GEICO", filing="AM")) == []


def test_cigna_takes_back_once():
    lines = [("97530", "300", 4)]
    claims = [claim_837(f"K{i}", f"XY{i}1", lines, payer="62308", filing="CI") for i in range(2)]
    payers = Payers()
    (first,) = payers.run([file_837(claims[0])], RECEIVED)
    (second,) = payers.run([file_837(claims[1])], RECEIVED)
    assert first.provider_adjustments == [("WO", 2500)]
    assert second.provider_adjustments == []


def test_reversal_corrects_the_last_line_and_forwards_the_balance():
    lines = [("97530", "75", 2), ("97110", "75", 1)]
    options = {"payer": "62308", "filing": "CI"}
    payers = Payers()
    first, second = payers.run([file_837(claim_837("L1", "XY88", lines, **options))], RECEIVED)
    undone, corrected = second.claims
    assert (undone.status, undone.charge, undone.paid) == ("22", -15000, -first.claims[0].paid)
    assert corrected.lines[1].cas == [("CO", "97", 7500)]
    assert second.amount == 0
    owed = first.claims[0].paid - corrected.paid
    assert second.provider_adjustments == [("FB", -owed)]
    (third,) = payers.run([file_837(claim_837("L2", "XY01", [("97530", "300", 4)], **options))], RECEIVED)
    assert ("FB", owed) in third.provider_adjustments


def test_unknown_code_is_sixty_percent_and_lesser_of_charge_holds():
    (result,) = pay(claim_837("O1", "Z1", [("12345", "100", 2), ("97530", "10", 1)], payer="ZZZZZ", filing="12"))
    assert [line.allowed for line in result.lines] == [6000, 1000]
    assert result.paid == 4800 + 800


def test_localities_by_zip():
    names = {
        zip_code: float(locality(zip_code)[1]) for zip_code in ("33012", "33101", "33301", "32801", "34102", "10001")
    }
    assert names == {"33012": 1.041, "33101": 1.041, "33301": 1.013, "32801": 0.956, "34102": 0.956, "10001": 1.0}


def test_npi_check_digit():
    assert npi_valid("1234567893")
    assert not npi_valid("1234567890")


def test_splitter_keeps_other_payers_apart():
    extra = "REF*G1*AUTH1~SBR*S*18*******CI~NM1*IL*1*OTHER*O****MI*OTHER13~NM1*PR*2*SECOND*****PI*99999~REF*G1*THEIRS~"
    (claim,) = read_837(file_837(claim_837("P1", "1EG4TE5MK70", [("97530:GO", "75", 1)], extra=extra)))
    assert (claim.payer_id, claim.member_id, claim.authorization, claim.sequence) == (
        "09102",
        "1EG4TE5MK70",
        "AUTH1",
        "P",
    )
    assert (claim.billing_zip, claim.lines[0].control_number) == ("331010000", "P11")


def test_sum_check_finds_one_cent():
    good = "BPR*I*39.2*C*ACH************20260930~TRN*1*SIM1*1~CLP*X*1*100*39.2*50*MB*C1~"
    good += "SVC*HC:97530*100*39.2**1~CAS*CO*45*10**253*.8~CAS*PR*1*50~"
    body = ISA + "GS*HP*A*B*20260930*1200*1*X*005010X221A1~ST*835*0001~" + good + "SE*1*0001~GE*1*1~IEA*1*000000001~"
    assert imbalances(read_835(body.encode())[0]) == []
    assert len(imbalances(read_835(body.replace("*.8~", "*.81~").encode())[0])) == 2


def test_nothing_here_imports_the_product():
    """The oracle's own modules and the data generator; the comparison test alone may start the simulator."""
    here = Path(__file__).parent
    files = [*here.glob("oracle_*.py"), here / "test_truth_self.py", *(here.parent / "data").glob("*.py")]
    assert len(files) >= 3
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "chalicelib" for name in names), path


def test_a_member_s_day_has_one_full_unit_over_both_claims():
    """ot_rules 3.2: same patient, same date, same group; 36.40 + 3 x 25.97."""
    one = claim_837("R1", "1EG4TE5MK70", [("97530:GO", "150", 2)])
    two = claim_837("R2", "1EG4TE5MK70", [("97530:GO", "151", 2)])
    first, second = pay(one, two)
    assert [first.lines[0].allowed, second.lines[0].allowed] == [3640 + 2597, 2 * 2597]
    next_day = claim_837("R3", "1EG4TE5MK70", [("97530:GO", "152", 2)], day="20260902")
    assert pay(one, two, next_day)[2].lines[0].allowed == 3640 + 2597

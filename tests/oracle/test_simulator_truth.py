"""The simulated payers' 835 against the oracle, to the cent: every claim, line, adjustment and check.

The 837P files are written by oracle_837 and the visits' claims are taken from the hand-written answers, so nothing the
product computes takes part in the question.
"""

from __future__ import annotations

import csv
import random
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from oracle_837 import NPI, Claim, Line, write_837
from oracle_truth import ExpectedCheck, ExpectedClaim, Payers, control_number_of, front_door
from oracle_x12 import Check, PaidClaim, imbalances, read_835, read_837, segments
from public_samples import X12

from chalicelib.local.payer.doors import SimulatedClearinghouse

RECEIVED = date(2026, 9, 30)
ROOT = Path(__file__).parents[2]
FILINGS = {
    "medicare": "MB",
    "medicare_advantage": "16",
    "commercial": "CI",
    "auto": "AM",
}


def ask(folder: Path, *files: bytes, received_on: date = RECEIVED) -> list[bytes]:
    """One round of the simulator over these files, in order: everything it wrote in this round."""
    door = SimulatedClearinghouse(folder, received_on)
    known = len(list(door.inbound.iterdir()))
    for number, content in enumerate(files, known):
        (door.inbound / f"{number:04}.837").write_bytes(content)
    return [path.read_bytes() for path in door.answer_all()]


def checks_of(answers: list[bytes]) -> list[Check]:
    return [check for content in answers if b"ST*835" in content for check in read_835(content)]


def claim_row(claim: PaidClaim | ExpectedClaim) -> tuple[object, ...]:
    """A claim payment as plain values. The page leaves CLP05, remarks and allowed amounts of a reversal open."""
    lines = tuple(
        (
            line.procedure,
            tuple(line.modifiers),
            line.charge,
            line.paid,
            tuple(line.cas),
            *((tuple(line.remarks), line.allowed or None) if claim.status != "22" else ()),
        )
        for line in claim.lines
    )
    return (claim.pcn, claim.status, claim.charge, claim.paid, claim.patient if claim.status != "22" else None, lines)


def check_row(check: Check | ExpectedCheck) -> tuple[object, ...]:
    level: dict[str, int] = {}
    for reason, *_, cents in check.provider_adjustments:
        level[reason] = level.get(reason, 0) + cents
    return (tuple(claim_row(claim) for claim in check.claims), tuple(sorted(level.items())), check.amount)


def compare(answers: list[bytes], expected: list[ExpectedCheck]) -> None:
    actual = checks_of(answers)
    assert [problem for check in actual for problem in imbalances(check)] == []
    theirs = {claim_row(claim) for check in actual for claim in check.claims}
    for check in expected:
        for claim in check.claims:
            assert claim_row(claim) in theirs, f"claim {claim.pcn} of {check.payer_id}: absent, or other amounts"
    assert sorted(map(check_row, actual), key=repr) == sorted(map(check_row, expected), key=repr)
    for check in actual:
        assert check.method == ("ACH" if check.amount else "NON")
        assert check.paid_on == RECEIVED


def agree(folder: Path, *files: bytes, payers: Payers | None = None) -> list[ExpectedCheck]:
    expected = (payers or Payers()).run(list(files), RECEIVED)
    compare(ask(folder, *files), expected)
    return expected


def clean_visits() -> list[Claim]:
    """One claim for every clean visit of the export, lines from the hand-written answers, charges from the fee schedule."""
    fees = tomllib.loads((ROOT / "tenants/harborview-ot.toml").read_text("utf-8"))["fee_schedule"]
    with (ROOT / "tests/data/visits.csv").open(newline="", encoding="utf-8") as file:
        visits = {row["visit_id"]: row for row in csv.DictReader(file)}
    with (ROOT / "tests/data/expected_visits.csv").open(newline="", encoding="utf-8") as file:
        answers = [row for row in csv.DictReader(file) if row["expected_status"] == "clean"]
    claims = []
    for answer in answers:
        visit = visits[answer["visit_id"]]
        text = visit["date_of_service"]
        day = datetime.strptime(text, "%m/%d/%Y" if "/" in text else "%Y-%m-%d").date()
        lines = []
        for item in answer["lines"].split():
            unit, _, modifiers = item.partition(":")
            code, _, count = unit.partition("x")
            charge = round(float(fees[code]) * 100) * int(count)
            lines.append(Line(code, tuple(filter(None, modifiers.split("+"))), charge, int(count)))
        filing = "BL" if visit["payer_id"] == "00590" else FILINGS[visit["line_of_business"]]
        number = visit["property_casualty_claim_number"]
        authorization = visit["authorization_number"]
        claims.append(
            Claim(answer["visit_id"], visit["payer_id"], filing, visit["member_id"], day, lines, authorization, number)
        )
    return claims


def test_every_clean_visit_of_the_export_is_paid_as_the_page_says(tmp_path: Path):
    claims = clean_visits()
    assert len(claims) > 150
    half = len(claims) // 2
    expected = agree(tmp_path, write_837(claims[:half]), write_837(claims[half:], control=2))
    seen = {
        (group, reason) for c in expected for claim in c.claims for line in claim.lines for group, reason, _ in line.cas
    }
    wanted = {"45", "59", "253", "27", "50", "97"}
    assert wanted <= {reason for _, reason in seen}
    assert {"1", "2", "3"} <= {reason for group, reason in seen if group == "PR"}
    assert {"L6", "WO", "FB"} <= {reason for check in expected for reason, _ in check.provider_adjustments}
    assert {"1", "22"} <= {claim.status for check in expected for claim in check.claims}


def test_one_cent_of_one_line_is_noticed(tmp_path: Path):
    content = write_837([Claim("C1", "60054", "CI", "W1", date(2026, 9, 1), [Line("97530", ("GO",), 7500, 1)])])
    expected = Payers().run([content], RECEIVED)
    expected[0].claims[0].lines[0].paid += 1
    with pytest.raises(AssertionError, match="claim C1"):
        compare(ask(tmp_path, content), expected)


def test_one_unit_or_one_modifier_changes_the_answer(tmp_path: Path):
    def claim(units: int, *modifiers: str) -> bytes:
        line = Line("97530", ("GO", *modifiers), 7500 * units, units)
        return write_837([Claim("X1", "09102", "MB", "1TE4TE5MK70", date(2026, 9, 1), [line])])

    paid = {}
    for name, content in (("one", claim(1)), ("two", claim(2)), ("assistant", claim(1, "CO"))):
        agree(tmp_path / name, content)
        (check,) = checks_of([path.read_bytes() for path in (tmp_path / name / "outbound").iterdir()])
        paid[name] = check.claims[0].paid
    assert paid["two"] > paid["one"] > paid["assistant"] > 0


CODES = [
    *("97165", "97166", "97168", "97110", "97112", "97116", "97129", "97130", "97140", "97150", "97530", "97533"),
    *("97535", "97542", "97750", "97760", "97763", "97035", "97018", "97010", "97124", "G0283", "97545", "99213"),
]
PAYER_KINDS = [
    ("09102", "MB"), ("87726", "CI"), ("87726", "16"), ("60054", "CI"), ("62308", "CI"), ("61101", "CI"), ("61101", "16"),
    ("00590", "BL"), ("00590", "CI"), ("GEICO", "AM"), ("PROGR", "AM"), ("31059", "AM"), ("99999", "CI"), ("09102", "ZZ"),
]  # fmt: skip
ENDINGS = ["00", "01", "05", "06", "07", "08", "09", "13", "88", "88", "19", "000", "A"]


def some_claim(source: random.Random, number: int) -> Claim:
    payer, filing = source.choice(PAYER_KINDS)
    day = RECEIVED - timedelta(days=source.choice((2, 20, 29, 30, 31, 34, 35, 36, 60, 89, 90, 91, 120)))
    lines = []
    for _ in range(source.randint(1, 5)):
        modifiers = source.choice(
            ((), ("GO",), ("GO",), ("GO",), ("CO", "GO"), ("GO", "59"), ("GP", "XU"), ("KX", "GO"))
        )
        units = source.choice((1, 1, 1, 2, 2, 3, 5, 8))
        lines.append(
            Line(source.choice(CODES), modifiers, source.choice((1999, 3333, 6500, 7500, 12001)) * units, units)
        )
    return Claim(
        f"R{number:05}",
        payer,
        filing,
        f"MEMB{source.randint(0, 30):02}{source.choice(ENDINGS)}",
        day,
        lines,
        authorization=source.choice(("", "AUTH1", "AUTH1")),
        claim_number=source.choice(("CN1", "CN1", "")) if filing == "AM" else "",
        frequency=source.choice(("1",) * 8 + ("7",)),
        original_reference=source.choice(("ICN1", "")),
    )


@pytest.mark.parametrize("seed", range(6))
def test_three_rounds_of_anything_agree_to_the_cent(tmp_path: Path, seed: int):
    """Deductibles, duplicates, the takeback and forwarded balances carry over from round to round."""
    source = random.Random(seed)
    payers = Payers()
    number = 0
    for turn in range(3):
        claims = []
        for _ in range(60):
            number += 1
            claims.append(some_claim(source, number))
        if claims and turn:
            claims += [Claim(**{**vars(claims[0]), "pcn": f"AGAIN{turn}"})]
        content = write_837(
            claims,
            control=seed * 10 + turn + 1,
            zip_code=source.choice(("331010001", "333010001", "325010003", "100010001")),
        )
        agree(tmp_path, content, payers=payers)


@pytest.mark.parametrize("seed", range(4))
def test_corrections_and_voids_of_standing_claims_agree_to_the_cent(tmp_path: Path, seed: int):
    """Sevens and eights naming claims of this and earlier files, some named twice; then the first claims come again."""
    source = random.Random(100 + seed)
    payers = Payers()
    sent: list[Claim] = []
    for turn in range(3):
        claims = [some_claim(source, 1000 * turn + n) for n in range(20)]
        for n in range(20):
            old = source.choice(sent or claims[:1])
            known = control_number_of(old.payer_id, NPI, old.pcn)
            changed = source.choice((old.lines, old.lines[:1], [*old.lines, Line("97530", ("GO",), 6500, 1)]))
            update = {"frequency": source.choice("78"), "original_reference": known, "lines": changed}
            claims.append(Claim(**{**vars(old), **update, "pcn": f"C{turn}{n:03}"}))
        claims += [Claim(**{**vars(old), "pcn": f"A{turn}{n:03}", "frequency": "1"}) for n, old in enumerate(sent[:5])]
        sent += claims
        agree(tmp_path, write_837(claims, control=seed * 10 + turn + 1), payers=payers)


def test_front_door_answers_as_the_page_says(tmp_path: Path):
    line = [Line("97530", ("GO",), 7500, 1)]
    day = date(2026, 9, 1)
    claims = [
        Claim("F1", "60054", "CI", "W000", day, line),
        Claim("F2", "GEICO", "AM", "G1", day, line),
        Claim("F3", "09102", "MB", "1TE4TE5MK70", day, line, frequency="7", original_reference="X"),
        Claim("F4", "60054", "CI", "W1", day, line, frequency="8"),
        Claim("F5", "60054", "CI", "W1", day, line),
    ]
    content = write_837(claims)
    answers = ask(tmp_path, content)
    statuses: dict[str, str] = {}
    for answer in answers:
        if b"ST*277" not in answer:
            continue
        rows, component = segments(answer)
        pcn = ""
        pending = ""
        for row in rows:
            if row[0] == "HL":
                pcn = pending = ""
            if row[0] == "TRN" and row[1] == "2":
                pcn = row[2]
            if row[0] == "STC":
                pending = pending or row[1].replace(component, ":")
            if pcn and pending:
                statuses[pcn] = pending
    wanted = {claim.pcn: front_door(claim) for claim in read_837(content)}
    assert wanted == {"F1": "A3:164:IL", "F2": "A6:751", "F3": "A7:535", "F4": "A6:464", "F5": "A2:20"}
    assert {pcn: statuses.get(pcn, "") for pcn in wanted} == wanted
    compare(answers, Payers().run([content], RECEIVED))


def test_billing_npi_with_a_wrong_check_digit_is_rejected(tmp_path: Path):
    claim = Claim("N1", "60054", "CI", "W1", date(2026, 9, 1), [Line("97530", ("GO",), 7500, 1)])
    answers = ask(tmp_path, write_837([claim], npi="1999999019"))
    assert checks_of(answers) == []
    assert any(b"A7:562" in answer for answer in answers)


def test_the_same_file_is_answered_once(tmp_path: Path):
    content = write_837([Claim("O1", "60054", "CI", "W1", date(2026, 9, 1), [Line("97530", ("GO",), 7500, 1)])])
    assert ask(tmp_path, content)
    assert ask(tmp_path, content) == []


@pytest.mark.corpus
def test_public_claims_never_seen_before_agree_to_the_cent(tmp_path: Path):
    """Valid 837P samples of other people: whatever of them is answered with an 835 is priced as the oracle prices it."""
    corpus = X12 / "837P"
    if not corpus.is_dir():
        pytest.skip("the public X12 samples are not here (OTBILL_X12_CORPUS)")
    compared = 0
    for number, path in enumerate(sorted(corpus.iterdir())):
        content = path.read_bytes()
        if content[105:106] != b"~" or content.count(b"ST*837") != 1:
            continue
        try:
            expected = Payers().run([content], RECEIVED)
        except (AssertionError, ArithmeticError, ValueError, IndexError):
            continue  # not well formed enough for the oracle's small splitter
        answers = ask(tmp_path / str(number), content)
        if not checks_of(answers):
            continue
        compare(answers, expected)
        compared += 1
    assert compared >= 5

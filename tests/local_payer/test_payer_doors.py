"""Files in, files out: every answer is well formed for judges nobody here wrote, and is given once."""

from __future__ import annotations

import io
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import oxedi
import pytest
import pyx12.params
import pyx12.x12n_document
from payer_claims import BILLING_NPI, TODAY, claim, line
from public_samples import X12

from chalicelib.local.payer import doors, state
from chalicelib.local.payer.answers import NotARequest
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.x12 import (
    EligibilityRequest,
    Interchange,
    Party,
    Person,
    read_271,
    read_277ca,
    read_835,
    read_999,
    write_270,
    write_837p,
)

CORPUS = X12 / "837P"


def envelope(number: int = 1) -> Interchange:
    return Interchange(
        "HARBORVIEW",
        "SIMCLEARINGHOUS",
        control_number=number,
        group_control_number=number,
        created_at=datetime(2026, 9, 30, 12, tzinfo=UTC),
        submitter=Party(
            "Harborview Testcase Therapy",
            is_person=False,
            contact_name="Billing",
            phone="3055550100",
            id_code="HARBORVIEW",
        ),
        receiver_name="Simulated Clearinghouse",
    )


def put(house: SimulatedClearinghouse, name: str, *claims, number: int = 1) -> bytes:
    content = write_837p(envelope(number), claims)
    (house.inbound / name).write_bytes(content)
    return content


def everything():
    """Claims of every payer and every fate, in one file."""
    two = (line("97530", 2, "GO"), line("97110", 1, "CO", "GO"))
    return [
        claim(*two, member="1EG4TE5MK75", pcn="P01"),
        claim(*two, member="1EG4TE5M88", pcn="P02"),
        claim(*two, payer="87726", pcn="P03"),
        claim(*two, payer="60054", member="W88", pcn="P04"),
        claim(line("97530", 4), line("97110", 4), payer="62308", pcn="P05"),
        claim(*two, payer="61101", pcn="P06"),
        claim(*two, payer="00590", member="W13", pcn="P07"),
        claim(*two, payer="GEICO", pcn="P08"),
        claim(line("97530", 1, date=date(2026, 8, 27)), payer="PROGR", pcn="P09"),
        claim(*two, payer="ELSE1", member="W000", pcn="P10"),
        claim(line("97150", 1, "GO"), line("97530", 1, "GO"), line("97110", 9, "GO"), pcn="P11"),
        claim(*two, member="1EG4TE5MK75", pcn="P12"),
    ]


@pytest.fixture
def house(tmp_path):
    return SimulatedClearinghouse(tmp_path / "partner", TODAY)


def answers(house: SimulatedClearinghouse) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(house.outbound.iterdir())}


def faults(path: Path) -> list[str]:
    """What pyx12 finds wrong with a file."""
    out = io.StringIO()
    settings = {"param": pyx12.params.params(), "src_file": str(path), "fd_997": None, "fd_html": None, "fd_json": out}
    ok = pyx12.x12n_document.x12n_document(**settings)
    return [] if ok else [out.getvalue()]


def test_every_answer_is_valid_for_pyx12_and_oxedi(house):
    put(house, "batch1.837", *everything())
    written = house.answer_all()
    kinds = [path.suffix for path in written]
    assert kinds.count(".999") == kinds.count(".277ca") == 1
    assert kinds.count(".835") > 8
    for path in written:
        assert faults(path) == [], path.name
        if path.suffix == ".835":
            assert list(oxedi.parse_file(str(path)).diagnostics) == []


def test_answers_say_what_was_decided(house):
    put(house, "batch1.837", *everything())
    house.answer_all()
    (acknowledgement,) = read_999((house.outbound / "batch1.999").read_bytes()).acknowledgements
    assert acknowledgement.accepted == "A"
    statuses = read_277ca((house.outbound / "batch1.277ca").read_bytes()).statuses
    decided = {status.patient_control_number: (status.category, status.status, status.entity) for status in statuses}
    assert len(decided) == 12
    assert decided["P10"] == ("A3", "164", "IL")
    assert set(decided.values()) == {("A3", "164", "IL"), ("A2", "20", "")}
    remittances = [
        r for name, content in answers(house).items() if name.endswith(".835") for r in read_835(content).remittances
    ]
    assert all(r.balanced for r in remittances)
    pcns = [payment.patient_control_number for r in remittances for payment in r.claims]
    assert "P10" not in pcns
    assert sorted(set(pcns)) == [f"P{n:02}" for n in range(1, 13) if n != 10]
    checks = [name for name in answers(house) if name.endswith(".835")]
    assert {r.trace for r in remittances} == {name.removesuffix(".835").rpartition("-")[2] for name in checks}
    assert {r.payee.npi for r in remittances} == {BILLING_NPI}
    assert all(r.date == TODAY for r in remittances)


def test_a_worked_example_through_the_files(house):
    put(house, "day.837", claim(line("97530", 1, "GO"), line("97110", 1, "CO", "GO"), pcn="DAY1"))
    house.answer_all()
    (path,) = house.outbound.glob("*.835")
    (remittance,) = read_835(path.read_bytes()).remittances
    (payment,) = remittance.claims
    assert [(item.allowed_cents, item.paid_cents) for item in payment.lines] == [(3640, 2854), (2300, 1533)]
    assert remittance.amount_cents == 4387
    assert payment.lines[1].remark_codes == ("N851",)
    text = path.read_bytes().decode()
    assert "CAS*CO*45*72.63**59*7.13**253*.31~CAS*PR*2*4.6~" in text.replace("*0.31", "*.31")


def test_a_changed_unit_changes_the_835(tmp_path):
    paid = []
    for units, modifiers in ((2, ("GO",)), (3, ("GO",)), (2, ("CO", "GO")), (2, ())):
        house = SimulatedClearinghouse(tmp_path / f"{units}{''.join(modifiers)}", TODAY)
        put(house, "a.837", claim(line("97530", units, *modifiers)))
        house.answer_all()
        (path,) = house.outbound.glob("*.835")
        paid.append(read_835(path.read_bytes()).remittances[0].amount_cents)
    assert len(set(paid)) == 4


def test_answering_again_changes_nothing(house):
    content = put(house, "a.837", *everything())
    assert house.answer_all()
    before = answers(house), (house.folder / "state.json").read_bytes()
    assert house.answer_all() == []
    (house.inbound / "copy of a.837").write_bytes(content)
    assert house.answer_all() == []
    assert (answers(house), (house.folder / "state.json").read_bytes()) == before


def test_the_same_name_with_new_content_keeps_both_answers(house):
    put(house, "a.837", claim(line("97530", 1, "GO"), pcn="P1"))
    house.answer_all()
    put(house, "a.837", claim(line("97530", 2, "GO"), pcn="P2"), number=2)
    house.answer_all()
    assert len(list(house.outbound.glob("a*.999"))) == 2
    assert len(list(house.outbound.glob("*.835"))) == 2


def test_unfinished_uploads_wait(house):
    (house.inbound / "a.837.tmp").write_bytes(b"ISA")
    assert house.answer_all() == []


def test_two_processes_at_once_answer_once(house):
    put(house, "a.837", *everything())
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: SimulatedClearinghouse(house.folder, TODAY).answer_all(), range(4)))
    assert sorted(len(written) for written in runs)[:3] == [0, 0, 0]
    assert len(max(runs, key=len)) == len(answers(house))


def test_a_claim_file_beside_broken_ones_is_still_answered(house):
    (house.inbound / "a.837").write_bytes(b"not a claim file")
    put(house, "b.837", claim(line("97530", 1, "GO")))
    (house.inbound / "c.837").write_bytes(put(house, "d.837", claim(line("97110", 1, "GO"), pcn="D1"), number=2)[:-30])
    names = {path.name for path in house.answer_all()}
    assert {"a.rejected.txt", "b.999", "b.277ca", "c.rejected.txt", "d.999", "d.277ca"} < names
    (path,) = house.outbound.glob("*.835")
    assert len(read_835(path.read_bytes()).remittances[0].claims) == 2


class Killed(Exception):
    pass


def test_killed_at_any_write_loses_and_doubles_nothing(tmp_path, monkeypatch):
    whole = SimulatedClearinghouse(tmp_path / "whole", TODAY)
    put(whole, "a.837", *everything())
    whole.answer_all()
    writes = len(answers(whole)) + 2  # the promise, the answers, the promise kept
    real = state.write_file
    for fatal in range(2 * writes):
        house = SimulatedClearinghouse(tmp_path / str(fatal), TODAY)
        put(house, "a.837", *everything())
        count = -1

        def dying(path, content, fatal=fatal):
            nonlocal count
            count += 1
            if count == fatal // 2:
                if fatal % 2:
                    real(path, content)  # dies just after the rename
                else:
                    path.with_name(path.name + ".tmp").write_bytes(content[: len(content) // 2])
                raise Killed
            real(path, content)

        with monkeypatch.context() as patch:
            patch.setattr(state, "write_file", dying)
            patch.setattr(doors, "write_file", dying)
            with pytest.raises(Killed):
                house.answer_all()
        house.answer_all()
        assert house.answer_all() == []
        finished = {name: content for name, content in answers(house).items() if not name.endswith(".tmp")}
        assert finished == answers(whole)
        assert (house.folder / "state.json").read_bytes() == (whole.folder / "state.json").read_bytes()


@pytest.mark.parametrize("cut", [1, 50, 106, 107, 300, -40, -1])
def test_a_truncated_file_is_refused_with_a_note(house, cut):
    content = write_837p(envelope(), [claim(line("97530", 1, "GO"))])
    (house.inbound / "cut.837").write_bytes(content[:cut])
    written = {path.name for path in house.answer_all()}
    assert written == {"cut.rejected.txt"}
    assert "Testcase" not in (house.outbound / "cut.rejected.txt").read_text()


def test_random_bytes_and_mutated_files_never_crash(house):
    chance = random.Random(7)
    good = write_837p(envelope(), everything())
    for number in range(60):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (house.inbound / f"m{number:02}.837").write_bytes(bytes(data))
    (house.inbound / "noise.837").write_bytes(chance.randbytes(5000))
    (house.inbound / "empty.837").write_bytes(b"")
    house.answer_all()
    answered = {path.stem.removesuffix(".rejected") for path in house.outbound.iterdir() if path.suffix != ".835"}
    assert answered == {path.stem for path in house.inbound.iterdir()}
    for path in house.outbound.glob("*.835"):
        assert list(oxedi.parse_file(str(path)).diagnostics) == [], path.name


def test_a_set_with_faults_of_form_is_rejected_and_not_paid(house):
    content = write_837p(envelope(), [claim(line("97530", 1, "GO"))])
    (house.inbound / "bad.837").write_bytes(content.replace(b"DTP*472*D8*20260908", b"DTP*472*D8*20261399"))
    written = {path.name for path in house.answer_all()}
    assert written == {"bad.999"}
    (acknowledgement,) = read_999((house.outbound / "bad.999").read_bytes()).acknowledgements
    assert acknowledgement.accepted == "R"
    assert acknowledgement.transactions[0].errors[0].segment == "DTP"
    assert faults(house.outbound / "bad.999") == []


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no public X12 samples here (OTBILL_X12_CORPUS)")
def test_public_claim_files_are_answered(tmp_path):
    """Each by itself: answered, and whatever is answered is well formed; accepted claims are paid or denied."""
    answered = paid = 0
    for path in sorted(CORPUS.iterdir()):
        house = SimulatedClearinghouse(tmp_path / path.name, TODAY)
        (house.inbound / path.name).write_bytes(path.read_bytes())
        written = house.answer_all()
        assert written
        accepted = set()
        for answer in written:
            if answer.suffix != ".txt":
                assert faults(answer) == [], answer.name
            if answer.suffix == ".277ca":
                statuses = read_277ca(answer.read_bytes()).statuses
                accepted = {status.patient_control_number for status in statuses if status.category == "A2"}
                answered += 1
        remittances = [
            r for answer in written if answer.suffix == ".835" for r in read_835(answer.read_bytes()).remittances
        ]
        assert {payment.patient_control_number for r in remittances for payment in r.claims} == accepted
        for answer in written:
            if answer.suffix == ".835":
                paid += 1
                assert list(oxedi.parse_file(str(answer)).diagnostics) == [], answer.name
    assert answered >= 33
    assert paid >= 16


def ask(house: SimulatedClearinghouse, payer: str, member: str):
    request = EligibilityRequest(
        "A Payer",
        payer,
        Party("Harborview Testcase Therapy", is_person=False, npi=BILLING_NPI),
        Person("Testcase", "Marigold", date_of_birth=date(1950, 3, 4), sex="F"),
        member,
        service_types=("AD",),
        date=TODAY,
        trace="TRACE1",
        trace_origin="9HARBORVIE",
    )
    read = read_271(house.ask(write_270(envelope(), [request])))
    assert read.clean
    (response,) = read.responses
    return response


def rows(response):
    return [(row.code, row.period, row.amount_cents, row.percent, row.quantity) for row in response.benefits]


def test_eligibility_answers(house):
    medicare = ask(house, "09102", "1EG4TE5MK75")
    assert [row.code for row in medicare.benefits] == ["1", "A", "C", "C", "F", "F"]
    assert medicare.benefits[0].plan == "Medicare Part B Florida"
    assert float(medicare.benefits[1].percent) == 0.2
    assert [(row.period, row.amount_cents) for row in medicare.benefits[2:4]] == [("23", 2500), ("29", 2500)]
    assert [(row.period, row.quantity) for row in medicare.benefits[4:]] == [("23", 30), ("29", 30)]
    cigna = ask(house, "62308", "W1")
    assert [row.code for row in cigna.benefits] == ["1", "B", "F", "F"]
    assert cigna.benefits[1].amount_cents == 3000
    assert [row.code for row in ask(house, "62308", "W13").benefits] == ["6"]
    assert [(e.reason, e.follow_up) for e in ask(house, "62308", "W1000").errors] == [("75", "C")]
    assert [(e.reason, e.follow_up) for e in ask(house, "GEICO", "W13").errors] == [("42", "R")]


def test_eligibility_knows_what_was_adjudicated(house):
    put(
        house,
        "a.837",
        claim(line("97530", 1, "GO", charge=2000), member="1EG4TE5MK75"),
        claim(line("97110"), member="1EG4TE5MK75", pcn="P2"),
    )
    house.answer_all()
    response = ask(house, "09102", "1EG4TE5MK75")
    assert [row.amount_cents for row in response.benefits if row.code == "C"] == [2500, 500]
    assert [row.quantity for row in response.benefits if row.code == "F"] == [30, 29]  # the one without GO was denied


def test_asking_changes_nothing_and_nonsense_is_refused(house):
    ask(house, "09102", "1EG4TE5MK75")
    assert not (house.folder / "state.json").exists()
    with pytest.raises(NotARequest):
        house.ask(b"hello")

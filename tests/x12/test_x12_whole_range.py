"""The far ends of what the sets allow: the largest claim, a TA1, and the inpatient and summary segments of an 835."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
import x12_values as v

from chalicelib import x12

DIAGNOSES = (
    "M25511", "R278", "G8191", "S62001A", "F840", "M6281", "R279", "I69351", "M25512", "M25521", "M25522", "M25531",
)  # fmt: skip


def test_a_claim_of_twelve_diagnoses_and_fifty_lines_goes_out_and_comes_back(tmp_path: Path) -> None:
    lines = tuple(replace(v.line(number), diagnosis_pointers=(12, number % 11 + 1)) for number in range(1, 51))
    claim = v.claim(diagnoses=DIAGNOSES, lines=lines, charge_cents=sum(one.charge_cents for one in lines))
    data = x12.write_837p(v.interchange(), [claim])
    found = x12.read_837p(data)
    assert found.claims == (claim,)
    assert not found.diagnostics
    ok, errors = v.pyx12_verdict(data, tmp_path)
    assert (ok, errors) == (True, [])


@pytest.mark.parametrize(("answer", "note"), [("A", "000"), ("E", "001"), ("R", "024")])
def test_a_ta1_comes_back_as_it_was(answer: str, note: str) -> None:
    sent = v.interchange()
    (found,) = x12.read_999(x12.write_ta1(sent, 77, sent.created_at, answer, note)).acknowledgements
    assert (found.kind, found.group_control_number.lstrip("0"), found.accepted) == ("TA1", "77", answer)
    assert found.codes == (() if note == "000" else (note,))


def test_summary_inpatient_and_quantity_segments_of_an_835_are_read_without_complaint() -> None:
    data = x12.write_835(v.interchange(), [v.remittance()])
    plain = x12.read_835(data)
    mark = data.index(b"~CLP*") + 1
    more = data[:mark] + b"TS3*1234567893*11*20261231*1*100~TS2*1*2~" + data[mark:]
    mark = more.index(b"~NM1*QC") + 1
    mark = more.index(b"~", mark) + 1
    more = more[:mark] + b"MIA*0****MA01*100~" + more[mark:]
    more = more.replace(b"~SVC*", b"~QTY*CA*1~SVC*", 1)
    end = more.index(b"~SE*") + 4
    stated = int(more[end : more.index(b"*", end)])
    more = more[:end] + str(stated + 4).encode() + more[more.index(b"*", end) :]
    found = x12.read_835(more)
    assert not [d for d in found.diagnostics if d.severity == "error"], found.diagnostics
    (claim, before) = found.remittances[0].claims[0], plain.remittances[0].claims[0]
    assert claim.inpatient == x12.Inpatient(covered_days=0, disproportionate_share_cents=10000)
    assert claim.remark_codes == ("MA01",)
    assert claim.quantities == (x12.Quantity("CA", 1),)
    (summary,) = found.remittances[0].provider_summaries
    assert (summary.provider_id, summary.facility_code, summary.fiscal_period) == (
        "1234567893",
        "11",
        dt.date(2026, 12, 31),
    )
    assert (summary.claims, summary.charge_cents, summary.first_claim) == (1, 10000, 0)
    assert summary.inpatient == x12.InpatientSummary(drg_cents=100, federal_cents=200)
    assert (claim.unread, found.remittances[0].unread) == ((), ())
    assert (claim.paid_cents, claim.lines) == (before.paid_cents, before.lines)
    assert found.remittances[0].balanced

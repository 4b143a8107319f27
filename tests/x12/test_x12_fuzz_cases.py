"""What fuzzing found (`python -m tests.x12.fuzz`) keeps being read as it must, and every seed keeps every promise.

The fuzzer's own files descend from public samples of other licences, so each case is made anew from a file of ours.
"""

from __future__ import annotations

import pytest
import x12_values as v

from chalicelib import x12
from tests.x12.fuzz.invariants import as_commands, check
from tests.x12.fuzz.seeds import every_set

REMITTANCE = x12.write_835(v.interchange(), [v.remittance()])


@pytest.mark.parametrize("number", range(len(every_set())))
def test_every_kind_of_file_keeps_the_promises(number: int) -> None:
    data = every_set()[number]
    check(data)
    check(data.replace(b"~", b"~\r\n"))
    as_commands(data)


def test_a_remittance_does_not_change_once_it_is_out() -> None:
    """A TRN after the claims belongs to nothing: whoever streams has the head already."""
    late = REMITTANCE.replace(b"PLB*", b"TRN*1*OTHER*1999999999~PLB*", 1)
    found = x12.read_835(late)
    assert found.remittances[0].trace == "SIM1"
    assert ("SEGMENT_MISPLACED", "TRN") in {(d.code, d.segment) for d in found.diagnostics}
    assert found.remittances[0].claims[0].lines[-1].unread == ("TRN*1*OTHER*1999999999",)


def test_what_never_came_is_missed_at_the_end_of_the_file() -> None:
    cut = REMITTANCE[: REMITTANCE.index(b"SE*29")]
    found = x12.read_835(cut)
    assert {(d.code, d.offset) for d in found.diagnostics} == {(c, len(cut)) for c in ("NO_SE", "NO_GE", "NO_IEA")}


def test_a_byte_that_is_no_text_is_read_alone_and_moves_no_other() -> None:
    """One Latin-1 byte does not garble the UTF-8 of its neighbours, and places are counted in bytes."""
    data = REMITTANCE.replace(b"Testcase", "Núñez".encode() + b"\xe9").replace(b"~SE*", b"~SE*9", 1)
    found = x12.read_835(data)
    assert found.remittances[0].claims[0].patient.last_name == "Núñezé"
    (count,) = [d for d in found.diagnostics if d.code == "SE_COUNT"]
    assert count.offset == data.index(b"~SE*") + 1
    assert {d.code: d.offset for d in found.diagnostics}["NOT_UTF8"] == data.index(b"\xe9")


def test_a_file_cut_off_behind_a_line_end_is_cut_off_at_the_same_place_in_pieces() -> None:
    """The last segment begins where its text does, not at the line end before it."""
    data = REMITTANCE + b"\n" + REMITTANCE[:60]
    (cut,) = [d for d in x12.read_835(data).diagnostics if d.code == "NOT_TERMINATED"]
    assert (cut.offset, cut.line) == (len(REMITTANCE) + 1, 2)
    check(data)


def test_what_has_no_place_behind_the_head_stands_at_the_end_however_the_file_comes() -> None:
    """The head is out by then: a late segment may not change what is printed of it, by how the file was cut."""
    data = REMITTANCE.replace(b"~LX*1~", b"~QTY*CA*1~LX*1~", 1).replace(b"~PLB*", b"~LX*2~TS2*5~PLB*", 1)
    head, end = (x12.as_json(one) for one in x12.read(data) if isinstance(one, x12.Remittance | x12.RemittanceEnd))
    assert head
    assert end
    assert (head["unread"], end["unread"]) == (["QTY*CA*1"], ["TS2*5"])
    assert x12.read_835(data).remittances[0].unread == ("QTY*CA*1", "TS2*5")
    check(data)


def test_an_interchange_is_not_cut_where_the_one_before_it_would_begin_a_claim() -> None:
    """`~HL*` opens a subscriber of the first interchange; in the second, whose segments end in `|`, it is text of a note."""
    first = x12.write_837p(v.interchange(), [v.claim()])
    first = first[: first.index(b"~SE*") + 1]  # it was cut off there
    second = x12.write_837p(v.interchange(separators="*:^|"), [v.claim(patient_control_number="PCN2")])
    second = second.replace(b"|LX*1|", b"|NTE*ADD*A~HL*9*1*22*0~B|LX*1|", 1)
    values = list(x12.read(first + second))
    assert [one.patient_control_number for one in values if isinstance(one, x12.Claim837)] == ["PCN1", "PCN2"]
    assert len([one for one in values if isinstance(one, x12.Claim837)][1].lines) == 2
    check(first + second)

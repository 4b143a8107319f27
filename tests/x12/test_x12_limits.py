"""Hostile sizes are answered with a diagnostic, not with memory; strange but legal forms are read."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import pytest
import x12_values as v

from chalicelib import x12

REMITTANCE = x12.write_835(v.interchange(), [v.remittance()])


def codes(values: object) -> list[str]:
    return [d.code for d in values if isinstance(d, x12.Diagnostic)]  # type: ignore[attr-defined]


class Endless(io.RawIOBase):
    """A file of so many bytes made up as it is read."""

    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.left = head, size

    def read(self, size: int = -1) -> bytes:
        if self.head:
            chunk, self.head = self.head, b""
            return chunk
        size = min(size, self.left)
        self.left -= size
        return b"A" * size


def test_a_segment_without_end_costs_no_memory() -> None:
    tracemalloc.start()
    found = codes(x12.read(Endless(REMITTANCE[:-20], 50_000_000)))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "SEGMENT_TOO_LONG" in found
    assert peak < 4_000_000


def test_the_claims_around_a_segment_too_long_are_read() -> None:
    data = REMITTANCE.replace(b"~CLP*", b"~REF*1L*" + b"X" * 200_000 + b"~CLP*", 1)
    found = list(x12.read(data))
    assert "SEGMENT_TOO_LONG" in codes(found)
    assert sum(isinstance(one, x12.ClaimPayment) for one in found) == 1


def test_a_file_over_the_limit_is_read_up_to_it() -> None:
    found = list(x12.read(REMITTANCE, x12.Limits(file_bytes=len(REMITTANCE) - 100)))
    assert "FILE_TOO_BIG" in codes(found)
    assert sum(isinstance(one, x12.ClaimPayment) for one in found) == 1


def test_too_many_elements_are_cut_off_and_said() -> None:
    data = REMITTANCE.replace(b"~CLP*", b"~ZZ" + b"*1" * 20_000 + b"~CLP*", 1)
    found = list(x12.read(data))
    assert "TOO_MANY_ELEMENTS" in codes(found)
    assert sum(isinstance(one, x12.ClaimPayment) for one in found) == 1


def test_reading_streams() -> None:
    """The first claim is out before the second chunk is read, and memory does not grow with the file."""
    many = x12.write_835(v.interchange(), [v.remittance(claims=v.remittance().claims * 4_000)])
    asked: list[int] = []

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(size or 0)
            return super().read(size)

    values: Iterator[object] = x12.read(Counted(many))
    next(value for value in values if isinstance(value, x12.ClaimPayment))
    assert len(asked) == 1
    tracemalloc.start()
    count = sum(isinstance(value, x12.ClaimPayment) for value in values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3_999
    assert peak < 4_000_000


def test_forms_that_occur_in_the_wild_read_alike() -> None:
    plain = x12.read_835(REMITTANCE).remittances
    for form in (
        b"\xef\xbb\xbf" + REMITTANCE,
        REMITTANCE.replace(b"~", b"~\r\n"),
        REMITTANCE.replace(b"~", b"\n"),
        REMITTANCE.replace(b"~", b"\r\n"),
        REMITTANCE.replace(b"~", b"~   "),
        b"\r\n  " + REMITTANCE + b"\x1a",
        REMITTANCE.replace(b"*", b"|"),
    ):
        found = x12.read_835(form)
        assert (found.remittances, found.diagnostics) == (plain, ())


def test_several_interchanges_with_their_own_separators() -> None:
    one = x12.write_835(v.interchange(), [v.remittance()])
    two = x12.write_837p(v.interchange(separators="|>^!"), [v.claim()])
    values = list(x12.read(one + b"\n" + two + one))
    assert [type(o) for o in values if isinstance(o, x12.ClaimPayment | x12.Claim837)] == [
        x12.ClaimPayment, x12.Claim837, x12.ClaimPayment,
    ]  # fmt: skip
    assert codes(values) == []


def test_4010_is_refused_with_a_reason() -> None:
    old = REMITTANCE.replace(b"005010X221A1", b"004010X091A1")
    engine = x12.Engine(old)
    assert codes(engine.run()) == ["VERSION_4010"]
    assert (engine.read_sets, engine.refused_sets) == (0, 1)


def test_peek_tells_where_a_file_belongs() -> None:
    found = x12.peek(x12.write_837p(v.interchange(usage="P"), [v.claim()]))
    assert found == x12.Peek(("837",), "000000007", "8", "OTBILL", "CLRHSE", "P", ("005010X222A1",))
    assert x12.peek(b"visit_id,line_number\n1,2\n") is None
    answer = x12.peek(x12.write_ta1(v.interchange(), 7, v.interchange().created_at))
    assert answer is not None
    assert answer.transactions == ("TA1",)


def test_a_diagnostic_points_at_its_segment() -> None:
    data = REMITTANCE.replace(b"~", b"~\n").replace(b"*120.5*80*", b"*120.5*81*")
    (balance,) = [d for d in x12.read_835(data).diagnostics if d.code == "SERVICE_BALANCE"]
    where = data.index(b"SVC*HC:97530")
    assert (balance.segment, balance.offset) == ("SVC", where)
    assert balance.line == data[:where].count(b"\n") + 1 == balance.segment_number
    assert "off by -100 cents" in balance.message


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        (b"CAS*CO*45*0~", "adjustments"), (b"REF*1L*X~", "references"), (b"AMT*AU*0~", "amounts"), (b"QTY*CA*1~", "quantities"),
        (b"MOA***MA01~", "remark_codes"), (b"SVC*HC:97530*0*0~", "lines"), (b"ZZZ*1~", "unread"),
    ],
)  # fmt: skip
def test_a_claim_without_end_holds_so_much_and_says_so(more: bytes, kept: str) -> None:
    data = REMITTANCE.replace(b"~SVC*", b"~" + more * 500 + b"SVC*", 1)
    found = x12.read_835(data, x12.Limits(held=100))
    (claim,) = found.remittances[0].claims
    assert len(getattr(claim, kept)) == (10 if kept == "unread" else 100)
    assert [d.code for d in found.diagnostics].count("TOO_MANY_HELD") == 1
    assert found.remittances[0].balanced


def test_provider_adjustments_beyond_the_limit_still_count_in_the_balance() -> None:
    data = REMITTANCE.replace(b"~PLB*", b"~" + b"PLB*1*20261231*L6:I*-1~" * 30 + b"PLB*", 1).replace(
        b"BPR*I*61*", b"BPR*I*91*"
    )
    found = x12.read_835(data, x12.Limits(held=1))
    assert len(found.remittances[0].provider_adjustments) == 10
    assert "TOO_MANY_HELD" in [d.code for d in found.diagnostics]
    assert found.remittances[0].balanced


def test_lines_and_payers_of_a_claim_without_end_are_held_to_the_limit() -> None:
    data = x12.write_837p(v.interchange(), [v.claim()])
    lines = data.replace(b"~LX*2~", b"~" + b"LX*9~SV1*HC:97530*0*UN*1***1~DTP*472*D8*20260901~" * 400 + b"LX*2~", 1)
    payers = data.replace(b"~LX*1~", b"~" + b"SBR*S*18*******CI~" * 400 + b"LX*1~", 1)
    limits = x12.Limits(held=100)
    found = x12.read_837p(lines, limits)
    assert (len(found.claims[0].lines), found.claims[0].charge_cents) == (100, 24100)
    assert {"TOO_MANY_HELD", "TOO_MANY"} <= {d.code for d in found.diagnostics}
    assert "CLAIM_SUM" not in {d.code for d in found.diagnostics}
    assert len(x12.read_837p(payers, limits).claims[0].other_payers) == 100

"""A damaged file never raises, never hangs, and never loses a claim: what goes in is out or in a diagnostic."""

from __future__ import annotations

import random

import pytest
import x12_values as v
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from timing import processor_seconds

from chalicelib import x12

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = [
    x12.write_835(v.interchange(), [v.remittance(), v.remittance(trace="SIM2")]),
    x12.write_837p(v.interchange(), [v.claim(), v.claim(patient_control_number="PCN2", patient=v.MARIGOLD)]),
    x12.write_270(v.interchange(), [x12.EligibilityRequest("Payer", "P1", v.BILLING, v.MARIGOLD, "M1", date=v.DAY)]),
    x12.write_999(v.interchange(), x12.acknowledge(x12.write_837p(v.interchange(), [v.claim()]))),
    x12.write_277ca(
        v.interchange(),
        [x12.StatusBatch("Payer", "P1", "Us", "O1", "OT", v.NPIS[0], claims=(x12.ClaimStatus("PCN1", "A2", "20"),))],
    ),
]  # fmt: skip


def mutate(data: bytes, random_: random.Random) -> bytes:
    """Delete, double, swap, cut or garble segments after the ISA."""
    segments = data.split(b"~")
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(1, len(segments))
        other = random_.randrange(1, len(segments))
        match random_.randrange(6):
            case 0:
                del segments[at]
            case 1:
                segments.insert(other, segments[at])
            case 2:
                segments[at], segments[other] = segments[other], segments[at]
            case 3:
                segments[at] = segments[at][: random_.randrange(len(segments[at]) + 1)]
            case 4:
                elements = segments[at].split(b"*")
                elements[random_.randrange(len(elements))] = random_.choice(
                    [b"", b"-1", b"9" * 30, b"\xff\xfe", b":::", b"X^Y", b"1e9"]
                )
                segments[at] = b"*".join(elements)
            case _:
                raw = bytearray(segments[at])
                for _ in range(3):
                    if raw:
                        raw[random_.randrange(len(raw))] = random_.randrange(256)
                segments[at] = bytes(raw)
        if len(segments) < 3:
            break
    return b"~".join(segments)


def read_all(data: bytes) -> list[object]:
    values: list[object] = []
    assert processor_seconds(lambda: values.extend(x12.read(data))) < 2
    return values


@MANY
@given(st.integers(0, 2**32), st.sampled_from(SEEDS))
def test_a_damaged_file_is_read_to_its_end(seed: int, data: bytes) -> None:
    read_all(mutate(data, random.Random(seed)))


@MANY
@given(st.integers(0, 2**32))
def test_no_claim_payment_is_lost_silently(seed: int) -> None:
    data = mutate(SEEDS[0], random.Random(seed))
    sent = [s.strip() for s in data.decode("latin-1").split("~")]
    claims = sum(s.split("*")[0].strip() == "CLP" for s in sent)
    values = read_all(data)
    came = sum(isinstance(value, x12.ClaimPayment) for value in values)
    reported = [d for d in values if isinstance(d, x12.Diagnostic)]
    about_claims = sum(d.segment.strip() == "CLP" for d in reported)
    refused_whole = any(d.code in ("SET_NOT_READ", "VERSION_4010", "VERSION_UNKNOWN") for d in reported)
    assert came + about_claims >= claims or refused_whole


@MANY
@given(st.integers(0, 2**32))
def test_no_claim_is_lost_silently(seed: int) -> None:
    data = mutate(SEEDS[1], random.Random(seed))
    claims = sum(s.split("*")[0].strip() == "CLM" for s in data.decode("latin-1").split("~"))
    values = read_all(data)
    came = sum(isinstance(value, x12.Claim837) for value in values)
    reported = [d for d in values if isinstance(d, x12.Diagnostic)]
    refused_whole = any(d.code in ("SET_NOT_READ", "VERSION_4010", "VERSION_UNKNOWN") for d in reported)
    assert came + sum(d.segment.strip() == "CLM" for d in reported) >= claims or refused_whole


@MANY
@given(st.binary(max_size=2000), st.booleans())
def test_random_bytes_are_no_trouble(junk: bytes, headed: bool) -> None:
    read_all(SEEDS[0][:120] + junk if headed else junk)


@MANY
@given(st.integers(0, 2**32), st.integers(1, 40))
@example(46309, 40)  # SE01 of a digit and a control character that str.strip takes for a blank and int() does not
def test_bytes_changed_anywhere_are_no_trouble(seed: int, changes: int) -> None:
    random_ = random.Random(seed)
    raw = bytearray(random_.choice(SEEDS))
    for _ in range(changes):
        raw[random_.randrange(len(raw))] = random_.randrange(256)
    read_all(bytes(raw[: random_.randrange(len(raw) + 1)]))


@pytest.mark.parametrize("cut", [1, 50, 105, 106, 107, 200, 400])
def test_a_file_cut_off_says_so(cut: int) -> None:
    found = x12.read_835(SEEDS[0][:-cut] if cut < 100 else SEEDS[0][:cut])
    assert found.diagnostics


def test_a_lost_terminator_does_not_swallow_a_claim_in_silence() -> None:
    data = SEEDS[0].replace(b"LX*1~CLP", b"LX*1 CLP", 1)
    found = x12.read_835(data)
    assert "ELEMENT_EXTRA" in {d.code for d in found.diagnostics}


def test_groups_after_the_end_of_their_interchange_are_read() -> None:
    """Found by fuzzing: GS segments that follow an IEA have no ISA to take their sender from."""
    group = SEEDS[0][SEEDS[0].index(b"GS*") : SEEDS[0].index(b"IEA*")]
    found = x12.read_835(SEEDS[0] + group + group)
    assert len(found.remittances) == 6
    assert [d.code for d in found.diagnostics] == ["BAD_ISA"]


def test_a_segment_cut_down_to_its_id_or_first_element_is_no_trouble() -> None:
    """Every segment of every kind of file in turn (fuzzing found an AMT without elements in a 277CA)."""
    more = [
        x12.write_271(
            v.interchange(), [x12.BenefitResponse("P", "1", v.THERAPIST, v.MARIGOLD, "M", benefits=(x12.Benefit("1"),))]
        ),
        x12.write_276(
            v.interchange(),
            [x12.StatusRequest("P", "1", "R", "2", v.THERAPIST, v.MARIGOLD, "M", trace="T", charge_cents=1)],
        ),
        x12.write_278(
            v.interchange(), [x12.ReviewResponse("P", "1", v.THERAPIST, v.MARIGOLD, "M", trace="T", quantity=1)]
        ),
    ]
    for data in SEEDS + more:
        segments = data.split(b"~")
        for at in range(1, len(segments)):
            for kept in (1, 2):
                short = b"*".join(segments[at].split(b"*")[:kept])
                read_all(b"~".join([*segments[:at], short, *segments[at + 1 :]]))

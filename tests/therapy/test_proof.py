"""A proof can be computed again from what it stores, and says what differs when it cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.codes import mpfs, payers, tables
from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import CodedDay, Service
from chalicelib.therapy.modifiers import Plan
from chalicelib.therapy.pricing import AllowedLine, ChargedLine, Terms, allowed
from chalicelib.therapy.proof import DayCoding, ProofError, coding_proof, pricing_proof, replay

DAY = date(2026, 8, 3)
PLAN = payers.plan("09102", "medicare", DAY)
SERVICES = [
    Service("V1/1", "97530", 12, 12, 2, ("GO",)),
    Service("V1/2", "97110", 20, file_modifiers=("GO", "59")),
    Service("V1/3", "97112", 20),
]
MIAMI = Terms(DAY, mpfs.gpci("FL", "04", DAY))


@pytest.fixture(autouse=True)
def bundled_again() -> Iterator[None]:
    yield
    tables.uninstall()


def prove_coding(services: Sequence[Service], plan: Plan, on: date) -> tuple[CodedDay, dict[str, Any]]:
    coded = code_day(services, plan, on)
    return coded, coding_proof(DayCoding(tuple(services), plan, on, coded))


def prove_pricing(lines: Sequence[ChargedLine], terms: Terms) -> tuple[Sequence[AllowedLine], dict[str, Any]]:
    priced = allowed(lines, terms)
    return priced, pricing_proof(lines, terms, priced)


def test_a_coding_proof_replays_after_storage_as_json():
    assert PLAN is not None
    day, proof = prove_coding(SERVICES, PLAN, DAY)
    stored = json.loads(json.dumps(proof))
    assert stored == proof
    assert replay(stored).same
    assert replay(stored).tables == ()
    assert [line["units"] for line in stored["result"]["lines"]] == [line.units for line in day.lines]
    assert stored["tables"]["cpt.csv"] == tables.versions()["cpt.csv"]


def test_a_pricing_proof_replays_to_the_cent():
    priced, proof = prove_pricing([ChargedLine("97530", 2, ("GO",), 15_000), ChargedLine("97110", 1)], MIAMI)
    assert proof["result"]["total_cents"] == sum(line.allowed_cents for line in priced) == 8537
    assert replay(json.loads(json.dumps(proof))).same


def test_a_proof_names_everything_an_auditor_asks():
    assert PLAN is not None
    _, proof = prove_coding(SERVICES, PLAN, DAY)
    assert set(proof["result"]) == {"rule", "lines", "ties", "other_rule_units"}
    assert proof["result"]["rule"] == "cms"
    assert proof["given"]["services"][2] == {"key": "V1/3", "code": "97112", "therapist_minutes": 20}
    _, money = prove_pricing([ChargedLine("97530", 1)], MIAMI)
    assert set(money["result"]) == {"lines", "total_cents"}
    assert money["given"]["terms"]["gpci"]["locality"] == "04"


def test_an_altered_proof_is_found_out_and_where():
    assert PLAN is not None
    _, proof = prove_coding(SERVICES, PLAN, DAY)
    proof["result"]["lines"][0]["units"] = 9
    found = replay(proof)
    assert not found.same
    assert found.differences == ("lines[0].units: 9 -> 1",)
    _, money = prove_pricing([ChargedLine("97530", 2)], MIAMI)
    money["result"]["total_cents"] += 1
    assert replay(money).differences == ("total_cents: 6238 -> 6237",)


def test_a_line_too_many_is_a_difference():
    assert PLAN is not None
    _, proof = prove_coding(SERVICES, PLAN, DAY)
    proof["result"]["ties"].append("one tie more")
    (told,) = replay(proof).differences
    assert told.startswith("ties: ")


def test_other_tables_and_other_rules_are_named():
    assert PLAN is not None
    _, proof = prove_coding(SERVICES, PLAN, DAY)
    tables.install({"ncci.csv": tables.stored("ncci.csv") + b"\n"})
    assert replay(proof).tables == ("ncci.csv",)
    proof["rules"] = 0
    assert replay(proof).differences == ("rules: 0 -> 1",)


@pytest.mark.parametrize(
    "thing", [{}, {"kind": "coding"}, {"kind": "other", "given": {}, "tables": {}, "result": {}, "rules": 1}]
)
def test_what_is_no_proof_is_refused(thing: dict[str, object]):
    with pytest.raises(ProofError):
        replay(thing)


@given(
    st.lists(
        st.builds(
            Service,
            st.sampled_from(["a", "b"]),
            st.sampled_from(["97530", "97110", "97150", "97165", "97129", "97130", "99999"]),
            st.integers(-1, 90),
            st.integers(0, 60),
            st.one_of(st.none(), st.integers(0, 4)),
            st.sampled_from([(), ("GO",), ("GO", "CO"), ("GO", "59", "KX")]),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_whatever_the_services_the_proof_replays(services: list[Service]):
    assert PLAN is not None
    day, proof = prove_coding(services, PLAN, DAY)
    assert replay(json.loads(json.dumps(proof))).same
    assert day.total_units == sum(line.units for line in day.lines)
    assert all(line.units > 0 and len(set(line.modifiers)) == len(line.modifiers) for line in day.lines)

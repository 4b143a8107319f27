"""Denials, patient shares, checks and corrections follow docs/payer-simulator.md, and every amount balances."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payer_claims import BILLING_NPI, SERVICE_DAY, TODAY, claim, judge, line, pay

from chalicelib.local.payer.intake import is_npi
from chalicelib.local.payer.intake import judge as front_door
from chalicelib.local.payer.state import State


def reasons(result):
    return [item.denied_by for item in result.lines]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (claim(line("97530", 1, "GO"), member="W13"), ["27"]),
        (claim(line("97530", 1, "GO", date=TODAY - timedelta(36)), payer="GEICO"), ["29"]),
        (claim(line("97530", 1, "GO", date=TODAY - timedelta(35)), payer="GEICO"), [""]),
        (claim(line("97530", 1, "GO"), payer="61101"), ["197"]),
        (claim(line("97530", 1, "GO"), payer="61101", authorization_number="AUTH1"), [""]),
        (claim(line("97165", 1, "GO"), payer="61101"), [""]),
        (claim(line("97165", 1, "GO"), line("97530", 1, "GO"), payer="61101"), ["197", "197"]),
        (claim(line("97010", 1, "GO"), line("97530", 1, "GO")), ["97", ""]),
        (claim(line("97010"), payer="60054"), ["222"]),  # its MUE is 0
        (claim(line("97530")), ["4"]),
        (claim(line("97530", 1, "GP")), [""]),
        (claim(line("97530"), payer="60054"), [""]),
        (claim(line("97110", 7, "GO")), ["222"]),
        (claim(line("97110", 6, "GO")), [""]),
        (claim(line("97150", 1, "GO"), line("97530", 1, "GO")), ["", "236"]),
        (claim(line("97150", 1, "GO"), line("97530", 1, "GO", "59")), ["", ""]),
        (claim(line("97150", 1, "GO", "XU"), line("97530", 1, "GO")), ["", ""]),
        (claim(line("97150", 1, "GO"), line("97530", 1, "GO"), payer="PROGR"), ["", ""]),
        (claim(line("97140", 1, "GO"), line("97530", 1, "GO")), ["", ""]),  # ended 2019
        (claim(line("97535", 1, "GO"), member="W129"), ["50"]),
    ],
)
def test_what_is_denied(made, expected):
    (result,) = judge(made)
    assert reasons(result) == expected
    for item in result.lines:
        if item.denied_by:
            assert item.adjustments == (("CO", item.denied_by, item.charge),)
            assert item.paid == 0


def test_a_pair_that_no_modifier_excuses():
    first, second = judge(
        claim(line("97140", 1, "GO"), line("97124", 1, "GO", "59")),
        claim(line("97140", 1, "GO"), line("97124", 1, "GO", "59"), payer="GEICO", pcn="A2"),
    )
    assert reasons(first) == ["", "236"]
    assert reasons(second) == ["", ""]


def test_the_same_claim_again_is_a_duplicate():
    state = State()
    first, second = judge(claim(line("97530", 1, "GO")), claim(line("97530", 1, "GO"), pcn="A2"), state=state)
    (third,) = judge(claim(line("97530", 2, "GO"), pcn="A3"), state=state)
    assert [reasons(first), reasons(second), reasons(third)] == [[""], ["18"], [""]]


def test_deductible_is_used_up_once_a_year():
    state = State()
    made = [claim(line("97530", 1, "GO", charge=9000 + n), member="1EG4TE5MK75", pcn=f"A{n}") for n in range(2)]
    first, second = judge(*made, state=state)
    assert (first.lines[0].deductible, second.lines[0].deductible) == (2500, 0)
    assert first.lines[0].coinsurance == 228  # 20 % of 36.40 - 25.00
    next_year = line("97530", 1, "GO", date=date(2027, 1, 4))
    (third,) = judge(claim(next_year, member="1EG4TE5MK75"), state=state, today=date(2027, 1, 5))
    assert third.lines[0].deductible == 2500


def test_copay_is_taken_once_and_never_more_than_the_line():
    lines = (line("97110", 1, "GO", charge=1000), line("97530", 2, "GO"))
    (result,) = judge(claim(*lines, payer="62308"))
    assert [item.copay for item in result.lines] == [1000, 0]


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        (claim(line("97530"), member="W1000"), "A3:164:IL"),
        (claim(line("97530"), npi="1234567890"), "A7:562:85"),
        (claim(line("97530"), payer="GEICO", accident=None), "A6:751:"),
        (claim(line("97530"), frequency_code="7", original_reference="X"), "A7:535:"),
        (claim(line("97530"), payer="60054", frequency_code="8"), "A6:464:"),
        (claim(line("97530"), payer="60054", frequency_code="7", original_reference="X"), "A2:20:"),
        (claim(line("97530")), "A2:20:"),
    ],
)
def test_the_front_door(made, answer):
    verdict = front_door(made)
    assert f"{verdict.category}:{verdict.status}:{verdict.entity}" == answer
    assert bool(verdict.payer_control_number) == verdict.accepted


def test_npi_check_digit():
    assert is_npi("1234567893")
    assert not any(is_npi(f"123456789{digit}") for digit in "012456789")


def test_one_check_per_payer_and_provider():
    other = "1245319599"
    checks = pay(
        claim(line("97530", 1, "GO")),
        claim(line("97530", 1, "GO"), payer="60054", pcn="A2"),
        claim(line("97530", 1, "GO"), npi=other, pcn="A3"),
        claim(line("97110", 1, "GO"), pcn="A4"),
    )
    assert [(check.payer_id, check.billing_npi, len(check.claims)) for check in checks] == [
        ("09102", BILLING_NPI, 2),
        ("60054", BILLING_NPI, 1),
        ("09102", other, 1),
    ]
    assert len({check.trace for check in checks}) == 3


def test_auto_payers_pay_interest_on_late_claims():
    late, prompt = TODAY - timedelta(31), TODAY - timedelta(30)
    (check,) = pay(
        claim(line("97530", 1, date=late), payer="GEICO"),
        claim(line("97530", 1, date=prompt), payer="GEICO", pcn="A2"),
    )
    paid_late = check.claims[0].paid
    assert paid_late == 5824  # 72.80 less 20 %
    assert [(item.reason, item.reference, item.amount) for item in check.provider_level] == [("L6", "A1", -58)]
    assert check.amount == check.claims_paid + 58


def test_cigna_takes_its_overpayment_back_once():
    state = State()
    small = pay(claim(line("97530", 2), payer="62308"), state=state)
    large = pay(claim(line("97530", 6, "GO"), payer="62308", pcn="A2"), state=state)
    later = pay(claim(line("97530", 5, "GO"), payer="62308", pcn="A3"), state=state)
    assert [bool(check.provider_level) for check in (*small, *large, *later)] == [False, True, False]
    assert large[0].provider_level[0].reference == f"OVP-{BILLING_NPI}"
    assert large[0].amount == large[0].claims_paid - 2500


def test_a_correction_reverses_exactly_and_pays_the_rest():
    state = State()
    made = claim(line("97530", 2, "GO"), line("97110", 2, "GO"), member="1EG4TE5M88")
    first, second = pay(made, state=state)
    paid_first = first.claims[0]
    reversal, again = second.claims
    assert reversal.status_code == "22"
    assert (reversal.charge, reversal.paid, reversal.patient) == (
        -paid_first.charge,
        -paid_first.paid,
        -paid_first.patient,
    )
    assert again.lines[-1].adjustments == (("CO", "97", again.lines[-1].charge),)
    assert again.lines[0].allowed == paid_first.lines[0].allowed  # as first priced
    assert state.deductibles == {"09102|1EG4TE5M88|2026": 6237}
    assert second.amount == 0
    assert second.provider_level[0].reference == f"FB{second.trace}"
    owed = -second.claims_paid
    (later,) = pay(claim(line("97530", 6, "GO"), pcn="A9"), state=state)
    assert [(item.reason, item.reference, item.amount) for item in later.provider_level] == [
        ("FB", f"FB{second.trace}", owed)
    ]


def test_nothing_paid_nothing_to_correct():
    assert len(pay(claim(line("97530", 1, "GO"), member="1EG4TE5M88"))) == 1  # all deductible


CODES = ["97530", "97110", "97140", "97165", "97535", "97150", "97010", "97129", "G0283", "99999"]
LINES = st.lists(
    st.builds(
        line,
        st.sampled_from(CODES),
        st.integers(1, 9),
        st.sampled_from(["GO", "CO", "59", "XU", "25"]),
        charge=st.integers(0, 90_000),
    ),
    min_size=1,
    max_size=5,
)
PAYERS = ["09102", "87726", "60054", "62308", "61101", "00590", "GEICO", "ELSE1"]


@settings(max_examples=150, deadline=None)
@given(LINES, st.sampled_from(PAYERS), st.sampled_from(["A1", "A5", "A88", "A7", "A99", "A13"]))
def test_every_line_claim_and_check_balances(lines, payer, member):
    state = State()
    for check in pay(claim(*lines, payer=payer, member=member), state=state):
        assert check.amount >= 0
        assert check.amount == sum(c.paid for c in check.claims) - sum(i.amount for i in check.provider_level)
        for result in check.claims:
            for item in result.lines:
                assert item.charge - sum(cents for _, _, cents in item.adjustments) == item.paid
                assert item.paid >= 0
            assert result.paid == result.sign * sum(item.paid for item in result.lines)
    assert all(amount >= 0 for amount in state.deductibles.values())


def test_a_changed_unit_or_modifier_changes_the_payment():
    base = judge(claim(line("97530", 2, "GO"), line("97110", 1, "GO")))[0].paid
    assert judge(claim(line("97530", 3, "GO"), line("97110", 1, "GO")))[0].paid != base
    assert judge(claim(line("97530", 2, "CO", "GO"), line("97110", 1, "GO")))[0].paid != base
    assert judge(claim(line("97530", 2), line("97110", 1, "GO")))[0].paid != base
    assert SERVICE_DAY < TODAY

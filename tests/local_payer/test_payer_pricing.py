"""A simulated payer pays what the worked examples say, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from payer_claims import TABLES, claim, judge, line, paid

from chalicelib.local.payer.state import State

MIAMI_DAY = (line("97530", 2, "GO"), line("97110", 1, "GO"), line("97140", 1, "GO"))


def allowed(result):
    return [item.allowed for item in result.lines]


def test_miami_day_is_reduced_as_the_manual_works_it_out():
    """ot_rules 3.2: 36.40 + 25.97, 23.00, 21.99; together 107.36 against 131.70 unreduced."""
    (result,) = judge(claim(*MIAMI_DAY))
    assert allowed(result) == [3640 + 2597, 2300, 2199]
    assert sum(allowed(result)) == 10736
    assert sum(allowed(result)) + sum(item.mppr for item in result.lines) == 13170


def test_national_day_outside_florida():
    (result,) = judge(claim(*MIAMI_DAY, zip_code="10001"))
    assert allowed(result) == [3507 + 2505, 2221, 2121]


def test_assistant_then_sequestration():
    """ot_rules 3.3: allowed 23.00, coinsurance 4.60, 18.40 x 85 % = 15.64, less 2 % = 0.31, paid 15.33."""
    (result,) = judge(claim(line("97530", 1, "GO"), line("97110", 1, "CO", "GO")))
    second = result.lines[1]
    assert (second.allowed, second.coinsurance, second.assistant_cut, second.sequestration, second.paid) == (
        2300,
        460,
        1840 - 1564,
        31,
        1533,
    )
    assert second.adjustments == (
        ("CO", "45", 10000 - 3013 + 276),
        ("CO", "59", 3013 - 2300),
        ("CO", "253", 31),
        ("PR", "2", 460),
    )
    assert second.remarks == ("N851",)


def test_florida_localities_differ():
    by_zip = {
        zip_code: paid(claim(line("97530", 1, "GO"), zip_code=zip_code))[0]
        for zip_code in ("33101", "33301", "32801", "10001")
    }
    assert len(set(by_zip.values())) == 4
    assert by_zip["33101"] == 2854  # 36.40 less 7.28 coinsurance, less 0.58


def test_schedule_percent_is_rounded_after_the_fee():
    (result,) = judge(claim(line("97530", 1, "GO"), payer="60054"))
    assert allowed(result) == [4004]  # 36.40 x 110 %


def test_a_charge_below_the_fee_caps_it():
    (result,) = judge(claim(line("97530", 1, "GO", charge=2000)))
    assert allowed(result) == [2000]
    assert result.lines[0].contractual == 0


def test_a_code_without_a_fee_is_paid_from_its_charge():
    (result,) = judge(claim(line("99999", 3, charge=1000), payer="62308"))
    assert allowed(result) == [600]  # 60 % of 3.33 to the cent = 2.00, three times


def test_no_2026_row_no_neighbouring_year():
    old = date(2025, 11, 3)
    (result,) = judge(claim(line("97530", 1, "GO", date=old)))
    assert allowed(result) == [6000]


@pytest.mark.parametrize("units", [Decimal("1.5"), 0])
def test_odd_units_count_as_one(units):
    (result,) = judge(claim(line("97530", units, "GO", charge=1000)))
    assert allowed(result) == [600]


def test_the_tables_are_the_bundled_ones():
    rate = TABLES.rate("97530", date(2026, 9, 8))
    assert rate is not None
    assert (rate.work, rate.practice_expense, rate.malpractice, rate.multiple_procedure) == (
        Decimal("0.44"),
        Decimal("0.60"),
        Decimal("0.01"),
        True,
    )
    assert TABLES.rate("97545", date(2026, 9, 8)) is None  # carrier priced


def test_the_highest_practice_expense_keeps_its_unit_whatever_the_order():
    forward = judge(claim(*MIAMI_DAY))[0]
    backward = judge(claim(*reversed(MIAMI_DAY)))[0]
    assert sorted(allowed(forward)) == sorted(allowed(backward))


def test_units_of_denied_lines_do_not_compete():
    """97530 without GO is refused by Medicare, so 97110 keeps its whole practice expense."""
    (result,) = judge(claim(line("97530", 1), line("97110", 1, "GO")))
    assert [item.denied_by for item in result.lines] == ["4", ""]
    assert result.lines[1].allowed == 3013


def test_a_member_s_day_has_one_full_unit_on_whichever_claim():
    """Two claims of two therapists: 36.40 + 25.97, then 2 x 25.97; another day, plan or provider starts again."""
    pair = [claim(line("97530", 2, "GO"), pcn=pcn) for pcn in ("A1", "A2")]
    pair[1] = claim(line("97530", 2, "GO", charge=20_001), pcn="A2")  # not a duplicate
    first, second = judge(*pair)
    assert [*allowed(first), *allowed(second)] == [3640 + 2597, 2 * 2597]
    assert second.lines[0].mppr == 2 * (3640 - 2597)
    other_day = claim(line("97530", 2, "GO", date=date(2026, 9, 9)), pcn="A3")
    other_provider = claim(line("97530", 2, "GO"), pcn="A4", npi="1999990017")
    other_member = claim(line("97530", 2, "GO"), pcn="A5", member="1EG4TE5MK73")
    for third in (other_day, other_provider, other_member):
        assert allowed(judge(*pair, third)[2]) == [3640 + 2597]


def test_a_later_claim_with_the_higher_code_keeps_its_unit_too():
    low, high = claim(line("97110", 1, "GO"), pcn="A1"), claim(line("97530", 1, "GO"), pcn="A2")
    assert [allowed(one) for one in judge(low, high)] == [[3013], [3640]]
    assert [allowed(one) for one in judge(high, low)] == [[3640], [2300]]


def test_a_claim_taken_back_gives_the_day_s_full_unit_back():
    state = State()
    first = claim(line("97530", 1, "GO"), pcn="A1", payer="61101", member="H1", authorization_number="X")
    (paid_first,) = judge(first, state=state)
    void = replace(first, frequency_code="8", original_reference=paid_first.payer_control_number)
    judge(void, state=state)
    again = claim(line("97530", 1, "GO", charge=9_999), pcn="A2", payer="61101", member="H1", authorization_number="X")
    assert allowed(judge(again, state=state)[0]) == allowed(paid_first)

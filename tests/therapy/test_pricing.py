"""Expected payment to the cent: the worked examples, the order of reductions, the limits of what is known."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.codes import mpfs, tables
from chalicelib.codes.settings import RateUnknown
from chalicelib.therapy.contracts import Basis, Contract, expected, florida_pip
from chalicelib.therapy.pricing import ChargedLine, PaidLine, Terms, allowed, medicare_pays, unit_fee

DAY = date(2026, 7, 1)
MIAMI = Terms(DAY, mpfs.gpci("FL", "04", DAY))
NATIONAL = Terms(DAY)
THREE = [ChargedLine("97530", 2), ChargedLine("97110", 1), ChargedLine("97140", 1)]


def test_the_worked_example_of_miami():
    """ot_rules 3.2 [V formula and MPPR; amounts derived]: 36.40 + 25.97 + 23.00 + 21.99 = 107.36, unreduced 131.70."""
    lines = allowed(THREE, MIAMI)
    assert [line.unit_cents for line in lines] == [(3640, 2597), (2300,), (2199,)]
    assert sum(line.allowed_cents for line in lines) == 10736
    assert sum(line.full_cents for line in lines) == 13170
    assert sum(line.reduced_cents for line in lines) == 13170 - 10736


def test_the_worked_example_national():
    """ot_rules 3.2: 35.07 + 25.05 + 22.21 + 21.21 = 103.54."""
    assert [line.unit_cents for line in allowed(THREE, NATIONAL)] == [(3507, 2505), (2221,), (2121,)]


def test_national_amounts_are_those_cms_printed():
    """Every active row's national amounts, both sides, against the columns of the published file."""
    path = Path(mpfs.__file__).parent / "data" / "mpfs.csv"
    checked = 0
    for row in csv.DictReader(path.open(newline="")):
        on = date.fromisoformat(row["effective_from"])
        found = mpfs.row(row["code"], on)
        if row["status"] not in {"A", "R"} or not found.work + found.practice_nonfacility:
            continue
        for facility, column in ((False, "national_nonfac_payment"), (True, "national_fac_payment")):
            cents = int(row[column].replace(".", ""))
            assert unit_fee(found, Terms(on, facility=facility)) == cents, row["code"]
            checked += 1
    assert checked > 300


def test_the_qualifying_participant_s_factor_pays_more():
    row = mpfs.row("97530", DAY)
    assert unit_fee(row, Terms(DAY, qualifying=True)) == 3525
    assert unit_fee(row, Terms(DAY)) == 3507


def test_the_unit_paid_in_full_is_the_one_with_the_highest_practice_expense_wherever_it_stands():
    lines = allowed([ChargedLine("97110", 1), ChargedLine("97530", 1)], MIAMI)
    assert [line.unit_cents for line in lines] == [(2300,), (3640,)]


def test_equal_practice_expense_is_decided_by_the_higher_fee():
    """97116 and 97110 are equal in both: the earlier line. 97112 and 97537 have PE 0.47 both, 97112 more work."""
    assert [n.unit_cents for n in allowed([ChargedLine("97116", 1), ChargedLine("97110", 1)], NATIONAL)] == [
        (2906,),
        (2221,),
    ]
    rows = mpfs.row("97537", DAY), mpfs.row("97112", DAY)
    assert rows[0].practice_nonfacility == rows[1].practice_nonfacility
    lines = allowed([ChargedLine("97537", 1), ChargedLine("97112", 1)], NATIONAL)
    assert lines[0].reduced_cents > 0
    assert lines[1].reduced_cents == 0


def test_codes_outside_the_reduction_keep_their_fee_and_do_not_take_the_full_unit():
    """97129/97130 and 95851 have indicator 0 [V]."""
    lines = allowed([ChargedLine("97129", 1), ChargedLine("97130", 2), ChargedLine("97535", 1)], NATIONAL)
    assert [line.reduced_cents for line in lines] == [0, 0, 0]


def test_without_the_reduction_every_unit_is_whole():
    lines = allowed(THREE, Terms(DAY, reduction=False))
    assert all(line.allowed_cents == line.full_cents and line.reduced_cents == 0 for line in lines)


def test_the_charge_is_the_limit_and_says_which_adjustment_is_which():
    """Allowed = lesser of charge and fee; above the schedule is CARC 45, the rest of the reduction CARC 59."""
    high, low = allowed(
        [ChargedLine("97530", 2, charge_cents=18000), ChargedLine("97110", 1, charge_cents=2000)], MIAMI
    )
    assert (high.allowed_cents, high.above_cents, high.reduced_cents) == (6237, 10720, 1043)
    assert (low.allowed_cents, low.above_cents, low.reduced_cents) == (2000, 0, 0)
    assert any("charge 20.00" in step for step in low.working)
    middle = allowed([ChargedLine("97530", 1), ChargedLine("97110", 1, charge_cents=2500)], MIAMI)[1]
    assert (middle.allowed_cents, middle.above_cents, middle.reduced_cents) == (2300, 0, 200)


def test_what_medicare_never_pays_is_zero_and_what_the_contractor_prices_is_unknown():
    assert allowed([ChargedLine("97010", 1)], NATIONAL)[0].allowed_cents == 0
    with pytest.raises(RateUnknown, match="contractor"):
        allowed([ChargedLine("97545", 1)], NATIONAL)
    with pytest.raises(RateUnknown, match="no fee schedule row"):
        allowed([ChargedLine("97530", 1)], Terms(date(2026, 6, 30)))


def test_facility_side():
    """97129 has less practice expense in a facility; always-therapy codes have the same on both sides [V]."""
    office, hospital = (allowed([ChargedLine("97129", 1)], Terms(DAY, facility=side))[0] for side in (False, True))
    assert hospital.allowed_cents < office.allowed_cents
    same = [allowed([ChargedLine("97530", 1)], Terms(DAY, facility=side))[0].allowed_cents for side in (False, True)]
    assert same == [3507, 3507]


# ot_rules 3.3
def test_assistant_cut_is_taken_after_coinsurance_and_before_sequestration():
    """Derived example: 97110 second unit with CO, Miami: 23.00; 4.60; 18.40 x 85 % = 15.64; 0.31; 15.33."""
    lines = allowed([ChargedLine("97530", 1), ChargedLine("97110", 1, ("CO", "GO"))], MIAMI)
    assert medicare_pays(lines, DAY)[1] == PaidLine(2300, 0, 460, 276, 31, 1533)


def test_the_cms_example_of_sequestration():
    """FCSO [V]: approved 100, deductible 50 -> 40 less 0.80 = 39.20, patient 10 besides the deductible."""
    lines = allowed([ChargedLine("97530", 3, charge_cents=10_000)], Terms(DAY, percent=500))
    assert medicare_pays(lines, DAY, 5000) == (PaidLine(10_000, 5000, 1000, 0, 80, 3920),)


def test_the_deductible_is_used_up_line_by_line():
    shares = medicare_pays(allowed(THREE, MIAMI), DAY, 7000)
    assert [share.deductible_cents for share in shares] == [6237, 763, 0]
    assert shares[0].paid_cents == 0


def test_sequestration_by_date():
    """2 percent on 2025-12-31 as on 2026-07-01; nothing before 2022-04-01 [K]."""
    lines = allowed([ChargedLine("97530", 1)], NATIONAL)
    assert medicare_pays(lines, date(2022, 3, 31))[0].sequestration_cents == 0
    assert medicare_pays(lines, date(2022, 4, 1))[0].sequestration_cents == 28
    assert medicare_pays(lines, date(2022, 7, 1))[0].sequestration_cents == 56


@pytest.mark.parametrize(("on", "fee"), [(date(2025, 12, 31), 3461), (date(2026, 7, 1), 3507)])
def test_the_fee_of_each_year(on: date, fee: int):
    assert unit_fee(mpfs.row("97530", on), Terms(on)) == fee


CODES = st.sampled_from(["97110", "97112", "97140", "97530", "97535", "97165", "97129", "97018", "97150"])
LINES = st.lists(
    st.builds(
        ChargedLine,
        CODES,
        st.integers(1, 6),
        st.sampled_from([("GO",), ("CO", "GO")]),
        st.one_of(st.none(), st.integers(0, 60_000)),
    ),
    min_size=1,
    max_size=6,
)


@given(LINES, st.integers(0, 20_000))
def test_money_adds_up_and_never_passes_the_charge(lines: list[ChargedLine], deductible: int):
    priced = allowed(lines, MIAMI)
    for line, got in zip(lines, priced, strict=True):
        charge = got.full_cents if line.charge_cents is None else line.charge_cents
        assert got.allowed_cents <= charge
        assert got.allowed_cents + got.reduced_cents + got.above_cents == charge
        assert min(got.reduced_cents, got.above_cents) >= 0
    for got, share in zip(priced, medicare_pays(priced, DAY, deductible), strict=True):
        parts = (
            share.paid_cents,
            share.deductible_cents,
            share.coinsurance_cents,
            share.assistant_cents,
            share.sequestration_cents,
        )
        assert min(parts) >= 0
        assert sum(parts) == got.allowed_cents


@given(LINES)
def test_the_reduction_never_raises_and_keeps_exactly_one_unit_whole(lines: list[ChargedLine]):
    with_it, without = allowed(lines, MIAMI), allowed(lines, Terms(DAY, MIAMI.gpci, reduction=False))
    assert all(a.allowed_cents <= b.allowed_cents for a, b in zip(with_it, without, strict=True))
    whole = 0
    for line in with_it:
        row = mpfs.row(line.code, DAY)
        if row.mult_proc == "5":
            whole += sum(cents == unit_fee(row, MIAMI) for cents in line.unit_cents)
    assert whole == (1 if any(mpfs.row(line.code, DAY).mult_proc == "5" for line in lines) else 0)


# contracts
def test_percent_of_medicare():
    contract = Contract(Basis.PERCENT, percent=105, reduction=True)
    found = expected(THREE, contract, DAY, MIAMI.gpci)
    assert found.line_cents == (3822 + 2727, 2415, 2309)
    assert found.total_cents == sum(found.line_cents)


def test_per_code():
    contract = Contract(Basis.PER_CODE, rates={"97530": 4000, "97110": 3000})
    lines = [ChargedLine("97530", 2, charge_cents=7500), ChargedLine("97110", 1, charge_cents=9000)]
    assert expected(lines, contract, DAY).line_cents == (7500, 3000)
    with pytest.raises(RateUnknown, match="97140"):
        expected(THREE, contract, DAY)


def test_per_diem_and_case_rate():
    lines = [ChargedLine("97530", 2, charge_cents=9000), ChargedLine("97110", 1, charge_cents=4000)]
    assert expected(lines, Contract(Basis.PER_DIEM, amount_cents=11_000), DAY).total_cents == 11_000
    assert expected(lines, Contract(Basis.PER_DIEM, amount_cents=15_000), DAY).total_cents == 13_000
    case = Contract(Basis.CASE, amount_cents=10_000)
    assert expected(lines, case, DAY).total_cents == 10_000
    assert expected(lines, case, DAY, first_of_case=False).total_cents == 0


def test_a_contract_holds_only_for_its_dates():
    contract = Contract(Basis.PER_DIEM, amount_cents=1, effective_from=DAY, effective_to=DAY)
    assert expected(THREE, contract, DAY).total_cents == 1
    for other in (date(2026, 6, 30), date(2026, 7, 2)):
        with pytest.raises(RateUnknown, match="contract does not cover"):
            expected(THREE, contract, other)


# Florida PIP, ot_rules 9
def test_florida_pip_pays_eighty_percent_of_twice_medicare():
    """Miami 97530: 36.40 x 2 = 72.80, x 80 % = 58.24, patient 14.56."""
    found = florida_pip([ChargedLine("97530", 1)], date(2026, 8, 3), MIAMI.gpci)
    assert (found.allowed_cents, found.insurer_cents, found.patient_cents) == (7280, 5824, 1456)
    assert "2026-03-01" in found.working[0]


def test_whether_florida_pip_reduces_is_a_dated_setting():
    """Disputed: with a row that says so, a second unit has half the practice expense: 2 x 36.40 + 2 x 25.97, else 4 x 36.40."""
    lines, on = [ChargedLine("97530", 2)], date(2026, 8, 3)
    assert florida_pip(lines, on, MIAMI.gpci).allowed_cents == 4 * 3640
    words = "pip_reduction,2008-01-01,,0,flag,"
    table = tables.raw("thresholds.csv").decode()
    assert words in table
    with tables.using({"thresholds.csv": table.replace(words, words.replace(",0,", ",1,")).encode()}):
        assert florida_pip(lines, on, MIAMI.gpci).allowed_cents == 2 * 3640 + 2 * 2597
    assert florida_pip(lines, on, MIAMI.gpci).allowed_cents == 4 * 3640


def test_florida_pip_january_and_february_use_the_schedule_of_last_march():
    found = florida_pip([ChargedLine("97530", 1)], date(2027, 2, 28), MIAMI.gpci)
    assert found.schedule_date.year == 2026
    with pytest.raises(RateUnknown):
        florida_pip([ChargedLine("97530", 1)], date(2027, 3, 1), MIAMI.gpci)


def test_florida_pip_after_a_deductible_and_below_the_charge():
    found = florida_pip([ChargedLine("97530", 1, charge_cents=6000)], date(2026, 8, 3), deductible_left_cents=1000)
    assert (found.allowed_cents, found.insurer_cents, found.patient_cents) == (6000, 4000, 2000)


def test_the_working_is_told():
    high = allowed([ChargedLine("97530", 2, charge_cents=18_000)], MIAMI)[0]
    assert high.working == (
        "97530 (Jul 2026): 36.40 a unit",
        "with half the practice expense 25.97: 1 of 2 units",
        "allowed 62.37",
    )
    assert allowed([ChargedLine("97129", 1, charge_cents=1000)], NATIONAL)[0].working[1:] == (
        "the charge 10.00 is less than 22.38",
        "allowed 10.00",
    )


def test_a_line_without_units_neither_earns_nor_takes_the_full_unit():
    lines = allowed([ChargedLine("97530", 0), ChargedLine("97110", 1)], NATIONAL)
    assert [line.unit_cents for line in lines] == [(), (2906,)]


def test_the_work_index_counts():
    """Alaska: work floor 1.5, PE 1.065, MP 0.551."""
    alaska = Terms(DAY, mpfs.gpci("AK", "01", DAY))
    exact = (0.44 * 1.5 + 0.60 * 1.065 + 0.01 * 0.551) * 33.4009
    assert unit_fee(mpfs.row("97530", DAY), alaska) == round(exact * 100)


def test_contracts_tell_their_working_and_default_to_no_reduction():
    percent = expected(THREE, Contract(Basis.PERCENT), DAY)
    assert percent.total_cents == 2 * 3507 + 2906 + 2772
    assert percent.working[0] == "97530 (Jul 2026): 35.07 a unit"
    rate = expected([ChargedLine("97530", 2)], Contract(Basis.PER_CODE, rates={"97530": 4000}), DAY)
    assert rate.working == ("97530: 2 units by the contract's rate",)
    assert rate.line_cents == (8000,)
    diem = expected(THREE, Contract(Basis.PER_DIEM, amount_cents=9000), DAY)
    assert (diem.line_cents, diem.total_cents, diem.working) == ((), 9000, ("per diem for the whole claim",))
    half = [ChargedLine("97530", 1, charge_cents=100), ChargedLine("97110", 1)]
    assert expected(half, Contract(Basis.CASE, amount_cents=9000), DAY).total_cents == 9000


def test_florida_pip_tells_the_schedule_it_used():
    found = florida_pip([ChargedLine("97530", 2)], date(2026, 8, 3))
    assert found.working[0] == "schedule of 2026-03-01 taken from the release in force on 2026-07-01"
    assert found.allowed_cents == 4 * 3640  # no MPPR
    assert found.schedule_date == DAY
    with pytest.raises(RateUnknown, match="no fee schedule of 2024"):
        florida_pip([ChargedLine("97530", 1)], date(2025, 2, 28))


def test_florida_pip_takes_the_share_line_by_line():
    """80 % of 0.33 is 0.264, of 0.66 together 0.528: two lines give 0.26 each, not 0.53."""
    found = florida_pip([ChargedLine("97530", 1, charge_cents=33), ChargedLine("97110", 1, charge_cents=33)], DAY)
    assert (found.insurer_cents, found.patient_cents) == (52, 14)


def test_fees_are_rounded_half_up():
    """One unit of value at 34.745 is 3474.5 cents: 3475, where rounding to even would give 3474."""
    from decimal import Decimal

    row = mpfs.FeeRow("X", "A", Decimal(1), Decimal(0), Decimal(0), Decimal(0), "0", "r", None, None, "s")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mpfs, "conversion_factor", lambda *_: Decimal("34.745"))
        assert unit_fee(row, NATIONAL) == 3475

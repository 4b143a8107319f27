"""What the rows of a 271 mean for occupational therapy; where they disagree the figure stays unknown and is shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.coverage.payer_errors import payer_error
from chalicelib.coverage.rules import interpret
from chalicelib.x12.eligibility import Benefit, BenefitDate, BenefitResponse, RequestError

ON = date(2026, 9, 30)
ACTIVE = Benefit("1", "IND", ("30",), plan="Testcase Gold")


def read(*rows: Benefit, **other):
    return interpret(BenefitResponse(benefits=rows, **other), ON)


def visits(quantity, period="", types=("AD",), messages=(), qualifier="VS", network=""):
    return Benefit("F", "IND", types, period=period, quantity_qualifier=qualifier, quantity=quantity,
                   messages=messages, network=network)  # fmt: skip


def test_active_plan_with_copay_deductible_and_visits():
    told = read(
        ACTIVE,
        Benefit("B", "IND", ("AD",), amount_cents=3500),
        Benefit("C", "IND", ("30",), period="23", amount_cents=50000),
        Benefit("C", "IND", ("30",), period="29", amount_cents=12550),
        visits(30, "23"),
        visits(12, "29"),
    )
    assert (told.active, told.covered, told.plan) == ("yes", "yes", "Testcase Gold")
    assert (told.copay_cents, told.coinsurance_percent) == (3500, None)
    assert (told.deductible_cents, told.deductible_remaining_cents) == (50000, 12550)
    (limit,) = told.limits
    assert (limit.scope, limit.measure, limit.period) == ("occupational_therapy", "visits", "calendar year")
    assert (limit.total, limit.remaining) == (30, 12)
    assert told.contradictions == ()


@pytest.mark.parametrize(
    ("rows", "active"),
    [
        ((Benefit("6", service_types=("30",)),), "no"),
        ((Benefit("8", service_types=()),), "no"),
        ((Benefit("3", service_types=("30",)),), "yes"),
        ((Benefit("1", service_types=("AD",)),), "yes"),
        ((Benefit("1", service_types=("30",)), Benefit("6", service_types=("30",))), "unknown"),
        ((Benefit("1", service_types=("30",)), Benefit("6", service_types=("88",))), "yes"),
        ((Benefit("B", service_types=("AD",), amount_cents=1000),), "unknown"),
        ((), "unknown"),
    ],
)
def test_active_is_only_said_when_the_answer_says_it(rows, active):
    told = read(*rows)
    assert told.active == active
    assert bool(told.contradictions) == (active == "unknown" and len(rows) > 1)


def test_a_plan_that_ended_before_the_day_is_in_doubt():
    told = read(ACTIVE, dates=(BenefitDate("347", date(2026, 8, 31)),))
    assert told.active == "unknown"
    assert told.contradictions[0].subject == "active"
    assert read(ACTIVE, dates=(BenefitDate("347", date(2026, 12, 31)),)).active == "yes"


def test_active_plan_without_occupational_therapy():
    told = read(ACTIVE, Benefit("I", "IND", ("AD",)))
    assert (told.active, told.covered) == ("yes", "no")


def test_the_row_for_therapy_beats_the_row_for_the_plan():
    told = read(Benefit("A", "", ("30",), percent=Decimal("0.3")), Benefit("A", "", ("AD",), percent=Decimal("0.125")))
    assert told.coinsurance_percent == Decimal("12.5")


def test_in_network_beats_out_of_network():
    told = read(
        Benefit("B", "", ("AD",), amount_cents=2000, network="Y"),
        Benefit("B", "", ("AD",), amount_cents=9000, network="N"),
    )
    assert told.copay_cents == 2000
    assert told.contradictions == ()


def test_two_copays_are_shown_and_none_is_guessed():
    told = read(Benefit("B", "", ("AD",), amount_cents=2000), Benefit("B", "", ("AD",), amount_cents=3000))
    assert told.copay_cents is None
    assert told.contradictions[0].subject == "copay"
    assert told.contradictions[0].said == ("$20.00", "$30.00")


def test_a_family_deductible_is_not_the_patients():
    told = read(
        Benefit("C", "FAM", ("30",), period="23", amount_cents=300000),
        Benefit("C", "IND", ("30",), period="23", amount_cents=100000),
    )
    assert told.deductible_cents == 100000


def test_several_service_types_in_one_row_are_no_combined_limit():
    """RFI 2816: a repeated EB03 is shorthand for one row per type."""
    (limit,) = read(visits(30, "22", types=("AD", "AE", "PT"))).limits
    assert limit.scope == "occupational_therapy"
    assert limit.period == "service year"


def test_a_combined_limit_shows_in_the_payers_words_only():
    words = "COMBINED PT, OT AND ST VISITS"
    told = read(visits(60, "23", types=("PT",), messages=(words,)), visits(40, "29", types=("PT",), messages=(words,)))
    (limit,) = told.limits
    assert (limit.scope, limit.words, limit.total, limit.remaining) == ("combined", words, 60, 40)


def test_a_limit_for_physical_therapy_alone_does_not_bind_us():
    assert read(visits(20, "23", types=("PT",))).limits == ()


def test_a_dollar_limit_is_in_cents():
    (limit,) = read(Benefit("F", "IND", ("AD",), period="23", amount_cents=200000)).limits
    assert (limit.measure, limit.total, limit.remaining) == ("dollars", 200000, None)


def test_contradictory_limits_are_shown():
    told = read(visits(30, "23"), visits(20, "23"))
    assert told.limits[0].total is None
    assert told.contradictions[0].said == ("20", "30")


@pytest.mark.parametrize(
    ("flags", "said"), [(("Y",), "yes"), (("N",), "no"), (("U",), "unknown"), ((), "unknown"), (("Y", "N"), "unknown")]
)
def test_authorization_is_yes_no_or_unknown(flags, said):
    rows = [Benefit("1", "", ("AD",), authorization=flag) for flag in flags]
    assert read(ACTIVE, *rows).authorization_required == said


def test_other_payers_are_named():
    (other,) = read(ACTIVE, Benefit("R", "", ("30",), entity_name="OTHER TESTCASE PLAN")).other_payers
    assert (other.name, other.kind, other.goes_first) == ("OTHER TESTCASE PLAN", "other", False)


def test_payer_errors_come_with_words_and_a_fix():
    told = read(errors=(RequestError("2100C", "N", "75", "C"), RequestError("2100A", "N", "42", "R")))
    assert [(error.reason, error.try_again) for error in told.errors] == [("75", False), ("42", True)]
    assert "member id" in told.errors[0].fix


def test_an_unknown_payer_error_says_so():
    assert "reason ZZ" in payer_error("ZZ", "2100C", "C").words


codes = st.sampled_from(["1", "6", "A", "B", "C", "F", "G", "I", "R", "L", "CB", "W"])
benefits = st.builds(
    Benefit,
    code=codes,
    coverage_level=st.sampled_from(["", "IND", "FAM", "EMP"]),
    service_types=st.lists(st.sampled_from(["30", "AD", "PT", "AE", "98", ""]), max_size=3).map(tuple),
    period=st.sampled_from(["", "22", "23", "27", "29", "32"]),
    amount_cents=st.none() | st.integers(0, 10**7),
    percent=st.none() | st.decimals(0, 1, places=2),
    quantity_qualifier=st.sampled_from(["", "VS", "DY"]),
    quantity=st.none() | st.integers(0, 100) | st.decimals(0, 100, places=1),
    authorization=st.sampled_from(["", "Y", "N", "U"]),
    network=st.sampled_from(["", "Y", "N", "W"]),
    messages=st.lists(st.text(max_size=20), max_size=2).map(tuple),
)


@given(st.lists(benefits, max_size=12))
def test_no_row_is_lost_and_no_figure_is_invented(rows):
    told = read(*rows)
    assert len(told.rows) == len(rows)
    assert [row.code for row in told.rows] == [row.code for row in rows]
    assert told.copay_cents is None or told.copay_cents in {row.amount_cents for row in rows if row.code == "B"}
    sizes = {row.amount_cents for row in rows} | {row.quantity for row in rows} | {None}
    assert all(limit.total in sizes and limit.remaining in sizes for limit in told.limits)


@given(st.lists(benefits, max_size=8), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, two = read(*rows), read(*shuffled)
    for field in (
        "active",
        "covered",
        "copay_cents",
        "coinsurance_percent",
        "deductible_cents",
        "authorization_required",
    ):
        assert getattr(one, field) == getattr(two, field)

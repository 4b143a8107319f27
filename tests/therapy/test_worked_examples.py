"""Every worked example of the rules, with the tag and source it came with ([V] read in the manual, [S] secondary, derived)."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.codes import payers
from chalicelib.therapy.assistants import over_tenth
from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import CodedDay, Service
from chalicelib.therapy.units import quarter_hours

DAY = date(2026, 8, 3)
MEDICARE = payers.plan("09102", "medicare", DAY)
MIDPOINT = payers.plan("60054", "commercial", DAY)  # Aetna


def coded(text: str, plan: object = MEDICARE) -> CodedDay:
    """'97530=12+12 97110=30' -> the coded day: therapist minutes, then assistant minutes."""
    services = []
    for number, part in enumerate(text.split(), 1):
        code, minutes = part.split("=")
        therapist, _, assistant = minutes.partition("+")
        services.append(Service(f"V1/{number}", code, int(therapist), int(assistant or 0), file_modifiers=("GO",)))
    return code_day(services, plan, DAY)  # type: ignore[arg-type]


def units(day: CodedDay) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in day.lines:
        found[line.code] = found.get(line.code, 0) + line.units
    return found


def written(day: CodedDay) -> list[str]:
    return [f"{line.code}x{line.units} {' '.join(line.modifiers)}" for line in day.lines]


# ot_rules 1.1: Medicare Claims Processing Manual ch.5 s.20.2 and 20.3
TOTAL_TIME = [
    ("97112=24 97110=23", 3, {"97112": 2, "97110": 1}, "CMS ex.1 [V]"),
    ("97110=33 97140=7", 3, {"97110": 2, "97140": 1}, "CMS ex.3 [V]"),
    ("97110=18 97140=13 97116=10 97035=8", 3, {"97110": 1, "97140": 1, "97116": 1}, "CMS ex.4 [V]"),
    ("97530=5 97110=4", 1, {"97530": 1}, "row 7, derived"),
    ("97530=38 97110=7 97140=7", 3, {"97530": 3}, "row 9, derived"),
    ("97110=20 97140=3", 2, {"97110": 2}, "row 10, derived"),
    ("97530=60", 4, {"97530": 4}, "CMS text example [V]"),
]


@pytest.mark.parametrize(
    ("minutes", "total", "billed", "source"), TOTAL_TIME, ids=lambda v: v if isinstance(v, str) else ""
)
def test_total_time(minutes: str, total: int, billed: dict[str, int], source: str):
    day = coded(minutes)
    assert (day.total_units, units(day)) == (total, billed)
    assert day.ties == ()


# Ties: CMS leaves the choice to the therapist; we take the larger total, then the documented choice, then the lower code.
TIES = [
    ("97112=20 97110=20", 3, {"97110": 2, "97112": 1}, "CMS ex.2 [V]"),
    ("97112=7 97110=7 97140=7", 1, {"97110": 1}, "CMS ex.5 [V]"),
    ("97530=8 97110=8 97140=8", 2, {"97110": 1, "97140": 1}, "row 6, derived"),
    ("97535=10 97530=10 97110=10", 2, {"97110": 1, "97530": 1}, "row 8, derived"),
]


@pytest.mark.parametrize(("minutes", "total", "billed", "source"), TIES, ids=lambda v: v if isinstance(v, str) else "")
def test_ties_are_recorded(minutes: str, total: int, billed: dict[str, int], source: str):
    day = coded(minutes)
    assert (day.total_units, units(day)) == (total, billed)
    assert len(day.ties) == 1
    assert any(step.startswith("tie: ") for step in day.explanation)


def test_the_therapist_s_documented_choice_breaks_a_tie():
    services = [
        Service("V/1", "97112", 20, documented_units=2, file_modifiers=("GO",)),
        Service("V/2", "97110", 20, documented_units=1, file_modifiers=("GO",)),
    ]
    day = code_day(services, MEDICARE, DAY)
    assert units(day) == {"97112": 2, "97110": 1}
    assert day.findings == ()


def test_a_larger_total_breaks_a_tie_before_the_choice():
    services = [Service("V/1", "97110", 5, documented_units=1), Service("V/2", "97530", 20, documented_units=1)]
    assert units(code_day(services, MEDICARE, DAY)) == {"97530": 2}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 7, 0),
        (8, 22, 1),
        (23, 37, 2),
        (38, 52, 3),
        (53, 67, 4),
        (68, 82, 5),
        (83, 97, 6),
        (98, 112, 7),
        (113, 127, 8),
    ],
)
def test_the_manual_s_interval_table(low: int, high: int, expected: int):
    """Claims Processing Manual ch.5 s.20.2 C [V]."""
    assert {quarter_hours(minutes) for minutes in range(low, high + 1)} == {expected}


# ot_rules 1.2 [S]
MIDPOINTS = [
    ("97110=33 97140=7", {"97110": 2}, "row 3"),
    ("97530=8 97110=8 97140=8", {"97530": 1, "97110": 1, "97140": 1}, "row 6"),
    ("97112=24 97110=23", {"97112": 2, "97110": 2}, "row 1"),
    ("97112=7 97110=7 97140=7", {}, "row 5"),
]


@pytest.mark.parametrize(("minutes", "billed", "source"), MIDPOINTS, ids=lambda v: v if isinstance(v, str) else "")
def test_midpoint(minutes: str, billed: dict[str, int], source: str):
    day = coded(minutes, MIDPOINT)
    assert units(day) == billed
    assert day.ties == ()


def test_both_rules_are_told_where_they_differ():
    assert dict(coded("97112=24 97110=23").other_rule_units) == {"97112": 2, "97110": 2}
    assert coded("97530=30").other_rule_units == ()


@pytest.mark.parametrize(
    ("text", "billed"),
    [
        ("96125=30", {}),
        ("96125=31", {"96125": 1}),
        ("96112=31", {"96112": 1}),
        ("96112=75 96113=0", {"96112": 1}),
        ("96112=60 96113=16", {"96112": 1, "96113": 1}),
        ("97550=15", {}),
        ("97550=16", {"97550": 1}),
        ("97550=30 97551=7", {"97550": 1}),
        ("97550=30 97551=8", {"97550": 1, "97551": 1}),
        ("97550=30 97551=23", {"97550": 1, "97551": 2}),
        ("97545=119", {}),
        ("97545=120 97546=59", {"97545": 1}),
        ("97545=120 97546=60", {"97545": 1, "97546": 1}),
    ],
)
def test_codes_of_other_lengths_count_by_themselves(text: str, billed: dict[str, int]):
    """ot_rules 1.2 and 1.4: midpoint of 30 and 60 minutes must be passed [S aapc]; 97550/97551 [S, descriptors V NGS];
    97545/97546 whole periods [V CPM5 20.4]. None joins the pool."""
    day = coded(text + " 97110=7")
    assert units(day) == billed
    assert day.timed_minutes == 7


# ot_rules 1.3: 97129 first 15 minutes, 97130 each further, never without it (NCCI add-on edit type 1 [V])
COGNITION = [
    ("97129=7", {}),
    ("97129=8", {"97129": 1}),
    ("97129=22", {"97129": 1}),
    ("97129=23", {"97129": 1, "97130": 1}),
    ("97129=37", {"97129": 1, "97130": 1}),
    ("97129=38", {"97129": 1, "97130": 2}),
    ("97129=15 97130=23", {"97129": 1, "97130": 2}),
    ("97129=15 97130=25 97535=15", {"97129": 1, "97130": 2, "97535": 1}),
    ("90912=15 90913=15", {"90912": 1, "90913": 1}),
]


@pytest.mark.parametrize(("minutes", "billed"), COGNITION)
@pytest.mark.parametrize("plan", [MEDICARE, MIDPOINT], ids=["total time", "midpoint"])
def test_cognition_pools_then_splits(minutes: str, billed: dict[str, int], plan: object):
    assert units(coded(minutes, plan)) == billed


def test_cognitive_minutes_join_the_day_s_total():
    """24 + 23 minutes are 3 units by total time; the remainders 9 and 8 decide."""
    assert units(coded("97129=15 97130=9 97535=23")) == {"97129": 1, "97130": 1, "97535": 1}


# ot_rules 1.4
@pytest.mark.parametrize("code", ["97165", "97166", "97167", "97168", "97150", "97018", "97022", "G0283", "29125"])
def test_untimed_is_one_unit_and_never_in_the_total(code: str):
    """CPM5 20.2 B [V]."""
    day = coded(f"{code}=55 97530=7")
    assert units(day) == {code: 1}
    assert day.timed_minutes == 7


def test_devices_bill_the_documented_count():
    day = code_day([Service("V/1", "L3808", documented_units=2)], MEDICARE, DAY)
    assert [(line.code, line.units, line.modifiers) for line in day.lines] == [("L3808", 2, ())]


# ot_rules 2.2: 42 CFR 410.59(a)(4)(iii) and the exceptions of 2022
ASSISTANTS = [
    ("97530=10+5", ["97530x1 GO"], "[V] exception a"),
    ("97530=5+10", ["97530x1 CO GO"], "[S] therapycomply example A"),
    ("97530=12+12", ["97530x1 GO", "97530x1 CO GO"], "[S] exception b"),
    ("97110=13+23 97140=30", ["97110x1 GO", "97110x1 CO GO", "97140x2 GO"], "inputs CMS, last step derived"),
    ("97110=22 97140=0+23", ["97110x1 GO", "97140x2 CO GO"], "derived from 1.1 rules 4-5"),
    ("97535=0+15", ["97535x1 CO GO"], "[V]"),
    ("97150=30+10", ["97150x1 CO GO"], "untimed, 25 %"),
    ("97150=36+4", ["97150x1 GO"], "untimed, 10 % exactly"),
]


@pytest.mark.parametrize(("minutes", "lines", "source"), ASSISTANTS, ids=lambda v: v if isinstance(v, str) else "")
def test_assistants(minutes: str, lines: list[str], source: str):
    assert written(coded(minutes)) == lines


@pytest.mark.parametrize(
    ("therapist", "assistant", "assisted"),
    [
        (36, 4, False),
        (30, 10, True),
        (89, 11, True),
        (90, 10, False),
        (0, 1, True),
        (17, 2, True),
        (19, 2, False),
        (0, 0, False),
    ],
)
def test_ten_percent_is_of_the_rounded_share(therapist: int, assistant: int, assisted: bool):
    """ot_rules 2.2: round(100*OTA/(OT+OTA)) >= 11; 2 of 19 is 10.5, rounds to 11; 2 of 21 is 9.5, rounds to 10."""
    assert over_tenth(therapist, assistant) is assisted


def test_a_plan_without_co_bills_one_line():
    assert written(coded("97530=12+12", MIDPOINT)) == ["97530x2 GO"]


def test_an_evaluation_never_carries_co():
    assert written(coded("97165=0+30")) == ["97165x1 GO"]


def test_cms_example_2_never_bills_three_of_one():
    assert max(units(coded("97112=20 97110=20")).values()) == 2


def test_two_visits_of_a_day_pool_their_minutes_per_code():
    services = [Service("V1/1", "97530", 24), Service("V2/1", "97110", 23)]
    assert [(line.key, line.units) for line in code_day(services, MEDICARE, DAY).lines] == [("V1/1", 2), ("V2/1", 1)]


def test_one_code_on_two_visits_is_one_count():
    """10 + 13 minutes of one code are 23: 2 units, one on each visit."""
    services = [Service("V1/1", "97530", 10), Service("V2/1", "97530", 13)]
    assert [(line.key, line.units) for line in code_day(services, MEDICARE, DAY).lines] == [("V1/1", 1), ("V2/1", 1)]

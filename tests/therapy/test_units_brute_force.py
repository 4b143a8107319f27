"""Units against a naive second implementation, over all minute combinations."""

from __future__ import annotations

from itertools import pairwise, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.therapy.assistants import split
from chalicelib.therapy.units import midpoint, total_time

CODES = ("97110", "97140", "97530")
TABLE = [0] * 8 + [1] * 15 + [2] * 15 + [3] * 15 + [4] * 15 + [5] * 15 + [6] * 15 + [7] * 15 + [8] * 15 + [9] * 15


def naive(minutes: tuple[int, ...]) -> set[tuple[int, ...]]:
    """All fair answers under total time: clock off quarter hours, then hand single units to remainders, largest first,
    in every order ties allow."""
    want = TABLE[sum(minutes)]
    whole, rest = [], []
    for spent in minutes:
        count = 0
        while spent >= 15:
            spent -= 15
            count += 1
        whole.append(count)
        rest.append(spent)
    answers = set()
    for order in permutations(range(len(minutes))):
        if any(rest[a] < rest[b] for a, b in pairwise(order)):
            continue
        given_units = list(whole)
        for place in order[: want - sum(whole)]:
            given_units[place] += 1
        answers.add(tuple(given_units))
    return answers


def check(minutes: tuple[int, ...]) -> None:
    spent = dict(zip(CODES, minutes, strict=False))
    found = total_time(spent)
    got = tuple(found.units[code] for code in spent)
    fair = naive(minutes)
    assert got in fair, minutes
    assert bool(found.ties) == (len(fair) > 1), minutes
    alone = midpoint(spent)
    assert tuple(alone.units[code] for code in spent) == tuple(TABLE[m] for m in minutes)


@pytest.mark.parametrize("count", [1, 2])
def test_every_combination_of_one_and_two_codes(count: int):
    for minutes in product(range(41), repeat=count):
        check(minutes)


@pytest.mark.slow
def test_every_combination_of_three_codes():
    for minutes in product(range(41), repeat=3):
        check(minutes)


@given(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)))
def test_three_codes_by_sample(minutes: tuple[int, int, int]):
    check(minutes)


@given(st.dictionaries(st.sampled_from(["97110", "97112", "97140", "97530", "97535"]), st.integers(0, 60), min_size=1))
def test_units_never_pass_the_total_and_use_it_up(minutes: dict[str, int]):
    found = total_time(minutes)
    assert sum(found.units.values()) == (0 if sum(minutes.values()) < 8 else (sum(minutes.values()) + 7) // 15)
    assert all(found.units[code] >= spent // 15 for code, spent in minutes.items())


@given(
    st.dictionaries(st.sampled_from(["97110", "97112", "97140", "97530"]), st.integers(0, 60), min_size=1),
    st.integers(1, 15),
)
def test_more_minutes_never_give_fewer_units(minutes: dict[str, int], more: int):
    code = next(iter(minutes))
    longer = minutes | {code: minutes[code] + more}
    assert sum(total_time(longer).units.values()) >= sum(total_time(minutes).units.values())
    assert total_time(longer).units[code] >= total_time(minutes).units[code]
    assert midpoint(longer).units[code] >= midpoint(minutes).units[code]


@given(st.integers(0, 90), st.integers(0, 90))
def test_split_lines_add_up_to_the_units(therapist: int, assistant: int):
    units = 0 if therapist + assistant < 8 else (therapist + assistant + 7) // 15
    parted = split(units, therapist, assistant)
    assert parted.therapist + parted.assistant == units
    assert parted.therapist >= 0
    assert parted.assistant >= 0
    assert parted.assistant >= min(units, assistant // 15)
    assert assistant or not parted.assistant

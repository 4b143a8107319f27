"""What is used of an authorization, whatever comes and goes: committed is never above approved, and nothing is forgotten."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chalicelib.coverage.authorization import (
    Allowance,
    Authorization,
    Meter,
    Use,
    choose,
    commit,
    fits,
    left,
    only_fitting,
    release,
)
from chalicelib.coverage.forecast import Booked, outlook

TODAY = date(2026, 9, 30)
CODES = ("97110", "97530", "97140")


def made(*allowances: Allowance, **more: object) -> Authorization:
    told = {
        "auth_id": "aut_1",
        "patient_key": "pat_1",
        "payer_id": "61101",
        "line_of_business": "commercial",
        "number": "A1",
    }
    return Authorization.model_validate({**told, "allowances": allowances or (Allowance(approved=10),), **more})


services = st.dictionaries(st.sampled_from(CODES), st.integers(1, 4), min_size=1)
allowances = st.builds(
    Allowance,
    codes=st.sets(st.sampled_from(CODES), max_size=2).map(lambda found: tuple(sorted(found))),
    measure=st.sampled_from(["units", "visits"]),
    approved=st.none() | st.integers(0, 12),
)


class BurnDown(RuleBasedStateMachine):
    """Claims commit, change, go beyond and are released in any order, against a plain tally."""

    def __init__(self) -> None:
        super().__init__()
        self.authorization = made(
            Allowance(codes=("97530",), measure="units", approved=8),
            Allowance(codes=("97110", "97140"), measure="units", approved=6),
            Allowance(measure="visits", approved=5),
        )
        self.meter = Meter(auth_id="aut_1")
        self.tally: dict[str, tuple[dict[str, int], bool]] = {}

    @rule(claim=st.sampled_from("ABCDEFGH"), billed=services)
    def commit(self, claim: str, billed: dict[str, int]) -> None:
        amounts = self.authorization.amounts(billed)
        use = Use(on=TODAY, amounts=amounts)
        if fits(self.authorization, self.meter, claim, amounts):
            self.meter = commit(self.authorization, self.meter, claim, use)
            self.tally[claim] = (billed, False)
        else:
            with pytest.raises(ValueError, match="more than was approved"):
                commit(self.authorization, self.meter, claim, use)

    @rule(claim=st.sampled_from("ABCDEFGH"), billed=services)
    def beyond(self, claim: str, billed: dict[str, int]) -> None:
        use = Use(on=TODAY, amounts=self.authorization.amounts(billed), beyond=True)
        self.meter = commit(self.authorization, self.meter, claim, use)
        self.tally[claim] = (billed, True)

    @precondition(lambda self: self.tally)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(sorted(self.tally)))
        self.meter = release(self.meter, claim)
        del self.tally[claim]

    @invariant()
    def exact_and_never_over(self) -> None:
        counted = [billed for billed, beyond in self.tally.values() if not beyond]
        wanted = (
            sum(billed.get("97530", 0) for billed in counted),
            sum(billed.get("97110", 0) + billed.get("97140", 0) for billed in counted),
            len(counted),
        )
        found = tuple(self.meter.committed(place) for place in range(3))
        assert found == wanted
        for place, count in enumerate(found):
            approved = self.authorization.approved(place)
            assert approved is not None
            assert count <= approved
            assert left(self.authorization, self.meter, place) == approved - count


TestBurnDown = BurnDown.TestCase


@given(
    st.lists(allowances, min_size=1, max_size=3), st.lists(st.tuples(st.sampled_from("ABCD"), services), max_size=10)
)
def test_releasing_everything_leaves_nothing(found: list[Allowance], uses: list[tuple[str, dict[str, int]]]) -> None:
    authorization, meter = made(*found), Meter(auth_id="aut_1")
    for claim, billed in uses:
        amounts = authorization.amounts(billed)
        if fits(authorization, meter, claim, amounts):
            meter = commit(authorization, meter, claim, Use(on=TODAY, amounts=amounts))
    for claim in "ABCD":
        meter = release(meter, claim)
    assert meter == Meter(auth_id="aut_1")


@given(
    st.lists(st.tuples(st.sampled_from("ABCDEF"), services), min_size=1, max_size=6, unique_by=lambda one: one[0]),
    st.randoms(),
)
def test_the_order_of_claims_does_not_matter_while_all_fit(
    uses: list[tuple[str, dict[str, int]]], chance: object
) -> None:
    authorization = made(Allowance(measure="units", approved=100), Allowance(approved=20))
    shuffled = list(uses)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    meters = []
    for order in (uses, shuffled):
        meter = Meter(auth_id="aut_1")
        for claim, billed in order:
            meter = commit(authorization, meter, claim, Use(on=TODAY, amounts=authorization.amounts(billed)))
        meters.append(meter)
    assert meters[0].uses == meters[1].uses


def test_what_is_not_approved_has_nothing_to_use() -> None:
    pended = made(Allowance(approved=10), state="pended")
    assert not fits(pended, Meter(auth_id="aut_1"), "A", (1,))
    assert fits(made(Allowance(approved=None)), Meter(auth_id="aut_1"), "A", (999,))


def test_a_number_is_found_in_either_case_and_only_with_its_payer() -> None:
    one = made(number="Ab-12")
    assert choose([one], " ab-12 ", "61101", "commercial") == one
    assert choose([one], "AB-12", "60054", "commercial") is None
    assert choose([one], "", "61101", "commercial") is None


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"state": "denied"}, False),
        ({"end": TODAY - timedelta(1)}, False),
        ({"start": TODAY + timedelta(1)}, False),
        ({"allowances": (Allowance(codes=("97110",), approved=5),)}, False),
        ({"line_of_business": "medicare_advantage"}, False),
    ],
)
def test_a_claim_without_a_number_gets_the_only_one_that_covers_it(changes: dict[str, object], found: bool) -> None:
    one = made(**{"allowances": (Allowance(codes=("97530",), approved=5),), **changes})  # type: ignore[arg-type]
    chosen = only_fitting([one], "61101", "commercial", TODAY, ["97530"])
    assert (chosen is not None) is found
    assert (
        only_fitting([one, one.model_copy(update={"auth_id": "aut_2"})], "61101", "commercial", TODAY, ["97530"])
        is None
    )


def booked(*days: int, units: int = 4) -> list[Booked]:
    return [Booked(TODAY + timedelta(n), {"97530": units}) for n in days]


def used(units: int, *days: int) -> Meter:
    uses = {f"C{n}": Use(on=TODAY - timedelta(n), amounts=(units,)) for n in days}
    return Meter(auth_id="aut_1", uses=uses)


TWELVE = made(Allowance(codes=("97530",), measure="units", approved=12))


def test_the_day_it_runs_out_comes_from_the_schedule() -> None:
    (look,) = outlook(TWELVE, used(4, 7), booked(1, 3, 5, 8), TODAY)
    assert (look.left, look.booked, look.visits_booked) == (8, 16, 4)
    assert (look.runs_out_on, look.basis) == (TODAY + timedelta(5), "schedule")
    assert any("schedule needs more" in words for words in look.warnings)


def test_a_schedule_that_suffices_does_not_run_out_and_a_documented_day_counts_once() -> None:
    (look,) = outlook(TWELVE, used(4, 0), booked(0, 2), TODAY)
    assert (look.booked, look.runs_out_on, look.basis) == (4, None, "schedule")


def test_without_a_schedule_the_pace_of_four_weeks_tells() -> None:
    (look,) = outlook(TWELVE, used(4, 7, 14), [], TODAY)
    assert (look.basis, look.runs_out_on) == ("pace", TODAY + timedelta(14))
    (none,) = outlook(TWELVE, Meter(auth_id="aut_1"), [], TODAY)
    assert (none.basis, none.runs_out_on) == ("none", None)


@pytest.mark.parametrize(
    ("meter", "end", "words"),
    [
        (used(5, 7, 14), None, "10 of 12 units used (83 %)"),
        (used(12, 7), None, "used up"),
        (used(1, 7), TODAY + timedelta(14), "ends in 14 days"),
        (used(1, 7), TODAY - timedelta(1), "ended on"),
        (used(3, 7, 14, 21), TODAY + timedelta(15), ""),
    ],
)
def test_warnings_at_four_fifths_and_two_weeks(meter: Meter, end: date | None, words: str) -> None:
    (look,) = outlook(TWELVE.model_copy(update={"end": end}), meter, [], TODAY)
    assert (words in " | ".join(look.warnings)) if words else look.warnings == ()

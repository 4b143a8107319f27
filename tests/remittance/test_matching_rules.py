"""Which claim and which line a payment is about: evidence in order, and never a guess."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from chalicelib.remittance.faults import claim_faults
from chalicelib.remittance.lines import match_lines
from chalicelib.remittance.payers import CheckPayer, same_payer
from chalicelib.x12 import Adjustment, ClaimPayment, ServicePayment

DAY = date(2026, 9, 1)


@dataclasses.dataclass(frozen=True)
class Billed:
    number: int
    cpt: str
    charge_cents: int
    modifiers: tuple[str, ...] = ("GO",)
    units: int = 1
    control_number: str = ""


def service(
    code: str, charge: int, paid: int = 0, modifiers: tuple[str, ...] = ("GO",), **more: object
) -> ServicePayment:
    return ServicePayment(code, modifiers, charge, paid, 1, DAY, **more)  # type: ignore[arg-type]


def matched(services: list[ServicePayment], billed: list[Billed]) -> list[tuple[tuple[int, ...], str]]:
    return [(item.numbers, item.how) for item in match_lines(services, billed, DAY)]


def test_our_line_number_goes_before_everything_else() -> None:
    billed = [Billed(1, "97530", 7500, control_number="A1"), Billed(2, "97530", 7500, control_number="A2")]
    told = [service("97110", 7500, line_control_number="A2"), service("97530", 7500, line_control_number="a1")]
    assert matched(told, billed) == [((2,), "control_number"), ((1,), "control_number")]


def test_code_modifiers_date_and_units_tell_lines_apart() -> None:
    billed = [Billed(1, "97530", 7500), Billed(2, "97530", 7500, ("GO", "CO"))]
    told = [service("97530", 7500, 100, ("CO", "GO")), service("97530", 7500, 200)]
    assert matched(told, billed) == [((2,), "code_modifiers_date_units"), ((1,), "code_modifiers_date_units")]


def test_a_dropped_or_changed_modifier_does_not_stop_a_line() -> None:
    billed = [Billed(1, "97530", 7500, ("GO", "59")), Billed(2, "97110", 6500)]
    told = [service("97110", 6500), service("97530", 7500, modifiers=("GO", "XU"))]
    assert matched(told, billed)[1][0] == (1,)
    assert matched([service("97530", 7500, modifiers=()), told[0]], billed)[0] == ((1,), "code_charge_units")


def test_a_bundled_line_is_found_by_the_code_that_was_submitted() -> None:
    billed = [Billed(1, "97140", 6500), Billed(2, "97530", 6500)]
    told = [service("97530", 6500, 4000), service("97530", 6500, 0, (), original_procedure="97140")]
    assert sorted(item[0] for item in matched(told, billed)) in ([(1,), (2,)], [(), (1,)])
    assert matched([told[1]], billed[:1]) == [((1,), "submitted_code_charge")]


def test_two_lines_told_as_one_are_both_answered() -> None:
    billed = [Billed(1, "97530", 7500), Billed(2, "97530", 7500, ("GO", "CO")), Billed(3, "97110", 6500)]
    told = [service("97530", 15000, modifiers=("GO",)), service("97110", 6500)]
    assert matched(told, billed)[0] == ((1, 2), "merged")


def test_equal_charges_with_different_answers_are_never_guessed() -> None:
    billed = [Billed(1, "97530", 7500, ("GO",)), Billed(2, "97530", 7500, ("GO", "CO"))]
    told = [service("97530", 7500, 5000, ()), service("97530", 7500, 0, ())]
    assert matched(told, billed) == [((), ""), ((), "")]


def test_equal_answers_on_equal_lines_need_no_guess() -> None:
    billed = [Billed(1, "97530", 7500), Billed(2, "97530", 7500)]
    told = [service("97530", 7500, 5000), service("97530", 7500, 5000)]
    assert [item[0] for item in matched(told, billed)] == [(1,), (2,)]


def test_the_last_service_and_the_last_line_belong_together_only_at_the_same_charge() -> None:
    billed = [Billed(1, "97530", 7500)]
    assert matched([service("97535", 7500)], billed) == [((1,), "only_one_left")]
    assert matched([service("97535", 7400)], billed) == [((), "")]


@pytest.mark.parametrize(
    ("check", "same"),
    [
        (CheckPayer("60054", "ANYTHING"), True),
        (CheckPayer("62308", "AETNA"), False),  # the id of another payer we know outweighs the name
        (CheckPayer("", "AETNA LIFE INSURANCE COMPANY"), True),
        (CheckPayer("X9", "AETNA"), True),
        (CheckPayer("", "CIGNA HEALTH AND LIFE"), False),
        (CheckPayer("", "THE INSURANCE COMPANY"), False),
        (CheckPayer("X9", "MERITAIN", "1999", learned="60054"), True),
        (CheckPayer("X9", "AETNA", "1999", learned="62308"), False),
        (CheckPayer("", ""), False),
    ],
)
def test_a_check_is_a_payers_by_id_then_by_what_was_learned_then_by_name(check: CheckPayer, same: bool) -> None:
    assert same_payer(check, "60054", ("Aetna",)) is same


def test_a_claim_that_does_not_add_up_says_where_and_by_how_much() -> None:
    cas = (Adjustment("CO", "45", 1000),)
    line = ServicePayment("97530", (), 7500, 6500, 1, DAY, "", cas)
    right = ClaimPayment("P", charge_cents=15000, paid_cents=13000, lines=(line, line))
    assert claim_faults(right) == ()
    short = dataclasses.replace(right, charge_cents=15100, paid_cents=13000)
    assert [(item.where, item.off_by_cents) for item in claim_faults(short)] == [("claim", 100)]
    off = dataclasses.replace(right, lines=(line, dataclasses.replace(line, paid_cents=6400)))
    assert [(item.where, item.off_by_cents) for item in claim_faults(off)] == [("line 2", -100), ("claim", 100)]
    own = dataclasses.replace(right, paid_cents=12500, adjustments=(Adjustment("OA", "253", 500),))
    assert claim_faults(own) == ()
    bare = ClaimPayment("P", charge_cents=15000, paid_cents=14000, adjustments=cas)
    assert claim_faults(bare) == ()

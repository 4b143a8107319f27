"""What is a denial and what is not, what kind it is, until when it can be worked, what it would bring: pure."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.claims.model import ClaimContent, ClaimLine, Provider
from chalicelib.codes import carc, payers
from chalicelib.codes.settings import RateUnknown
from chalicelib.denials import categories, clocks
from chalicelib.denials.expected import Rate, denied_lines
from chalicelib.denials.measures import measure
from chalicelib.denials.model import Denial, DeniedLine
from chalicelib.denials.patterns import count
from chalicelib.denials.rules import by_reason, paid_by_line, recovered, refusals
from chalicelib.intake.model import Address, Coverage, LineOfBusiness, Person
from chalicelib.remittance.split import Terms, shares_of

DAY = date(2026, 9, 1)


def content(
    *lines: tuple[str, tuple[str, ...], int, int], payer: str = "60054", lob: str = "commercial"
) -> ClaimContent:
    who = Provider(npi="1999999984", last_name="Solstice", address=Address(zip="33101"))
    return ClaimContent(
        claim_id="clm_1", visit_ids=("V1",), patient_key="pat_1", practice_patient_id="P1", date_of_service=DAY,
        place_of_service="11", billing=who, rendering=who, patient=Person(last_name="Testcase", first_name="Marigold"),
        patient_address=Address(), payer_name="Aetna", diagnoses=("M6281",),
        coverage=Coverage(payer_id=payer, line_of_business=LineOfBusiness(lob), member_id="W1"),
        lines=tuple(
            ClaimLine(number=n, visit_id="V1", visit_line=n, cpt=cpt, modifiers=modifiers, units=units, charge_cents=charge,
                      control_number=f"L{n}")
            for n, (cpt, modifiers, units, charge) in enumerate(lines, 1)
        ),
    )  # fmt: skip


def line(
    cpt: str, charge: int, *cas: tuple[str, str, int], number: str = "", remarks: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "procedure": cpt, "modifiers": (), "charge_cents": charge, "paid_cents": charge - sum(c[2] for c in cas), "units": 2,
        "allowed_cents": None, "line_control_number": number, "remark_codes": remarks,
        "adjustments": [{"group": g, "reason": r, "amount_cents": a} for g, r, a in cas],
    }  # fmt: skip


def payment(
    *lines: dict[str, Any], status: str = "1", cas: tuple[tuple[str, str, int], ...] = (), remarks: tuple[str, ...] = ()
) -> dict[str, Any]:
    charge = sum(item["charge_cents"] for item in lines) or sum(item[2] for item in cas)
    taken = sum(item[2] for item in cas)
    return {
        "status_code": status, "charge_cents": charge, "lines": lines, "remark_codes": remarks,
        "paid_cents": sum(item["paid_cents"] for item in lines) - taken,
        "adjustments": [{"group": g, "reason": r, "amount_cents": a} for g, r, a in cas],
    }  # fmt: skip


ONE = content(("97530", ("GO",), 2, 15000))
TWO = content(("97530", ("GO",), 2, 15000), ("97110", ("GO",), 1, 6500))


@pytest.mark.parametrize(
    ("name", "cas"),
    [
        ("all of it went to the deductible", (("PR", "1", 15000),)),
        ("contract and coinsurance", (("CO", "45", 9000), ("PR", "2", 6000))),
        ("the contract pays nothing for it", (("CO", "45", 15000),)),
        ("multiple procedures and sequestration", (("CO", "59", 14900), ("CO", "253", 100))),
        ("a copay ate it", (("CO", "45", 11000), ("PR", "3", 4000))),
    ],
)
def test_zero_pay_is_no_denial(name, cas):
    assert refusals(payment(line("97530", 15000, *cas)), ONE) == (), name


@pytest.mark.parametrize("status", ["22", "25"])
def test_a_reversal_and_a_predetermination_deny_nothing(status):
    assert refusals(payment(line("97530", 15000, ("CO", "50", 15000)), status=status), ONE) == ()


def test_a_claim_sent_on_to_the_next_payer_with_only_a_patient_share_is_no_denial():
    crossed = payment(line("97530", 15000, ("CO", "45", 5000), ("PR", "1", 10000)), status="19", remarks=("MA18",))
    assert refusals(crossed, ONE) == ()


def test_what_an_earlier_payer_did_is_no_denial_of_the_next_one():
    cas = (("OA", "23", 14000), ("PR", "2", 1000))
    assert refusals(payment(line("97530", 15000, *cas), status="2"), ONE) == ()
    assert [item.reason for item in refusals(payment(line("97530", 15000, *cas)), ONE)] == [
        "23"
    ]  # of a first payer it is odd


def test_one_line_of_two_is_denied_and_only_that_line():
    found = refusals(
        payment(
            line("97530", 15000, ("CO", "45", 5000), number="L1"), line("97110", 6500, ("CO", "97", 6500), number="L2")
        ),
        TWO,
    )
    assert [(item.line, item.cpt, item.amount_cents, item.reason) for item in found] == [(2, "97110", 6500, "97")]


def test_a_patient_share_other_than_1_2_3_comes_to_the_queue():
    (found,) = refusals(payment(line("97530", 15000, ("PR", "96", 15000))), ONE)
    assert (found.group, found.reason) == ("PR", "96")
    assert categories.category("PR", "96", ()).code == "patient_share"
    assert categories.category("PR", "27", ()).code == "eligibility"  # where the code says more, that


def test_a_denial_of_the_whole_claim_has_no_line():
    (found,) = refusals(payment(cas=(("CO", "27", 15000),)), ONE)
    assert (found.line, found.amount_cents) == (0, 15000)


def test_reasons_of_one_line_add_up_and_what_is_given_back_is_no_denial():
    two = payment(line("97530", 15000, ("CO", "50", 9000), ("CO", "50", 6000)))
    assert [item.amount_cents for item in refusals(two, ONE)] == [15000]
    back = payment(line("97530", 15000, ("CO", "50", 15000), ("CO", "50", -15000), ("CO", "45", 15000)))
    assert refusals(back, ONE) == ()


def test_lines_are_matched_by_control_number_though_the_payer_dropped_modifiers_and_order():
    found = refusals(
        payment(
            line("97110", 6500, ("CO", "50", 6500), number="L2"), line("97530", 15000, ("CO", "45", 1), number="L1")
        ),
        TWO,
    )
    assert [item.line for item in found] == [2]
    again = content(("97530", ("GO",), 2, 15000), ("97530", ("GO", "59"), 1, 7500))
    (second,) = refusals(payment(line("97530", 15000, ("CO", "45", 1)), line("97530", 7500, ("CO", "97", 7500))), again)
    assert second.line == 2  # the same code twice, told apart by what is left


@pytest.mark.parametrize("reason", ["111", "147", "170", "171", "204", "209", "213", "242", "256", "279", "P13"])
@pytest.mark.parametrize("group", ["CO", "OA", "PI", "PR"])
def test_a_reason_that_refuses_a_service_is_worked_under_every_group(group, reason):
    """ADR 0017: posting leaves its money with the payer and the queue has it, to the same cent, with a next move of its own."""
    (found,) = refusals(payment(line("97530", 15000, ("CO", "45", 5000), (group, reason, 10000))), ONE)
    assert (found.reason, found.amount_cents) == (reason, 10000)
    shares = shares_of(0, (("CO", "45", 5000), (group, reason, 10000)), Terms(15000))
    assert (shares.adjusted_cents, shares.denied_cents, shares.share_cents) == (5000, 10000, 0)
    assert categories.category(group, reason, ()).code != "other"


@pytest.mark.parametrize("reason", ["45", "59", "253", "131", "103", "104", "P12", "P22", "P23", "P24"])
def test_the_price_of_a_contract_or_schedule_is_no_denial(reason):
    assert refusals(payment(line("97530", 15000, ("CO", reason, 15000))), ONE) == ()


GROUPS, REASONS = ["CO", "PR", "OA", "PI"], ["1", "2", "3", "45", "50", "97", "29", "96", "253", "204", "256"]
ADJUSTMENTS = st.tuples(st.sampled_from(GROUPS), st.sampled_from(REASONS), st.integers(1, 5000))


@given(st.lists(ADJUSTMENTS, max_size=8))
def test_what_the_queue_holds_and_what_posting_leaves_open_are_the_same_money(cas):
    """Posting settles contract and patient share; every other cent of an adjustment is in exactly one denial."""
    charge = sum(item[2] for item in cas) + 100
    found = refusals(payment(line("97530", charge, *cas)), ONE)

    def settled(item: tuple[str, str, int]) -> bool:
        known = carc.get(item[1])
        contract = known is not None and known.category == "contractual" and item[0] != "PR"
        return contract or (item[0] == "PR" and item[1] in "123")

    assert sum(item.amount_cents for item in found) == sum(item[2] for item in cas if not settled(item))
    assert sum(len(group) for group in by_reason(found).values()) == len(found)


@pytest.mark.parametrize(
    ("group", "reason", "remarks", "code", "appeal"),
    [
        ("CO", "50", ("N115",), "necessity", "yes"),
        ("CO", "97", (), "bundling", "yes"),
        ("CO", "236", (), "bundling", "yes"),
        ("CO", "4", (), "modifier", "correct"),
        ("CO", "27", (), "eligibility", "sometimes"),
        ("CO", "29", (), "timely_filing", "yes"),
        ("CO", "197", (), "authorization", "yes"),
        ("CO", "222", ("N362",), "limit", "sometimes"),
        ("CO", "119", (), "limit", "yes"),
        ("OA", "18", (), "duplicate", "sometimes"),
        ("CO", "22", (), "coordination", "sometimes"),
        ("CO", "252", ("M127",), "records", "correct"),
        ("CO", "16", ("M76",), "modifier", "correct"),
        ("CO", "16", ("MA130", "N290"), "information", "no"),
        ("CO", "16", (), "information", "correct"),
        ("CO", "96", ("N20",), "bundling", "yes"),
        ("CO", "B7", (), "enrolment", "yes"),
        ("CO", "ZZ9", (), "other", "sometimes"),
    ],
)
def test_kinds_and_whether_they_can_be_appealed(group, reason, remarks, code, appeal):
    found = categories.category(group, reason, remarks)
    assert found.code == code
    assert categories.appealable(reason, remarks, found) == appeal
    assert found.next_action


def test_every_code_of_the_list_has_a_kind_with_a_next_move():
    from chalicelib.codes.lists import carcs

    for reason in carcs():
        for group in ("CO", "PR", "OA"):
            found = categories.category(group, reason, ())
            assert found.code in categories.CATEGORIES
            assert found.next_action


MEDICARE = payers.plan("09102", "medicare", DAY)
AETNA = payers.plan("60054", "commercial", DAY)


def test_medicares_five_levels_and_their_clocks():
    """ot_rules.md section 6: 120, 180, 60, 60, 60 days, each from receipt, presumed 5 days after the notice."""
    notice = date(2026, 9, 30)
    due = [(item.name, clocks.deadline(item, notice)) for item in clocks.levels(MEDICARE, "medicare")]
    assert due == [
        ("redetermination", date(2027, 2, 2)),
        ("reconsideration", date(2027, 4, 3)),
        ("hearing", date(2026, 12, 4)),
        ("review", date(2026, 12, 4)),
        ("judicial review", date(2026, 12, 4)),
    ]
    least = [clocks.least_cents(item, notice) for item in clocks.MEDICARE]
    assert least == [0, 0, 20_000, 0, 196_000]
    with pytest.raises(RateUnknown):
        clocks.least_cents(clocks.MEDICARE[2], date(2031, 1, 1))  # no figure of another year is taken


def test_other_payers_first_level_and_what_nobody_read():
    assert [(i.number, i.days) for i in clocks.levels(AETNA, "commercial")] == [(1, 180), (2, 60)]
    united = payers.plan("87726", "commercial", DAY)
    assert [(i.number, i.days) for i in clocks.levels(united, "commercial")] == [(1, 365), (2, None)]
    own = payers.adjusted(AETNA, {"appeal_days": 90}, "practice file: contract of 2026")
    assert clocks.levels(own, "commercial")[0].days == 90
    assert clocks.levels(None, "commercial")[0].days == 180


def test_an_unprocessable_claim_is_lost_with_its_filing_limit_not_with_an_appeal_day():
    due, words = clocks.first_deadline(MEDICARE, "medicare", date(2026, 9, 30), DAY, unprocessable=True)
    assert due == date(2027, 9, 1)
    assert "new claim" in words


def test_expected_is_the_fee_schedule_for_medicare_and_history_for_others():
    medicare = content(("97530", ("GO",), 2, 15000), payer="09102", lob="medicare")
    refused = refusals(payment(line("97530", 15000, ("CO", "50", 15000))), medicare)
    # ot_rules.md 3.2, Miami 2026: 97530 full 36.40, second unit 25.97; 80 % of 62.37 = 49.90 (12.47 coinsurance); less 2 %.
    (found,) = denied_lines(refused, medicare, "09102", {})
    assert (found.expected_cents, found.basis) == (4890, "fee_schedule")
    refused = refusals(payment(line("97530", 15000, ("CO", "50", 15000))), ONE)
    rates = {("60054", "97530"): Rate(9000, 3, 3), ("60054", ""): Rate(40, 100, 9)}
    assert denied_lines(refused, ONE, "60054", rates)[0].expected_cents == 6000
    rates[("60054", "97530")] = Rate(9000, 3, 2)  # two lines are no history
    (by_ratio,) = denied_lines(refused, ONE, "60054", rates)
    assert (by_ratio.expected_cents, by_ratio.basis) == (6000, "payer_ratio")
    assert denied_lines(refused, ONE, "60054", {})[0].basis == "charge"


def test_what_a_later_decision_brings_back_is_counted_on_the_denied_lines_only():
    before = paid_by_line(payment(line("97530", 15000, ("CO", "50", 15000)), line("97110", 6500)), TWO)
    after = paid_by_line(
        payment(line("97530", 15000, ("CO", "45", 9000)), line("97110", 6500, ("CO", "97", 6500))), TWO
    )
    assert (before, after) == ({1: 0, 2: 6500}, {1: 6000, 2: 0})
    assert recovered([1], before, after) == 6000
    assert recovered([2], before, after) == 0


def denial(number: int = 1, **more: Any) -> Denial:
    base: dict[str, Any] = {
        "denial_id": f"den_{number}", "claim_id": f"clm_{number}", "remittance_id": "rmt_1", "part": number, "decision": 5,
        "payer_id": "60054", "payer_name": "Aetna", "line_of_business": "commercial", "group": "CO", "carc": "50",
        "category": "necessity", "appealable": "yes", "amount_cents": 7000, "expected_cents": 3000, "date_of_service": DAY,
        "decided_on": date(2026, 9, 1), "deadline": date(2027, 2, 1), "deadline_words": "x", "opened_on": date(2026, 9, 1),
        "lines": (DeniedLine(number=1, cpt="97535", modifiers=("GO",), amount_cents=7000, expected_cents=3000),),
    }  # fmt: skip
    return Denial(**{**base, **more})


def test_patterns_count_lines_claims_and_dollars_and_keep_modifiers_apart():
    other = DeniedLine(number=1, cpt="97535", modifiers=("CO", "GO"), amount_cents=1000)
    found = count([
        denial(1), denial(2, resolution="paid", state="resolved"), denial(3, lines=(other,)),
        denial(4, resolution="denied_again", state="resolved"),
    ])  # fmt: skip
    assert [(i.modifiers, i.lines, i.claims, i.denied_cents, i.open_cents, i.recovered, i.decided) for i in found] == [
        (("GO",), 3, 3, 21000, 7000, 1, 2),
        (("CO", "GO"), 1, 1, 1000, 1000, 0, 0),
    ]


def test_ten_business_days_and_what_was_acted_on_within_them():
    """Decided on 1 September, due by the 16th: Labor Day, the 7th, is no business day."""
    today = date(2026, 9, 30)
    found = measure(
        [
            denial(1, first_touched_at="2026-09-16T12:00:00Z"),
            denial(2, first_touched_at="2026-09-17T12:00:00Z"),  # a day late
            denial(3),  # never touched, and due
            denial(4, decided_on=date(2026, 9, 29)),  # not due yet
            denial(5, state="resolved", recovered_cents=2500, first_touched_at="2026-09-02T12:00:00Z"),
        ],
        today,
    )
    assert (found.denials, found.due, found.in_time, found.in_time_percent, found.untouched_late) == (5, 4, 2, 50, 1)
    assert (found.open_cents, found.denied_cents, found.recovered_cents, found.oldest_days) == (28000, 35000, 2500, 29)

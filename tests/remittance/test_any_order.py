"""Whatever the order and however often answers come, a claim's money ends in the same place."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import ledger
from chalicelib.remittance import book
from chalicelib.remittance.book import Answer, Standing, delta, fold, settle
from chalicelib.remittance.claim_payment import _by_number
from chalicelib.remittance.split import Terms

CHARGE = 15000
CLAIM = Terms(CHARGE, line_charges=((1, 9000), (2, 6000)))
TWO_PAYERS = Terms(CHARGE, secondary=True, line_charges=((1, 9000), (2, 6000)))
THREE_PAYERS = Terms(CHARGE, secondary=True, tertiary=True, line_charges=((1, 9000), (2, 6000)))


def decision(
    key: str, *cas: tuple[str, str, int], day: int = 1, payer: book.Payer = "primary", charge: int = CHARGE
) -> Answer:
    paid = charge - sum(amount for *_, amount in cas)
    return Answer(
        key=key, order=f"2026-09-{day:02d}#{key}", payer=payer, remittance_id=f"rmt_{key}", charge_cents=charge,
        paid_cents=paid, adjustments=tuple(sorted(cas)), payer_control_number=key,
    )  # fmt: skip


def reversal_of(item: Answer, key: str, day: int = 2) -> Answer:
    return item.model_copy(
        update={
            "key": key, "order": f"2026-09-{day:02d}#{key}", "kind": "reversal", "remittance_id": f"rmt_{key}",
            "charge_cents": -item.charge_cents, "paid_cents": -item.paid_cents,
            "adjustments": tuple((group, reason, -amount) for group, reason, amount in item.adjustments),
        }
    )  # fmt: skip


def takeback(key: str, amount: int, day: int = 3) -> Answer:
    return Answer(
        key=key, order=f"2026-09-{day:02d}#{key}", kind="takeback", remittance_id=f"rmt_{key}", paid_cents=amount,
        account="provider_level.WO",
    )  # fmt: skip


def patient_paid(key: str, amount: int, day: int = 3) -> Answer:
    return Answer(key=key, order=f"2026-09-{day:02d}#{key}", kind="patient_payment", paid_cents=amount)


def post_one_by_one(arrivals: list[Answer], terms: Terms) -> tuple[dict[str, Standing], Counter[tuple[str, str]]]:
    """What the product does: each answer once, each time the difference to what the journal holds."""
    known: dict[str, Answer] = {}
    standings: dict[str, Standing] = {}
    journal: Counter[tuple[str, str]] = Counter()
    for item in arrivals:
        if item.key in known:
            continue  # the natural key: the same answer again is nothing new
        known[item.key] = item
        after = settle(known.values(), terms, standings)
        for effect in delta(standings, after).values():
            for scope in {scope for scope, _ in effect}:
                assert sum(amount for (of, _), amount in effect.items() if of == scope) == 0
            journal.update(effect)
        standings = after
    return standings, Counter({place: amount for place, amount in journal.items() if amount})


def accounts(journal: Counter[tuple[str, str]]) -> dict[str, int]:
    """The claim's balances, and what is in suspense, owed back or at provider level over all checks."""
    found: Counter[str] = Counter()
    for (scope, account), amount in journal.items():
        if not scope or account != ledger.CLEARING:
            found[account if not scope else f"check:{account}"] += amount
    return {name: amount for name, amount in sorted(found.items()) if amount}


def states(standings: dict[str, Standing], told: list[Answer]) -> Counter[tuple[object, ...]]:
    """How many answers that say the same stand in each state: which of two equal ones stands is nobody's concern."""
    said = {item.key: (item.kind, item.payer, item.paid_cents, item.adjustments) for item in told}
    return Counter((said.get(key, ()), item.state) for key, item in standings.items())


CO45, PR2 = ("CO", "45", 4000), ("PR", "2", 2200)
amounts = st.integers(0, CHARGE)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Terms, list[Answer]]:
    """A claim's life with up to three payers: decisions, reversals, corrections, duplicates, takebacks, patient payments."""
    terms = draw(
        st.sampled_from(
            (CLAIM, TWO_PAYERS, THREE_PAYERS, Terms(CHARGE, patient=False), Terms(CHARGE, patient_most_cents=900))
        )
    )
    told: list[Answer] = []
    for number in range(draw(st.integers(1, 4))):
        cut = draw(st.integers(0, 9000))
        share = draw(st.sampled_from((0, 1500, 2200)))
        denied = draw(st.sampled_from((0, 0, 1000, CHARGE - cut - share)))
        cas = tuple(item for item in (("CO", "45", cut), ("PR", "2", share), ("CO", "50", denied)) if item[2])
        # every second history repeats the very same decision: equal amounts are the trap
        same = draw(st.booleans()) and bool(told)
        first = told[0].adjustments if same else cas
        told.append(decision(f"p{number}", *first, day=draw(st.integers(1, 9))))
        if draw(st.booleans()):
            told.append(reversal_of(told[-1], f"r{number}", day=draw(st.integers(1, 9))))
    if draw(st.booleans()):
        told.append(reversal_of(decision("x", CO45), "lost", day=draw(st.integers(1, 9))))
    if draw(st.booleans()):
        told.append(takeback("wo", draw(st.integers(1, CHARGE)), day=draw(st.integers(1, 9))))
    if terms.secondary:
        for number in range(draw(st.integers(0, 2))):
            prior, paid = draw(st.sampled_from((12800, 8800, 5000))), draw(st.sampled_from((0, 700, 2200)))
            rest = CHARGE - prior - paid
            own = draw(st.sampled_from((("CO", "45", rest), ("PR", "1", rest))))
            cas = tuple(item for item in (("OA", "23", prior), own) if item[2])
            told.append(decision(f"s{number}", *cas, day=draw(st.integers(1, 9)), payer="secondary"))
            if draw(st.booleans()):
                told.append(reversal_of(told[-1], f"sr{number}", day=draw(st.integers(1, 9))))
    if terms.tertiary:
        for number in range(draw(st.integers(0, 2))):
            prior, paid = draw(st.sampled_from((12800, 13500, 15000))), draw(st.sampled_from((0, 700, 1500)))
            cas = tuple(item for item in (("OA", "23", prior), ("PR", "1", CHARGE - prior - paid)) if item[2])
            last = decision(f"t{number}", *cas, day=draw(st.integers(1, 9)), payer="secondary")
            told.append(last.model_copy(update={"third": True}))
            if draw(st.booleans()):
                told.append(reversal_of(told[-1], f"tr{number}", day=draw(st.integers(1, 9))))
    told += [patient_paid(f"m{n}", draw(st.integers(1, 4000))) for n in range(draw(st.integers(0, 2)))]
    return terms, told


@given(histories(), st.randoms(use_true_random=False))
def test_final_balances_are_those_of_the_canonical_order(
    history: tuple[Terms, list[Answer]], chance: random.Random
) -> None:
    terms, told = history
    canonical, right = post_one_by_one(sorted(told, key=lambda item: (item.order, item.key)), terms)
    shuffled = told + [item for item in told if chance.random() < 0.5]
    chance.shuffle(shuffled)
    standings, journal = post_one_by_one(shuffled, terms)
    assert accounts(journal) == accounts(right)
    assert states(standings, told) == states(canonical, told)


@st.composite
def one_stands(draw: st.DrawFn) -> list[Answer]:
    """One day's answers that do not contradict each other: every decision but one is taken back by its own reversal."""
    told: list[Answer] = []
    for number in range(draw(st.integers(1, 4))):
        cut, share = draw(st.integers(0, 9000)), draw(st.sampled_from((0, 1500, 2200)))
        cas = tuple(item for item in (("CO", "45", cut), ("PR", "2", share)) if item[2])
        told.append(decision(f"p{number}", *cas))
        if number:
            told.append(reversal_of(told[-1], f"r{number}", day=1))
    if draw(st.booleans()):
        told.append(takeback("wo", draw(st.integers(1, CHARGE)), day=1))
    return [*told, *(patient_paid(f"m{n}", draw(st.integers(1, 4000)), day=1) for n in range(draw(st.integers(0, 2))))]


@given(one_stands(), st.randoms(use_true_random=False))
def test_which_id_an_answer_got_moves_no_balance(told: list[Answer], chance: random.Random) -> None:
    """Ids are hashes: renaming the day's answers, and with it their order, ends in the same money."""
    names = [item.key for item in told]
    chance.shuffle(names)
    renamed = [
        item.model_copy(update={"key": name, "order": f"{item.order[:10]}#{name}"})
        for item, name in zip(told, names, strict=True)
    ]
    assert accounts(post_one_by_one(renamed, CLAIM)[1]) == accounts(post_one_by_one(told, CLAIM)[1])


@pytest.mark.parametrize("ids", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("numbers", [("99", "100"), ("0000099", "100"), ("EFT07", "EFT08")])
def test_of_two_decisions_of_one_day_the_payers_lower_check_number_stands(
    ids: tuple[str, str], numbers: tuple[str, str]
) -> None:
    """They contradict each other, so one waits for a person: which one follows from the payer's numbers, not from our ids."""
    first, second = (
        decision(key, ("CO", "45", cut)).model_copy(update={"order": f"2026-09-01#{_by_number(number)}#{key}"})
        for key, cut, number in zip(ids, (4000, 5000), numbers, strict=True)
    )
    for arrivals in ([first, second], [second, first]):
        standings, _ = post_one_by_one(arrivals, CLAIM)
        assert (standings[first.key].state, standings[second.key].reason) == ("applied", book.ALREADY_ADJUDICATED)


@given(histories())
def test_the_journal_is_the_standings_and_no_cent_is_lost(history: tuple[Terms, list[Answer]]) -> None:
    terms, told = history
    standings, journal = post_one_by_one(told, terms)
    assert journal == Counter(fold(standings))
    came = sum(item.paid_cents for item in told if item.kind in ("decision", "reversal"))
    cleared = sum(amount for (_, account), amount in journal.items() if account == ledger.CLEARING)
    assert cleared == came
    claim = Counter({account: amount for (scope, account), amount in journal.items() if not scope})
    assert claim[ledger.PAYER] >= -CHARGE
    assert claim[ledger.SECONDARY] >= 0


@pytest.mark.parametrize("order", ["PRC", "PCR", "RPC", "RCP", "CPR", "CRP"])
def test_payment_reversal_correction_end_alike_in_every_order(order: str) -> None:
    first = decision("p", CO45, PR2, day=1)
    told = {"P": first, "R": reversal_of(first, "r", 5), "C": decision("c", CO45, ("PR", "2", 1000), day=5)}
    _, journal = post_one_by_one([told[letter] for letter in order], CLAIM)
    found = accounts(journal)
    assert found == {
        "adjustment.CO-45": 4000,
        "cash.clearing": 10000,
        "receivable.patient": 1000,
        "receivable.payer": -15000,
    }


def test_a_reversal_waits_for_its_payment_and_is_applied_when_it_comes() -> None:
    first = decision("p", CO45)
    waiting = settle([reversal_of(first, "r")], CLAIM)
    assert (waiting["r"].state, waiting["r"].reason) == ("waiting", "WAITS_FOR_PAYMENT")
    both = settle([reversal_of(first, "r"), first], CLAIM)
    assert (both["p"].state, both["r"].state) == ("reversed", "undoes")


def test_a_secondary_payment_waits_for_the_primary() -> None:
    second = decision("s", ("OA", "23", 12800), payer="secondary")
    assert settle([second], TWO_PAYERS)["s"].reason == "WAITS_FOR_PRIMARY"
    both = settle([second, decision("p", CO45, PR2)], TWO_PAYERS)
    assert both["s"].state == "applied"
    assert fold(both)["", ledger.CLEARING] == 11000
    assert ("", ledger.SECONDARY) not in fold(both)


@pytest.mark.parametrize(
    "cas",
    [
        (("OA", "23", 12800), ("PR", "2", 200)),  # 23 holds payment and adjustments
        (("OA", "23", 8800), ("CO", "45", 4000), ("PR", "2", 200)),  # 23 holds the payment, CO-45 is repeated
    ],
)
def test_both_ways_a_secondary_payer_shows_the_primary_are_read(cas: tuple[tuple[str, str, int], ...]) -> None:
    found = fold(settle([decision("p", CO45, PR2), decision("s", *cas, payer="secondary")], TWO_PAYERS))
    claim = {account: amount for (scope, account), amount in found.items() if not scope}
    assert claim == {
        "adjustment.CO-45": 4000,
        "cash.clearing": 10800,
        "receivable.patient": 200,
        "receivable.payer": -15000,
    }


def test_a_third_payer_is_asked_before_the_patient_and_answers_after_the_second() -> None:
    first, third = decision("p", CO45, PR2), decision("t", ("OA", "23", 14500), ("PR", "2", 100), payer="secondary")
    third = third.model_copy(update={"third": True})
    second = decision("s", ("OA", "23", 12800), ("PR", "2", 500), payer="secondary")
    assert settle([first, third], THREE_PAYERS)["t"].reason == "WAITS_FOR_PRIMARY", "the second has not answered"
    asked = fold(settle([first, second], THREE_PAYERS))
    assert (asked["", ledger.SECONDARY], ("", ledger.PATIENT) in asked) == (500, False)
    again = settle([first, second, second.model_copy(update={"key": "s2", "order": "2026-09-02#s2"})], THREE_PAYERS)
    assert again["s2"].reason == "ALREADY_ADJUDICATED", (
        "what waits for the third payer is not the second's to decide again"
    )
    done = fold(settle([third, second, first], THREE_PAYERS))
    assert (("", ledger.SECONDARY) in done, done["", ledger.PATIENT]) == (False, 100)
    assert done["", ledger.CLEARING] == 8800 + 1700 + 400


def test_a_secondary_answer_that_explains_nothing_waits_for_a_person() -> None:
    odd = decision("s", ("OA", "23", 10000), ("CO", "45", 3000), payer="secondary")
    assert settle([decision("p", CO45, PR2), odd], TWO_PAYERS)["s"].reason == "SECONDARY_DIFFERS"


def test_the_same_payment_twice_posts_once_and_the_second_waits() -> None:
    found = settle([decision("p", CO45, PR2), decision("q", CO45, PR2, day=3)], CLAIM)
    assert (found["p"].state, found["q"].reason) == ("applied", "ALREADY_ADJUDICATED")


def test_half_a_claim_paid_twice_does_not_fill_its_denied_half() -> None:
    """The trap: line 2 was denied, so the claim has room; the payer pays line 1 again."""
    once = decision("p", ("CO", "50", 6000)).model_copy(update={"by_line": ((1, 9000),)})
    again = decision("q", ("CO", "50", 6000), day=3).model_copy(update={"by_line": ((1, 9000),)})
    assert settle([once, again], Terms(CHARGE + 9000, line_charges=CLAIM.line_charges))["q"].state == "waiting"
    rest = decision("q", charge=6000, day=3).model_copy(update={"by_line": ((2, 6000),)})
    assert settle([once, rest], CLAIM)["q"].state == "applied"


def test_what_the_patient_paid_too_much_is_owed_back_once_no_payer_is_left() -> None:
    before = settle([patient_paid("m", 3000)], CLAIM)
    assert book.CREDIT not in before
    after = fold(settle([patient_paid("m", 3000), decision("p", CO45, PR2)], CLAIM))
    assert after["", ledger.REFUNDS] == -800
    assert ("", ledger.PATIENT) not in after


def test_a_takeback_of_more_than_was_paid_waits() -> None:
    assert settle([decision("p", CO45), takeback("wo", 11001)], CLAIM)["wo"].state == "waiting"
    assert settle([decision("p", CO45), takeback("wo", 11000)], CLAIM)["wo"].state == "applied"


def test_a_refund_is_settled_by_the_payers_own_reversal() -> None:
    first, again = decision("p", CO45), decision("q", CO45, day=3).model_copy(update={"refunding": True})
    found = settle([first, again, reversal_of(again, "r", 9)], CLAIM)
    assert (found["p"].state, found["q"].state) == ("applied", "reversed")
    assert not any(account == ledger.REFUNDS for _, account in accounts_of(found))


def accounts_of(standings: dict[str, Standing]) -> list[tuple[str, str]]:
    net: Counter[str] = Counter()
    for (_, account), amount in fold(standings).items():
        net[account] += amount
    return [("", account) for account, amount in net.items() if amount]

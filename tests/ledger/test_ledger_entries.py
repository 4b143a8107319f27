"""An entry is balanced or does not exist, and every figure of a claim is read from its own accounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib import ledger
from chalicelib.ledger import JournalEntry, JournalLine, LedgerError, move

AT = "2026-09-30T00:00:00Z"
amounts = st.integers(min_value=-1_000_000_00, max_value=1_000_000_00)
claims = st.sampled_from(["clm_a", "clm_b", "clm_c"])
pairs = st.sampled_from(
    [
        (ledger.PAYER, ledger.CHARGES),
        (ledger.CLEARING, ledger.PAYER),
        ("adjustment.CO-45", ledger.PAYER),
        ("adjustment.PR-1", ledger.PAYER),
        (ledger.PATIENT, ledger.PAYER),
        (ledger.SECONDARY, ledger.PAYER),
        (ledger.CLEARING, ledger.SECONDARY),
        (ledger.BANK, ledger.PATIENT),
        (ledger.CLEARING, ledger.INTEREST),
        ("writeoff.small_balance", ledger.PATIENT),
        (ledger.CLEARING, ledger.REFUNDS),
        (ledger.CLEARING, ledger.SUSPENSE),
    ]
)


def entry(lines: tuple[JournalLine, ...], number: int = 1, source: str = "rmt_1") -> JournalEntry:
    return JournalEntry(entry_id=f"jrn_{number}", at=AT, source=source, lines=lines)


@st.composite
def journals(draw: st.DrawFn) -> list[JournalEntry]:
    moves = draw(st.lists(st.tuples(pairs, claims, amounts.filter(bool)), min_size=1, max_size=30))
    return [entry(move(*pair, claim, amount), n) for n, (pair, claim, amount) in enumerate(moves)]


@given(journals())
def test_every_charge_is_paid_adjusted_patient_or_open(journal: list[JournalEntry]) -> None:
    for balance in ledger.fold(journal).values():
        assert balance.explained
        spent = balance.paid_cents + balance.adjusted_cents + balance.patient_cents
        assert balance.open_cents == balance.charge_cents - spent


@given(journals())
def test_all_accounts_together_are_zero(journal: list[JournalEntry]) -> None:
    assert sum(ledger.totals(ledger.fold_accounts(journal)).values()) == 0


@given(journals())
def test_reversing_everything_leaves_nothing(journal: list[JournalEntry]) -> None:
    mirrored = [ledger.reversal(e, f"{e.entry_id}r", AT) for e in journal]
    assert all(not accounts for accounts in ledger.fold_accounts([*journal, *mirrored]).values())


@given(journals())
def test_applying_entries_one_by_one_is_the_fold(journal: list[JournalEntry]) -> None:
    for claim, accounts in ledger.fold_accounts(journal).items():
        step_by_step: dict[str, int] = {}
        for e in journal:
            step_by_step = ledger.apply(step_by_step, e, claim)
        assert step_by_step == accounts


@given(journals(), st.data())
def test_one_cent_altered_is_refused_on_read(journal: list[JournalEntry], data: st.DataObject) -> None:
    stored = data.draw(st.sampled_from(journal)).model_dump(mode="json")
    line = data.draw(st.sampled_from(stored["lines"]))
    side = "debit_cents" if line["debit_cents"] else "credit_cents"
    line[side] += data.draw(st.sampled_from([1, -1]))
    with pytest.raises(ValidationError):
        JournalEntry(**stored)


def test_a_claim_paid_in_part_says_where_its_charge_went() -> None:
    journal = [
        ledger.charge("jrn_0", AT, "clm_a", 200_00),
        entry(
            move(ledger.CLEARING, ledger.PAYER, "clm_a", 96_40)
            + move(ledger.adjustment("CO", "45"), ledger.PAYER, "clm_a", 60_00)
            + move(ledger.PATIENT, ledger.PAYER, "clm_a", 24_10)
            + move(ledger.CLEARING, ledger.INTEREST, "clm_a", 1_07)
        ),
    ]
    balance = ledger.fold(journal)["clm_a"]
    assert (balance.charge_cents, balance.paid_cents, balance.adjusted_cents) == (200_00, 96_40, 60_00)
    assert (balance.patient_cents, balance.open_cents, balance.interest_cents) == (24_10, 19_50, 1_07)


def test_money_between_two_claims_is_refused() -> None:
    debit = JournalLine(account=ledger.CLEARING, subject="rmt_1", debit_cents=100)
    credit = JournalLine(account=ledger.PAYER, subject="clm_a", credit_cents=100)
    with pytest.raises(ValidationError, match="2 subject"):
        entry((debit, credit))


@pytest.mark.parametrize(
    "amounts",
    [{"debit_cents": 1, "credit_cents": 1}, {}, {"debit_cents": -5}, {"debit_cents": 1.0}, {"debit_cents": True}],
)
def test_a_line_is_one_whole_positive_amount_on_one_side(amounts: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        JournalLine(account=ledger.PAYER, subject="clm_a", **amounts)


def test_accounts_outside_the_chart_are_refused() -> None:
    for name in ("cash.pocket", "adjustment.45", "adjustment.CO-", "provider_level.WO1", "Receivable.payer"):
        with pytest.raises(LedgerError):
            ledger.account(name)
    assert ledger.account("adjustment.PI-B7").kind is ledger.Kind.CONTRA
    assert ledger.provider_level("WO") == "provider_level.WO"


def test_an_entry_needs_lines_and_refusals_repeat_no_value() -> None:
    with pytest.raises(ValidationError) as refused:
        JournalEntry(entry_id="jrn_1", at=AT, source="x", memo="MARIGOLD", lines=())
    assert "MARIGOLD" not in str(refused.value)


def test_suspense_is_what_waits_for_a_person() -> None:
    journal = [entry(move(ledger.CLEARING, ledger.SUSPENSE, "rmt_1", 12_34))]
    assert ledger.suspense_cents(ledger.totals(ledger.fold_accounts(journal))) == 12_34
    assert ledger.fold(journal) == {}

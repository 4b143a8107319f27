"""5,000 steps of charging, amending, paying, reversing and writing off in any order: every invariant after each of them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from chalicelib import ledger
from tests.ledger import ledger_machine

STEPS = settings(
    max_examples=125, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)

QUICK = settings(
    STEPS, max_examples=200, phases=(Phase.generate,), print_blob=False
)  # found is enough, not the shortest


def test_five_thousand_steps_keep_every_invariant() -> None:
    before = ledger_machine.steps
    run_state_machine_as_test(ledger_machine.Books, settings=STEPS)
    assert ledger_machine.steps - before >= 5000


def test_a_ledger_that_forgets_a_cent_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof of the proof: a slip in how balances are brought forward does not pass."""
    right = ledger.apply

    def wrong(accounts: ledger.Accounts, entry: ledger.JournalEntry, subject: str) -> ledger.Accounts:
        after = right(accounts, entry, subject)
        return {name: amount - (amount > 4_000_000) for name, amount in after.items()}

    monkeypatch.setattr(ledger_machine.ledger, "apply", wrong)
    with pytest.raises(AssertionError, match="not the fold"):
        run_state_machine_as_test(ledger_machine.Books, settings=QUICK)

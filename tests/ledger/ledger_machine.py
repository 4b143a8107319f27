"""A practice's books under every move the product makes, in any order, with every invariant looked at after each step.

A model beside the ledger keeps what each figure should be, in plain integers it adds up by itself.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from chalicelib import ledger
from chalicelib.ledger import JournalEntry
from chalicelib.remittance.split import Terms, shares_of, summed
from chalicelib.x12 import Adjustment, ClaimPayment

CENTS = st.integers(1, 5_000_000)
AT = "2026-09-30T00:00:00Z"
CONTRACTUAL = st.sampled_from((("CO", "45"), ("CO", "253"), ("PI", "45"), ("OA", "23")))
OTHER = st.sampled_from((("CO", "50"), ("PR", "204"), ("OA", "18")))
steps = 0


class Books(RuleBasedStateMachine):
    claims = Bundle("claims")
    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.journal: list[JournalEntry] = []
        self.cached: dict[str, ledger.Accounts] = {}  # balances as the store keeps them: brought forward, never folded
        self.should: dict[str, dict[str, int]] = {}
        self.bank = self.suspense = 0
        self.numbers = 0

    def _post(self, source: str, *lines: tuple[ledger.JournalLine, ...], memo: str = "") -> JournalEntry | None:
        flat = tuple(line for part in lines for line in part)
        if not flat:
            return None
        self.numbers += 1
        entry = JournalEntry(entry_id=f"jrn_{self.numbers}", at=AT, source=source, memo=memo, lines=flat)
        self._take(entry)
        return entry

    def _take(self, entry: JournalEntry) -> None:
        self.journal.append(entry)
        for subject in entry.subjects:
            self.cached[subject] = ledger.apply(self.cached.get(subject, {}), entry, subject)

    def _add(self, claim: str, **changes: int) -> None:
        for name, amount in changes.items():
            self.should[claim][name] += amount

    @rule(target=claims, amount=CENTS)
    def charge(self, amount: int) -> str:
        claim = f"clm_{len(self.should)}"
        self.should[claim] = {"charge": amount, "paid": 0, "adjusted": 0, "patient": 0, "open": amount}
        self._post("charge", ledger.move(ledger.PAYER, ledger.CHARGES, claim, amount))
        return claim

    @rule(claim=claims, amount=CENTS)
    def amend(self, claim: str, amount: int) -> None:
        """As `post_charge` does: the old charge mirrored, the new one posted."""
        before = self.should[claim]["charge"]
        self._post("charge", ledger.move(ledger.CHARGES, ledger.PAYER, claim, before))
        self._post("charge", ledger.move(ledger.PAYER, ledger.CHARGES, claim, amount))
        self._add(claim, charge=amount - before, open=amount - before)

    @rule(target=payments, claim=claims, paid=st.integers(-100_000, 5_000_000), off=CENTS, share=st.integers(0, 90_000),
          denied=st.integers(0, 90_000), why=CONTRACTUAL, other=OTHER, secondary=st.booleans())  # fmt: skip
    def pay(
        self, claim: str, paid: int, off: int, share: int, denied: int, why: Any, other: Any, secondary: bool
    ) -> Any:
        """A claim payment through the product's own split, with the check's cash beside it."""
        cas = (Adjustment(*why, off), Adjustment("PR", "2", share), Adjustment(*other, denied))
        payment = ClaimPayment("N1", "1", paid + off + share + denied, paid, share, "12", "P1", adjustments=cas)
        parts = shares_of(paid, summed(payment), Terms(payment.charge_cents, secondary=secondary))
        party = ledger.SECONDARY if secondary else ledger.PATIENT
        moves = ((ledger.CLEARING, paid), *parts.adjusted.items(), (party, parts.share_cents))
        remittance = f"rmt_{self.numbers}"
        self._post(remittance, ledger.move(ledger.BANK, ledger.CLEARING, remittance, paid), memo="check")
        entry = self._post(remittance, *(ledger.move(to, ledger.PAYER, claim, amount) for to, amount in moves))
        self.bank += paid
        changes = {
            "paid": paid,
            "adjusted": parts.adjusted_cents,
            "patient": 0 if secondary else parts.share_cents,
            "open": -paid - parts.adjusted_cents - (0 if secondary else parts.share_cents),
        }
        self._add(claim, **changes)
        assert parts.taken_cents + parts.denied_cents == payment.charge_cents
        return claim, entry, changes

    @rule(payment=consumes(payments))
    def reverse(self, payment: Any) -> None:
        """A payer takes a payment back: the mirror of its entry, and the cash with it."""
        claim, entry, changes = payment
        if entry is None:
            return
        self.numbers += 1
        remittance = f"rmt_{self.numbers}"
        self._post(remittance, ledger.move(ledger.CLEARING, ledger.BANK, remittance, changes["paid"]))
        self._take(ledger.reversal(entry, f"jrn_r{self.numbers}", AT, source=remittance))
        self.bank -= changes["paid"]
        self._add(claim, **{name: -amount for name, amount in changes.items()})

    @rule(amount=CENTS)
    def unmatched(self, amount: int) -> None:
        remittance = f"rmt_{self.numbers}"
        self._post(
            remittance,
            ledger.move(ledger.BANK, ledger.CLEARING, remittance, amount),
            ledger.move(ledger.CLEARING, ledger.SUSPENSE, remittance, amount),
        )
        self.bank += amount
        self.suspense += amount

    @rule(code=st.sampled_from(("WO", "FB", "L6", "72")), amount=st.integers(-90_000, 90_000))
    def provider_level(self, code: str, amount: int) -> None:
        """A check of nothing but a provider-level adjustment: PLB takes `amount` off the cash."""
        remittance = f"rmt_{self.numbers}"
        self._post(
            remittance,
            ledger.move(ledger.BANK, ledger.CLEARING, remittance, -amount),
            ledger.move(ledger.provider_level(code), ledger.CLEARING, remittance, amount),
        )
        self.bank -= amount

    @rule(claim=claims, amount=CENTS, party=st.sampled_from((ledger.PAYER, ledger.PATIENT)))
    def write_off(self, claim: str, amount: int, party: str) -> None:
        self._post("writeoff", ledger.move(ledger.write_off("small_balance"), party, claim, amount))
        self._add(claim, adjusted=amount, **{"open" if party == ledger.PAYER else "patient": -amount})

    @invariant()
    def the_books_agree(self) -> None:
        global steps
        steps += 1
        folded = ledger.fold_accounts(self.journal)
        totals = ledger.totals(folded)
        assert sum(totals.values()) == 0, "debits and credits differ"
        assert {name: accounts for name, accounts in self.cached.items() if accounts} == {
            name: accounts for name, accounts in folded.items() if accounts
        }, "a stored balance is not the fold of the journal"
        assert totals.get(ledger.BANK, 0) == self.bank
        assert ledger.suspense_cents(totals) == self.suspense
        for claim, should in self.should.items():
            found = ledger.claim_balance(claim, folded.get(claim, {}))
            assert found.explained, "charge is not paid + adjusted + patient + open"
            figures = (
                found.charge_cents,
                found.paid_cents,
                found.adjusted_cents,
                found.patient_cents,
                found.open_cents,
            )
            assert figures == tuple(should.values()), "a figure is not what was posted"

    @invariant()
    def no_cash_is_left_unexplained(self) -> None:
        net: dict[str, int] = {}
        for entry in self.journal:
            for line in entry.lines:
                if line.account == ledger.CLEARING:
                    net[entry.source] = net.get(entry.source, 0) + line.net_cents
        assert not any(net.values())

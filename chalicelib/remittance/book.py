"""A claim's payment book: every answer about its money, and what all of them together mean. Pure.

`settle` looks at the whole set of answers, never at the order in which they came: a reversal that comes before its payment
waits for it, a correction that comes before the reversal waits for that, a secondary payer's answer waits for the primary's.
Whatever the order of arrival, the same answers end in the same balances; what does not fit waits in suspense.

An effect is what an answer moves: net debit in cents by (scope, account). Scope "" is the claim, else a remittance's id.
Every effect is zero in each scope, so every step of the journal is balanced by construction and no line ever balances another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from chalicelib import ledger
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.remittance.secondary import explain_secondary
from chalicelib.remittance.split import Shares, Terms, shares_of

Effect = dict[tuple[str, str], int]
Payer = Literal["primary", "secondary"]
State = Literal["applied", "reversed", "undoes", "waiting", "refunding"]
POSTED = frozenset(("applied", "reversed", "undoes"))

WAITS_FOR_PAYMENT = "WAITS_FOR_PAYMENT"
REVERSAL_DIFFERS = "REVERSAL_DIFFERS"
ALREADY_ADJUDICATED = "ALREADY_ADJUDICATED"
WAITS_FOR_PRIMARY = "WAITS_FOR_PRIMARY"
SECONDARY_DIFFERS = "SECONDARY_DIFFERS"
THIRD_UNCLEAR = "THIRD_UNCLEAR"
NOTHING_PAID = "NOTHING_PAID"


class Answer(Model):
    """One answer about a claim. `order` is its place in the canonical order: paid date, the payer's check number, remittance,
    place in the check.

    decision         a payer's CLP: paid, adjusted, left to others
    reversal         CLP02 22: takes exactly one decision back
    takeback         money a payer took at provider level (PLB) and a person or a reference tied to this claim;
    `account` says where patient_payment  money of the patient; `remittance_id` is empty

    `adjustments` are (group, reason, cents) summed over the claim, `by_line` (line number, cents decided). `refunding` is a
    person's decision that this money goes back; `protects` says that the answer itself names the patient a QMB;
    `passed` are PR reasons beyond 1, 2, 3 of it that a person moved to the patient. `third` is an answer of payer
    `secondary` from the payer after it, for which the second one's money stays at the same account. `borrowed` is one of the
    third under an earlier payer's number, and `says_third` that it calls itself the third's; `sends_on` is whether the second
    says it passed the claim on: yes (to the third, or to nobody by name), elsewhere (to another), no (MA19), or nothing.
    """

    key: str
    order: str
    kind: Literal["decision", "reversal", "takeback", "patient_payment"] = "decision"
    payer: Payer = "primary"
    third: bool = False
    remittance_id: str = ""
    sequence: int = 0
    charge_cents: Cents = 0
    paid_cents: Cents = 0
    adjustments: tuple[tuple[str, str, Cents], ...] = ()
    by_line: tuple[tuple[int, Cents], ...] = ()
    payer_control_number: str = ""
    account: str = ""
    refunding: bool = False
    protects: bool = False
    passed: tuple[str, ...] = ()
    borrowed: bool = False
    says_third: bool = False
    sends_on: Literal["", "yes", "elsewhere", "no"] = ""


class Standing(Model):
    """Where an answer stands. `reason` says why it waits; `effect` is what the journal holds of it."""

    state: State
    reason: str = ""
    effect: tuple[tuple[str, str, Cents], ...] = ()
    pair: str = ""
    denied_cents: Cents = 0

    @property
    def moved(self) -> Effect:
        return {(scope, account): amount for scope, account, amount in self.effect}


CREDIT = "credit"
"""Key of the patient's credit: what the patient paid beyond the share, once no payer is left."""


def standing(state: State, effect: Effect, reason: str = "", pair: str = "", denied_cents: int = 0) -> Standing:
    kept = tuple((scope, account, amount) for (scope, account), amount in sorted(effect.items()) if amount)
    return Standing(state=state, reason=reason, effect=kept, pair=pair, denied_cents=denied_cents)


def settle(
    answers: Iterable[Answer], terms: Terms, before: Mapping[str, Standing] | None = None
) -> dict[str, Standing]:
    """Where every answer stands. `before` is what the journal holds: a decision taken back keeps the lines it was posted
    with.
    """
    known = sorted(answers, key=lambda item: (item.order, item.key))
    pairs = _pairs(known)
    book = _Book(terms, {}, before or {})
    for undoing, undone in pairs.items():
        book.take_back(undoing, undone)
    free = _keep_standing([item for item in known if item.key not in book.standings], book.before)
    book.refund([item for item in free if item.refunding])
    book.primary([item for item in free if item.payer == "primary" and not item.refunding])
    book.secondary([item for item in free if item.payer == "secondary" and not item.refunding])
    book.patient([item for item in free if item.kind == "patient_payment"])
    return book.standings


def _same(item: Answer) -> tuple[object, ...]:
    return (
        item.kind, item.payer, item.charge_cents, item.paid_cents, tuple(sorted(item.adjustments)), item.by_line,
        item.account, item.refunding, item.passed, item.third, item.borrowed,
        item.says_third, item.sends_on,
    )  # fmt: skip


def _keep_standing(free: Sequence[Answer], before: Mapping[str, Standing]) -> list[Answer]:
    """Among answers that say the very same, the one that stands goes on standing: which of them does moves no balance."""
    groups: dict[tuple[object, ...], list[Answer]] = {}
    for item in free:
        groups.setdefault(_same(item), []).append(item)
    turns = {
        same: iter(sorted(items, key=lambda item: not (item.key in before and before[item.key].state == "applied")))
        for same, items in groups.items()
    }
    return [next(turns[_same(item)]) for item in free]


def _pairs(known: Sequence[Answer]) -> dict[Answer, Answer]:
    """Each reversal with the decision it mirrors: the one with its control number first, then one set aside, then the
    earliest.
    """
    left = [item for item in known if item.kind == "decision"]
    pairs: dict[Answer, Answer] = {}
    for undoing in (item for item in known if item.kind == "reversal"):
        same = [item for item in left if _mirrors(undoing, item)]
        if same:
            found = min(
                same, key=lambda item: (not _same_number(item, undoing), not item.refunding, item.order, item.key)
            )
            left.remove(found)
            pairs[undoing] = found
    return pairs


def _same_number(one: Answer, other: Answer) -> bool:
    return bool(one.payer_control_number) and one.payer_control_number == other.payer_control_number


def _mirrors(undoing: Answer, decision: Answer) -> bool:
    """Charge, payment and every adjustment negated under their original group and reason (X12 RFI 1147, 1429)."""
    negated = tuple(sorted((group, reason, -amount) for group, reason, amount in undoing.adjustments))
    return (
        (undoing.payer, undoing.third) == (decision.payer, decision.third)
        and (-undoing.charge_cents, -undoing.paid_cents) == (decision.charge_cents, decision.paid_cents)
        and negated == tuple(sorted(decision.adjustments))
    )


def waiting_effect(answer: Answer, account: str = ledger.SUSPENSE) -> Effect:
    """Cash set aside on the check that brought it; a takeback and nothing else waits where it is."""
    if answer.kind != "decision" and answer.kind != "reversal":
        return {}
    scope = answer.remittance_id
    return {(scope, ledger.CLEARING): answer.paid_cents, (scope, account): -answer.paid_cents}


def _negated(effect: Effect, scope: str) -> Effect:
    """Taken back: on the claim where it was, on the reversal's own check where the cash was set aside."""
    return {((scope if old else ""), account): -amount for (old, account), amount in effect.items()}


@dataclass
class _Book:
    terms: Terms
    standings: dict[str, Standing]
    before: Mapping[str, Standing]
    refunding: Sequence[Answer] = ()

    def take_back(self, undoing: Answer, undone: Answer) -> None:
        held = self.before.get(undone.key)
        if undone.refunding:
            effect = waiting_effect(undone, ledger.REFUNDS)
        elif held is not None and held.state in POSTED:
            effect = held.moved
        elif undone.payer == "primary":
            effect = self._primary_effect(undone)[0]
        else:
            effect = waiting_effect(undone)
        self.standings[undone.key] = standing("reversed", effect, pair=undoing.key)
        self.standings[undoing.key] = standing("undoes", _negated(effect, undoing.remittance_id), pair=undone.key)

    def refund(self, items: Sequence[Answer]) -> None:
        self.refunding = items
        for item in items:
            self.standings[item.key] = standing("refunding", waiting_effect(item, ledger.REFUNDS), "REFUND")

    def _wait(self, item: Answer, reason: str) -> None:
        self.standings[item.key] = standing("waiting", waiting_effect(item), reason)

    def _primary_effect(self, item: Answer) -> tuple[Effect, Shares]:
        shares = shares_of(item.paid_cents, item.adjustments, self.terms, passed=item.passed)
        effect: Counter[tuple[str, str]] = Counter({("", ledger.CLEARING): item.paid_cents})
        for account, amount in shares.adjusted.items():
            effect["", account] += amount
        effect["", ledger.SECONDARY if self.terms.secondary else ledger.PATIENT] += shares.share_cents
        effect["", ledger.PAYER] -= shares.taken_cents
        return dict(effect), shares

    def primary(self, items: Sequence[Answer]) -> None:
        """In canonical order; what does not fit at first may fit once a takeback made room."""
        waiting = [item for item in items if item.kind in ("decision", "takeback")]
        left = self.terms.charge_cents - self.terms.given_up_cents
        by_line, paid = Counter(dict(self.terms.line_charges)), 0
        progress = True
        first = True
        while progress:
            progress = False
            for item in list(waiting):
                if item.kind == "takeback" and (owed := self._owed_back(item)):
                    self.standings[item.key] = standing("applied", _recouped(item, owed), pair=owed.key)
                    self.standings[owed.key] = self.standings[owed.key].model_copy(update={"pair": item.key})
                elif item.kind == "takeback":
                    if not 0 < item.paid_cents <= paid:
                        continue
                    effect = _takeback(item)
                    left, paid = left + item.paid_cents, paid - item.paid_cents
                    self.standings[item.key] = standing("applied", effect)
                else:
                    effect, shares = self._primary_effect(item)
                    if not _fits(item, shares.taken_cents, left, by_line, alone=first):
                        continue
                    first = first and not shares.taken_cents
                    left, paid = left - shares.taken_cents, paid + item.paid_cents
                    by_line.subtract(dict(item.by_line))
                    self.standings[item.key] = standing("applied", effect, denied_cents=shares.denied_cents)
                waiting.remove(item)
                progress = True
        for item in waiting:
            self._wait(item, NOTHING_PAID if item.kind == "takeback" else ALREADY_ADJUDICATED)
        unpaired = [item for item in items if item.kind == "reversal"]
        for item in unpaired:
            self._wait(item, REVERSAL_DIFFERS if any(one.kind == "decision" for one in items) else WAITS_FOR_PAYMENT)

    def _owed_back(self, item: Answer) -> Answer | None:
        """The payment somebody decided to refund and the payer now takes itself: the same amount, not taken yet."""
        open_ones = (one for one in self.refunding if not self.standings[one.key].pair)
        return next((one for one in open_ones if one.paid_cents == item.paid_cents), None)

    def _on(self, account: str) -> int:
        return sum(
            amount
            for item in self.standings.values()
            for scope, name, amount in item.effect
            if not scope and name == account
        )

    def secondary(self, items: Sequence[Answer]) -> None:
        """The next payer answers what the primary left: `explain_secondary` says what of its answer is new.

        What it leaves to the patient stays at the next payer's account while a third is to be asked, whose answers come after.
        """
        passed_on = 0
        answered = False
        sends_on = ""
        for item in sorted(items, key=lambda one: one.third):
            if item.kind == "reversal":
                decided = any(one.kind == "decision" for one in items)
                self._wait(item, REVERSAL_DIFFERS if decided else WAITS_FOR_PAYMENT)
                continue
            left = self._on(ledger.SECONDARY) - self.terms.secondary_given_up_cents
            if item.third and not answered:
                self._wait(item, WAITS_FOR_PRIMARY)
                continue
            if item.borrowed and not (sends_on == "yes" or (not sends_on and item.says_third)):
                self._wait(item, THIRD_UNCLEAR)
                continue
            left -= 0 if item.third else passed_on
            if left <= 0 and (item.paid_cents or not self._decided()):
                self._wait(item, ALREADY_ADJUDICATED if self._decided() else WAITS_FOR_PRIMARY)
                continue
            shares = shares_of(
                item.paid_cents, item.adjustments, self.terms, later=True, third=item.third, passed=item.passed
            )
            adjusted = explain_secondary(shares, item.adjustments, left, self._adjusted(), self._paid())
            if adjusted is None:
                self._wait(item, SECONDARY_DIFFERS)
                continue
            moved = item.paid_cents + sum(adjusted.values()) + shares.share_cents
            effect = {("", name): amount for name, amount in adjusted.items()}
            effect |= {("", ledger.CLEARING): item.paid_cents, ("", ledger.SECONDARY): -moved}
            if self.terms.tertiary and not item.third:
                effect["", ledger.SECONDARY] += shares.share_cents
                passed_on += shares.share_cents
            else:
                effect["", ledger.PATIENT] = shares.share_cents
            answered, sends_on = answered or not item.third, sends_on if item.third else item.sends_on
            self.standings[item.key] = standing("applied", effect, denied_cents=shares.denied_cents)

    def _decided(self) -> bool:
        return any(item.state == "applied" for item in self.standings.values())

    def _adjusted(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for item in self.standings.values():
            for scope, name, amount in item.effect:
                if not scope and name.startswith("adjustment."):
                    found[name] += amount
        return dict(found)

    def _paid(self) -> int:
        return self._on(ledger.CLEARING)

    def patient(self, items: Sequence[Answer]) -> None:
        for item in items:
            effect = {("", ledger.BANK): item.paid_cents, ("", ledger.PATIENT): -item.paid_cents}
            self.standings[item.key] = standing("applied", effect)
        credit = self.terms.patient_given_up_cents - self._on(ledger.PATIENT)
        nobody_left = any(
            one.state == "applied" and ("", ledger.CLEARING) in one.moved for one in self.standings.values()
        )
        if credit > 0 and nobody_left and self._on(ledger.SECONDARY) <= 0:
            self.standings[CREDIT] = standing(
                "applied", {("", ledger.PATIENT): credit, ("", ledger.REFUNDS): -credit}, "PATIENT_CREDIT"
            )


def _takeback(item: Answer) -> Effect:
    """The claim's payment is taken back, by cash that the provider level already accounts for."""
    scope, amount = item.remittance_id, item.paid_cents
    return {
        ("", ledger.PAYER): amount,
        ("", ledger.CLEARING): -amount,
        (scope, ledger.CLEARING): amount,
        (scope, item.account): -amount,
    }


def _recouped(item: Answer, owed: Answer) -> Effect:
    """The payer's takeback settles what was owed back: no claim moves."""
    amount, here, there = item.paid_cents, item.remittance_id, owed.remittance_id
    effect: Counter[tuple[str, str]] = Counter({(there, ledger.REFUNDS): amount, (there, ledger.CLEARING): -amount})
    effect.update({(here, ledger.CLEARING): amount, (here, item.account): -amount})
    return dict(effect)


def _fits(item: Answer, taken: int, left: int, by_line: Mapping[int, int], *, alone: bool) -> bool:
    """Whether the claim still has room for it: as a whole, and, beside another decision, on every line it decides."""
    if not 0 <= taken <= left:
        return False
    if alone or not taken:
        return True
    told = dict(item.by_line)
    return sum(told.values()) == taken and all(by_line.get(number, 0) >= amount for number, amount in told.items())


def delta(before: Mapping[str, Standing], after: Mapping[str, Standing]) -> dict[str, Effect]:
    """What the journal lacks of the new standings, answer by answer; answers without a change are absent."""
    changed: dict[str, Effect] = {}
    for key in [*after, *(key for key in before if key not in after)]:
        net: Counter[tuple[str, str]] = Counter(after[key].moved if key in after else {})
        net.subtract(before[key].moved if key in before else {})
        if any(net.values()):
            changed[key] = {place: amount for place, amount in net.items() if amount}
    return changed


def fold(standings: Mapping[str, Standing]) -> Effect:
    """Everything the answers moved, by scope and account."""
    net: Counter[tuple[str, str]] = Counter()
    for item in standings.values():
        net.update(item.moved)
    return {place: amount for place, amount in sorted(net.items()) if amount}

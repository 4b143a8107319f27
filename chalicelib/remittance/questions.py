"""What a decision that comes to stand on a claim asks of people: a denial to be worked, an amount short of what was expected.

Asked when it stands, whether by its own posting or because what it waited for has come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import store
from chalicelib.money import dollars
from chalicelib.support.tasks import ask_in

if TYPE_CHECKING:
    from chalicelib.remittance.transition import Told

Short = tuple[int, int]
"""(expected, allowed) cents, where a payer allowed less than it should have by more than its threshold."""


def about_decision(uow: store.UnitOfWork, claim_id: str, key: str, told: Told, protected: str) -> None:
    """Everything there is to ask about a decision; `protected` is why its patient may not be asked for a share."""
    if told.short is not None:
        about_shortfall(uow, claim_id, key, told.who, told.short)
    if told.denials:
        _about_denial(uow, claim_id, key, told, protected)


def about_shortfall(uow: store.UnitOfWork, claim_id: str, key: str, who: str, short: Short) -> None:
    expected, allowed = short
    words = f"{who} allowed {dollars(allowed)} where {dollars(expected)} was expected"
    ask_in(uow, "underpaid", claim_id, words, amount_cents=expected - allowed, natural_key=key)


def _about_denial(uow: store.UnitOfWork, claim_id: str, key: str, told: Told, protected: str) -> None:
    """Hand the denial on: an event for the denial queue, and a task until there is one.

    A payment may be matched, taken off and matched again: the same question is asked again.
    """
    denials = [{"group": group, "reason": reason, "amount_cents": amount} for group, reason, amount in told.denials]
    data = {
        "claim": claim_id,
        "denials": denials,
        "remittance": told.data["remittance_id"],
        "sequence": told.data["sequence"],
        "payer": told.data["payer"],
        "patient_protected": protected,
    }
    uow.emit("LineDenied", f"CLM#{claim_id}", data)
    codes = ", ".join(dict.fromkeys(f"{group}-{reason}" for group, reason, _ in told.denials))
    words = f"{told.who} denied part or all of a claim: {codes}"
    if protected and any(group == "PR" for group, *_ in told.denials):
        words = f"{told.who} left a share the patient may not be asked for ({protected}): {codes}"
    amount = sum(amount for *_, amount in told.denials)
    ask_in(uow, "denied", claim_id, words, amount_cents=amount, natural_key=key)

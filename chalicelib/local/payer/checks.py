"""Claim results become checks: one per payer and billing provider, with what is settled at provider level (PLB)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from chalicelib.local.payer.intake import digits
from chalicelib.local.payer.results import ClaimResult
from chalicelib.local.payer.state import State
from chalicelib.money import round_ratio

RECOVERING_PAYER = "62308"  # Cigna takes an old overpayment back once
RECOVERED_CENTS = 2500
RECOVERED_FROM_CENTS = 10_000
INTEREST_AFTER_DAYS = 30


@dataclass(frozen=True, slots=True)
class ProviderLevel:
    """One PLB pair: positive lowers the check, negative raises it."""

    reason: str
    reference: str
    amount: int


@dataclass(slots=True)
class Check:
    """One 835 to be. `amount` = claims paid - provider level, never negative."""

    payer_id: str
    billing_npi: str
    claims: list[ClaimResult]
    trace: str = ""
    provider_level: list[ProviderLevel] = field(default_factory=list)

    @property
    def claims_paid(self) -> int:
        return sum(claim.paid for claim in self.claims)

    @property
    def amount(self) -> int:
        return self.claims_paid - sum(item.amount for item in self.provider_level)


def make_checks(results: Iterable[ClaimResult], state: State, received_on: date, *, first: bool) -> list[Check]:
    """Checks in the order their first claim stands. Only the `first` checks of a run pay interest."""
    groups: dict[tuple[str, str], Check] = {}
    for result in results:
        key = (result.payer_id, result.billing_npi)
        groups.setdefault(key, Check(*key, [])).claims.append(result)
    for check in groups.values():
        check.trace = _trace(check, state)
        if first:
            check.provider_level += _interest(check, received_on)
        check.provider_level += _recovery(check, state)
        _carry(check, state)
    return list(groups.values())


def _trace(check: Check, state: State) -> str:
    """SIM and 12 digits; content that names a trace already given is numbered on, so that none is given twice."""
    parts = [check.payer_id, check.billing_npi]
    for claim in check.claims:
        parts += [claim.patient_control_number, str(claim.paid)]
    trace, again = f"SIM{digits(12, *parts)}", 1
    while trace in state.traces:
        again += 1
        trace = f"SIM{digits(12, *parts, str(again))}"
    state.traces.append(trace)
    return trace


def _interest(check: Check, received_on: date) -> list[ProviderLevel]:
    """L6 for each auto claim whose first day is more than 30 days back: 1 % of what it pays, reference CLM01."""
    out = []
    for claim in check.claims:
        late = claim.first_date and (received_on - date.fromisoformat(claim.first_date)).days > INTEREST_AFTER_DAYS
        amount = round_ratio(claim.paid, 1, 100)
        if claim.pays_interest and late and not claim.reversal and amount > 0:
            out.append(ProviderLevel("L6", claim.patient_control_number, -amount))
    return out


def _recovery(check: Check, state: State) -> list[ProviderLevel]:
    if check.payer_id != RECOVERING_PAYER or check.billing_npi in state.recovered:
        return []
    if check.claims_paid < RECOVERED_FROM_CENTS:
        return []
    state.recovered.append(check.billing_npi)
    return [ProviderLevel("WO", f"OVP-{check.billing_npi}", RECOVERED_CENTS)]


def _carry(check: Check, state: State) -> None:
    """A negative check is raised to 0.00 (FB, negative); the first later one that is large enough gives it back."""
    key = f"{check.payer_id}|{check.billing_npi}"
    owed = state.forward.pop(key, [])
    kept = []
    if check.amount < 0:
        reference, amount = f"FB{check.trace}", -check.amount
        check.provider_level.append(ProviderLevel("FB", reference, -amount))
        kept = [*owed, (reference, amount)]
    else:
        for reference, amount in owed:
            if amount <= check.amount:
                check.provider_level.append(ProviderLevel("FB", reference, amount))
            else:
                kept.append((reference, amount))
    if kept:
        state.forward[key] = kept

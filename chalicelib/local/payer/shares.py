"""Who pays what of the allowed amount: deductible, coinsurance, copay, then the payer's own cuts. Steps 4 to 6 of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.local.payer.plans import MEDICARE, Plan, yearly_deductible_cents
from chalicelib.local.payer.results import ClaimResult, LineResult
from chalicelib.local.payer.state import State
from chalicelib.money import round_ratio


def unshared(line: LineResult) -> LineResult:
    """A priced line as it was before the patient's and the payer's shares were taken from it."""
    if line.denied_by:
        return line
    return replace(line, remarks=(), deductible=0, coinsurance=0, copay=0, assistant_cut=0, sequestration=0)


def shared(lines: Sequence[LineResult], plan: Plan, claim: ClaimResult, state: State) -> list[LineResult]:
    """Patient share line by line in the order deductible, coinsurance, copay; then the payer's own cuts."""
    copay = plan.copay_cents
    out = []
    for line in lines:
        if line.denied_by:
            out.append(line)
            continue
        deductible = _deductible(line, plan, claim, state)
        coinsurance = round_ratio(line.allowed - deductible, plan.coinsurance_percent, 100)
        share = min(copay, line.allowed)
        copay = 0 if line.allowed > 0 else copay
        out.append(_cut(replace(line, deductible=deductible, coinsurance=coinsurance, copay=share), plan, claim))
    return out


def _deductible(line: LineResult, plan: Plan, claim: ClaimResult, state: State) -> int:
    if not plan.deductible:
        return 0
    left = yearly_deductible_cents(claim.member_id) - state.deductible_used(claim)
    taken = max(0, min(left, line.allowed))
    state.use_deductible(claim, taken)
    return taken


def _cut(line: LineResult, plan: Plan, claim: ClaimResult) -> LineResult:
    """85 % for an assistant's line (CO-45, N851), then 2 % sequestration (CO-253), each off what is left to pay."""
    due = line.allowed - line.patient
    assistant = due - round_ratio(due, 85, 100) if plan.assistant_cut and "CO" in line.modifiers else 0
    remarks = (*line.remarks, "N851") if assistant else line.remarks
    withheld = round_ratio(due - assistant, 2, 100) if claim.filing == MEDICARE else 0
    return replace(line, assistant_cut=assistant, sequestration=withheld, remarks=remarks)

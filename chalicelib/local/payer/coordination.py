"""A claim another payer decided before: this one pays no more than that one left to the patient. 'A payer before'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.local.payer.results import LineResult
from chalicelib.x12.claim837 import Claim837, OtherPayer


def coordinated(claim: Claim837, lines: Sequence[LineResult]) -> list[LineResult]:
    """Lines with what stays unpaid moved to OA-23; as they are where nobody decided before."""
    before = _before(claim)
    if before is None:
        return list(lines)
    left = _left(claim, before)
    return [line if line.denied_by else _capped(line, amount) for line, amount in zip(lines, left, strict=True)]


def _before(claim: Claim837) -> OtherPayer | None:
    """The last payer that decided."""
    decided = [other for other in claim.other_payers if other.paid_cents is not None]
    return max(decided, key=lambda other: "PST".index(other.sequence), default=None)


def _left(claim: Claim837, before: OtherPayer) -> list[int]:
    """AMT*EAF of each line; one told for the whole claim goes to the lines in order, up to each one's charge."""
    whole = before.patient_liability_cents or 0
    left = []
    for line in claim.lines:
        told = [one.patient_liability_cents or 0 for one in line.adjudications if one.payer_id == before.payer_id]
        part = sum(told) if told else min(whole, line.charge_cents)
        whole -= 0 if told else part
        left.append(max(0, min(part, line.charge_cents)))
    return left


def _capped(line: LineResult, left: int) -> LineResult:
    paid = max(0, min(line.paid, left))
    return replace(line, elsewhere=line.charge - left, remaining=left - paid, allowed=left)

"""The other claims of a patient's day with the same plan: what the multiple-procedure reduction ranks together with a claim."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.claims.claim import GONE, Claim
from chalicelib.claims.expected import allowed_cents, day_of
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import find_claims
from chalicelib.intake.records import day_key, visits_of_day


def claims_beside(content: ClaimContent) -> tuple[ClaimContent, ...]:
    """From the records: one query, and the claims it names where there are others."""
    day = visits_of_day(day_key(content.patient_key, content.date_of_service))
    others = {claim_id for item in day for claim_id in item.claim_ids} - {content.claim_id}
    found = find_claims(others).values() if others else ()
    return tuple(
        one.claim.content for one in found if _live(one.claim) and day_of(one.claim.content) == day_of(content)
    )


def _live(claim: Claim) -> bool:
    return claim.status not in GONE and bool(claim.content.lines)


_Billed = frozenset[tuple[str, int]]


def _billed(content: ClaimContent) -> _Billed:
    """What makes it the same claim: one that a payer has keeps its id when its visits would give it another."""
    return frozenset((line.visit_id, line.visit_line) for line in content.lines)


class Days:
    """Claims at hand, by patient, day and plan; a later one takes the place of an earlier that bills the same lines."""

    def __init__(self, contents: Iterable[ClaimContent]) -> None:
        self._days: dict[tuple[object, ...], dict[_Billed, ClaimContent]] = {}
        for content in contents:
            self._days.setdefault(day_of(content), {})[_billed(content)] = content

    def beside(self, content: ClaimContent) -> tuple[ClaimContent, ...]:
        """The others of the claim's day."""
        day, mine = self._days.get(day_of(content), {}), _billed(content)
        return tuple(other for billed, other in day.items() if billed != mine) if len(day) > 1 else ()


def allowed_of(claim: Claim, days: Days) -> int | None:
    """Posted where the payer has decided, else as the fee schedule says for the claim's day; None where no rate is known."""
    decided = claim.adjudication
    if decided is None:
        return allowed_cents(claim.content, days.beside(claim.content))
    return decided.allowed_cents if decided.allowed_cents is not None else decided.paid_cents + decided.patient_cents

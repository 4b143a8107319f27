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


def same_claim(one: ClaimContent, other: ClaimContent) -> bool:
    """By id, or by what they bill: a claim with the payer keeps its id when its visits would give another, and its lines may be
    fewer once KX is left off them."""
    if one.claim_id == other.claim_id:
        return True
    mine, theirs = ({(line.visit_id, line.visit_line) for line in content.lines} for content in (one, other))
    return mine <= theirs or theirs <= mine


class Days:
    """Claims at hand, by patient, day and plan; a later one takes the place of an earlier that is the same claim."""

    def __init__(self, contents: Iterable[ClaimContent]) -> None:
        self._days: dict[tuple[object, ...], list[ClaimContent]] = {}
        for content in contents:
            day = self._days.setdefault(day_of(content), [])
            day[:] = [*(other for other in day if not same_claim(other, content)), content]

    def beside(self, content: ClaimContent) -> tuple[ClaimContent, ...]:
        """The others of the claim's day."""
        return tuple(other for other in self._days.get(day_of(content), ()) if not same_claim(other, content))


def allowed_of(claim: Claim, days: Days) -> int | None:
    """Posted where the payer has decided, else as the fee schedule says for the claim's day; None where no rate is known."""
    decided = claim.adjudication
    if decided is None:
        return allowed_cents(claim.content, days.beside(claim.content))
    return decided.allowed_cents if decided.allowed_cents is not None else decided.paid_cents + decided.patient_cents

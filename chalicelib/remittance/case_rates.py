"""Case rates: one price for all claims of a case, so one claim's answer is judged beside those of its case before it.

CASE#<id of patient, payer and case> / CLAIM#<id>   a claim of the case that has an answer; what it was is read from the claim

Up to the price a case may bring what was charged for it: whether a payer pays the price with the first claim or visit by visit
until it is reached, at no moment should it have allowed less than the lower of the two. What a claim's answer adds to such a
shortfall is told as its own. A contract that pays more than the charges is not claimed by this: nobody guesses it.
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib import store
from chalicelib.claims.claim import Claim
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import find_claims
from chalicelib.onboarding.model import Practice
from chalicelib.remittance.underpaid import allowed_cents, is_denied
from chalicelib.tenancy import current
from chalicelib.therapy.contracts import Basis, Contract
from chalicelib.x12 import ClaimPayment


def is_case(contract: Contract | None, content: ClaimContent) -> bool:
    """Whether a case rate prices this claim: the contract says so, and the visit file named its case."""
    return contract is not None and contract.basis is Basis.CASE and bool(content.case_id)


def _key(content: ClaimContent) -> str:
    cover = content.coverage
    return "CASE#" + current().make_id(
        "cas", content.patient_key, cover.payer_id, cover.line_of_business, content.case_id
    )


def remember(uow: store.UnitOfWork, content: ClaimContent) -> None:
    """Note, with the answer, that this claim of the case has one. Noted again it is the same."""
    uow.put(store.Record(_key(content), f"CLAIM#{content.claim_id}", "case_claim", {"claim_id": content.claim_id}))


def compare(
    payment: ClaimPayment, content: ClaimContent, contract: Contract, practice: Practice
) -> tuple[int, int] | None:
    """(expected, allowed) cents of this answer, expected being what it allowed and what it adds to the case's shortfall."""
    allowed = allowed_cents(payment)
    if allowed is None:
        return None
    charged = sum(line.charge_cents for line in payment.lines if not is_denied(line))
    before = [claim for claim in _answered(content) if _contract(practice, claim.content) == contract]
    charged_before = sum(_owed(claim) for claim in before)
    allowed_before = sum(claim.adjudication.allowed_cents or 0 for claim in before if claim.adjudication)
    price = contract.amount_cents
    added = _short(price, charged_before + charged, allowed_before + allowed) - _short(
        price, charged_before, allowed_before
    )
    return allowed + max(0, added), allowed


def _short(price_cents: int, charged_cents: int, allowed_so_far_cents: int) -> int:
    return max(0, min(price_cents, charged_cents) - allowed_so_far_cents)


def _answered(content: ClaimContent) -> Iterable[Claim]:
    """The other claims of the case with a standing answer of the payer."""
    found = [str(record.data["claim_id"]) for record in store.iter_query(_key(content), "CLAIM#")]
    others = find_claims(key for key in found if key != content.claim_id)
    return [stored.claim for stored in others.values() if stored.claim.adjudication is not None]


def _owed(claim: Claim) -> int:
    """What was charged and not denied: a denied amount is the denial queue's."""
    return claim.content.charge_cents - (claim.adjudication.denied_cents if claim.adjudication else 0)


def _contract(practice: Practice, content: ClaimContent) -> Contract | None:
    cover = content.coverage
    return practice.contract(cover.payer_id, cover.line_of_business, content.date_of_service)

"""Coverage that ended looking back: a newer answer says so of days a claim was already sent or paid for.

Unsent claims are held by the scrub when they are judged again. For the others a person decides, before the payer takes the money
back: the next coverage is billed, or the patient is told.
"""

from __future__ import annotations

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.claim import DECIDED, OUT, Claim
from chalicelib.coverage.records import find_checks
from chalicelib.coverage.service import checks_of
from chalicelib.coverage.standing import active_on
from chalicelib.documentation.records import notes_of
from chalicelib.intake.records import find_visits
from chalicelib.support.tasks import open_task


def review(patient_key: str) -> list[Claim]:
    """Sent or decided claims of the patient whose day the newest answer calls uncovered; each gets one task, once."""
    checks = find_checks(patient_key)
    if not any(check.benefits.active == "no" or check.benefits.rows for check in checks):
        return []
    visits = find_visits(note.visit_key for note in notes_of(patient_key))
    claims = records.find_claims({claim_id for item in visits.values() for claim_id in item.claim_ids})
    found = [stored.claim for stored in claims.values() if stored.claim.status in OUT | DECIDED]
    ended = [
        claim
        for claim in found
        if active_on(checks_of(patient_key, claim.content.coverage, checks), claim.content.date_of_service) is False
    ]
    for claim in ended:
        _tell(claim)
    return ended


def _tell(claim: Claim) -> None:
    scope = "retroactive_termination"
    if store.was_done(scope, claim.claim_id):
        return
    words = f"{claim.content.payer_name} now says the coverage was not active on the day of a claim that was sent"
    with store.unit_of_work() as uow:
        uow.once(scope, claim.claim_id)
        open_task(
            uow, scope, claim.claim_id, words, amount_cents=claim.content.charge_cents, natural_key=claim.claim_id
        )
        uow.audit("coverage.ended", f"CLM#{claim.claim_id}", ("coverage",))
        uow.commit()

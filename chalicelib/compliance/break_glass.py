"""Break-glass: a member of staff who is not assigned to a practice looks into it in an emergency, for an hour, on record.

45 CFR 164.312(a)(2)(ii). It opens reading only, every look is marked `emergency` in the audit trail, a banner says so on
every page, and a review task waits in the practice that the one who broke the glass cannot close.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib import clock, store
from chalicelib.platform.errors import Conflict, Forbidden, Misuse
from chalicelib.store import directory, identity
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import Principal, enter

LIFETIME = timedelta(minutes=60)
# A list, not free text: a reason in somebody's own words may name a patient.
REASONS = {
    "payer_deadline": "a payer's deadline would be missed",
    "outage": "everybody assigned is out of reach",
    "patient_request": "a patient needs an answer now",
    "legal_request": "a court or authority asks",
    "security_incident": "an incident is being investigated",
}


def break_glass(principal: Principal, tenant_ref: str, reason: str) -> datetime:
    """Open a practice for reading for an hour; returns when it closes again. Forbidden for anybody but staff."""
    if reason not in REASONS:
        raise Misuse("GLASS_REASON", "a reason from the list is needed", fix=", ".join(REASONS))
    if principal.kind != "staff":
        raise Forbidden("STAFF_ONLY", "only the billing company's staff can break the glass")
    tenant = directory.find_tenant(tenant_ref)
    if principal.is_assigned(tenant.tenant_id):
        raise Conflict("ALREADY_ASSIGNED", "the practice is open to you without it", where=tenant.tenant_id)
    until = clock.now() + LIFETIME
    # Record and review first: a crash in between leaves a review of nothing, never an opening without a review.
    opened = principal.model_copy(update={"glass": principal.glass | {tenant.tenant_id}})
    with enter(opened, tenant.tenant_id, "access.break_glass", directory.directory()), store.unit_of_work() as uow:
        words = (
            f"{REASONS[reason].capitalize()}: somebody not assigned here could read until {until:%H:%M} UTC. Review it."
        )
        open_task(uow, "break_glass_review", principal.user_id, words, natural_key=clock.instant_text(until))
        uow.audit("access.glass_broken", f"USR#{principal.user_id}", (reason,))
        uow.commit()
    identity.break_glass(principal.user_id, tenant.tenant_id, until)
    return until

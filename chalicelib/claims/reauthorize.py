"""Authorizations that run out: one task for each, with the packet a payer wants for a renewal and what of it is on record."""

from __future__ import annotations

from datetime import timedelta

from chalicelib import clock, store
from chalicelib.claims.authorized import AuthorizationView, view
from chalicelib.coverage import authorization_records as records
from chalicelib.coverage.authorization import APPROVED, Authorization
from chalicelib.documentation.model import Chart
from chalicelib.documentation.records import notes_of
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current

RECENT_DAYS = 30  # ours: payers want a progress report that is not older


def warn() -> list[AuthorizationView]:
    """Open a task for every approved authorization with a warning (80 % used, 14 days left, schedule beyond it), once each."""
    found = []
    for state in sorted(APPROVED):
        for authorization in list(records.with_state(state)):
            seen = view(authorization)
            ended = authorization.end is not None and authorization.end < clock.today(current().tenant.timezone)
            if not ended and any(look.warnings for look in seen.outlook) and _tell(authorization):
                found.append(seen)
    return found


def _tell(authorization: Authorization) -> bool:
    scope = "reauthorization"
    if store.was_done(scope, authorization.auth_id):
        return False
    have, missing = packet(authorization)
    words = "Authorization runs out: ask for more."
    words += f" On record: {', '.join(have)}." if have else ""
    words += f" To get: {', '.join(missing)}." if missing else ""
    with store.unit_of_work() as uow:
        uow.once(scope, authorization.auth_id)
        subject = f"PAT#{authorization.patient_key}"
        open_task(uow, scope, subject, words, natural_key=authorization.auth_id)
        uow.audit("authorization.warned", subject, ("authorization",))
        uow.commit()
    return True


def packet(authorization: Authorization) -> tuple[list[str], list[str]]:
    """(what is on record, what is to be got) of a renewal: progress report, plan of care in force, measures.

    Standardized measures are in the practice's own notes and never here, so they are always to be got.
    """
    today = clock.today(current().tenant.timezone)
    chart = Chart(notes=tuple(notes_of(authorization.patient_key)))
    recent = [day for day in chart.progress_reports if today - timedelta(days=RECENT_DAYS) <= day <= today]
    plans = [plan for plan in chart.plans if plan.end is None or plan.end >= today]
    there = (("progress report", bool(recent)), ("plan of care", bool(plans)), ("measures", False))
    return [name for name, has in there if has], [name for name, has in there if not has]

"""Coverage in the background: checks in batch, coverage that ended looking back, authorizations that run out."""

from __future__ import annotations

from chalicelib.claims.reauthorize import warn
from chalicelib.claims.retroactive import review
from chalicelib.clock import today
from chalicelib.coverage.batch import Mode, run_batch
from chalicelib.exchange import realtime
from chalicelib.intake.schedule import on_day
from chalicelib.onboarding.apply import current_practice
from chalicelib.tenancy import current


def eligibility(mode: Mode) -> dict[str, int]:
    """One batch in the current practice. NO_REALTIME_DOOR where its trading partner has none: then nothing is asked."""
    result = run_batch(realtime.door(current_practice().billing.trading_partner), mode)
    return {name: count for name, count in result.as_dict().items() if count}


def ended() -> dict[str, int]:
    """Sent claims of today's patients whose day the newest answer calls uncovered."""
    patients = {item.patient_key for item in on_day(today(current().tenant.timezone))}
    return {"ended": sum(len(review(key)) for key in sorted(patients))}


def authorizations() -> dict[str, int]:
    return {"warned": len(warn())}

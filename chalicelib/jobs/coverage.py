"""Coverage in the background: checks in batch, coverage that ended looking back, authorizations that run out."""

from __future__ import annotations

from chalicelib.claims.reauthorize import warn
from chalicelib.claims.retroactive import review
from chalicelib.clock import today
from chalicelib.coverage.batch import Mode, people, run_batch
from chalicelib.exchange import realtime
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import OtbillError
from chalicelib.tenancy import current


def mode_of_the_day() -> Mode:
    """On 1 January benefits start over; on the first of a month coverage may have ended with the last."""
    day = today(current().tenant.timezone)
    return "nightly" if day.day != 1 else "new_year" if day.month == 1 else "monthly"


def eligibility(mode: Mode) -> dict[str, int]:
    """One batch in the current practice; where its trading partner has no real-time door nothing is asked, and that is told."""
    try:
        door = realtime.door(current_practice().billing.trading_partner)
    except OtbillError as error:
        if error.code != "NO_REALTIME_DOOR":
            raise
        return {"no_door": 1}
    result = run_batch(door, mode)
    return {name: count for name, count in result.as_dict().items() if count}


def ended() -> dict[str, int]:
    """Sent claims whose day the newest answer calls uncovered, of everybody this night's batch looks at."""
    patients = people(mode_of_the_day(), today(current().tenant.timezone))
    return {"ended": sum(len(review(key)) for key in sorted(patients))}


def authorizations() -> dict[str, int]:
    return {"warned": len(warn())}

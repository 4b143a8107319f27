"""How fast denials are worked: counted from the denials themselves, for the standing of a practice and of a billing team.

The yardstick is a contract's (athenahealth: 95 % examined and acted on within 10 business days of the denial). Federal
holidays are no business days (`codes/holidays.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from chalicelib.codes.holidays import business_days
from chalicelib.denials.model import Denial
from chalicelib.money import Cents
from chalicelib.platform.model import Model

WITHIN_BUSINESS_DAYS = 10
WINDOW_DAYS = 90


class Measures(Model):
    """Denials decided within the window. A denial counts as due once its ten business days are over, touched or not."""

    denials: int = 0
    due: int = 0
    in_time: int = 0
    untouched_late: int = 0
    open_cents: Cents = 0
    oldest_days: int = 0
    resolved: int = 0
    denied_cents: Cents = 0
    recovered_cents: Cents = 0

    @property
    def in_time_percent(self) -> int | None:
        return self.in_time * 100 // self.due if self.due else None


def measure(denials: Iterable[Denial], today: date) -> Measures:
    """Counts over the denials of the last 90 days, and everything still open."""
    found = list(denials)
    recent = [item for item in found if (today - item.decided_on).days <= WINDOW_DAYS]
    due = [item for item in recent if _touched(item) or _limit(item) < today]
    in_time = [item for item in due if _touched(item) and _touched_on(item) <= _limit(item)]
    still = [item for item in found if item.state != "resolved"]
    return Measures(
        denials=len(recent),
        due=len(due),
        in_time=len(in_time),
        untouched_late=sum(1 for item in still if not _touched(item) and _limit(item) < today),
        open_cents=sum(item.amount_cents for item in still),
        oldest_days=max(((today - item.decided_on).days for item in still), default=0),
        resolved=sum(1 for item in recent if item.state == "resolved"),
        denied_cents=sum(item.amount_cents for item in recent),
        recovered_cents=sum(item.recovered_cents for item in recent),
    )


def _limit(item: Denial) -> date:
    return business_days(item.decided_on, WITHIN_BUSINESS_DAYS)


def _touched(item: Denial) -> bool:
    return bool(item.first_touched_at)


def _touched_on(item: Denial) -> date:
    return datetime.fromisoformat(item.first_touched_at.replace("Z", "+00:00")).date()

"""The one clock. Instants are UTC; service dates are plain dates; deadlines use the practice's own zone."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, UTC. `OTBILL_NOW` (ISO date or instant) freezes it: the demo and the tests run on a fixed day."""
    frozen = os.environ.get("OTBILL_NOW")
    if not frozen:
        return datetime.now(UTC)
    instant = datetime.fromisoformat(frozen)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def today(zone: str = "UTC") -> date:
    """The calendar day in an IANA zone."""
    frozen = os.environ.get("OTBILL_NOW", "")
    if len(frozen) == 10:  # a frozen day is that day everywhere
        return date.fromisoformat(frozen)
    return now().astimezone(ZoneInfo(zone)).date()


def instant_text(instant: datetime) -> str:
    """An instant as stored and shown to machines: '2026-09-30T14:05:09Z'."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

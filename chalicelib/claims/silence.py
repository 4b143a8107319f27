"""Payers that do not answer: claims sent and silent too long, a task by payer and age, and the next day to ask.

30 days without an answer begin it (a setting of ours; no rule prescribes it), then 45, 60, 90 and every 30 days after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from chalicelib import clock, store
from chalicelib.claims import records
from chalicelib.claims.claim import OUT
from chalicelib.claims.model import Status
from chalicelib.claims.records import StoredClaim
from chalicelib.platform.errors import AlreadyDone, Conflict
from chalicelib.platform.model import Model
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current

AGES = (30, 45, 60, 90)
STEP_AFTER_DAYS = 30


class Silence(Model):
    """Claims of one payer that have waited at least `age_days`."""

    payer_id: str
    payer_name: str
    age_days: int
    claim_ids: tuple[str, ...]
    charge_cents: int


def age_of(days: int) -> int:
    """The age a claim counts under: 30, 45, 60, 90, 120, …"""
    if days >= AGES[-1]:
        return days - (days - AGES[-1]) % STEP_AFTER_DAYS
    return max((age for age in AGES if age <= days), default=AGES[0])


def next_age(age: int) -> int:
    return next((item for item in AGES if item > age), age + STEP_AFTER_DAYS)


def sweep() -> list[Silence]:
    """Mark every claim whose time to answer is over, and open one task for each payer and age. Again today does nothing."""
    today = clock.today(current().tenant.timezone)
    due = sorted(_due(today), key=lambda item: _key(item, today))
    found = []
    for (payer_id, age), group in groupby(due, key=lambda item: _key(item, today)):
        claims = list(group)
        silence = Silence(
            payer_id=payer_id,
            payer_name=claims[0].claim.content.payer_name,
            age_days=age,
            claim_ids=tuple(item.claim.claim_id for item in claims),
            charge_cents=sum(item.claim.content.charge_cents for item in claims),
        )
        _tell(silence, today)
        _mark(claims, age, today)
        found.append(silence)
    return found


def _due(today: date) -> Iterator[StoredClaim]:
    for status in sorted(OUT | {Status.REVERSED}):
        yield from (item for item in records.claims_due(status, today) if item.claim.latest)
    # A claim the payer passed on itself, and the next payer sent no remittance for: it may be billed now.
    yield from (item for item in records.claims_due(Status.SECONDARY_DUE, today) if item.claim.crossed_over)


def _key(item: StoredClaim, today: date) -> tuple[str, int]:
    return item.claim.content.coverage.payer_id, age_of((today - _sent_on(item)).days)


def _sent_on(item: StoredClaim) -> date:
    latest = item.claim.latest
    if latest is None or not latest.at:
        return item.claim.content.date_of_service
    return datetime.fromisoformat(latest.at.replace("Z", "+00:00")).date()


def _tell(silence: Silence, today: date) -> None:
    """The task comes before the marks: a crash between them leaves the claims to be found again."""
    count = len(silence.claim_ids)
    words = f"{silence.payer_name} has not answered {count} claim{'s' if count > 1 else ''} for {silence.age_days} days or more"
    key = f"{silence.payer_id}#{silence.age_days}#{today}"
    try:
        with store.unit_of_work() as uow:
            uow.once("no_response", key)
            subject = f"PAYER#{silence.payer_id}"
            open_task(uow, "no_response", subject, words, amount_cents=silence.charge_cents, natural_key=key)
            uow.audit("payer.silent", subject, ("claims",))
            uow.commit()
    except AlreadyDone:
        return


def _mark(claims: Sequence[StoredClaim], age: int, today: date) -> None:
    for item in claims:
        again_on = max(_sent_on(item) + timedelta(days=next_age(age)), today + timedelta(days=1))
        words = f"No answer for {(today - _sent_on(item)).days} days: ask the payer"
        try:
            with store.unit_of_work() as uow:
                records.write_events(uow, item, [("silent", "us", words, {"deadline": again_on.isoformat()})])
                uow.audit("claim.silent", f"CLM#{item.claim.claim_id}", ("deadline",))
                uow.commit()
        except Conflict:
            continue  # it was answered just now

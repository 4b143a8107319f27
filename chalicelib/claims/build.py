"""Visits to claims: draft, scrub, and keep unsent claims true to their visits.

A claim, its events, its charge and the mark on its visits are one transaction: a crash between claims leaves whole claims,
and building again goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter

from chalicelib.claims import authorized, kx, records
from chalicelib.claims.drafting import Draft, draft_day
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import Status
from chalicelib.claims.records import StoredClaim
from chalicelib.claims.rule_book import current_book
from chalicelib.claims.settling import Outcome, Run, ask_correction, is_sent, judged, live, sent_with, withdraw
from chalicelib.claims.surroundings import year_use
from chalicelib.documentation.service import keep as keep_notes
from chalicelib.intake.records import (
    StoredVisit,
    day_key,
    find_visits,
    patient_key,
    visit_key,
    visits_of_day,
    waiting_visits,
)
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.collecting import seldom_collected
from chalicelib.platform.errors import Conflict, Refused
from chalicelib.tenancy import require

Progress = Callable[[int], None]
_VISITS_AT_ONCE = 200
_DAYS_AT_ONCE = 50


def build_claims(visit_keys: Iterable[str] | None = None, progress: Progress | None = None) -> list[Outcome]:
    """Build or amend the claims of every visit that waits, or of the given visits (our ids) only."""
    if visit_keys is None:  # of given visits it is part of the import that changed them
        require("claims.build")
    run = Run(current_practice(), current_book())
    with seldom_collected():
        return _build(waiting_visits() if visit_keys is None else find_visits(visit_keys).values(), run, progress)


def _build(visits: Iterable[StoredVisit], run: Run, progress: Progress | None) -> list[Outcome]:
    outcomes, days = _waiting(visits)
    done = 0
    for part in _parts(days):
        outcomes += _settle_days(part, run)
        done += len(part)
        if progress:
            progress(done)
    return outcomes


def _waiting(visits: Iterable[StoredVisit]) -> tuple[list[Outcome], list[str]]:
    """Keep the notes of these visits; what is said of the unreadable ones, and the keys of the days to settle, oldest first.

    Visits come in parts and go again: of a run over thousands only the keys of their days are held.
    """
    unreadable: list[StoredVisit] = []
    ordered: dict[str, tuple[str, str]] = {}  # day to its earliest visit, by date of service and number
    rest = iter(visits)
    while part := list(islice(rest, _VISITS_AT_ONCE)):
        keep_notes(part)
        unreadable += [item for item in part if item.visit is None]
        for key, order in _days([*_siblings(part), *part]):
            ordered[key] = min(order, ordered.get(key, order))
    outcomes = [_unreadable(item) for item in sorted(unreadable, key=_by_id)]
    return outcomes, sorted(ordered, key=ordered.__getitem__)


def rescrub(claim_ids: Iterable[str] | None = None) -> list[Outcome]:
    """Judge unsent claims again as of today: dates pass, enrolments start, the practice file changes."""
    require("claims.scrub")
    return settle_again(claim_ids)


def settle_again(claim_ids: Iterable[str] | None = None) -> list[Outcome]:
    """`rescrub` as part of what changed something about these claims: its own permission was asked."""
    run = Run(current_practice(), current_book())
    stored = records.find_claims(claim_ids).values() if claim_ids is not None else _unsent()
    keys = {(item.claim.content.patient_key, item.claim.content.date_of_service) for item in stored}
    days = [day_key(patient, on) for patient, on in sorted(keys)]
    return [outcome for part in _parts(days) for outcome in _settle_days(part, run)]


def _unsent() -> Iterator[StoredClaim]:
    for status in (Status.HELD, Status.READY):
        yield from records.claims_with_status(status)


def _siblings(waiting: Iterable[StoredVisit]) -> list[StoredVisit]:
    """Visits that shared a claim with a waiting one: a visit that moves to another day must not take them along."""
    claims = records.find_claims(claim_id for item in waiting for claim_id in item.claim_ids)
    mates = {visit_key(visit_id) for stored in claims.values() for visit_id in stored.claim.content.visit_ids}
    return list(find_visits(mates - {item.key for item in waiting}).values()) if mates else []


def fresh_draft(claim: Claim, practice: Practice) -> tuple[Draft, list[StoredVisit]]:
    """What the claim would say if it were built today from its visits, under its own id, and the visits of that day.

    Refused VISITS_GONE when none of its visits can be billed, VISITS_SPLIT when they make several claims now.
    """
    visits = list(find_visits(visit_key(visit_id) for visit_id in claim.content.visit_ids).values())
    own = set(claim.content.visit_ids)
    found = []
    for key, _ in sorted(_days(visits), key=itemgetter(1)):
        day = visits_of_day(key)
        found += [
            (draft, day) for draft in authorized.fill(draft_day(day, practice)) if own & set(draft.content.visit_ids)
        ]
    if not found:
        raise Refused("VISITS_GONE", "none of its visits can be billed any more", fix="void the claim")
    if len(found) > 1:
        raise Refused("VISITS_SPLIT", "its visits make several claims now", fix="void it, then build claims anew")
    draft, day = found[0]
    own_id = replace(draft, content=draft.content.model_copy(update={"claim_id": claim.claim_id}))
    return kx.settled(own_id, year_use(own_id), kx.Day(day, practice)), day


def _by_id(item: StoredVisit) -> str:
    return item.visit_id


def _unreadable(item: StoredVisit) -> Outcome:
    return Outcome(claim_id=None, visit_ids=(item.visit_id,), status="held", reasons=("VISIT_INCOMPLETE",))


def _days(visits: Iterable[StoredVisit]) -> Iterator[tuple[str, tuple[str, str]]]:
    """The days these visits are on, each with the earliest of its visits: (date of service, number)."""
    found: dict[str, tuple[str, str]] = {}
    for item in visits:
        if item.visit:
            key = day_key(patient_key(item.visit.patient_id), item.visit.date_of_service)
            order = (str(item.date_of_service), item.visit_id)
            found[key] = min(order, found.get(key, order))
    yield from found.items()


def _parts(days: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(days), _DAYS_AT_ONCE):
        yield days[start : start + _DAYS_AT_ONCE]


def _settle_days(days: Sequence[str], run: Run) -> list[Outcome]:
    """Settle days one after the other; their claims are read together, but those of two of these days when they are needed."""
    drafted = [(day, draft_day(day, run.practice, run.book)) for day in map(visits_of_day, days)]
    wanted = [_claim_ids(day, drafts) for day, drafts in drafted]
    times = Counter(claim_id for ids in wanted for claim_id in ids)
    read = records.find_claims(claim_id for claim_id, count in times.items() if count == 1)
    outcomes: list[Outcome] = []
    for key, (day, drafts), ids in zip(days, drafted, wanted, strict=True):
        known = {claim_id: read[claim_id] for claim_id in ids if claim_id in read}
        shared = [claim_id for claim_id in ids if times[claim_id] > 1]
        try:
            known |= records.find_claims(shared) if shared else {}
            outcomes += _settle_day(day, authorized.fill(drafts), known, run)
        except Conflict:  # somebody changed this day since it was read; what is settled of it already stays so
            outcomes += _settle_afresh(key, run)
    return outcomes


def _settle_afresh(key: str, run: Run) -> list[Outcome]:
    day = visits_of_day(key)
    drafts = draft_day(day, run.practice, run.book)
    return _settle_day(day, authorized.fill(drafts), records.find_claims(_claim_ids(day, drafts)), run)


def _claim_ids(day: Sequence[StoredVisit], drafts: Sequence[Draft]) -> list[str]:
    """The claims of a day: those it would make, and those its visits are in."""
    made = [draft.content.claim_id for draft in drafts]
    return list(dict.fromkeys([*made, *(claim_id for item in day for claim_id in item.claim_ids)]))


def _settle_day(
    day: Sequence[StoredVisit], drafts: Sequence[Draft], known: Mapping[str, StoredClaim], run: Run
) -> list[Outcome]:
    last = {key: n for n, draft in enumerate(drafts) for key in draft.visit_keys}
    claims_of = {item.key: tuple(d.content.claim_id for d in drafts if item.key in d.visit_keys) for item in day}
    outcomes = []
    own = {draft.content.claim_id for draft in drafts}
    drafted: set[str] = set()
    for n, draft in enumerate(drafts):
        done = [item for item in day if last.get(item.key) == n]
        sent = sent_with(draft, known, own)
        if sent is not None and sent.claim.amendable:  # its correction is not with the payer yet: it follows the visits
            draft = replace(draft, content=draft.content.model_copy(update={"claim_id": sent.claim.claim_id}))
        kept = {item.key: (sent.claim.claim_id,) if sent else claims_of[item.key] for item in done}
        marks = [item.model_copy(update={"claim_ids": kept[item.key], "state": "built"}) for item in done]
        changed = [mark for mark, item in zip(marks, done, strict=True) if mark != item]
        drafted.add(draft.content.claim_id)
        if sent and not sent.claim.amendable:
            outcomes.append(ask_correction(draft, sent, changed))
        else:
            stored = known.get(draft.content.claim_id)
            outcomes.append(judged(draft, drafts, day, run, stored, changed))
    left = [stored for claim_id, stored in known.items() if claim_id not in drafted]
    here = {
        item.visit_id for item in day
    }  # a claim that no longer bills a visit of this day is not this day's to withdraw
    idle = [stored for stored in left if here & set(stored.claim.content.visit_ids)]
    outcomes += [withdraw(stored) for stored in idle if live(stored) and not is_sent(stored)]
    return outcomes

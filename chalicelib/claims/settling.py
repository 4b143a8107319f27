"""One claim brought in line with its draft: judged, settled in one transaction, or, once sent, a correction asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from chalicelib import store
from chalicelib.claims import kx, records
from chalicelib.claims.biller_rules import without_rules
from chalicelib.claims.charges import post_charge
from chalicelib.claims.claim import GONE, WAITING, CoverageCheck
from chalicelib.claims.drafting import Draft
from chalicelib.claims.judging import coverage_check, drafted_event, judge, scrub_words, scrubbed_event, stale_days
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import ClaimContent, Status
from chalicelib.claims.records import StoredClaim
from chalicelib.claims.rule_book import RuleBook
from chalicelib.claims.surroundings import look_around
from chalicelib.intake.records import (
    StoredVisit,
    visit_record,
)
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import Conflict
from chalicelib.platform.model import Model
from chalicelib.store.transaction import backoff
from chalicelib.support.tasks import open_task
from chalicelib.therapy.model import Finding

AUTHORIZATION_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class Run:
    """What holds for every claim of a run: the practice file and the biller's rules, read once."""

    practice: Practice
    book: RuleBook


class Outcome(Model):
    """What building did with one claim, or with a visit that no claim can be made of (claim_id None)."""

    claim_id: str | None
    visit_ids: tuple[str, ...]
    status: str
    reasons: tuple[str, ...] = ()
    change: str = "unchanged"  # drafted, amended, scrubbed, correction, withdrawn, unchanged


def judged(
    draft: Draft,
    drafts: Sequence[Draft],
    day: Sequence[StoredVisit],
    run: Run,
    stored: StoredClaim | None,
    marks: Sequence[StoredVisit],
) -> Outcome:
    """Judge a draft and settle its claim; again when other claims used its authorization meanwhile."""
    for attempt in range(AUTHORIZATION_ATTEMPTS):
        backoff(attempt)
        around = look_around(draft, drafts, run.book, stale_days(draft, run.practice))
        said = kx.settled(draft, around.use, kx.Day(day, run.practice, run.book))
        findings = judge(said, day, run.practice, around)
        try:
            return _settle(said, findings, coverage_check(around.standing), stored, marks)
        except Conflict as conflict:
            if not conflict.where.startswith("AUT#") or attempt == AUTHORIZATION_ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


def sent_with(draft: Draft, known: Mapping[str, StoredClaim], drafts: Set[str]) -> StoredClaim | None:
    """A claim some payer has that bills a visit of this draft: a second claim would bill the visit twice.

    Parts of a split claim share their visits, so a draft asks its own claim first, and never another draft's.
    """
    own = known.get(draft.content.claim_id)
    if own is not None and is_sent(own):
        return own
    visits = set(draft.content.visit_ids)
    others = (item for claim_id, item in known.items() if claim_id not in drafts)
    return next((item for item in others if is_sent(item) and visits & set(item.claim.content.visit_ids)), None)


def is_sent(stored: StoredClaim) -> bool:
    """Sent, or given up unsent: either way no second claim may bill its visits."""
    return stored.claim.with_payer or stored.claim.status not in WAITING | GONE


def live(stored: StoredClaim) -> bool:
    return stored.claim.status not in GONE


def _settle(
    draft: Draft,
    findings: tuple[Finding, ...],
    relied_on: CoverageCheck | None,
    stored: StoredClaim | None,
    marks: Sequence[StoredVisit],
) -> Outcome:
    """Bring one claim in line with its draft, in one transaction with the marks on its visits."""
    same = stored is not None and stored.claim.content == draft.content
    if same and stored is not None and stored.claim.status is not Status.WITHDRAWN:
        # A rejected or voided claim goes out again because something changed or a person says so, never by itself.
        unchanged = (stored.claim.findings, stored.claim.coverage_check) == (findings, relied_on)
        if unchanged or stored.claim.status in (Status.REJECTED, Status.VOIDED):
            return _mark_only(stored.claim, marks)
        kind = "scrubbed"
    else:
        kind = "drafted" if stored is None else "amended"
    events: list[tuple[str, str, str, dict[str, Any]]] = []
    if kind != "scrubbed":
        events.append((kind, "us", _draft_words(draft.content, kind), drafted_event(draft)))
    checked = scrubbed_event(findings, draft.content, draft.plan, relied_on)
    events.append(("scrubbed", "us", scrub_words(findings), checked))
    with store.unit_of_work() as uow:
        claim = records.write_events(uow, stored, events)
        before = stored.claim.content.charge_cents if stored and live(stored) else 0
        post_charge(uow, claim.claim_id, before, draft.content.charge_cents, claim.sequence, new=stored is None)
        _mark(uow, marks)
        uow.audit(f"claim.{kind}", f"CLM#{claim.claim_id}", ("content", "findings"))
        uow.commit()
    return outcome(claim, kind)


def _draft_words(content: ClaimContent, kind: str) -> str:
    verb = "Built from" if kind == "drafted" else "Amended after a change of"
    return (
        f"{verb} {len(content.visit_ids)} visit{'s' if len(content.visit_ids) > 1 else ''}, {len(content.lines)} lines"
    )


def outcome(claim: Claim, change: str) -> Outcome:
    codes = tuple(dict.fromkeys(finding.code for finding in claim.findings if finding.severity == "error"))
    visits = claim.content.visit_ids
    return Outcome(claim_id=claim.claim_id, visit_ids=visits, status=claim.status, reasons=codes, change=change)


def _mark(uow: store.UnitOfWork, marks: Sequence[StoredVisit]) -> None:
    for item in marks:
        uow.replace(visit_record(item))


def _mark_only(claim: Claim, marks: Sequence[StoredVisit]) -> Outcome:
    if marks:
        with store.unit_of_work() as uow:
            _mark(uow, marks)
            uow.commit()
    return outcome(claim, "unchanged")


def ask_correction(draft: Draft, stored: StoredClaim, marks: Sequence[StoredVisit]) -> Outcome:
    """A sent claim is never changed: a person decides on a corrected claim, told of every change once."""
    # A new rule of the biller is no news from the practice.
    told = draft.content
    if not draft.authorization_told:  # nor is an authorization that is on record since, or no more
        told = told.model_copy(update={"authorization_number": stored.claim.content.authorization_number})
    same = _of_visits(stored.claim.content) == _of_visits(told)
    change = _change(told)
    if same or (stored.claim.correction_open and stored.claim.told_change == change):
        bad = any(item.rejected for item in marks)
        return _tell_bad_rows(stored, marks) if bad else _mark_only(stored.claim, marks)
    again = "again " if stored.claim.correction_open else ""
    words = f"The practice changed the visit {again}after the claim was sent; a correction is to be decided"
    with store.unit_of_work() as uow:
        data = {**drafted_event(draft, proven=False), "change": change}  # not the claim's content yet
        claim = records.write_events(uow, stored, [("correction_needed", "us", words, data)])
        key = f"{claim.claim_id}#{claim.sequence}"
        open_task(uow, "correction", claim.claim_id, words, amount_cents=claim.content.charge_cents, natural_key=key)
        _mark(uow, marks)
        uow.audit("claim.correction_needed", f"CLM#{claim.claim_id}", ("content",))
        uow.commit()
    return outcome(claim, "correction")


def _of_visits(content: ClaimContent) -> ClaimContent:
    """The claim as its visits alone make it: without the biller's rules, and whatever the year's amounts said of KX."""
    return kx.without(without_rules(content))


def _tell_bad_rows(stored: StoredClaim, marks: Sequence[StoredVisit]) -> Outcome:
    """Rows of a sent visit came again and could not be read: what was sent stands, and a person is told, once per such rows."""
    rows = sorted((item.key, row.line_number or 0, row.column, row.code) for item in marks for row in item.rejected)
    key = f"{stored.claim.claim_id}#{sha256(repr(rows).encode()).hexdigest()[:16]}"
    if store.was_done("bad_rows", key):
        return _mark_only(stored.claim, marks)
    said = ", ".join(f"line {number or '?'} {column}: {code}" for _, number, column, code in rows)
    words = f"The practice sent rows of a visit already billed that cannot be read ({said}); the claim stands as sent"
    with store.unit_of_work() as uow:
        uow.once("bad_rows", key)
        claim = records.write_events(uow, stored, [("noted", "us", words, {})])
        amount = claim.content.charge_cents
        open_task(uow, "bad_rows", claim.claim_id, words, amount_cents=amount, owner="practice", natural_key=key)
        _mark(uow, marks)
        uow.audit("claim.bad_rows", f"CLM#{claim.claim_id}", ("visit",))
        uow.commit()
    return outcome(claim, "unchanged")


def _change(content: ClaimContent) -> str:
    """Names what a person was told, so that the same news is told once."""
    return sha256(without_rules(content).model_dump_json().encode()).hexdigest()[:16]


def withdraw(stored: StoredClaim) -> Outcome:
    """An unsent claim that its visits no longer make."""
    claim = stored.claim
    with store.unit_of_work() as uow:
        after = records.write_events(
            uow, stored, [("withdrawn", "us", "Withdrawn: its visits belong to another claim now", {})]
        )
        post_charge(uow, claim.claim_id, claim.content.charge_cents, 0, after.sequence)
        uow.audit("claim.withdrawn", f"CLM#{claim.claim_id}", ("status",))
        uow.commit()
    return outcome(after, "withdrawn")

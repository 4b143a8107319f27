"""Ways back: correct, void, resubmit, and dropping either before it is sent. Which way is the payer's, not ours.

corrected (7)   replaces the whole claim at the payer, so it carries every line; names the payer's control number (REF*F8)
void (8)        takes the whole claim back; the charge follows when the payer confirms (ADR 0008)
resubmitted (1) a claim turned away at the door was never taken in, so it goes as new; so does a voided one
lines (1)       only lines refused as unprocessable (MA130) go again as a new claim: they have no appeal and no correction
Medicare Part B takes neither 7 nor 8: a decided claim is reopened by the contractor (Claims Processing Manual ch.34 s.10),
    one refused as unprocessable goes again as new (ch.1 s.80.3.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chalicelib import clock, store
from chalicelib.claims import records
from chalicelib.claims.build import fresh_draft
from chalicelib.claims.charges import post_charge
from chalicelib.claims.claim import DECIDED
from chalicelib.claims.drafting import Draft
from chalicelib.claims.edi import MEDICARE_B, filing_indicator
from chalicelib.claims.graph import permit
from chalicelib.claims.judging import around_of, coverage_check, drafted_event, judge, scrub_words, scrubbed_event
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import StoredClaim
from chalicelib.claims.secondary import open_secondary
from chalicelib.claims.sending import answered_level
from chalicelib.intake.records import StoredVisit
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import Refused
from chalicelib.store import journal
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current, require

UNPROCESSABLE = "MA130"
REOPENING_FOLLOW_UP_DAYS = 14  # ours: when to ask the contractor again
Event = tuple[str, str, str, dict[str, Any]]


def correct(claim_id: str, *, reason: str = "", drop_lines: bool = False) -> Claim:
    """Open the correction of a claim a payer has, from its visits as they are now, and check it.

    Refused NOTHING_TO_CORRECT, NO_PAYER_NUMBER, LINES_WOULD_GO (a 7 without a line deletes it at the payer; `drop_lines` says
    that is meant), VISITS_GONE, VISITS_SPLIT, NotNow. Returns the claim: ready, held, or with a reopening asked for.
    """
    require("claims.correct")
    stored = records.get_claim(claim_id)
    claim = stored.claim
    medicare = _is_part_b(claim.content)
    permit(claim, "reopening_asked" if medicare and claim.status in DECIDED else "correction_opened")
    practice = current_practice()
    draft, day = fresh_draft(claim, practice)
    refused_lines = _unprocessable_lines(claim)
    if draft.content == claim.content and not refused_lines:
        raise Refused(
            "NOTHING_TO_CORRECT",
            "the claim already says what its visits say",
            fix="change the visit (import it again) or the practice file first",
        )
    if refused_lines:
        return _open(stored, draft, day, _lines_again(draft.content, refused_lines), reason)
    if medicare:
        return _ask_reopening(stored, draft, reason)
    if not drop_lines:
        _keep_lines(claim.content, draft.content)
    return _open(stored, draft, day, _with_number(claim, "corrected", "7"), reason)


def _is_part_b(content: ClaimContent) -> bool:
    return filing_indicator(content.coverage, content) == MEDICARE_B


def _with_number(claim: Claim, kind: str, frequency: str) -> dict[str, Any]:
    if not claim.payer_control_number:
        raise Refused(
            "NO_PAYER_NUMBER",
            "the payer has not told its control number yet, and a correction has to name it",
            fix="wait for its 277CA or remittance",
        )
    return {"kind": kind, "frequency": frequency, "original_reference": claim.payer_control_number}


def _keep_lines(before: ClaimContent, after: ClaimContent) -> None:
    gone = Counter(line.cpt for line in before.lines) - Counter(line.cpt for line in after.lines)
    if gone and len(after.lines) < len(before.lines):
        raise Refused(
            "LINES_WOULD_GO",
            f"the correction lacks {len(before.lines) - len(after.lines)} line(s), and the payer would delete them",
            where=" ".join(sorted(gone)),
            fix="bring the lines back, or say that they are to be deleted (--drop-lines)",
        )


def _unprocessable_lines(claim: Claim) -> frozenset[str]:
    """Control numbers of lines the payer refused as unprocessable; '*' for all. Looked up where something was denied."""
    if claim.adjudication is None or not claim.adjudication.denied_cents:
        return frozenset()
    found = records.claim_events(claim.claim_id)
    decided = [event for event in found if event.type == "adjudicated" and answered_level(claim, event) == "P"]
    payment = decided[-1].data.get("payment", {}) if decided else {}
    if UNPROCESSABLE in payment.get("remark_codes", ()):
        return frozenset("*")
    return frozenset(
        line["line_control_number"] for line in payment.get("lines", ()) if UNPROCESSABLE in line["remark_codes"]
    )


def _lines_again(content: ClaimContent, refused: frozenset[str]) -> dict[str, Any]:
    numbers = [line.number for line in content.lines if "*" in refused or line.control_number in refused]
    return {"kind": "lines", "frequency": "1", "lines": numbers}


def _open(stored: StoredClaim, draft: Draft, day: Sequence[StoredVisit], sending: dict[str, Any], reason: str) -> Claim:
    words = {
        "corrected": "A corrected claim is to be sent; it replaces the whole claim at the payer",
        "lines": "The lines the payer could not process are to be sent again as a new claim",
    }[sending["kind"]]
    data = {**drafted_event(draft), "sending": {**sending, "reason": reason}}
    events = [("correction_opened", "person", _said(words, reason), data), _scrubbed(draft, day)]
    return _commit(stored, events, draft.content, "correction_opened")


def _scrubbed(draft: Draft, day: Sequence[StoredVisit]) -> Event:
    around = around_of(draft, day, current_practice())
    findings = judge(draft, day, current_practice(), around)
    checked = scrubbed_event(findings, draft.content, draft.plan, coverage_check(around.standing))
    return ("scrubbed", "us", scrub_words(findings), checked)


def _commit(stored: StoredClaim, events: Sequence[Event], content: ClaimContent, action: str) -> Claim:
    """The events and the change of the charge, in one transaction."""
    claim_id = stored.claim.claim_id
    before = journal.balance(claim_id).charge_cents
    with store.unit_of_work() as uow:
        claim = records.write_events(uow, stored, events)
        post_charge(uow, claim_id, before, content.charge_cents, claim.sequence)
        uow.audit(f"claim.{action}", f"CLM#{claim_id}", ("content", "status"))
        uow.commit()
    return claim


def _ask_reopening(stored: StoredClaim, draft: Draft, reason: str) -> Claim:
    """Medicare Part B: a person asks the contractor; what it then decides comes as a reversal and a new decision."""
    claim = stored.claim
    words = "Medicare Part B takes no corrected claim: ask the contractor to reopen its decision"
    data = {**drafted_event(draft), "deadline": _in_days(REOPENING_FOLLOW_UP_DAYS)}
    with store.unit_of_work() as uow:
        after = records.write_events(uow, stored, [("reopening_asked", "person", _said(words, reason), data)])
        before = journal.balance(claim.claim_id).charge_cents
        post_charge(uow, claim.claim_id, before, draft.content.charge_cents, after.sequence)
        key = f"{claim.claim_id}#{after.sequence}"
        open_task(uow, "reopening", claim.claim_id, words, amount_cents=draft.content.charge_cents, natural_key=key)
        uow.audit("claim.reopening_asked", f"CLM#{claim.claim_id}", ("content",))
        uow.commit()
    return after


def void(claim_id: str, *, reason: str) -> Claim:
    """Open the void of a claim a payer has. Refused NO_VOID_HERE for Medicare Part B, NO_PAYER_NUMBER, NotNow."""
    require("claims.void")
    stored = records.get_claim(claim_id)
    claim = stored.claim
    permit(claim, "void_opened")
    if _is_part_b(claim.content):
        raise Refused(
            "NO_VOID_HERE",
            "Medicare Part B takes no void claim",
            fix="ask the contractor for a reopening, or give the payment back as a voluntary refund",
        )
    sending = {**_with_number(claim, "void", "8"), "reason": reason}
    words = _said("A void is to be sent: the payer takes the whole claim back", reason)
    return _commit(stored, [("void_opened", "person", words, {"sending": sending})], claim.content, "void_opened")


def resubmit(claim_id: str, *, reason: str = "") -> Claim:
    """Make a rejected or voided claim ready to go again, from its visits as they are now, checked as of today."""
    require("claims.resubmit")
    stored = records.get_claim(claim_id)
    claim = stored.claim
    if claim.sending is not None and claim.sending.kind == "secondary":
        return open_secondary(claim_id, reason=reason)  # made anew from the decisions, not from the visits
    permit(claim, "resubmitted")
    draft, day = fresh_draft(claim, current_practice())
    words = _said("To be sent again", reason)
    events: list[Event] = [("resubmitted", "person", words, {})]
    if draft.content != claim.content:
        events.append(("amended", "us", "Amended: its visits changed since", drafted_event(draft)))
    return _commit(stored, [*events, _scrubbed(draft, day)], draft.content, "resubmitted")


def drop(claim_id: str, *, reason: str = "") -> Claim:
    """Give up a correction, void or secondary claim that is not with the payer: the claim is again what it was."""
    require("claims.correct")
    stored = records.get_claim(claim_id)
    claim = stored.claim
    permit(claim, "correction_dropped")
    content = _content_at_payer(claim)
    data = {"content": _json(content)} if content != claim.content else {}
    event = ("correction_dropped", "person", _said("The correction is given up", reason), data)
    return _commit(stored, [event], content, "correction_dropped")


def _content_at_payer(claim: Claim) -> ClaimContent:
    """What the primary payer has: the newest claim for all lines that was not refused at the door."""
    taken = [item for item in claim.submissions if item.outcome != "rejected" and item.sequence == "P"]
    found = records.find_submissions(item.submission_id for item in taken)
    contents = [found[item.submission_id].content for item in taken if item.frequency != "8"]
    most = max((len(content.lines) for content in contents), default=0)
    return next((content for content in reversed(contents) if len(content.lines) == most), claim.content)


def _json(content: ClaimContent) -> dict[str, Any]:
    return content.model_dump(mode="json", exclude_defaults=True)


def _said(words: str, reason: str) -> str:
    return f"{words}. {reason}" if reason else words


def _in_days(days: int) -> str:
    return (clock.today(current().tenant.timezone) + timedelta(days=days)).isoformat()

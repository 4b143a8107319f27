"""What people do to a claim: hold it, let it go, overrule a finding, note something, give up an amount. All of it audited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, cast

from chalicelib import clock, store
from chalicelib.claims import authority, records
from chalicelib.claims.build import fresh_draft
from chalicelib.claims.charges import RECEIVABLES, post_charge, post_write_off
from chalicelib.claims.claim import Hold, Override, WriteOff
from chalicelib.claims.graph import permit
from chalicelib.claims.judging import around_of, coverage_check, drafted_event, judge, scrub_words, scrubbed_event
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import ClaimContent, Party, Status
from chalicelib.claims.secondary import next_deadline
from chalicelib.claims.sending import coverage_at
from chalicelib.money import dollars
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import Conflict, Misuse, Refused
from chalicelib.store import journal
from chalicelib.support.tasks import ask_in
from chalicelib.tenancy import current, require

MOST_WORDS = 500
_Parties = Literal["payer", "secondary", "patient"]


def hold(
    claim_id: str,
    reason: str,
    *,
    follow_up_on: date,
    words: str = "",
    owner: Party = Party.US,
    release_on: date | None = None,
) -> Claim:
    """Hold an unsent claim: why (a listed reason), whose move it is, when it is looked at again, when it ends by itself.

    One for a pending enrolment or credentialing ends by itself as soon as the practice file has it in force.
    """
    require("claims.hold")
    if reason not in authority.HOLD_REASONS or (reason == "other" and not words):
        raise Misuse("HOLD_REASON", "a hold needs a listed reason, or words", fix=", ".join(authority.HOLD_REASONS))
    if follow_up_on < clock.today(current().tenant.timezone):
        raise Misuse("FOLLOW_UP_PAST", "the follow-up date has passed", fix="name a day to come")
    if release_on is not None and release_on <= clock.today(current().tenant.timezone):
        raise Misuse("RELEASE_PAST", "the hold would have ended already", where="release_on", fix="name a day to come")
    stored = records.get_claim(claim_id)
    made = Hold(
        reason=reason,
        words=_short(words) or authority.HOLD_REASONS[reason],
        owner=owner,
        by=current().principal.user_id,
        follow_up_on=follow_up_on,
        release_on=release_on,
        until_effective=_in_force(stored.claim.content, reason) is False,
    )
    said = f"Held: {made.words}; looked at again on {follow_up_on}"
    with store.unit_of_work() as uow:
        claim = records.write_events(uow, stored, [("held", "person", said, {"hold": made.model_dump(mode="json")})])
        uow.audit("claim.held", f"CLM#{claim_id}", ("hold",))
        uow.commit()
    return claim


def release(claim_id: str, *, overrides: Sequence[str] = (), reason: str = "") -> Claim:
    """End a person's hold, overrule the named findings, and check the claim anew: it goes if nothing else holds it."""
    require("claims.release")
    for code in overrides:
        authority.require_override(code)
    if overrides and not reason:
        raise Misuse("REASON_MISSING", "overruling a finding needs a reason", fix="say why with --reason")
    stored = records.get_claim(claim_id)
    permit(stored.claim, "overridden" if overrides else "released")
    _standing(stored.claim, overrides)
    if stored.claim.sending is not None and stored.claim.sending.kind in ("void", "secondary"):
        return _release_as_opened(stored, reason)
    draft, day = fresh_draft(stored.claim, current_practice())
    events: list[records.EventParts] = []
    if stored.claim.hold:
        events.append(("released", "person", "The hold was ended" + (f": {_short(reason)}" if reason else ""), {}))
    if draft.content != stored.claim.content:
        events.append(("amended", "us", "Amended: its visits changed since", drafted_event(draft)))
    if overrides:
        made = [_override(code, reason).model_dump(mode="json") for code in overrides]
        events.append(
            ("overridden", "person", f"Overruled {', '.join(overrides)}: {_short(reason)}", {"overrides": made})
        )
    around = around_of(draft, day, current_practice())
    findings = judge(draft, day, current_practice(), around)
    checked = scrubbed_event(findings, draft.content, draft.plan, coverage_check(around.standing))
    events.append(("scrubbed", "us", scrub_words(findings), checked))
    with store.unit_of_work() as uow:
        before = journal.balance(claim_id).charge_cents
        claim = records.write_events(uow, stored, events)
        post_charge(uow, claim_id, before, draft.content.charge_cents, claim.sequence)
        uow.audit("claim.overridden" if overrides else "claim.released", f"CLM#{claim_id}", ("hold", *overrides))
        uow.commit()
    return claim


def _release_as_opened(stored: records.StoredClaim, reason: str) -> Claim:
    """A void, or a claim to the next payer: it goes as it was opened; the checks of a first claim do not concern it."""
    ended = "The hold was ended" + (f": {_short(reason)}" if reason else "")
    deadline = _next_deadline(stored.claim)
    checked: dict[str, Any] = {"findings": [], "deadline": deadline.isoformat() if deadline else None}
    with store.unit_of_work() as uow:
        events = [("released", "person", ended, {}), ("scrubbed", "us", "It goes as it was opened", checked)]
        claim = records.write_events(uow, stored, events)
        uow.audit("claim.released", f"CLM#{stored.claim.claim_id}", ("hold",))
        uow.commit()
    return claim


def _next_deadline(claim: Claim) -> date | None:
    sending = claim.sending
    coverage = coverage_at(claim.content, sending.sequence) if sending and sending.kind == "secondary" else None
    if sending is None or coverage is None:
        return None
    return next_deadline(claim.content, coverage, sending.prior[-1].adjudicated_on)


def _standing(claim: Claim, codes: Sequence[str]) -> None:
    missing = set(codes) - {finding.code for finding in claim.findings}
    if missing:
        raise Refused("NO_SUCH_FINDING", "the claim has no such finding", where=", ".join(sorted(missing)))


def _override(code: str, reason: str) -> Override:
    return Override(code=code, reason=_short(reason), by=current().principal.user_id, role=authority.role())


def note(claim_id: str, words: str) -> Claim:
    """Put a person's words on the claim's timeline. Anybody who may see the claim may."""
    require("claims.note")
    if not words.strip():
        raise Misuse("NOTE_EMPTY", "a note needs words")
    stored = records.get_claim(claim_id)
    with store.unit_of_work() as uow:
        claim = records.write_events(uow, stored, [("noted", "person", _short(words), {})])
        uow.audit("claim.noted", f"CLM#{claim_id}", ("note",))
        uow.commit()
    return claim


def _short(words: str) -> str:
    if len(words) > MOST_WORDS:
        raise Misuse("TOO_LONG", f"at most {MOST_WORDS} characters are kept", fix="say it shorter")
    return words.strip()


def write_off(claim_id: str, reason: str, *, party: str, amount_cents: int | None = None) -> Claim:
    """Give up what a party owes, all of it or an amount, by a listed reason and within the role's amount.

    A claim that is held or rejected and will never be sent can only be given up whole. Refused NOTHING_OWED,
    MORE_THAN_OWED, ONLY_WHOLE, CORRECTION_WAITS.
    """
    stored = records.get_claim(claim_id)
    permit(stored.claim, "written_off")
    owed = _owed(claim_id, party)
    amount = owed if amount_cents is None else amount_cents
    authority.require_write_off(reason, party, amount)
    _check_amount(stored.claim, amount, owed)
    balance = journal.balance(claim_id)
    left = (balance.open_cents - (amount if party != "patient" else 0), balance.patient_cents)
    data = {
        "write_off": WriteOff(reason=reason, party=cast(_Parties, party), amount_cents=amount).model_dump(mode="json"),
        "left_open_cents": left[0],
        "left_patient_cents": left[1] - (amount if party == "patient" else 0),
    }
    words = f"Gave up {dollars(amount)} the {party} owed: {authority.WRITE_OFFS[reason].meaning}"
    with store.unit_of_work() as uow:
        claim = records.write_events(uow, stored, [("written_off", "person", words, data)])
        post_write_off(uow, claim_id, reason, party, amount, claim.sequence)
        uow.audit("claim.written_off", f"CLM#{claim_id}", ("write_off",))
        uow.commit()
    return claim


def _owed(claim_id: str, party: str) -> int:
    account = RECEIVABLES.get(party)
    if account is None:
        raise Misuse("PARTY", "who owes it is payer, secondary or patient", where=party)
    record = store.get(*journal.balance_key(claim_id))
    return int(record.data["accounts"].get(account, 0)) if record else 0


def _check_amount(claim: Claim, amount: int, owed: int) -> None:
    if claim.sending:
        raise Refused(
            "CORRECTION_WAITS", "a correction of the claim is not sent yet", fix="send it or give it up first"
        )
    if owed <= 0 or amount <= 0:
        raise Refused("NOTHING_OWED", "there is nothing to give up")
    if amount > owed:
        raise Refused("MORE_THAN_OWED", f"only {dollars(owed)} is owed")
    if claim.status in (Status.HELD, Status.REJECTED) and amount != owed:
        raise Refused("ONLY_WHOLE", "an unsent claim is given up whole or not at all")


def release_due() -> list[Claim]:
    """Holds whose day has come end by themselves: enrolment or credentialing is effective. One that cannot end stops no other."""
    today = clock.today(current().tenant.timezone)
    due = [stored.claim for stored in records.claims_with_status(Status.HELD) if _ends(stored.claim, today)]
    released = []
    for claim in due:
        try:
            released.append(release(claim.claim_id, reason="its day has come"))
        except Conflict:
            continue  # somebody else has it in hand
        except Refused as refusal:
            _tell(claim, refusal)
    return released


def _ends(claim: Claim, today: date) -> bool:
    hold = claim.hold
    if hold is None:
        return False
    dated = hold.release_on is not None and hold.release_on <= today
    return dated or (hold.until_effective and _in_force(claim.content, hold.reason) is True)


def _in_force(content: ClaimContent, reason: str) -> bool | None:
    """Whether the practice file has the enrolment or credentialing in force that a hold for this reason waits for; else None."""
    practice, today = current_practice(), clock.today(current().tenant.timezone)
    coverage = content.coverage
    if reason == "pending_enrolment":
        return practice.enrolled(coverage.payer_id, "837", today) in ("live", "test")
    if reason == "pending_credentialing":
        npi, business = content.rendering.npi, coverage.line_of_business
        return practice.credentialed(npi, coverage.payer_id, business, content.date_of_service)
    return None


def _tell(claim: Claim, refusal: Refused) -> None:
    """Its hold cannot end by itself: a person is told why, once."""
    words = f"The day of this claim's hold has come, but it cannot be released: {refusal.message}. {refusal.fix}"
    with store.unit_of_work() as uow:
        ask_in(uow, "hold", claim.claim_id, words, amount_cents=claim.content.charge_cents, natural_key=refusal.code)
        uow.audit("claim.release_refused", f"CLM#{claim.claim_id}", ("hold",))
        uow.commit()

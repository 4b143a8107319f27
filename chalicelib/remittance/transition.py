"""One change of a claim's payment book, in one transaction: entries, events, balance, and the tasks and parts it touches.

An answer that comes (or goes) may move others: a reversal brings a waiting correction in, an earlier decision that
arrives late puts a later one aside. `book.settle` says where all stand; here the difference to what the journal holds
is posted, answer by answer, each as an entry of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib import clock, ledger, store
from chalicelib.claims import outdated
from chalicelib.claims.charges import settle_void
from chalicelib.claims.claim import Adjudicated, Claim
from chalicelib.claims.model import ClaimEvent
from chalicelib.claims.records import EventParts, StoredClaim, claim_events, write_events
from chalicelib.claims.sending import LEVELS
from chalicelib.money import dollars
from chalicelib.remittance import records
from chalicelib.remittance.book import CREDIT, POSTED, Answer, Effect, Standing, delta, settle
from chalicelib.remittance.model import Book, ClaimPart
from chalicelib.remittance.questions import Short, about_decision
from chalicelib.remittance.refund_records import recoup_in
from chalicelib.remittance.split import Terms
from chalicelib.store import journal
from chalicelib.support.tasks import ask_in, close_in
from chalicelib.tenancy import current

TASK = "unmatched_payment"
WORDS = {
    "NO_SUCH_CLAIM": "A payment names a claim we did not send: match it or send it back",
    "PAYER_DIFFERS": "A payment for our claim came from another payer than it was sent to: see who paid, and match it",
    "CHARGE_DIFFERS": "A payment is for another charge than was billed: see what the payer decided on, and match it",
    "WAITS_FOR_PAYMENT": "A payer reversed a claim payment that has not come yet: it is posted when the payment comes",
    "REVERSAL_DIFFERS": "A payer's reversal is for another amount than was posted",
    "ALREADY_ADJUDICATED": "A payer paid a claim twice without taking the first decision back",
    "WAITS_FOR_PRIMARY": "A secondary payer paid before the primary payer's decision came: it is posted when that comes",
    "SECONDARY_DIFFERS": "A secondary payer's payment does not add up to what the primary payer left",
    "THIRD_UNCLEAR": "A third payer answered under an earlier payer's number, and the payer before it did not say that it "
    "passed the claim on to it: compare the two, then match it as the tertiary payer's",
    "NOTHING_PAID": "A payer took back more than it paid on the claim",
    "UNBALANCED_CLAIM": "A claim in a check does not add up",
    "PREDETERMINATION": "A payer told what it would pay; nothing is decided",
    "CLAIM_CANNOT_TAKE_IT": "A payment is for a claim that cannot take one as it stands: see what happened to the claim",
    "UNMATCHED_BY_HAND": "A payment was taken off a claim by hand: match it or send it back",
    "REFUND": "A payment goes back to the payer",
}


@dataclass
class Change:
    """A new set of answers for a claim. `told` are facts of answers by key (for their events), `held` what the journal holds of
    answers that were not in the book (cash of an unmatched payment), `aside` what it shall hold of those that leave it."""

    stored: StoredClaim
    book: Book
    answers: tuple[Answer, ...]
    terms: Terms
    source: str
    memo: str
    stamp: str  # makes the entries' ids: unique to this change
    told: dict[str, Told] = field(default_factory=dict)
    held: Mapping[str, Standing] = field(default_factory=dict)
    aside: Mapping[str, Standing] = field(default_factory=dict)
    own: str = ""  # the key whose part the caller writes
    said: tuple[str, Mapping[str, Any]] | None = None  # words and facts of an event a person caused at the `own` answer


@dataclass(frozen=True)
class Told:
    """What an answer's events say. `denials` are (group, reason, cents), `short` (expected, allowed) if too little."""

    data: dict[str, Any]
    who: str
    denials: tuple[tuple[str, str, int], ...] = ()
    allowed_cents: int | None = None
    status_code: str = "1"
    short: Short | None = None


@dataclass(frozen=True)
class Changed:
    """What came of it: where the answers stand and the entry of each that moved."""

    standings: dict[str, Standing]
    entries: dict[str, str]
    events: tuple[str, ...]


def carry_out(uow: store.UnitOfWork, change: Change) -> Changed:
    """Put everything but the caller's own part into the unit of work."""
    before = {**change.book.standings, **change.held}
    after = settle(change.answers, _room(change), change.book.standings)
    entries = _post(uow, change, delta(before, {**after, **change.aside}))
    done = Book(claim_id=change.book.claim_id, answers=change.answers, standings=after, version=change.book.version)
    uow.replace(records.book_record(done))
    events = _events(change, before, after)
    if events:
        claim = write_events(uow, change.stored, events)
        settle_void(uow, change.stored.claim, claim)
        _tell_later_payers(uow, claim, events)
    _move_others(uow, change, before, after, entries)
    _settle_refunds(uow, before, after)
    _ask(uow, change, before, after)
    return Changed(after, entries, tuple(kind for kind, *_ in events))


def _tell_later_payers(uow: store.UnitOfWork, claim: Claim, events: list[EventParts]) -> None:
    """Whether a later payer was told something else than what is so now. Read only where one has the claim."""
    moved = [parts[3] for parts in events if "payment" in parts[3]]
    first = min((LEVELS.index(data.get("level", "P")) for data in moved), default=len(LEVELS))
    if not any(outdated.has_it(claim, level) for level in LEVELS[first + 1 :]):
        return
    at, before = clock.instant_text(clock.now()), claim.sequence - len(events)
    made = [
        ClaimEvent(sequence=before + n, type=kind, at=at, source=source, actor="", words=words, data=data)
        for n, (kind, source, words, data) in enumerate(events, 1)
    ]
    outdated.tell(uow, claim, [*claim_events(claim.claim_id), *made])


def _room(change: Change) -> Terms:
    """A charge that was lowered after a decision does not push the decision out; the payer takes it back itself (ADR 0008)."""
    known = {item.key: item for item in change.answers}
    taken = 0
    for key, item in change.book.standings.items():
        answer = known.get(key)
        if answer and answer.payer == "primary" and answer.kind == "decision" and item.state == "applied":
            taken -= item.moved.get(("", ledger.PAYER), 0)
    most = max(change.terms.charge_cents, taken + change.terms.given_up_cents)
    return replace(change.terms, charge_cents=most)


def _post(uow: store.UnitOfWork, change: Change, deltas: Mapping[str, Effect]) -> dict[str, str]:
    at, entries = clock.instant_text(clock.now()), {}
    for key, effect in deltas.items():
        # the claim's lines first: the entry is listed under its first subject
        lines = [
            line
            for (scope, account), amount in sorted(effect.items())
            for line in _line(account, scope or change.book.claim_id, amount)
        ]
        cause = change.stamp if key == change.own else f"{change.own}:{change.stamp}"
        entries[key] = current().make_id("jrn", "claim_payment", key, cause)
        made = ledger.JournalEntry(
            entry_id=entries[key], at=at, source=change.source, memo=change.memo, lines=tuple(lines)
        )
        journal.post(uow, made)
    return entries


def _line(account: str, subject: str, amount: int) -> Iterable[ledger.JournalLine]:
    if amount > 0:
        yield ledger.JournalLine(account=account, subject=subject, debit_cents=amount)
    elif amount < 0:
        yield ledger.JournalLine(account=account, subject=subject, credit_cents=-amount)


# Events


def _on_claim(item: Standing | None) -> bool:
    return item is not None and any(not scope for scope, *_ in item.effect)


def _counts(item: Standing | None) -> bool:
    """Whether the claim's history knows the answer: applied (an empty decision moves nothing, and counts), or taken back
    on it.
    """
    return item is not None and (item.state == "applied" or (item.state in POSTED and _on_claim(item)))


def _events(change: Change, before: Mapping[str, Standing], after: Mapping[str, Standing]) -> list[EventParts]:
    known = {item.key: item for item in (*change.book.answers, *change.answers)}
    events: list[EventParts] = []
    gone = [k for k in before if k != CREDIT and _stood(before.get(k)) and not _stood(after.get(k))]
    came = [k for k in after if k != CREDIT and not _counts(before.get(k)) and _counts(after.get(k))]
    back = [k for k in after if k != CREDIT and k not in came and not _stood(before.get(k)) and _stood(after.get(k))]
    undoing = {after[k].pair for k in came if after[k].state == "reversed"} | {
        k for k in came if after[k].state == "undoes"
    }
    events += [
        _undone(change, key, "Set aside until it is clear which decision stands")
        for key in sorted(gone, key=lambda k: known[k].order)
        if not (key in after and after[key].pair in undoing) and known[key].kind == "decision"
    ]
    for key in sorted((k for k in came if after[k].state == "reversed"), key=lambda k: known[k].order):
        events += _decided(change, known[key], after)
    for key in sorted(undoing, key=lambda k: known[k].order):
        if _counts(after.get(key)):
            events.append(_undone(change, key, "took its decision back"))
    for key in sorted((k for k in [*came, *back] if _stood(after[k])), key=lambda k: known[k].order):
        events += _decided(change, known[key], after)
    if change.said is not None:
        words, data = change.said
        result = _result(change, known[change.own], after, change.told.get(change.own))
        events.append(("adjudicated", "person", words, {**data, "result": result.model_dump(mode="json")}))
    events = _one_reversal(events)
    if events and events[-1][0] == "reversed" and (standing := _newest(after, known)):
        events += _decided(change, known[standing], after, again=True)
    return events


def _one_reversal(events: list[EventParts]) -> list[EventParts]:
    """Of decisions undone one after the other the last takes the claim back; those before it are set aside by it."""
    found: list[EventParts] = []
    for kind, source, words, data in events:
        if kind == "reversed" and found and found[-1][0] == "reversed":
            found[-1] = ("set_aside", *found[-1][1:])
        found.append((kind, source, words, data))
    return found


def _stood(item: Standing | None) -> bool:
    return item is not None and item.state == "applied"


def _newest(after: Mapping[str, Standing], known: Mapping[str, Answer]) -> str:
    standing = [k for k in after if k in known and _stood(after[k]) and known[k].kind == "decision"]
    return max(standing, key=lambda k: known[k].order, default="")


def _undone(change: Change, key: str, words: str) -> EventParts:
    told = change.told.get(key)
    who = told.who if told else "The payer"
    said = f"{who} {words}" if words[0].islower() else words
    return ("reversed", "835", said, dict(told.data) if told else {"remittance_id": "", "sequence": 0})


def _decided(change: Change, answer: Answer, after: Mapping[str, Standing], *, again: bool = False) -> list[EventParts]:
    told = change.told.get(answer.key)
    if answer.kind == "patient_payment" and not any(
        _stood(item) and key != answer.key for key, item in after.items() if key != CREDIT
    ):
        return [("noted", "person", f"The patient paid {dollars(answer.paid_cents)}", {})]
    result = _result(change, answer, after, told)
    data = {**(told.data if told else {}), "result": result.model_dump(mode="json")}
    return [("adjudicated", "835", _words(answer, result, told, again=again), data)]


def _result(change: Change, answer: Answer, after: Mapping[str, Standing], told: Told | None) -> Adjudicated:
    """What stands after it, over every answer: cash and adjustments of all, what each party still owes."""
    known = {item.key: item for item in change.answers}
    accounts: dict[str, int] = {}
    for item in after.values():
        for scope, account, amount in item.effect:
            if not scope:
                accounts[account] = accounts.get(account, 0) + amount
    charge = change.terms.charge_cents
    open_cents = charge - change.terms.given_up_cents + accounts.get(ledger.PAYER, 0)
    left = accounts.get(ledger.SECONDARY, 0) - change.terms.secondary_given_up_cents
    patient = accounts.get(ledger.PATIENT, 0) - change.terms.patient_given_up_cents
    newest: dict[str, int] = {}
    for key in sorted((k for k in after if k in known and _stood(after[k])), key=lambda k: known[k].order):
        if known[key].kind == "decision":
            newest[known[key].payer] = after[key].denied_cents
    taken_back = sum(
        known[k].paid_cents for k in after if k in known and known[k].kind == "takeback" and _stood(after[k])
    )
    denied = min(sum(newest.values()) + taken_back, max(open_cents, 0) + max(left, 0))
    before = change.stored.claim.adjudication
    return Adjudicated(
        remittance_id=answer.remittance_id or (before.remittance_id if before else ""),
        paid_cents=accounts.get(ledger.CLEARING, 0),
        adjusted_cents=sum(amount for name, amount in accounts.items() if name.startswith("adjustment.")),
        patient_cents=patient,
        secondary_cents=max(0, left - newest.get("secondary", 0)) if "secondary" in newest else left,
        denied_cents=denied,
        open_cents=open_cents + left,
        allowed_cents=told.allowed_cents
        if told and answer.payer == "primary"
        else before.allowed_cents
        if before
        else None,
        status_code=told.status_code if told else "1",
    )


def _words(answer: Answer, result: Adjudicated, told: Told | None, *, again: bool) -> str:
    who = told.who if told else "The payer"
    if answer.kind == "takeback":
        return f"{who} took back {dollars(answer.paid_cents)} from another check"
    if answer.kind == "patient_payment":
        return f"The patient paid {dollars(answer.paid_cents)}; {dollars(result.patient_cents)} left"
    lead = "What stands now" if again else f"{who} decided"
    said = [f"{lead}: paid {dollars(answer.paid_cents)}"]
    if result.adjusted_cents:
        said.append(f"adjusted {dollars(result.adjusted_cents)}")
    if result.patient_cents > 0 or result.secondary_cents > 0:
        party = "the patient" if result.patient_cents > 0 else "the next payer"
        said.append(f"left {dollars(max(result.patient_cents, 0) + max(result.secondary_cents, 0))} to {party}")
    denials = told.denials if told else ()
    if denials:
        codes = ", ".join(dict.fromkeys(f"{group}-{reason}" for group, reason, _ in denials))
        said.append(f"denied {dollars(sum(amount for *_, amount in denials))} ({codes})")
    return ", ".join(said)


# Other parts, their checks and tasks


def _move_others(
    uow: store.UnitOfWork,
    change: Change,
    before: Mapping[str, Standing],
    after: Mapping[str, Standing],
    entries: Mapping[str, str],
) -> None:
    known = {item.key: item for item in change.answers}
    for key, item in after.items():
        answer = known.get(key)
        if key == change.own or answer is None or not answer.remittance_id or answer.kind == "takeback":
            continue
        was = before.get(key)
        if was is None or (_outcome(was) == _outcome(item) and was.reason == item.reason and key not in entries):
            continue
        part = records.find_part(answer.remittance_id, answer.sequence)
        if part is not None:
            # Between suspense and what is owed back no cash moves: the entry that set it aside stays the part's own.
            within = "refunding" in (was.state, item.state)
            move_part(uow, change.book.claim_id, key, answer, part, item, "" if within else entries.get(key, ""))


def _settle_refunds(uow: store.UnitOfWork, before: Mapping[str, Standing], after: Mapping[str, Standing]) -> None:
    """A refund the payer took itself, by reversing the payment or at provider level, is not paid as well."""
    for key, was in before.items():
        now = after.get(key)
        if was.state == "refunding" and not was.pair and now is not None and now.pair:
            recoup_in(uow, key, clock.today(current().tenant.timezone))


def _ask(uow: store.UnitOfWork, change: Change, before: Mapping[str, Standing], after: Mapping[str, Standing]) -> None:
    """What is to be asked about decisions that stand now and did not before: the caller's own, and those that waited for it."""
    known = {item.key: item for item in change.answers}
    for key, item in after.items():
        told = change.told.get(key)
        if told and key in known and known[key].kind == "decision" and _stood(item) and not _stood(before.get(key)):
            about_decision(uow, change.book.claim_id, key, told, change.terms.protected)


def _outcome(item: Standing) -> str:
    return "posted" if item.state in POSTED else "suspended"


def move_part(
    uow: store.UnitOfWork, claim_id: str, key: str, answer: Answer, part: ClaimPart, item: Standing, entry_id: str
) -> None:
    """Write where a part of a check now stands, count it there, and open or close the question it asks."""
    outcome = "posted" if item.state in POSTED else "suspended"
    update = {"claim_id": claim_id, "outcome": outcome, "reason": item.reason, "entry_id": entry_id or part.entry_id}
    uow.replace(records.part_record(answer.remittance_id, part.model_copy(update=update)))
    if outcome != part.outcome:
        recount(uow, answer.remittance_id, part.outcome, outcome)
    question(uow, answer.remittance_id, key, item, answer.paid_cents)


def recount(uow: store.UnitOfWork, remittance_id: str, was: str, now: str) -> None:
    """A closed check counts its claims by outcome; an open one is counted when it is closed."""
    check = records.find_check(remittance_id)
    if check is None or check.state != "posted" or was == now:
        return
    counts = {was: getattr(check, was) - 1, now: getattr(check, now) + 1}
    pending = uow.pending(f"RMT#{remittance_id}", "REMITTANCE")
    if pending is not None:
        held = records.to_check(pending)
        counts = {was: getattr(held, was) - 1, now: getattr(held, now) + 1}
        uow.revise(records.check_record(held.model_copy(update=counts)))
    else:
        uow.replace(records.check_record(check.model_copy(update=counts)))


def question(uow: store.UnitOfWork, remittance_id: str, key: str, item: Standing, amount_cents: int) -> None:
    """A task while the answer waits; it is closed when the answer finds its place, and when somebody decided on a refund."""
    if item.state == "waiting":
        ask_in(uow, TASK, remittance_id, WORDS[item.reason], amount_cents=amount_cents, natural_key=key)
    else:
        close_in(uow, TASK, remittance_id, key)

"""One claim payment in one transaction: journal, events, book, balance, natural key, and a task where a person must look.

At most 15 items: key, part, entry, balance, book, event, claim, audit and the head of its chain; with a reversal or a
correction that waited, its entry, event, part, check and task besides.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib import clock, ledger, store
from chalicelib.claims.beside import claims_beside
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import StoredClaim
from chalicelib.claims.sending import level_of
from chalicelib.codes import payers
from chalicelib.coverage.records import find_checks
from chalicelib.money import dollars
from chalicelib.onboarding.model import Practice
from chalicelib.remittance import case_rates, next_party, records, underpaid
from chalicelib.remittance.book import Answer, Standing, standing, waiting_effect
from chalicelib.remittance.faults import Fault
from chalicelib.remittance.finding import THIRD_STATUS, Found
from chalicelib.remittance.lines import LineMatch
from chalicelib.remittance.model import Book, ClaimPart, Outcome
from chalicelib.remittance.questions import Short
from chalicelib.remittance.split import Terms, line_taken, shares_of, summed
from chalicelib.remittance.transition import TASK, WORDS, Change, Changed, Told, carry_out, question
from chalicelib.store import journal
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current
from chalicelib.therapy.contracts import Contract
from chalicelib.x12 import ClaimPayment

REVERSAL = "22"
PREDETERMINATION = "25"
UNBALANCED = "suspense.unbalanced"
INTEREST_AMOUNT = "I"  # AMT*I of the claim: interest, told here and paid at provider level (PLB L6)


@dataclass(frozen=True, slots=True)
class Posting:
    """A claim payment on its way into the ledger. `content` is what was billed under its number; `faults` a reason not
    to post.
    """

    remittance_id: str
    sequence: int
    payment: ClaimPayment
    found: Found
    payer_name: str
    paid_on: date
    trace: str = ""
    faults: tuple[Fault, ...] = ()
    practice: Practice | None = None
    charge_cents: int | None = None  # of the claim in the books, where it was read already

    @property
    def key(self) -> str:
        return f"{self.remittance_id}#{self.sequence:06d}"


def post_claim(
    posting: Posting, stored: StoredClaim | None, book: Book | None, content: ClaimContent | None
) -> Outcome:
    """Post, suspend or refuse. AlreadyDone when this very payment was posted before, Conflict when somebody was faster."""
    if posting.faults:
        return _aside(posting, "refused", "UNBALANCED_CLAIM", UNBALANCED)
    if posting.payment.status_code == PREDETERMINATION:
        return _aside(posting, "suspended", "PREDETERMINATION")
    if posting.found.reason or stored is None or book is None or content is None:
        return _aside(posting, "suspended", posting.found.reason or "NO_SUCH_CLAIM")
    return _apply(posting, stored, book, content)


def plain(payment: ClaimPayment) -> dict[str, Any]:
    """A claim payment as JSON-able data."""
    found: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(payment), default=str))
    return found


def _part(posting: Posting, outcome: Outcome, reason: str, entry_id: str) -> ClaimPart:
    found, payment = posting.found, posting.payment
    return ClaimPart(
        sequence=posting.sequence,
        patient_control_number=payment.patient_control_number,
        claim_id=found.claim_id,
        outcome=outcome,
        reason=reason,
        entry_id=entry_id,
        how=found.how,
        payer=found.payer,
        crossed_over=next_party.crossed_over(payment),
        lines=found.lines,
        proposals=found.proposals,
        payment=plain(payment),
    )


def _aside(posting: Posting, outcome: Outcome, reason: str, account: str = ledger.SUSPENSE) -> Outcome:
    """Cash that fits no claim waits in suspense with a task; nothing else of the payment is posted."""
    amount = posting.payment.paid_cents
    lines = ledger.move(ledger.CLEARING, account, posting.remittance_id, amount)
    entry_id = current().make_id("jrn", "claim_payment", posting.key, "post") if lines else ""
    with store.unit_of_work() as uow:
        uow.once("claim_payment", posting.key)
        uow.create(records.part_record(posting.remittance_id, _part(posting, outcome, reason, entry_id)))
        if lines:
            at = clock.instant_text(clock.now())
            made = ledger.JournalEntry(
                entry_id=entry_id, at=at, source=posting.remittance_id, memo="payment that fits no claim", lines=lines
            )
            journal.post(uow, made)
        kind = TASK if outcome == "suspended" else "unbalanced_remittance"
        words = WORDS[reason] + _where(posting.faults)
        open_task(uow, kind, posting.remittance_id, words, amount_cents=amount, natural_key=posting.key)
        uow.audit(f"claim_payment.{outcome}", f"RMT#{posting.remittance_id}", ("amounts",))
        uow.commit()
    return outcome


def _where(faults: tuple[Fault, ...]) -> str:
    said = [f"{item.where}: {item.what}, off by {dollars(item.off_by_cents)}" for item in faults[:5]]
    more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
    return f" ({'; '.join(said)}{more})" if said else ""


def third_level(posting: Posting, stored: StoredClaim) -> bool:
    """Whether it is the third payer's answer: found so, or by our number of that sending."""
    number = posting.payment.patient_control_number
    return posting.found.payer == "secondary" and (posting.found.third or level_of(stored.claim, number) == "T")


def answer_of(posting: Posting, stored: StoredClaim) -> Answer:
    """The payment as the claim's book keeps it."""
    payment, found = posting.payment, posting.found
    third = third_level(posting, stored)
    return Answer(
        key=posting.key,
        order=f"{posting.paid_on.isoformat()}#{_by_number(posting.trace)}#{posting.key}",
        kind="reversal" if payment.status_code == REVERSAL else "decision",
        payer=found.payer,
        third=third,
        remittance_id=posting.remittance_id,
        sequence=posting.sequence,
        charge_cents=payment.charge_cents,
        paid_cents=payment.paid_cents,
        adjustments=summed(payment),
        by_line=decided_by_line(payment, found.lines),
        payer_control_number=payment.payer_control_number,
        protects=next_party.protects_patient(payment),
        borrowed=found.borrowed,
        says_third=found.borrowed and payment.status_code in THIRD_STATUS,
        sends_on=""
        if found.payer == "primary" or third
        else next_party.sends_on(payment, stored.claim.content.tertiary),
    )


def _by_number(trace: str) -> str:
    """The payer's check or transfer number so that texts sort as numbers do: of two checks of one day the lower came first (ADR
    0018).
    """
    plain = trace.upper().lstrip("0")
    return f"{len(plain):03d}:{plain}"


def decided_by_line(
    payment: ClaimPayment, matches: tuple[LineMatch, ...], passed: tuple[str, ...] = ()
) -> tuple[tuple[int, int], ...]:
    """Cents decided by billed line; a service that answers several lines is no evidence for any one of them."""
    found: dict[int, int] = {}
    for match in matches:
        if len(match.numbers) == 1:
            number = match.numbers[0]
            found[number] = found.get(number, 0) + line_taken(payment.lines[match.service - 1], passed)
    return tuple(sorted(found.items()))


def terms_of(stored: StoredClaim, answers: tuple[Answer, ...], charge_cents: int | None = None) -> Terms:
    """What the claim's answers are measured against: its charge in the books, who is next, who may be asked."""
    claim = stored.claim
    content = claim.content
    protected = _protected(content, answers)
    given_up = dict.fromkeys(("payer", "secondary", "patient"), 0)
    for item in claim.write_offs:
        given_up[item.party] += item.amount_cents
    return Terms(
        charge_cents=journal.balance(claim.claim_id).charge_cents if charge_cents is None else charge_cents,
        secondary=content.secondary is not None,
        tertiary=content.secondary is not None and content.tertiary is not None,
        patient=not protected,
        protected=protected,
        patient_most_cents=next_party.schedule_bound(content),
        line_charges=tuple((line.number, line.charge_cents) for line in content.lines),
        given_up_cents=given_up["payer"],
        secondary_given_up_cents=given_up["secondary"],
        patient_given_up_cents=given_up["patient"],
    )


def _protected(content: ClaimContent, answers: tuple[Answer, ...]) -> str:
    """Why the patient may not be asked for a share, as a code."""
    if reason := next_party.protected(content):
        return reason
    if any(item.protects for item in answers):
        return "QMB"
    if next_party.is_medicare(content) and next_party.is_qmb(find_checks(content.patient_key), content.date_of_service):
        return "QMB"
    return ""


def _contract(posting: Posting, content: ClaimContent) -> Contract | None:
    cover, on = content.coverage, content.date_of_service
    return posting.practice.contract(cover.payer_id, cover.line_of_business, on) if posting.practice else None


def expected_of(posting: Posting, content: ClaimContent) -> dict[str, int] | None:
    """What the plan should have allowed and what the payer did, over the lines that can be compared."""
    if posting.found.payer != "primary":
        return None
    contract = _contract(posting, content)
    if contract is not None and posting.practice is not None and case_rates.is_case(contract, content):
        found = case_rates.compare(posting.payment, content, contract, posting.practice)
    else:
        beside = claims_beside(content) if underpaid.reduces(content, contract) else ()
        found = underpaid.compare(posting.payment, content, posting.found.lines, contract, beside)
    return {"expected_cents": found[0], "allowed_cents": found[1]} if found else None


def told_of(
    posting: Posting,
    stored: StoredClaim,
    terms: Terms,
    content: ClaimContent | None = None,
    passed: tuple[str, ...] = (),
) -> Told:
    """What the payment's events keep: where the decision stands, and the decision itself (a secondary claim needs it)."""
    payment = posting.payment
    content = content or stored.claim.content
    crossed = next_party.crossed_over(payment)
    shares = shares_of(
        payment.paid_cents,
        summed(payment),
        terms,
        later=posting.found.payer == "secondary",
        third=third_level(posting, stored),
        passed=passed,
    )
    data = {
        "remittance_id": posting.remittance_id,
        "sequence": posting.sequence,
        "trace": posting.trace,
        "payment": plain(payment),
        "patient_control_number": payment.patient_control_number,
        "payer": posting.found.payer,
        "level": "T" if third_level(posting, stored) else ("P" if posting.found.payer == "primary" else "S"),
        "paid_on": posting.paid_on.isoformat(),
    }
    expected = expected_of(posting, content) if payment.status_code != REVERSAL else None
    if payment.status_code == REVERSAL:
        data["deadline"] = (posting.paid_on + timedelta(days=30)).isoformat()
    else:
        data |= {
            "payer_control_number": payment.payer_control_number if posting.found.payer == "primary" else "",
            "deadline": _appeal_by(posting, stored).isoformat(),
            "crossed_over": crossed,
            "allowed_cents": underpaid.allowed_cents(payment),
            "expected": expected,
            "interest_cents": sum(item.amount_cents for item in payment.amounts if item.qualifier == INTEREST_AMOUNT),
            "next_deadline": next_party.next_deadline(posting.paid_on, crossed=crossed).isoformat(),
        }
    return Told(
        data,
        posting.payer_name,
        shares.denials,
        underpaid.allowed_cents(payment),
        payment.status_code,
        short_of(posting, content, expected),
    )


def _appeal_by(posting: Posting, stored: StoredClaim) -> date:
    """First-level appeal limit, from the payment date: the practice file's, else the payer directory's, else 180 days."""
    content = stored.claim.content
    coverage = content.secondary if posting.found.payer == "secondary" and content.secondary else content.coverage
    lookup = posting.practice.plan if posting.practice else payers.plan
    plan = lookup(coverage.payer_id, coverage.line_of_business, content.date_of_service)
    return posting.paid_on + timedelta(days=plan.appeal_days if plan else 180)


def _apply(posting: Posting, stored: StoredClaim, book: Book, content: ClaimContent) -> Outcome:
    answer = answer_of(posting, stored)
    with store.unit_of_work() as uow:
        uow.once("claim_payment", posting.key)
        part, changed = enter(uow, posting, stored, book, answer, content, memo="claim payment", stamp="post")
        uow.create(records.part_record(posting.remittance_id, part))
        if part.outcome == "suspended":
            question(uow, posting.remittance_id, posting.key, changed.standings[posting.key], answer.paid_cents)
        uow.audit(f"claim_payment.{part.outcome}", f"RMT#{posting.remittance_id}", ("amounts",))
        uow.commit()
    return part.outcome


def enter(
    uow: store.UnitOfWork,
    posting: Posting,
    stored: StoredClaim,
    book: Book,
    answer: Answer,
    content: ClaimContent,
    *,
    memo: str,
    stamp: str,
    held: dict[str, Standing] | None = None,
) -> tuple[ClaimPart, Changed]:
    """Put the payment into the claim's book and follow what it moves; returns the part as it now stands, for the caller
    to write.
    """
    answers = (*book.answers, answer)
    terms = terms_of(stored, answers, posting.charge_cents)
    mine = told_of(posting, stored, terms, content)
    change = Change(
        stored=stored,
        book=book,
        answers=answers,
        terms=terms,
        source=posting.remittance_id,
        memo=memo,
        stamp=stamp,
        told={**told_of_others(book, stored, terms, posting.practice), posting.key: mine},
        held=held or {},
        own=posting.key,
    )
    changed = carry_out(uow, change)
    if posting.found.payer == "primary" and case_rates.is_case(_contract(posting, content), content):
        case_rates.remember(uow, content)
    stands = changed.standings[posting.key]
    outcome: Outcome = "suspended" if stands.state in ("waiting", "refunding") else "posted"
    part = _part(posting, outcome, stands.reason, changed.entries.get(posting.key, ""))
    return part, changed


def told_of_others(book: Book, stored: StoredClaim, terms: Terms, practice: Practice | None) -> dict[str, Told]:
    """What the waiting and standing answers of the book said, should they move now."""
    told = {}
    for item in book.answers:
        part = records.find_part(item.remittance_id, item.sequence) if item.remittance_id and item.sequence else None
        check = records.find_check(item.remittance_id) if part else None
        if part is not None and check is not None and item.kind in ("decision", "reversal"):
            posting = stored_posting(part, item, check.payer_name, check.trace, practice)
            told[item.key] = told_of(posting, stored, terms, passed=item.passed)
    return told


def stored_posting(part: ClaimPart, item: Answer, payer_name: str, trace: str, practice: Practice | None) -> Posting:
    """A posting made again from what was stored of it."""
    found = Found(part.claim_id, part.how, item.payer, part.lines, third=item.third, borrowed=item.borrowed)
    paid_on = date.fromisoformat(item.order[:10])
    payment = read_payment(part.payment)
    return Posting(item.remittance_id, part.sequence, payment, found, payer_name, paid_on, trace, practice=practice)


def read_payment(data: dict[str, Any]) -> ClaimPayment:
    """A stored claim payment as the reader had it."""
    from pydantic import TypeAdapter

    made: ClaimPayment = TypeAdapter(ClaimPayment).validate_json(json.dumps(data))
    return made


def short_of(posting: Posting, content: ClaimContent, found: dict[str, int] | None) -> Short | None:
    """(expected, allowed) of `expected_of` where it is short by more than the payer's threshold."""
    lookup = posting.practice.plan if posting.practice else payers.plan
    plan = lookup(content.coverage.payer_id, content.coverage.line_of_business, content.date_of_service)
    if not found or plan is None:
        return None
    expected, allowed = found["expected_cents"], found["allowed_cents"]
    limits = {"threshold_cents": plan.underpaid_cents, "threshold_percent": plan.underpaid_percent}
    return (expected, allowed) if underpaid.is_underpaid(expected, allowed, **limits) else None


def held_aside(answer: Answer) -> dict[str, Standing]:
    """What the journal holds of a payment in suspense."""
    return {answer.key: standing("waiting", waiting_effect(answer))}

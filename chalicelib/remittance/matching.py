"""The unmatched queue: what waits in suspense, and a person's word about where it belongs.

A match moves the money from suspense into the claim's books in one transaction and moves the claim on; an unmatch moves
it back. Both only say whose payment it is: what it means for the claim is worked out as for any other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Literal

from chalicelib import clock, store
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import StoredClaim, find_submissions, get_claim
from chalicelib.money import Cents
from chalicelib.onboarding.model import Practice
from chalicelib.onboarding.records import current_practice, find_applied
from chalicelib.platform.errors import Misuse, NotFound, Refused
from chalicelib.platform.model import Model
from chalicelib.remittance import records
from chalicelib.remittance.book import THIRD_UNCLEAR, Answer, Payer, standing, waiting_effect
from chalicelib.remittance.claim_payment import (
    Posting,
    answer_of,
    enter,
    expected_of,
    held_aside,
    read_payment,
    short_of,
    terms_of,
    told_of_others,
)
from chalicelib.remittance.finding import Found, payer_level, third_answers
from chalicelib.remittance.lines import LineMatch, match_lines
from chalicelib.remittance.model import Check, ClaimPart, Proposal
from chalicelib.remittance.payers import CheckPayer
from chalicelib.remittance.questions import about_shortfall
from chalicelib.remittance.transition import WORDS, Change, carry_out, question, recount
from chalicelib.support.tasks import close_in
from chalicelib.tenancy import current, require
from chalicelib.x12 import ClaimPayment

Named = Literal["primary", "secondary", "tertiary"]
"""Which of a claim's payers a person says a payment is from."""


class Waiting(Model):
    """A payment in suspense: from whom, how much, why, since when, and the claims it may belong to."""

    remittance_id: str
    sequence: int
    payer_name: str
    trace: str
    paid_on: date | None
    age_days: int
    paid_cents: Cents
    charge_cents: Cents
    reason: str
    words: str
    claim_id: str = ""
    proposals: tuple[Proposal, ...] = ()


def unmatched() -> list[Waiting]:
    """Everything in suspense, oldest first."""
    require("remits.list")
    today = clock.today(current().tenant.timezone)
    checks: dict[str, Check | None] = {}
    found = []
    for remittance_id, part in records.waiting_parts():
        if remittance_id not in checks:
            checks[remittance_id] = records.find_check(remittance_id)
        check = checks[remittance_id]
        if check is not None:
            found.append(_waiting(check, part, today))
    return sorted(found, key=lambda item: (-item.age_days, item.remittance_id, item.sequence))


def _waiting(check: Check, part: ClaimPart, today: date) -> Waiting:
    return Waiting(
        remittance_id=check.remittance_id,
        sequence=part.sequence,
        payer_name=check.payer_name,
        trace=check.trace,
        paid_on=check.paid_on,
        age_days=(today - check.paid_on).days if check.paid_on else 0,
        paid_cents=part.payment["paid_cents"],
        charge_cents=part.payment["charge_cents"],
        reason=part.reason,
        words=WORDS.get(part.reason, part.reason),
        claim_id=part.claim_id,
        proposals=part.proposals,
    )


def _part(remittance_id: str, sequence: int) -> tuple[Check, ClaimPart]:
    check, part = records.find_check(remittance_id), records.find_part(remittance_id, sequence)
    if check is None or part is None:
        raise NotFound("PAYMENT_NOT_FOUND", "no such claim payment in this practice")
    return check, part


def _key(remittance_id: str, sequence: int) -> str:
    return f"{remittance_id}#{sequence:06d}"


def match(
    remittance_id: str, sequence: int, claim_id: str, *, payer: Named | None = None, remember_payer: bool = False
) -> ClaimPart:
    """Say which claim a payment in suspense is for. Matching it to the same claim again changes nothing.

    `payer` says which of the claim's payers it is from where the 835 does not tell; `remember_payer` lets this
    originator's checks count as that payer's from now on. Refused NOT_UNMATCHED for one that stands in a claim's books
    (unmatch it first), is refunded or was refused.
    """
    require("remits.match")
    check, part = _part(remittance_id, sequence)
    if part.claim_id == claim_id and part.reason == THIRD_UNCLEAR and payer is not None:
        part = unmatch(remittance_id, sequence)  # it waits in that claim's books; a person says now whose it is
        check, part = _part(remittance_id, sequence)
    if part.claim_id == claim_id:
        return part
    if part.outcome != "suspended" or part.claim_id or part.reason == "REFUND":
        raise Refused("NOT_UNMATCHED", "this payment is not waiting to be matched", fix="otbill remits unmatch")
    stored = get_claim(claim_id)
    posting, content = _posting(check, part, stored, payer)
    answer, book = answer_of(posting, stored), records.get_book(claim_id)
    with store.unit_of_work() as uow:
        uow.once("claim_match", f"{posting.key}#{part.version}")
        held = held_aside(answer)
        stamp = f"match:{part.version}"
        done, changed = enter(
            uow, posting, stored, book, answer, content, memo="payment matched", stamp=stamp, held=held
        )
        done = done.model_copy(
            update={"version": part.version, "entry_id": done.entry_id or part.entry_id, "proposals": part.proposals}
        )
        uow.replace(records.part_record(remittance_id, done))
        recount(uow, remittance_id, part.outcome, done.outcome)
        question(uow, remittance_id, posting.key, changed.standings[posting.key], answer.paid_cents)
        if remember_payer:
            records.learn_payer(uow, check.originator, _payer_id(stored.claim.content, content, posting.found))
        uow.audit("claim_payment.matched", f"RMT#{remittance_id}", ("claim",))
        uow.commit()
    return done


def _payer_id(whole: ClaimContent, content: ClaimContent, found: Found) -> str:
    """Of the payer it was matched to; `content` is what was billed to a level, `whole` the claim with all its payers."""
    if found.third and whole.tertiary:
        return whole.tertiary.payer_id
    payer = found.payer
    return content.secondary.payer_id if payer == "secondary" and content.secondary else content.coverage.payer_id


def _posting(check: Check, part: ClaimPart, stored: StoredClaim, payer: Named | None) -> tuple[Posting, ClaimContent]:
    payment = read_payment(part.payment)
    content = content_of(stored, payment)
    told = CheckPayer(check.payer_id, check.payer_name, check.originator)
    sequence = stored.claim.latest.sequence if stored.claim.latest else "P"
    third = payer == "tertiary" or (payer is None and third_answers(payment, content, sequence, told))
    named: Payer | None = "secondary" if third or payer == "secondary" else "primary" if payer else None
    level = named or payer_level(payment, content, sequence, told) or _by_status(payment, content)
    if level == "secondary" and stored.claim.content.secondary is None:
        raise Misuse("NO_SECONDARY", "this claim has no secondary payer", where="payer")
    if third and stored.claim.content.tertiary is None:
        raise Misuse("NO_TERTIARY", "this claim has no third payer", where="payer")
    lines = match_lines(payment.lines, content.lines, content.date_of_service)
    found = Found(stored.claim.claim_id, "person", level, lines, third=third)
    day = check.paid_on or clock.today(current().tenant.timezone)
    practice = practice_file()
    posting = Posting(
        check.remittance_id, part.sequence, payment, found, check.payer_name, day, check.trace, practice=practice
    )
    return posting, content


def practice_file() -> Practice | None:
    """The practice's file, where one was applied: it says whose plans have terms of their own."""
    return current_practice() if find_applied() else None


def _by_status(payment: ClaimPayment, content: ClaimContent) -> Payer:
    return "secondary" if payment.status_code in ("2", "20") and content.secondary is not None else "primary"


def content_of(stored: StoredClaim, payment: ClaimPayment) -> ClaimContent:
    """What was billed for the same charge, newest first; else what the claim says now."""
    sent = find_submissions(item.submission_id for item in stored.claim.submissions)
    billed = [sent[item.submission_id] for item in reversed(stored.claim.submissions) if item.submission_id in sent]
    fitting = (item.content for item in billed if item.content.charge_cents == abs(payment.charge_cents))
    return next(fitting, stored.claim.content)


def unmatch(remittance_id: str, sequence: int) -> ClaimPart:
    """Take a payment off its claim and into suspense again. Refused NOT_MATCHED, REFUND_OPEN."""
    require("remits.match")
    _, part = _part(remittance_id, sequence)
    if not part.claim_id or part.outcome == "refused":
        raise Refused("NOT_MATCHED", "this payment stands in no claim's books")
    if part.reason == "REFUND":
        raise Refused("REFUND_OPEN", "this payment is to go back to the payer", fix="otbill remits refunds --cancel")
    key, stored, book = _key(remittance_id, sequence), get_claim(part.claim_id), records.get_book(part.claim_id)
    answer = next((item for item in book.answers if item.key == key), None)
    if answer is None:
        raise Refused("NOT_MATCHED", "this payment stands in no claim's books")
    answers = tuple(item for item in book.answers if item.key != key)
    terms = terms_of(stored, answers)
    aside = standing("waiting", waiting_effect(answer), "UNMATCHED_BY_HAND")
    with store.unit_of_work() as uow:
        uow.once("claim_unmatch", f"{key}#{part.version}")
        change = Change(
            stored=stored,
            book=book,
            answers=answers,
            terms=terms,
            source=remittance_id,
            memo="payment unmatched",
            stamp=f"unmatch:{part.version}",
            told=told_of_others(book, stored, terms, practice_file()),
            aside={key: aside},
            own=key,
        )
        changed = carry_out(uow, change)
        update = {
            "claim_id": "", "outcome": "suspended", "reason": "UNMATCHED_BY_HAND", "how": "", "lines": (),
            "entry_id": changed.entries.get(key, part.entry_id),
            "proposals": (Proposal(claim_id=part.claim_id, score=0, why=("matched before",)),),
        }  # fmt: skip
        done = part.model_copy(update=update)
        uow.replace(records.part_record(remittance_id, done))
        recount(uow, remittance_id, part.outcome, done.outcome)
        question(uow, remittance_id, key, aside, answer.paid_cents)
        for kind in ("denied", "underpaid"):  # questions about a decision that stands no more
            close_in(uow, kind, stored.claim.claim_id, key)
        uow.audit("claim_payment.unmatched", f"RMT#{remittance_id}", ("claim",))
        uow.commit()
    return done


def match_lines_by_hand(remittance_id: str, sequence: int, lines: Mapping[int, int]) -> ClaimPart:
    """Say which billed line each named service answers. Misuse for a service or line that is not there."""
    require("remits.match")
    check, part = _part(remittance_id, sequence)
    if not part.claim_id:
        raise Refused("NOT_MATCHED", "match the payment to its claim first")
    stored = get_claim(part.claim_id)
    posting, content = _posting(check, part, stored, part.payer)
    billed = {line.number for line in content.lines}
    known = {item.service: item for item in part.lines}
    if not lines or not set(lines) <= set(known) or not set(lines.values()) <= billed:
        raise Misuse("NO_SUCH_LINE", "there is no such service in the payment, or no such line on the claim")
    for service, number in lines.items():
        known[service] = LineMatch(service=service, numbers=(number,), how="person")
    done = part.model_copy(update={"lines": tuple(known[service] for service in sorted(known))})
    if done == part:
        return part
    with store.unit_of_work() as uow:
        uow.replace(records.part_record(remittance_id, done))
        if done.outcome == "posted" and all(
            item.numbers for item in done.lines
        ):  # what was paid short is seen only now
            posting = dataclasses.replace(posting, found=dataclasses.replace(posting.found, lines=done.lines))
            short = short_of(posting, content, expected_of(posting, content))
            if short is not None:
                about_shortfall(uow, part.claim_id, posting.key, check.payer_name, short)
        uow.audit("claim_payment.lines_matched", f"RMT#{remittance_id}", ("lines",))
        uow.commit()
    return done


def patient_paid(claim_id: str, amount_cents: int, reference: str, on: date | None = None) -> bool:
    """Record money of the patient for a claim, once per reference. False when it was recorded before."""
    require("remits.enter")
    if amount_cents <= 0 or not reference.strip():
        raise Misuse("PATIENT_PAYMENT", "a patient's payment is above zero and has a receipt number")
    stored, book = get_claim(claim_id), records.get_book(claim_id)
    key = current().make_id("pay", claim_id, reference.strip())
    if any(item.key == key for item in book.answers):
        return False
    day = on or clock.today(current().tenant.timezone)
    answer = Answer(key=key, order=f"{day}#{key}", kind="patient_payment", paid_cents=amount_cents)
    answers = (*book.answers, answer)
    terms = terms_of(stored, answers)
    with store.unit_of_work() as uow:
        uow.once("patient_payment", key)
        told = told_of_others(book, stored, terms, None)
        change = Change(
            stored=stored, book=book, answers=answers, terms=terms, source=f"patient:{key}", memo="paid by the patient",
            stamp="post", told=told, own=key,
        )  # fmt: skip
        carry_out(uow, change)
        uow.audit("patient_payment.posted", f"CLM#{claim_id}", ("amount",))
        uow.commit()
    return True

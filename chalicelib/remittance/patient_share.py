"""A patient share other than PR 1, 2 and 3, moved to the patient by a person's decision, or not at all.

The payer says whose it is (group PR); the reason says why, and reasons beyond deductible, coinsurance and copay need a person to
look. What posting may never ask of a patient, no person may either: Medicare cost share of a QMB, services Medicaid covers,
workers' compensation, amounts above Florida's PIP schedule (`next_party`), and nothing while a payer is left. Sources:
42 USC 1396a(n)(3)(B); 42 CFR 447.15; F.S. 627.736(5)(a)5; PR is the only group a patient may be billed for (CMS ICN905367).
"""

from __future__ import annotations

from functools import partial

from chalicelib import store
from chalicelib.claims.records import StoredClaim, get_claim
from chalicelib.money import dollars
from chalicelib.platform.errors import NotFound, Refused
from chalicelib.remittance import records
from chalicelib.remittance.book import Answer
from chalicelib.remittance.claim_payment import (
    decided_by_line,
    read_payment,
    terms_of,
    told_of_others,
)
from chalicelib.remittance.model import Book, ClaimPart
from chalicelib.remittance.split import PATIENT_REASONS, Terms, shares_of
from chalicelib.remittance.transition import Change, carry_out
from chalicelib.tenancy import require


def check(remittance_id: str, sequence: int, reason: str) -> int:
    """How many cents it would move; reads only. Refused NOT_THE_PATIENTS, NEXT_PAYER_FIRST, PATIENT_PROTECTED, NOT_STANDING."""
    return _read(remittance_id, sequence, reason)[4]


def pass_on(remittance_id: str, sequence: int, reason: str) -> int:
    """Move the PR of one reason of a posted claim payment to the patient; the cents moved, 0 when it was done before.

    Should the payer take the decision back, the patient's part goes with it, as any other part of it.
    """
    require("denials.patient")
    part, stored, book, answer, moved = _read(remittance_id, sequence, reason)
    if reason in answer.passed:
        return 0
    passed = tuple(sorted({*answer.passed, reason}))
    lines = decided_by_line(read_payment(part.payment), part.lines, passed)
    after = answer.model_copy(update={"passed": passed, "by_line": lines})
    answers = tuple(after if item.key == answer.key else item for item in book.answers)
    terms = terms_of(stored, answers)
    words = f"{dollars(moved)} the payer left under PR-{reason} are the patient's, by a person's decision"
    with store.unit_of_work() as uow:
        uow.once("patient_share", f"{answer.key}#{reason}#{book.version}")
        change = Change(
            stored=stored, book=book, answers=answers, terms=terms, source=remittance_id, memo="moved to the patient",
            stamp=f"patient:{reason}:{book.version}", told=told_of_others(book, stored, terms, None), own=answer.key,
            said=(words, {"passed": {"remittance_id": remittance_id, "part": sequence, "reason": reason}}),
        )  # fmt: skip
        carry_out(uow, change)
        uow.audit("patient_share.moved", f"CLM#{part.claim_id}", ("patient",))
        uow.commit()
    return moved


def _read(remittance_id: str, sequence: int, reason: str) -> tuple[ClaimPart, StoredClaim, Book, Answer, int]:
    part = records.find_part(remittance_id, sequence)
    if part is None or not part.claim_id:
        raise NotFound("PAYMENT_NOT_FOUND", "no such claim payment in this practice")
    stored, book = get_claim(part.claim_id), records.get_book(part.claim_id)
    key = f"{remittance_id}#{sequence:06d}"
    answer = next((item for item in book.answers if item.key == key), None)
    standing = book.standings.get(key)
    if answer is None or standing is None or standing.state != "applied":
        raise Refused("NOT_STANDING", "this decision of the payer does not stand any more")
    amount = sum(cents for group, code, cents in answer.adjustments if (group, code) == ("PR", reason))
    if reason in PATIENT_REASONS:
        raise _protected()  # posting passes these on by itself wherever they may be asked
    if amount <= 0:
        raise Refused("NOT_THE_PATIENTS", f"the payer left nothing to the patient under PR-{reason}")
    content = stored.claim.content
    follows = content.secondary if answer.payer == "primary" else None if answer.third else content.tertiary
    if follows is not None:
        raise Refused("NEXT_PAYER_FIRST", "the patient has a further payer", fix="bill it first")
    if reason not in answer.passed:
        _refuse_protected(answer, terms_of(stored, book.answers), reason, amount)
    return part, stored, book, answer, amount


def _refuse_protected(answer: Answer, terms: Terms, reason: str, amount: int) -> None:
    """Where the whole of it may not be asked of the patient, none of it is moved."""
    shares = partial(
        shares_of, answer.paid_cents, answer.adjustments, terms, later=answer.payer == "secondary", third=answer.third
    )
    before, after = shares(passed=answer.passed), shares(passed=(*answer.passed, reason))
    if after.share_cents - before.share_cents != amount:
        raise _protected()


def _protected() -> Refused:
    return Refused(
        "PATIENT_PROTECTED",
        "the patient may not be asked for it: Medicaid, a Medicare beneficiary it protects, workers' compensation, or more than "
        "the auto schedule leaves to the patient",
    )

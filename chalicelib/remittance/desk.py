"""The claim payments of one check, each to its claim: found, judged, posted, or set aside with a proposal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from chalicelib import clock, store
from chalicelib.claims.claim import Claim
from chalicelib.claims.graph import NotNow
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import StoredClaim, Submission, find_claims
from chalicelib.codes import payers
from chalicelib.onboarding.model import Practice
from chalicelib.onboarding.records import current_practice
from chalicelib.platform.errors import AlreadyDone, Conflict, Fault
from chalicelib.remittance import records
from chalicelib.remittance.claim_payment import Posting, post_claim
from chalicelib.remittance.faults import claim_faults
from chalicelib.remittance.finding import Found, among, clean, judge, service_date
from chalicelib.remittance.model import Book, Proposal
from chalicelib.remittance.payers import CheckPayer, same_payer
from chalicelib.tenancy import current
from chalicelib.x12 import ClaimPayment, Remittance

AT_ONCE = 50
ATTEMPTS = 6


@dataclass
class Desk:
    """What one check needs to be posted: who paid, and the claims read so far."""

    remittance: Remittance
    remittance_id: str
    payer: CheckPayer
    practice: Practice
    sent: dict[str, Submission] = field(default_factory=dict)
    claims: dict[str, StoredClaim] = field(default_factory=dict)
    books: dict[str, Book] = field(default_factory=dict)
    days: dict[date, list[StoredClaim]] = field(default_factory=dict)

    @property
    def paid_on(self) -> date:
        remittance = self.remittance
        return remittance.date or remittance.production_date or clock.today(current().tenant.timezone)

    def read(self, payments: Sequence[ClaimPayment]) -> None:
        """Read what these payments name, in a few requests."""
        self.sent = records.routes(clean(payment.patient_control_number) for payment in payments)
        wanted = {item.claim_id for item in self.sent.values()}
        self.claims = find_claims(wanted)
        found = store.get_many([records.book_key(claim_id) for claim_id in wanted])
        self.books = {book.claim_id: book for book in map(records.to_book, found.values())}

    def claim(self, claim_id: str) -> StoredClaim | None:
        if claim_id not in self.claims:
            self.claims |= find_claims([claim_id])
        return self.claims.get(claim_id)

    def book(self, claim_id: str) -> Book:
        if claim_id not in self.books:
            self.books[claim_id] = records.get_book(claim_id)
        return self.books[claim_id]

    def forget(self, claim_id: str) -> None:
        """What was read of a claim is old once something was posted to it."""
        self.claims.pop(claim_id, None)
        self.books.pop(claim_id, None)

    def find(self, payment: ClaimPayment) -> Found:
        item = self.sent.get(clean(payment.patient_control_number))
        stored = self.claim(item.claim_id) if item else None
        if item is not None and stored is not None:
            return judge(payment, stored.claim, item.content, item.sequence, self.payer, "patient_control_number")
        return among(payment, self._candidates(payment), self.payer)

    def _candidates(self, payment: ClaimPayment) -> list[Claim]:
        """Claims of this check's payer with the payment's date of service; those under the payer's number besides."""
        day = service_date(payment)
        found = {item.claim.claim_id: item.claim for item in (self._on(day) if day else [])}
        if payment.payer_control_number:
            named = [part.claim_id for _, part in records.parts_by_payer_number(payment.payer_control_number)]
            found |= {key: item.claim for key, item in find_claims(key for key in named if key not in found).items()}
        return list(found.values())

    def _on(self, day: date) -> list[StoredClaim]:
        if day not in self.days:
            names = {row.payer_id: row.name for row in payers.directory()}
            names |= {row.payer_id: row.name for row in self.practice.payers}
            mine = [key for key, name in names.items() if same_payer(self.payer, key, (name,))]
            self.days[day] = [item for key in mine for item in records.claims_on(key, day)]
        return self.days[day]


def open_desk(remittance: Remittance, remittance_id: str) -> Desk:
    originator = remittance.originating_company_id
    payer = CheckPayer(remittance.payer.id_code, remittance.payer.name, originator, records.learned_payer(originator))
    return Desk(remittance, remittance_id, payer, current_practice())


def post_claims(remittance: Remittance, remittance_id: str) -> dict[str, int]:
    """Counts by outcome, and `refused_cents`."""
    counts = {"posted": 0, "suspended": 0, "refused": 0, "already_posted": 0, "refused_cents": 0}
    desk = open_desk(remittance, remittance_id)
    for first, part in _chunks(remittance.claims):
        desk.read(part)
        for sequence, payment in enumerate(part, first):
            faults = claim_faults(payment)
            if faults:
                counts["refused_cents"] += payment.paid_cents
            try:
                counts[_post(desk, sequence, payment)] += 1
            except AlreadyDone:
                counts["already_posted"] += 1
    return counts


def _chunks(claims: Sequence[ClaimPayment]) -> Iterator[tuple[int, list[ClaimPayment]]]:
    rest, first = iter(claims), 1
    while part := list(islice(rest, AT_ONCE)):
        yield first, part
        first += len(part)


def _post(desk: Desk, sequence: int, payment: ClaimPayment) -> str:
    """Post one payment; read again and try again when somebody else was at the claim."""
    for _ in range(ATTEMPTS):
        found = desk.find(payment)
        posting = Posting(
            desk.remittance_id,
            sequence,
            payment,
            found,
            desk.remittance.payer.name,
            desk.paid_on,
            desk.remittance.trace,
            claim_faults(payment),
            desk.practice,
        )
        stored = desk.claim(found.claim_id) if found.claim_id else None
        book = desk.book(found.claim_id) if stored else None
        content = content_sent(stored, payment, desk.sent) if stored else None
        try:
            return post_claim(posting, stored, book, content)
        except NotNow:
            told = Proposal(claim_id=found.claim_id, score=100, why=(found.how,))
            aside = Found(how=found.how, payer=found.payer, reason="CLAIM_CANNOT_TAKE_IT", proposals=(told,))
            return post_claim(dataclasses.replace(posting, found=aside), None, None, None)
        except Conflict:
            continue
        finally:
            desk.forget(found.claim_id)
    raise Fault("STORE_BUSY", "a claim changed too often while its payment was posted", fix="post the file again")


def content_sent(stored: StoredClaim, payment: ClaimPayment, sent: dict[str, Submission]) -> ClaimContent:
    """What was billed under the payment's number; under a number found another way, what the claim says now."""
    item = sent.get(clean(payment.patient_control_number))
    return item.content if item is not None and item.claim_id == stored.claim.claim_id else stored.claim.content

"""Checks, their claims and the claims' payment books as items of the practice's table.

RMT#<id> / REMITTANCE    the check; gsi1 RMTS / paid date#id, gsi2 RMTS#UNDEPOSITED / paid date#id until a bank deposit is found
RMT#<id> / CLP#<seq>     one claim of it, with what posting did; gsi1 PAYERNO#<hash> / id#seq, gsi2 UNMATCHED / id#seq while
                         it waits in suspense, UNMATCHED#LINES / id#seq while it is posted and a service answers no line
CLM#<id> / PAYBOOK       every answer about the claim's money, and where each stands
ORIGINATOR#<id> / PAYER  which payer a person said an originator (TRN03, hashed) is
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice

from chalicelib import store
from chalicelib.claims.records import StoredClaim, Submission, find_submissions, to_claim
from chalicelib.remittance.model import Book, Check, ClaimPart
from chalicelib.tenancy import current

UNMATCHED = "UNMATCHED"
OPEN_LINES = "UNMATCHED#LINES"
UNDEPOSITED = "RMTS#UNDEPOSITED"


def check_record(check: Check) -> store.Record:
    order = f"{check.paid_on or ''}#{check.remittance_id}"
    waits = check.state != "refused" and not check.deposit_id and not check.debit and check.amount_cents != 0
    return store.Record(
        pk=f"RMT#{check.remittance_id}",
        sk="REMITTANCE",
        kind="remittance",
        data=check.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=check.version,
        gsi1=("RMTS", order),
        gsi2=(UNDEPOSITED, order) if waits else None,
    )


def to_check(record: store.Record) -> Check:
    return record.read_as(Check, "version")


def find_check(remittance_id: str) -> Check | None:
    record = store.get(f"RMT#{remittance_id}", "REMITTANCE")
    return to_check(record) if record else None


def payer_number_key(number: str) -> str:
    """The index key of a payer's control number: a hash, since it is the payer's name of a patient's claim."""
    return f"PAYERNO#{current().make_id('pno', re.sub('[^0-9A-Z]', '', number.upper()))}"


def part_record(remittance_id: str, part: ClaimPart) -> store.Record:
    queue = UNMATCHED if part.outcome == "suspended" else (OPEN_LINES if _lines_open(part) else "")
    number = str(part.payment.get("payer_control_number") or "")
    return store.Record(
        pk=f"RMT#{remittance_id}",
        sk=f"CLP#{part.sequence:06d}",
        kind="claim_payment",
        data=part.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=part.version,
        gsi1=(payer_number_key(number), f"{remittance_id}#{part.sequence:06d}") if number else None,
        gsi2=(queue, f"{remittance_id}#{part.sequence:06d}") if queue else None,
    )


def _lines_open(part: ClaimPart) -> bool:
    """A reversal's lines are those of the payment it takes back: nobody matches them."""
    decides = part.payment.get("status_code") != "22"
    return part.outcome == "posted" and decides and any(not item.numbers for item in part.lines)


def to_part(record: store.Record) -> ClaimPart:
    return record.read_as(ClaimPart, "version")


def parts(remittance_id: str) -> Iterator[ClaimPart]:
    """The claims of a check in file order."""
    yield from map(to_part, store.iter_query(f"RMT#{remittance_id}", "CLP#"))


def find_part(remittance_id: str, sequence: int) -> ClaimPart | None:
    record = store.get(f"RMT#{remittance_id}", f"CLP#{sequence:06d}")
    return to_part(record) if record else None


def parts_by_payer_number(number: str) -> list[tuple[str, ClaimPart]]:
    """(remittance id, claim payment) of everything that came under a payer's control number."""
    found = store.iter_index("gsi1", payer_number_key(number))
    return [(record.pk.removeprefix("RMT#"), to_part(record)) for record in found]


def waiting_parts() -> Iterator[tuple[str, ClaimPart]]:
    """(remittance id, claim payment) of everything in suspense."""
    for record in store.iter_index("gsi2", UNMATCHED):
        yield record.pk.removeprefix("RMT#"), to_part(record)


def open_line_parts(most: int) -> Iterator[tuple[str, ClaimPart]]:
    """(remittance id, claim payment) of posted payments with a service that answers no line; at most so many."""
    for record in islice(store.iter_index("gsi2", OPEN_LINES), most):
        yield record.pk.removeprefix("RMT#"), to_part(record)


def every_check() -> Iterable[Check]:
    """Checks, newest paid first."""
    return map(to_check, store.iter_index("gsi1", "RMTS", newest_first=True))


def undeposited() -> Iterable[Check]:
    """Checks no bank deposit was found for, oldest first."""
    return map(to_check, store.iter_index("gsi2", UNDEPOSITED))


# Payment books


def book_key(claim_id: str) -> tuple[str, str]:
    return f"CLM#{claim_id}", "PAYBOOK"


def book_record(book: Book) -> store.Record:
    data = book.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
    return store.Record(*book_key(book.claim_id), "payment_book", {**data, "claim_id": book.claim_id}, book.version)


def to_book(record: store.Record) -> Book:
    return record.read_as(Book, "version")


def get_book(claim_id: str) -> Book:
    """The claim's book; an empty one where nothing was ever answered."""
    record = store.get(*book_key(claim_id))
    return to_book(record) if record else Book(claim_id=claim_id)


# What a payment may name


def routes(numbers: Iterable[str]) -> dict[str, Submission]:
    """Submissions by patient control number; numbers that are not ours are absent."""
    keys = [(f"PCN#{number}", "ROUTE") for number in dict.fromkeys(numbers) if number]
    found = {key[0][4:]: str(record.data["submission_id"]) for key, record in store.get_many(keys).items()}
    sent = find_submissions(found.values())
    return {number: sent[key] for number, key in found.items() if key in sent}


def claims_on(payer_id: str, day: date) -> Sequence[StoredClaim]:
    """A payer's claims with this date of service."""
    return [to_claim(record) for record in store.iter_index("gsi2", f"CLAIMS#PAYER#{payer_id}", f"{day.isoformat()}#")]


def _originator_key(originator: str) -> tuple[str, str]:
    return f"ORIGINATOR#{current().make_id('org', originator)}", "PAYER"


def learned_payer(originator: str) -> str:
    """The payer id a person gave this originator, empty when nobody did."""
    record = store.get(*_originator_key(originator)) if originator else None
    return str(record.data["payer_id"]) if record else ""


def learn_payer(uow: store.UnitOfWork, originator: str, payer_id: str) -> None:
    key = _originator_key(originator)
    before = store.get(*key)
    uow.replace(store.Record(*key, "originator", {"payer_id": payer_id}, version=before.version if before else 0))

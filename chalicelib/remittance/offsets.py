"""Provider-level adjustments (PLB): each to its named account, and the tracer that follows those which take money back.

A takeback is told in pieces over several checks: money held back (negative), taken (positive), returned by our own
check (72), moved to a later check (FB). Pieces with one payer, kind and reference are one offset; what is left of it is
its sum. An offset whose reference names one claim of ours (our number or the payer's) and that no reversal explains
takes that much off the claim's payment; any other is a person's question (`otbill remits assign`). Sources:
005010X221A1 PLB; X12 RFI 227, 325, 580, 1756, 2223, 2231. Positive lowers the payment, negative raises it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from chalicelib import ledger, store
from chalicelib.claims.records import StoredClaim, find_claims
from chalicelib.money import Cents, dollars
from chalicelib.platform.errors import AlreadyDone, Conflict, Fault, NotFound, Refused
from chalicelib.platform.model import Model
from chalicelib.remittance import records
from chalicelib.remittance.book import Answer
from chalicelib.remittance.claim_payment import terms_of, told_of_others
from chalicelib.remittance.model import Book, Check
from chalicelib.remittance.transition import Change, Told, carry_out
from chalicelib.support.tasks import ask_in, close_in
from chalicelib.tenancy import current, require

FAMILIES = {"WO": "recovery", "72": "recovery", "FB": "forward"}
"""PLB codes that belong together: a recovery is held back, taken, returned; a balance is forwarded and applied."""
OPEN = "OFFSETS#OPEN"
TASK = "takeback"
_ATTEMPTS = 6


class Movement(Model):
    """One PLB pair of a check. `cents` positive was taken from the check."""

    remittance_id: str
    number: int
    code: str
    cents: Cents
    paid_on: date | None = None


class Offset(Model):
    """What belongs together. `claim_id` is the claim it takes back, when one is known; `by_hand` when a person said so."""

    offset_id: str
    family: str
    payer_name: str
    reference: str
    movements: tuple[Movement, ...] = ()
    claim_id: str = ""
    by_hand: bool = False
    version: int = 0

    @property
    def open_cents(self) -> int:
        """Positive: taken from us and explained by nothing yet. Negative: given in advance, to be taken later."""
        return sum(item.cents for item in self.movements)

    @property
    def key(self) -> str:
        return f"offset:{self.offset_id}"


def account(code: str) -> str:
    """The ledger account of a PLB code; a code no account can be named by goes to suspense, never away."""
    try:
        return ledger.provider_level(code)
    except ledger.LedgerError:
        return "suspense.provider_level"


def record_of(offset: Offset) -> store.Record:
    first = min((item.paid_on for item in offset.movements if item.paid_on), default=None)
    return store.Record(
        pk=f"OFS#{offset.offset_id}",
        sk="OFFSET",
        kind="offset",
        data=offset.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=offset.version,
        gsi2=(OPEN, f"{first or ''}#{offset.offset_id}") if offset.open_cents else None,
    )


def _read(record: store.Record) -> Offset:
    return record.read_as(Offset, "version")


def get_offset(offset_id: str) -> Offset:
    record = store.get(f"OFS#{offset_id}", "OFFSET")
    if record is None:
        raise NotFound("OFFSET_NOT_FOUND", "no such takeback in this practice")
    return _read(record)


def open_offsets() -> Iterator[Offset]:
    """Offsets whose pieces do not add up to nothing, oldest first."""
    require("remits.list")
    yield from map(_read, store.iter_index("gsi2", OPEN))


def track(check: Check) -> None:
    """Add the check's pieces to their offsets, once each, and restate the claims they take back."""
    for number, (code, reference, cents) in enumerate(check.provider_adjustments, 1):
        if code not in FAMILIES:
            continue
        offset = _add(check, number, code, reference, cents)
        restate(offset)


def _add(check: Check, number: int, code: str, reference: str, cents: int) -> Offset:
    natural = (check.originator or check.payer_id or check.payer_name, FAMILIES[code], _plain(reference))
    offset_id = current().make_id("ofs", *natural)
    piece = Movement(remittance_id=check.remittance_id, number=number, code=code, cents=cents, paid_on=check.paid_on)
    for _ in range(_ATTEMPTS):
        record = store.get(f"OFS#{offset_id}", "OFFSET")
        before = _read(record) if record else Offset(
            offset_id=offset_id, family=FAMILIES[code], payer_name=check.payer_name, reference=reference
        )  # fmt: skip
        claim_id = before.claim_id or (_named(reference) if FAMILIES[code] == "recovery" else "")
        after = before.model_copy(update={"movements": (*before.movements, piece), "claim_id": claim_id})
        try:
            with store.unit_of_work() as uow:
                uow.once("provider_adjustment", f"{check.remittance_id}#{number}")
                uow.replace(record_of(after))
                _ask(uow, after)
                uow.audit("offset.moved", f"OFS#{offset_id}", ("movements",))
                uow.commit()
        except AlreadyDone:
            return get_offset(offset_id)
        except Conflict:
            continue
        return after.model_copy(update={"version": before.version + 1})
    raise Fault("STORE_BUSY", "a takeback changed too often while it was recorded", fix="post the file again")


def _plain(reference: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", reference.upper())


def _named(reference: str) -> str:
    """The one claim a reference names by our number or by the payer's; empty when it names none, or several."""
    tokens = {_plain(word) for word in re.split(r"[^0-9A-Za-z]+", reference)} | {_plain(reference)}
    found = {item.claim_id for item in records.routes(tokens - {""}).values()}
    for token in tokens - {""}:
        found |= {part.claim_id for _, part in records.parts_by_payer_number(token) if part.claim_id}
    return next(iter(found)) if len(found) == 1 else ""


def _ask(uow: store.UnitOfWork, offset: Offset) -> None:
    """A person's question while money was taken and no claim explains it."""
    if offset.open_cents > 0 and not offset.claim_id and offset.family == "recovery":
        words = f"{offset.payer_name} took {dollars(offset.open_cents)} from a check and names no claim of ours"
        amount = offset.open_cents
        ask_in(uow, TASK, f"OFS#{offset.offset_id}", words, amount_cents=amount, natural_key=offset.offset_id)
    else:
        close_in(uow, TASK, f"OFS#{offset.offset_id}", offset.offset_id)


def restate(offset: Offset) -> None:
    """Let the claim's book say what the offset takes back of its payment: as much as is taken and not given back."""
    if not offset.claim_id:
        return
    for _ in range(_ATTEMPTS):
        found = find_claims([offset.claim_id])
        book = records.get_book(offset.claim_id)
        answer = _takeback(offset)
        before = next((item for item in book.answers if item.key == offset.key), None)
        if before == answer or not found:
            return
        try:
            _write(found[offset.claim_id], book, offset, answer)
        except Conflict:
            continue
        return
    raise Fault("STORE_BUSY", "a claim changed too often while a takeback was posted", fix="post the file again")


def _takeback(offset: Offset) -> Answer | None:
    last = max(offset.movements, key=lambda item: (str(item.paid_on), item.remittance_id, item.number))
    if offset.open_cents <= 0:
        return None
    return Answer(
        key=offset.key,
        order=f"{last.paid_on or ''}#{last.remittance_id}#PLB{last.number:03d}",
        kind="takeback",
        remittance_id=last.remittance_id,
        paid_cents=offset.open_cents,
        account=account(last.code),
    )


def _write(stored: StoredClaim, book: Book, offset: Offset, answer: Answer | None) -> None:
    answers = tuple(item for item in book.answers if item.key != offset.key) + ((answer,) if answer else ())
    terms = terms_of(stored, answers)
    data = {"remittance_id": offset.movements[-1].remittance_id, "offset_id": offset.offset_id}
    with store.unit_of_work() as uow:
        change = Change(
            stored=stored,
            book=book,
            answers=answers,
            terms=terms,
            source=offset.movements[-1].remittance_id,
            memo="taken back at provider level",
            stamp=f"offset:{len(offset.movements)}:{book.version}",
            told={**told_of_others(book, stored, terms, None), offset.key: Told(data, offset.payer_name)},
        )
        carry_out(uow, change)
        uow.audit("offset.restated", f"CLM#{stored.claim.claim_id}", ("payment",))
        uow.commit()


def assign(offset_id: str, claim_id: str) -> Offset:
    """Say which claim an offset takes back. Refused when it already takes back another, NOTHING_TAKEN when nothing is open."""
    require("remits.match")
    offset = get_offset(offset_id)
    if offset.claim_id and offset.claim_id != claim_id:
        raise Refused(
            "ALREADY_ASSIGNED", "this takeback already belongs to a claim", fix="otbill remits trace shows which"
        )
    if offset.open_cents <= 0:
        raise Refused("NOTHING_TAKEN", "nothing is taken that a claim would have to explain")
    if not find_claims([claim_id]):
        raise NotFound("CLAIM_NOT_FOUND", "no such claim in this practice")
    after = offset.model_copy(update={"claim_id": claim_id, "by_hand": True})
    if not offset.claim_id:
        with store.unit_of_work() as uow:
            uow.replace(record_of(after))
            _ask(uow, after)
            uow.audit("offset.assigned", f"OFS#{offset_id}", ("claim",))
            uow.commit()
    restate(after)
    return get_offset(offset_id)

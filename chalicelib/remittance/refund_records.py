"""Money owed back: what it is, until when, and what became of it.

RFD#<id> / REFUND   gsi2 REFUNDS#OPEN / due date#id while it is owed
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from chalicelib import store
from chalicelib.money import Cents, dollars
from chalicelib.platform.errors import NotFound
from chalicelib.platform.model import Model
from chalicelib.support.tasks import ask_in, close_in
from chalicelib.tenancy import current

OPEN = "REFUNDS#OPEN"
TASK = "refund"


class Refund(Model):
    """`payment_key` is the payment it gives back (remittance#sequence), empty for a patient's credit. `due_on` is the law's or
    the contract's day. recouped: the payer took it itself; cancelled: it was not owed after all."""

    refund_id: str
    to: Literal["payer", "patient"]
    name: str
    remittance_id: str = ""
    payment_key: str = ""
    claim_id: str = ""
    amount_cents: Cents
    identified_on: date
    due_on: date
    clock: str
    state: Literal["open", "paid", "recouped", "cancelled"] = "open"
    settled_on: date | None = None
    reference: str = ""
    version: int = 0

    @property
    def subject(self) -> str:
        """Whose books hold the liability."""
        return self.remittance_id or self.claim_id


def record_of(refund: Refund) -> store.Record:
    return store.Record(
        pk=f"RFD#{refund.refund_id}",
        sk="REFUND",
        kind="refund",
        data=refund.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=refund.version,
        gsi2=(OPEN, f"{refund.due_on}#{refund.refund_id}") if refund.state == "open" else None,
    )


def read(record: store.Record) -> Refund:
    return record.read_as(Refund, "version")


def refund_id(natural_key: str) -> str:
    return current().make_id("rfd", natural_key)


def find(key: str) -> Refund | None:
    record = store.get(f"RFD#{key}", "REFUND")
    return read(record) if record else None


def get(key: str) -> Refund:
    """NotFound for one of nobody or of another practice."""
    found = find(key)
    if found is None:
        raise NotFound("REFUND_NOT_FOUND", "no such refund in this practice")
    return found


def open_ones() -> Iterator[Refund]:
    """What is owed back, soonest due first."""
    yield from map(read, store.iter_index("gsi2", OPEN))


def recoup_in(uow: store.UnitOfWork, payment_key: str, on: date) -> None:
    """The payer took the money back itself: an open refund is settled by it, and one already paid is a question."""
    refund = find(refund_id(payment_key))
    if refund is None or refund.state not in ("open", "paid"):
        return
    subject = f"RFD#{refund.refund_id}"
    if refund.state == "open":
        uow.replace(record_of(refund.model_copy(update={"state": "recouped", "settled_on": on})))
        close_in(uow, TASK, subject, refund.refund_id)
        return
    words = f"{refund.name} took back {dollars(refund.amount_cents)} that was refunded already: ask for it again"
    ask_in(uow, "refunded_twice", subject, words, amount_cents=refund.amount_cents, natural_key=refund.refund_id)

"""Refunds: what was overpaid is owed back, with a clock; it is paid once, and not at all once the payer has taken it itself.

Clocks are dated settings: Medicare and Medicaid 60 days from identification (42 CFR 401.305; 42 USC 1320a-7k(d)), other
payers by contract (ours: 60 until one is read), a patient's credit by the state (ours: 30 days; Florida's rule was not
read).
"""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib import clock, ledger, store
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import get_claim
from chalicelib.codes import settings
from chalicelib.intake.model import LineOfBusiness as Lob
from chalicelib.money import dollars
from chalicelib.platform.errors import NotFound, Refused
from chalicelib.remittance import offsets, records
from chalicelib.remittance.book import CREDIT
from chalicelib.remittance.claim_payment import terms_of, told_of_others
from chalicelib.remittance.model import Check, ClaimPart
from chalicelib.remittance.refund_records import TASK, Refund, find, get, open_ones, record_of, refund_id
from chalicelib.remittance.transition import TASK as UNMATCHED
from chalicelib.remittance.transition import Change, carry_out
from chalicelib.store import journal
from chalicelib.support.tasks import ask_in, close_in
from chalicelib.tenancy import current, require

_CLOCKS = {
    Lob.MEDICARE: "refund_days_medicare",
    Lob.MEDICARE_ADVANTAGE: "refund_days_medicare",
    Lob.MEDICAID: "refund_days_medicaid",
}


def owed() -> list[Refund]:
    """Every open refund, soonest due first."""
    require("remits.list")
    return list(open_ones())


def refund_payment(remittance_id: str, sequence: int) -> Refund:
    """Decide that a payment in suspense goes back to the payer. Refused NOT_IN_SUSPENSE for one that is posted or gone
    already.
    """
    require("remits.refund")
    part, check = records.find_part(remittance_id, sequence), records.find_check(remittance_id)
    if part is None or check is None:
        raise NotFound("PAYMENT_NOT_FOUND", "no such claim payment in this practice")
    key = f"{remittance_id}#{sequence:06d}"
    known = find(refund_id(key))
    if known is not None and known.state != "cancelled":
        return known
    amount = int(part.payment["paid_cents"])
    if part.outcome != "suspended" or amount <= 0:
        raise Refused("NOT_IN_SUSPENSE", "only money that waits in suspense can go back", fix="otbill remits unmatched")
    content = get_claim(part.claim_id).claim.content if part.claim_id else None
    refund = _new(key, check.payer_name, amount, _clock(content), version=known.version if known else 0)
    refund = refund.model_copy(
        update={"remittance_id": remittance_id, "payment_key": key, "claim_id": part.claim_id, "to": "payer"}
    )
    with store.unit_of_work() as uow:
        _set_aside(uow, part, check, key, refunding=True)
        uow.replace(record_of(refund))
        close_in(uow, UNMATCHED, remittance_id, key)
        _ask(uow, refund)
        uow.audit("refund.opened", f"RFD#{refund.refund_id}", ("amount", "due_on"))
        uow.commit()
    return refund.model_copy(update={"version": refund.version + 1})


def refund_patient(claim_id: str) -> Refund:
    """Decide that a patient's credit goes back. Refused NO_CREDIT when there is none."""
    require("remits.refund")
    claim = get_claim(claim_id).claim
    credit = records.get_book(claim_id).standings.get(CREDIT)
    amount = -credit.moved.get(("", ledger.REFUNDS), 0) if credit else 0
    key = f"{claim_id}#credit#{amount}"
    if known := find(refund_id(key)):
        return known
    if amount <= 0:
        raise Refused("NO_CREDIT", "the patient has no credit on this claim")
    refund = _new(key, "the patient", amount, "refund_days_patient").model_copy(
        update={"to": "patient", "claim_id": claim.claim_id}
    )
    with store.unit_of_work() as uow:
        uow.replace(record_of(refund))
        _ask(uow, refund)
        uow.audit("refund.opened", f"RFD#{refund.refund_id}", ("amount", "due_on"))
        uow.commit()
    return refund.model_copy(update={"version": 1})


def _clock(content: ClaimContent | None) -> str:
    return _CLOCKS.get(content.coverage.line_of_business, "refund_days_payer") if content else "refund_days_payer"


def _new(key: str, name: str, amount: int, days: str, version: int = 0) -> Refund:
    today = clock.today(current().tenant.timezone)
    return Refund(
        refund_id=refund_id(key),
        to="payer",
        name=name,
        amount_cents=amount,
        identified_on=today,
        due_on=today + timedelta(days=settings.value(days, today)),
        clock=days,
        version=version,
    )


def _ask(uow: store.UnitOfWork, refund: Refund) -> None:
    words = f"{dollars(refund.amount_cents)} are owed back to {refund.name} by {refund.due_on}"
    subject = f"RFD#{refund.refund_id}"
    ask_in(uow, TASK, subject, words, amount_cents=refund.amount_cents, natural_key=refund.refund_id)


def _set_aside(uow: store.UnitOfWork, part: ClaimPart, check: Check, key: str, *, refunding: bool) -> None:
    """From suspense to what is owed back, or (cancelled) the other way; by the claim's book where the payment stands in one."""
    if not part.claim_id:
        to, back = (ledger.REFUNDS, ledger.SUSPENSE) if refunding else (ledger.SUSPENSE, ledger.REFUNDS)
        lines = ledger.move(back, to, check.remittance_id, int(part.payment["paid_cents"]))
        _entry(
            uow, check.remittance_id, lines, "refund owed" if refunding else "refund cancelled", f"{key}#{part.version}"
        )
        uow.replace(
            records.part_record(
                check.remittance_id, part.model_copy(update={"reason": "REFUND" if refunding else "NO_SUCH_CLAIM"})
            )
        )
        return
    stored, book = get_claim(part.claim_id), records.get_book(part.claim_id)
    answers = tuple(
        item.model_copy(update={"refunding": refunding}) if item.key == key else item for item in book.answers
    )
    terms = terms_of(stored, answers)
    change = Change(
        stored=stored,
        book=book,
        answers=answers,
        terms=terms,
        source=check.remittance_id,
        memo="refund owed" if refunding else "refund cancelled",
        stamp=f"refund:{book.version}",
        told=told_of_others(book, stored, terms, None),
    )
    carry_out(uow, change)


def _entry(uow: store.UnitOfWork, source: str, lines: tuple[ledger.JournalLine, ...], memo: str, natural: str) -> None:
    entry_id = current().make_id("jrn", "refund", memo, natural)
    at = clock.instant_text(clock.now())
    journal.post(uow, ledger.JournalEntry(entry_id=entry_id, at=at, source=source, memo=memo, lines=lines))


def pay_refund(key: str, reference: str) -> Refund:
    """Record that a refund was paid. Refused when it is settled already, or when the payer seems to have taken it itself.

    ALREADY_SETTLED, RECOUPED_MAYBE (an unexplained takeback of the same payer for the same amount).
    """
    require("remits.refund")
    refund = get(key)
    if refund.state == "paid" and refund.reference == reference:
        return refund
    if refund.state != "open":
        raise Refused(
            "ALREADY_SETTLED", f"this refund is {refund.state}", fix="otbill remits refunds lists what is owed"
        )
    rival = next((item for item in offsets.open_offsets() if _takes(item, refund)), None)
    if refund.to == "payer" and rival is not None:
        raise Refused(
            "RECOUPED_MAYBE",
            "the payer took the same amount from another check",
            where=rival.offset_id,
            fix="find out what it took (otbill remits trace) before anything is paid",
        )
    done = refund.model_copy(update={"state": "paid", "settled_on": _today(), "reference": reference})
    with store.unit_of_work() as uow:
        uow.once("refund_paid", refund.refund_id)
        lines = ledger.move(ledger.REFUNDS, ledger.BANK, refund.subject, refund.amount_cents)
        _entry(uow, f"refund:{refund.refund_id}", lines, "refund paid", refund.refund_id)
        uow.replace(record_of(done))
        close_in(uow, TASK, f"RFD#{refund.refund_id}", refund.refund_id)
        uow.audit("refund.paid", f"RFD#{refund.refund_id}", ("state", "reference"))
        uow.commit()
    return done


def _takes(offset: offsets.Offset, refund: Refund) -> bool:
    return not offset.claim_id and offset.payer_name == refund.name and offset.open_cents == refund.amount_cents


def cancel_refund(key: str) -> Refund:
    """The money was not owed back after all: it waits in suspense again."""
    require("remits.refund")
    refund = get(key)
    if refund.state != "open" or refund.to == "patient":
        raise Refused("NOT_OPEN", "only an open refund to a payer can be cancelled")
    check = records.find_check(refund.remittance_id)
    part = records.find_part(refund.remittance_id, int(refund.payment_key[-6:]))
    if part is None or check is None:
        raise NotFound("PAYMENT_NOT_FOUND", "the payment of this refund is not there")
    done = refund.model_copy(update={"state": "cancelled", "settled_on": _today()})
    with store.unit_of_work() as uow:
        _set_aside(uow, part, check, refund.payment_key, refunding=False)
        uow.replace(record_of(done))
        close_in(uow, TASK, f"RFD#{refund.refund_id}", refund.refund_id)
        uow.audit("refund.cancelled", f"RFD#{refund.refund_id}", ("state",))
        uow.commit()
    return done


def _today() -> date:
    return clock.today(current().tenant.timezone)

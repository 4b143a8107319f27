"""Deposits of the bank against checks: by trace number (TRN02) and amount, never by amount alone.

DEP#<id> / DEPOSIT   a line of the bank; gsi2 DEPOSITS#OPEN / date#id while no check is found for it

A deposit that names a check and has its amount is that check's. One that names a check with another amount is a
difference a person looks into; one that names none waits, and so does a check without a deposit: both are listed with
their age.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from chalicelib import clock, store
from chalicelib.money import Cents, dollars
from chalicelib.platform.errors import AlreadyDone, Conflict
from chalicelib.platform.model import Model
from chalicelib.remittance import records
from chalicelib.remittance.deposits import Deposit, read_deposits
from chalicelib.remittance.matching import Waiting, unmatched
from chalicelib.remittance.model import Check
from chalicelib.support.tasks import ask_in, close_in
from chalicelib.tenancy import current, require

OPEN = "DEPOSITS#OPEN"
TASK = "deposit_differs"


class StoredDeposit(Model):
    """`remittance_id` is the check it is; `state` differs when it names a check but has another amount."""

    deposit_id: str
    on: date
    amount_cents: Cents
    words: tuple[str, ...] = ()
    remittance_id: str = ""
    state: Literal["open", "matched", "differs"] = "open"
    version: int = 0


class CheckLine(Model):
    remittance_id: str
    trace: str
    payer_name: str
    date: dt.date | None
    amount_cents: Cents
    age_days: int = 0
    deposit_id: str = ""


class DepositLine(Model):
    deposit_id: str
    date: dt.date
    amount_cents: Cents
    age_days: int = 0
    remittance_id: str = ""
    off_by_cents: Cents = 0


class DayLine(Model):
    """One day of the bank: what came in, and how much of it is checks we have."""

    date: dt.date
    deposits: int
    deposited_cents: Cents
    matched_cents: Cents
    off_by_cents: Cents


class Reconciliation(Model):
    """What the file brought, day by day, and what is still open on either side. `unapplied` is in suspense."""

    deposits: int
    new: int
    known: int
    matched: tuple[CheckLine, ...] = ()
    differing: tuple[DepositLine, ...] = ()
    deposits_open: tuple[DepositLine, ...] = ()
    checks_open: tuple[CheckLine, ...] = ()
    days: tuple[DayLine, ...] = ()
    unapplied: tuple[Waiting, ...] = ()

    @property
    def unapplied_cents(self) -> int:
        return sum(item.paid_cents for item in self.unapplied)


def reconcile(content: bytes) -> Reconciliation:
    """Take in a bank file, match what can be matched, and say what is open. The same file again changes nothing."""
    require("remits.reconcile")
    found = read_deposits(content)
    ids = {current().make_id("dep", *item.natural_key): item for item in found}
    known = {
        key[0].removeprefix("DEP#"): _read(record)
        for key, record in store.get_many([(f"DEP#{key}", "DEPOSIT") for key in ids]).items()
    }
    checks = list(records.undeposited())
    by_trace = _by_trace(checks)
    for key, item in ids.items():
        if key not in known:
            _take(key, item, by_trace)
    for waiting in _open():
        if waiting.deposit_id not in ids or waiting.deposit_id in known:
            _again(waiting, by_trace)
    return _report(ids, len(found), len(known))


def standing() -> Reconciliation:
    """What is open on either side now: deposits, checks, and money in suspense; nothing is taken in."""
    require("remits.list")
    return _report({}, 0, 0)


def _read(record: store.Record) -> StoredDeposit:
    return record.read_as(StoredDeposit, "version")


def _record(item: StoredDeposit) -> store.Record:
    waits = item.state != "matched"
    return store.Record(
        pk=f"DEP#{item.deposit_id}",
        sk="DEPOSIT",
        kind="deposit",
        data=item.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=item.version,
        gsi2=(OPEN, f"{item.on}#{item.deposit_id}") if waits else None,
    )


def _open() -> Iterable[StoredDeposit]:
    return [_read(record) for record in store.iter_index("gsi2", OPEN)]


def _by_trace(checks: Iterable[Check]) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        if check.trace:
            found.setdefault(check.trace.upper(), []).append(check)
    return found


def _named(words: Iterable[str], by_trace: Mapping[str, Sequence[Check]]) -> list[Check]:
    return [check for word in words for check in by_trace.get(word, ())]


def _take(key: str, item: Deposit, by_trace: Mapping[str, Sequence[Check]]) -> None:
    """Only the words that name a check of ours are kept: what else a bank writes may be about anybody."""
    fresh = StoredDeposit(deposit_id=key, on=item.on, amount_cents=item.amount_cents, words=_kept(item))
    _settle(fresh, _named(item.words, by_trace))


def _kept(item: Deposit) -> tuple[str, ...]:
    """Number-like words: a check that is posted later is found by them."""
    return tuple(sorted(word for word in item.words if any(letter.isdigit() for letter in word)))[:40]


def _again(waiting: StoredDeposit, by_trace: Mapping[str, Sequence[Check]]) -> None:
    named = _named(waiting.words, by_trace)
    if any(check.amount_cents == waiting.amount_cents for check in named):
        _settle(waiting, named)


def _settle(item: StoredDeposit, named: Sequence[Check]) -> None:
    """Match it, or keep it with what is wrong, in one transaction. Another run that was faster has done it."""
    fresh = [found for check in named if (found := records.find_check(check.remittance_id)) and not found.deposit_id]
    fitting = [check for check in fresh if check.amount_cents == item.amount_cents]
    check = fitting[0] if len(fitting) == 1 else None
    try:
        with store.unit_of_work() as uow:
            if item.version == 0:
                uow.once("deposit", item.deposit_id)
            if check is not None:
                matched = {"deposit_id": item.deposit_id, "deposited_on": item.on}
                uow.replace(records.check_record(check.model_copy(update=matched)))
                item = item.model_copy(update={"state": "matched", "remittance_id": check.remittance_id})
                close_in(uow, TASK, f"DEP#{item.deposit_id}", item.deposit_id)
            elif fresh:
                item = item.model_copy(update={"state": "differs", "remittance_id": fresh[0].remittance_id})
                said = f"{dollars(item.amount_cents)} came in for a check of {dollars(fresh[0].amount_cents)}"
                off = item.amount_cents - fresh[0].amount_cents
                ask_in(uow, TASK, f"DEP#{item.deposit_id}", said, amount_cents=off, natural_key=item.deposit_id)
            uow.replace(_record(item))
            uow.audit("deposit.taken", f"DEP#{item.deposit_id}", ("state",))
            uow.commit()
    except (AlreadyDone, Conflict):
        return


def _report(ids: Mapping[str, Deposit], count: int, known: int) -> Reconciliation:
    today = clock.today(current().tenant.timezone)
    stored = [_read(record) for record in store.get_many([(f"DEP#{key}", "DEPOSIT") for key in ids]).values()]
    amounts = {item.remittance_id: records.find_check(item.remittance_id) for item in stored if item.remittance_id}
    matched = [check for item in stored if item.state == "matched" and (check := amounts[item.remittance_id])]
    waiting = list(_open())
    amounts |= {
        item.remittance_id: records.find_check(item.remittance_id)
        for item in waiting
        if item.remittance_id and item.remittance_id not in amounts
    }
    lines = [(item, _deposit_line(item, amounts.get(item.remittance_id), today)) for item in waiting]
    return Reconciliation(
        deposits=count,
        new=len(ids) - known,
        known=known,
        matched=tuple(_check_line(check, today) for check in matched),
        differing=tuple(line for item, line in lines if item.state == "differs"),
        deposits_open=tuple(line for item, line in lines if item.state == "open"),
        checks_open=tuple(_check_line(check, today) for check in records.undeposited() if check.amount_cents > 0),
        days=_days(stored),
        unapplied=tuple(unmatched()),
    )


def _check_line(check: Check, today: date) -> CheckLine:
    return CheckLine(
        remittance_id=check.remittance_id,
        trace=check.trace,
        payer_name=check.payer_name,
        date=check.paid_on,
        amount_cents=check.amount_cents,
        age_days=(today - check.paid_on).days if check.paid_on else 0,
        deposit_id=check.deposit_id,
    )


def _deposit_line(item: StoredDeposit, check: Check | None, today: date) -> DepositLine:
    return DepositLine(
        deposit_id=item.deposit_id,
        date=item.on,
        amount_cents=item.amount_cents,
        age_days=(today - item.on).days,
        remittance_id=item.remittance_id,
        off_by_cents=item.amount_cents - check.amount_cents if check else 0,
    )


def _days(stored: Iterable[StoredDeposit]) -> tuple[DayLine, ...]:
    by_day: dict[date, list[StoredDeposit]] = {}
    for item in stored:
        by_day.setdefault(item.on, []).append(item)
    return tuple(_day_line(day, items) for day, items in sorted(by_day.items()))


def _day_line(day: date, items: Sequence[StoredDeposit]) -> DayLine:
    whole = sum(item.amount_cents for item in items)
    matched = sum(item.amount_cents for item in items if item.state == "matched")
    return DayLine(
        date=day, deposits=len(items), deposited_cents=whole, matched_cents=matched, off_by_cents=whole - matched
    )

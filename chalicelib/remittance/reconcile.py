"""Deposits of the bank against checks: what a bank file brings is matched (`banking`), and what is open on either side is told.

A deposit that names checks and has their amount is them. One that names a check with another amount is a difference a person
looks into; one that could be two different sets of checks is said to be; one that names none waits, with the sets of checks it
would add up to as proposals, and so does a check without a deposit: all with their age.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from chalicelib import clock
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.remittance import records
from chalicelib.remittance.banking import Checks, StoredDeposit, find_deposits, open_deposits, settle, settle_pieces
from chalicelib.remittance.deposits import Deposit, read_deposits
from chalicelib.remittance.matching import Waiting, unmatched
from chalicelib.remittance.model import Check
from chalicelib.remittance.sums import exact_sums
from chalicelib.tenancy import current, require

NEAR_DAYS = (30, 3)
"""A check is proposed for a deposit of up to so many days after it was made, or before: a setting of ours, it matches nothing."""

NEAR_STEPS = 5_000


class CheckLine(Model):
    remittance_id: str
    trace: str
    payer_name: str
    date: dt.date | None
    amount_cents: Cents
    age_days: int = 0
    deposit_id: str = ""


class DepositLine(Model):
    """`why` it is not matched; `proposal` the one set of open checks it adds up to, which a person may confirm."""

    deposit_id: str
    date: dt.date
    amount_cents: Cents
    age_days: int = 0
    remittance_id: str = ""
    off_by_cents: Cents = 0
    why: str = ""
    proposal: tuple[str, ...] = ()


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
    ambiguous: tuple[DepositLine, ...] = ()
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
    known, checks = find_deposits(ids), Checks.read()
    for key, item in ids.items():
        if key not in known:
            settle(StoredDeposit(deposit_id=key, on=item.on, amount_cents=item.amount_cents, words=_kept(item)), checks)
    for waiting in open_deposits():  # what a check has come for since, or what another deposit has made clear
        settle(waiting, checks)
    settle_pieces(checks)
    return _report(ids, len(found), len(known))


def standing() -> Reconciliation:
    """What is open on either side now: deposits, checks, and money in suspense; nothing is taken in."""
    require("remits.list")
    return _report({}, 0, 0)


def _kept(item: Deposit) -> tuple[str, ...]:
    """Number-like words only: they name checks, also one that is posted later; what else a bank writes may be about anybody."""
    return tuple(sorted(word for word in item.words if any(letter.isdigit() for letter in word)))[:40]


def _report(ids: Mapping[str, Deposit], count: int, known: int) -> Reconciliation:
    today = clock.today(current().tenant.timezone)
    stored, waiting = list(find_deposits(ids).values()), open_deposits()
    wanted = dict.fromkeys(key for item in (*stored, *waiting) for key in item.checks)
    checks = {key: check for key in wanted if (check := records.find_check(key)) is not None}
    matched = dict.fromkeys(key for item in stored if item.state == "matched" for key in item.checks)
    undeposited = [check for check in records.undeposited() if check.amount_cents > 0]
    lines = [(item.state, _deposit_line(item, checks.get(item.remittance_id), today, undeposited)) for item in waiting]
    return Reconciliation(
        deposits=count,
        new=len(ids) - known,
        known=known,
        matched=tuple(_check_line(checks[key], today) for key in matched if key in checks),
        differing=tuple(line for state, line in lines if state == "differs"),
        ambiguous=tuple(line for state, line in lines if state == "ambiguous"),
        deposits_open=tuple(line for state, line in lines if state == "open"),
        checks_open=tuple(_check_line(check, today) for check in undeposited),
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


def _deposit_line(item: StoredDeposit, check: Check | None, today: date, undeposited: Sequence[Check]) -> DepositLine:
    near, why = _near(item, undeposited) if item.state != "differs" else ((), item.why)
    return DepositLine(
        deposit_id=item.deposit_id,
        date=item.on,
        amount_cents=item.amount_cents,
        age_days=(today - item.on).days,
        remittance_id=item.remittance_id,
        off_by_cents=item.amount_cents - check.amount_cents if check and item.state == "differs" else 0,
        why=item.why or why,
        proposal=near,
    )


def _near(item: StoredDeposit, undeposited: Sequence[Check]) -> tuple[tuple[str, ...], str]:
    """The one set of open checks of about its day that a deposit adds up to, for a person to confirm; else why there is none."""
    before, after = (timedelta(days=days) for days in NEAR_DAYS)
    close = [c for c in undeposited if c.paid_on and item.on - before <= c.paid_on <= item.on + after]
    sums = exact_sums([check.amount_cents for check in close], item.amount_cents, NEAR_STEPS)
    if sums is None:
        return (), f"{len(close)} checks are open, too many to try their sums"
    if len(sums) > 1:
        return (), "several sets of open checks add up to it"
    if not sums:
        return (), "no set of open checks adds up to it"
    return tuple(close[place].remittance_id for place in sums[0]), "these open checks add up to it"


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

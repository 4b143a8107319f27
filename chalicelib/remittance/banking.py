"""Deposits as we keep them, and which checks each is: by the trace numbers it names and exactly by amounts, never by these alone.

DEP#<id> / DEPOSIT   a line of the bank; gsi2 DEPOSITS#OPEN / date#id while no check is found for it

One deposit may hold several checks it names, one check may arrive in several deposits that name it: a set that adds up exactly,
and the only one that does, is a match. Two sets that do are a person's question, and so is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from chalicelib import store
from chalicelib.money import Cents, dollars
from chalicelib.platform.errors import AlreadyDone, Conflict, Misuse, NotFound, Refused
from chalicelib.platform.model import Model
from chalicelib.remittance import records
from chalicelib.remittance.model import Check
from chalicelib.remittance.sums import exact_sums
from chalicelib.support.tasks import ask_in, close_in
from chalicelib.tenancy import require

OPEN = "DEPOSITS#OPEN"
TASK = "deposit_differs"
MOST_AT_ONCE = 20
"""Checks of one deposit, or deposits of one check: they are matched in one transaction."""


class StoredDeposit(Model):
    """`remittance_ids` are the checks it is (or, while it differs, the one it names). `why` says why it is not matched."""

    deposit_id: str
    on: date
    amount_cents: Cents
    words: tuple[str, ...] = ()
    remittance_id: str = ""
    remittance_ids: tuple[str, ...] = ()
    state: Literal["open", "matched", "differs", "ambiguous"] = "open"
    why: str = ""
    version: int = 0

    @property
    def checks(self) -> tuple[str, ...]:
        return self.remittance_ids or ((self.remittance_id,) if self.remittance_id else ())


def to_deposit(record: store.Record) -> StoredDeposit:
    return record.read_as(StoredDeposit, "version")


def deposit_record(item: StoredDeposit) -> store.Record:
    waits = item.state != "matched"
    return store.Record(
        pk=f"DEP#{item.deposit_id}",
        sk="DEPOSIT",
        kind="deposit",
        data=item.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=item.version,
        gsi2=(OPEN, f"{item.on}#{item.deposit_id}") if waits else None,
    )


def find_deposits(keys: Iterable[str]) -> dict[str, StoredDeposit]:
    found = store.get_many([(f"DEP#{key}", "DEPOSIT") for key in keys])
    return {key[0].removeprefix("DEP#"): to_deposit(record) for key, record in found.items()}


def find_deposit(deposit_id: str) -> StoredDeposit:
    """NotFound for a deposit of nobody or of another practice."""
    found = find_deposits([deposit_id])
    if not found:
        raise NotFound("DEPOSIT_NOT_FOUND", "no such deposit in this practice")
    return found[deposit_id]


def open_deposits() -> list[StoredDeposit]:
    """Deposits that are not matched, oldest first."""
    return [to_deposit(record) for record in store.iter_index("gsi2", OPEN)]


@dataclass
class Checks:
    """Checks no deposit was found for, by id and by the trace number a bank may name."""

    by_id: dict[str, Check] = field(default_factory=dict)
    by_trace: dict[str, list[str]] = field(default_factory=dict)

    @staticmethod
    def read() -> Checks:
        made = Checks()
        for check in records.undeposited():
            made.by_id[check.remittance_id] = check
            if check.trace:
                made.by_trace.setdefault(check.trace.upper(), []).append(check.remittance_id)
        return made

    def named(self, words: Iterable[str]) -> list[Check]:
        """Those a deposit's words name that are still without one."""
        keys = dict.fromkeys(key for word in sorted(words) for key in self.by_trace.get(word, ()))
        return [self.by_id[key] for key in keys if key in self.by_id]

    def gone(self, checks: Iterable[Check]) -> None:
        for check in checks:
            self.by_id.pop(check.remittance_id, None)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a deposit is: `checks` where it is clear, else the state it waits in and why."""

    state: Literal["open", "matched", "differs", "ambiguous"]
    checks: tuple[Check, ...] = ()
    why: str = ""


def decide(amount_cents: int, named: Sequence[Check]) -> Decided:
    """Which of the checks a deposit names it is. Pure."""
    if not named:
        return Decided("open")
    sums = exact_sums([check.amount_cents for check in named], amount_cents)
    if sums is None:
        return Decided("ambiguous", (named[0],), f"it names {len(named)} checks, too many to try their sums")
    if len(sums) == 1 and len(sums[0]) <= MOST_AT_ONCE:
        return Decided("matched", tuple(named[place] for place in sums[0]))
    if len(sums) == 1:
        return Decided("ambiguous", (named[0],), f"it is {len(sums[0])} checks, more than are matched at once")
    if sums:
        one, other = (" + ".join(named[place].trace for place in places) for places in (sums[0], sums[-1]))
        return Decided("ambiguous", (named[0],), f"{dollars(amount_cents)} is {one} and is {other} as well")
    whole = sum(check.amount_cents for check in named)
    what = f"a check of {dollars(whole)}" if len(named) == 1 else f"{len(named)} checks of {dollars(whole)} in all"
    return Decided("differs", (named[0],), f"{dollars(amount_cents)} came in for {what}")


def settle(item: StoredDeposit, checks: Checks) -> None:
    """Match a deposit, or keep it with what is wrong, in one transaction. Another run that was faster has done it."""
    found = decide(item.amount_cents, checks.named(item.words))
    after = item.model_copy(
        update={
            "state": found.state,
            "remittance_id": found.checks[0].remittance_id if found.checks else "",
            "remittance_ids": tuple(check.remittance_id for check in found.checks) if len(found.checks) > 1 else (),
            "why": found.why,
        }
    )
    if after == item and item.version:
        return
    try:
        if found.state == "matched":
            _match([after], found.checks)
            checks.gone(found.checks)
        else:
            _keep(after)
    except (AlreadyDone, Conflict):
        return


def _keep(item: StoredDeposit) -> None:
    with store.unit_of_work() as uow:
        if item.version == 0:
            uow.once("deposit", item.deposit_id)
        if item.state == "open":
            close_in(uow, TASK, f"DEP#{item.deposit_id}", item.deposit_id)
        else:
            named = records.find_check(item.remittance_id)
            off = item.amount_cents - (named.amount_cents if named and item.state == "differs" else 0)
            ask_in(uow, TASK, f"DEP#{item.deposit_id}", item.why, amount_cents=off, natural_key=item.deposit_id)
        uow.replace(deposit_record(item))
        uow.audit("deposit.taken", f"DEP#{item.deposit_id}", ("state",))
        uow.commit()


def _match(deposits: Sequence[StoredDeposit], checks: Sequence[Check]) -> None:
    """Deposits and checks that add up to each other; one side has one member. Conflict when somebody was faster."""
    fresh = [found for check in checks if (found := records.find_check(check.remittance_id))]
    if any(check.deposit_id for check in fresh) or len(fresh) < len(checks):
        raise Conflict("CHANGED", "a check was matched to another deposit meanwhile", fix="read again and retry")
    ids = tuple(item.deposit_id for item in deposits)
    with store.unit_of_work() as uow:
        for item in deposits:
            if item.version == 0:
                uow.once("deposit", item.deposit_id)
            close_in(uow, TASK, f"DEP#{item.deposit_id}", item.deposit_id)
            uow.replace(deposit_record(item.model_copy(update={"state": "matched", "why": ""})))
        for check in fresh:
            told = {
                "deposit_id": ids[0],
                "more_deposits": ids[1:],
                "deposited_on": max(item.on for item in deposits),
            }
            uow.replace(records.check_record(check.model_copy(update=told)))
        for key in ids:
            uow.audit("deposit.taken", f"DEP#{key}", ("state",))
        uow.commit()


def settle_pieces(checks: Checks) -> None:
    """A check that several waiting deposits name, each less than it: those that add up to it, if only one set of them does."""
    pieces: dict[str, list[StoredDeposit]] = {}
    for item in open_deposits():
        named = checks.named(item.words)
        if len(named) == 1:
            pieces.setdefault(named[0].remittance_id, []).append(item)
    for key, items in pieces.items():
        check = checks.by_id[key]
        sums = exact_sums([item.amount_cents for item in items], check.amount_cents)
        if not sums or len(sums) > 1 or not 1 < len(sums[0]) <= MOST_AT_ONCE:
            continue
        try:
            _match([_is(items[place], (check,)) for place in sums[0]], (check,))
        except (AlreadyDone, Conflict):
            continue
        checks.gone((check,))


def _is(item: StoredDeposit, checks: Sequence[Check]) -> StoredDeposit:
    ids = tuple(check.remittance_id for check in checks)
    return item.model_copy(update={"remittance_id": ids[0], "remittance_ids": ids if len(ids) > 1 else ()})


def match_deposit(
    deposit_id: str, remittance_ids: Sequence[str], also: Sequence[str] = ()
) -> tuple[StoredDeposit, ...]:
    """Say which checks a deposit is, or (with `also`) which deposits a check came in. The same again changes nothing.

    NotFound; Misuse ONE_SIDE for several of both; Refused SUMS_DIFFER unless they add up exactly, ALREADY_MATCHED.
    """
    require("remits.reconcile")
    ids, wanted = tuple(dict.fromkeys((deposit_id, *also))), tuple(dict.fromkeys(remittance_ids))
    known = find_deposits(ids)
    checks = [check for key in wanted if (check := records.find_check(key)) is not None]
    if len(known) < len(ids) or not checks or len(checks) < len(wanted):
        raise NotFound("DEPOSIT_NOT_FOUND", "no such deposit or check in this practice")
    deposits = [known[key] for key in ids]
    if (len(deposits) > 1 and len(checks) > 1) or max(len(deposits), len(checks)) > MOST_AT_ONCE:
        raise Misuse("ONE_SIDE", "either one deposit holds several checks or one check came in several deposits")
    if all(item.state == "matched" and set(item.checks) == set(wanted) for item in deposits):
        return tuple(deposits)
    taken = [item.deposit_id for item in deposits if item.state == "matched"]
    taken += [check.remittance_id for check in checks if check.deposit_id]
    if taken:
        raise Refused("ALREADY_MATCHED", "one of them is matched already", where=taken[0])
    came, told = sum(item.amount_cents for item in deposits), sum(check.amount_cents for check in checks)
    if came != told:
        raise Refused(
            "SUMS_DIFFER",
            f"{dollars(came)} came in and the checks are {dollars(told)}",
            where=f"off by {dollars(came - told)}",
            fix="name every check of the deposit, and no other",
        )
    _match([_is(item, checks) for item in deposits], checks)
    return tuple(find_deposits(ids).values())

"""What people do about a denial without touching the claim: assign, snooze, note. One at a time, or many with a preview."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from chalicelib import clock, store
from chalicelib.denials import records
from chalicelib.denials.model import Denial
from chalicelib.platform.errors import Misuse, OtbillError, Refused
from chalicelib.platform.model import Model
from chalicelib.store import identity
from chalicelib.store.directory import directory
from chalicelib.tenancy import Principal, current, enter, may, require

MOST_WORDS = 500
MOST_AT_ONCE = 200
BULK = ("assign", "snooze", "note")


class Result(Model):
    """What a bulk act does, or did, with one denial; `why` where it cannot."""

    tenant: str
    denial_id: str
    possible: bool
    why: str = ""


def check_assign(denial: Denial, user_id: str) -> str:
    """The name of whom it goes to; '' takes it from whoever has it. Refused for somebody who may not work it here."""
    if denial.state == "resolved":
        raise _resolved()
    if not user_id:
        return ""
    found = identity.find_user(user_id)
    if found is None or not found.may_enter(current().tenant.tenant_id) or not may(found, "denials.act"):
        raise Refused(
            "NOT_ASSIGNABLE", "this person may not work denials of the practice", fix="choose somebody who may"
        )
    return found.name


def assign(denial_id: str, user_id: str) -> Denial:
    """Give a denial to a person, or ('') to nobody."""
    require("denials.act")
    denial = records.get(denial_id)
    name = check_assign(denial, user_id)
    if denial.assigned_to == user_id:
        return denial
    words = f"Assigned to {name}" if name else "Assigned to nobody"
    return _write(denial.model_copy(update={"assigned_to": user_id}), "assigned", words)


def check_snooze(denial: Denial, until: date) -> None:
    """Refused beyond the deadline, for a past day and for a resolved denial."""
    if denial.state == "resolved":
        raise _resolved()
    if until <= clock.today(current().tenant.timezone):
        raise Refused("SNOOZE_PAST", "the day to look again has to be after today")
    if until >= denial.deadline:
        raise Refused("SNOOZE_TOO_LONG", f"the deadline is {denial.deadline}", fix="name a day before it")


def snooze(denial_id: str, until: date, words: str = "") -> Denial:
    """Put it away until a day before its deadline."""
    require("denials.act")
    denial = records.get(denial_id)
    check_snooze(denial, until)
    if denial.snoozed_until == until:
        return denial
    said = f"Put away until {until}" + (f": {short(words)}" if words else "")
    return _write(denial.model_copy(update={"snoozed_until": until}), "snoozed", said)


def note(denial_id: str, words: str) -> Denial:
    """Put words on its history."""
    require("denials.act")
    return _write(records.get(denial_id), "noted", check_note(words))


def check_note(words: str) -> str:
    if not words.strip():
        raise Misuse("NOTE_EMPTY", "a note needs words")
    return short(words)


def short(words: str) -> str:
    if len(words) > MOST_WORDS:
        raise Misuse("TOO_LONG", f"at most {MOST_WORDS} characters are kept", fix="say it shorter")
    return words.strip()


def _resolved() -> Refused:
    return Refused("DENIAL_RESOLVED", "the denial is settled already")


def _write(denial: Denial, kind: str, words: str) -> Denial:
    with store.unit_of_work() as uow:
        after = records.write(uow, denial, kind, words)
        uow.audit(f"denial.{kind}", f"DEN#{denial.denial_id}", (kind,))
        uow.commit()
    return after


def bulk(
    principal: Principal,
    chosen: Iterable[tuple[str, str]],
    act: str,
    *,
    user_id: str = "",
    until: date | None = None,
    words: str = "",
    commit: bool = False,
) -> list[Result]:
    """One act on many denials, as (practice, denial) pairs: what would happen to each, or with `commit` what did.

    Each practice is entered and the right asked again for every row; one that cannot stops no other.
    """
    listed = list(dict.fromkeys(chosen))
    if act not in BULK or not listed or len(listed) > MOST_AT_ONCE:
        raise Misuse("BULK", f"one of {', '.join(BULK)}, on 1 to {MOST_AT_ONCE} denials")
    if act == "snooze" and until is None:
        raise Misuse("UNTIL_MISSING", "a snooze needs a day")
    checks: dict[str, Callable[[Denial], object]] = {
        "assign": lambda denial: check_assign(denial, user_id),
        "snooze": lambda denial: check_snooze(denial, until or date.min),
        "note": lambda _: check_note(words),
    }
    acts: dict[str, Callable[[str], Denial]] = {
        "assign": lambda key: assign(key, user_id),
        "snooze": lambda key: snooze(key, until or date.min, words),
        "note": lambda key: note(key, words),
    }
    return [_one(principal, tenant, key, checks[act], acts[act] if commit else None) for tenant, key in listed]


def _one(
    principal: Principal,
    tenant: str,
    denial_id: str,
    check: Callable[[Denial], object],
    act: Callable[[str], Denial] | None,
) -> Result:
    try:
        with enter(principal, tenant, "denials.act", directory()):
            require("denials.act")
            check(records.get(denial_id))
            if act is not None:
                act(denial_id)
    except OtbillError as error:
        return Result(tenant=tenant, denial_id=denial_id, possible=False, why=error.message)
    return Result(tenant=tenant, denial_id=denial_id, possible=True)

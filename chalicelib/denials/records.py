"""Denials as items of the practice's table.

DEN#<id> / DENIAL      facts and work; gsi1 DENIALS#open / deadline#id or DENIALS#done / day#id, gsi2 DENIALS#<claim> / id
DEN#<id> / ACT#<n>     what was done about it, never changed
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from chalicelib import clock, store
from chalicelib.denials.model import Act, Denial
from chalicelib.platform.errors import NotFound
from chalicelib.tenancy import current

OPEN, DONE = "DENIALS#open", "DENIALS#done"


def denial_id(claim_id: str, remittance_id: str, part: int, group: str, reason: str) -> str:
    """One reason on one claim payment is one denial, however often it is read."""
    return current().make_id("den", claim_id, remittance_id, str(part), group, reason)


def denial_record(denial: Denial) -> store.Record:
    done = denial.state == "resolved"
    day = denial.resolved_on if done else denial.deadline
    return store.Record(
        pk=f"DEN#{denial.denial_id}",
        sk="DENIAL",
        kind="denial",
        data=denial.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=denial.version,
        gsi1=(DONE if done else OPEN, f"{day}#{denial.denial_id}"),
        gsi2=(f"DENIALS#{denial.claim_id}", denial.denial_id),
    )


def to_denial(record: store.Record) -> Denial:
    return record.read_as(Denial, "version")


def find(denial_ids: Iterable[str]) -> dict[str, Denial]:
    """Stored denials by id; unknown ids are absent."""
    found = store.get_many([(f"DEN#{key}", "DENIAL") for key in denial_ids])
    return {item.denial_id: item for item in map(to_denial, found.values())}


def get(denial_id: str) -> Denial:
    """NotFound for a denial of nobody or of another practice."""
    record = store.get(f"DEN#{denial_id}", "DENIAL")
    if record is None:
        raise NotFound("DENIAL_NOT_FOUND", "no such denial in this practice")
    return to_denial(record)


def open_denials() -> list[Denial]:
    """Every denial not resolved, nearest deadline first."""
    return [to_denial(record) for record in store.iter_index("gsi1", OPEN)]


def resolved(most: int = 500) -> list[Denial]:
    """The newest resolved ones."""
    return [to_denial(record) for record in islice(store.iter_index("gsi1", DONE, newest_first=True), most)]


def every() -> Iterator[Denial]:
    """All denials, for counts."""
    for index in (OPEN, DONE):
        yield from map(to_denial, store.iter_index("gsi1", index))


def of_claim(claim_id: str) -> list[Denial]:
    """A claim's denials, oldest decision first."""
    found = map(to_denial, store.iter_index("gsi2", f"DENIALS#{claim_id}"))
    return sorted(found, key=lambda item: (item.decision, item.carc))


def write(uow: store.UnitOfWork, denial: Denial, kind: str, words: str) -> Denial:
    """The denial as changed by one act, and the act itself, in `uow`. Conflict when somebody changed it first."""
    at, actor = clock.instant_text(clock.now()), current().principal.user_id
    act = Act(number=denial.acts + 1, at=at, actor=actor, kind=kind, words=words)
    touched = (
        {} if kind in ("found", "settled") else {"touched_at": at, "first_touched_at": denial.first_touched_at or at}
    )
    after = denial.model_copy(update={"acts": act.number, **touched})
    uow.replace(denial_record(after))
    key = f"ACT#{act.number:06d}"
    uow.create(store.Record(f"DEN#{denial.denial_id}", key, "denial_act", act.model_dump(mode="json")))
    return after.model_copy(update={"version": denial.version + 1})


def history(denial_id: str) -> tuple[Act, ...]:
    """Everything done about it, oldest first."""
    records = store.iter_query(f"DEN#{denial_id}", "ACT#")
    return tuple(record.read_as(Act) for record in records)

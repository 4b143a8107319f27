"""Tasks: something a person must look at, with an owner and a due date. Subjects are ids; words hold no PHI.

TSK#<id> / TASK   gsi1 TASKS#<state>#<shard> / due date#id
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from chalicelib import clock, store
from chalicelib.money import Cents
from chalicelib.platform.errors import Forbidden, NotFound
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require

_SHARDS = 4
_DUE_DAYS = {
    "correction": 3,
    "rejected": 2,
    "denied": 5,
    "unmatched_payment": 2,
    "unbalanced_remittance": 2,
    "remittance_exception": 2,
    "eligibility_phone": 1,
    "authorization": 2,
    "reauthorization": 5,
    "retroactive_termination": 3,
    "break_glass_review": 1,
}
_DUE_DEFAULT_DAYS = 3


class Task(Model):
    """One thing to do. `kind` says what, `subject` which record, `owner` whose move it is."""

    task_id: str
    kind: str
    subject: str
    words: str
    owner: Literal["us", "practice"] = "us"
    role: str = ""  # whom of them, where it is for one role
    due_on: date
    amount_cents: Cents = 0
    opened_at: str
    state: Literal["open", "done"] = "open"
    version: int = 0


def open_task(
    uow: store.UnitOfWork,
    kind: str,
    subject: str,
    words: str,
    *,
    amount_cents: int = 0,
    owner: Literal["us", "practice"] = "us",
    natural_key: str = "",
    role: str = "",
    due_on: date | None = None,
) -> Task:
    """Put a task into the unit of work. The same kind, subject and natural key is the same task.

    `natural_key` tells tasks of one subject apart (a claim rejected twice); by default the opening instant does.
    """
    context = current()
    at = clock.instant_text(clock.now())
    task = Task(
        task_id=context.make_id("tsk", kind, subject, natural_key or at),
        kind=kind,
        subject=subject,
        words=words,
        owner=owner,
        role=role,
        due_on=due_on or clock.today(context.tenant.timezone) + timedelta(days=_DUE_DAYS.get(kind, _DUE_DEFAULT_DAYS)),
        amount_cents=amount_cents,
        opened_at=at,
    )
    uow.create(_record(task))
    return task


def close_task(uow: store.UnitOfWork, kind: str, subject: str, natural_key: str) -> None:
    """Mark the task done that `open_task` made of the same words, as part of what settles it; nothing when there is none."""
    record = store.get(f"TSK#{current().make_id('tsk', kind, subject, natural_key)}", "TASK")
    if record is not None and record.data["state"] == "open":
        uow.replace(_record(_task(record).model_copy(update={"state": "done"})))


def _record(task: Task) -> store.Record:
    return store.Record(
        pk=f"TSK#{task.task_id}",
        sk="TASK",
        kind="task",
        data=task.model_dump(mode="json", exclude={"version"}),
        version=task.version,
        gsi1=(f"TASKS#{task.state}#{ord(task.task_id[-1]) % _SHARDS}", f"{task.due_on}#{task.task_id}"),
    )


def _task(record: store.Record) -> Task:
    return record.read_as(Task, "version")


def to_task(record: store.Record) -> Task:
    """A task from its item."""
    return _task(record)


def find_task(task_id: str) -> Task | None:
    record = store.get(f"TSK#{task_id}", "TASK")
    return _task(record) if record else None


def close_in(uow: store.UnitOfWork, kind: str, subject: str, natural_key: str) -> None:
    """Mark an open task done within a larger change: what it asked for has gone on elsewhere. None there changes nothing."""
    task = find_task(current().make_id("tsk", kind, subject, natural_key))
    if task is not None and task.state == "open":
        uow.replace(_record(task.model_copy(update={"state": "done"})))


def is_open(kind: str, subject: str, natural_key: str) -> bool:
    """Whether a task `open_task` made of the same words is open."""
    task = find_task(current().make_id("tsk", kind, subject, natural_key))
    return task is not None and task.state == "open"


def open_tasks() -> list[Task]:
    """Every open task of the practice, soonest due first."""
    require("tasks.list")
    return sorted(_open(), key=lambda task: (task.due_on, -task.amount_cents, task.task_id))


def ask_in(uow: store.UnitOfWork, kind: str, subject: str, words: str, *, amount_cents: int, natural_key: str) -> None:
    """Open a task within a larger change, or open it again where the same question was settled before; an open one says the
    newest."""
    known = find_task(current().make_id("tsk", kind, subject, natural_key))
    if known is None:
        open_task(uow, kind, subject, words, amount_cents=amount_cents, natural_key=natural_key)
    elif known.state == "done" or (known.words, known.amount_cents) != (words, amount_cents):
        uow.replace(_record(known.model_copy(update={"state": "open", "words": words, "amount_cents": amount_cents})))


def _open() -> Iterator[Task]:
    for number in range(_SHARDS):
        yield from map(_task, store.iter_index("gsi1", f"TASKS#open#{number}"))


def finish(task_id: str) -> Task:
    """Mark a task done. NotFound for one of nobody or of another practice; Forbidden for a review of one's own doing."""
    require("tasks.finish")
    record = store.get(f"TSK#{task_id}", "TASK")
    if record is None:
        raise NotFound("TASK_NOT_FOUND", "no such task in this practice")
    task = _task(record)
    if task.kind == "break_glass_review" and task.subject == current().principal.user_id:
        raise Forbidden(
            "OWN_REVIEW", "somebody else must review this", fix="ask another administrator, or the practice"
        )
    if task.state == "done":
        return task
    done = task.model_copy(update={"state": "done"})
    with store.unit_of_work() as uow:
        uow.replace(_record(done))
        uow.audit("task.finished", f"TSK#{task_id}", ("state",))
        uow.commit()
    return done

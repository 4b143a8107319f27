"""What the state machines' Lambda functions do. Input and output hold ids, names of steps, numbers and codes, nothing else.

plan        job, run                  -> one item a live practice (or partner)
work        an item                   -> the item with an outcome: next, again, done or stopped
put_aside   an item that was given up -> noted; the machine then puts it on the dead-letter queue
finish      job, run                  -> how many were done and how many were given up

An error is told by the class of its type, because state machines elsewhere than on AWS cannot match exceptions by name:
a Fault or a Conflict may pass (outcome `again`, after a pause that doubles), a refusal will not (`stopped`). What is no
error of ours is raised again without its text, which may repeat a patient's data, and the machine retries the task.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.documents import code_tables
from chalicelib.jobs import registry, runs
from chalicelib.jobs.registry import Counts, Job
from chalicelib.platform.errors import Conflict, Fault, Misuse, OtbillError
from chalicelib.platform.logging import logger
from chalicelib.tenancy import Principal

SYSTEM = Principal(
    user_id="system.jobs",
    name="Batch jobs",
    kind="system",
    roles=frozenset(("system",)),
    tenants=frozenset(("*",)),
)
MOST_ATTEMPTS = 5
FIRST_PAUSE_S = 2
Item = dict[str, Any]
_log = logger("jobs")


class JobCrashed(Exception):
    """Something that is no error of ours; `args` holds its type and place only."""


def plan(event: Mapping[str, Any]) -> dict[str, Any]:
    """The items of a run, each at the first step."""
    code_tables.keep_current()
    found, run = registry.job(str(event["job"])), str(event["run"])
    subjects = registry.partner_names(SYSTEM) if found.over == "partners" else registry.tenants()
    items = [_item(found, run, subject, _first(found)) for subject in subjects]
    return {"job": found.name, "run": run, "items": items}


def work(event: Mapping[str, Any]) -> Item:
    """Do the item's step and say what follows."""
    code_tables.keep_current()
    found, run, subject = registry.job(str(event["job"])), str(event["run"]), str(event["subject"])
    step, attempt = str(event["step"]), int(event["attempt"]) + 1
    try:
        counts = _do(found, step, subject)
    except OtbillError as error:
        return _failed(found, run, subject, step, attempt, error)
    except Exception as error:  # noqa: BLE001 - the last net: raised again without its text
        raise _crashed(error) from None
    return _went_well(found, run, subject, step, counts)


def put_aside(event: Mapping[str, Any]) -> Item:
    """Note that a practice was given up in this run. `error` is the name of what the task failed with, if it crashed."""
    crashed = event.get("error")
    code = str(crashed.get("Error", ""))[:80] if isinstance(crashed, Mapping) else str(event.get("code", ""))
    names = ("job", "run", "subject", "step")
    job, run, subject, step = (str(event.get(name, "")) for name in names)
    runs.note(job, run, subject, runs.STOPPED, code or "UNKNOWN")
    _log.error("job given up", extra={"job": job, "tenant_id": subject, "code": code})
    return {"job": job, "run": run, "subject": subject, "step": step, "code": code or "UNKNOWN"}


def finish(event: Mapping[str, Any]) -> dict[str, Any]:
    """How a run ended, from what was noted about it."""
    noted = runs.of(str(event["run"]))
    return {
        "job": str(event["job"]),
        "run": str(event["run"]),
        "done": sum(1 for item in noted if item["outcome"] == runs.DONE),
        "stopped": sum(1 for item in noted if item["outcome"] == runs.STOPPED),
    }


def messages(event: Mapping[str, Any]) -> dict[str, Any]:
    """Messages of the work queue: each names a job and a practice. Those that failed are named, and come again."""
    failed = []
    for record in event["Records"]:
        try:
            asked = json.loads(record["body"])
            _whole_job(registry.job(str(asked["job"])), str(asked["tenant_id"]))
        except Exception as error:  # noqa: BLE001 - one bad message holds up no other; the text may be anything
            code = error.code if isinstance(error, OtbillError) else type(error).__name__
            _log.error("message failed", extra={"code": code})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _whole_job(found: Job, tenant_id: str) -> None:
    if found.over == "partners":
        raise Misuse("PARTNER_JOB", "the work queue is about practices", where=found.name)
    code_tables.keep_current()
    for step in found.parts:
        registry.run_step(found, step, SYSTEM, tenant_id)


def _do(found: Job, step: str, subject: str) -> Counts:
    if found.over == "partners":
        return registry.exchange_with(subject, SYSTEM)
    return registry.run_step(found, found.parts[_place(found, step)], SYSTEM, subject)


def _item(found: Job, run: str, subject: str, step: str) -> Item:
    return {"job": found.name, "run": run, "subject": subject, "step": step, "attempt": 0}


def _first(found: Job) -> str:
    return found.parts[0].name if found.parts else "all"


def _place(found: Job, step: str) -> int:
    names = [part.name for part in found.parts]
    if step not in names:
        raise Misuse("NO_SUCH_STEP", "the job has no such step", where=step)
    return names.index(step)


def _went_well(found: Job, run: str, subject: str, step: str, counts: Counts) -> Item:
    place = _place(found, step) if found.parts else 0
    more = found.parts[place + 1 :]
    runs.note(found.name, run, subject, runs.RUNNING if more else runs.DONE, counts=counts)
    item = _item(found, run, subject, more[0].name if more else step)
    return {**item, "outcome": "next" if more else "done", "code": "", "pause_s": 0}


def _failed(found: Job, run: str, subject: str, step: str, attempt: int, error: OtbillError) -> Item:
    passing = isinstance(error, Fault | Conflict) and attempt < MOST_ATTEMPTS
    _log.warning("job step failed", extra={"job": found.name, "tenant_id": subject, "code": error.code})
    item = {**_item(found, run, subject, step), "attempt": attempt, "code": error.code}
    return {**item, "outcome": "again" if passing else "stopped", "pause_s": FIRST_PAUSE_S * 2 ** (attempt - 1)}


def _crashed(error: Exception) -> JobCrashed:
    _log.error("job crashed", exc_info=True)
    return JobCrashed(type(error).__name__)

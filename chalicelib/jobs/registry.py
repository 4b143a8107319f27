"""The batch jobs by name: what each does, in which steps, and when. The CLI, schedules and state machines run these.

Every step may run again: what it did is known by natural keys, what it left is found again. A job over practices runs in
each live practice by itself; one over partners once for each trading partner, because partners share their door.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, cast

from chalicelib.claims import accidents, holds, secondary, silence
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.status_requests import ask_payers
from chalicelib.claims.submission import submit_claims
from chalicelib.denials.refresh import refresh
from chalicelib.exchange import partners
from chalicelib.exchange.realtime import RealtimeDoor
from chalicelib.jobs import coverage, runs, sync
from chalicelib.jobs.denials import refresh_practices
from chalicelib.onboarding.records import trading_partner
from chalicelib.platform.errors import Conflict, Fault, Misuse, OtbillError
from chalicelib.reporting import projection
from chalicelib.store import audit_seal, directory, outbox, queues
from chalicelib.tenancy import Principal, TenantState, current, enter, require

Counts = dict[str, int]
_door_of: ContextVar[sync.DoorOf | None] = ContextVar("door_of", default=None)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a job that may be run again by itself. `run` does it in the practice that was entered."""

    name: str
    run: Callable[[], Counts]


@dataclass(frozen=True, slots=True)
class Job:
    """`words` say what it does. `run` does all of it in one practice, unless `steps` say in which parts.

    `schedule` is an EventBridge cron expression in Eastern time ('' = by hand only).
    """

    name: str
    words: str
    run: Callable[[], Counts] | None = None
    steps: tuple[Step, ...] = ()
    over: Literal["practices", "partners"] = "practices"
    schedule: str = ""

    @property
    def parts(self) -> tuple[Step, ...]:
        return self.steps or ((Step("all", self.run),) if self.run else ())


@dataclass(frozen=True, slots=True)
class Done:
    """What a job did for one practice or partner; `error` is the code of what stopped it there."""

    tenant_id: str
    slug: str
    counts: Counts
    error: str = ""


def _prepare() -> Counts:
    released, built = len(holds.release_due()), len(build_claims())
    return {"released": released, "built": built, "secondary": _secondary()["opened"]}


def _submit() -> Counts:
    sent, batches = submit_claims()
    return {"submitted": len(sent), "files": sum(1 for batch in batches if batch.document)}


def _secondary() -> Counts:
    found = secondary.open_due()
    opened = sum(1 for item in found if not item.code)
    return {"opened": opened, "refused": len(found) - opened, "exhausted": accidents.spot()}


def _ask() -> Counts:
    """Ask payers where silent claims are, before a person has to. A door that is shut, or not there, leaves them to the sweep."""
    try:
        told = ask_payers(_realtime_door(trading_partner()))
    except Fault as fault:
        return {} if fault.code == "NO_REALTIME_DOOR" else {"unreachable": 1}
    return {"asked": told.asked, "told": told.told}


def _realtime_door(name: str) -> RealtimeDoor:
    """The door of a partner's settings; for one without any, that of the run, if it takes questions."""
    door_of = _door_of.get()
    if door_of is not None and name and partners.find_settings(name) is None:
        given: object = door_of(name)
        if hasattr(given, "ask"):
            return cast("RealtimeDoor", given)
    return partners.realtime_door(name)


def _silence() -> Counts:
    found = silence.sweep()
    return {"silent": sum(len(item.claim_ids) for item in found), "tasks": len(found)}


def _holds() -> Counts:
    return {"released": len(holds.release_due()), "checked": len(rescrub())}


def _denials() -> Counts:
    done = refresh()
    return {"found": done.found, "settled": done.resolved, "moved": done.changed}


def _seal() -> Counts:
    try:
        return {"chains": len(audit_seal.seal()["chains"])}
    except Conflict:
        return {"chains": 0}  # an earlier run of today did it


def _events() -> Counts:
    return {"numbered": outbox.number()}


JOBS = {
    job.name: job
    for job in (
        Job(
            "nightly-submission",
            "end due holds, build and check claims, write ready ones to files",
            steps=(
                Step("prepare", _prepare),
                Step("check", lambda: {"checked": len(rescrub())}),
                Step("submit", _submit),
                Step("figures", lambda: {"figures_wrong": len(projection.verify())}),
            ),
            schedule="cron(30 21 * * ? *)",
        ),
        Job(
            "inbound-sync",
            "send written files, fetch and apply every answer, partner by partner",
            over="partners",
            schedule="cron(5/15 * * * ? *)",
        ),
        Job(
            "no-response",
            "ask payers about silent claims (276); of those still without an answer a task by payer and age",
            steps=(Step("ask", _ask), Step("sweep", _silence)),
            schedule="cron(0 5 * * ? *)",
        ),
        Job("denials", "take in denials of posted payments and what became of the others", _denials),
        Job("secondary", "make the claims for next payers that are due ready to be sent", _secondary),
        Job(
            "coverage-nightly",
            "check coverage for the next 7 days (on the 1st for everybody), tell what ended looking back and what runs out",
            steps=(
                Step("ask", lambda: coverage.eligibility(coverage.mode_of_the_day())),
                Step("ended", coverage.ended),
                Step("authorizations", coverage.authorizations),
            ),
            schedule="cron(0 2 * * ? *)",
        ),
        Job(
            "audit-seal",
            "lay the day's roots of the audit chains beyond anybody's reach",
            _seal,
            schedule="cron(15 1 * * ? *)",
        ),
        Job("events", "number the events of the outbox for who reads them", _events, schedule="cron(20 * * * ? *)"),
        Job("holds", "end holds whose day has come and check unsent claims again", _holds),
    )
}


def job(name: str) -> Job:
    if name not in JOBS:
        raise Misuse("NO_SUCH_JOB", "no job has this name", where=name, fix="one of " + ", ".join(JOBS))
    return JOBS[name]


def tenants() -> list[str]:
    """Ids of the live practices, which jobs run for."""
    return [tenant.tenant_id for tenant in directory.list_tenants() if tenant.state is TenantState.LIVE]


def partner_names(principal: Principal) -> list[str]:
    """Trading partners of live practices."""
    return list(sync.partners_of(principal))


def run(
    name: str, principal: Principal, tenant_refs: Sequence[str] | None = None, door_of: sync.DoorOf = partners.door
) -> list[Done]:
    """Run a job in these practices or in every live one, or for every partner. What stops it in one stops it in no other."""
    require("jobs.run", principal)
    found = job(name)
    if found.over == "partners":
        if tenant_refs is not None:
            raise Misuse("PARTNER_JOB", "this job is about trading partners, which practices share", where=name)
        return [_told_of_partner(partner, principal, door_of) for partner in partner_names(principal)]
    token = _door_of.set(door_of)
    try:
        return [_run_in(found, principal, ref) for ref in (tenants() if tenant_refs is None else tenant_refs)]
    finally:
        _door_of.reset(token)


def ask(found: Job) -> str:
    """Put a job for the current practice on the work queue; the message's id."""
    require("jobs.run")
    return queues.ask(found.name, current().tenant.tenant_id)


def newest_runs(principal: Principal) -> list[dict[str, Any]]:
    """The last notes about runs, newest first: of the principal's practices, and of shared partners for who sees them all."""
    require("jobs.run", principal)
    found = runs.newest()
    return [note for note in found if principal.may_see(filter(_is_practice, [note["subject"]]))]


def _is_practice(subject: str) -> bool:
    return subject.startswith("tnt_")


def run_step(found: Job, step: Step, principal: Principal, ref: str) -> Counts:
    """One step in one practice."""
    with enter(principal, ref, f"job.{found.name}", directory.directory()):
        return step.run()


def exchange_with(partner: str, principal: Principal, door_of: sync.DoorOf = partners.door) -> Counts:
    """One exchange with one partner: send, fetch, apply. Fault when its door does not open."""
    result = sync.SyncResult()
    tenants_of = sync.partners_of(principal).get(partner, [])
    sync.exchange_with(partner, tenants_of, door_of, principal, result)
    refresh_practices(principal, tenants_of)
    return {
        "sent": len(result.sent),
        "taken": len(result.taken),
        "posted": sum(item.posted for item in result.remittances),
        "strange": len(result.strange),
    }


def _told_of_partner(partner: str, principal: Principal, door_of: sync.DoorOf) -> Done:
    try:
        return Done("", partner, exchange_with(partner, principal, door_of))
    except OtbillError as error:
        return Done("", partner, {}, error.code)


def _run_in(found: Job, principal: Principal, ref: str) -> Done:
    with enter(principal, ref, f"job.{found.name}", directory.directory()) as context:
        counts: Counts = {}
        try:
            for step in found.parts:
                counts |= step.run()
            return Done(context.tenant.tenant_id, context.tenant.slug, counts)
        except OtbillError as error:
            return Done(context.tenant.tenant_id, context.tenant.slug, {}, error.code)

"""The batch jobs by name: what each does in one practice. The CLI, schedules and state machines run these and nothing else.

Every job may run again: what it did is known by natural keys, what it left is found again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.claims import holds, silence
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.submission import submit_claims
from chalicelib.denials.refresh import refresh
from chalicelib.platform.errors import Misuse, OtbillError
from chalicelib.store import directory
from chalicelib.tenancy import Principal, TenantState, enter

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Job:
    """`words` say what it does, `run` does it in the practice that was entered and counts what it did."""

    name: str
    words: str
    run: Callable[[], Counts]


@dataclass(frozen=True, slots=True)
class Done:
    """What a job did in one practice; `error` is the code of what stopped it there."""

    tenant_id: str
    slug: str
    counts: Counts
    error: str = ""


def _submission() -> Counts:
    released = holds.release_due()
    built = build_claims()
    checked = rescrub()
    sent, batches = submit_claims()
    return {
        "released": len(released),
        "built": len(built),
        "checked": len(checked),
        "submitted": len(sent),
        "files": sum(1 for batch in batches if batch.document),
    }


def _silence() -> Counts:
    found = silence.sweep()
    return {"silent": sum(len(item.claim_ids) for item in found), "tasks": len(found)}


def _holds() -> Counts:
    return {"released": len(holds.release_due()), "checked": len(rescrub())}


def _denials() -> Counts:
    done = refresh()
    return {"found": done.found, "settled": done.resolved, "moved": done.changed}


JOBS = {
    job.name: job
    for job in (
        Job("nightly-submission", "end due holds, build and check claims, write ready ones to files", _submission),
        Job("no-response", "find claims no payer answered; a task by payer and age", _silence),
        Job("denials", "take in denials of posted payments and what became of the others", _denials),
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


def run(name: str, principal: Principal, tenant_refs: list[str] | None = None) -> list[Done]:
    """Run a job in these practices, or in every live one. What stops it in one stops it in no other."""
    found = job(name)
    return [_run_in(found, principal, ref) for ref in (tenants() if tenant_refs is None else tenant_refs)]


def _run_in(found: Job, principal: Principal, ref: str) -> Done:
    with enter(principal, ref, f"job.{found.name}", directory.directory()) as context:
        try:
            return Done(context.tenant.tenant_id, context.tenant.slug, found.run())
        except OtbillError as error:
            return Done(context.tenant.tenant_id, context.tenant.slug, {}, error.code)

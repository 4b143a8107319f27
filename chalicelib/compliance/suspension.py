"""Suspending a practice: nothing of it changes any more, its people are out, ours still read and export; and lifting it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.model import Status
from chalicelib.onboarding.records import find_applied
from chalicelib.platform.errors import Conflict
from chalicelib.store import directory, identity
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import TenantState, current, require


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a practice's state, and what it would stop. Counts of what stands there now."""

    tenant_id: str
    state: str
    becomes: str
    people: int  # of the practice, who lose their way in
    claims_ready: int  # to be sent, and not sent then
    files_waiting: int  # written and not sent
    open_tasks: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def plan_suspension() -> Change:
    """What suspending the current practice would stop. Conflict when it is suspended."""
    require("tenant.suspend")
    if current().tenant.state is TenantState.SUSPENDED:
        raise Conflict("ALREADY_SUSPENDED", "the practice is suspended")
    return _change(TenantState.SUSPENDED)


def plan_resumption() -> Change:
    """What lifting the suspension makes of the practice: live when a practice file is in force."""
    require("tenant.resume")
    if current().tenant.state is not TenantState.SUSPENDED:
        raise Conflict("NOT_SUSPENDED", "the practice is not suspended")
    return _change(TenantState.LIVE if find_applied() else TenantState.ONBOARDING)


def carry_out(change: Change) -> None:
    """Do what was planned: on record in the practice's trail first, then the state itself."""
    suspends = change.becomes == TenantState.SUSPENDED
    require("tenant.suspend" if suspends else "tenant.resume")
    with store.unit_of_work() as uow:
        uow.audit("tenant.suspended" if suspends else "tenant.resumed", f"TNT#{change.tenant_id}", ("state",))
        uow.commit()
    tenant = directory.find_tenant(change.tenant_id)
    directory.save_tenant(tenant.model_copy(update={"state": TenantState(change.becomes)}))


def _change(becomes: TenantState) -> Change:
    tenant = current().tenant
    people = [one for one in identity.list_users() if one.kind == "practice" and tenant.tenant_id in one.tenants]
    return Change(
        tenant_id=tenant.tenant_id,
        state=str(tenant.state),
        becomes=str(becomes),
        people=len(people),
        claims_ready=sum(1 for _ in records.claims_with_status(Status.READY)),
        files_waiting=sum(len(records.batches(state)) for state in ("reserved", "written", "staged")),
        open_tasks=len(open_tasks()),
    )

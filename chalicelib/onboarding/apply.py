"""Makes a practice what its file says: plan first, then act; what is already so is left alone, so again writes nothing.

The practice goes live last, when everything it needs is there; after a crash in between it is still in `onboarding`, and
applying again finishes the work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from chalicelib import store
from chalicelib.ledger import accounts as chart
from chalicelib.onboarding import records
from chalicelib.onboarding.model import Practice
from chalicelib.onboarding.practice_file import to_record
from chalicelib.onboarding.records import current_practice
from chalicelib.platform.errors import Forbidden, NotFound, Refused
from chalicelib.store import control, directory, provision
from chalicelib.tenancy import Principal, Tenant, TenantState, enter, require

__all__ = ["Plan", "Result", "Step", "apply", "changes", "current_practice", "plan"]

PURPOSE = "tenant.apply"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the file asks for, and whether it is there, must be made, or differs (`detail` says where)."""

    resource: str
    name: str
    action: Literal["exists", "create", "change"]
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying a file would do."""

    slug: str
    steps: tuple[Step, ...]

    @property
    def changes_nothing(self) -> bool:
        return all(step.action == "exists" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Result:
    """What applying did. `number` is the version of the file now in force."""

    tenant: Tenant
    number: int
    plan: Plan
    writes: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "tenant_id": self.tenant.tenant_id,
            "slug": self.tenant.slug,
            "state": str(self.tenant.state),
            "version": self.number,
            "changed": not self.plan.changes_nothing,
            "writes": self.writes,
            "steps": [step.as_dict() for step in self.plan.steps],
        }


def plan(practice: Practice, principal: Principal) -> Plan:
    """What would change, resource by resource; reads only. Refused for a suspended practice or a taken payee."""
    if principal.kind == "practice":
        raise Forbidden("STAFF_ONLY", "a practice file is applied by the billing company's staff")
    require("tenant.apply", principal)
    steps = [Step(one.resource, one.name, _planned(one.action)) for one in provision.plan_tenant(practice.slug)]
    tenant = _known(practice.slug) if steps[0].action == "exists" else None
    ready = tenant is not None and all(step.action == "exists" for step in steps)
    if tenant is not None:
        _refuse_suspended(tenant)
        _refuse_taken_payee(practice, tenant)
    if tenant is not None and ready:
        with enter(principal, tenant.slug, PURPOSE, directory.directory()):
            steps += _stored_steps(practice)
    else:
        steps += [Step("practice file", "version 1", "create"), Step("ledger accounts", _account_count(), "create")]
    return Plan(practice.slug, (*steps, *_control_steps(practice, tenant)))


def apply(practice: Practice, principal: Principal, planned: Plan | None = None) -> Result:
    """Make it so. Applying the same file again changes nothing and makes no write."""
    require("tenant.apply", principal)
    before = store.runtime().writes
    planned = planned or plan(practice, principal)
    known = _known(practice.slug) if planned.steps[0].action == "exists" else None
    state = known.state if known else TenantState.ONBOARDING
    tenant, _ = provision.ensure_tenant(practice.slug, practice.legal_name, practice.time_zone, state)
    _refuse_taken_payee(practice, tenant)
    with enter(principal, tenant.slug, PURPOSE, directory.directory()):
        number = _store(practice)
    directory.route_payee(tenant.tenant_id, practice.npi, practice.tax_id)
    live = tenant.model_copy(update={"state": TenantState.LIVE})
    directory.save_tenant(live)
    return Result(live, number, planned, store.runtime().writes - before)


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """Names of what differs between two files: 'address.zip', 'therapists.ot-1', 'payers.87726'. Never values."""
    found: list[str] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = _by_name(before.get(key)), _by_name(after.get(key))
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found += [f"{key}.{name}" for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
        else:
            found.append(key)
    return tuple(found)


def _store(practice: Practice) -> int:
    """Store file and accounts where they differ, with audit, in one transaction. Returns the number in force."""
    applied, accounts = records.find_applied(), records.find_accounts()
    data, wanted = to_record(practice), _accounts()
    same_file = applied is not None and applied.digest == records.digest(data)
    same_accounts = accounts is not None and accounts.data["accounts"] == wanted
    if applied is not None and same_file and same_accounts:
        return applied.number
    with store.unit_of_work() as uow:
        number = applied.number if applied is not None and same_file else records.put_version(uow, practice, applied)
        if not same_accounts:
            records.put_accounts(uow, wanted, accounts)
        uow.audit("practice.applied", records.PK, changes(applied.data if applied else {}, data))
        uow.commit()
    return number


def _stored_steps(practice: Practice) -> Iterator[Step]:
    applied, accounts = records.find_applied(), records.find_accounts()
    data = to_record(practice)
    if applied is None:
        yield Step("practice file", "version 1", "create")
    elif applied.digest == records.digest(data):
        yield Step("practice file", f"version {applied.number}", "exists")
    else:
        yield Step("practice file", f"version {applied.number + 1}", "change", ", ".join(changes(applied.data, data)))
    same = accounts is not None and accounts.data["accounts"] == _accounts()
    yield Step("ledger accounts", _account_count(), "exists" if same else "change" if accounts else "create")


def _control_steps(practice: Practice, tenant: Tenant | None) -> Iterator[Step]:
    routed = tenant is not None and tenant.tenant_id in (
        directory.tenants_by_npi(practice.npi) & directory.tenants_by_tax_id(practice.tax_id)
    )
    yield Step("remittance routing", "billing NPI and tax id", "exists" if routed else "create")
    wanted = (practice.legal_name, practice.time_zone, TenantState.LIVE)
    same = tenant is not None and (tenant.name, tenant.timezone, tenant.state) == wanted
    yield Step("state", "live", "exists" if same else "change" if tenant else "create")


def _known(slug: str) -> Tenant | None:
    if control.get(*control.PLATFORM_KEY) is None:
        return None
    try:
        return directory.find_tenant(slug)
    except NotFound:
        return None


def _refuse_suspended(tenant: Tenant) -> None:
    if tenant.state is TenantState.SUSPENDED:
        raise Refused(
            "TENANT_SUSPENDED", "the practice is suspended", where=tenant.slug, fix="lift the suspension first"
        )


def _refuse_taken_payee(practice: Practice, tenant: Tenant) -> None:
    """Billing NPI and tax id together must name one practice, or its remittances could be posted to another."""
    both = directory.tenants_by_npi(practice.npi) & directory.tenants_by_tax_id(practice.tax_id)
    if both - {tenant.tenant_id}:
        raise Refused(
            "PAYEE_TAKEN",
            "another practice already bills with this NPI and tax id",
            where=practice.slug,
            fix="mend npi or tax_id; two places of one practice belong in one file",
        )


def _accounts() -> list[dict[str, str]]:
    return [{"account": one.name, "kind": str(one.kind)} for one in chart.CHART]


def _account_count() -> str:
    return f"{len(_accounts())} accounts"


def _planned(action: str) -> Literal["exists", "create"]:
    return "exists" if action == "exists" else "create"


def _by_name(value: Any) -> Any:
    """Lists of tables as a mapping by their own ids, so that a new first entry does not make all others differ."""
    if isinstance(value, list):
        return {str(row.get("id") or row.get("payer_id")): row for row in value}
    return value

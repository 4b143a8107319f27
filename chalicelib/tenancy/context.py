"""The gate: `enter` is the only way to a practice's records, and without it there is no data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from chalicelib.platform.errors import Fault, Forbidden, NotFound
from chalicelib.tenancy.model import Placement, Principal, Tenant, TenantContext, TenantState

_current: ContextVar[TenantContext | None] = ContextVar("tenant_context", default=None)


class Directory(Protocol):
    """Finds a practice by slug or id; `store.directory` implements it."""

    def find(self, slug_or_id: str) -> tuple[Tenant, Placement]:
        """Raises NotFound for a practice nobody knows."""
        ...


@contextmanager
def enter(principal: Principal, tenant_ref: str, purpose: str, directory: Directory) -> Iterator[TenantContext]:
    """Open a practice for one piece of work. One the principal may not enter does not exist for it (NotFound)."""
    tenant, placement = directory.find(tenant_ref)
    if not _admits(principal, tenant):
        raise no_such_tenant()
    context = TenantContext(principal, tenant, placement, purpose)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def current() -> TenantContext:
    """The practice being worked for. Fault NO_TENANT_CONTEXT when nobody entered one."""
    context = _current.get()
    if context is None:
        raise Fault("NO_TENANT_CONTEXT", "records were asked for outside any practice", fix="enter a practice first")
    return context


def refuse_suspended() -> None:
    """Forbidden TENANT_SUSPENDED when the practice being worked for is suspended: what is there stays as it is."""
    tenant = current().tenant
    if tenant.state is TenantState.SUSPENDED:
        raise Forbidden(
            "TENANT_SUSPENDED",
            "the practice is suspended: nothing of it is changed",
            where=tenant.slug,
            fix="lift the suspension first: otbill tenant resume",
        )


def no_such_tenant() -> NotFound:
    """The one answer for a practice that is unknown, or is another's."""
    return NotFound("TENANT_NOT_FOUND", "no such practice", fix="check the practice's slug or id")


def _admits(principal: Principal, tenant: Tenant) -> bool:
    if not principal.may_enter(tenant.tenant_id):
        return False
    return tenant.state is not TenantState.SUSPENDED or principal.kind != "practice"

"""Tenant, principal, and the context without which no record is read or written."""

from chalicelib.tenancy.context import Directory, current, enter, no_such_tenant, refuse_suspended
from chalicelib.tenancy.model import ALL_TENANTS, Placement, Principal, Tenant, TenantContext, TenantState
from chalicelib.tenancy.permissions import may, needs_second_factor, require

__all__ = [
    "ALL_TENANTS",
    "Directory",
    "Placement",
    "Principal",
    "Tenant",
    "TenantContext",
    "TenantState",
    "current",
    "enter",
    "may",
    "needs_second_factor",
    "no_such_tenant",
    "refuse_suspended",
    "require",
]

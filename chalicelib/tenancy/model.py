"""Who acts, and for which practice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from chalicelib import ids
from chalicelib.platform.model import Model

ALL_TENANTS = "*"


class TenantState(StrEnum):
    ONBOARDING = "onboarding"
    LIVE = "live"
    SUSPENDED = "suspended"


class Tenant(Model):
    """One practice. `code` is its four characters inside patient control numbers; `timezone` is an IANA zone."""

    tenant_id: str
    slug: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$")
    name: str
    state: TenantState = TenantState.ONBOARDING
    timezone: str = "America/New_York"
    code: str = Field(pattern=r"^[0-9A-Z]{4}$")


class Placement(Model):
    """Where a practice's records live. Names come from here, never from formatting an id."""

    tenant_id: str
    table_name: str
    bucket: str
    prefix: str
    key_arn: str
    code: str
    id_key: bytes = Field(repr=False)


class Principal(Model):
    """A signed-in person, a program or the operator. `tenants` holds tenant ids; '*' is for our own people.

    `glass` holds the practices whose glass a member of staff broke within the last hour.
    """

    user_id: str
    name: str
    kind: str = Field(pattern="^(staff|practice|operator|system)$")
    roles: frozenset[str] = frozenset()
    tenants: frozenset[str] = frozenset()
    glass: frozenset[str] = frozenset()

    def may_enter(self, tenant_id: str) -> bool:
        return self.is_assigned(tenant_id) or self.breaks_glass(tenant_id)

    def breaks_glass(self, tenant_id: str) -> bool:
        """In by broken glass only."""
        return self.kind == "staff" and tenant_id in self.glass and not self.is_assigned(tenant_id)

    def is_assigned(self, tenant_id: str) -> bool:
        if tenant_id in self.tenants:
            return True
        return ALL_TENANTS in self.tenants and self.kind != "practice"

    def may_see(self, tenant_ids: Iterable[str]) -> bool:
        """Whether something that is these practices' (or, empty, nobody's) may be shown outside any of them.

        What is nobody's is for those who work for every practice: a stray file may hold anybody's claims.
        """
        everywhere = ALL_TENANTS in self.tenants and self.kind != "practice"
        return everywhere or any(self.is_assigned(tenant_id) for tenant_id in tenant_ids)


@dataclass(frozen=True, slots=True)
class TenantContext:
    """What every repository needs before it touches a record: who, which practice, where, and why."""

    principal: Principal
    tenant: Tenant
    placement: Placement
    purpose: str

    @property
    def by_glass(self) -> bool:
        """In an emergency: reading only, and all of it marked."""
        return self.principal.breaks_glass(self.tenant.tenant_id)

    def make_id(self, kind: str, *natural_key: str) -> str:
        """The id of a thing of this practice: the same natural key always gives the same id (`chalicelib.ids`)."""
        return ids.make_id(self.placement.id_key, kind, *natural_key)

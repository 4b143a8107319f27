"""The denial queue's refresh in every practice one may work for: after each exchange, on a schedule, or by hand."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.denials.refresh import Refreshed, refresh
from chalicelib.store.directory import directory, list_tenants
from chalicelib.tenancy import Principal, TenantState, current, enter


def refresh_practices(principal: Principal, refs: Sequence[str] | None = None) -> list[tuple[str, Refreshed]]:
    """(slug, what it did) of each practice, or of every live one that is the principal's."""
    own = [
        each.tenant_id
        for each in list_tenants()
        if each.state is TenantState.LIVE and principal.is_assigned(each.tenant_id)
    ]
    done = []
    for ref in own if refs is None else refs:
        with enter(principal, ref, "denials.refresh", directory()):
            done.append((current().tenant.slug, refresh()))
    return done

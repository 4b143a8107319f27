"""Where the exchange stands: per trading partner what waits to leave, and what came and fits nothing. Ids and counts only."""

from __future__ import annotations

from typing import Any

from chalicelib.claims import records
from chalicelib.exchange import exceptions, partners
from chalicelib.onboarding.records import trading_partner
from chalicelib.store import directory, receipts
from chalicelib.store.receipts import Receipt
from chalicelib.tenancy import Principal, TenantState, enter, require


def standing(principal: Principal) -> dict[str, Any]:
    """`partners` by name (transport, practices, batches not sent), `unfinished` files, `exceptions` of the exchange."""
    require("exchange.status", principal)
    known = {partner.name: partner.transport for partner in partners.every_partner()}
    found: dict[str, dict[str, Any]] = {}
    for tenant in directory.list_tenants():
        if tenant.state is not TenantState.LIVE or not principal.is_assigned(tenant.tenant_id):
            continue  # each row is judged by itself: staff see the practices they are assigned to
        with enter(principal, tenant.tenant_id, "exchange.status", directory.directory()):
            name = trading_partner()
            if not name:
                continue  # nothing was ever sent for it
            empty = {"transport": known.get(name, "none declared"), "practices": [], "waiting": []}
            partner = found.setdefault(name, empty)
            partner["practices"].append(tenant.slug)
            partner["waiting"] += [
                {"file": batch.file, "state": batch.state, "claims": len(batch.claim_ids), "practice": tenant.slug}
                for state in ("reserved", "written", "staged")
                for batch in records.batches(state)
            ]
    return {
        "partners": dict(sorted(found.items())),
        "unfinished": [receipts.as_dict(item) for item in receipts.unfinished() if _theirs(principal, item)],
        "exceptions": [
            item for item in exceptions.listed() if principal.may_see(filter(None, [item.get("tenant_id")]))
        ],
    }


def inbox(principal: Principal, limit: int = 50) -> list[Receipt]:
    """The newest files that came for the principal's practices; what is nobody's only for those who see every practice."""
    require("exchange.status", principal)
    return [item for item in receipts.newest(limit) if _theirs(principal, item)]


def _theirs(principal: Principal, receipt: Receipt) -> bool:
    return principal.may_see(receipt.result.get("tenants", ()))

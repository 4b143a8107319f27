"""A remittance file from outside: split per ST, routed to the practice it pays, posted there, or refused with a reason.

A check goes to the practice whose NPI it names; the tax id is the second witness, and the two disagreeing is an exception.
"""

from __future__ import annotations

from hashlib import sha256

from chalicelib import clock, documents, store
from chalicelib.ids import make_id
from chalicelib.platform.errors import Conflict
from chalicelib.remittance.model import PostResult
from chalicelib.remittance.posting import check_key, post_check, refused_whole
from chalicelib.store import control, directory, receipts
from chalicelib.tenancy import Principal, TenantState, enter, require
from chalicelib.x12 import Remittance, read_835

MOST_BYTES = 2 * 1024**3


def post_file(content: bytes, principal: Principal, tenant_ref: str = "", name: str = "") -> list[PostResult]:
    """Post every check of a file; one result a check. `tenant_ref` (slug or id) asserts whose the file is.

    The receipt ledger knows the file by its content, whatever its `name`.

    Never raises for what the file holds: NOT_X12, NO_REMITTANCE, PAYEE_NOT_TENANT, PAYEE_WITNESSES_DISAGREE, UNBALANCED,
    UNBALANCED_CLAIM, CHECK_REUSED, SUSPENDED, TENANT_SUSPENDED and ALREADY_POSTED are reasons in the results.
    """
    require("remits.post", principal)
    asserted = directory.tenant_id_of(tenant_ref) if tenant_ref else ""
    found = read_835(content)
    if not found.remittances:
        reason = "NO_REMITTANCE" if found.interchanges else "NOT_X12"
        return [PostResult(trace="", amount_cents=0, refused=1, balanced=False, reason=reason)]
    digest = sha256(content).hexdigest()
    receipt = receipts.find(digest) or receipts.receive(content, name or f"{digest[:12]}.835", "835")
    results = [_post(item, content, digest, principal, asserted) for item in found.remittances]
    if receipt.state != receipts.DONE:
        owners = sorted({tenant_id for item in found.remittances if (tenant_id := _payee(item)[0])})
        receipts.finish(digest, {"name": receipt.name, "checks": len(results), "tenants": owners})
    return results


def _post(item: Remittance, content: bytes, digest: str, principal: Principal, asserted: str) -> PostResult:
    tenant_id, reason = _payee(item)
    if not tenant_id or (asserted and asserted != tenant_id):
        reason = reason or "PAYEE_NOT_TENANT"
        _list_exception(item, digest, reason, tenant_id)
        return refused_whole(item, reason)
    with enter(principal, tenant_id, "remittance.post", directory.directory()) as context:
        if context.tenant.state is TenantState.SUSPENDED:
            _list_exception(item, digest, "TENANT_SUSPENDED", tenant_id)
            return refused_whole(item, "TENANT_SUSPENDED")
        document = documents.put(f"inbound/{digest}.835", content, "application/edi-x12")
        return post_check(item, document)


def _payee(item: Remittance) -> tuple[str, str]:
    """(tenant id, '') or ('', why not)."""
    by_npi = directory.tenants_by_npi(item.payee.npi) if item.payee.npi else frozenset()
    by_tax = directory.tenants_by_tax_id(item.payee.tax_id) if item.payee.tax_id else frozenset()
    if item.payee.npi and item.payee.tax_id and (by_npi or by_tax) and not by_npi & by_tax:
        return "", "PAYEE_WITNESSES_DISAGREE"
    both = (by_npi & by_tax) or by_npi or (frozenset() if item.payee.npi else by_tax)
    if len(both) != 1:
        return "", "PAYEE_NOT_TENANT"
    return next(iter(both)), ""


def _list_exception(item: Remittance, digest: str, reason: str, tenant_id: str) -> None:
    """Tell the operator, once per check: ids and amounts only, no names and no trace numbers of strangers' patients."""
    key = make_id(control.platform_key(), "exc", digest, *check_key(item))
    data = {
        "exception_id": key,
        "reason": reason,
        "file_sha256": digest,
        "tenant_id": tenant_id,
        "payer": item.payer.name,
        "amount_cents": item.amount_cents,
        "claims": len(item.claims),
        "at": clock.instant_text(clock.now()),
    }
    if control.get(f"EXC#{key}", "EXCEPTION") is not None:
        return
    try:
        control.put_new(store.Record(f"EXC#{key}", "EXCEPTION", "exception", data, gsi1=("EXCEPTIONS", key)))
    except Conflict:
        return  # somebody else listed it at the same moment


def exceptions(principal: Principal) -> list[dict[str, object]]:
    """Checks that could not be given to a practice: all for those who see every practice, else those paid to theirs."""
    require("remits.exceptions", principal)
    found = (record.data for record in control.iter_index("gsi1", "EXCEPTIONS"))
    return [item for item in found if principal.may_see(filter(None, [item.get("tenant_id")]))]

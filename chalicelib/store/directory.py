"""Practices in the control table: who they are, where their records live, and whose a file from outside is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from chalicelib import ids
from chalicelib.platform.errors import Conflict, Fault
from chalicelib.store import control, keyring
from chalicelib.store.record import Record
from chalicelib.tenancy import Placement, Tenant, TenantState, no_such_tenant

CODE_ATTEMPTS = 20
_LISTING = "TENANT"
_ids_by_slug: dict[str, str] = {}
_lock = threading.Lock()


class ControlDirectory:
    """`tenancy.Directory` over the control table."""

    def find(self, slug_or_id: str) -> tuple[Tenant, Placement]:
        """The practice and its placement; NotFound when nobody knows it or its resources are not made yet."""
        tenant_id = tenant_id_of(slug_or_id)
        records = control.get_many([_tenant_key(tenant_id), _placement_key(tenant_id)])
        tenant, placement = records.get(_tenant_key(tenant_id)), records.get(_placement_key(tenant_id))
        if tenant is None or placement is None:
            raise no_such_tenant()
        return Tenant(**tenant.data), to_placement(placement)


def directory() -> ControlDirectory:
    return ControlDirectory()


def tenant_id_of(slug_or_id: str) -> str:
    """The id a slug or id names. A slug never changes hands, so it is remembered. NotFound for an unknown one."""
    if slug_or_id.startswith("tnt_"):
        return slug_or_id
    known = _ids_by_slug.get(slug_or_id)
    if known is None:
        record = control.get(f"SLUG#{slug_or_id}", "ROUTE")
        if record is None:
            raise no_such_tenant()
        known = str(record.data["tenant_id"])
        with _lock:
            _ids_by_slug[slug_or_id] = known
    return known


def find_tenant(slug_or_id: str) -> Tenant:
    """The practice, whether its resources exist or not."""
    record = control.get(*_tenant_key(tenant_id_of(slug_or_id)))
    if record is None:
        raise no_such_tenant()
    return Tenant(**record.data)


def list_tenants() -> Iterator[Tenant]:
    """Every practice, by slug."""
    for record in control.iter_index("gsi1", _LISTING):
        yield Tenant(**record.data)


def reserve(slug: str, name: str, timezone: str, state: TenantState = TenantState.ONBOARDING) -> Tenant:
    """Give a new practice its id, slug and four-character code, all unique, in one transaction; Conflict when taken."""
    key = control.platform_key()
    tenant_id = ids.make_id(key, "tnt", slug)
    for attempt in range(CODE_ATTEMPTS):
        code = ids.tenant_code(key, slug, attempt)
        if control.get(f"CODE#{code}", "ROUTE") is None:
            tenant = Tenant(tenant_id=tenant_id, slug=slug, name=name, state=state, timezone=timezone, code=code)
            _store_new(tenant)
            return tenant
    raise Fault("NO_TENANT_CODE", "no free four-character code was found for this practice")


def save_tenant(tenant: Tenant) -> bool:
    """Store a changed name, state or time zone; id, slug and code stay. False when nothing changed (no write)."""
    record = control.get(*_tenant_key(tenant.tenant_id))
    if record is None:
        raise no_such_tenant()
    if Tenant(**record.data) == tenant:
        return False
    if (record.data["slug"], record.data["code"]) != (tenant.slug, tenant.code):
        raise Conflict("TENANT_IDENTITY", "a practice keeps its slug and code for life", where=tenant.tenant_id)
    control.replace(_tenant_record(tenant, record.version))
    return True


def save_placement(tenant_id: str, where: dict[str, str]) -> None:
    """Store where a practice's records live, with a fresh id key wrapped by its KMS key. Conflict when it has one."""
    wrapped = keyring.wrap(where["key_arn"], keyring.new_key(), tenant_id)
    data: dict[str, Any] = {"tenant_id": tenant_id, **where, "id_key": wrapped}
    control.put_new(Record(*_placement_key(tenant_id), "placement", data))


def find_placement(tenant_id: str) -> Placement | None:
    record = control.get(*_placement_key(tenant_id))
    return None if record is None else to_placement(record)


def to_placement(record: Record) -> Placement:
    data = record.data
    id_key = keyring.unwrap(data["key_arn"], data["id_key"], data["tenant_id"])
    return Placement(**{**data, "id_key": id_key})


def route_payee(tenant_id: str, npi: str = "", tax_id: str = "") -> int:
    """Let remittances for this billing NPI and tax id find the practice. Returns how many routes were new."""
    records = [Record(pk, tenant_id, "route", {"tenant_id": tenant_id}) for pk in _payee_keys(npi, tax_id)]
    known = control.get_many([record.key for record in records])
    fresh = [record for record in records if record.key not in known]
    for record in fresh:
        control.put_new(record)
    return len(fresh)


def tenants_by_npi(npi: str) -> frozenset[str]:
    """Tenant ids that bill under this NPI; more than one is possible, so the tax id is the second witness."""
    return _routed(f"NPI#{npi}")


def tenants_by_tax_id(tax_id: str) -> frozenset[str]:
    """Tenant ids with this tax id (kept as a keyed hash: a sole proprietor's may be a social security number)."""
    return _routed(_tax_key(tax_id))


def tenant_by_code(code: str) -> str | None:
    """The tenant id whose four characters these are, as a patient control number begins."""
    record = control.get(f"CODE#{code}", "ROUTE")
    return None if record is None else str(record.data["tenant_id"])


def forget() -> None:
    """Forget remembered slugs (another control table follows)."""
    with _lock:
        _ids_by_slug.clear()


def _store_new(tenant: Tenant) -> None:
    route = {"tenant_id": tenant.tenant_id}
    with control.transaction() as work:
        work.create(_tenant_record(tenant, 0))
        work.create(Record(f"SLUG#{tenant.slug}", "ROUTE", "route", route))
        work.create(Record(f"CODE#{tenant.code}", "ROUTE", "route", route))
        work.commit()


def _tenant_record(tenant: Tenant, version: int) -> Record:
    data = tenant.model_dump(mode="json")
    return Record(*_tenant_key(tenant.tenant_id), "tenant", data, version=version, gsi1=(_LISTING, tenant.slug))


def _routed(pk: str) -> frozenset[str]:
    return frozenset(record.sk for record in control.iter_query(pk))


def _payee_keys(npi: str, tax_id: str) -> list[str]:
    return [*([f"NPI#{npi}"] if npi else []), *([_tax_key(tax_id)] if tax_id else [])]


def _tax_key(tax_id: str) -> str:
    digits = "".join(character for character in tax_id if character.isdigit())
    return f"TAX#{ids.blind_index(control.platform_key(), 'tax_id', digits)}"


def _tenant_key(tenant_id: str) -> tuple[str, str]:
    return f"TNT#{tenant_id}", "TENANT"


def _placement_key(tenant_id: str) -> tuple[str, str]:
    return f"TNT#{tenant_id}", "PLACEMENT"

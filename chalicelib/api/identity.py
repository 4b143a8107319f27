"""Who is asking: sign-in with a limit on guesses, sessions, tokens, and the practices they open."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from chalicelib import store
from chalicelib.api import requests
from chalicelib.platform.errors import Conflict, Forbidden, Refused
from chalicelib.store import control
from chalicelib.store import directory as tenants
from chalicelib.store import identity as users
from chalicelib.store.directory import find_tenant, list_tenants
from chalicelib.store.record import Record
from chalicelib.tenancy import ALL_TENANTS, Directory, Principal, Tenant, TenantContext

__all__ = ["authenticate", "directory", "issue_token", "principal_for_token", "session", "tenants_of"]

TOKEN_LIFETIME = timedelta(hours=12)
MAX_FAILURES = 10
WINDOW_S = 15 * 60

session = users.find_session
start_session = users.start_session
end_session = users.end_session
principal_for_token = users.principal_for_token


class TooManyTries(Refused):
    http_status = 429


def authenticate(login: str, password: str) -> Principal:
    """The user. Forbidden for a wrong name or password; TooManyTries after ten from one address in 15 minutes."""
    record = _failures(login)
    if record is not None and int(record.data["count"]) >= MAX_FAILURES:
        raise TooManyTries(
            "TOO_MANY_TRIES", "There were too many wrong passwords.", fix="Wait a quarter of an hour, then try again."
        )
    try:
        principal = users.authenticate(login, password)
    except Forbidden:
        _count_failure(login, record)
        raise
    if record is not None:
        _quietly(control.delete, record)
    return principal


def issue_token(principal: Principal) -> str:
    """A bearer token that lives twelve hours, like a session."""
    return users.issue_token(principal.user_id, "session", TOKEN_LIFETIME)


def directory() -> Directory:
    """The practices to enter. Asking for them brings published code tables into a process that has old ones or none."""
    from chalicelib.documents import code_tables

    code_tables.keep_current()
    return tenants.directory()


def tenants_of(principal: Principal) -> tuple[Tenant, ...]:
    """The practices this person may open, by name."""
    if ALL_TENANTS in principal.tenants:
        found = [tenant for tenant in list_tenants() if principal.may_enter(tenant.tenant_id)]
    else:
        found = [find_tenant(tenant_id) for tenant_id in sorted(principal.tenants | principal.glass)]
    return tuple(sorted(found, key=lambda tenant: tenant.name.casefold()))


def switch_practice(opaque: str, context: TenantContext) -> None:
    """Note that a session has gone over to this practice, in the practice's own trail first."""
    with store.runtime().logging_a_read():
        with store.unit_of_work() as uow:
            uow.audit("practice.entered", f"USR#{context.principal.user_id}")
            uow.commit()
        users.switch_practice(opaque, context.tenant.tenant_id)


def _key(login: str) -> tuple[str, str]:
    # Per address too, so that a stranger's guesses do not lock the owner out.
    address = str(requests.current().context.get("identity", {}).get("sourceIp", ""))
    name = sha256(f"{login.strip().casefold()}|{address}".encode()).hexdigest()
    return f"TRIES#{name}", "SIGN_IN"


def _failures(login: str) -> Record | None:
    # The wall clock, not chalicelib.clock: a frozen demo day would never let a locked name in again.
    record = control.get(*_key(login))
    return record if record is None or record.data["until"] > time.time() else _emptied(record)


def _emptied(record: Record) -> Record:
    return Record(record.pk, record.sk, record.kind, {"count": 0, "until": 0}, version=record.version)


def _count_failure(login: str, record: Record | None) -> None:
    count = int(record.data["count"]) if record else 0
    until = int(record.data["until"]) if record and count else int(time.time()) + WINDOW_S
    version = record.version if record else 0
    data = {"count": count + 1, "until": until}
    _quietly(control.replace, Record(*_key(login), "sign_in_tries", data, version=version, expires_at=until))


def _quietly(write: Callable[[Record], object], record: Record) -> None:
    try:
        write(record)
    except Conflict:
        return  # somebody else counted at the same moment

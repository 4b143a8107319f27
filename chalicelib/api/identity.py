"""Who is asking: sign-in with a limit on guesses, sessions, tokens, and the practices they open."""

from __future__ import annotations

import time
from datetime import timedelta
from hashlib import sha256

from chalicelib import store
from chalicelib.api import requests
from chalicelib.platform.errors import Forbidden, Refused
from chalicelib.platform.logging import logger
from chalicelib.store import control
from chalicelib.store import directory as tenants
from chalicelib.store import identity as users
from chalicelib.store.directory import find_tenant, list_tenants
from chalicelib.tenancy import ALL_TENANTS, Directory, Principal, Tenant, TenantContext

__all__ = ["authenticate", "directory", "issue_token", "principal_for_token", "session", "tenants_of"]

TOKEN_LIFETIME = timedelta(hours=12)
MAX_FAILURES = 10
MAX_OF_A_NAME = 30
MAX_OF_AN_ADDRESS = 50
WINDOW_S = 15 * 60

_log = logger("sign-in")

session = users.find_session
start_session = users.start_session
end_session = users.end_session
principal_for_token = users.principal_for_token


class TooManyTries(Refused):
    http_status = 429


def authenticate(login: str, password: str) -> Principal:
    """The user. Forbidden for a wrong name or password; TooManyTries once guessing is recognized.

    Every try is counted before it is judged, so guesses made at once do not slip through. Ten for one name from one
    address; thirty for one name from anywhere (the name is locked for the window); fifty wrong ones from one address.
    """
    window, until = _window()
    address = str(requests.current().context.get("identity", {}).get("sourceIp", ""))
    counters = {_hidden("both", login, address): MAX_FAILURES, _hidden("name", login): MAX_OF_A_NAME}
    source = _hidden("address", address)
    tries = {name: control.count_up(name, window, 1, until) for name in counters}
    if (
        any(tries[name] > most for name, most in counters.items())
        or control.counted(source, window) >= MAX_OF_AN_ADDRESS
    ):
        _log.warning("sign-in refused for too many tries", extra={"code": "TOO_MANY_TRIES"})
        raise TooManyTries(
            "TOO_MANY_TRIES", "There were too many wrong passwords.", fix="Wait a quarter of an hour, then try again."
        )
    try:
        principal = users.authenticate(login, password)
    except Forbidden:
        control.count_up(source, window, 1, until)
        raise
    for name in counters:
        control.forget_count(name, window)
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
    with store.runtime().counting_apart():
        with store.unit_of_work() as uow:
            uow.audit("practice.entered", f"USR#{context.principal.user_id}")
            uow.commit()
        users.switch_practice(opaque, context.tenant.tenant_id)


def _window() -> tuple[str, int]:
    # The wall clock, not chalicelib.clock: a frozen demo day would never let a locked name in again.
    number = int(time.time()) // WINDOW_S
    return str(number), (number + 2) * WINDOW_S


def _hidden(scope: str, *parts: str) -> str:
    """Names and addresses stand in no key; folded, so that case and spaces do not make another name."""
    text = "\x1f".join(part.strip().casefold() for part in parts)
    return f"tries-{scope}-{sha256(text.encode()).hexdigest()}"

"""Who is asking: sign-in with a limit on guesses of either step, sessions, tokens, and the practices they open."""

from __future__ import annotations

import time
from hashlib import sha256

from chalicelib import store
from chalicelib.api import requests
from chalicelib.platform.errors import Forbidden, Refused
from chalicelib.platform.logging import logger
from chalicelib.store import control
from chalicelib.store import directory as tenants
from chalicelib.store import identity as users
from chalicelib.store import sign_in as steps
from chalicelib.store.directory import find_tenant, list_tenants
from chalicelib.store.sign_in import SignedIn, Step
from chalicelib.tenancy import ALL_TENANTS, Directory, Principal, Tenant, TenantContext

__all__ = ["directory", "principal_for_token", "second_step", "session", "sign_in", "tenants_of"]

MAX_FAILURES = 10
MAX_OF_A_NAME = 30
MAX_OF_AN_ADDRESS = 50
WINDOW_S = 15 * 60
# Three of a million codes are right at any moment: twenty tries a day leave a thief of the password 6 in 100,000 a day.
MAX_CODES = 5
MAX_CODES_A_DAY = 20
DAY_S = 24 * 3600

_log = logger("sign-in")

session = users.find_session
start_session = users.start_session
end_session = users.end_session
principal_for_token = users.principal_for_token


class TooManyTries(Refused):
    http_status = 429


def sign_in(login: str, password: str) -> SignedIn | Step:
    """The password step. Forbidden for a wrong name or password; TooManyTries once guessing is recognized.

    Every try is counted before it is judged, so guesses made at once do not slip through. Ten for one name from one
    address; thirty for one name from anywhere (the name is locked for the window); fifty wrong ones from one address.
    """
    window, until = window_of(WINDOW_S)
    address = source_address()
    counters = {hidden("both", login, address): MAX_FAILURES, hidden("name", login): MAX_OF_A_NAME}
    source = hidden("address", address)
    tries = {name: control.count_up(name, window, 1, until) for name in counters}
    if (
        any(tries[name] > most for name, most in counters.items())
        or control.counted(source, window) >= MAX_OF_AN_ADDRESS
    ):
        raise too_many("wrong passwords")
    try:
        answer = steps.with_password(login, password)
    except Forbidden:
        control.count_up(source, window, 1, until)
        raise
    for name in counters:
        control.forget_count(name, window)
    return answer


def second_step(step: Step, code: str) -> SignedIn:
    """The code step, for a code of an authenticator in use or of one being set up. Forbidden CODE_REFUSED for a wrong one.

    Counted before it is judged too: five a quarter of an hour and twenty a day of one user, from wherever.
    """
    counters = {(hidden("code", step.user_id), *window_of(WINDOW_S)): MAX_CODES,
                (hidden("code-day", step.user_id), *window_of(DAY_S)): MAX_CODES_A_DAY}  # fmt: skip
    tries = {(name, window): control.count_up(name, window, 1, until) for name, window, until in counters}
    if any(tries[name, window] > most for (name, window, _), most in counters.items()):
        raise too_many("wrong codes")
    signed_in = steps.with_code(step, code) if step.need == "code" else steps.confirm_set_up(step, code)
    for name, window in tries:
        control.forget_count(name, window)
    return signed_in


def count_tries(seconds: int, most_of: dict[str, int], what: str) -> None:
    """Count a try under each of these (hidden) names before it is judged. TooManyTries beyond the most of a window."""
    window, until = window_of(seconds)
    tries = {name: control.count_up(name, window, 1, until) for name in most_of}
    if any(tries[name] > most for name, most in most_of.items()):
        raise too_many(what)


def source_address() -> str:
    """Where the request comes from, as the gateway in front saw it."""
    return str(requests.current().context.get("identity", {}).get("sourceIp", ""))


def too_many(what: str) -> TooManyTries:
    _log.warning("sign-in refused for too many tries", extra={"code": "TOO_MANY_TRIES"})
    return TooManyTries(
        "TOO_MANY_TRIES", f"There were too many {what}.", fix="Wait a quarter of an hour, then try again."
    )


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


def settle_in(context: TenantContext) -> None:
    """A token of somebody who has several practices works in one at a time too: going over is on record there."""
    principal = context.principal
    if ALL_TENANTS not in principal.tenants and len(principal.tenants | principal.glass) < 2:
        return
    token = requests.header("authorization")
    if users.practice_of_token(token) == context.tenant.tenant_id:
        return
    with store.runtime().counting_apart():
        with store.unit_of_work() as uow:
            uow.audit("practice.entered", f"USR#{principal.user_id}")
            uow.commit()
        users.set_practice_of_token(token, context.tenant.tenant_id)


def switch_practice(opaque: str, context: TenantContext) -> None:
    """Note that a session has gone over to this practice, in the practice's own trail first."""
    with store.runtime().counting_apart():
        with store.unit_of_work() as uow:
            uow.audit("practice.entered", f"USR#{context.principal.user_id}")
            uow.commit()
        users.switch_practice(opaque, context.tenant.tenant_id)


def window_of(seconds: int) -> tuple[str, int]:
    # The wall clock, not chalicelib.clock: a frozen demo day would never let a locked name in again.
    number = int(time.time()) // seconds
    return str(number), (number + 2) * seconds


def hidden(scope: str, *parts: str) -> str:
    """Names and addresses stand in no key; folded, so that case and spaces do not make another name."""
    text = "\x1f".join(part.strip().casefold() for part in parts)
    return f"tries-{scope}-{sha256(text.encode()).hexdigest()}"

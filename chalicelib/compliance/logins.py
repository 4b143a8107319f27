"""What administrators do to other people's sign-ins: end them, forget an authenticator, give a one-time password.

On record in the trail of every practice the person can open, before it is done; and only by somebody who works in all of
those: an administrator of one practice gives nobody's account away who reaches another.
"""

from __future__ import annotations

from chalicelib import store
from chalicelib.platform.errors import Forbidden
from chalicelib.store import directory, identity
from chalicelib.tenancy import ALL_TENANTS, Principal, enter, require


def end(principal: Principal, login: str) -> None:
    """Every session and token of a user ends. Forbidden USER_UNKNOWN, NOT_YOURS."""
    user = _judged(principal, "login.end", login)
    _record(principal, user, "login.ended", "sessions")
    identity.end_everything(user.user_id)


def reset_authenticator(principal: Principal, login: str) -> None:
    """A lost authenticator counts no longer. Forbidden OWN_RESET for one's own, USER_UNKNOWN, NOT_YOURS."""
    user = _judged(principal, "login.reset", login)
    _not_own(principal, user)
    _record(principal, user, "login.authenticator_reset", "authenticator")
    identity.reset_second_factor(user.user_id)


def reset_password(principal: Principal, login: str) -> str:
    """A one-time password for a forgotten or a first one; Forbidden as for `reset_authenticator`."""
    user = _judged(principal, "login.password", login)
    _not_own(principal, user)
    _record(principal, user, "login.password_reset", "password")
    return identity.reset_password(user.user_id)


def _judged(principal: Principal, action: str, login: str) -> Principal:
    require(action, principal)
    user = identity.find_login(login)
    if user is None:
        raise Forbidden("USER_UNKNOWN", "no such user")
    if not all(principal.is_assigned(tenant_id) for tenant_id in user.tenants):
        raise Forbidden(
            "NOT_YOURS", "this user works in practices you do not", fix="ask an administrator of all of them"
        )
    return user


def _not_own(principal: Principal, user: Principal) -> None:
    """Whoever holds a password alone must not get round the second factor with it."""
    if user.user_id == principal.user_id:
        raise Forbidden("OWN_RESET", "somebody else must reset this", fix="ask another administrator")


def _record(principal: Principal, user: Principal, action: str, field: str) -> None:
    everywhere = ALL_TENANTS in user.tenants
    opened = [tenant.tenant_id for tenant in directory.list_tenants()] if everywhere else sorted(user.tenants)
    for tenant_id in opened:
        with (
            enter(principal, tenant_id, action, directory.directory()),
            store.runtime().counting_apart(),
            store.unit_of_work() as uow,
        ):
            uow.audit(action, f"USR#{user.user_id}", (field,))
            uow.commit()

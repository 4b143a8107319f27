"""A forgotten password: a code by mail to the address of the account, and with it a password of one's own (ADR 26).

RESET#<user id> / CODE   control table: a keyed hash of the one code that counts, for fifteen minutes

Whoever asks is told the same, whether there is such an account or not. A code replaces the one before it and works once; the
second factor is asked for afterwards as ever. Who must have an authenticator and has none gets no code: whoever reads
their mail could set one up. Instants here are the wall clock's.
"""

from __future__ import annotations

import hmac
import secrets
import time
from contextlib import suppress

from chalicelib import ids, store
from chalicelib.exchange import mail
from chalicelib.platform.errors import Conflict, Fault, NotFound, Refused
from chalicelib.platform.logging import logger
from chalicelib.store import control, directory, identity, user_pool
from chalicelib.store.record import Record
from chalicelib.tenancy import ALL_TENANTS, Principal, enter, needs_second_factor

CODE_LIVES_S = 15 * 60
_SPELLING = "abcdefghjkmnpqrstvwxyz0123456789"  # no i, l, o and u: they are misread
_LETTERS, _GROUP = 12, 4  # 60 random bits
_SUBJECT = "Your code"
_CHANGED = "Your password was changed"
_log = logger("password-reset")


class ResetRefused(Refused):
    """The code is wrong, used, too old, or of nobody: one answer for all."""

    http_status = 422


def ask(login: str) -> None:
    """Send a code, if there is somebody to send one to. Says nothing of whether there was."""
    user = identity.find_login(login)
    if user is None or (needs_second_factor(user) and not identity.second_factor(user.user_id)):
        return
    code = "".join(secrets.choice(_SPELLING) for _ in range(_LETTERS))
    _keep(user.user_id, code)
    shown = "-".join(code[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP))
    _send(
        user.user_id, _SUBJECT, f"{shown}\n\nWith this code you choose a new password, within 15 minutes. "
        "If you did not ask for it, do nothing: your password stays as it is."
    )  # fmt: skip


def choose(login: str, code: str, password: str) -> None:
    """The new password, for the code. Everything open ends. ResetRefused RESET_REFUSED; Misuse PASSWORD_TOO_SHORT and its like.

    The password is judged before the code is looked at, so a weak one tells nothing of the code and does not use it up.
    """
    identity.refuse_weak(login, password)
    user_id = identity.user_id_of(login)
    _use_up(user_id, code)
    user = identity.find_user(user_id)
    if user is None:
        raise _refused()
    _record(user)
    identity.end_everything(user_id)  # before too: dying between the two leaves nothing open
    user_pool.set_password(user_id, password)
    identity.end_everything(user_id)
    _send(
        user_id, _CHANGED, "Everything that was open is signed out. If it was not you, tell an administrator at once."
    )


def _keep(user_id: str, code: str) -> None:
    stored = control.get(*_key(user_id))
    until = int(time.time()) + CODE_LIVES_S
    data = {"hash": _hash(user_id, code), "until": until}
    version = stored.version if stored else 0
    with suppress(Conflict):  # asked for twice at once: the other code was kept, and this one never counts
        control.replace(Record(*_key(user_id), "reset_code", data, version=version, expires_at=until))


def _use_up(user_id: str, code: str) -> None:
    """Take the code out of use. Of two at once with the right one, one goes on."""
    stored = control.get(*_key(user_id))
    tried = _hash(user_id, code)
    if stored is None or stored.data["until"] <= time.time() or not hmac.compare_digest(stored.data["hash"], tried):
        raise _refused()
    try:
        control.delete(stored)
    except Conflict:
        raise _refused() from None


def _hash(user_id: str, code: str) -> str:
    """Keyed, so that a copy of the table is no help in guessing. Spaces, dashes and case are typing, not the code."""
    plain = "".join(character for character in code.casefold() if character.isalnum())[:100]
    return ids.blind_index(control.platform_key(), "reset_code", f"{user_id} {plain}")


def _record(user: Principal) -> None:
    """In the trail of every practice the account opens. One that is suspended lets its people in for nothing, not for this."""
    everywhere = ALL_TENANTS in user.tenants
    opened = [tenant.tenant_id for tenant in directory.list_tenants()] if everywhere else sorted(user.tenants)
    for tenant_id in opened:
        with (
            suppress(NotFound),
            enter(user, tenant_id, "login.password_chosen", directory.directory()),
            store.runtime().counting_apart(),
            store.unit_of_work() as uow,
        ):
            uow.audit("login.password_chosen", f"USR#{user.user_id}", ("password",))
            uow.commit()


def _send(user_id: str, subject: str, text: str) -> None:
    """A mail that does not leave is ours to see to, and nothing to tell whoever asked."""
    try:
        mail.post().send(mail.Mail(user_id, identity.login_of(user_id), subject, text))
    except Fault as fault:
        _log.error("mail not sent", extra={"code": fault.code, "user_id": user_id})


def _key(user_id: str) -> tuple[str, str]:
    return f"RESET#{user_id}", "CODE"


def _refused() -> ResetRefused:
    return ResetRefused(
        "RESET_REFUSED", "The code is wrong, was used, or is older than 15 minutes.", fix="Ask for another."
    )

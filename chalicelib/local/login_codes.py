"""Authenticators for people who do not exist: the demo's users, on the embedded AWS only. Real keys are in real phones."""

from __future__ import annotations

import time

from chalicelib.exchange import mail
from chalicelib.platform.errors import Forbidden, NotFound
from chalicelib.store import identity, runtime, secrets, sign_in
from chalicelib.store.sign_in import Step
from chalicelib.tenancy import Principal, require

PERIOD_S = 30


def enrol(login: str, password: str) -> None:
    """Set up an authenticator for a user who must have one; again, or for one who need not, does nothing."""
    _only_here()
    user_id = identity.user_id_of(login)
    if identity.second_factor(user_id):
        return
    step = sign_in.with_password(login, password)
    if not isinstance(step, Step) or step.need != "set_up":
        return
    step = sign_in.begin_set_up(step)
    secrets.put_secret(_name(user_id), step.key)  # first: a key in use that nobody has would lock the user out
    try:
        sign_in.confirm_set_up(step, earlier_code(step.key))
    except Forbidden:  # the half minute turned on the way; it cannot turn again so soon
        sign_in.confirm_set_up(step, earlier_code(step.key))


def tell(principal: Principal, login: str) -> tuple[str, int]:
    """`current` for somebody who asks: the operator of this machine alone, as a code is another person's second factor."""
    require("login.code", principal)
    return current(login)


def tell_mail(principal: Principal, login: str) -> str:
    """The newest mail to a user, for the operator of this machine alone. NotFound when there is none."""
    require("login.code", principal)
    _only_here()
    found = mail.folder().newest(identity.user_id_of(login))
    if not found:
        raise NotFound(
            "NO_MAIL", "no mail was written to a demo user of this name", fix="ask for a code at /sign-in/forgot"
        )
    return found


def current(login: str) -> tuple[str, int]:
    """The code a user's authenticator shows, and for how many seconds. NotFound for one without."""
    _only_here()
    user_id = identity.user_id_of(login)
    if identity.find_user(user_id) is None or not identity.second_factor(user_id):
        raise NotFound("NO_AUTHENTICATOR", "no demo user of this name has an authenticator",
                       fix="`otbill serve` prints the demo users")  # fmt: skip
    now = time.time()
    return _code(secrets.get_secret(_name(user_id)), now), PERIOD_S - int(now) % PERIOD_S


def earlier_code(key: str) -> str:
    """The code before the present one, which counts too: the present one is left for whoever signs in now."""
    return _code(key, time.time() - PERIOD_S)


def _code(key: str, at: float) -> str:
    import pyotp

    return str(pyotp.TOTP(key).at(int(at)))


def _name(user_id: str) -> str:
    return f"{runtime().settings.resource_prefix}/demo-authenticator/{user_id}"


def _only_here() -> None:
    settings = runtime().settings
    if not (settings.is_local and settings.aws_endpoint.startswith("http://127.0.0.1:")):
        raise Forbidden("ONLY_EMBEDDED", "codes are known on the embedded AWS only", fix="use your own authenticator")

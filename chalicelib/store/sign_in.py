"""Signing in, in one step or two: the password, then the authenticator's code; or the set-up of an authenticator first.

STEP#<hash> / STEP        a sign-in between its steps: five minutes, by an opaque id the browser holds
CODES#<user id> / USED    codes already taken, so that none is taken twice (RFC 6238 section 5.2)

What the pool gave for the password is sealed with a key made of the opaque id, which is stored nowhere: a copy of the table
goes on with nobody's sign-in. Instants here are the wall clock's, as the codes are.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Literal

from chalicelib.platform.errors import Conflict, Fault, Forbidden
from chalicelib.store import control, identity, sealing, user_pool
from chalicelib.store.record import Record
from chalicelib.store.user_pool import Access, CodeNeeded, PasswordNeeded
from chalicelib.tenancy import Principal, needs_second_factor

CODE_STEP_S = user_pool.STEP_MINUTES * 60
SET_UP_S = 15 * 60  # somebody has to find and install an authenticator
_CODE_LIVES_S = 150  # a code of 30 s, with the drift a pool allows either way, and room
_CODE = re.compile(r"[0-9]{6}")
_TRIES = 5  # to write the list of used codes against others doing the same


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Everything asked for was right. `access` is the pool's token, which only the API hands out."""

    principal: Principal
    access: Access


@dataclass(frozen=True, slots=True)
class Step:
    """A sign-in after its password; after a one-time one, `need` is to choose one's own.

    `key` is the authenticator's new key (base32) when one is being set up.
    """

    need: Literal["password", "code", "set_up"]
    user_id: str
    secret: str = field(repr=False)
    key: str = field(default="", repr=False)
    next_page: str = ""


def with_password(login: str, password: str) -> SignedIn | Step:
    """Forbidden SIGN_IN_REFUSED for a wrong name and a wrong password alike."""
    user_id = identity.user_id_of(login)
    answer = user_pool.check_password(user_id, password)
    principal = _known(user_id)
    if isinstance(answer, PasswordNeeded):
        return Step("password", user_id, answer.session)
    if isinstance(answer, CodeNeeded):
        return Step("code", user_id, answer.session)
    if needs_second_factor(principal):
        return Step("set_up", user_id, answer.token)
    return SignedIn(principal, answer)


def with_own_password(step: Step, password: str) -> SignedIn | Step:
    """The one-time password is replaced, and the sign-in goes on as with the new one: a code is asked for as ever.

    Misuse PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG or PASSWORD_IS_NAME; Forbidden SIGN_IN_REFUSED when the step is over.
    """
    login = identity.login_of(step.user_id)
    if step.need != "password" or not login:
        raise Forbidden("SIGN_IN_REFUSED", "the name or the password is wrong", fix="sign in again")
    identity.refuse_weak(login, password)
    user_pool.replace_password(step.user_id, step.secret, password)
    return with_password(login, password)


def with_code(step: Step, code: str) -> SignedIn:
    """Forbidden CODE_REFUSED for a wrong code and one used before, SIGN_IN_REFUSED when the step is over."""
    plain = "".join(code.split())
    if step.need != "code" or not _CODE.fullmatch(plain):
        raise _wrong_code()
    access = user_pool.check_code(step.user_id, step.secret, plain)
    _use_up(step.user_id, plain)
    return SignedIn(_known(step.user_id), access)


def begin_set_up(step: Step) -> Step:
    """Ask the pool for a key: once for a step, since a second key would undo the first."""
    return replace(step, key=user_pool.new_authenticator(Access(step.secret)))


def confirm_set_up(step: Step, code: str) -> SignedIn:
    """The authenticator is in use once it shows a right code. Forbidden CODE_REFUSED for a wrong one."""
    plain = "".join(code.split())
    if step.need != "set_up" or not _CODE.fullmatch(plain):
        raise _wrong_code()
    access = Access(step.secret)
    user_pool.confirm_authenticator(access, plain)
    _use_up(step.user_id, plain)
    identity.note_second_factor(step.user_id)
    return SignedIn(_known(step.user_id), access)


def keep(step: Step) -> str:
    """Put a step away until the browser comes back; returns the opaque id for its cookie, which is stored nowhere."""
    opaque = secrets.token_urlsafe(32)
    pk, sk = _step_key(opaque)
    until = int(time.time()) + (SET_UP_S if step.need == "set_up" else CODE_STEP_S)
    text = json.dumps([step.secret, step.key, step.next_page])
    data = {"need": step.need, "user_id": step.user_id, "until": until, "sealed": sealing.seal(opaque, pk, text)}
    control.put_new(Record(pk, sk, "sign_in_step", data, expires_at=until))
    return opaque


def find(opaque: str) -> Step | None:
    """The step of a cookie, while it lives."""
    record = control.get(*_step_key(opaque)) if opaque else None
    if record is None or record.data["until"] <= time.time():
        return None
    secret, key, next_page = json.loads(sealing.unseal(opaque, record.pk, record.data["sealed"]))
    return Step(record.data["need"], record.data["user_id"], secret, key, next_page)


def end(opaque: str) -> bool:
    """A step ends once: of two requests at once, one is told True and goes on."""
    record = control.get(*_step_key(opaque)) if opaque else None
    if record is None:
        return False
    try:
        control.delete(record)
    except Conflict:
        return False
    return True


def _use_up(user_id: str, code: str) -> None:
    """Take a code out of use. Forbidden CODE_REFUSED when it was taken before, by whomever."""
    key, mark = (f"CODES#{user_id}", "USED"), sha256(f"{user_id}|{code}".encode()).hexdigest()
    for _ in range(_TRIES):
        now, stored = time.time(), control.get(*key)
        used = {each: until for each, until in (stored.data if stored else {}).items() if until > now}
        if mark in used:
            raise _wrong_code()
        used[mark] = int(now) + _CODE_LIVES_S
        version = stored.version if stored else 0
        try:
            control.replace(Record(*key, "used_codes", used, version=version, expires_at=int(now) + _CODE_LIVES_S))
            return
        except Conflict:
            continue  # another sign-in of the same user at the same moment: look again
    raise Fault("SIGN_IN_BUSY", "the sign-in could not be finished", fix="try again")


def _known(user_id: str) -> Principal:
    principal = identity.find_user(user_id)
    if principal is None:
        raise Forbidden("SIGN_IN_REFUSED", "the name or the password is wrong", fix="try again")
    return principal


def _step_key(opaque: str) -> tuple[str, str]:
    return f"STEP#{sha256(opaque.encode()).hexdigest()}", "STEP"


def _wrong_code() -> Forbidden:
    return Forbidden("CODE_REFUSED", "the code is wrong or was used before", fix="wait for the next code")

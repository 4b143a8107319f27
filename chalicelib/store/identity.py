"""Who may sign in: users and their password hashes, browser sessions, and API bearer tokens, in the control table.

Secrets handed out (session ids, tokens) are stored as SHA-256 only: they carry 256 random bits, so that is enough, and a
copy of the table opens nothing. A principal is read afresh with every session or token, so a removed role is gone at once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from chalicelib import clock, ids
from chalicelib.platform.errors import Conflict, Forbidden, Misuse
from chalicelib.store import control, passwords
from chalicelib.store.record import Record
from chalicelib.tenancy import Principal

IDLE_LIMIT = timedelta(minutes=15)
ABSOLUTE_LIMIT = timedelta(hours=12)
_TOUCH_EVERY = timedelta(minutes=1)
_TOKEN_PREFIX = "otb_"  # noqa: S105 - the visible beginning of every token, so that scanners find leaked ones
_LISTING = "USER"
_NOT_OF_THE_PRINCIPAL = ("login", "password", "glass")


@dataclass(frozen=True, slots=True)
class Session:
    """A browser session. `csrf` is the value its forms carry, `ends_at` the absolute limit, `practice` where it works."""

    principal: Principal
    csrf: str
    started_at: datetime
    ends_at: datetime
    practice: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as listed: never the secret."""

    token_id: str
    user_id: str
    label: str
    created_at: str
    expires_at: str


def ensure_user(
    login: str, name: str, password: str, kind: str, roles: Iterable[str] = (), tenants: Iterable[str] = ()
) -> Principal:
    """Create a user, or bring an existing one to this state; writes nothing when it is so already."""
    if len(password) < passwords.MIN_LENGTH:
        raise Misuse("PASSWORD_TOO_SHORT", f"a password has at least {passwords.MIN_LENGTH} characters")
    user_id = _user_id(login)
    principal = Principal(user_id=user_id, name=name, kind=kind, roles=frozenset(roles), tenants=frozenset(tenants))
    stored = control.get(*_user_key(user_id))
    keeps = stored is not None and passwords.matches(password, stored.data["password"])
    if stored is None or not keeps or _principal(stored).model_copy(update={"glass": frozenset()}) != principal:
        secret = stored.data["password"] if stored and keeps else passwords.hashed(password)
        control.replace(_user_record(principal, login, secret, stored.version if stored else 0))
    return principal


def find_user(user_id: str) -> Principal | None:
    record = control.get(*_user_key(user_id))
    return None if record is None else _principal(record)


def find_login(login: str) -> Principal | None:
    """The user who signs in under this name."""
    return find_user(_user_id(login))


def list_users() -> Iterator[Principal]:
    for record in control.iter_index("gsi1", _LISTING):
        yield _principal(record)


def break_glass(user_id: str, tenant_id: str, until: datetime) -> None:
    """Let a user into a practice until an instant. The caller audits it and sees that it is reviewed."""
    record = control.get(*_user_key(user_id))
    if record is None:
        raise Forbidden("USER_UNKNOWN", "no such user")
    glass = {tenant: end for tenant, end in record.data.get("glass", {}).items() if tenant in set(_live_glass(record))}
    data = {**record.data, "glass": {**glass, tenant_id: clock.instant_text(until)}}
    control.replace(Record(record.pk, record.sk, record.kind, data, version=record.version, gsi1=record.gsi1))


def authenticate(login: str, password: str) -> Principal:
    """The user, or Forbidden SIGN_IN_REFUSED: the same answer, in the same time, for a wrong name and a wrong password."""
    record = control.get(*_user_key(_user_id(login)))
    right = passwords.matches(password, record.data["password"] if record else _nobody())
    if record is None or not right:
        raise Forbidden("SIGN_IN_REFUSED", "the name or the password is wrong", fix="try again")
    return _principal(record)


def start_session(principal: Principal) -> str:
    """A new session; returns the opaque id for the cookie, which is stored nowhere."""
    opaque = secrets.token_urlsafe(32)
    now = clock.now()
    data = {
        "user_id": principal.user_id,
        "csrf": secrets.token_urlsafe(24),
        "started_at": now.isoformat(),
        "seen_at": now.isoformat(),
    }
    expires = _expiry(ABSOLUTE_LIMIT)
    control.put_new(Record(*_session_key(opaque), "session", data, expires_at=expires))
    return opaque


def find_session(opaque: str) -> Session | None:
    """The session of a cookie, if it is neither idle for 15 minutes nor 12 hours old and its user still exists."""
    record = control.get(*_session_key(opaque))
    if record is None or not _is_alive(record.data):
        return None
    principal = find_user(record.data["user_id"])
    if principal is None:
        return None
    _touch(record)
    started = datetime.fromisoformat(record.data["started_at"])
    return Session(principal, record.data["csrf"], started, started + ABSOLUTE_LIMIT, record.data.get("practice", ""))


def switch_practice(opaque: str, tenant_id: str) -> None:
    """The one practice a session works in from now on."""
    record = control.get(*_session_key(opaque))
    if record:
        data = {**record.data, "practice": tenant_id}
        moved = Record(record.pk, record.sk, record.kind, data, version=record.version, expires_at=record.expires_at)
        _unless_changed(control.replace, moved)


def end_session(opaque: str) -> None:
    """Sign out. A session that is gone already is fine."""
    record = control.get(*_session_key(opaque))
    if record:
        _unless_changed(control.delete, record)


def issue_token(user_id: str, label: str, lifetime: timedelta = timedelta(days=90)) -> str:
    """A bearer token for the API. Shown once; only its hash is kept."""
    token = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    data = {
        "token_id": _token_id(token),
        "user_id": user_id,
        "label": label,
        "created_at": clock.instant_text(now),
        "expires_at": clock.instant_text(now + lifetime),
    }
    expires = _expiry(lifetime)
    index = (f"TOKENS#{user_id}", data["token_id"])
    control.put_new(Record(*_token_key(token), "token", data, gsi1=index, expires_at=expires))
    return token


def principal_for_token(token: str) -> Principal | None:
    """Who a bearer token speaks for; None for one that is unknown, expired or revoked."""
    if not token.startswith(_TOKEN_PREFIX):
        return None
    record = control.get(*_token_key(token))
    if record is None or datetime.fromisoformat(record.data["expires_at"]) <= clock.now():
        return None
    return find_user(record.data["user_id"])


def list_tokens(user_id: str) -> Iterator[Token]:
    for record in control.iter_index("gsi1", f"TOKENS#{user_id}"):
        yield Token(**record.data)


def revoke_token(user_id: str, token_id: str) -> bool:
    """End a token at once. False when the user has no such token."""
    for record in control.iter_index("gsi1", f"TOKENS#{user_id}", token_id):
        control.delete(record)
        return True
    return False


def _expiry(lifetime: timedelta) -> int:
    """When DynamoDB may delete the item: by the wall clock, as its TTL is. A frozen demo day lies in the past of it."""
    return int(time.time() + lifetime.total_seconds())


def _is_alive(data: dict[str, Any]) -> bool:
    now = clock.now()
    idle = now - datetime.fromisoformat(data["seen_at"])
    age = now - datetime.fromisoformat(data["started_at"])
    return idle < IDLE_LIMIT and age < ABSOLUTE_LIMIT


def _touch(record: Record) -> None:
    """Note that the session is in use, at most once a minute, so that reading pages stays reading."""
    if clock.now() - datetime.fromisoformat(record.data["seen_at"]) < _TOUCH_EVERY:
        return
    data = {**record.data, "seen_at": clock.now().isoformat()}
    seen = Record(record.pk, record.sk, record.kind, data, version=record.version, expires_at=record.expires_at)
    _unless_changed(control.replace, seen)


def _unless_changed(write: Any, record: Record) -> None:
    try:
        write(record)
    except Conflict:
        return  # another request of the same session was quicker


def _nobody() -> str:
    """A hash no password has, so that an unknown name costs as much time as a known one."""
    global _nobody_hash
    if _nobody_hash is None:
        _nobody_hash = passwords.hashed(secrets.token_hex(32))
    return _nobody_hash


_nobody_hash: str | None = None


def _user_record(principal: Principal, login: str, secret: str, version: int) -> Record:
    data = {**principal.model_dump(mode="json", exclude={"glass"}), "login": login, "password": secret}
    data["roles"], data["tenants"] = sorted(principal.roles), sorted(principal.tenants)
    return Record(*_user_key(principal.user_id), "user", data, version=version, gsi1=(_LISTING, principal.user_id))


def _principal(record: Record) -> Principal:
    kept = {name: value for name, value in record.data.items() if name not in _NOT_OF_THE_PRINCIPAL}
    return Principal(**kept, glass=frozenset(_live_glass(record)))


def _live_glass(record: Record) -> Iterator[str]:
    now = clock.instant_text(clock.now())
    return (tenant_id for tenant_id, until in record.data.get("glass", {}).items() if until > now)


def _user_id(login: str) -> str:
    return ids.make_id(control.platform_key(), "usr", login.strip().casefold())


def _user_key(user_id: str) -> tuple[str, str]:
    return f"USR#{user_id}", "USER"


def _session_key(opaque: str) -> tuple[str, str]:
    return f"SESSION#{sha256(opaque.encode()).hexdigest()}", "SESSION"


def _token_key(token: str) -> tuple[str, str]:
    return f"TOKEN#{sha256(token.encode()).hexdigest()}", "TOKEN"


def _token_id(token: str) -> str:
    return "tok_" + sha256(b"id" + token.encode()).hexdigest()[:20]

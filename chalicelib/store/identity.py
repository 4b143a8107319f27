"""Who is known: users with their roles and practices, and browser sessions, in the control table. Passwords: `user_pool`.

Session ids are stored as SHA-256 only: they carry 256 random bits, so that is enough, and a copy of the table opens
nothing. A principal is read afresh with every session or token, so a removed role is gone at once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from chalicelib import clock, ids
from chalicelib.platform.errors import Conflict, Forbidden, Misuse
from chalicelib.platform.logging import logger
from chalicelib.store import bearer, control, user_pool
from chalicelib.store.record import Record
from chalicelib.tenancy import Principal, needs_second_factor

_log = logger("identity")
IDLE_LIMIT = timedelta(minutes=15)
ABSOLUTE_LIMIT = timedelta(hours=12)
_TOUCH_EVERY = timedelta(minutes=1)
_LISTING = "USER"
_OF_BEFORE = (
    "login",
    "password",
)  # a password hash stands in records made before there was a user pool; nobody reads it
_BESIDE_THE_PRINCIPAL = ("glass", "subject", "second_factor", "tokens_from", "epoch", "ended")


@dataclass(frozen=True, slots=True)
class Session:
    """A browser session. `csrf` is the value its forms carry, `ends_at` the absolute limit, `practice` where it works."""

    principal: Principal
    csrf: str
    started_at: datetime
    ends_at: datetime
    practice: str = ""


def ensure_user(
    login: str, name: str, password: str, kind: str, roles: Iterable[str] = (), tenants: Iterable[str] = ()
) -> Principal:
    """Create a user, or bring an existing one to this state; writes nothing when it is so already.

    A new password ends every session and token of the old one; so does a role that needs a second factor from now on.
    """
    refuse_weak(login, password)
    user_id = user_id_of(login)
    principal = Principal(user_id=user_id, name=name, kind=kind, roles=frozenset(roles), tenants=frozenset(tenants))
    subject, is_new = user_pool.ensure_person(user_id, login.strip(), password)
    stored = control.get(*_user_key(user_id))
    before = stored.data if stored else {}
    kept = {name: before[name] for name in _BESIDE_THE_PRINCIPAL if name in before}
    if before.get("subject") != subject:  # new, or made again in the pool: what the one before had is not theirs
        kept = {"subject": subject, **(_ended(before) if stored else {})}
    elif is_new or (stored and needs_second_factor(principal) and not needs_second_factor(_principal(stored))):
        kept |= _ended(before)
    data = _user_data(principal, login, kept)
    if data != before:
        version = stored.version if stored else 0
        control.replace(Record(*_user_key(user_id), "user", data, version=version, gsi1=(_LISTING, user_id)))
    return principal


def refuse_weak(login: str, password: str) -> None:
    """Length, and not the name: no rules of composition (NIST SP 800-63B 5.1.1.2). Misuse says which."""
    if len(password) < user_pool.MIN_PASSWORD:
        raise Misuse("PASSWORD_TOO_SHORT", f"a password has at least {user_pool.MIN_PASSWORD} characters")
    if len(password) > user_pool.MAX_PASSWORD:
        raise Misuse("PASSWORD_TOO_LONG", f"a password has at most {user_pool.MAX_PASSWORD} characters")
    if password.strip().casefold() == login.strip().casefold():
        raise Misuse("PASSWORD_IS_NAME", "a password is not the email address")


def find_user(user_id: str) -> Principal | None:
    record = control.get(*_user_key(user_id))
    return None if record is None else _principal(record)


def find_login(login: str) -> Principal | None:
    """The user who signs in under this name."""
    return find_user(user_id_of(login))


def login_of(user_id: str) -> str:
    """The name a user signs in under; '' for one nobody knows."""
    record = control.get(*_user_key(user_id))
    return str(record.data.get("login", "")) if record else ""


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


def second_factor(user_id: str) -> bool:
    """Whether the user has an authenticator in use."""
    record = control.get(*_user_key(user_id))
    return record is not None and bool(record.data.get("second_factor"))


def note_second_factor(user_id: str) -> None:
    """The user has an authenticator from now on: tokens given for the password alone end."""
    _change_user(user_id, lambda _: {"second_factor": True, "tokens_from": int(time.time())})


def end_everything(user_id: str) -> None:
    """Sign a user out everywhere: every session and token given so far ends at once. Forbidden for one nobody knows."""
    _change_user(user_id, _ended)


def end_tokens_of(user_id: str, origin: str) -> None:
    """The access tokens of one sign-in end at once; kept until the last of them would have ended by itself."""
    now = int(time.time())
    last = now + user_pool.ACCESS_MINUTES * 60 + bearer.LEEWAY_S

    def ended(data: dict[str, Any]) -> dict[str, Any]:
        return {
            "ended": {**{each: until for each, until in data.get("ended", {}).items() if until > now}, origin: last}
        }

    if origin and find_user(user_id) is not None:
        _change_user(user_id, ended)


def reset_second_factor(user_id: str) -> None:
    """For a lost authenticator: it counts no longer, everything it opened ends, and the next sign-in sets up another."""
    if find_user(user_id) is None:
        raise Forbidden("USER_UNKNOWN", "no such user")
    user_pool.forget_authenticator(user_id)
    _change_user(user_id, lambda data: {**_ended(data), "second_factor": False})


def reset_password(user_id: str) -> str:
    """A new one-time password, told here once: everything open ends, and the next sign-in makes the person choose another."""
    if find_user(user_id) is None:
        raise Forbidden("USER_UNKNOWN", "no such user")
    password = "-".join(secrets.token_hex(3) for _ in range(4))  # 96 random bits, to be read out over a telephone
    user_pool.one_time_password(user_id, password)
    end_everything(user_id)
    return password


def user_of(claims: bearer.Claims) -> Principal | None:
    """Who a verified token speaks for; None when its user is gone, was signed out since, or lacks the factor it needs."""
    record = control.get(*_user_key(claims.user_id))
    if record is None or record.data.get("subject") != claims.subject:
        return None
    principal = _principal(record)
    too_old = claims.issued_at < int(record.data.get("tokens_from", 0)) or claims.origin in record.data.get("ended", {})
    half = needs_second_factor(principal) and not record.data.get("second_factor")
    return None if too_old or half else principal


def principal_for_token(token: str) -> Principal | None:
    """Who a bearer token speaks for; None for one that is forged, expired, another pool's or ended."""
    try:
        return user_of(bearer.claims_of(token))
    except bearer.BadToken as refused:
        _log.warning("bearer token refused", extra={"code": refused.code})
        return None


def start_session(principal: Principal) -> str:
    """A new session; returns the opaque id for the cookie, which is stored nowhere."""
    opaque = secrets.token_urlsafe(32)
    now = clock.now()
    data = {
        "user_id": principal.user_id,
        "epoch": epoch_of(principal.user_id),
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
    user = control.get(*_user_key(record.data["user_id"]))
    if user is None or user.data.get("epoch", 0) != record.data.get("epoch", 0):
        return None
    principal = _principal(user)
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


def practice_of_token(token: str) -> str:
    """The practice a bearer token was last used in; '' before its first use."""
    record = control.get(*_token_key(token))
    return str(record.data["practice"]) if record else ""


def set_practice_of_token(token: str, tenant_id: str) -> None:
    record = control.get(*_token_key(token))
    version, expires = (record.version if record else 0), _expiry(timedelta(minutes=user_pool.ACCESS_MINUTES))
    moved = Record(*_token_key(token), "token_practice", {"practice": tenant_id}, version=version, expires_at=expires)
    _unless_changed(control.replace, moved)


def end_session(opaque: str) -> None:
    """Sign out. A session that is gone already is fine."""
    record = control.get(*_session_key(opaque))
    if record:
        _unless_changed(control.delete, record)


def _expiry(lifetime: timedelta) -> int:
    """When DynamoDB may delete the item: by the wall clock, as its TTL is. A frozen demo day lies in the past of it."""
    return int(time.time() + lifetime.total_seconds())


def epoch_of(user_id: str) -> int:
    """How often the user was signed out everywhere; a session of an earlier count is over."""
    record = control.get(*_user_key(user_id))
    return int(record.data.get("epoch", 0)) if record else 0


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


def _change_user(user_id: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Ending what is open must not fail because somebody else changed the user at the same moment: it is read again."""
    for last in (False, False, False, False, True):
        record = control.get(*_user_key(user_id))
        if record is None:
            raise Forbidden("USER_UNKNOWN", "no such user")
        data = {**record.data, **change(record.data)}
        try:
            control.replace(Record(record.pk, record.sk, record.kind, data, version=record.version, gsi1=record.gsi1))
            return
        except Conflict:
            if last:
                raise


def _ended(data: dict[str, Any]) -> dict[str, Any]:
    # A token tells its second only: what was given in this one ends too.
    return {"epoch": int(data.get("epoch", 0)) + 1, "tokens_from": int(time.time()) + 1}


def _user_data(principal: Principal, login: str, kept: dict[str, Any]) -> dict[str, Any]:
    said = principal.model_dump(mode="json", exclude={"glass"})
    said["roles"], said["tenants"] = sorted(principal.roles), sorted(principal.tenants)
    return {**kept, **said, "login": login}


def _principal(record: Record) -> Principal:
    kept = {name: value for name, value in record.data.items() if name not in (*_BESIDE_THE_PRINCIPAL, *_OF_BEFORE)}
    return Principal(**kept, glass=frozenset(_live_glass(record)))


def _live_glass(record: Record) -> Iterator[str]:
    now = clock.instant_text(clock.now())
    return (tenant_id for tenant_id, until in record.data.get("glass", {}).items() if until > now)


def user_id_of(login: str) -> str:
    return ids.make_id(control.platform_key(), "usr", login.strip().casefold())


def _user_key(user_id: str) -> tuple[str, str]:
    return f"USR#{user_id}", "USER"


def _session_key(opaque: str) -> tuple[str, str]:
    return f"SESSION#{sha256(opaque.encode()).hexdigest()}", "SESSION"


def _token_key(token: str) -> tuple[str, str]:
    return f"TOKEN#{sha256(token.encode()).hexdigest()}", "PRACTICE"

"""Refresh tokens of the API: each is good once and gives the next one; one that comes back a second time ends them all.

REFRESH#<hash> / FAMILY   control table: whose it is, the present token (a hash), the pool's own token (sealed)

A token is `<family>.<secret>`. The pool's refresh token, which it would take any number of times, never leaves us: it is
sealed with the family's name, which is stored as a hash only. RFC 9700 section 4.14.2: rotation, and whoever shows a
token already used makes the whole family end, with its access tokens: thief and owner cannot be told apart.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from dataclasses import dataclass
from hashlib import sha256

from chalicelib.platform.errors import Conflict, Forbidden, Refused
from chalicelib.platform.logging import logger
from chalicelib.store import bearer, control, identity, sealing, user_pool
from chalicelib.store.record import Record
from chalicelib.store.user_pool import Access
from chalicelib.tenancy import Principal

LIVES_S = user_pool.REFRESH_MINUTES * 60  # in all, from the sign-in on: as long as a browser session
_TOKEN = re.compile(r"([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})")
_log = logger("renewal")


class RenewalRefused(Refused):
    """Unknown, used before, too old, or ended: one answer for all."""

    http_status = 401


@dataclass(frozen=True, slots=True)
class Renewed:
    """A new access token, and the refresh token that counts from now on."""

    principal: Principal
    access: Access
    refresh: str


def begin(user_id: str, access: Access) -> str:
    """The first refresh token after a sign-in; it is stored nowhere."""
    family, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    until = int(time.time()) + LIVES_S
    pk, sk = _key(family)
    data = {
        "user_id": user_id,
        "epoch": identity.epoch_of(user_id),
        "until": until,
        "present": _hash(secret),
        "origin": bearer.claims_of(access.token).origin,
        "sealed": sealing.seal(family, pk, access.refresh),
    }
    control.put_new(Record(pk, sk, "refresh_family", data, expires_at=until))
    return f"{family}.{secret}"


def renew(token: str) -> Renewed:
    """The next pair for the present token. RenewalRefused for any other; Conflict REFRESH_IN_FLIGHT for two at once."""
    family, secret = _parts(token)
    record = control.get(*_key(family))
    if record is None or record.data["until"] <= time.time():
        raise _refused()
    user_id = str(record.data["user_id"])
    if not hmac.compare_digest(record.data["present"], _hash(secret)):
        _log.warning("refresh token used again", extra={"user_id": user_id, "code": "REFRESH_REUSED"})
        _end(record, family)
        raise _refused()
    principal = identity.find_user(user_id)
    if principal is None or identity.epoch_of(user_id) != record.data["epoch"]:
        _end(record, family)
        raise _refused()
    return _rotated(record, family, principal)


def end(token: str) -> None:
    """Sign out: the family of this token ends, with its access tokens. An unknown token is fine (RFC 7009 section 2.2)."""
    try:
        family, _ = _parts(token)
    except RenewalRefused:
        return
    record = control.get(*_key(family))
    if record is not None:
        _end(record, family)


def _rotated(record: Record, family: str, principal: Principal) -> Renewed:
    try:
        access = user_pool.renew(sealing.unseal(family, record.pk, record.data["sealed"]))
    except Forbidden:
        _end(record, family)
        raise _refused() from None
    if identity.user_of(bearer.claims_of(access.token)) is None:  # their role needs a factor they have not set up since
        raise _refused()
    secret = secrets.token_urlsafe(32)
    data = {**record.data, "present": _hash(secret)}
    moved = Record(record.pk, record.sk, record.kind, data, version=record.version, expires_at=record.expires_at)
    try:
        control.replace(moved)
    except Conflict:
        raise Conflict("REFRESH_IN_FLIGHT", "This refresh token is being used at this moment.",
                       fix="Use the answer of the other request.") from None  # fmt: skip
    return Renewed(principal, access, f"{family}.{secret}")


def _end(record: Record, family: str) -> None:
    """First what is open, then the record that names it: a crash between leaves it to be ended again."""
    identity.end_tokens_of(str(record.data["user_id"]), str(record.data["origin"]))
    user_pool.revoke(sealing.unseal(family, record.pk, record.data["sealed"]))
    try:
        control.delete(record)
    except Conflict:
        return  # another request ended or moved it at the same moment; its access tokens are over in any case


def _parts(token: str) -> tuple[str, str]:
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise _refused()
    return found[1], found[2]


def _key(family: str) -> tuple[str, str]:
    return f"REFRESH#{_hash(family)}", "FAMILY"


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _refused() -> RenewalRefused:
    return RenewalRefused("REFRESH_REFUSED", "The refresh token is not valid.", fix="Sign in again.")

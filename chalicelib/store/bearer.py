"""Bearer tokens: access tokens of the one pinned user pool, checked here whatever a gateway in front may have checked.

RFC 8725 and RFC 7519: RS256 only; the key by its id from the pinned pool; issuer, client and use pinned; times by the wall
clock, since Cognito's tokens are, whatever day the demo has.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from chalicelib.platform.errors import Refused
from chalicelib.store import jwks, user_pool
from chalicelib.store.runtime import Runtime, runtime

MAX_CHARACTERS = 4096
LEEWAY_S = 10
MAX_AGE_S = user_pool.ACCESS_MINUTES * 60
_HEADER = frozenset(("alg", "kid", "typ"))  # no key, address or extension a token brings along is looked at
_CLAIMS = ("exp", "iat", "iss", "sub", "username", "client_id", "token_use", "jti")
_sets: WeakKeyDictionary[Runtime, jwks.KeySet] = WeakKeyDictionary()


class BadToken(Refused):
    """`code` says why, for our tests and logs; the caller is told only that the token is not valid."""

    http_status = 401


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says. `issued_at` and `expires_at` are epoch seconds."""

    user_id: str
    subject: str
    token_id: str
    issued_at: int
    expires_at: int
    origin: str = ""  # of the sign-in it came of, which tokens renewed later share


def claims_of(token: str) -> Claims:
    """The claims of a token of our pool. BadToken for any other."""
    pool = user_pool.find_pool()
    if pool is None:
        raise _bad("NO_POOL")
    return verify(token, keys(), pool)


def verify(token: str, key_set: jwks.KeySet, pool: user_pool.Pool) -> Claims:
    """Check everything that can be checked without our records."""
    import jwt

    if len(token) > MAX_CHARACTERS or not token.isascii():
        raise _bad("MALFORMED")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise _bad("MALFORMED") from None
    key = _key(header, key_set)
    try:
        said = jwt.decode(
            token, key, algorithms=["RS256"], issuer=pool.issuer, leeway=LEEWAY_S, options={"require": list(_CLAIMS)}
        )
    except jwt.PyJWTError as error:
        raise _bad(type(error).__name__) from None
    return _pinned(said, pool)


def keys() -> jwks.KeySet:
    """The key set of the pool this process works with."""
    found = _sets.get(runtime())
    if found is None:
        found = _sets[runtime()] = jwks.KeySet(lambda: jwks.fetch(user_pool.keys_url()))
    return found


def _key(header: dict[str, Any], key_set: jwks.KeySet) -> Any:
    key_id = header.get("kid")
    if header.get("alg") != "RS256" or set(header) - _HEADER:
        raise _bad("HEADER")
    if not isinstance(key_id, str) or len(key_id) > 128:
        raise _bad("NO_KEY_ID")
    key = key_set.find(key_id)
    if key is None:
        raise _bad("UNKNOWN_KEY")
    return key


def _pinned(said: dict[str, Any], pool: user_pool.Pool) -> Claims:
    """An access token's audience is its `client_id`; an id token, which has `aud`, PyJWT refused before."""
    if said["token_use"] != "access":  # noqa: S105 - the use, not a secret
        raise _bad("NOT_AN_ACCESS_TOKEN")
    if said["client_id"] != pool.client_id:
        raise _bad("OTHER_CLIENT")
    texts = (said["username"], said["sub"], said["jti"])
    times = (said["iat"], said["exp"])
    if not all(isinstance(each, str) and each for each in texts) or not all(type(each) is int for each in times):
        raise _bad("CLAIMS")
    if said["exp"] - said["iat"] > MAX_AGE_S or said["iat"] > time.time() + LEEWAY_S:
        raise _bad("LIFETIME")
    origin = said.get("origin_jti", "")
    return Claims(*texts, *times, origin if isinstance(origin, str) else "")


def _bad(why: str) -> BadToken:
    return BadToken(why, "the token is not valid")

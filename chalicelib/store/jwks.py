"""The user pool's public keys, cached. A rotated key is found by its id; nobody can make us ask the pool all day.

Keys count as fresh for an hour. An unknown key id makes us look again, at most once a minute. When the pool cannot be
reached, keys known for less than a day still verify.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from chalicelib.platform.errors import Fault

FRESH_S = 3600.0
STALE_S = 24 * 3600.0
PAUSE_S = 60.0  # between two looks for an unknown key
RETRY_S = 5.0  # after a look that failed
TIMEOUT_S = 3.0
MAX_BYTES = 64 * 1024
MAX_KEYS = 20
MIN_BITS = 2048


class KeySet:
    """Keys by id. `fetch` gives the JWKS document; `clock` runs in seconds."""

    def __init__(self, fetch: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._taken_at: float | None = None
        self._looked_at: float | None = None
        self.looks = 0

    def find(self, key_id: str) -> Any | None:
        """The public key of this id, or None. Fault KEYS_UNREACHABLE when there are none to look in."""
        with self._lock:
            if self._older_than(self._taken_at, FRESH_S):
                self._look(RETRY_S)
            elif key_id not in self._keys:
                self._look(PAUSE_S)
            if self._older_than(self._taken_at, STALE_S):
                raise Fault("KEYS_UNREACHABLE", "the user pool's keys could not be read", fix="try again in a moment")
            return self._keys.get(key_id)

    def _look(self, pause_s: float) -> None:
        if not self._older_than(self._looked_at, pause_s):
            return
        self._looked_at = self._clock()
        self.looks += 1
        try:
            self._keys = parse(self._fetch())
            self._taken_at = self._clock()
        except (OSError, ValueError):
            return  # what is known stays known until it is stale

    def _older_than(self, then: float | None, seconds: float) -> bool:
        return then is None or self._clock() - then >= seconds


def parse(document: bytes) -> dict[str, Any]:
    """RSA signature keys of a JWKS (RFC 7517) by key id; others are left out. ValueError for what is no JWKS."""
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    if len(document) > MAX_BYTES:
        raise ValueError("the key document is too long")
    said = json.loads(document)
    listed = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise ValueError("not a key document")
    found = {}
    for each in listed:
        if _signs(each):
            try:
                key = PyJWK(each, algorithm="RS256").key
            except (PyJWTError, KeyError, TypeError, ValueError) as error:
                raise ValueError("an unreadable key") from error
            if key.key_size >= MIN_BITS:
                found[each["kid"]] = key
    return found


def _signs(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg", "RS256") == "RS256"
        and isinstance(key.get("kid"), str)
        and "d" not in key
    )


def fetch(url: str) -> bytes:
    """The document at a pinned https address, or at the embedded AWS on the loopback. OSError when there is none."""
    from http.client import HTTPException
    from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

    class Straight(HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            """Nowhere else."""

    loopback = url.startswith("http://127.0.0.1:")
    if not (loopback or url.startswith("https://cognito-idp.")):
        raise OSError("not an address of a user pool")
    opener = build_opener(Straight, ProxyHandler({})) if loopback else build_opener(Straight)
    try:
        with opener.open(url, timeout=TIMEOUT_S) as reply:
            return bytes(reply.read(MAX_BYTES + 1))
    except HTTPException as error:
        raise OSError("the answer broke off") from error

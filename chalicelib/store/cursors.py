"""Cursors: where a listing goes on, signed for one practice and one query, so none can be made up or carried over."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from hashlib import sha256
from typing import Any

from chalicelib.platform.errors import Misuse

_MAC_BYTES = 16


def write(key: bytes, scope: str, position: dict[str, Any]) -> str:
    """`position` is DynamoDB's LastEvaluatedKey: key attributes only, and keys hold no PHI."""
    plain = {name: value["S"] for name, value in position.items()}
    body = json.dumps(plain, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(_mac(key, scope, body) + body).decode().rstrip("=")


def read(key: bytes, scope: str, cursor: str) -> dict[str, Any]:
    """The position a cursor names. One of another practice, another query, or nobody's is refused (BAD_CURSOR)."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raise _bad() from None
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, scope, body)):
        raise _bad()
    return {name: {"S": value} for name, value in json.loads(body).items()}


def _mac(key: bytes, scope: str, body: bytes) -> bytes:
    return hmac.new(key, b"cursor\x1f" + scope.encode() + b"\x1f" + body, sha256).digest()[:_MAC_BYTES]


def _bad() -> Misuse:
    return Misuse("BAD_CURSOR", "this cursor is not of this list", fix="start again at the first page")

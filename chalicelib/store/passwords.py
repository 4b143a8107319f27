"""Password hashes: scrypt, with its cost stored beside it so that it can rise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

MIN_LENGTH = 12
_LOG2_N, _R, _P = 15, 8, 3  # OWASP password storage cheat sheet: N=2^15, r=8, p=3 (32 MiB)
_BYTES = 32


def hashed(password: str) -> str:
    """`scrypt$15$8$3$<salt>$<hash>`."""
    salt = os.urandom(16)
    digest = _scrypt(password, salt, _LOG2_N, _R, _P)
    return "$".join(("scrypt", str(_LOG2_N), str(_R), str(_P), _text(salt), _text(digest)))


def matches(password: str, stored: str) -> bool:
    """Whether a password is the stored one, in constant time."""
    _, log2_n, r, p, salt, digest = stored.split("$")
    candidate = _scrypt(password, base64.b64decode(salt), int(log2_n), int(r), int(p))
    return hmac.compare_digest(candidate, base64.b64decode(digest))


def _scrypt(password: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    memory = 128 * r * (2**log2_n + p + 4)  # what OpenSSL needs: N + 2 blocks and p more
    return hashlib.scrypt(password.encode(), salt=salt, n=2**log2_n, r=r, p=p, maxmem=memory, dklen=_BYTES)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

"""The pool's keys: fresh for an hour, rotated ones found, and neither a flood nor an outage changes who gets in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from chalicelib.platform.errors import Fault
from chalicelib.store import jwks

KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key() for _ in range(2)]


def entry(kid: Any, number: int = 0, **changes: Any) -> dict[str, Any]:
    made = RSAAlgorithm.to_jwk(KEYS[number], as_dict=True)
    return {**made, "kid": kid, "alg": "RS256", "use": "sig"} | changes


class Publisher:
    """A pool that can rotate its keys and be out of reach."""

    def __init__(self) -> None:
        self.entries, self.up, self.at = [entry("one")], True, 1000.0
        self.keys = jwks.KeySet(self.fetch, lambda: self.at)

    def fetch(self) -> bytes:
        if not self.up:
            raise OSError("unreachable")
        return json.dumps({"keys": self.entries}).encode()


def test_a_key_is_asked_for_once_an_hour() -> None:
    pool = Publisher()
    for second in range(0, 3600, 100):
        pool.at = 1000.0 + second
        assert pool.keys.find("one") == KEYS[0]
    assert pool.keys.looks == 1
    pool.at += 3600
    assert pool.keys.find("one") == KEYS[0]
    assert pool.keys.looks == 2


def test_a_rotated_key_is_found_and_the_old_one_is_dropped() -> None:
    pool = Publisher()
    assert pool.keys.find("one") == KEYS[0]
    pool.entries = [entry("two", 1)]
    pool.at += jwks.PAUSE_S
    assert pool.keys.find("two") == KEYS[1]
    assert pool.keys.find("one") is None


def test_unknown_keys_are_looked_for_once_a_minute_whatever_comes() -> None:
    pool = Publisher()
    assert pool.keys.find("one") is not None
    for second in range(600):
        pool.at = 1000.0 + second
        assert pool.keys.find(f"made-up-{second}") is None
    assert pool.keys.looks <= 1 + 10


def test_an_outage_is_ridden_out_for_a_day_and_no_longer() -> None:
    pool = Publisher()
    assert pool.keys.find("one") is not None
    pool.up = False
    pool.at += jwks.STALE_S - 1
    assert pool.keys.find("one") == KEYS[0]
    pool.at += 2
    with pytest.raises(Fault, match="KEYS_UNREACHABLE"):
        pool.keys.find("one")
    looks = pool.keys.looks
    with pytest.raises(Fault):
        pool.keys.find("one")
    assert pool.keys.looks == looks, "a pool that is down is not asked at each request"
    pool.up, pool.at = True, pool.at + jwks.RETRY_S
    assert pool.keys.find("one") == KEYS[0]


def test_only_rsa_signature_keys_of_a_decent_size_count() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()  # noqa: S505 - that is the point
    curve = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    listed = [
        entry("good"),
        entry("encrypts", use="enc"),
        entry("other", alg="RS512"),
        entry("private", d="AQAB"),
        entry(None),
        entry(7),
        {**curve, "kid": "curve"},
        {**RSAAlgorithm.to_jwk(small, as_dict=True), "kid": "small"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret", "alg": "HS256"},
        "not a key",
    ]
    assert set(jwks.parse(json.dumps({"keys": listed}).encode())) == {"good"}


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": ' + b"1" * jwks.MAX_BYTES, json.dumps({"keys": [{}] * 21}).encode(),
     json.dumps({"keys": [{"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"}]}).encode()],
)  # fmt: skip
def test_what_is_no_key_document_leaves_the_known_keys_alone(document: bytes) -> None:
    with pytest.raises(ValueError):
        jwks.parse(document)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://evil.invalid/", "https://evil.invalid/", "http://127.0.0.1"]
)
def test_keys_come_from_the_pool_and_nowhere_else(url: str) -> None:
    with pytest.raises(OSError):
        jwks.fetch(url)

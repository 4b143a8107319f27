"""Tokens as an attacker would like them. The honest one is accepted, so that each forged one is refused for its own fault."""

from __future__ import annotations

import base64
import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.store import bearer, control, identity, runtime, user_pool

_attacker: list[rsa.RSAPrivateKey] = []


def pool() -> user_pool.Pool:
    found = user_pool.find_pool()
    assert found is not None
    return found


@cache
def _read(path: Path) -> rsa.RSAPrivateKey:
    made = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(made, rsa.RSAPrivateKey)
    return made


def pool_key(use: str = "access") -> rsa.RSAPrivateKey:
    """The pool's own private key: nobody has it, so with it only the claims can be wrong."""
    folder = Path(runtime().settings.home) / "aws" / "keys" / "cognito-pool-keys"
    return _read(folder / f"{pool().pool_id}-{use}.pem")


def attackers_key() -> rsa.RSAPrivateKey:
    if not _attacker:
        _attacker.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return _attacker[0]


def key_id(use: str = "access") -> str:
    """The id under which the pool publishes that key."""
    return _published(user_pool.keys_url())[_pem(public_key(use))]


@cache
def _published(url: str) -> dict[bytes, str]:
    return {_pem(key): name for name, key in bearer.jwks.parse(bearer.jwks.fetch(url)).items()}


def public_key(use: str = "access") -> rsa.RSAPublicKey:
    return pool_key(use).public_key()


def public_pem() -> bytes:
    return _pem(public_key())


def _pem(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def claims(login: str, **changes: Any) -> dict[str, Any]:
    """What Cognito says of a user; a change to None leaves the claim out."""
    user_id = identity.user_id_of(login)
    record = control.get(f"USR#{user_id}", "USER")
    assert record is not None
    now = int(time.time())
    said = {
        "sub": record.data["subject"], "iss": pool().issuer, "token_use": "access", "iat": now, "exp": now + 3600,
        "jti": "0b7e", "client_id": pool().client_id, "auth_time": now, "username": user_id,
        "scope": "aws.cognito.signin.user.admin",
    } | changes  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def signed(said: dict[str, Any], key: Any = None, algorithm: str = "RS256", **header: Any) -> str:
    """A signed token; by default as the pool itself would."""
    headers = {"kid": key_id()} | header
    return jwt.encode(said, key or pool_key(), algorithm, {name: value for name, value in headers.items() if value})


def by_hand(header: dict[str, Any], said: dict[str, Any], signature: bytes = b"") -> str:
    """What no library would make."""
    return ".".join((_part(json.dumps(header).encode()), _part(json.dumps(said).encode()), _part(signature)))


def hmac_with(secret: bytes, said: dict[str, Any], kid: str) -> str:
    """HS256 with whatever bytes, which PyJWT would refuse to do with a public key."""
    import hashlib
    import hmac

    unsigned = by_hand({"alg": "HS256", "typ": "JWT", "kid": kid}, said).rpartition(".")[0]
    return f"{unsigned}.{_part(hmac.new(secret, unsigned.encode(), hashlib.sha256).digest())}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

"""Something secret kept for whoever comes back with an opaque id that is stored nowhere: a copy of the table opens nothing."""

from __future__ import annotations

import secrets
from hashlib import sha256


def seal(opaque: str, name: str, text: str) -> str:
    """AES-256-GCM under a key made of the id; `name` is where it is kept, so that it counts nowhere else."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    return (nonce + AESGCM(_key(opaque)).encrypt(nonce, text.encode(), name.encode())).hex()


def unseal(opaque: str, name: str, sealed: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = bytes.fromhex(sealed)
    return AESGCM(_key(opaque)).decrypt(raw[:12], raw[12:], name.encode()).decode()


def _key(opaque: str) -> bytes:
    return sha256(b"sign-in step|" + opaque.encode()).digest()

"""Secret keys kept wrapped by KMS: each practice's id key, and the platform's own. Unwrapped only in memory."""

from __future__ import annotations

import base64
import os
import threading
from typing import Any

from chalicelib.platform.errors import Fault
from chalicelib.store.runtime import runtime

KEY_BYTES = 32
PLATFORM = "platform"
_unwrapped: dict[str, bytes] = {}
_lock = threading.Lock()


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def wrap(key_arn: str, secret: bytes, owner: str) -> str:
    """The secret encrypted under a KMS key, bound to its owner by the encryption context; base64 text."""
    reply = _call(
        "encrypt", runtime().client("kms"), KeyId=key_arn, Plaintext=secret, EncryptionContext=_context(owner)
    )
    return base64.b64encode(reply["CiphertextBlob"]).decode()


def unwrap(key_arn: str, wrapped: str, owner: str) -> bytes:
    """The secret again; KMS is asked once per process."""
    secret = _unwrapped.get(wrapped)
    if secret is None:
        blob = base64.b64decode(wrapped)
        kms = runtime().client("kms") if owner == PLATFORM else runtime().tenant_client("kms", owner, key_arn)
        reply = _call("decrypt", kms, KeyId=key_arn, CiphertextBlob=blob, EncryptionContext=_context(owner))
        secret = bytes(reply["Plaintext"])
        with _lock:
            _unwrapped[wrapped] = secret
    return secret


def forget() -> None:
    """Drop every unwrapped key from memory."""
    with _lock:
        _unwrapped.clear()


def _context(owner: str) -> dict[str, str]:
    return {"owner": owner, "use": "id-key"}


def _call(operation: str, kms: Any, **arguments: Any) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(kms, operation)(**arguments)
    except ClientError as error:
        raise Fault("KEY_UNAVAILABLE", f"KMS answered {error.response['Error']['Code']}") from None
    except BotoCoreError as error:
        raise Fault("KEY_UNAVAILABLE", f"KMS did not answer ({type(error).__name__})") from None

"""Putting and getting documents of the current practice. Names hold ids and control numbers, never anything about a patient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from chalicelib.platform.errors import Conflict, Fault, Misuse, NotFound
from chalicelib.store import runtime
from chalicelib.tenancy import current, refuse_suspended

MAX_BYTES = 50 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}){0,6}")
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


def put(name: str, content: bytes, content_type: str) -> str:
    """Store a document; returns its key. The same content again changes nothing; other content is Conflict."""
    if len(content) > MAX_BYTES:
        raise Misuse("DOCUMENT_TOO_LARGE", f"a document may hold {MAX_BYTES // 1024**2} MB", where=name)
    refuse_suspended()
    key = key_of(name)
    digest = sha256(content).hexdigest()
    if _same(key, digest):
        return key
    try:
        _call("put_object", key, Body=content, ContentType=content_type, IfNoneMatch="*", **_sealed(digest))
    except Fault as fault:
        if fault.code != "DOCUMENTS_PreconditionFailed" or not _same(key, digest):
            raise
    return key


def get(key: str) -> bytes:
    """A document's content. NotFound for one that is absent or another practice's."""
    content: bytes = _call("get_object", _own(key))["Body"].read()
    return content


def link(key: str, name: str, seconds: int = 60) -> str:
    """An address that shows a document for a minute, to whoever has it: given only to a person who may see the document.

    `name` is what a browser saves it as, of ids and words only.
    """
    from botocore.exceptions import BotoCoreError

    if not _NAME.fullmatch(name) or not exists(key):
        raise NotFound("DOCUMENT_NOT_FOUND", "no such document")
    where = {"Bucket": current().placement.bucket, "Key": _own(key)}
    shown = {"ResponseContentDisposition": f'inline; filename="{name}"'}
    try:
        client = runtime().client("s3")
        return str(client.generate_presigned_url("get_object", Params={**where, **shown}, ExpiresIn=seconds))
    except BotoCoreError as error:
        raise Fault("DOCUMENTS_UNREACHABLE", f"no address could be made ({type(error).__name__})") from None


def exists(key: str) -> bool:
    return _digest_of(_own(key)) is not None


def names() -> Iterator[str]:
    """Names of every document of the current practice, in order."""
    placement, more = current().placement, ""
    while True:
        start = {"ContinuationToken": more} if more else {}
        page = _asked("list_objects_v2", Bucket=placement.bucket, Prefix=placement.prefix, **start)
        yield from (entry["Key"].removeprefix(placement.prefix) for entry in page.get("Contents", ()))
        more = page.get("NextContinuationToken", "")
        if not more:
            return


def key_of(name: str) -> str:
    """The key a name has for the current practice: '837/<file>' lies under the practice's prefix."""
    if not _NAME.fullmatch(name):
        raise Misuse("BAD_DOCUMENT_NAME", "a document name is letters, digits, '.', '_', '-' and '/'")
    return current().placement.prefix + name


def _own(key: str) -> str:
    prefix = current().placement.prefix
    if not key.startswith(prefix) or not _NAME.fullmatch(key.removeprefix(prefix)):
        raise NotFound("DOCUMENT_NOT_FOUND", "no such document")
    return key


def _same(key: str, digest: str) -> bool:
    stored = _digest_of(key)
    if stored is not None and stored != digest:
        raise Conflict("DOCUMENT_DIFFERS", "another document has this name", fix="give the new one a name of its own")
    return stored is not None


def _digest_of(key: str) -> str | None:
    try:
        reply = _call("head_object", key)
    except NotFound:
        return None
    return str(reply.get("Metadata", {}).get("sha256", ""))


def _sealed(digest: str) -> dict[str, Any]:
    return {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": current().placement.key_arn,
        "Metadata": {"sha256": digest},
    }


def _call(operation: str, key: str, **arguments: Any) -> Any:
    return _asked(operation, Bucket=current().placement.bucket, Key=key, **arguments)


def _asked(operation: str, **arguments: Any) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(runtime().tenant_client("s3"), operation)(**arguments)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        if code in _ABSENT:
            raise NotFound("DOCUMENT_NOT_FOUND", "no such document") from None
        raise Fault(f"DOCUMENTS_{code}", "the document store refused") from None
    except BotoCoreError as error:
        raise Fault("DOCUMENTS_UNREACHABLE", f"the document store did not answer ({type(error).__name__})") from None

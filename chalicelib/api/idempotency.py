"""Idempotency-Key on every POST in a practice: the same request again gets the same answer and does nothing.

REQ#<id> / REQUEST   by principal and key: what was asked (a hash), whether it is running or done, and the answer; a day

The same key with another body is refused (422), while the first still runs it is told so (409). A request that never
ended, because its process died, may be taken over after LEASE_S: what it does has natural keys of its own. A refusal or
fault is not kept, so that it can be tried again. draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import base64
import json
import re
import time
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from pydantic_core import to_jsonable_python

from chalicelib import store
from chalicelib.api import requests
from chalicelib.platform.errors import Conflict, Misuse, Refused
from chalicelib.tenancy import current

HEADER = "Idempotency-Key"
LEASE_S = 60
KEPT_S = 24 * 3600
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def once(act: Callable[[], Any]) -> Any:
    """The result of `act`, or the one it had when this key was first used by this principal in this practice."""
    key, asked = _key(), _fingerprint()
    stored = store.get(key, "REQUEST")
    if stored is not None and stored.data["asked"] != asked:
        raise Refused("IDEMPOTENCY_KEY_REUSED", "This key was used for another request.", fix="Use a new key.")
    if stored is not None and stored.data["state"] == "done":
        requests.answer_headers()["Idempotency-Replayed"] = "true"
        return _unpacked(stored.data["answer"])
    if stored is not None and stored.data["until"] > time.time():
        raise _in_flight()
    running = _claim(key, asked, stored)
    try:
        answer = to_jsonable_python(act(), bytes_mode="base64")
    except BaseException:
        _write(lambda uow: uow.delete(running))
        raise
    done = _record(key, {"asked": asked, "state": "done", "answer": _packed(answer)}, running.version)
    try:
        _write(lambda uow: uow.replace(done))
    except Misuse:  # over 400 KB: what was done has natural keys of its own, so asking again is safe without it
        _write(lambda uow: uow.delete(running))
    return answer


def _packed(answer: Any) -> str:
    """As one short text, which is sealed whole (`store.sealed`): an answer repeats what was told in confidence."""
    return base64.b64encode(zlib.compress(json.dumps(answer, separators=(",", ":")).encode())).decode()


def _unpacked(kept: Any) -> Any:
    if not isinstance(kept, str):  # kept by the version before
        return kept
    return json.loads(zlib.decompress(base64.b64decode(kept)))


def _claim(key: str, asked: str, stored: store.Record | None) -> store.Record:
    data = {"asked": asked, "state": "running", "until": time.time() + LEASE_S}
    record = _record(key, data, stored.version if stored else 0)
    try:
        with store.unit_of_work() as uow:
            running = uow.replace(record)
            uow.commit()
    except Conflict:
        raise _in_flight() from None
    return running


def _write(change: Callable[[store.UnitOfWork], object]) -> None:
    try:
        with store.unit_of_work() as uow:
            change(uow)
            uow.commit()
    except Conflict:
        return  # taken over after the lease: whoever did it answers for it now


def _record(key: str, data: dict[str, Any], version: int) -> store.Record:
    return store.Record(key, "REQUEST", "request", data, version=version, expires_at=int(time.time()) + KEPT_S)


def _key() -> str:
    sent = requests.header(HEADER)
    if not _KEY.fullmatch(sent):
        raise Misuse("IDEMPOTENCY_KEY_NEEDED", "A POST needs an Idempotency-Key of 1 to 255 visible characters.",
                     fix="Send a fresh UUID, and the same one when trying again.")  # fmt: skip
    context = current()
    return f"REQ#{context.make_id('req', context.principal.user_id, sent)}"


def _fingerprint() -> str:
    request = requests.current()
    parts = (request.method, str(request.context.get("path", "")), str(sorted(requests.query().items())))
    return sha256("\x1f".join(parts).encode() + b"\x1f" + requests.body_bytes()).hexdigest()


def _in_flight() -> Conflict:
    return Conflict("REQUEST_IN_FLIGHT", "The same request is still being worked on.", fix="Ask again in a moment.")

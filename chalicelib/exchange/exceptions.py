"""Answers that fit nothing here, for a person: an unknown control number, a file that is no answer. No PHI.

EXCH#<key> / EXCEPTION   control table; gsi1 EXCHANGE_EXCEPTIONS / instant#key
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from chalicelib import clock
from chalicelib.platform.errors import Conflict
from chalicelib.store import control
from chalicelib.store.record import Record


def put(kind: str, reason: str, file: str, number: str = "", words: str = "", tenant_id: str = "") -> None:
    """List one, once: the same number in the same file for the same reason is the same exception.

    `number` is a control number of ours or of a file, never a stranger's text; `words` what a status code means;
    `tenant_id` whose it is, where that is known.
    """
    key = sha256("|".join((kind, reason, file, number, words)).encode()).hexdigest()[:32]
    at = clock.instant_text(clock.now())
    data = {
        "kind": kind,
        "reason": reason,
        "file": file,
        "number": number,
        "words": words,
        "tenant_id": tenant_id,
        "at": at,
    }
    try:
        control.put_new(
            Record(f"EXCH#{key}", "EXCEPTION", "exchange_exception", data, gsi1=("EXCHANGE_EXCEPTIONS", f"{at}#{key}"))
        )
    except Conflict:
        return  # listed before


def listed() -> list[dict[str, Any]]:
    """Every exception, newest first."""
    return [found.data for found in control.iter_index("gsi1", "EXCHANGE_EXCEPTIONS", newest_first=True)]

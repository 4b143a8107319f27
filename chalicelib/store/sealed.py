"""Values that are encrypted one by one inside an item: what looks like a social security number, and what people write.

A practice has a data key of its own, made by KMS under the practice's key and kept wrapped (KEYS / FIELD#<n>). A value is
AES-256-GCM under it, bound to practice, item and place, so that a sealed value moved elsewhere does not open. Repositories
see plain values: `to_put` seals, `from_raw` opens. The table, its backup or a stream show none of them without KMS.

Sealed: any `member_id` of nine digits, any `tax_id` that is a social security number (tax_id_kind SY), and `NOTES`, the free
text of people by kind of item.
"""

from __future__ import annotations

import base64
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.platform.errors import Conflict, Fault
from chalicelib.store.record import Record, encode
from chalicelib.store.runtime import runtime
from chalicelib.tenancy import Placement, current

PREFIX = "otb-sealed:1:"
KEPT_S = 300  # a data key in memory
_KEY = ("KEYS", "FIELD#1")
_SSN = re.compile(r"\d{3}-?\d{2}-?\d{4}")
_SUSPECT = re.compile(r'"member_id":"\d{3}-?\d{2}-?\d{4}"|"tax_id_kind":"SY"')
_NONCE_BYTES = 12
Path = tuple[str | int, ...]
Change = Callable[[str, Path], str]


def _person(data: dict[str, Any]) -> bool:
    return data.get("source") == "person"


def _by_hand(data: dict[str, Any]) -> bool:
    return data.get("kind") in ("noted", "snoozed", "asked")  # what else is told of a denial are our own words


def _asked(data: dict[str, Any]) -> bool:
    return data.get("kind") == "denial_question"


def _spoken_for(data: dict[str, Any]) -> bool:
    """The reason repeats what a person wrote: while a hold or a change stands, and after these sentences of ours."""
    return bool(data.get("hold") or data.get("sending")) or str(data.get("reason", "")).startswith(AND_WHY)


AND_WHY = (  # `claims.corrections` puts the person's reason behind them
    "The correction is given up. ",
    "To be sent again. ",
    "Medicare Part B takes no corrected claim: ask the contractor to reopen its decision. ",
)
Free = tuple[tuple[str, ...], Callable[[dict[str, Any]], bool], tuple[str, ...]]
"""A path to free text ('*' any element of a list), when it holds a person's words, and what then stands in the item's text."""

NOTES: dict[str, tuple[Free, ...]] = {
    "appeal": (
        (("statement",), bool, ('"statement":',)),
        (("good_cause",), bool, ('"good_cause":',)),
        (("joined", "why"), bool, ('"joined":',)),
        (("outcome", "words"), bool, ('"outcome":',)),
    ),
    "authorization": ((("words",), bool, ('"words":',)),),
    "msp_questionnaire": ((("told_by",), bool, ('"told_by":',)),),
    "claim": (
        (("reason",), _spoken_for, ('"hold":', '"sending":', *(f'"reason":"{words}' for words in AND_WHY))),
        (("hold", "words"), bool, ('"hold":',)),
        (("sending", "reason"), bool, ('"sending":',)),
        (("overrides", "*", "reason"), bool, ('"overrides":',)),
    ),
    # a list's row repeats the claim's reason, without what would tell whose words
    "claim_listed": ((("reason",), bool, ('"reason":',)),),
    "refund": ((("reference",), bool, ('"reference":',)),),
    # a kept answer repeats whatever it told: notes, names, numbers
    "request": ((("answer",), bool, ('"answer":',)),),
    "denial_act": ((("words",), _by_hand, ('"words":',)),),
    "task": ((("words",), _asked, ('"words":',)),),
    "claim_event": (
        (("words",), _person, ('"source":"person"',)),
        (("data", "hold", "words"), bool, ('"hold":',)),
        (("data", "sending", "reason"), bool, ('"sending":',)),
        (("data", "overrides", "*", "reason"), bool, ('"overrides":',)),
    ),
}
_lock = threading.Lock()
_keys: dict[str, tuple[float, bytes]] = {}


def seal(record: Record, table_name: str) -> str:
    """The record's data as it is stored."""
    text = record.text()
    wanted = _notes(record, text)
    if PREFIX in text or _SUSPECT.search(text):  # only then is every text of the record looked at: claims have hundreds
        wanted |= _suspects(record.data)
    if not wanted or table_name == runtime().settings.control_table:  # nothing of a patient is in the control table
        return text
    placement = _placement(table_name)
    cipher = _cipher(placement)

    def closed(value: str, path: Path) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        made = nonce + cipher.encrypt(nonce, value.encode(), _bound(placement, record.pk, record.sk, path))
        return PREFIX + base64.b64encode(made).decode()

    return encode(_changed(record.data, wanted, closed))


def unseal(data: dict[str, Any], pk: str, sk: str, table_name: str) -> dict[str, Any]:
    """Stored data with its sealed values opened. Fault SEALED_VALUE for one that is not of this practice, item and place."""
    placement = _placement(table_name)
    cipher = _cipher(placement)

    def opened(value: str, path: Path) -> str:
        from cryptography.exceptions import InvalidTag

        try:
            raw = base64.b64decode(value.removeprefix(PREFIX), validate=True)
            plain = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(placement, pk, sk, path))
        except (InvalidTag, ValueError):
            raise Fault("SEALED_VALUE", "a sealed value does not open here", where=f"{pk}/{sk}") from None
        return str(plain.decode())

    sealed = {path for path, value in _texts(data) if value.startswith(PREFIX)}
    found: dict[str, Any] = _changed(data, sealed, opened)
    return found


def forget() -> None:
    """Drop every data key from memory."""
    with _lock:
        _keys.clear()


def _suspects(data: dict[str, Any]) -> set[Path]:
    """Places of what looks like a social security number, or like a sealed value (which somebody typed)."""
    return {
        path
        for path, value in _texts(data)
        if value.startswith(PREFIX) or (_SSN.fullmatch(value) and _is_number(data, path))
    }


def _is_number(data: Any, path: Path) -> bool:
    """Whether nine digits under this name may be a social security number."""
    if path[-1] == "tax_id":
        for step in path[:-1]:
            data = data[step]
        return isinstance(data, dict) and data.get("tax_id_kind") == "SY"
    return path[-1] == "member_id"


def _notes(record: Record, text: str) -> set[Path]:
    """Places of people's words. The text is taken apart only where it may hold some: most events of claims hold none."""
    rules = [rule for rule in NOTES.get(record.kind, ()) if any(sign in text for sign in rule[2])]
    return {
        path for pattern, applies, _ in rules if applies(record.data) for path in _matching(record.data, pattern, ())
    }


def _matching(tree: Any, pattern: tuple[str, ...], path: Path) -> Iterator[Path]:
    if not pattern:
        if isinstance(tree, str) and tree:
            yield path
    elif pattern[0] == "*":
        for number, value in enumerate(tree if isinstance(tree, list) else ()):
            yield from _matching(value, pattern[1:], (*path, number))
    elif isinstance(tree, dict) and pattern[0] in tree:
        yield from _matching(tree[pattern[0]], pattern[1:], (*path, pattern[0]))


def _texts(tree: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, dict):
        for name, value in tree.items():
            yield from _texts(value, (*path, name))
    elif isinstance(tree, list | tuple):
        for number, value in enumerate(tree):
            yield from _texts(value, (*path, number))


def _changed(tree: Any, at: set[Path], change: Change, path: Path = ()) -> Any:
    if isinstance(tree, str):
        return change(tree, path) if path in at else tree
    if isinstance(tree, dict):
        return {name: _changed(value, at, change, (*path, name)) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_changed(value, at, change, (*path, number)) for number, value in enumerate(tree)]
    return tree


def _bound(placement: Placement, pk: str, sk: str, path: Path) -> bytes:
    return "\x1f".join((placement.tenant_id, pk, sk, *map(str, path))).encode()


def _placement(table_name: str) -> Placement:
    placement = current().placement
    if placement.table_name != table_name:
        raise Fault("OTHER_TABLE", "sealed values are opened inside their own practice only")
    return placement


def _cipher(placement: Placement) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    with _lock:
        kept = _keys.get(placement.tenant_id)
    if kept is None or kept[0] < time.monotonic():
        kept = (time.monotonic() + KEPT_S, _data_key(placement))
        with _lock:
            _keys[placement.tenant_id] = kept
    return AESGCM(kept[1])


def _data_key(placement: Placement) -> bytes:
    """The practice's data key: made once, unwrapped by KMS."""
    from chalicelib.store.provision import _aws
    from chalicelib.store.reads import TableReader
    from chalicelib.store.transaction import Transaction

    kms, context = runtime().tenant_client("kms"), {"owner": placement.tenant_id, "use": "fields"}
    reader = TableReader(placement.table_name, placement.id_key)
    stored = reader.get(*_KEY)
    if stored is None:
        made = _aws(kms.generate_data_key, KeyId=placement.key_arn, KeySpec="AES_256", EncryptionContext=context)
        wrapped = base64.b64encode(made["CiphertextBlob"]).decode()
        try:
            with Transaction(placement.table_name) as work:
                work.create(Record(*_KEY, "field_key", {"wrapped": wrapped}))
                work.commit()
            return bytes(made["Plaintext"])
        except Conflict:
            stored = reader.get(*_KEY)  # another process made it in the same moment
    if stored is None:
        raise Fault("KEY_UNAVAILABLE", "the practice's data key is not there", fix="run it again")
    blob = base64.b64decode(stored.data["wrapped"])
    opened = _aws(kms.decrypt, KeyId=placement.key_arn, CiphertextBlob=blob, EncryptionContext=context)
    return bytes(opened["Plaintext"])

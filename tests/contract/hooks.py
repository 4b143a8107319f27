"""What schemathesis is told beside the document: names and ids that exist, so that requests get past 404.

Loaded by the schemathesis command (SCHEMATHESIS_HOOKS); OTBILL_CONTRACT_KNOWN holds values by parameter name.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from typing import Any

import schemathesis

KNOWN: dict[str, list[str]] = json.loads(os.environ["OTBILL_CONTRACT_KNOWN"])
WELL_FORMED = {
    "tenant": re.compile(r"(tnt_[0-9a-z]{26}|[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?)"),
    "id": re.compile(r"[a-z]{3,4}_[0-9a-z]{26}"),
    "key": re.compile(r"[\x21-\x7e]{1,240}"),
}
CURSOR_LENGTH = 2000
_turn = itertools.count()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Four times in five what is well formed becomes what exists; what was bent on purpose stays bent."""
    number = next(_turn)
    named = dict(case.path_parameters or {})
    if named and number % 5 and all(_well_formed(name, value) for name, value in named.items()):
        case.path_parameters = {name: KNOWN[name][number % len(KNOWN[name])] for name in named}
    query = case.query if isinstance(case.query, dict) else {}
    if len(str(query.get("cursor", ""))) <= CURSOR_LENGTH:
        query.pop("cursor", None)  # no schema can say which are ours: they are signed (tests/store tries others)
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and WELL_FORMED["key"].fullmatch(key):
        case.headers["Idempotency-Key"] = (
            f"{key}-{number}"  # a key is of one request; one used again is refused rightly
        )


def _well_formed(name: str, value: Any) -> bool:
    pattern = WELL_FORMED["tenant" if name == "tenant" else "id"]
    return name in KNOWN and isinstance(value, str) and pattern.fullmatch(value) is not None

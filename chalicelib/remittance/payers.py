"""Whether a check is from the payer a claim was sent to. Pure.

The payer id of the 835 decides where it names one: the same as the claim's, or that of another payer of the directory. Where it
names none we know, a person's earlier word about this originator (TRN03) decides, and else the names. No evidence is no match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.codes import payers

_EMPTY = frozenset(
    re.split(
        r"\|", "THE|OF|AND|INC|LLC|CO|COMPANY|CORP|CORPORATION|INSURANCE|INS|LIFE|HEALTH|HEALTHCARE|PLAN|PLANS|GROUP"
    )
)


@dataclass(frozen=True, slots=True)
class CheckPayer:
    """Who paid, as the 835 says it. `learned` is the payer id a person gave this originator, if any."""

    payer_id: str
    name: str
    originator: str = ""
    learned: str = ""


def same_payer(check: CheckPayer, payer_id: str, names: Iterable[str]) -> bool:
    """`names` are what the claim's payer is called: in the claim, the practice file, the directory."""
    told = check.payer_id.strip().upper()
    if told and told == payer_id.upper():
        return True
    if told and told in _known_ids():
        return False
    if check.learned:
        return check.learned.upper() == payer_id.upper()
    return any(_same_name(check.name, name) for name in (*names, *_directory_names(payer_id)))


def _known_ids() -> frozenset[str]:
    return frozenset(row.payer_id.upper() for row in payers.directory())


def _directory_names(payer_id: str) -> tuple[str, ...]:
    return tuple(row.name for row in payers.directory() if row.payer_id == payer_id)


def _same_name(one: str, other: str) -> bool:
    """Every telling word of the shorter name stands in the longer one."""
    a, b = _words(one), _words(other)
    return bool(a and b) and (a <= b or b <= a)


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[A-Z0-9]+", name.upper())) - _EMPTY

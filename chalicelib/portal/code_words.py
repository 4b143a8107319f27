"""Codes of the bundled tables in words; a code no table knows says so instead of showing nothing."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Protocol

from chalicelib.codes import carc, cpt, payers, pos, rarc
from chalicelib.portal.words import ADJUSTMENT_GROUPS

UNKNOWN = "not in our tables"


class Adjustment(Protocol):
    """An adjustment of an 835: group (CO, PR, OA, PI) and reason (CARC)."""

    @property
    def group(self) -> str: ...
    @property
    def reason(self) -> str: ...


@lru_cache(maxsize=1)
def payer_names() -> dict[str, str]:
    """Payer id to name, by name, from the payer directory."""
    found: dict[str, str] = {}
    for plan in payers.directory():
        found.setdefault(plan.payer_id, plan.name)
    return dict(sorted(found.items(), key=lambda item: item[1].casefold()))


def adjustment(item: Adjustment) -> str:
    """'contract, not the patient's: charge above the contracted amount'."""
    return f"{ADJUSTMENT_GROUPS.get(item.group, UNKNOWN)}: {carc.describe(item.reason)}"


def remark(code: str) -> str:
    return rarc.describe(code)


def procedure(code: str, on: date) -> str:
    found = cpt.lookup(code, on)
    return found.meaning if found else UNKNOWN


def place_of_service(code: str, on: date) -> str:
    found = pos.get(code, on)
    return found.meaning if found else UNKNOWN

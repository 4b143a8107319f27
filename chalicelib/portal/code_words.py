"""Codes of the bundled tables in words; a code no table knows says so instead of showing nothing."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Protocol

from chalicelib.codes import carc, cpt, findings, payers, pos, rarc
from chalicelib.portal.words import ADJUSTMENT_GROUPS

UNKNOWN = "not in our tables"
_FINDING = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_ADJUSTMENT = re.compile(r"\b(?:CO|PR|OA|PI)-([A-Z]?\d{1,3})\b")


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


def finding(code: str) -> str:
    """What a finding code of the scrub stands for; a code the registry lacks is read as it is spelled."""
    found = findings.registry().get(code)
    return found.words if found else code.replace("_", " ").capitalize()


def codes_explained(text: str) -> list[tuple[str, str]]:
    """The codes a sentence names ('denied 75.00 (CO-97)', 'Held: POC_EXPIRED'), each once, with its words."""
    found = {match[0]: carc.describe(match[1]) for match in _ADJUSTMENT.finditer(text)}
    registry = findings.registry()
    found |= {code: registry[code].words for code in _FINDING.findall(text) if code in registry}
    return list(found.items())

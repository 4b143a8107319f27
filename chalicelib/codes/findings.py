"""The registry of finding codes: words, fix, citation, and severity per line of business, as data (`data/findings.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from chalicelib.codes.tables import CodeTableError, cached, raw


@dataclass(frozen=True, slots=True)
class FindingKind:
    """`severities` maps a line of business, or `default`, to error (holds), warning (tells) or off."""

    code: str
    words: str
    fix: str
    citation: str
    severities: dict[str, str]

    def severity(self, line_of_business: str) -> str:
        return self.severities.get(line_of_business, self.severities["default"])


@cached(1)
def registry() -> dict[str, FindingKind]:
    """Every finding code, in the order of the file."""
    table = tomllib.loads(raw("findings.toml").decode())
    return {
        code: FindingKind(code, row["words"], row["fix"], row["citation"], _severities(code, row["severity"]))
        for code, row in table.items()
    }


def _severities(code: str, found: object) -> dict[str, str]:
    table = {"default": found} if isinstance(found, str) else found
    if not isinstance(table, dict) or not set(table.values()) <= {"error", "warning", "off"}:
        raise CodeTableError(f"finding {code} has an unknown severity")
    return table


def kind(code: str) -> FindingKind:
    found = registry().get(code)
    if found is None:
        raise CodeTableError(f"finding {code} is not in the registry")
    return found

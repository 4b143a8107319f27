"""The claim list's filters: the URL holds every one, and each chip is a link to the list without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from chalicelib.claims.model import Status
from chalicelib.platform.errors import Misuse
from chalicelib.portal import words


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force; `url` is the list without it."""

    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """`statuses` are alternatives; all filters together must hold."""

    path: str
    statuses: tuple[str, ...] = ()
    payer_id: str = ""

    @property
    def query(self) -> str:
        """'?status=held&payer=60054', or '' without a filter."""
        return _query([("status", status) for status in self.statuses], self.payer_id)

    def address(self, cursor: str = "") -> str:
        query = _query([("status", status) for status in self.statuses], self.payer_id, cursor)
        return f"{self.path}{query}"

    def chips(self, payer_names: dict[str, str]) -> list[Chip]:
        found = [
            Chip(
                "Status:",
                words.status(status).name,
                replace(self, statuses=tuple(each for each in self.statuses if each != status)).address(),
            )
            for status in self.statuses
        ]
        if self.payer_id:
            name = payer_names.get(self.payer_id, self.payer_id)
            found.append(Chip("Payer:", name, replace(self, payer_id="").address()))
        return found


def checked_statuses(sent: list[str]) -> tuple[str, ...]:
    """The statuses asked for, each once. Misuse for a word that is none; the word is not repeated."""
    wanted = tuple(dict.fromkeys(text for text in sent if text))
    if set(wanted) - {status.value for status in Status}:
        raise Misuse("UNKNOWN_STATUS", "One of the statuses asked for does not exist.", fix="Choose from the list.")
    return wanted


def _query(pairs: list[tuple[str, str]], payer_id: str, cursor: str = "") -> str:
    pairs = pairs + ([("payer", payer_id)] if payer_id else []) + ([("cursor", cursor)] if cursor else [])
    return f"?{urlencode(pairs)}" if pairs else ""

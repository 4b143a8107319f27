"""The short code lists: each row a meaning in our own words, dates where known, and a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalicelib.codes.tables import cached, covers, day, rows


@dataclass(frozen=True, slots=True)
class Carc:
    """A claim adjustment reason. `contractual` = an expected reduction, no denial work; `group` is the usual group code."""

    code: str
    meaning: str
    category: str
    group: str
    next_action: str
    appealable: str
    start: date | None
    end: date | None

    @property
    def contractual(self) -> bool:
        return self.category == "contractual"


@dataclass(frozen=True, slots=True)
class Rarc:
    code: str
    meaning: str
    category: str
    next_action: str
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class ClaimStatus:
    """A 277/277CA code. `kind` is category (STC01-1), status (STC01-2) or entity (STC01-3)."""

    kind: str
    code: str
    meaning: str
    bucket: str
    next_action: str


@dataclass(frozen=True, slots=True)
class PlaceOfService:
    """`facility` tells which side of the Medicare fee schedule applies."""

    code: str
    meaning: str
    facility: bool
    use: str
    start: date | None
    end: date | None


@cached(1)
def carcs() -> dict[str, Carc]:
    return {
        row["code"]: Carc(
            row["code"],
            row["meaning"],
            row["category"],
            row["group"],
            row["next_action"],
            row["appealable"],
            day(row["effective_from"]),
            day(row["effective_to"]),
        )
        for row in rows("carc.csv")
    }


@cached(1)
def rarcs() -> dict[str, Rarc]:
    return {
        row["code"]: Rarc(
            row["code"],
            row["meaning"],
            row["category"],
            row["next_action"],
            day(row["effective_from"]),
            day(row["effective_to"]),
        )
        for row in rows("rarc.csv")
    }


@cached(1)
def claim_statuses() -> dict[tuple[str, str], ClaimStatus]:
    return {
        (row["kind"].split()[0], row["code"]): ClaimStatus(
            row["kind"].split()[0], row["code"], row["meaning"], row["bucket"], row["next_action"]
        )
        for row in rows("claim_status.csv")
    }


@cached(1)
def places() -> dict[str, PlaceOfService]:
    return {
        row["code"]: PlaceOfService(
            row["code"],
            row["meaning"],
            row["mpfs_rate_side"] == "facility",
            row["ot_use"],
            day(row["effective_from"]),
            day(row["effective_to"]),
        )
        for row in rows("pos.csv")
    }


@cached(1)
def taxonomies() -> dict[str, str]:
    """Taxonomy code -> entity kind (individual or organization) of the therapy codes."""
    return {row["code"]: row["entity"] for row in rows("taxonomy.csv")}


def place(code: str, on: date) -> PlaceOfService | None:
    found = places().get(code)
    return found if found and covers(found.start, found.end, on) else None

"""What the payers remember, as one JSON file replaced as a whole.

Outputs travel inside the state (`pending`) until they are on disk: the state that says a file was answered and the
answers themselves become durable in one rename, so a crash at any write loses and doubles nothing.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib.local.payer.results import ClaimResult, from_plain


@dataclass(slots=True)
class State:
    """All of it JSON-able. Member-keyed entries hold `payer id|member id|year`.

    `answered`: SHA-256 of a read file to its outputs' stem. `adjudicated`: fingerprint of a claim judged before
    (CO-18) to the control number it got. `visits`: claims not denied. `forward`: amounts to take from a later check,
    per `payer id|billing NPI`. `recovered`: billing NPIs from which the one old overpayment was taken.
    `standing`: results not taken back, by `payer id|billing NPI|payer control number`. `authorizations`: what was certified, by
    `payer id|billing NPI|number`, with its uses by payer control number. `days`: of each member's day with a billing NPI and
    plan, what competes for its full unit: practice expense RVU and full price by payer control number.
    """

    answered: dict[str, str] = field(default_factory=dict)
    adjudicated: dict[str, str] = field(default_factory=dict)
    deductibles: dict[str, int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    forward: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    recovered: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    last_control_number: int = 0
    pending: dict[str, str] = field(default_factory=dict)
    standing: dict[str, dict[str, Any]] = field(default_factory=dict)
    authorizations: dict[str, dict[str, Any]] = field(default_factory=dict)
    days: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict)

    def next_control_number(self) -> int:
        self.last_control_number += 1
        return self.last_control_number

    def adjudicated_before(self, claim: ClaimResult) -> bool:
        return _fingerprint(claim) in self.adjudicated

    def mark_adjudicated(self, claim: ClaimResult) -> None:
        self.adjudicated.setdefault(_fingerprint(claim), claim.payer_control_number)

    def remember(self, result: ClaimResult) -> None:
        self.standing[_standing_key(result)] = asdict(result)
        for day, best in _bests(result).items():
            self.days.setdefault(day, {})[result.payer_control_number] = best
        if not result.is_denied:
            self._add(self.visits, _member_key(result), 1)

    def forget(self, result: ClaimResult) -> None:
        """A claim is taken back: its deductible and its visit are the member's again."""
        if not result.is_denied:
            self._add(self.visits, _member_key(result), -1)
        self.use_deductible(result, -sum(line.deductible for line in result.lines))
        for line in result.lines:
            self.days.get(_day_key(result, line.date), {}).pop(result.payer_control_number, None)

    def best_of_days(self, claim: ClaimResult) -> dict[str, tuple[Decimal, int]]:
        """By date of the claim's lines, the best unit of the member's claims that stand with the same plan and billing NPI."""
        found = {date: self.days.get(_day_key(claim, date), {}) for date in {line.date for line in claim.lines}}
        return {date: max((Decimal(rank), full) for rank, full in day.values()) for date, day in found.items() if day}

    def standing_claim(self, payer_id: str, npi: str, number: str) -> ClaimResult | None:
        """The result that stands under a payer control number."""
        found = self.standing.get(f"{payer_id}|{npi}|{number}")
        return from_plain(found) if found else None

    def standing_under(self, payer_id: str, npi: str, patient_control_number: str) -> ClaimResult | None:
        """The newest result that stands under a number of the sender's."""
        beginning = f"{payer_id}|{npi}|"
        under = [
            data
            for key, data in self.standing.items()
            if key.startswith(beginning) and data["patient_control_number"] == patient_control_number
        ]
        return from_plain(under[-1]) if under else None

    def stands(self, result: ClaimResult) -> bool:
        return _standing_key(result) in self.standing

    def take_back(self, result: ClaimResult) -> None:
        """A correction or void undoes a claim: it no longer stands, and no longer makes another a duplicate."""
        self.forget(result)
        del self.standing[_standing_key(result)]
        for given in self.authorizations.values():
            given["uses"].pop(result.payer_control_number, None)
        mark = _fingerprint(result)
        if self.adjudicated.get(mark) == result.payer_control_number:
            del self.adjudicated[mark]

    def deductible_used(self, claim: ClaimResult) -> int:
        return self.deductibles.get(_member_key(claim), 0)

    def use_deductible(self, claim: ClaimResult, amount: int) -> None:
        self._add(self.deductibles, _member_key(claim), amount)

    @staticmethod
    def _add(counts: dict[str, int], key: str, amount: int) -> None:
        total = counts.get(key, 0) + amount
        if total:
            counts[key] = total
        else:
            counts.pop(key, None)


def load(path: Path) -> State:
    """The state of a folder; a new one when there is none yet."""
    try:
        return State(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return State()


def save(path: Path, state: State) -> None:
    write_file(path, json.dumps(asdict(state), separators=(",", ":"), sort_keys=True).encode())


def write_file(path: Path, content: bytes) -> None:
    """All of it or nothing: written aside, flushed to disk, renamed."""
    aside = path.with_name(f"{path.name}.tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def member_key(payer_id: str, member_id: str, year: str) -> str:
    return f"{payer_id}|{member_id}|{year}"


def _member_key(claim: ClaimResult) -> str:
    return member_key(claim.payer_id, claim.member_id, claim.year)


def _day_key(claim: ClaimResult, date: str) -> str:
    return f"{claim.payer_id}|{claim.filing}|{claim.billing_npi}|{claim.member_id}|{date}"


def _bests(result: ClaimResult) -> dict[str, tuple[str, int]]:
    """The best unit of a claim on each of its days, by key of the day."""
    found: dict[str, tuple[str, int]] = {}
    for line in result.lines:
        if line.rank and not line.denied_by:
            key, mine = _day_key(result, line.date), (line.rank, line.unit_full)
            found[key] = max(mine, found.get(key, mine), key=lambda best: (Decimal(best[0]), best[1]))
    return found


def _standing_key(claim: ClaimResult) -> str:
    return f"{claim.payer_id}|{claim.billing_npi}|{claim.payer_control_number}"


def _fingerprint(claim: ClaimResult) -> str:
    """Payer, billing NPI, member id and, in any order, each line's date, procedure, units and charge."""
    lines = sorted(f"{line.date}|{line.procedure}|{line.units}|{line.charge}" for line in claim.lines)
    return sha256("\n".join((claim.payer_id, claim.billing_npi, claim.member_id, *lines)).encode()).hexdigest()

"""The words the therapy rules speak: services with minutes in, billed units and findings out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Severity(StrEnum):
    ERROR = "error"  # holds the claim
    WARNING = "warning"  # tells, and lets it go


class Finding(BaseModel):
    """One result of a rule. `line` is a line number, None for the whole claim; `numbers` are what was compared."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    code: str
    severity: Severity
    message: str
    fix: str
    citation: str
    line: int | None = None
    numbers: dict[str, int | str] = {}


class UnitRule(StrEnum):
    CMS = "cms"  # total time, Medicare Claims Processing Manual ch.5 s.20.2-20.3
    MIDPOINT = "midpoint"  # each code for itself


@dataclass(frozen=True, slots=True)
class Service:
    """One documented procedure of a patient's day. `key` names the visit line it came from."""

    key: str
    code: str
    therapist_minutes: int = 0
    assistant_minutes: int = 0
    documented_units: int | None = None
    file_modifiers: tuple[str, ...] = ()
    distinct_service: bool = False
    kx_attested: bool = False  # the record attests medical necessity above the threshold
    kx_left_off: tuple[str, ...] = ()  # parts of it ("97530", "97530 CO") whose amounts do not call for KX
    abn_signed: bool = False  # a signed notice of non-coverage is on record and in force
    visit: str = ""  # the visit it belongs to, with what the note says of that visit's time: 'HH:MM' or empty
    visit_start: str = ""
    visit_end: str = ""
    visit_minutes: int | None = None  # total treatment minutes of the note


@dataclass(frozen=True, slots=True)
class BilledLine:
    """Units of one service furnished by one kind of clinician; a service split between OT and OTA gives two."""

    key: str
    code: str
    units: int
    assistant: bool = False
    modifiers: tuple[str, ...] = ()

    @property
    def part_of_service(self) -> str:
        """Tells the lines of one service apart: its code, or add-on code, and whose units they are."""
        return f"{self.code} CO" if self.assistant else self.code


@dataclass(frozen=True, slots=True)
class CodedDay:
    """Result of coding one patient's day: billed lines in service order, and how they came about."""

    rule: UnitRule
    lines: tuple[BilledLine, ...]
    total_units: int
    timed_minutes: int
    ties: tuple[str, ...]
    explanation: tuple[str, ...]
    findings: tuple[Finding, ...]
    other_rule_units: tuple[tuple[str, int], ...] = ()  # the same minutes by the other unit rule, where it differs

"""A patient's coverages over time, as the visits told them and payers answered: changes, gaps and ends show side by side."""

from __future__ import annotations

from datetime import date
from typing import Literal

from chalicelib.coverage import records
from chalicelib.coverage.service import checks_of
from chalicelib.coverage.standing import active_on
from chalicelib.documentation.records import notes_of
from chalicelib.intake.model import Coverage
from chalicelib.intake.records import find_visits
from chalicelib.intake.records import patient as find_patient
from chalicelib.platform.model import Model
from chalicelib.tenancy import require


class CoverageSpan(Model):
    """One coverage and the days of service it was told for. `ended_looking_back`: days the newest answer calls uncovered."""

    payer_id: str
    line_of_business: str
    sequence: Literal["primary", "secondary"]
    first_visit_on: date
    last_visit_on: date
    visits: int
    checks: int
    said: str
    ended_looking_back: tuple[date, ...] = ()


def history(patient_ref: str) -> list[CoverageSpan]:
    """Coverages by their first day of service. NotFound for an unknown patient."""
    require("coverage.show")
    patient = find_patient(patient_ref)
    days: dict[tuple[Coverage, Literal["primary", "secondary"]], list[date]] = {}
    for item in find_visits(note.visit_key for note in notes_of(patient.key)).values():
        if item.visit is not None:
            days.setdefault((item.visit.primary, "primary"), []).append(item.visit.date_of_service)
            if item.visit.secondary is not None:
                days.setdefault((item.visit.secondary, "secondary"), []).append(item.visit.date_of_service)
    found = records.find_checks(patient.key)
    spans = []
    for (coverage, sequence), told in days.items():
        checks = checks_of(patient.key, coverage, found)
        newest = max(checks, key=lambda one: (one.on, one.checked_at), default=None)
        spans.append(
            CoverageSpan(
                payer_id=coverage.payer_id,
                line_of_business=coverage.line_of_business.value,
                sequence=sequence,
                first_visit_on=min(told),
                last_visit_on=max(told),
                visits=len(told),
                checks=len(checks),
                said=f"{newest.words} ({newest.on})" if newest else "never asked",
                ended_looking_back=tuple(sorted(day for day in set(told) if active_on(checks, day) is False)),
            )
        )
    return sorted(spans, key=lambda one: (one.first_visit_on, one.sequence))

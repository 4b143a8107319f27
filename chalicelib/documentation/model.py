"""What the notes of a case say: treatments, signatures, plans of care, certifications, progress reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chalicelib.intake.model import LineOfBusiness, PlanOfCare
from chalicelib.platform.model import Model


class Note(Model):
    """The note of one visit, as its columns told it. `on` is the date of service, `plan` all it says of the plan of care."""

    visit_key: str
    patient_key: str
    case_id: str = ""
    on: date
    line_of_business: LineOfBusiness
    signed_on: date | None = None
    signed_by: str = ""
    plan: PlanOfCare = PlanOfCare()
    version: int = 0
    created_at: str = ""


class Chart(Model):
    """The notes of one patient's case by date of service. Everything else is read from them, so an amended visit amends all."""

    notes: tuple[Note, ...] = ()

    @property
    def treatment_dates(self) -> tuple[date, ...]:
        return tuple(sorted({note.on for note in self.notes}))

    @property
    def progress_reports(self) -> tuple[date, ...]:
        told = {note.plan.progress_report_on for note in self.notes}
        return tuple(sorted(day for day in told if day is not None))

    @property
    def plans(self) -> tuple[PlanOfCare, ...]:
        """One plan of care for each start, oldest first; of two notes the later one says the last word on a date."""
        found: dict[date, PlanOfCare] = {}
        for note in self.notes:
            if note.plan.start is not None:
                found[note.plan.start] = completed(note.plan, found.get(note.plan.start))
        return tuple(found[start] for start in sorted(found))

    @property
    def first_treatment_on(self) -> date | None:
        return min((n.plan.first_treatment_on for n in self.notes if n.plan.first_treatment_on), default=None)

    def plan_for(self, told: PlanOfCare, on: date) -> PlanOfCare:
        """The plan in force for a service: what the visit itself says, completed by the plan on record with its start; for a
        visit that names no start by the latest plan begun by then."""
        begun = [plan for plan in self.plans if plan.start is not None and plan.start <= on]
        same = [plan for plan in self.plans if plan.start == told.start] if told.start else begun[-1:]
        plan = completed(told, same[0] if same else None)
        if plan.first_treatment_on is None and self.first_treatment_on is not None:
            plan = plan.model_copy(update={"first_treatment_on": self.first_treatment_on})
        return plan


def completed(told: PlanOfCare, known: PlanOfCare | None) -> PlanOfCare:
    """`told`, with what it leaves open taken from `known`."""
    if known is None:
        return told
    missing = {name: getattr(known, name) for name in PlanOfCare.model_fields if getattr(told, name) is None}
    return told.model_copy(update=missing)


def chart(notes: Sequence[Note], case_id: str) -> Chart:
    """The chart of one case from a patient's notes."""
    mine = [note for note in notes if note.case_id == case_id]
    return Chart(notes=tuple(sorted(mine, key=lambda note: (note.on, note.visit_key))))

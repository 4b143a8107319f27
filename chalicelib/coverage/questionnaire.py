"""The Medicare secondary questionnaire as it was answered: PAT#<id> / MSP#<day>, with who answered and who asked.

A hospital asks a patient in a recurring service again every 90 days (Medicare Secondary Payer Manual ch.3 s.20.1); for a practice
that figure is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from chalicelib import clock, store
from chalicelib.coverage.coordination import MspAnswers, MspOutcome, medicare_secondary
from chalicelib.coverage.digest import commit_with_digest, note_questionnaire
from chalicelib.intake.model import LineOfBusiness
from chalicelib.intake.records import patient as find_patient
from chalicelib.platform.errors import Misuse
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require

GOOD_DAYS = 90
_LOOSE = {"version", "created_at"}


class Questionnaire(Model):
    """One day's answers. `told_by` is who answered, in words (such as 'patient'); `asked_by` our user id of who asked."""

    patient_key: str
    answers: MspAnswers
    outcome: MspOutcome
    told_by: Annotated[str, Field(min_length=1, max_length=80)]
    asked_by: str
    version: int = 0
    created_at: str = ""

    @property
    def good_until(self) -> date:
        return self.answers.on + timedelta(days=GOOD_DAYS)


def keep(patient_ref: str, told: MspAnswers, told_by: str) -> Questionnaire:
    """Keep the answers of a day, in place of earlier ones of that day; judged as they are kept.

    NotFound for the patient. Misuse for one without Medicare, for answers of nobody, and for a day to come.
    """
    require("coverage.questionnaire")
    patient = find_patient(patient_ref)
    if not any(one.line_of_business is LineOfBusiness.MEDICARE for one in patient.coverages):
        raise Misuse("NOT_MEDICARE", "the questionnaire is for patients with Original Medicare")
    if not told_by.strip() or len(told_by) > 80:
        raise Misuse("WHO_TOLD", "the questionnaire names who answered it", fix="such as: patient, daughter")
    if told.on > clock.today(current().tenant.timezone):
        raise Misuse("DAY_TO_COME", "that day is still to come", fix="tell the day it was answered")
    before = next((one for one in of_patient(patient.key) if one.answers.on == told.on), None)
    made = Questionnaire(
        patient_key=patient.key,
        answers=told,
        outcome=medicare_secondary(told),
        told_by=told_by.strip(),
        asked_by=current().principal.user_id,
        version=before.version if before else 0,
        created_at=before.created_at if before else "",
    )
    if before == made:
        return before

    def write(uow: store.UnitOfWork) -> None:
        uow.replace(_record(made))
        note_questionnaire(uow, patient.key, told.on)
        uow.audit("coverage.questionnaire", f"PAT#{patient.key}", ("answers", "told_by"))

    commit_with_digest(write)
    return made.model_copy(update={"version": made.version + 1})


def of_patient(patient_key: str) -> list[Questionnaire]:
    """Every questionnaire of a patient, newest day first."""
    found = store.iter_query(f"PAT#{patient_key}", "MSP#", newest_first=True)
    return [record.read_as(Questionnaire, "version", "created_at") for record in found]


def newest(asked: Mapping[str, date | None]) -> dict[str, Questionnaire]:
    """Each patient's questionnaire of the day told; of a patient with none, nothing."""
    found = store.get_many((f"PAT#{key}", f"MSP#{on}") for key, on in asked.items() if on)
    read = (record.read_as(Questionnaire, "version", "created_at") for record in found.values())
    return {one.patient_key: one for one in read}


def _record(one: Questionnaire) -> store.Record:
    return store.Record(
        pk=f"PAT#{one.patient_key}",
        sk=f"MSP#{one.answers.on}",
        kind="msp_questionnaire",
        data=one.model_dump(mode="json", exclude=_LOOSE, exclude_defaults=True),
        version=one.version,
        created_at=one.created_at,
    )

"""What the front desk's cards need of many patients, read in few requests however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from chalicelib.coverage import authorization_records, questionnaire, records
from chalicelib.coverage.authorization import Authorization, Meter
from chalicelib.coverage.coordination import MspOutcome
from chalicelib.coverage.digest import Digest, find_digests
from chalicelib.coverage.model import BenefitRecord
from chalicelib.coverage.standing import CheckDigest, covering, newest_first
from chalicelib.intake.model import Coverage, LineOfBusiness
from chalicelib.intake.records import Patient, find_patients
from chalicelib.intake.schedule import Appointment

Wanted = tuple[str, str, str]


@dataclass
class Known:
    """What was read of a patient. `checks` are those of the first coverage that cover the days looked at, and the newest;
    `planned` grows as cards of one patient are made in order of time."""

    patient: Patient
    checks: list[BenefitRecord]
    authorizations: list[Authorization]
    asked: MspOutcome | None = None
    meters: dict[str, Meter] = field(default_factory=dict)
    planned: dict[tuple[str, int], int] = field(default_factory=dict)


def look_up(visits: Sequence[Appointment]) -> dict[str, Known]:
    """By patient; one who pays alone has no checks or authorizations to look for."""
    days: dict[str, set[date]] = {}
    for item in visits:
        days.setdefault(item.patient_key, set()).add(item.on)
    patients = find_patients(days)
    digests = find_digests(key for key, patient in patients.items() if _first(patient) is not None)
    checks = records.read_checks(one for key, digest in digests.items() for one in _needed(patients[key], digest, days))
    asked = questionnaire.newest({key: digest.asked for key, digest in digests.items() if _medicare(patients[key])})
    permits = authorization_records.read_many(auth_id for one in digests.values() for auth_id in one.authorizations)
    meters = authorization_records.read_meters(
        one.auth_id for those in permits.values() for one in _usable(those, visits)
    )
    return {
        key: Known(
            patient,
            checks.get(key, []),
            permits.get(key, []),
            asked[key].outcome if key in asked else None,
            {one.auth_id: meters[one.auth_id] for one in permits.get(key, []) if one.auth_id in meters},
        )
        for key, patient in patients.items()
    }


def _first(patient: Patient) -> Coverage | None:
    coverage = patient.coverages[0] if patient.coverages else None
    return None if coverage is None or coverage.line_of_business is LineOfBusiness.SELF_PAY else coverage


def _medicare(patient: Patient) -> bool:
    return any(one.line_of_business is LineOfBusiness.MEDICARE for one in patient.coverages)


def _needed(patient: Patient, digest: Digest, days: Mapping[str, Iterable[date]]) -> set[Wanted]:
    """Of the first coverage: the check that covers each day, and the newest one whatever came of it."""
    coverage = _first(patient)
    mine = [] if coverage is None else _of_coverage(patient.key, coverage, digest)
    chosen = [covering(mine, on) for on in days[patient.key]] + newest_first(mine)[:1]
    return {(patient.key, one.check_id, one.on.isoformat()) for one in chosen if one is not None}


def _of_coverage(patient_key: str, coverage: Coverage, digest: Digest) -> list[CheckDigest]:
    """The checks of exactly this coverage: another member id or subscriber is another coverage."""
    made_of = records.check_ids(patient_key, coverage)
    return [one for one in digest.checks if one.check_id == made_of(one.on.isoformat())]


def _usable(authorizations: Iterable[Authorization], visits: Sequence[Appointment]) -> list[Authorization]:
    """Those one of the days could count against."""
    if not visits:
        return []
    first, last = min(item.on for item in visits), max(item.on for item in visits)
    return [
        one
        for one in authorizations
        if one.in_force and (one.end is None or one.end >= first) and (one.start is None or one.start <= last)
    ]

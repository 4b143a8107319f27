"""Eligibility checks as items: PAT#<id> / BEN#<date>#<check id>, one for each coverage and day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chalicelib import store
from chalicelib.coverage.digest import MOST_CHECKS, note_checks
from chalicelib.coverage.model import BenefitRecord
from chalicelib.intake.model import Coverage
from chalicelib.tenancy import current

_LOOSE = {"version", "created_at"}


def check_id(patient_key: str, coverage: Coverage, on: str) -> str:
    """The same coverage asked on the same day is the same check; another member id or subscriber is another."""
    return check_ids(patient_key, coverage)(on)


def check_ids(patient_key: str, coverage: Coverage) -> Callable[[str], str]:
    """`check_id` of one coverage by day; the coverage is written out once."""
    context, told = current(), coverage.model_dump_json()
    return lambda on: context.make_id("ben", patient_key, on, told)


def find_check(patient_key: str, identifier: str, on: str) -> BenefitRecord | None:
    record = store.get(*_key(patient_key, identifier, on))
    return None if record is None else _to_check(record)


def find_checks(patient_key: str, limit: int = MOST_CHECKS) -> list[BenefitRecord]:
    """The patient's latest checks, newest day first."""
    page = store.query(f"PAT#{patient_key}", "BEN#", limit=limit, newest_first=True)
    return [_to_check(record) for record in page.records]


def read_checks(wanted: Iterable[tuple[str, str, str]]) -> dict[str, list[BenefitRecord]]:
    """Checks by patient, of (patient key, check id, day) each."""
    found: dict[str, list[BenefitRecord]] = {}
    for check in map(_to_check, store.get_many(_key(*one) for one in wanted).values()):
        found.setdefault(check.patient_key, []).append(check)
    return found


def put_check(uow: store.UnitOfWork, check: BenefitRecord) -> None:
    put_checks(uow, [check])


def put_checks(uow: store.UnitOfWork, checks: Sequence[BenefitRecord]) -> None:
    """The checks, and what their patients' digests tell of them."""
    for check in checks:
        uow.replace(
            store.Record(
                *_key(check.patient_key, check.check_id, check.on.isoformat()),
                kind="benefits",
                data=check.model_dump(mode="json", exclude=_LOOSE, exclude_defaults=True),
                version=check.version,
                created_at=check.created_at,
            )
        )
    note_checks(uow, checks)


def _key(patient_key: str, identifier: str, on: str) -> tuple[str, str]:
    return f"PAT#{patient_key}", f"BEN#{on}#{identifier}"


def _to_check(record: store.Record) -> BenefitRecord:
    return record.read_as(BenefitRecord, "version", "created_at")

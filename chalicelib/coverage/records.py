"""Eligibility checks as items: PAT#<id> / BEN#<date>#<check id>, one for each coverage and day."""

from __future__ import annotations

from chalicelib import store
from chalicelib.coverage.model import BenefitRecord
from chalicelib.intake.model import Coverage
from chalicelib.tenancy import current

_LOOSE = {"version", "created_at"}


def check_id(patient_key: str, coverage: Coverage, on: str) -> str:
    """The same coverage asked on the same day is the same check; another member id or subscriber is another."""
    return current().make_id("ben", patient_key, on, coverage.model_dump_json())


def find_check(patient_key: str, identifier: str, on: str) -> BenefitRecord | None:
    record = store.get(*_key(patient_key, identifier, on))
    return None if record is None else _to_check(record)


def find_checks(patient_key: str, limit: int = 50) -> list[BenefitRecord]:
    """The patient's latest checks, newest day first."""
    page = store.query(f"PAT#{patient_key}", "BEN#", limit=limit, newest_first=True)
    return [_to_check(record) for record in page.records]


def put_check(uow: store.UnitOfWork, check: BenefitRecord) -> None:
    uow.replace(
        store.Record(
            *_key(check.patient_key, check.check_id, check.on.isoformat()),
            kind="benefits",
            data=check.model_dump(mode="json", exclude=_LOOSE, exclude_defaults=True),
            version=check.version,
            created_at=check.created_at,
        )
    )


def _key(patient_key: str, identifier: str, on: str) -> tuple[str, str]:
    return f"PAT#{patient_key}", f"BEN#{on}#{identifier}"


def _to_check(record: store.Record) -> BenefitRecord:
    return record.read_as(BenefitRecord, "version", "created_at")

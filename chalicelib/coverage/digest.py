"""What is kept of a patient's coverage, in one item: PAT#<id> / DIGEST. It says which records a visit's card needs.

A desk with a hundred visits reads a hundred of these in one request instead of asking each patient's records two by two. It is
written in the transaction that writes the check, the authorization or the questionnaire, on condition that it is as read, so it
is never behind them. A patient without one (of before it was kept) is looked up the long way; the next write makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from chalicelib import store
from chalicelib.coverage.model import BenefitRecord
from chalicelib.coverage.standing import CheckDigest, digest_of
from chalicelib.platform.errors import Conflict, Fault
from chalicelib.platform.model import Model
from chalicelib.store.transaction import backoff

MOST_CHECKS = 50
SCHEMA = 1  # raise it when a digest of a check tells more or something else: older items are then made anew
ATTEMPTS = 8
_LOOSE = {"version", "created_at"}


class Digest(Model):
    """Newest check first; ids of authorizations; the day of the newest Medicare questionnaire."""

    patient_key: str
    checks: tuple[CheckDigest, ...] = ()
    authorizations: tuple[str, ...] = ()
    asked: date | None = None
    version: int = 0
    created_at: str = ""


def find_digests(patient_keys: Iterable[str]) -> dict[str, Digest]:
    """The patients' digests; one that is not kept yet is worked out from the records."""
    wanted = list(dict.fromkeys(patient_keys))
    kept = store.get_many([_key(key) for key in wanted])
    return {key: _read(kept.get(_key(key)), key) for key in wanted}


def worked_out(patient_key: str) -> Digest:
    """The digest as the records themselves tell it."""
    checks = store.query(f"PAT#{patient_key}", "BEN#", limit=MOST_CHECKS, newest_first=True).records
    named = store.iter_index("gsi2", f"AUTHS#{patient_key}")
    asked = store.query(f"PAT#{patient_key}", "MSP#", limit=1, newest_first=True).records
    return Digest(
        patient_key=patient_key,
        checks=_newest(digest_of(record.read_as(BenefitRecord, "version", "created_at")) for record in checks),
        authorizations=tuple(sorted(record.pk.removeprefix("AUT#") for record in named)),
        asked=date.fromisoformat(asked[0].sk.removeprefix("MSP#")) if asked else None,
    )


def note_checks(uow: store.UnitOfWork, checks: Iterable[BenefitRecord]) -> None:
    """Checks that this unit of work writes."""
    by_patient: dict[str, list[CheckDigest]] = {}
    for check in checks:
        by_patient.setdefault(check.patient_key, []).append(digest_of(check))
    before = _before(uow, by_patient)
    for key, new in by_patient.items():
        ids = {one.check_id for one in new}
        rest = [one for one in before[key].checks if one.check_id not in ids]
        _put(uow, before[key], before[key].model_copy(update={"checks": _newest((*rest, *new))}))


def note_authorization(uow: store.UnitOfWork, patient_key: str, auth_id: str) -> None:
    """An authorization that this unit of work writes."""
    before = _before(uow, [patient_key])[patient_key]
    ids = tuple(sorted({*before.authorizations, auth_id}))
    _put(uow, before, before.model_copy(update={"authorizations": ids}))


def note_questionnaire(uow: store.UnitOfWork, patient_key: str, on: date) -> None:
    """A questionnaire that this unit of work writes."""
    before = _before(uow, [patient_key])[patient_key]
    _put(uow, before, before.model_copy(update={"asked": max(on, before.asked or on)}))


def commit_with_digest(write: Callable[[store.UnitOfWork], None]) -> None:
    """Write and commit; again when another hand changed a patient's digest in between, for then nothing was written."""
    for attempt in range(ATTEMPTS):
        backoff(attempt)
        try:
            with store.unit_of_work() as uow:
                write(uow)
                uow.commit()
            return
        except Conflict as conflict:
            if not conflict.where.endswith("/DIGEST"):
                raise
    raise Fault("STORE_BUSY", "too many changes of one patient at once", fix="run it again")


def _before(uow: store.UnitOfWork, patient_keys: Iterable[str]) -> Mapping[str, Digest]:
    """Digests as this unit of work has them so far."""
    wanted = list(patient_keys)
    pending = {key: uow.pending(*_key(key)) for key in wanted}
    found = find_digests(key for key, record in pending.items() if record is None)
    return found | {key: record.read_as(Digest, "version", "created_at") for key, record in pending.items() if record}


def _put(uow: store.UnitOfWork, before: Digest, after: Digest) -> None:
    if before == after and after.version:
        return
    record = _record(after)
    if uow.pending(*record.key):
        uow.revise(record)
    else:
        uow.replace(record)


def _newest(checks: Iterable[CheckDigest]) -> tuple[CheckDigest, ...]:
    """In the order of the checks' own keys."""
    return tuple(sorted(checks, key=lambda one: (one.on, one.check_id), reverse=True)[:MOST_CHECKS])


def _read(record: store.Record | None, patient_key: str) -> Digest:
    if record is None:
        return worked_out(patient_key)
    if record.schema == SCHEMA:
        return record.read_as(Digest, "version", "created_at")
    return worked_out(patient_key).model_copy(update={"version": record.version, "created_at": record.created_at})


def _record(digest: Digest) -> store.Record:
    return store.Record(
        *_key(digest.patient_key),
        kind="coverage_digest",
        data=digest.model_dump_json(exclude=_LOOSE, exclude_defaults=True),
        version=digest.version,
        schema=SCHEMA,
        created_at=digest.created_at,
    )


def _key(patient_key: str) -> tuple[str, str]:
    return f"PAT#{patient_key}", "DIGEST"

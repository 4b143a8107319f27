"""The practice file as items of the practice's own table.

PRACTICE / CURRENT       the file in force, its number and digest
PRACTICE / V#000001 ...  every file ever applied, never changed
PRACTICE / ACCOUNTS      the ledger accounts the practice's books have
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from chalicelib import store
from chalicelib.onboarding.model import Practice
from chalicelib.onboarding.practice_file import practice_from_record, to_record
from chalicelib.platform.errors import NotFound

PK = "PRACTICE"


@dataclass(frozen=True, slots=True)
class Applied:
    """The file in force: `number` counts from 1 with each change, `digest` is SHA-256 of its canonical JSON."""

    number: int
    digest: str
    data: dict[str, Any]
    record: store.Record


def digest(data: dict[str, Any]) -> str:
    return sha256(_canonical(data).encode()).hexdigest()


def find_applied() -> Applied | None:
    """The file in force in the current practice, None before the first."""
    record = store.get(PK, "CURRENT")
    if record is None:
        return None
    return Applied(record.data["number"], record.data["digest"], record.data["practice"], record)


def current_practice() -> Practice:
    """The practice file in force in the current practice. NotFound before `otbill tenant apply`."""
    applied = find_applied()
    if applied is None:
        raise NotFound(
            "PRACTICE_NOT_APPLIED",
            "no practice file was applied to this practice yet",
            fix="otbill tenant apply tenants/<slug>.toml",
        )
    return _read(_canonical(applied.data))


def trading_partner() -> str:
    """The partner this practice's files go to; empty while no practice file was applied to it."""
    return "" if find_applied() is None else current_practice().billing.trading_partner


def put_version(uow: store.UnitOfWork, practice: Practice, before: Applied | None) -> int:
    """Put the file into the unit of work as the next version. Returns its number."""
    data = to_record(practice)
    number = before.number + 1 if before else 1
    content = {"number": number, "digest": digest(data), "practice": data}
    created_at = before.record.created_at if before else ""
    version = before.record.version if before else 0
    uow.replace(store.Record(PK, "CURRENT", "practice", content, version=version, created_at=created_at))
    uow.create(store.Record(PK, f"V#{number:06d}", "practice_version", content))
    return number


def find_accounts() -> store.Record | None:
    """The record of the ledger accounts the practice's books have."""
    return store.get(PK, "ACCOUNTS")


def put_accounts(uow: store.UnitOfWork, accounts: list[dict[str, str]], before: store.Record | None) -> None:
    version, created_at = (before.version, before.created_at) if before else (0, "")
    data = {"accounts": accounts}
    uow.replace(store.Record(PK, "ACCOUNTS", "chart_of_accounts", data, version=version, created_at=created_at))


def _canonical(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# Keyed by the whole content, so one practice can never be handed another's file.
@lru_cache(maxsize=64)
def _read(canonical: str) -> Practice:
    return practice_from_record(json.loads(canonical))

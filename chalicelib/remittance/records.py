"""Checks and their claims as items of the practice's table.

RMT#<id> / REMITTANCE   the check; gsi1 RMTS / paid date#id
RMT#<id> / CLP#<seq>    one claim of it, with what posting did
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from chalicelib import store
from chalicelib.remittance.model import Check, ClaimPart


def check_record(check: Check) -> store.Record:
    return store.Record(
        pk=f"RMT#{check.remittance_id}",
        sk="REMITTANCE",
        kind="remittance",
        data=check.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=check.version,
        gsi1=("RMTS", f"{check.paid_on or ''}#{check.remittance_id}"),
    )


def to_check(record: store.Record) -> Check:
    return Check.model_validate_json(json.dumps({**record.data, "version": record.version}))


def find_check(remittance_id: str) -> Check | None:
    record = store.get(f"RMT#{remittance_id}", "REMITTANCE")
    return to_check(record) if record else None


def part_record(remittance_id: str, part: ClaimPart) -> store.Record:
    return store.Record(
        pk=f"RMT#{remittance_id}",
        sk=f"CLP#{part.sequence:06d}",
        kind="claim_payment",
        data=part.model_dump(mode="json", exclude_defaults=True),
    )


def to_part(record: store.Record) -> ClaimPart:
    return ClaimPart.model_validate_json(json.dumps(record.data))


def parts(remittance_id: str) -> Iterator[ClaimPart]:
    """The claims of a check in file order."""
    yield from map(to_part, store.iter_query(f"RMT#{remittance_id}", "CLP#"))


def find_part(remittance_id: str, sequence: int) -> ClaimPart | None:
    record = store.get(f"RMT#{remittance_id}", f"CLP#{sequence:06d}")
    return to_part(record) if record else None


def every_check() -> Iterable[Check]:
    """Checks, newest paid first."""
    return map(to_check, store.iter_index("gsi1", "RMTS", newest_first=True))

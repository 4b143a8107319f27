"""A practice's own rules as items of its table, every version kept.

RULES / CURRENT       the rules in force, their number and digest
RULES / V#000001 ...  every rules file ever applied, never changed
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from chalicelib import clock, store
from chalicelib.claims.biller_rules import BillerRule, parse
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require

PK = "RULES"


class RuleBook(Model):
    """The rules in force. `number` counts from 1 with each change; 0 = the practice has none."""

    number: int = 0
    rules: tuple[BillerRule, ...] = ()
    source: str = ""
    applied_at: str = ""
    applied_by: str = ""


def current_book() -> RuleBook:
    """The rules in force in the current practice."""
    record = store.get(PK, "CURRENT")
    return _read(record.data) if record else RuleBook()


def versions() -> list[RuleBook]:
    """Every version, oldest first."""
    require("rules.list")
    return [_read(record.data) for record in store.iter_query(PK, "V#")]


def apply(content: bytes, source: str) -> RuleBook:
    """Put the rules of a TOML file in force, instead of those before; the same rules again change nothing.

    `source` names the file. Refused RULES_FILE for a file that is not right; Conflict when somebody else applied first.
    """
    require("rules.apply")
    rules = [rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) for rule in parse(content)]
    digest = sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()
    before = store.get(PK, "CURRENT")
    if before is not None and before.data["digest"] == digest:
        return _read(before.data)
    number = before.data["number"] + 1 if before else 1
    data = {
        "number": number,
        "digest": digest,
        "rules": rules,
        "source": source,
        "applied_at": clock.instant_text(clock.now()),
        "applied_by": current().principal.user_id,
    }
    version, created = (before.version, before.created_at) if before else (0, "")
    with store.unit_of_work() as uow:
        uow.replace(store.Record(PK, "CURRENT", "biller_rules", data, version=version, created_at=created))
        uow.create(store.Record(PK, f"V#{number:06d}", "biller_rules_version", data))
        uow.audit("rules.applied", PK, _changed(before.data["rules"] if before else [], rules))
        uow.commit()
    return _read(data)


def _changed(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[str, ...]:
    """Names of rules that came, went or changed."""
    old, new = ({rule["name"]: rule for rule in rules} for rules in (before, after))
    return tuple(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))


def _read(data: dict[str, Any]) -> RuleBook:
    return RuleBook.model_validate_json(json.dumps({name: data[name] for name in RuleBook.model_fields}))

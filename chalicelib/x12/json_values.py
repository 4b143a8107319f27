"""Values that the JSON of several business objects shares: days, quantities, names, adjustments."""

from __future__ import annotations

import datetime as dt
from dataclasses import is_dataclass
from decimal import Decimal
from typing import Any

from chalicelib.x12.adjudication import Quantity
from chalicelib.x12.parties import Name, Party, Person, Reference
from chalicelib.x12.remittance835 import Adjustment, Amount

Json = dict[str, Any]


def day(value: dt.date | None) -> str | None:
    """ISO, or null."""
    return value.isoformat() if value else None


def number(value: int | Decimal | None) -> int | float | None:
    """Quantities are small: a float says them exactly enough for reading."""
    return float(value) if isinstance(value, Decimal) else value


def name(value: Name) -> Json:
    return {"last_name": value.last_name, "first_name": value.first_name, "member_id": value.member_id}


def person(value: Person) -> Json:
    return {
        "last_name": value.last_name, "first_name": value.first_name, "middle_name": value.middle_name,
        "date_of_birth": day(value.date_of_birth), "sex": value.sex,
    }  # fmt: skip


def party(p: Party) -> Json:
    """A provider."""
    return {
        "last_name": p.last_name, "first_name": p.first_name, "npi": p.npi,
        **told(
            taxonomy=p.taxonomy, id_qualifier=p.id_qualifier, id_code=p.id_code, phone=p.phone,
            references=[reference(one) for one in p.references],
        ),
    }  # fmt: skip


def adjustment(a: Adjustment) -> Json:
    return {"group": a.group, "reason": a.reason, "amount_cents": a.amount_cents, "quantity": number(a.quantity)}


def amount(a: Amount) -> Json:
    return {"qualifier": a.qualifier, "amount_cents": a.amount_cents}


def quantity(q: Quantity) -> Json:
    return {"qualifier": q.qualifier, "quantity": number(q.quantity)}


def reference(r: Reference) -> Json:
    return {"qualifier": r.qualifier, "value": r.value}


def told(**values: Any) -> Json:
    """Keys beyond the shape every object has: they stand only where there is something to say."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def fields(value: object | None) -> Json | None:
    """A value by those of its fields that say something; null for none. Values inside it are left to the caller."""
    if value is None:
        return None
    names: tuple[str, ...] = value.__slots__  # type: ignore[attr-defined]
    return told(**{name: _plain(getattr(value, name)) for name in names if not is_dataclass(getattr(value, name))})


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return number(value)
    return day(value) if isinstance(value, dt.date) else value

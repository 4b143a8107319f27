"""Authorizations as items of the practice's table.

AUT#<id> / AUTH    the authorization
                   gsi1 AUTHS#<state> / end#id: what runs out soonest; gsi2 AUTHS#<patient> / end#id: the patient's own
AUT#<id> / METER   what its claims committed; every change is conditional on the version read
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chalicelib import store
from chalicelib.coverage.authorization import Authorization, Meter
from chalicelib.coverage.digest import note_authorization
from chalicelib.platform.errors import NotFound

_LOOSE = {"version", "created_at"}
_OPEN = "9999-12-31"


def put(uow: store.UnitOfWork, authorization: Authorization) -> None:
    sort = _sort(authorization)
    uow.replace(
        store.Record(
            pk=f"AUT#{authorization.auth_id}",
            sk="AUTH",
            kind="authorization",
            data=authorization.model_dump(mode="json", exclude=_LOOSE, exclude_defaults=True),
            version=authorization.version,
            created_at=authorization.created_at,
            gsi1=(f"AUTHS#{authorization.state}", sort),
            gsi2=(f"AUTHS#{authorization.patient_key}", sort),
        )
    )
    if not authorization.version:  # a stored one stands in the patient's digest
        note_authorization(uow, authorization.patient_key, authorization.auth_id)


def _sort(authorization: Authorization) -> str:
    return f"{authorization.end or _OPEN}#{authorization.auth_id}"


def put_meter(uow: store.UnitOfWork, meter: Meter) -> None:
    uow.replace(meter_record(meter))


def meter_record(meter: Meter) -> store.Record:
    return store.Record(
        pk=f"AUT#{meter.auth_id}",
        sk="METER",
        kind="authorization_meter",
        data=meter.model_dump(mode="json", exclude=_LOOSE, exclude_defaults=True),
        version=meter.version,
        created_at=meter.created_at,
    )


def get(auth_id: str) -> Authorization:
    """NotFound for one of nobody or of another practice."""
    found = find(auth_id)
    if found is None:
        raise NotFound("AUTHORIZATION_NOT_FOUND", "no such authorization in this practice")
    return found


def find(auth_id: str) -> Authorization | None:
    record = store.get(f"AUT#{auth_id}", "AUTH")
    return to_authorization(record) if record else None


def meter(auth_id: str) -> Meter:
    record = store.get(f"AUT#{auth_id}", "METER")
    return record.read_as(Meter, "version", "created_at") if record else Meter(auth_id=auth_id)


def read_many(auth_ids: Iterable[str]) -> dict[str, list[Authorization]]:
    """By patient, soonest end first."""
    found: dict[str, list[Authorization]] = {}
    for one in map(to_authorization, store.get_many((f"AUT#{key}", "AUTH") for key in auth_ids).values()):
        found.setdefault(one.patient_key, []).append(one)
    return {key: sorted(those, key=_sort) for key, those in found.items()}


def read_meters(auth_ids: Iterable[str]) -> dict[str, Meter]:
    """By authorization; one nothing was used of has an empty meter."""
    wanted = list(auth_ids)
    found = store.get_many((f"AUT#{key}", "METER") for key in wanted)
    kept = {record.pk.removeprefix("AUT#"): record for record in found.values()}
    return {
        key: kept[key].read_as(Meter, "version", "created_at") if key in kept else Meter(auth_id=key) for key in wanted
    }


def of_patient(patient_key: str) -> list[Authorization]:
    """The patient's authorizations, soonest end first."""
    return [to_authorization(record) for record in store.iter_index("gsi2", f"AUTHS#{patient_key}")]


def with_state(state: str) -> Iterator[Authorization]:
    """Every authorization in a state, soonest end first."""
    yield from map(to_authorization, store.iter_index("gsi1", f"AUTHS#{state}"))


def to_authorization(record: store.Record) -> Authorization:
    return record.read_as(Authorization, "version", "created_at")

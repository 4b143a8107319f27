"""Exchange with the clearinghouse: send what is written, fetch what is answered, lay every answer where it belongs.

Inbound files are known by content: receipt `received`, then idempotent work in each practice, then `done`. A crash anywhere
leaves a file to be taken again, and taking it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib import documents, store
from chalicelib.claims import records
from chalicelib.claims.records import Batch
from chalicelib.exchange import outbox
from chalicelib.exchange.clearinghouse import Clearinghouse
from chalicelib.jobs.inbound import SyncResult, list_strange, take, take_safely
from chalicelib.onboarding.records import trading_partner
from chalicelib.platform.errors import Fault, Misuse
from chalicelib.store import control, directory
from chalicelib.tenancy import Principal, TenantState, enter, require

__all__ = ["SyncResult", "clear_outbox", "fetch_waiting", "send_written", "sync", "sync_partners", "take"]

Progress = Callable[[str], None]
DoorOf = Callable[[str], Clearinghouse]


def sync(door: Clearinghouse, principal: Principal, progress: Progress | None = None) -> SyncResult:
    """Every trading partner behind one door: send, then fetch until nothing more is waiting."""
    require("exchange.sync", principal)
    result = SyncResult()
    send_written(door, principal, result)
    fetch_waiting(door, principal, result, progress)
    return result


def sync_partners(door_of: DoorOf, principal: Principal, progress: Progress | None = None) -> SyncResult:
    """Each trading partner of a live practice by its own door. One that cannot be reached stops no other."""
    require("exchange.sync", principal)
    result = SyncResult()
    for name, tenants in partners_of(principal).items():
        try:
            exchange_with(name, tenants, door_of, principal, result, progress)
        except Fault as fault:
            result.unreachable.append({"partner": name, "reason": fault.code})
    return result


def exchange_with(
    name: str,
    tenants: Iterable[str],
    door_of: DoorOf,
    principal: Principal,
    result: SyncResult,
    progress: Progress | None = None,
) -> None:
    """Send what these practices have for a partner, and take in every answer that waits there. Fault when it is not reached."""
    require("exchange.sync", principal)
    door = door_of(name)
    with closing_door(door):
        send_written(door, principal, result, tenants)
        fetch_waiting(door, principal, result, progress)


@contextmanager
def closing_door(door: Clearinghouse) -> Iterator[None]:
    """Hang up afterwards, where a door has a line to hang up."""
    try:
        yield
    finally:
        close = getattr(door, "close", None)
        if close:
            close()


def partners_of(principal: Principal) -> dict[str, list[str]]:
    """Ids of live practices by their trading partner."""
    found: dict[str, list[str]] = {}
    for tenant_id in _live():
        with enter(principal, tenant_id, "exchange.send", directory.directory()):
            if partner := trading_partner():
                found.setdefault(partner, []).append(tenant_id)
    return dict(sorted(found.items()))


def _live() -> list[str]:
    return [tenant.tenant_id for tenant in directory.list_tenants() if tenant.state is TenantState.LIVE]


def fetch_waiting(
    door: Clearinghouse, principal: Principal, result: SyncResult, progress: Progress | None = None
) -> None:
    """Take in every answer that waits behind a door. One that cannot be read or applied stays there, and is listed."""
    for name in door.available():
        if progress:
            progress(name)
        content = _fetched(door, name, result)
        if content is not None and take_safely(name, content, principal, result):
            door.archive(name)


def _fetched(door: Clearinghouse, name: str, result: SyncResult) -> bytes | None:
    """The file; None when this one cannot be had (too large, refused, gone). A door that does not open is another matter."""
    try:
        return door.fetch(name)
    except Misuse as wrong:
        list_strange(result, "file", name, wrong.code)
    except OSError:
        list_strange(result, "file", name, "NOT_READABLE")
    except Fault as fault:
        if fault.code != "SFTP_REFUSED":
            raise
        list_strange(result, "file", name, fault.code)
    return None


def send_written(
    door: Clearinghouse, principal: Principal, result: SyncResult, tenants: Iterable[str] | None = None
) -> None:
    """Upload every written batch: staged, recorded as staged, published, recorded as sent.

    Between two steps a crash leaves a batch to go on with: one only written is staged anew, one staged is published, and
    a staged file that is no longer there was published before, so that nothing goes out twice.
    """
    for tenant_id in _live() if tenants is None else tenants:
        with enter(principal, tenant_id, "exchange.send", directory.directory()):
            for batch in [*records.batches("staged"), *records.batches("written")]:
                if batch.state == "written":
                    door.stage(batch.file, documents.get(batch.document))
                    batch = _moved_to(batch, "staged")
                door.publish(batch.file)
                _moved_to(batch, "sent")
                result.sent.append(batch.file)


def _moved_to(batch: Batch, state: str) -> Batch:
    moved = batch.model_copy(update={"state": state})
    with store.unit_of_work() as uow:
        uow.replace(records.batch_record(moved))
        uow.audit(f"batch.{state}", f"BAT#{batch.batch_id}", ("state",))
        uow.commit()
    return moved.model_copy(update={"version": batch.version + 1})


def clear_outbox(folder: Path, principal: Principal) -> list[str]:
    """Take copies of files that are sent from the door: also those a run left that died between sending and clearing."""
    cleared = []
    for name in outbox.names(folder):
        number = name.removesuffix(".837").rpartition("-")[2]
        route = control.get(f"ICN#{number}", "ROUTE") if number.isdecimal() else None
        if route is None:
            continue
        with enter(principal, str(route.data["tenant_id"]), "exchange.send", directory.directory()):
            batch = records.get_batch(str(route.data["batch_id"]))
        if batch is not None and batch.file == name and batch.state == "sent":
            outbox.remove(folder, name)
            cleared.append(name)
    return cleared

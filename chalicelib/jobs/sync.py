"""Exchange with the clearinghouse: send what is written, fetch what is answered, lay every answer where it belongs.

Inbound files are known by content: receipt `received`, then idempotent work in each practice, then `done`. A crash anywhere
leaves a file to be taken again, and taking it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chalicelib import documents, store
from chalicelib.claims import records
from chalicelib.claims.answers import Answered, status_words, take_277ca, take_999
from chalicelib.claims.records import Batch
from chalicelib.claims.submission import submissions_of
from chalicelib.exchange import exceptions
from chalicelib.exchange.clearinghouse import Clearinghouse
from chalicelib.ids import is_patient_control_number
from chalicelib.onboarding.records import trading_partner
from chalicelib.platform.errors import Fault
from chalicelib.remittance.model import PostResult
from chalicelib.remittance.service import post_file
from chalicelib.store import control, directory, receipts
from chalicelib.tenancy import Principal, TenantState, enter, require
from chalicelib.x12 import ClaimStatus, peek, read_277ca, read_999

Progress = Callable[[str], None]
DoorOf = Callable[[str], Clearinghouse]


@dataclass
class SyncResult:
    """What a sync did. `strange`: files nobody could place; `unreachable`: partners whose door did not open. With the reason."""

    sent: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    claims: Answered = field(default_factory=Answered)
    remittances: list[PostResult] = field(default_factory=list)
    strange: list[dict[str, str]] = field(default_factory=list)
    unreachable: list[dict[str, str]] = field(default_factory=list)


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
    """Take in every answer that waits behind a door."""
    for name in door.available():
        if progress:
            progress(name)
        take(name, door.fetch(name), principal, result)
        door.archive(name)


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


def take(name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    """Take one inbound file. The receipt makes the same content twice one file."""
    found = peek(content)
    kinds = frozenset(found.transactions) if found else frozenset()
    receipt = receipts.receive(content, name, "+".join(sorted(kinds)) or "unknown")
    if receipt.state == receipts.DONE:
        return
    _route(kinds, name, content, principal, result)
    result.taken.append(name)
    receipts.finish(receipt.digest, {"name": name})


def _route(kinds: frozenset[str], name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    if "835" in kinds:
        result.remittances += post_file(content, principal)
    elif "999" in kinds:
        _take_999(name, content, principal, result)
    elif "277" in kinds:
        _take_277ca(name, content, principal, result)
    else:
        _strange(result, "file", name, "NOT_AN_ANSWER")


def _strange(result: SyncResult, kind: str, name: str, reason: str, number: str = "") -> None:
    result.strange.append({"file": name, "reason": reason})
    exceptions.put(kind, reason, name, number)


def _take_999(name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    for answer in read_999(content).acknowledgements:
        number = answer.group_control_number
        route = control.get(f"ICN#{int(number):09d}", "ROUTE") if number.isascii() and number.isdecimal() else None
        if route is None:
            _strange(
                result, "999", name, "UNKNOWN_CONTROL_NUMBER", number if number.isascii() and number.isdecimal() else ""
            )
            continue
        with enter(principal, str(route.data["tenant_id"]), "claims.acknowledge", directory.directory()) as context:
            if context.tenant.state is TenantState.SUSPENDED:
                _strange(result, "999", name, "TENANT_SUSPENDED", number)
                continue
            batch = records.get_batch(str(route.data["batch_id"]))
            if batch is not None:
                _add(result.claims, take_999(answer, batch, submissions_of(batch)))


def _take_277ca(name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    by_code: dict[str, list[ClaimStatus]] = {}
    for status in read_277ca(content).statuses:
        by_code.setdefault(status.patient_control_number[:4], []).append(status)
    for code, statuses in by_code.items():
        tenant_id = directory.tenant_by_code(code)
        if tenant_id is None:
            result.claims.unknown += len(statuses)
            _list_unknown(name, statuses)
            continue
        with enter(principal, tenant_id, "claims.acknowledge", directory.directory()) as context:
            if context.tenant.state is TenantState.SUSPENDED:
                _strange(result, "277CA", name, "TENANT_SUSPENDED")
                continue
            _add(result.claims, take_277ca(statuses))
            unknown = {item.patient_control_number for item in statuses} - set(
                records.claims_by_control_number(item.patient_control_number for item in statuses)
            )
        _list_unknown(name, [item for item in statuses if item.patient_control_number in unknown])


def _list_unknown(name: str, statuses: Iterable[ClaimStatus]) -> None:
    """Statuses of claims we never sent. A number that is not of our making may be anything, and stays out."""
    for item in statuses:
        number = item.patient_control_number
        shown = number if is_patient_control_number(number) else ""
        exceptions.put("277CA", "UNKNOWN_CONTROL_NUMBER", name, shown, status_words(item))


def _add(total: Answered, part: Answered) -> None:
    for name in vars(part):
        setattr(total, name, getattr(total, name) + getattr(part, name))

"""Exchange with the clearinghouse: send what is written, fetch what is answered, lay every answer where it belongs.

Inbound files are known by content: receipt `received`, then idempotent work in each practice, then `done`. A crash anywhere
leaves a file to be taken again, and taking it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib import documents, store
from chalicelib.claims import records
from chalicelib.claims.answers import Answered, take_277ca, take_999
from chalicelib.claims.records import Batch
from chalicelib.claims.submission import submissions_of
from chalicelib.exchange.clearinghouse import Clearinghouse
from chalicelib.remittance.model import PostResult
from chalicelib.remittance.service import post_file
from chalicelib.store import control, directory, receipts
from chalicelib.tenancy import Principal, TenantState, enter, require
from chalicelib.x12 import ClaimStatus, peek, read_277ca, read_999

Progress = Callable[[str], None]


@dataclass
class SyncResult:
    """What a sync did. `strange` are files nobody could place, with the reason."""

    sent: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    claims: Answered = field(default_factory=Answered)
    remittances: list[PostResult] = field(default_factory=list)
    strange: list[dict[str, str]] = field(default_factory=list)


def sync(door: Clearinghouse, principal: Principal, progress: Progress | None = None) -> SyncResult:
    """Send, then fetch until nothing more is waiting."""
    require("exchange.sync", principal)
    result = SyncResult()
    send_written(door, principal, result)
    for name in door.available():
        if progress:
            progress(name)
        take(name, door.fetch(name), principal, result)
        door.archive(name)
    return result


def send_written(door: Clearinghouse, principal: Principal, result: SyncResult) -> None:
    """Upload every written batch of every live practice; a batch is marked sent after its upload is whole."""
    live = [tenant for tenant in directory.list_tenants() if tenant.state is TenantState.LIVE]
    for tenant in live:
        with enter(principal, tenant.tenant_id, "exchange.send", directory.directory()):
            for batch in records.batches("written"):
                door.send(batch.file, documents.get(batch.document))
                _mark_sent(batch)
                result.sent.append(batch.file)


def _mark_sent(batch: Batch) -> None:
    with store.unit_of_work() as uow:
        uow.replace(records.batch_record(batch.model_copy(update={"state": "sent"})))
        uow.audit("batch.sent", f"BAT#{batch.batch_id}", ("state",))
        uow.commit()


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
        _take_277ca(content, principal, result)
    else:
        result.strange.append({"file": name, "reason": "NOT_AN_ANSWER"})


def _take_999(name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    for answer in read_999(content).acknowledgements:
        number = answer.group_control_number
        route = control.get(f"ICN#{int(number):09d}", "ROUTE") if number.isdigit() else None
        if route is None:
            result.strange.append({"file": name, "reason": "UNKNOWN_CONTROL_NUMBER"})
            continue
        with enter(principal, str(route.data["tenant_id"]), "claims.acknowledge", directory.directory()):
            batch = records.get_batch(str(route.data["batch_id"]))
            if batch is not None:
                _add(result.claims, take_999(answer, batch, submissions_of(batch)))


def _take_277ca(content: bytes, principal: Principal, result: SyncResult) -> None:
    by_code: dict[str, list[ClaimStatus]] = {}
    for status in read_277ca(content).statuses:
        by_code.setdefault(status.patient_control_number[:4], []).append(status)
    for code, statuses in by_code.items():
        tenant_id = directory.tenant_by_code(code)
        if tenant_id is None:
            result.claims.unknown += len(statuses)
            continue
        with enter(principal, tenant_id, "claims.acknowledge", directory.directory()):
            _add(result.claims, take_277ca(statuses))


def _add(total: Answered, part: Answered) -> None:
    for name in vars(part):
        setattr(total, name, getattr(total, name) + getattr(part, name))

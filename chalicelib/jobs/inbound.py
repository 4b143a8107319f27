"""One file that came in: known by its content, judged by what it holds, laid where it belongs, or listed as an exception.

What a file holds never stops the files after it: one whose reading or applying fails is listed with the reason, stays where it
is and is tried again with the next exchange, because its receipt is not `done`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.claims import records
from chalicelib.claims.answer_words import REJECTING, code_words, status_words
from chalicelib.claims.answers import Answered, refuse_batch, take_277ca, take_999, take_ta1
from chalicelib.claims.records import Batch
from chalicelib.claims.status_requests import take_277
from chalicelib.claims.submission import submissions_of
from chalicelib.exchange import exceptions
from chalicelib.ids import is_patient_control_number
from chalicelib.platform.errors import OtbillError
from chalicelib.platform.logging import logger
from chalicelib.remittance.model import PostResult
from chalicelib.remittance.service import post_file
from chalicelib.store import control, directory, receipts
from chalicelib.tenancy import Principal, TenantContext, TenantState, enter
from chalicelib.x12 import ClaimStatus, StatusBatch, peek, read_277ca, read_999

ANSWERS = frozenset(("835", "999", "TA1", "277"))
_PEEKED = 65536  # how far `peek` looks


@dataclass
class SyncResult:
    """What a sync did. `strange`: files nobody could place; `unreachable`: partners whose door did not open. With the reason."""

    sent: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    claims: Answered = field(default_factory=Answered)
    remittances: list[PostResult] = field(default_factory=list)
    strange: list[dict[str, str]] = field(default_factory=list)
    unreachable: list[dict[str, str]] = field(default_factory=list)
    owners: set[str] = field(default_factory=set)  # ids of the practices the file at hand is for


def take_safely(name: str, content: bytes, principal: Principal, result: SyncResult) -> bool:
    """Take one file in; False when that failed, and then it is listed and left to be tried again."""
    try:
        take(name, content, principal, result)
    except Exception as error:  # noqa: BLE001  a reader may fail in ways nobody foresaw; the next file must not pay for it
        code = error.code if isinstance(error, OtbillError) else "READING_FAILED"
        logger("exchange").exception("an inbound file could not be taken in", extra={"code": code})
        list_strange(result, "file", name, code)
        return False
    return True


def take(name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    """Take one inbound file. The receipt makes the same content twice one file."""
    kinds = kinds_of(content)
    receipt = receipts.receive(content, name, "+".join(sorted(kinds)) or "unknown")
    if receipt.state == receipts.DONE:
        return
    result.owners.clear()
    _route(kinds, name, content, principal, result)
    result.taken.append(name)
    receipts.finish(receipt.digest, {"name": name, "tenants": sorted(result.owners)})


def kinds_of(content: bytes) -> frozenset[str]:
    """The transaction sets of a file; empty when it is not X12. Beyond what `peek` reads, ST segments are looked for."""
    found = peek(content)
    if found is None:
        return frozenset()
    kinds = set(found.transactions)
    if len(content) > _PEEKED:
        element, end = re.escape(content[3:4]), re.escape(content[105:106])
        kinds |= {
            match.decode("latin-1") for match in re.findall(end + rb"\s*ST" + element + rb"(\d{3})" + element, content)
        }
    return frozenset(kinds)


def _route(kinds: frozenset[str], name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    """Every kind of answer in it, and a word about what is none."""
    if "835" in kinds:
        result.remittances += post_file(content, principal)
    if kinds & {"999", "TA1"}:
        _take_acknowledgements(name, content, principal, result)
    if "277" in kinds:
        _take_statuses(name, content, principal, result)
    if not kinds or kinds - ANSWERS:
        list_strange(result, "file", name, "NOT_AN_ANSWER")


def list_strange(result: SyncResult, kind: str, name: str, reason: str, number: str = "", tenant_id: str = "") -> None:
    result.strange.append({"file": name, "reason": reason})
    exceptions.put(kind, reason, name, number, tenant_id=tenant_id)


def _take_acknowledgements(name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    answers = read_999(content).acknowledgements
    if not answers:
        list_strange(result, "999", name, "NOTHING_READABLE")
    for answer in answers:
        number = answer.group_control_number
        batch_of = _batch_route(number)
        if batch_of is None:
            list_strange(result, answer.kind, name, "UNKNOWN_CONTROL_NUMBER", number if _is_number(number) else "")
            continue
        tenant_id, batch_id = batch_of
        result.owners.add(tenant_id)
        with enter(principal, tenant_id, "claims.acknowledge", directory.directory()) as context:
            if _suspended(context, name, answer.kind, result):
                continue
            batch = records.get_batch(batch_id)
            if batch is not None:
                apply = take_ta1 if answer.kind == "TA1" else take_999
                _add(result.claims, apply(answer, batch, submissions_of(batch)))


def _suspended(context: TenantContext, name: str, kind: str, result: SyncResult) -> bool:
    """A suspended practice changes nothing: its answers are listed, and wait."""
    if context.tenant.state is not TenantState.SUSPENDED:
        return False
    list_strange(result, kind, name, "TENANT_SUSPENDED", tenant_id=context.tenant.tenant_id)
    return True


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def _batch_route(number: str) -> tuple[str, str] | None:
    """Whose batch an interchange or group control number of ours names."""
    route = control.get(f"ICN#{int(number):09d}", "ROUTE") if _is_number(number) else None
    return (str(route.data["tenant_id"]), str(route.data["batch_id"])) if route else None


def _take_statuses(name: str, content: bytes, principal: Principal, result: SyncResult) -> None:
    """277CA and 277, claim by claim; then batches the payer turned away before it looked at a claim."""
    found = read_277ca(content)
    by_code: dict[str, list[ClaimStatus]] = {}
    for status in found.statuses:
        by_code.setdefault(status.patient_control_number[:4], []).append(status)
    for code, statuses in by_code.items():
        _statuses_of(code, statuses, name, principal, result)
    refused = [batch for batch in found.batches if not batch.claims and _refusing(batch)]
    for batch in refused:
        _refused_batch(batch, name, principal, result)
    if not found.statuses and not refused:
        list_strange(result, "277", name, "NOTHING_READABLE")


def _statuses_of(code: str, statuses: list[ClaimStatus], name: str, principal: Principal, result: SyncResult) -> None:
    tenant_id = directory.tenant_by_code(code) if code else None
    if tenant_id is None:
        result.claims.unknown += len(statuses)
        _list_unknown(name, statuses)
        return
    result.owners.add(tenant_id)
    with enter(principal, tenant_id, "claims.acknowledge", directory.directory()) as context:
        if _suspended(context, name, "277", result):
            return
        _add(result.claims, take_277ca(item for item in statuses if item.kind == "277CA"))
        told = take_277(item for item in statuses if item.kind == "277")
        result.claims.unknown += told.unknown
        result.claims.repeated += told.repeated
        known = records.claims_by_control_number(item.patient_control_number for item in statuses)
    _list_unknown(name, [item for item in statuses if item.patient_control_number not in known], tenant_id)


def _refusing(batch: StatusBatch) -> bool:
    codes = (batch.status, batch.provider_status)
    return any(code is not None and code.category in REJECTING for code in codes)


def _refused_batch(batch: StatusBatch, name: str, principal: Principal, result: SyncResult) -> None:
    """A whole file refused for its sender or its billing provider (loops 2200B, 2200C), named by our BHT03."""
    codes = [code for code in (batch.status, batch.provider_status) if code is not None and code.category in REJECTING]
    words = f"The payer refused the whole file: {code_words(codes)}"
    ours = _batch_route(batch.batch_reference[:9]) if batch.batch_reference else None
    if ours is None:
        list_strange(result, "277CA", name, "UNKNOWN_CONTROL_NUMBER")
        return
    result.owners.add(ours[0])
    with enter(principal, ours[0], "claims.acknowledge", directory.directory()) as context:
        if _suspended(context, name, "277CA", result):
            return
        stored: Batch | None = records.get_batch(ours[1])
        if stored is not None:
            _add(result.claims, refuse_batch(words, "277CA", stored, submissions_of(stored)))


def _list_unknown(name: str, statuses: Iterable[ClaimStatus], tenant_id: str = "") -> None:
    """Statuses of claims we never sent. A number that is not of our making may be anything, and stays out."""
    for item in statuses:
        number = item.patient_control_number
        shown = number if is_patient_control_number(number) else ""
        exceptions.put(item.kind, "UNKNOWN_CONTROL_NUMBER", name, shown, status_words(item), tenant_id)


def _add(total: Answered, part: Answered) -> None:
    for name in vars(part):
        setattr(total, name, getattr(total, name) + getattr(part, name))

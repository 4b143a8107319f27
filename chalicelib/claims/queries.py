"""Claims for lists, pages and exports: read models, never written from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from chalicelib.claims import records
from chalicelib.claims.lifecycle import Claim, SubmissionRef
from chalicelib.claims.model import ClaimContent, ClaimEvent, Party, Status
from chalicelib.claims.payments import PaymentView, payment_view
from chalicelib.claims.records import Listed, StoredClaim, to_claim
from chalicelib.ledger import ClaimBalance
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.store import Record, journal
from chalicelib.store.merged import merged_index
from chalicelib.tenancy import require
from chalicelib.therapy.model import Finding

_LISTED = tuple(status for status in Status if status is not Status.WITHDRAWN)


class ClaimRow(Model):
    """One claim in a list. Amounts are from its ledger balance: charge = paid + adjusted + patient + open."""

    claim_id: str
    patient_name: str
    practice_patient_id: str
    date_of_service: date
    payer_name: str
    payer_id: str
    charge_cents: Cents
    paid_cents: Cents
    adjusted_cents: Cents
    patient_cents: Cents
    open_cents: Cents
    status: Status
    owner: Party
    reason: str
    deadline: date | None
    patient_control_number: str
    updated_at: str


class ClaimPage(Model):
    rows: tuple[ClaimRow, ...]
    cursor: str | None = None


class ClaimView(Model):
    """Everything a claim's page shows."""

    row: ClaimRow
    content: ClaimContent
    findings: tuple[Finding, ...]
    events: tuple[ClaimEvent, ...]
    payments: tuple[PaymentView, ...]
    submissions: tuple[SubmissionRef, ...]


def list_claims(
    *, statuses: Sequence[str] = (), payer_id: str = "", limit: int = 50, cursor: str | None = None
) -> ClaimPage:
    """A page of claims, nearest deadline first; with a payer alone, oldest date of service first."""
    require("claims.list")
    wanted = {Status(status) for status in statuses}
    if payer_id:
        return _by_payer(payer_id, wanted, limit, cursor)
    if wanted:
        page = merged_index("gsi2", [f"LIST#{status}" for status in sorted(wanted)], limit, cursor)
    else:
        page = merged_index("gsi1", ["LIST"], limit, cursor)
    return ClaimPage(rows=_with_money(map(records.to_listed, page.records)), cursor=page.cursor)


def _by_payer(payer_id: str, wanted: set[Status], limit: int, cursor: str | None) -> ClaimPage:
    """Pages of the payer's claims until enough match; a rare status costs several reads, never a scan of the table."""
    found: list[Record] = []
    while True:
        page = merged_index("gsi2", [f"CLAIMS#PAYER#{payer_id}"], limit, cursor)
        status_ok = wanted or set(_LISTED)
        found += [record for record in page.records if Status(record.data.get("status", "held")) in status_ok]
        cursor = page.cursor
        # A page may come out longer than asked for, so that no match is lost between two pages.
        if cursor is None or len(found) >= limit:
            return ClaimPage(rows=_rows(found), cursor=cursor)


def _rows(found: Iterable[Record]) -> tuple[ClaimRow, ...]:
    return _with_money(records.listed(to_claim(record).claim) for record in found)


def _with_money(found: Iterable[Listed]) -> tuple[ClaimRow, ...]:
    shown = list(found)
    balances = journal.balances([item.claim_id for item in shown])
    return tuple(_row(item, balances.get(item.claim_id)) for item in shown)


def claim_row(claim: Claim, balance: ClaimBalance | None) -> ClaimRow:
    return _row(records.listed(claim), balance)


def _row(item: Listed, balance: ClaimBalance | None) -> ClaimRow:
    money = balance or ClaimBalance(item.claim_id)
    return ClaimRow(
        **dict(item),
        charge_cents=money.charge_cents,
        paid_cents=money.paid_cents,
        adjusted_cents=money.adjusted_cents,
        patient_cents=money.patient_cents,
        open_cents=money.open_cents,
    )


def claim_view(claim_id: str) -> ClaimView:
    """A claim's page. NotFound for one of nobody or of another practice."""
    require("claims.show")
    stored = records.get_claim(claim_id)
    events = records.claim_events(claim_id)
    claim = stored.claim
    return ClaimView(
        row=claim_row(claim, journal.balance(claim_id)),
        content=claim.content,
        findings=claim.findings,
        events=tuple(event.model_copy(update={"data": {}}) for event in events),
        payments=_payments(claim_id, events),
        submissions=claim.submissions,
    )


def _payments(claim_id: str, events: Iterable[ClaimEvent]) -> tuple[PaymentView, ...]:
    return tuple(
        payment_view(event.data["payment"], event.data["remittance_id"], event.data["trace"], claim_id=claim_id)
        for event in events
        if "payment" in event.data
    )


def every_claim(statuses: Iterable[Status] = _LISTED) -> Iterable[StoredClaim]:
    """All claims with these statuses, for counts and reports."""
    for status in statuses:
        yield from records.claims_with_status(status)

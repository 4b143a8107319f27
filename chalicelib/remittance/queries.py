"""Remittances for lists and pages: read models, never written from."""

from __future__ import annotations

import datetime as dt

from chalicelib import documents, store
from chalicelib.claims.payments import PaymentView, payment_view
from chalicelib.money import Cents
from chalicelib.platform.errors import NotFound
from chalicelib.platform.model import Model
from chalicelib.remittance import records
from chalicelib.remittance.model import Check
from chalicelib.tenancy import require


class RemittanceRow(Model):
    """One check in a list; counts are claims."""

    remittance_id: str
    payer_name: str
    trace: str
    date: dt.date | None
    method: str
    amount_cents: Cents
    claims: int
    posted: int
    suspended: int
    refused: int
    balanced: bool
    reason: str = ""
    manual: bool = False


class RemittancePage(Model):
    rows: tuple[RemittanceRow, ...]
    cursor: str | None = None


class ProviderAdjustmentView(Model):
    """A PLB amount as posted: positive was taken from the check."""

    reason: str
    reference: str
    amount_cents: Cents


class OutOfBalanceView(Model):
    level: str
    reference: str
    off_by_cents: Cents


class RemittanceView(Model):
    """Everything a remittance's page shows; `unmatched` are the claims that went to suspense or were refused."""

    row: RemittanceRow
    claims: tuple[PaymentView, ...]
    unmatched: tuple[PaymentView, ...]
    provider_adjustments: tuple[ProviderAdjustmentView, ...]
    out_of_balance: tuple[OutOfBalanceView, ...]
    raw_document_key: str


def raw_file(remittance_id: str) -> tuple[RemittanceRow, bytes]:
    """The file a check came in, as it came. NotFound for a check of nobody or of another practice."""
    require("remits.raw")
    check = records.find_check(remittance_id)
    if check is None:
        raise NotFound("REMITTANCE_NOT_FOUND", "no such remittance in this practice")
    return _row(check), documents.get(check.document)


def list_remittances(limit: int = 50, cursor: str | None = None) -> RemittancePage:
    """A page of checks, newest paid first."""
    require("remits.list")
    page = store.query_index("gsi1", "RMTS", limit=limit, cursor=cursor, newest_first=True)
    return RemittancePage(rows=tuple(_row(records.to_check(record)) for record in page.records), cursor=page.cursor)


def _row(check: Check) -> RemittanceRow:
    shared = set(RemittanceRow.model_fields) & set(Check.model_fields)
    return RemittanceRow(date=check.paid_on, **check.model_dump(include=shared))


def remittance_view(remittance_id: str) -> RemittanceView:
    """A check's page. NotFound for one of nobody or of another practice."""
    require("remits.show")
    check = records.find_check(remittance_id)
    if check is None:
        raise NotFound("REMITTANCE_NOT_FOUND", "no such remittance in this practice")
    views = [
        payment_view(
            part.payment, remittance_id, check.trace, claim_id=part.claim_id, outcome=part.outcome, reason=part.reason
        ).model_copy(update={"sequence": part.sequence})
        for part in records.parts(remittance_id)
    ]
    return RemittanceView(
        row=_row(check),
        claims=tuple(view for view in views if view.outcome == "posted"),
        unmatched=tuple(view for view in views if view.outcome != "posted"),
        provider_adjustments=tuple(
            ProviderAdjustmentView(reason=reason, reference=reference, amount_cents=amount)
            for reason, reference, amount in check.provider_adjustments
        ),
        out_of_balance=tuple(
            OutOfBalanceView(level=level, reference=reference, off_by_cents=off)
            for level, reference, off in check.out_of_balance
        ),
        raw_document_key=check.document,
    )

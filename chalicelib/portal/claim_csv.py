"""The claim list as CSV: every match, real numbers, ISO dates, and no cell a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from chalice.app import Response

from chalicelib.claims.queries import ClaimRow, list_claims
from chalicelib.money import dollars
from chalicelib.platform.errors import Refused
from chalicelib.portal import words

MAX_ROWS = 20_000  # some 4 MB: Lambda answers at most 6
_PAGE = 200
HEADER = (
    "claim_id",
    "patient_control_number",
    "patient",
    "practice_patient_id",
    "date_of_service",
    "payer_id",
    "payer",
    "charged",
    "paid",
    "adjusted",
    "patient_share",
    "open",
    "status",
    "reason",
    "whose_move",
    "deadline",
    "updated_at",
)


def every_claim(statuses: tuple[str, ...], payer_id: str) -> Iterator[ClaimRow]:
    """All matches, page by page. Refused beyond 20,000 rows: nothing is left out silently."""
    cursor, count = None, 0
    while True:
        page = list_claims(statuses=statuses, payer_id=payer_id, limit=_PAGE, cursor=cursor)
        count += len(page.rows)
        if count > MAX_ROWS:
            raise Refused("EXPORT_TOO_LARGE", "More than 20,000 claims match.", fix="Filter by status or payer first.")
        yield from page.rows
        cursor = page.cursor
        if not cursor:
            return


def safe(text: str) -> str:
    """Text a spreadsheet shows and never runs: a leading =, +, -, @, tab or return gets an apostrophe before it."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def plain_dollars(amount_cents: int) -> str:
    return dollars(amount_cents).replace(",", "")


def _cells(row: ClaimRow) -> list[str]:
    amounts = (row.charge_cents, row.paid_cents, row.adjusted_cents, row.patient_cents, row.open_cents)
    return [
        safe(row.claim_id),
        safe(row.patient_control_number),
        safe(row.patient_name),
        safe(row.practice_patient_id),
        row.date_of_service.isoformat(),
        safe(row.payer_id),
        safe(row.payer_name),
        *(plain_dollars(amount) for amount in amounts),
        words.status(row.status).name,
        safe(row.reason),
        words.move(row.owner, "staff").name,
        row.deadline.isoformat() if row.deadline else "",
        row.updated_at,
    ]


def csv_response(name: str, rows: Iterable[ClaimRow]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows(_cells(row) for row in rows)
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(body=out.getvalue(), headers=headers)

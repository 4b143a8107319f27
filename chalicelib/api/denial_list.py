"""The work list with names, for every face: ranked over practices, a slice read, the reading logged in each."""

from __future__ import annotations

from chalicelib.compliance.access_log import log_read
from chalicelib.denials import queue
from chalicelib.denials.queue import Row, Wanted
from chalicelib.store.directory import directory
from chalicelib.tenancy import Principal, enter


def listed(principal: Principal, wanted: Wanted, tenant: str, start: int, size: int) -> tuple[int, list[Row]]:
    """(how many in all, the rows of this slice). `tenant` '' is every practice that is the principal's."""
    entries = queue.ranked(principal, wanted, [tenant] if tenant else None)
    rows = queue.rows(principal, entries[start : start + size])
    for tenant_id in dict.fromkeys(row.entry.tenant_id for row in rows):
        with enter(principal, tenant_id, "denials.list", directory()):
            seen = [row.entry.denial.denial_id for row in rows if row.entry.tenant_id == tenant_id]
            log_read("denials.list", "DENIALS", seen)
    return len(entries), rows

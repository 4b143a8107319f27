"""Who writes: the head of a practice's letters, with the address its mail goes to."""

from __future__ import annotations

from typing import Any

from chalicelib.onboarding.model import Practice


def letterhead(practice: Practice) -> dict[str, Any]:
    """{"name","npi","tax_id","contact","phone","address": lines}."""
    where = practice.pay_to or practice.address
    return {
        "name": practice.legal_name,
        "npi": practice.npi,
        "tax_id": practice.tax_id,
        "contact": practice.contact_name,
        "phone": "-".join((practice.contact_phone[:3], practice.contact_phone[3:6], practice.contact_phone[6:])),
        "address": [
            where.line1,
            *([where.line2] if where.line2 else []),
            f"{where.city}, {where.state} {where.zip[:5]}",
        ],
    }

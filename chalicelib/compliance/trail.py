"""The audit trail and the books for those who may read them: the store keeps them and asks nobody, these ask."""

from __future__ import annotations

from typing import Any

from chalicelib.claims.records import get_claim
from chalicelib.ledger import JournalEntry
from chalicelib.store import audit_chain, audit_seal, journal
from chalicelib.tenancy import require


def verify_audit() -> dict[str, Any]:
    """Every chain walked and held against every daily seal: {"intact", "entries", "chains", "problems", "seals"}."""
    require("audit.verify")
    verdict = audit_chain.verify()
    seals, contradicted = audit_seal.verify()
    verdict.problems += contradicted
    return {**verdict.as_dict(), "seals": seals}


def seal_audit() -> dict[str, Any]:
    """Lay the chains' heads into the object-locked bucket. Conflict ALREADY_SEALED the second time on a day."""
    require("audit.seal")
    return audit_seal.seal()


def audit_entries(day: str, subject: str = "") -> list[dict[str, Any]]:
    """Who did and saw what on a day (ISO), of all records or of one."""
    require("audit.show")
    return list(audit_chain.entries(day, subject))


def claim_entries(claim_id: str) -> tuple[JournalEntry, ...]:
    """A claim's journal entries, oldest first. NotFound for a claim that is not this practice's."""
    require("ledger.show")
    get_claim(claim_id)
    return journal.entries_of(claim_id)

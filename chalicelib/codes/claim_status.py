"""Claim status codes of the 277 and 277CA (STC01-1 category, STC01-2 status, STC01-3 entity)."""

from __future__ import annotations

from chalicelib.codes.lists import ClaimStatus, claim_statuses


def get(code: str, kind: str = "status") -> ClaimStatus | None:
    """The row of a category, status or entity code, or None."""
    return claim_statuses().get((kind, code))


def describe(code: str, kind: str = "status") -> str:
    found = get(code, kind)
    return found.meaning if found else f"{kind} {code} (not in our list)"

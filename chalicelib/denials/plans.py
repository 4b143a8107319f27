"""The payer's plan for a date of service: the practice's own settings over the directory, the directory alone without a file."""

from __future__ import annotations

from datetime import date

from chalicelib.codes import payers
from chalicelib.codes.payers import PayerPlan
from chalicelib.onboarding.records import current_practice, find_applied


def plan_for(payer_id: str, line_of_business: str, on: date) -> PayerPlan | None:
    """None where the directory has no row."""
    lookup = current_practice().plan if find_applied() else payers.plan
    return lookup(payer_id, line_of_business, on)

"""What a payer refuses: whole claims, then single lines; the first rule that fits. Reasons are CARCs under group CO."""

from __future__ import annotations

from datetime import date

from chalicelib.local.payer import authorization
from chalicelib.local.payer.intake import CORRECTIONS
from chalicelib.local.payer.plans import AUTO, MEDICARE, MEDICARE_ADVANTAGE, Plan
from chalicelib.local.payer.pricing import Tables
from chalicelib.local.payer.results import ClaimResult
from chalicelib.local.payer.state import State
from chalicelib.x12.claim837 import Claim837, ServiceLine

DISTINCT = frozenset({"59", "XE", "XS", "XP", "XU"})
DISCIPLINES = frozenset({"GO", "GP", "GN"})
EVALUATIONS = frozenset({"97165", "97166", "97167"})
_THERAPY_RANGES = ((97110, 97169), (97530, 97546), (97750, 97763))


def of_claim(
    claim: Claim837, plan: Plan, blank: ClaimResult, adjudicated_before: bool, received_on: date, state: State
) -> str:
    """The CARC that denies the whole claim, or ''."""
    if claim.member_id.endswith("13"):
        return "27"
    if adjudicated_before and claim.frequency_code not in CORRECTIONS:
        return "18"
    if blank.first_date and (received_on - date.fromisoformat(blank.first_date)).days > plan.limit_days:
        return "29"
    only_evaluations = all(line.procedure in EVALUATIONS for line in claim.lines)
    if plan.authorization and not claim.authorization_number and not only_evaluations:
        return "197"
    return authorization.denies(claim, blank.first_date, state)


def of_line(claim: Claim837, index: int, plan: Plan, tables: Tables) -> tuple[str, ...]:
    """(CARC, remark codes...) that deny one line, or () when it is to be priced."""
    line = claim.lines[index]
    if claim.claim_filing in (MEDICARE, MEDICARE_ADVANTAGE) and line.procedure == "97010":
        return ("97",)
    if plan.go and is_therapy(line.procedure) and not DISCIPLINES & set(line.modifiers):
        return ("4",)
    limit = tables.unit_limit(line.procedure, line.date) if line.date else None
    if limit is not None and line.units > limit:
        return ("222", "N362")
    if claim.claim_filing != AUTO and _is_bundled(claim, index, tables):
        return ("236",)
    if claim.member_id.endswith("9") and line.procedure == "97535":
        return ("50", "N115")
    return ()


def is_therapy(code: str) -> bool:
    """A code that a GO plan pays only under a therapy discipline: 975xx, 97110-97169, 97750-97763, G0283."""
    if code == "G0283" or (len(code) == 5 and code.startswith("975")):
        return True
    number = int(code) if len(code) == 5 and code.isascii() and code.isdigit() else 0
    return any(low <= number <= high for low, high in _THERAPY_RANGES)


def _is_bundled(claim: Claim837, index: int, tables: Tables) -> bool:
    """Column 2 of an active pair with another line; a distinct-service modifier on either excuses indicator 1."""
    line = claim.lines[index]
    for other_index, other in enumerate(claim.lines):
        if other_index == index or line.date is None:
            continue
        indicator = tables.bundled(other.procedure, line.procedure, line.date)
        if indicator == 0:
            return True
        if indicator == 1 and not DISTINCT & {*line.modifiers, *other.modifiers}:
            return True
    return False


def whole_units(line: ServiceLine) -> int | None:
    """Units to multiply by; None for minutes, fractions, 0 and less, which count as one unit without a fee."""
    if line.unit_basis != "UN" or line.units <= 0 or line.units != int(line.units):
        return None
    return int(line.units)

"""An eligibility check as programs get it; the shapes are stable."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chalicelib.coverage.model import BenefitRecord, Benefits


def as_json(check: BenefitRecord) -> dict[str, Any]:
    """The check without its rows, which the raw 271 holds. Money in cents, coinsurance in percent."""
    told = check.benefits
    return {
        "check_id": check.check_id,
        "payer_id": check.payer_id,
        "payer_name": check.payer_name,
        "line_of_business": check.line_of_business,
        "date": check.on.isoformat(),
        "outcome": str(check.outcome),
        "words": check.words,
        "fix": check.fix,
        "active": told.active,
        "covered": told.covered,
        "plan": told.plan,
        "network": told.network,
        "copay_cents": told.copay_cents,
        "coinsurance_percent": _number(told.coinsurance_percent),
        "deductible_cents": told.deductible_cents,
        "deductible_remaining_cents": told.deductible_remaining_cents,
        "out_of_pocket_cents": told.out_of_pocket_cents,
        "out_of_pocket_remaining_cents": told.out_of_pocket_remaining_cents,
        "limits": [limit.model_dump(mode="json") for limit in told.limits],
        "authorization_required": told.authorization_required,
        "referral_required": told.referral_required,
        "primary_care": told.primary_care,
        "other_payers": _others(told),
        "stays": [stay.model_dump(mode="json") for stay in told.stays],
        "errors": [error.model_dump(mode="json") for error in told.errors],
        "contradictions": [doubt.model_dump(mode="json") for doubt in told.contradictions],
        "rows": len(told.rows),
        "unread": len(told.unread),
        "checked_at": check.checked_at,
        "source": check.source,
        "reference": check.reference,
        "documents": [key for key in (check.question, check.answer) if key],
    }


def as_shown(check: BenefitRecord) -> dict[str, Any]:
    """What `otbill eligibility show --json` prints: these names and no others."""
    told = check.benefits
    names = ("scope", "measure", "total", "remaining", "period")
    return {
        "active": told.active,
        "plan": told.plan,
        "network": told.network,
        "copay_cents": told.copay_cents,
        "coinsurance_percent": _number(told.coinsurance_percent),
        "deductible_remaining_cents": told.deductible_remaining_cents,
        "limits": [{name: getattr(limit, name) for name in names} for limit in told.limits],
        "authorization_required": told.authorization_required,
        "other_payers": _others(told),
        "checked_at": check.checked_at,
        "source": check.source,
    }


def _others(told: Benefits) -> list[dict[str, Any]]:
    return [other.model_dump(mode="json") for other in told.other_payers]


def _number(percent: Decimal | None) -> int | float | None:
    """A percentage as JSON has numbers; it is no money, so 12.5 may be a float."""
    if percent is None:
        return None
    return int(percent) if percent == percent.to_integral_value() else float(percent)

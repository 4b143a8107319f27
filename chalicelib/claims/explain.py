"""The proof of a claim for an auditor.

Documented minutes, how they became units and modifiers, what the scrub found, what Medicare would allow, which table versions
stand behind it, and whether computing it again gives the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.claims.drafting import draft_day, plan_of
from chalicelib.claims.model import ClaimContent, ClaimLine
from chalicelib.claims.records import get_claim
from chalicelib.codes import mpfs, tables
from chalicelib.codes.settings import RateUnknown
from chalicelib.intake.model import Visit
from chalicelib.intake.records import day_key, visits_of_day
from chalicelib.onboarding.apply import current_practice
from chalicelib.therapy.pricing import ChargedLine, Terms, allowed


def explain(claim_id: str) -> dict[str, Any]:
    """The proof as JSON-able data, without names or member ids. NotFound for a claim that is not this practice's."""
    claim = get_claim(claim_id).claim
    content = claim.content
    day = visits_of_day(day_key(content.patient_key, content.date_of_service))
    visits = [item.visit for item in day if item.visit is not None and item.visit_id in content.visit_ids]
    return {
        "claim_id": claim_id,
        "status": claim.status.value,
        "date_of_service": content.date_of_service.isoformat(),
        "visit_ids": list(content.visit_ids),
        "plan": _plan(visits),
        "documented": [_documented(visit) for visit in visits],
        "lines": [_line(line) for line in content.lines],
        "explanation": list(content.explanation),
        "findings": [finding.model_dump(mode="json") for finding in claim.findings],
        "expected": _expected(content),
        "tables": tables.versions(),
        "replay": _replay(content, day),
    }


def _plan(visits: Sequence[Visit]) -> dict[str, Any]:
    plan = plan_of(visits[0]) if visits else None
    if plan is None:
        return {}
    return {
        "payer_id": plan.payer_id,
        "name": plan.name,
        "line_of_business": plan.line_of_business,
        "unit_rule": plan.unit_rule,
        "go_required": plan.go_required,
        "co_required": plan.co_required,
        "source": plan.source,
        "tag": plan.tag,
    }


def _documented(visit: Visit) -> dict[str, Any]:
    return {
        "visit_id": visit.visit_id,
        "lines": [
            {
                "line": line.line_number,
                "code": line.cpt,
                "therapist_minutes": line.therapist_minutes,
                "assistant_minutes": line.assistant_minutes,
                "units_in_file": line.units,
                "modifiers_in_file": list(line.modifiers),
                "distinct_service": line.distinct_service,
            }
            for line in visit.lines
        ],
    }


def _line(line: ClaimLine) -> dict[str, Any]:
    return {
        "line": line.number,
        "visit_id": line.visit_id,
        "visit_line": line.visit_line,
        "code": line.cpt,
        "modifiers": list(line.modifiers),
        "units": line.units,
        "charge_cents": line.charge_cents,
    }


def _expected(content: ClaimContent) -> dict[str, Any]:
    """Medicare's allowed amounts at the billing ZIP, as a measure for any payer; {"unknown": why} where a table has no row."""
    on = content.date_of_service
    try:
        area, locality = mpfs.locality_of_zip(content.billing.address.zip, on)
        lines = [ChargedLine(line.cpt, line.units, line.modifiers, line.charge_cents) for line in content.lines]
        priced = allowed(lines, Terms(on, mpfs.gpci(area, locality, on)))
    except RateUnknown as error:
        return {"unknown": str(error)}
    return {
        "schedule": "Medicare physician fee schedule",
        "locality": f"{area}-{locality}",
        "lines": [
            {"code": line.code, "unit_cents": list(line.unit_cents), "working": list(line.working)} for line in priced
        ],
        "allowed_cents": sum(line.allowed_cents for line in priced),
    }


def _replay(content: ClaimContent, day: Sequence[Any]) -> dict[str, Any]:
    """The same day coded again from the stored visits: same, or what differs."""
    again = {draft.content.claim_id: draft.content for draft in draft_day(day, current_practice())}
    found = again.get(content.claim_id)
    if found is None:
        return {"same": False, "differences": ["the visits no longer make this claim"]}
    then, now = [_line(line) for line in content.lines], [_line(line) for line in found.lines]
    differences = [f"line {n}: {a} -> {b}" for n, (a, b) in enumerate(zip(then, now, strict=False), 1) if a != b]
    if len(then) != len(now):
        differences.append(f"{len(then)} lines -> {len(now)}")
    return {"same": not differences, "differences": differences}

"""The proof of a claim for an auditor.

Documented minutes, how they became units and modifiers, what the scrub found, what Medicare would allow, which table versions
stand behind it, and whether computing it again gives the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.claims import kx
from chalicelib.claims.drafting import Draft, draft_day, plan_of
from chalicelib.claims.expected import price
from chalicelib.claims.model import ClaimContent, ClaimLine
from chalicelib.claims.records import claim_events, get_claim
from chalicelib.claims.rule_book import RuleBook, versions
from chalicelib.codes import tables
from chalicelib.codes.settings import RateUnknown
from chalicelib.documentation.model import chart
from chalicelib.documentation.records import notes_of
from chalicelib.intake.model import Visit
from chalicelib.intake.records import day_key, visits_of_day
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice


def explain(claim_id: str) -> dict[str, Any]:
    """The proof as JSON-able data, without names or member ids. NotFound for a claim that is not this practice's."""
    claim, practice = get_claim(claim_id).claim, current_practice()
    book = _book_of(claim_id)
    content = claim.content
    day = visits_of_day(day_key(content.patient_key, content.date_of_service))
    visits = [item.visit for item in day if item.visit is not None and item.visit_id in content.visit_ids]
    return {
        "claim_id": claim_id,
        "status": claim.status.value,
        "date_of_service": content.date_of_service.isoformat(),
        "visit_ids": list(content.visit_ids),
        "plan": _plan(visits, practice),
        "documented": [_documented(visit) for visit in visits],
        "lines": [_line(line) for line in content.lines],
        "explanation": list(content.explanation),
        "findings": [finding.model_dump(mode="json") for finding in claim.findings],
        "documentation": _documentation(content),
        "expected": _expected(content),
        "tables": tables.versions(),
        "biller_rules": book.number,
        "replay": _replay(content, draft_day(day, practice, book)),
    }


def _plan(visits: Sequence[Visit], practice: Practice) -> dict[str, Any]:
    plan = plan_of(visits[0], practice) if visits else None
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


def _documentation(content: ClaimContent) -> dict[str, Any]:
    """The plan of care in force for the service, the case's progress reports and its treatment days until then."""
    found = chart(notes_of(content.patient_key), content.case_id)
    on = content.date_of_service
    return {
        "plan_of_care": found.plan_for(content.plan_of_care, on).model_dump(mode="json", exclude_none=True),
        "progress_reports": [day.isoformat() for day in found.progress_reports],
        "treatment_days": sum(1 for day in found.treatment_dates if day <= on),
        "note_signed_on": content.note_signed_on.isoformat() if content.note_signed_on else None,
    }


def _line(line: ClaimLine) -> dict[str, Any]:
    return {
        "line": line.number,
        "visit_id": line.visit_id,
        "visit_line": line.visit_line,
        "code": line.cpt,
        "modifiers": list(line.modifiers),
        "modifiers_of_rules": list(line.rule_modifiers),
        "units": line.units,
        "charge_cents": line.charge_cents,
    }


def _expected(content: ClaimContent) -> dict[str, Any]:
    """Medicare's allowed amounts at the billing ZIP, as a measure for any payer; {"unknown": why} where a table has no row."""
    try:
        locality, priced = price(content)
    except RateUnknown as error:
        return {"unknown": str(error)}
    return {
        "schedule": "Medicare physician fee schedule",
        "locality": locality,
        "lines": [
            {"code": line.code, "unit_cents": list(line.unit_cents), "working": list(line.working)} for line in priced
        ],
        "allowed_cents": sum(line.allowed_cents for line in priced),
    }


def _book_of(claim_id: str) -> RuleBook:
    """The biller's rules in force when the claim was last drafted."""
    drafted = [event for event in claim_events(claim_id) if event.type in ("drafted", "amended", "correction_opened")]
    number = drafted[-1].data.get("rules", 0) if drafted else 0
    return next((book for book in versions() if book.number == number), RuleBook()) if number else RuleBook()


def _replay(content: ClaimContent, drafts: Sequence[Draft]) -> dict[str, Any]:
    """The same day coded again from the stored visits: same, or what differs. KX hangs on the year's amounts too."""
    again = {draft.content.claim_id: draft.content for draft in drafts}
    found = again.get(content.claim_id)
    if found is None:
        return {"same": False, "differences": ["the visits no longer make this claim"]}
    then, now = ([_line(line) for line in kx.without(one).lines] for one in (content, found))
    differences = [f"line {n}: {a} -> {b}" for n, (a, b) in enumerate(zip(then, now, strict=False), 1) if a != b]
    if len(then) != len(now):
        differences.append(f"{len(then)} lines -> {len(now)}")
    return {"same": not differences, "differences": differences}

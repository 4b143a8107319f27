"""The proof of a claim for an auditor.

Documented minutes, how they became units and modifiers, what the scrub found, what Medicare would allow, by which table versions:
all as the claim was made (`proof`), and whether computing it again with those versions gives the same (`replay`). Beside it what
the visits, the practice file and the tables of today would give (`today`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.claims import kx, proving
from chalicelib.claims.drafting import Draft, draft_day, plan_of
from chalicelib.claims.expected import price_day
from chalicelib.claims.model import ClaimContent, ClaimEvent, ClaimLine
from chalicelib.claims.records import claim_events, get_claim
from chalicelib.claims.rule_book import RuleBook, versions
from chalicelib.codes import tables
from chalicelib.codes.settings import RateUnknown
from chalicelib.documentation.model import chart
from chalicelib.documentation.records import notes_of
from chalicelib.documents import code_tables
from chalicelib.intake.model import Visit
from chalicelib.intake.records import day_key, visits_of_day
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.therapy.proof import ProofError

SCHEDULE = "Medicare physician fee schedule"
NO_PROOF = "no proof was stored when this claim was made; `today` says what its visits give with the tables of today"


@dataclass(frozen=True, slots=True)
class Origin:
    """The event a claim's content is of: its proof ({} where none was stored) and the number of the biller's rules."""

    proof: proving.Proof
    rules: int
    damaged: str = ""


def explain(claim_id: str) -> dict[str, Any]:
    """The proof as JSON-able data, without names or member ids. NotFound for a claim that is not this practice's."""
    claim, practice = get_claim(claim_id).claim, current_practice()
    content = claim.content
    origin = _origin(content, claim_events(claim_id))
    book = _book(origin.rules)
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
        "proof": origin.proof or None,
        "expected": _expected(origin.proof),
        "unit_rules": origin.proof.get("rules"),
        "tables": proving.tables_of(origin.proof) if origin.proof else {},
        "biller_rules": book.number,
        "replay": _replay(origin, content),
        "today": _today(content, draft_day(day, practice, book)),
    }


def _origin(content: ClaimContent, events: Sequence[ClaimEvent]) -> Origin:
    """The newest event that gave the claim the lines it has now; a dropped correction gives back those of an older one."""
    told = [event for event in reversed(events) if "content" in event.data and event.type != "correction_needed"]
    mine = [event for event in told if ClaimContent.model_validate(event.data["content"]).lines == content.lines]
    proven = next((event for event in mine if "proof" in event.data), None)
    source = proven or next(iter(mine or told), None)
    number = int(source.data.get("rules", 0)) if source else 0
    try:
        return Origin(proving.unpacked(proven.data["proof"]) if proven else {}, number)
    except ProofError as error:
        return Origin({}, number, str(error))


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


def _expected(proof: proving.Proof) -> dict[str, Any]:
    """Medicare's allowed amounts as they were when the claim was made, a measure for any payer; {"unknown": why} without."""
    pricing = proof.get("pricing", {})
    if "result" not in pricing:
        return {"unknown": pricing.get("unknown", NO_PROOF)}
    first, last = pricing["own"]
    given, lines = pricing["given"]["lines"][first:last], pricing["result"]["lines"][first:last]
    return {
        "schedule": SCHEDULE,
        "locality": pricing["locality"],
        "lines": [{"code": item["code"], **line} for item, line in zip(given, lines, strict=True)],
        "allowed_cents": sum(line["allowed_cents"] for line in lines),
        "day_allowed_cents": pricing["result"]["total_cents"],
    }


def _book(number: int) -> RuleBook:
    """The biller's rules in force when the claim was last drafted."""
    return next((book for book in versions() if book.number == number), RuleBook()) if number else RuleBook()


def _replay(origin: Origin, content: ClaimContent) -> dict[str, Any]:
    """The stored proof computed again with the table versions it names: same, or what differs. A version that is nowhere any
    more is a difference, and what is in use stands in for it."""
    if not origin.proof:
        return {"same": False, "differences": [origin.damaged or NO_PROOF]}
    try:
        wanted = proving.tables_of(origin.proof)
        with code_tables.as_of(wanted) as missing:
            found = proving.differences(origin.proof, content)
    except ProofError as error:
        return {"same": False, "differences": [str(error)]}
    gone = [f"{name}: version {wanted[name]} is not kept anywhere" for name in missing]
    return {"same": not (gone or found), "differences": [*gone, *found]}


def _today(content: ClaimContent, drafts: Sequence[Draft]) -> dict[str, Any]:
    """The same day coded and priced from the visits, practice file and tables of today: same lines, or what differs. KX hangs
    on the year's amounts too, and is left out of the comparison."""
    found = next((draft for draft in drafts if set(draft.content.visit_ids) & set(content.visit_ids)), None)
    found = next((draft for draft in drafts if draft.content.claim_id == content.claim_id), found)
    if found is None:
        return {"same": False, "differences": ["the visits no longer make this claim"], "tables": tables.versions()}
    then, now = ([_line(line) for line in kx.without(one).lines] for one in (content, found.content))
    differences = [f"line {n}: {a} -> {b}" for n, (a, b) in enumerate(zip(then, now, strict=False), 1) if a != b]
    if len(then) != len(now):
        differences.append(f"{len(then)} lines -> {len(now)}")
    return {
        "same": not differences,
        "differences": differences,
        "expected": _priced_today(found),
        "tables": tables.versions(),
    }


def _priced_today(draft: Draft) -> dict[str, Any]:
    try:
        priced = price_day(draft.content, draft.beside)
    except RateUnknown as error:
        return {"unknown": str(error)}
    return {
        "schedule": SCHEDULE,
        "locality": priced.locality,
        "lines": [{"code": line.code, "unit_cents": list(line.unit_cents), "allowed_cents": line.allowed_cents}
                  for line in priced.own],
        "allowed_cents": sum(line.allowed_cents for line in priced.own),
    }  # fmt: skip

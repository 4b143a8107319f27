"""Facts for the scrub gathered from the practice file and the patient's day, and what its findings mean for whose move it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.claims import authorized, pip
from chalicelib.claims.claim import CoverageCheck
from chalicelib.claims.drafting import Draft, draft_day
from chalicelib.claims.edi import write_faults
from chalicelib.claims.facts import Documented, SameDayVisit, ScrubFacts, treatment_days
from chalicelib.claims.model import ClaimContent, Party
from chalicelib.claims.proving import prove
from chalicelib.claims.rule_book import current_book
from chalicelib.claims.rules import scrub
from chalicelib.claims.surroundings import Surroundings, look_around
from chalicelib.codes.payers import PayerPlan
from chalicelib.coverage.standing import Standing
from chalicelib.coverage.words import payer_words, stay_words
from chalicelib.documentation.model import Chart
from chalicelib.intake.model import PlanOfCare
from chalicelib.intake.records import StoredVisit
from chalicelib.onboarding.model import Practice
from chalicelib.tenancy import current
from chalicelib.therapy.model import Finding, Severity
from chalicelib.x12 import Diagnostic

_OURS = frozenset(
    [
        "PAYER_NOT_ENROLLED",
        "THERAPIST_NOT_CREDENTIALED",
        "UNKNOWN_PAYER",
        "CHARGE_MISSING",
        "TIMELY_FILING",
        "WC_NOT_SUPPORTED",
        "SELF_PAY",
        "POS_INVALID",
        "AUTH_MISSING",
        "ASSISTANT_NOT_LISTED",
        "BENEFITS_EXHAUSTED",
    ]
)
"""Holds the billing company can mend itself; for the rest the practice must answer (documentation, patient data)."""


DELAYED_CERTIFICATION = (
    "delayed_certification"  # the paper's name: why the plan was certified late (42 CFR 424.11(d)(3))
)
LATE_REPORT_DAYS = 7
"""A report not written in time is to be written within 7 days (Benefit Policy Manual ch.15 s.220.3 D, delayed reports)."""


def facts_for(draft: Draft, day: Sequence[StoredVisit], practice: Practice, around: Surroundings) -> ScrubFacts:
    """What the scrub is told about the claim's surroundings, as of today in the practice's zone."""
    content = draft.content
    units, distinct = around.same_day(draft)
    use = around.use
    plan = around.chart.plan_for(content.plan_of_care, content.date_of_service)
    business = content.coverage.line_of_business.value
    state = practice.enrolled(content.coverage.payer_id, "837", clock.today(current().tenant.timezone))
    own = set(content.visit_ids)
    return ScrubFacts(
        today=clock.today(current().tenant.timezone),
        plan=draft.plan,
        enrolled_837=state in ("live", "test"),
        therapist_credentialed=practice.credentialed(
            content.rendering.npi, content.coverage.payer_id, business, content.date_of_service
        ),
        listed_assistants=frozenset(who.id for who in practice.therapists if who.kind == "OTA"),
        incomplete_rows=tuple(
            f"line {row.line_number or '?'}: {row.column or 'row'} {row.reason}"
            for item in day
            if item.visit_id in own
            for row in item.rejected
        ),
        same_day_visits=tuple(_same_day(item, n) for n, item in enumerate(day) if item.visit),
        same_day_units=units,
        same_day_distinct=distinct,
        treatment_days_since_report=_since_report(around.chart, content.date_of_service),
        delayed_certification=DELAYED_CERTIFICATION in around.papers,
        threshold_used_cents=use.used_cents if use else None,
        expected_allowed_cents=use.expected_cents if use else None,
        threshold_is_floor=use is not None and not use.complete,
        plan_of_care=plan,
        coverage_active=_coverage_active(around.standing),
        benefits_exhausted_on=around.benefits_exhausted_on,
        authorization=around.authorization,
        **_told(around.standing),
        biller_rules=around.book.rules,
        documents=_documents(content, plan, around.chart) | around.papers,
    )


def _coverage_active(standing: Standing | None) -> bool | None:
    """What the answer that covers the day says. An answer too old for the day, or that was only the last before it and says yes,
    is no word on the day itself."""
    if standing is None or not _good(standing):
        return None
    return standing.active if standing.told or standing.active is False else None


def _told(standing: Standing | None) -> dict[str, Any]:
    """Facts of the answer that covers the day, while it is good for it."""
    if standing is None or not _good(standing):
        return {}
    return {
        "authorization_required": standing.benefits.authorization_required,
        "coverage_stays": tuple(map(stay_words, standing.stays)),
        "payers_first": tuple(map(payer_words, standing.payers_first)),
    }


def _good(standing: Standing) -> bool:
    """Whether there is an answer that is good for the day."""
    return standing.check is not None and (standing.told or standing.fresh)


def coverage_check(standing: Standing | None) -> CoverageCheck | None:
    """Names the eligibility answer that covers the claim's day; None when the payer was never asked."""
    if standing is None or standing.check is None:
        return None
    check = standing.check
    return CoverageCheck(check_id=check.check_id, on=check.on, source=check.source, good=_good(standing))


def _documents(content: ClaimContent, plan: PlanOfCare, found: Chart) -> frozenset[str]:
    """Names of what is on record for the claim: what a biller's require_document rule can ask for."""
    there = {
        "plan_of_care": plan.start,
        "certification": plan.certified_on,
        "order": plan.order_signed_on,
        "plan_sent": plan.sent_on,
        "progress_report": plan.progress_report_on or found.progress_reports,
        "signed_note": content.note_signed_on,
        "abn": content.abn_signed_on,
        "authorization": content.authorization_number,
        "referral": content.referral_number,
    }
    return frozenset(name for name, value in there.items() if value)


def _since_report(found: Chart, on: date) -> int | None:
    """Treatment days of the case since its last progress report; None without notes."""
    if not found.notes:
        return None
    limit = on + timedelta(days=LATE_REPORT_DAYS)
    reported = max((day for day in found.progress_reports if day <= limit), default=None)
    return treatment_days(found.treatment_dates, reported, on)


def stale_days(draft: Draft, practice: Practice) -> int:
    """For how long an eligibility answer of the claim's payer is good."""
    return practice.eligibility(draft.content.coverage.payer_id).stale_after_days


def _same_day(item: StoredVisit, order: int) -> SameDayVisit:
    visit = item.visit
    if visit is None:
        raise ValueError("only readable visits stand beside a claim")
    codes = frozenset(line.cpt for line in visit.lines)
    return SameDayVisit(
        item.visit_id,
        codes,
        visit.start_time,
        visit.end_time,
        order,
        tuple(Documented(line.cpt, line.therapist_minutes or 0, line.assistant_minutes or 0) for line in visit.lines),
        visit.total_treatment_minutes,
        visit.assistant_id,
    )


def judge(
    draft: Draft, day: Sequence[StoredVisit], practice: Practice, around: Surroundings | None = None
) -> tuple[Finding, ...]:
    """Every finding on a draft: those of the coding and of the scrub, each once. `around` None = look into the records.

    A claim nothing else holds must also be writable as an 837P, or it would stop its whole file.
    """
    around = around or around_of(draft, day, practice)
    facts = facts_for(draft, day, practice, around)
    told = (draft.content, *draft.others)  # a claim of several visits is as good as the worst of them
    found = (*draft.content.coding_findings, *(item for content in told for item in scrub(content, facts)))
    if not any(item.severity is Severity.ERROR for item in found):
        found += tuple(map(_unwritable, write_faults(draft.content, practice)))
    return tuple({(item.code, item.line, item.message): item for item in found}.values())


def around_of(draft: Draft, day: Sequence[StoredVisit], practice: Practice) -> Surroundings:
    """The records around one draft, by the rules in force now."""
    book = current_book()
    drafts = authorized.fill(draft_day(day, practice, book))
    return look_around(draft, drafts, book, stale_days(draft, practice))


def _unwritable(fault: Diagnostic) -> Finding:
    return Finding(
        code="CLAIM_UNWRITABLE",
        severity=Severity.ERROR,
        message=f"the claim cannot be written: {fault.message}",
        fix=fault.fix,
        citation=f"005010X222A1 loop {fault.loop} {fault.segment}{fault.element or '':0>2}",
        numbers={"fault": fault.code},
    )


def drafted_event(draft: Draft, *, proven: bool = True) -> dict[str, Any]:
    """Data of an event that gives a claim its content: that, its proof, and the number of the biller's rules it was made by."""
    proof = prove(draft) if proven else {}
    return {
        "content": draft.content,
        **({"rules": draft.rules} if draft.rules else {}),
        **({"proof": proof} if proof else {}),
    }


def scrubbed_event(
    findings: Sequence[Finding], content: ClaimContent, plan: PayerPlan | None, relied_on: CoverageCheck | None = None
) -> dict[str, Any]:
    """Data of a `scrubbed` event; `coverage` names the eligibility answer it relied on, where there was one."""
    return {
        **({"coverage": relied_on.model_dump(mode="json")} if relied_on else {}),
        "findings": list(findings),
        "owner": _owner(findings),
        "deadline": filing_deadline(content, plan).isoformat() if plan else None,
    }


def _owner(findings: Sequence[Finding]) -> Party:
    errors = [finding.code for finding in findings if finding.severity is Severity.ERROR]
    return Party.PRACTICE if any(code not in _OURS for code in errors) else Party.US


def filing_deadline(content: ClaimContent, plan: PayerPlan) -> date:
    """The last day the payer takes the claim, counted from the date of service (payer directory, timely filing)."""
    return content.date_of_service + timedelta(days=pip.filing_days(content, plan))


def scrub_words(findings: Sequence[Finding]) -> str:
    errors = list(dict.fromkeys(finding.code for finding in findings if finding.severity is Severity.ERROR))
    return "Held: " + ", ".join(errors) if errors else "Checked: ready to send"

"""Does the record support the claim: plan of care, certification, progress report, signed note, referrer, whole visit."""

# ruff: noqa: ARG001  # every edit has the same shape, whether or not it needs the facts
from __future__ import annotations

from datetime import date, timedelta

from chalicelib.claims.edits.base import Found, Numbers, business, only_evaluations, say
from chalicelib.claims.facts import ScrubFacts
from chalicelib.claims.model import ClaimContent
from chalicelib.intake.model import PlanOfCare

CERTIFY_WITHIN = 30  # days from the first treatment
PLAN_LASTS = 90  # days, Medicare
EXCEPTION_FROM = date(2025, 1, 1)  # signed order and sent plan instead of a signature (89 FR 97912)
REPORT_EVERY = 10  # treatment days
REPORT_WARN = 8
MEDICARE = frozenset({"medicare", "medicare_advantage"})


def whole_visit(content: ClaimContent, facts: ScrubFacts) -> Found:
    reasons = [*facts.incomplete_rows, *(f"rows disagree on {name}" for name in facts.disagreeing_columns)]
    if not reasons:
        return ()
    return say(content, "VISIT_INCOMPLETE", "; ".join(reasons), numbers={"rows": len(reasons)})


def note_signed(content: ClaimContent, facts: ScrubFacts) -> Found:
    signed = content.note_signed_on
    if signed is None:
        return say(content, "NOTE_UNSIGNED", "the treatment note has no signature date")
    if signed > facts.today or signed < content.date_of_service:
        return say(content, "NOTE_UNSIGNED", f"the note's signature date {signed} cannot be right")
    return ()


def referrer(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Medicare: every claim with GO names the certifying physician by NPI and last name."""
    if facts.plan is not None and not facts.plan.referrer_required:
        return ()
    missing = [
        word for word, value in (("NPI", content.referrer.npi), ("last name", content.referrer.last_name)) if not value
    ]
    if not missing:
        return ()
    return say(content, "REFERRING_MISSING", f"the referring provider lacks: {' and '.join(missing)}")


def _told(content: ClaimContent, facts: ScrubFacts) -> PlanOfCare:
    """The plan of care on record where there is one, else what the visit says."""
    return facts.plan_of_care or content.plan_of_care


def plan_of_care(content: ClaimContent, facts: ScrubFacts) -> Found:
    """A plan must cover treatment; an evaluation comes before its plan."""
    if only_evaluations(content):
        return ()
    plan, on = _told(content, facts), content.date_of_service
    if plan.start is None:
        return say(content, "POC_MISSING", "no plan of care is on record")
    if plan.start > on:
        return say(content, "POC_MISSING", f"the plan of care starts {plan.start}, after the service")
    ends = plan.end
    if business(content) in MEDICARE:
        limit = _plan_counts_from(plan, on) + timedelta(days=PLAN_LASTS)
        ends = min(ends, limit) if ends else limit
    if ends is None or on <= ends:
        return ()
    words = f"the plan of care ended {ends}, the service was {on}"
    return say(content, "POC_EXPIRED", words, numbers={"ended": ends.isoformat(), "days_over": (on - ends).days})


def certification(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Signature; or signed order and plan sent within 30 days (first certification, from 2025); or documented delay."""
    plan = _told(content, facts)
    wanted = facts.plan.certification if facts.plan is not None else "warn"
    if wanted == "none" or plan.start is None or only_evaluations(content):
        return ()
    due = certification_due(plan, content.date_of_service)
    if plan.certified_on is not None and plan.certified_on <= facts.today:
        if plan.certified_on <= due or facts.delayed_certification or business(content) not in MEDICARE:
            return ()
        words = f"certified {plan.certified_on}, after day {CERTIFY_WITHIN} ({due}): document the reason for the delay"
        return say(content, "POC_NOT_CERTIFIED", words, at_most_warning=True, numbers={"due": due.isoformat()})
    if facts.delayed_certification or _order_and_sent(plan, content.date_of_service, due):
        return ()
    days = (facts.today - due).days
    words = f"the plan of care is not certified; due {due}"
    held = wanted == "hold" and days > 0
    numbers: Numbers = {"due": due.isoformat(), "days_over": days}
    return say(content, "POC_NOT_CERTIFIED", words, at_most_warning=not held, numbers=numbers)


def certification_due(plan: PlanOfCare, on: date) -> date:
    """The last day of a timely signature, for a service of this date."""
    return _plan_counts_from(plan, on) + timedelta(days=CERTIFY_WITHIN)


def _plan_counts_from(plan: PlanOfCare, on: date) -> date:
    """The first treatment under this plan; a recertified plan counts from its own start."""
    if plan.start is not None and _recertified(plan):
        return plan.start
    return plan.first_treatment_on or plan.start or on


def _recertified(plan: PlanOfCare) -> bool:
    """A plan that starts more than 30 days after the first treatment is not the first plan."""
    if plan.start is None or plan.first_treatment_on is None:
        return False
    return plan.start > plan.first_treatment_on + timedelta(days=CERTIFY_WITHIN)


def _order_and_sent(plan: PlanOfCare, on: date, due: date) -> bool:
    if plan.order_signed_on is None or plan.sent_on is None or _recertified(plan):
        return False
    first = plan.first_treatment_on or plan.start or on
    return first >= EXCEPTION_FROM and plan.sent_on <= due


def progress_report(content: ClaimContent, facts: ScrubFacts) -> Found:
    days = facts.treatment_days_since_report
    if days is None or days < REPORT_WARN:
        return ()
    words = f"{days} treatment days since the last progress report, one is due every {REPORT_EVERY}"
    mild = days <= REPORT_EVERY
    return say(content, "PROGRESS_REPORT_DUE", words, at_most_warning=mild, numbers={"days": days})


def birth_date(content: ClaimContent, facts: ScrubFacts) -> Found:
    born = content.patient.date_of_birth
    if born is not None and born <= content.date_of_service:
        return ()
    words = "the patient's birth date is missing" if born is None else "the patient's birth date is after the service"
    return say(content, "BIRTH_DATE_INVALID", words)


def in_future(content: ClaimContent, facts: ScrubFacts) -> Found:
    if content.date_of_service <= facts.today:
        return ()
    return say(content, "SERVICE_IN_FUTURE", f"the date of service {content.date_of_service} is still to come")


EDITS = (whole_visit, in_future, note_signed, referrer, plan_of_care, certification, progress_report, birth_date)

"""Can this claim go to this payer at all: directory, enrolment, credentialing, member id, accident, authorization, limit."""

# ruff: noqa: ARG001  # every edit has the same shape, whether or not it needs the facts
from __future__ import annotations

import re
from datetime import date, timedelta

from chalicelib.claims import pip
from chalicelib.claims.edits.base import Found, Numbers, business, only_initial_evaluations, say
from chalicelib.claims.facts import Allowance, ScrubFacts
from chalicelib.claims.model import ClaimContent
from chalicelib.codes import settings
from chalicelib.codes.payers import PayerPlan
from chalicelib.therapy.model import Severity

ACCIDENT_TYPES = frozenset({"AA", "EM", "OA"})


def unknown_payer(content: ClaimContent, facts: ScrubFacts) -> Found:
    if facts.plan is not None:
        return ()
    words = f"no row for payer {content.coverage.payer_id} as {business(content)} on {content.date_of_service}"
    return say(content, "UNKNOWN_PAYER", words, numbers={"payer_id": content.coverage.payer_id})


def enrolment(content: ClaimContent, facts: ScrubFacts) -> Found:
    """False, or a date still to come. A payer that takes paper only wants no enrolment."""
    on_paper = facts.plan is not None and not facts.plan.electronic_837
    if on_paper or _holds_on(facts.enrolled_837, facts.today):
        return ()
    words = f"the practice is not enrolled with {content.payer_name} for 837 claims"
    return say(content, "PAYER_NOT_ENROLLED", words, numbers={"payer_id": content.coverage.payer_id})


def credentialing(content: ClaimContent, facts: ScrubFacts) -> Found:
    if _holds_on(facts.therapist_credentialed, content.date_of_service):
        return ()
    words = f"the rendering therapist is not credentialed with {content.payer_name} on {content.date_of_service}"
    return say(content, "THERAPIST_NOT_CREDENTIALED", words, numbers={"payer_id": content.coverage.payer_id})


def _holds_on(fact: bool | date | None, on: date) -> bool:
    """Not known holds nothing back."""
    return fact is None or fact is True or (isinstance(fact, date) and fact <= on)


def member_id(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Auto insurers know a claim by its number; every other payer wants the member id, in its form."""
    plain = re.sub(r"[\s-]", "", content.coverage.member_id).upper()
    if not plain:
        accident = content.accident
        if business(content) == "auto" and accident is not None and accident.claim_number:
            return ()
        return say(content, "MEMBER_ID_MISSING", "the member id is missing")
    if facts.plan is not None and not re.fullmatch(facts.plan.member_id_pattern, plain):
        words = f"the member id does not have the form {facts.plan.name} uses ({len(plain)} characters given)"
        return say(content, "MEMBER_ID_INVALID", words, numbers={"characters": len(plain)})
    return ()


def accident(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Auto claims in full; elsewhere what X12 wants once an accident is named (CLM11, DTP*439)."""
    found = content.accident
    auto = business(content) == "auto" or (facts.plan is not None and facts.plan.accident_required)
    if found is None:
        return say(content, "ACCIDENT_INCOMPLETE", "the claim has no accident") if auto else ()
    missing = [] if found.type in ACCIDENT_TYPES else ["type"]
    if found.date is None and (auto or found.type in {"AA", "OA"}):
        missing.append("date")
    if not found.state and (auto or found.type == "AA"):
        missing.append("state")
    if auto and not found.claim_number:
        missing.append("claim number")
    if found.date is not None and found.date > content.date_of_service:
        missing.append("date not after the service")
    if missing:
        return say(content, "ACCIDENT_INCOMPLETE", f"the accident lacks: {', '.join(missing)}")
    return ()


def first_care(content: ClaimContent, facts: ScrubFacts) -> Found:
    found, limit = content.accident, pip.first_care_limit(content)
    if limit is None or found is None or found.date is None or found.first_care_on is None:
        return ()
    days = (found.first_care_on - found.date).days
    if days <= limit:
        return ()
    return say(
        content, "FIRST_CARE_LATE", f"first care {days} days after the accident, limit {limit}", numbers={"days": days}
    )


def authorization(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Wanted by the payer's own answer, else by its directory row; where the row only supposes, the answer stands."""
    plan = facts.plan
    if plan is None or content.authorization_number or only_initial_evaluations(content):
        return ()
    told = facts.authorization_required
    if told == "yes":
        return say(
            content, "AUTH_MISSING", f"{plan.name} answered that therapy needs an authorization; the claim has none"
        )
    if plan.authorization != "required":
        return ()
    words = f"{plan.name} wants an authorization for therapy; the claim has none"
    if told == "no" and plan.tag == "review":
        return say(content, "AUTH_MISSING", f"{words}, but its answer says none is needed", at_most_warning=True)
    return say(content, "AUTH_MISSING", words)


def authorization_used(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Not approved, outside its dates, a code it does not name, or more than approved: held. From four fifths on: told."""
    found = facts.authorization
    if found is None or not content.lines:
        return ()
    on = content.date_of_service
    if found.state not in ("approved", "partly"):
        return say(content, "AUTH_EXCEEDED", f"the payer has not approved the authorization: it is {found.state}")
    if (found.start and on < found.start) or (found.end and on > found.end):
        words = f"the authorization runs {found.start or 'open'} to {found.end or 'open'}, the service was {on}"
        return say(content, "AUTH_EXCEEDED", words)
    others = sorted({line.cpt for line in content.lines} - found.codes) if found.codes else []
    if others:
        return say(content, "AUTH_EXCEEDED", f"the authorization does not name {', '.join(others)}")
    told = [finding for one in found.counted for finding in _counted(content, one)]
    errors = [finding for finding in told if finding.severity is Severity.ERROR]
    return tuple((errors or told)[:1])


def _counted(content: ClaimContent, found: Allowance) -> Found:
    units = sum(line.units for line in content.lines if not found.codes or line.cpt in found.codes)
    wanted = units if found.counts == "units" else int(units > 0)
    if found.approved is None or not wanted:
        return ()
    used = found.used + wanted
    numbers: Numbers = {"approved": found.approved, "used_with_this": used}
    named = f" of {', '.join(sorted(found.codes))}" if found.codes else ""
    words = f"{used} of {found.approved} authorized {found.counts}{named} with this claim"
    if used > found.approved:
        return say(content, "AUTH_EXCEEDED", words, numbers=numbers)
    if 5 * used >= 4 * found.approved:
        return say(content, "AUTH_EXCEEDED", words, at_most_warning=True, fix="Ask for more in time.", numbers=numbers)
    return ()


def coverage_active(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Only a payer's own answer holds; not asked is not inactive."""
    if facts.coverage_active is not False:
        return ()
    return say(
        content,
        "COVERAGE_INACTIVE",
        f"{content.payer_name} says the coverage is not active on {content.date_of_service}",
    )


def covered_elsewhere(content: ClaimContent, facts: ScrubFacts) -> Found:
    """A stay that pays for therapy itself, as the payer told of the date of service."""
    return tuple(
        finding
        for words in facts.coverage_stays
        for finding in say(content, "COVERED_ELSEWHERE", f"{content.payer_name} tells of {words}")
    )


def other_payer_first(content: ClaimContent, facts: ScrubFacts) -> Found:
    """A plan in the payer's place, or a payer before it, that the claim does not name."""
    return tuple(
        finding
        for words in facts.payers_first
        for finding in say(content, "OTHER_PAYER_FIRST", f"{content.payer_name} tells of {words}")
    )


def benefits_exhausted(content: ClaimContent, facts: ScrubFacts) -> Found:
    """The insurer pays no more for this accident, whatever the day of the service."""
    if facts.benefits_exhausted_on is None:
        return ()
    words = f"the accident's benefits with {content.payer_name} are used up since {facts.benefits_exhausted_on}"
    return say(content, "BENEFITS_EXHAUSTED", words)


def timely_filing(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Held past the limit; told in the last part of it: the practice file's days of the plan, else the dated settings."""
    plan = facts.plan
    if plan is None:
        return ()
    limit = pip.filing_days(content, plan)
    last = content.date_of_service + timedelta(days=limit)
    left = (last - facts.today).days
    numbers: Numbers = {"limit_days": limit, "last_day": last.isoformat(), "days_left": left}
    if left < 0:
        words = f"the filing limit of {plan.name} ({limit} days) passed on {last}"
        return say(content, "TIMELY_FILING", words, numbers=numbers)
    if left <= _near_days(plan, limit, content.date_of_service):
        words = f"{left} days left to file with {plan.name} (last day {last})"
        fix = "Send this claim first."
        return say(content, "TIMELY_FILING", words, at_most_warning=True, fix=fix, numbers=numbers)
    return ()


def _near_days(plan: PayerPlan, limit: int, on: date) -> int:
    part = limit * settings.value("filing_near_percent", on) // 100
    return plan.filing_near_days or max(settings.value("filing_near_days", on), part)


EDITS = (
    unknown_payer,
    enrolment,
    credentialing,
    member_id,
    accident,
    first_care,
    authorization,
    authorization_used,
    coverage_active,
    covered_elsewhere,
    other_payer_first,
    benefits_exhausted,
    timely_filing,
)

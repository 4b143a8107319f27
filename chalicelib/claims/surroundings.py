"""What the practice's records hold around a claim: its patient's day, case, year, coverage, and the biller's rules.

Gathered by keys and indexes, never by a scan; a claim costs one query of the patient's notes, one of the eligibility checks,
for Original Medicare the claims of the patient's year, and the patient's papers where a rule asks for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from chalicelib.claims import accidents, authorized, expected, records
from chalicelib.claims.beside import Days, allowed_of, same_claim
from chalicelib.claims.biller_rules import Action
from chalicelib.claims.claim import GONE, Claim
from chalicelib.claims.drafting import Draft
from chalicelib.claims.edits.record import certification_due
from chalicelib.claims.facts import Authorization
from chalicelib.claims.kx import YearUse
from chalicelib.claims.model import ClaimContent, Status
from chalicelib.claims.rule_book import RuleBook
from chalicelib.codes.settings import RateUnknown
from chalicelib.coverage import records as checks
from chalicelib.coverage.model import BenefitRecord
from chalicelib.coverage.standing import Standing, stand, therapy_used_cents
from chalicelib.documentation.attachments import papers_of
from chalicelib.documentation.model import Chart, Note, chart
from chalicelib.documentation.records import notes_of
from chalicelib.intake.model import LineOfBusiness
from chalicelib.intake.records import find_visits
from chalicelib.therapy.modifiers import DISTINCT

_UNSENT = frozenset((Status.HELD, Status.READY, Status.REJECTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known beside a draft; the defaults know nothing. `drafts` are all of the patient's day, the draft included."""

    drafts: Sequence[Draft] = ()
    chart: Chart = field(default_factory=Chart)
    use: YearUse | None = None
    standing: Standing | None = None
    authorization: Authorization | None = None
    benefits_exhausted_on: date | None = None  # of the accident, with the insurer the claim goes to
    book: RuleBook = field(default_factory=RuleBook)
    papers: frozenset[str] = frozenset()  # names of papers handed in; asked for only where one could matter

    def same_day(self, draft: Draft) -> tuple[dict[str, int], frozenset[str]]:
        """Units by code on the patient's other claims of the day to this plan, and the codes that carry 59 or X{EPSU} there."""
        mine = draft.content
        others = [d.content for d in self.drafts if not same_claim(d.content, mine) and _same_plan(d.content, mine)]
        lines = [line for content in others for line in content.lines]
        units: Counter[str] = Counter()
        for line in lines:
            units[line.cpt] += line.units
        plain = {line.cpt for line in lines if not set(line.modifiers) & set(DISTINCT)}
        return dict(units), frozenset(units.keys() - plain)


def _same_plan(one: ClaimContent, other: ClaimContent) -> bool:
    """A payer's edits see only what is billed to it."""
    mine, theirs = one.coverage, other.coverage
    return (mine.payer_id, mine.line_of_business) == (theirs.payer_id, theirs.line_of_business)


def look_around(draft: Draft, drafts: Sequence[Draft], book: RuleBook, stale_days: int = 30) -> Surroundings:
    """Everything the records of the current practice say around a draft; `book` are the rules in force, `stale_days` for how long
    an eligibility answer of this payer is good."""
    content = draft.content
    notes = notes_of(content.patient_key)
    asked = _checks(content)
    found = chart(notes, content.case_id)
    return Surroundings(
        drafts=drafts,
        chart=found,
        use=_year_use(draft, notes, asked) if draft.plan is not None and draft.plan.kx_used else None,
        standing=stand(asked, content.date_of_service, stale_days),
        authorization=authorized.fact(content),
        benefits_exhausted_on=accidents.exhausted_on(content),
        book=book,
        papers=_papers(draft) if _papers_matter(draft, found, book) else frozenset(),
    )


def year_use(draft: Draft) -> YearUse | None:
    """The year's amounts alone; None where the plan knows no threshold."""
    if draft.plan is None or not draft.plan.kx_used:
        return None
    return _year_use(draft, notes_of(draft.content.patient_key), _checks(draft.content))


def _papers_matter(draft: Draft, found: Chart, book: RuleBook) -> bool:
    """A rule asks for one; or a plan that must be certified is not, or late: a paper may document the delay."""
    if any(rule.then is Action.REQUIRE_DOCUMENT for rule in book.rules):
        return True
    if draft.plan is None or draft.plan.certification != "hold":
        return False
    on = draft.content.date_of_service
    plan = found.plan_for(draft.content.plan_of_care, on)
    return plan.start is not None and (plan.certified_on is None or plan.certified_on > certification_due(plan, on))


def _papers(draft: Draft) -> frozenset[str]:
    content = draft.content
    there = papers_of(content.patient_key)
    return frozenset(paper.name for paper in there if paper.counts_for(draft.visit_keys, content.case_id))


def _checks(content: ClaimContent) -> list[BenefitRecord]:
    """The stored answers about exactly this coverage."""
    return [
        check
        for check in checks.find_checks(content.patient_key)
        if check.check_id == checks.check_id(content.patient_key, content.coverage, check.on.isoformat())
    ]


def _year_use(draft: Draft, notes: Iterable[Note], asked: Iterable[BenefitRecord]) -> YearUse:
    """Own posted allowed amounts and pending expected ones that come before this claim, or the payer's own figure and what is
    pending with it, whichever is more (Medicare Claims Processing Manual ch.5 s.10.3: in order of receipt)."""
    content = draft.content
    year, business = content.date_of_service.year, content.coverage.line_of_business
    visits = [n.visit_key for n in notes if n.on.year == year and n.line_of_business is business]
    claims = records.find_claims({c for item in find_visits(visits).values() for c in item.claim_ids})
    before = [found.claim for found in claims.values() if _comes_before(found.claim, content)]
    live = (found.claim.content for found in claims.values() if found.claim.status not in GONE)
    days = Days((*live, content, *draft.beside))  # the reduction ranks a day's lines on whichever claims they are
    amounts = [(claim.adjudication is not None, allowed_of(claim, days)) for claim in before]
    posted = sum(cents or 0 for decided, cents in amounts if decided)
    pending = sum(cents or 0 for decided, cents in amounts if not decided)
    reported = therapy_used_cents(asked, year)
    return YearUse(
        used_cents=max(posted, reported or 0) + pending,
        complete=all(cents is not None for _, cents in amounts),
        reported=reported is not None,
        line_cents=_line_cents(draft),
    )


def _line_cents(draft: Draft) -> tuple[int, ...] | None:
    """What Medicare allows for each line, with the day's other claims; None where a rate is not known."""
    try:
        return tuple(line.allowed_cents for line in expected.price(draft.content, draft.beside)[1])
    except RateUnknown:
        return None


def _same_threshold(one: ClaimContent, other: ClaimContent) -> bool:
    """Original Medicare's is one, whichever contractor; a plan that has taken it over counts its own claims."""
    mine, theirs = one.coverage, other.coverage
    medicare = mine.line_of_business is LineOfBusiness.MEDICARE
    return mine.line_of_business is theirs.line_of_business and (medicare or mine.payer_id == theirs.payer_id)


def _comes_before(claim: Claim, content: ClaimContent) -> bool:
    """Received by Medicare already, or waiting for an earlier service."""
    other = claim.content
    if claim.claim_id == content.claim_id or claim.status in GONE or not other.lines:
        return False
    if not _same_threshold(other, content) or other.patient_key != content.patient_key:
        return False
    if other.date_of_service.year != content.date_of_service.year:
        return False
    earlier = (other.date_of_service, claim.claim_id) < (content.date_of_service, content.claim_id)
    return earlier or claim.status not in _UNSENT

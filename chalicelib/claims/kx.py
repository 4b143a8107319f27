"""KX on the lines the year's amounts call for, and on no other.

Medicare Claims Processing Manual ch.5 s.10.3 (ot_rules 2.3): KX on the line that takes the year's amount over the threshold,
also when it does so only in part, and on the later lines, where the record attests necessity. s.10.3.3 calls KX with no sign of
reaching the threshold abusive. Coding puts KX on every line the record attests; here the day is coded again with KX left off
the lines whose amounts do not call for it. What is not known (a price, the year's threshold, an earlier claim's amount) leaves
the attestation standing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.claims.drafting import Draft, draft_day, merged
from chalicelib.claims.model import ClaimContent, ClaimLine
from chalicelib.claims.rule_book import RuleBook
from chalicelib.codes import settings
from chalicelib.codes.payers import PayerPlan
from chalicelib.codes.settings import RateUnknown
from chalicelib.intake.records import StoredVisit
from chalicelib.onboarding.model import Practice
from chalicelib.therapy.modifiers import KX_LEFT_OFF


def near_percent(plan: PayerPlan | None, on: date) -> int:
    """KX below this share of the threshold has no sign of reaching it: the practice file's for the plan, else the dated setting
    ([K]; ch.5 s.10.3.3 gives no number). Raises RateUnknown."""
    return (plan.kx_near_percent if plan else 0) or settings.value("kx_near_percent", on)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearUse:
    """Occupational-therapy allowed amounts of a patient's calendar year before a claim, in cents.

    `used_cents` is a floor when `complete` is False: some claim of the year could not be priced. `reported` is whether the
    payer told its own figure. `line_cents` are this claim's lines in order, None where they cannot be priced.
    """

    used_cents: int
    complete: bool
    reported: bool = False
    line_cents: tuple[int, ...] | None = None

    @property
    def expected_cents(self) -> int | None:
        return None if self.line_cents is None else sum(self.line_cents)


@dataclass(frozen=True, slots=True)
class Day:
    """What a draft was made of: the patient's visits of the day, the practice file, the biller's rules."""

    visits: Sequence[StoredVisit]
    practice: Practice
    book: RuleBook | None = None  # None = the rules in force


def settled(draft: Draft, use: YearUse | None, day: Day) -> Draft:
    """The draft with KX only where it belongs."""
    left_off = _left_off(draft, use)
    if not left_off:
        return draft
    again = draft_day(day.visits, day.practice, day.book, left_off)
    found = next((one for one in again if (one.visit_keys, one.part) == (draft.visit_keys, draft.part)), None)
    if found is None:  # fewer lines now, and so fewer parts of a claim of more than 50
        return draft
    own = {name: getattr(draft.content, name) for name in ("claim_id", "authorization_number")}
    number = {"authorization_number": draft.content.authorization_number}
    return replace(
        found,
        content=found.content.model_copy(update=own),
        others=tuple(other.model_copy(update={} if draft.authorization_told else number) for other in found.others),
        authorization_told=draft.authorization_told,
    )


def _left_off(draft: Draft, use: YearUse | None) -> dict[str, tuple[str, ...]]:
    """By service the billed lines of it that carry KX too early; empty where that cannot be known."""
    content = draft.content
    attested = any("KX" in line.modifiers for line in content.lines)
    if use is None or use.line_cents is None or not use.complete or not attested:
        return {}
    try:
        threshold = settings.value("kx_ot", content.date_of_service)
        near = near_percent(draft.plan, content.date_of_service)
    except RateUnknown:
        return {}
    keeps = _reaching(use.used_cents, use.line_cents, threshold if use.reported else _near(threshold, near))
    found: dict[str, tuple[str, ...]] = {}
    for line, sources, keep in zip(content.lines, draft.sources, keeps, strict=True):
        if "KX" not in line.modifiers or keep:
            continue
        for source in sources:
            found[source.key] = (*found.get(source.key, ()), source.part_of_service)
    return found


def _near(threshold: int, percent: int) -> int:
    """The amount above which a line carries KX where Medicare did not tell its own figure. Ours alone is an estimate, since other
    providers count too, so an attestation is taken at its word once the threshold is near."""
    return threshold * percent // 100 - 1


def _reaching(used: int, amounts: Sequence[int], limit: int) -> list[bool]:
    """Line by line: does the year's amount with this line pass the limit."""
    found = []
    for cents in amounts:
        used += cents
        found.append(used > limit)
    return found


def without(content: ClaimContent) -> ClaimContent:
    """The claim with no KX at all: what its visits say of it, whatever the year's amounts are. For comparing only."""
    steps = tuple(step for step in content.explanation if not step.endswith(KX_LEFT_OFF))
    if steps == content.explanation and not any("KX" in line.modifiers for line in content.lines):
        return content
    lines, places = merged([_without(line) for line in content.lines])
    numbered = tuple(
        line.model_copy(update={"number": n, "control_number": f"{line.control_number[:-2]}{n:02d}"})
        for n, line in enumerate(lines, 1)
    )
    moved = {line.number: place + 1 for line, place in zip(content.lines, places, strict=True)}
    findings = tuple(
        found if found.line is None else found.model_copy(update={"line": moved[found.line]})
        for found in content.coding_findings
    )
    return content.model_copy(update={"lines": numbered, "coding_findings": findings, "explanation": steps})


def _without(line: ClaimLine) -> ClaimLine:
    return line.model_copy(update={"modifiers": tuple(mark for mark in line.modifiers if mark != "KX")})

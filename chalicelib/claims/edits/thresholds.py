"""Original Medicare's yearly occupational-therapy amounts: KX threshold and targeted medical review.

Medicare Claims Processing Manual ch.5 s.10.3: per patient and calendar year, all providers, allowed amounts after MPPR before
the patient's share, in order of receipt. The local total is an estimate; only Medicare's own figure is complete.
"""

from __future__ import annotations

from chalicelib.claims.edits.base import Found, Numbers, say
from chalicelib.claims.facts import ScrubFacts
from chalicelib.claims.kx import near_percent
from chalicelib.claims.model import ClaimContent
from chalicelib.codes import settings
from chalicelib.codes.settings import RateUnknown
from chalicelib.money import dollars
from chalicelib.therapy.modifiers import ABN


def therapy_amounts(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Silent when the year's amount or the year's threshold is not known."""
    if facts.threshold_used_cents is None or facts.plan is None or not facts.plan.kx_used:
        return ()
    try:
        threshold = settings.value("kx_ot", content.date_of_service)
        review = settings.value("review_ot", content.date_of_service)
        near = threshold * near_percent(facts.plan, content.date_of_service)
    except RateUnknown:
        return ()
    total = facts.threshold_used_cents + (facts.expected_allowed_cents or 0)
    numbers: Numbers = {"threshold_cents": threshold, "with_this_cents": total}
    found = _kx(content, facts, total, (threshold, near), numbers)
    if total > review:
        words = f"{dollars(total)} of occupational therapy this year, review from {dollars(review)}"
        found += say(content, "THERAPY_REVIEW_THRESHOLD", words, numbers=numbers)
    return found


def _kx(content: ClaimContent, facts: ScrubFacts, total: int, limits: tuple[int, int], numbers: Numbers) -> Found:
    """`limits`: the threshold in cents, and in hundredths of a cent the amount from which it is near."""
    threshold, near = limits
    noticed = any({"GA", "GY", "GZ"} & set(line.modifiers) for line in content.lines)
    if total > threshold and not content.kx_attested and not noticed:
        words = f"{dollars(total)} with this claim, threshold {dollars(threshold)}, and KX is not attested"
        return say(content, "KX_NEEDED", words, numbers=numbers)
    if content.kx_attested and not facts.threshold_is_floor and 100 * total < near:
        words = f"KX is attested at {dollars(total)} of {dollars(threshold)}; it was left off"
        return say(content, "KX_NOT_NEEDED", words, numbers=numbers)
    return _before_the_crossing(content, threshold, numbers) if content.kx_attested else ()


def _before_the_crossing(content: ClaimContent, threshold: int, numbers: Numbers) -> Found:
    """KX the file has on an attested line which does not yet take the year over the threshold."""
    left_off = [
        line
        for line in content.lines
        if "KX" in line.billed_modifiers_in_file and not {"KX", *ABN} & set(line.modifiers)
    ]
    return tuple(
        found
        for line in left_off
        for found in say(
            content,
            "KX_NOT_NEEDED",
            f"{line.cpt} does not reach {dollars(threshold)} yet; KX was left off",
            line=line.number,
            numbers=numbers,
        )
    )


EDITS = (therapy_amounts,)

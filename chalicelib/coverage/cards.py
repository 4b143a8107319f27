"""The front desk's card for one visit: red, amber or green, the reason in words, what to do. Pure.

Red: the visit will not be paid as things stand. Amber: it is not known, or soon no longer so. Green: asked, good for the day,
nothing in the way. The worst reason gives the colour, all of them are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from chalicelib.codes.payers import PayerPlan
from chalicelib.coverage.model import BenefitRecord, Limit, Outcome, YesNo
from chalicelib.coverage.standing import Standing
from chalicelib.coverage.words import payer_words, stay_words
from chalicelib.money import dollars
from chalicelib.platform.model import Model

Tone = Literal["red", "amber", "green"]
LOW_VISITS = 3
_ORDER: dict[Tone, int] = {"red": 0, "amber": 1, "green": 2}
Reason = tuple[Tone, str, str]
"""Tone, reason, action."""


class Card(Model):
    """One visit's coverage as the front desk sees it."""

    tone: Tone
    reasons: tuple[str, ...]
    action: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authority:
    """Where a visit stands with its authorization. `state`: not_needed, missing, good, low, used_up, unknown."""

    state: Literal["not_needed", "missing", "good", "low", "used_up", "unknown"] = "unknown"
    words: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a card is made of. `last` is the newest check of any outcome; `authority` None = self-pay and the like."""

    standing: Standing
    last: BenefitRecord | None = None
    plan: PayerPlan | None = None
    authority: Authority = Authority()
    doubts: tuple[str, ...] = ()  # of coordination: an order of payers that the facts do not bear out
    self_pay: bool = False
    stale_days: int = 30


def make_card(found: Situation) -> Card:
    """The card; its reasons worst first."""
    if found.self_pay:
        return Card(tone="green", reasons=("the patient pays",), action="Give the good-faith estimate.", facts=())
    told = sorted(_reasons(found), key=lambda reason: _ORDER[reason[0]])
    if not told:
        check = found.standing.check
        said = "the payer said" if check is None or check.source == "271" else f"told by {check.source}"
        words = f"active, {said} on {check.on}" if check else "active"
        return Card(tone="green", reasons=(words,), facts=tuple(_facts(found.standing)))
    return Card(
        tone=told[0][0],
        reasons=tuple(dict.fromkeys(reason for _, reason, _ in told)),
        action=told[0][2],
        facts=tuple(_facts(found.standing)),
    )


def _reasons(found: Situation) -> Iterator[Reason]:
    standing = found.standing
    yield from _asking(found)
    if standing.check is not None:
        yield from _coverage(standing)
        yield from _limits(standing)
    yield from _authority(found.authority)
    for words in found.doubts:
        yield "amber", words, "Ask the patient which plan pays first."


def _asking(found: Situation) -> Iterator[Reason]:
    """Whether there is an answer, and one that is good for the day."""
    standing, last = found.standing, found.last
    if found.plan is None:
        yield "amber", "the payer is not in the payer directory", "Check the payer id on the card."
    if last is not None and last.outcome in (Outcome.REJECTED, Outcome.UNREADABLE) and last is not standing.check:
        rejected = last.outcome is Outcome.REJECTED
        if standing.check is None or last.on >= standing.check.on:
            yield ("red" if rejected else "amber"), last.words, last.fix.capitalize() + "."
    if standing.check is None:
        if last is not None and last.outcome is Outcome.PHONE:
            yield (
                "amber",
                "this payer answers by phone only, and nobody has asked yet",
                "Phone the payer and fill in the form.",
            )
        elif last is not None and last.outcome is Outcome.NOT_ENROLLED:
            yield "amber", last.words, "Phone the payer."
        elif last is None:
            yield "amber", "coverage was never checked", "Check eligibility."
    elif not standing.fresh:
        days = (standing.on - standing.check.on).days
        words = f"the last answer is {days} days older than the visit, good for {found.stale_days}"
        if standing.check.on.year != standing.on.year:
            words = "the last answer is of another year; benefits start over on 1 January"
        yield "amber", words, "Check eligibility again."


def _coverage(standing: Standing) -> Iterator[Reason]:
    told = standing.benefits
    if standing.active is False:
        yield "red", "the plan is not active", "Ask the patient for the new card."
    elif standing.active is None:
        yield "amber", "the answer does not say whether the plan is active", "Phone the payer."
    if told.covered == "no":
        yield "red", "occupational therapy is not covered by the plan", "Tell the patient before the visit."
    for stay in standing.stays:
        yield "red", stay_words(stay), "Ask the agency or facility; it pays for therapy."
    for other in standing.payers_first:
        yield "red", payer_words(other), "Get that plan's card and bill it first."
    if told.network == "no":
        yield "amber", "the practice is out of the plan's network", "Tell the patient before the visit."
    if told.referral_required == "yes":
        by = f" of {told.primary_care}" if told.primary_care else ""
        yield "amber", f"the plan wants a referral{by}", "Get the referral before the visit."
    for error in told.errors:  # beside benefits; an answer of errors alone is rejected
        yield "amber", error.words, error.fix.capitalize() + "."
    for doubt in told.contradictions:
        verb = "contradicts itself" if len(doubt.said) > 1 else "is not plain"
        yield "amber", f"the answer {verb} on {doubt.subject}: {' / '.join(doubt.said)}", "Phone the payer."


def _limits(standing: Standing) -> Iterator[Reason]:
    for limit in standing.benefits.limits:
        if limit.remaining is None:
            continue
        words = limit_words(limit)
        if limit.remaining <= 0:
            yield "red", f"nothing is left of the limit: {words}", "Tell the patient; ask the payer for an exception."
        elif limit.measure == "visits" and limit.remaining <= LOW_VISITS:
            yield "amber", f"the limit is nearly used: {words}", "Plan the last visits with the therapist."


def _authority(found: Authority) -> Iterator[Reason]:
    if found.state == "missing":
        yield "red", found.words or "the payer wants an authorization and there is none", "Request the authorization."
    elif found.state == "used_up":
        yield "red", found.words, "Request more before the visit."
    elif found.state == "low":
        yield "amber", found.words, "Request the renewal now."
    elif found.state == "unknown":
        yield "amber", found.words or "whether an authorization is needed is not known", "Ask the payer."


def limit_words(limit: Limit) -> str:
    """'12 of 30 visits left this calendar year, occupational therapy'."""
    size = (lambda n: "unknown" if n is None else f"${dollars(n)}") if limit.measure == "dollars" else _count
    scope = {"combined": limit.words or "PT, OT and ST together"}.get(limit.scope, limit.scope.replace("_", " "))
    period = f" in the {limit.period}" if limit.period else ""
    measure = "" if limit.measure == "dollars" else f" {limit.measure}"
    pace = f", {limit.pace}" if limit.pace else ""
    if limit.remaining is None and limit.total is not None:
        return f"{size(limit.total)}{measure}{period}{pace}, {scope}; what is left was not told"
    return f"{size(limit.remaining)} of {size(limit.total)}{measure} left{period}{pace}, {scope}"


def _count(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _facts(standing: Standing) -> Iterator[str]:
    """What the desk collects and tells."""
    told = standing.benefits
    if told.names_qmb:
        yield "QMB: no deductible, coinsurance or copay is asked of the patient"
    if told.copay_cents is not None:
        yield f"copay ${dollars(told.copay_cents)}"
    if told.coinsurance_percent is not None:
        yield f"coinsurance {told.coinsurance_percent:f} %"
    if told.deductible_remaining_cents is not None:
        yield f"deductible left ${dollars(told.deductible_remaining_cents)}"
    if told.out_of_pocket_remaining_cents is not None:
        yield f"out of pocket left ${dollars(told.out_of_pocket_remaining_cents)}"
    for limit in told.limits:
        yield limit_words(limit)
    for other in told.other_payers:
        if not other.goes_first:
            yield payer_words(other)


def authority_needed(plan: PayerPlan | None, told: YesNo) -> YesNo:
    """Whether therapy needs an authorization: the payer's own answer, else its directory row."""
    if told != "unknown":
        return told
    if plan is None:
        return "unknown"
    return {"required": "yes", "none": "no"}.get(plan.authorization, "unknown")  # type: ignore[return-value]

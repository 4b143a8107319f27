"""Where a denial stands after everything that happened to its claim: derived, so that it can be derived again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.claims.claim import GONE, Claim
from chalicelib.claims.model import ClaimContent, ClaimEvent
from chalicelib.denials.model import Denial, Resolution
from chalicelib.denials.rules import Decision, decisions, paid_by_line, recovered, refusals
from chalicelib.money import dollars

DUPLICATE = "18"
"""Exact duplicate claim or service: the payer has the claim already and answers no second time."""

_DECIDED = frozenset(("adjudicated", "reversed", "set_aside"))

_SENT_AGAIN = frozenset(
    (
        "correction_opened",
        "submitted",
        "reopening_asked",
        "void_opened",
        "resubmitted",
        "secondary_opened",
        "secondary_corrected",
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """`resolution` '' means it still stands; `waiting` that the payer has it again. `words` say why."""

    resolution: Resolution = ""
    on: date | None = None
    recovered_cents: int = 0
    waiting: bool = False
    words: str = ""


def stand(denial: Denial, claim: Claim, events: Sequence[ClaimEvent]) -> Standing:
    """What became of a denial. The first payer's next decision settles it; a later payer's where it leaves nothing denied."""
    echoes = {item.event for item in decisions(events) if _echoes(item, events, claim.content)}
    if denial.decision in echoes:
        event = next(item for item in events if item.sequence == denial.decision)
        return Standing("already_decided", _day(event), words="The payer had decided it already; that decision stands")
    later = _later(denial, events)
    answer = next((item for item in decisions(later) if item.first_payer and item.event not in echoes), None)
    if answer is not None:
        asked = next(item for item in decisions(events) if item.event == denial.decision)
        event = next(item for item in later if item.sequence == answer.event)
        return _answered(denial, asked, answer, claim.content, _day(event))
    other = next((item for item in decisions(later) if not item.first_payer), None)
    if other is not None and claim.adjudication is not None and not claim.adjudication.denied_cents:
        event = next(item for item in later if item.sequence == other.event)
        return Standing("next_party", _day(event), words="The next payer decided, and nothing of it is denied any more")
    if claim.status in GONE:
        return Standing("taken_back", _day(events[-1]), words="The claim was taken back; nothing is billed any more")
    passed = next((event for event in later if _passes(event, denial)), None)
    if passed is not None:
        return Standing("next_party", _day(passed), words=passed.words)
    given = given_up(denial, later)
    if given is not None:
        return Standing("written_off", _day(given), words=given.words)
    return _on_its_way(later)


def _echoes(decision: Decision, events: Sequence[ClaimEvent], content: ClaimContent) -> bool:
    """It pays nothing and only says "duplicate" (CARC 18), and nothing happened since the first payer's decision before it.

    A claim that was sent again and is called a duplicate is refused: that is to be worked.
    """
    refused = refusals(decision.payment, content)
    if decision.payment["paid_cents"] or not refused or any(item.reason != DUPLICATE for item in refused):
        return False
    before = [event for event in events if event.sequence < decision.event]
    last = next((event for event in reversed(before) if event.type in _SENT_AGAIN | _DECIDED), None)
    return last is not None and last.type == "adjudicated"


def _later(denial: Denial, events: Sequence[ClaimEvent]) -> list[ClaimEvent]:
    """What happened after its decision came to stand, for the last time: one taken off the claim and put back is no new one."""
    told = [
        item.event
        for item in decisions(events)
        if (item.remittance_id, item.part) == (denial.remittance_id, denial.part)
    ]
    since = max((denial.decision, *told))
    return [event for event in events if event.sequence > since]


def _answered(denial: Denial, asked: Decision, answer: Decision, content: ClaimContent, on: date) -> Standing:
    numbers = [line.number for line in denial.lines]
    more = recovered(numbers, paid_by_line(asked.payment, content), paid_by_line(answer.payment, content))
    still = [item for item in refusals(answer.payment, content) if item.line in numbers or 0 in (item.line, *numbers)]
    if more and not still:
        return Standing("paid", on, more, words=f"The payer decided again and paid {dollars(more)} more")
    if more:
        return Standing(
            "paid_in_part", on, more, words=f"The payer decided again: {dollars(more)} more, some still denied"
        )
    if still:
        return Standing("denied_again", on, words="The payer decided again and denied it again")
    return Standing(
        "next_party", on, words="The payer decided again: what was denied is now contract or the patient's share"
    )


def _passes(event: ClaimEvent, denial: Denial) -> bool:
    """A person moved just this share to the patient."""
    told = {"remittance_id": denial.remittance_id, "part": denial.part, "reason": denial.carc}
    return denial.group == "PR" and event.data.get("passed") == told


def given_up(denial: Denial, events: Sequence[ClaimEvent]) -> ClaimEvent | None:
    """The write-off of what was denied, if there was one."""
    return next((item for item in events if item.sequence > denial.decision and _gives_up(item, denial)), None)


def _gives_up(event: ClaimEvent, denial: Denial) -> bool:
    """A write-off of what the payer owed: of all of it, or of just this amount."""
    if event.type != "written_off" or event.data["write_off"]["party"] != "payer":
        return False
    return bool(event.data["left_open_cents"] == 0 or event.data["write_off"]["amount_cents"] == denial.amount_cents)


def _on_its_way(later: Sequence[ClaimEvent]) -> Standing:
    """Whether the claim, or its correction, is with the payer again or about to be."""
    last = next((e for e in reversed(later) if e.type in _SENT_AGAIN | {"correction_dropped", "reversed"}), None)
    if last is None or last.type == "correction_dropped":
        return Standing()
    if last.type == "reversed":
        return Standing(waiting=True, words="The payer took its decision back and decides again")
    return Standing(waiting=True, words=last.words)


def _day(event: ClaimEvent) -> date:
    return datetime.fromisoformat(event.at.replace("Z", "+00:00")).date()

"""What a later payer was told that is no longer so: the payer before it decided again after the later one got its claim.

What was told is frozen with the submission (`prior`); of a claim the first payer passed on itself it is that decision.
What is so now is compiled from the standing decisions, as the next claim would tell it. Amounts count, by payer, line and reason;
a new date or control number alone is no news for the payer after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.claim import Claim
from chalicelib.claims.decisions import PATIENT, prior_payer, prior_payers, standing_decisions
from chalicelib.claims.following import is_crossed_over
from chalicelib.claims.model import ClaimEvent
from chalicelib.claims.prior import PriorAdjustment, PriorPayer
from chalicelib.claims.sending import LEVELS, answered_level, coverage_at, told
from chalicelib.money import dollars
from chalicelib.platform.errors import Refused
from chalicelib.platform.model import Model
from chalicelib.support.tasks import ask_in, close_in, is_open

TASK = "secondary_correction"
WHAT_NOW = (
    "Send it a corrected claim (otbill claims secondary); Medicare Part B is asked to reopen its decision instead"
)


class Outdated(Model):
    """A payer level that was told something else than what is so. `was` and `now` are the payers before it, in order.

    `fault` says why what is so now cannot be told (DECISION_UNBALANCED); `passed_on` that the first payer told it, not we.
    """

    level: str
    payer_name: str
    was: tuple[PriorPayer, ...]
    now: tuple[PriorPayer, ...] = ()
    fault: str = ""
    passed_on: bool = False

    @property
    def amount_cents(self) -> int:
        """What is at stake: the larger change of what the payers before paid or left to the patient."""
        return max(abs(_paid(self.now) - _paid(self.was)), abs(_left(self.now) - _left(self.was)))


def has_it(claim: Claim, level: str) -> bool:
    """Whether the payer of a later level has the claim already, from us or from the payer before it."""
    return told(claim, level) is not None or (level == "S" and claim.passed_on)


def outdated(claim: Claim, events: Sequence[ClaimEvent]) -> list[Outdated]:
    """Later payers to be told anew, in order. A level whose payers before have not all decided (again) is left for then."""
    levels = [level for level in LEVELS[1:] if has_it(claim, level)]
    sent = {level: ref.submission_id for level in levels if (ref := told(claim, level))}
    submissions = records.find_submissions(sent.values())
    found = []
    for level in levels:
        item = submissions.get(sent.get(level, ""))
        was, name = (item.prior, item.content.payer_name) if item else (_passed(claim, events), "")
        made = _compare(claim, events, level, was, name)
        if made is not None:
            found.append(made)
    return found


def _passed(claim: Claim, events: Sequence[ClaimEvent]) -> tuple[PriorPayer, ...]:
    """What the first payer passed on with the claim itself: its newest decision that it did; () when that one stands."""
    crossed = [
        event
        for event in events
        if event.type == "adjudicated"
        and event.data.get("payment")
        and answered_level(claim, event) == "P"
        and is_crossed_over(event)
    ]
    standing = standing_decisions(claim, events).get("P")
    if not crossed or standing is None or is_crossed_over(standing):
        return ()
    try:
        return (prior_payer(claim.content, crossed[-1], "P", ""),)
    except Refused:
        return ()


def _compare(
    claim: Claim, events: Sequence[ClaimEvent], level: str, was: tuple[PriorPayer, ...], name: str
) -> Outdated | None:
    coverage = coverage_at(claim.content, level)
    if not was or coverage is None:
        return None
    names = {"P": claim.content.payer_name, **{str(item.sequence): item.payer_name for item in was if item.payer_name}}
    made = Outdated(level=level, payer_name=name or coverage.payer_id, was=was, passed_on=not name)
    try:
        now = prior_payers(claim, events, level, names)
    except Refused as refusal:
        return made.model_copy(update={"fault": refusal.message}) if refusal.code == "DECISION_UNBALANCED" else None
    return None if _said(now) == _said(was) else made.model_copy(update={"now": now})


def _said(payers: Iterable[PriorPayer]) -> list[object]:
    """The amounts of what is told, in no order of their own."""
    return [
        (
            payer.sequence,
            payer.paid_cents,
            payer.patient_cents,
            _reasons(payer.adjustments),
            sorted(
                (line.number, line.paid_cents, line.patient_cents, _reasons(line.adjustments)) for line in payer.lines
            ),
        )
        for payer in payers
    ]


def _reasons(items: Iterable[PriorAdjustment]) -> list[tuple[str, str, int]]:
    return sorted((item.group, item.reason, item.amount_cents) for item in items)


def _paid(payers: Iterable[PriorPayer]) -> int:
    return sum(payer.paid_cents for payer in payers)


def _every(payer: PriorPayer) -> list[PriorAdjustment]:
    return [*payer.adjustments, *(item for line in payer.lines for item in line.adjustments)]


def _left(payers: Sequence[PriorPayer]) -> int:
    """The patient's share of the payer just before: what the next one is asked for."""
    return sum(item.amount_cents for item in _every(payers[-1]) if item.group == PATIENT) if payers else 0


def words(item: Outdated) -> str:
    """What it was told, what is so now and by how much; amounts and payers only."""
    by = "the first payer passed the claim on with" if item.passed_on else "was told of"
    if item.fault:
        return f"{item.payer_name}: {by} {_amounts(item.was[-1])}; now {item.fault}. look at its remittance first"
    changed = next(
        (pair for pair in zip(item.was, item.now, strict=True) if _said(pair[:1]) != _said(pair[1:])),
        (item.was[-1], item.now[-1]),
    )
    before, after = changed
    paid = after.paid_cents - before.paid_cents
    left = _left((after,)) - _left((before,))
    change = f"by {_signed(paid)} paid and {_signed(left)} left to it and the patient"
    lead = f"{item.payer_name} {by}" if not item.passed_on else f"{item.payer_name}: {by}"
    return f"{lead} {before.payer_name} {_amounts(before)}; now it {_amounts(after)}, another decision {change}"


def _signed(cents: int) -> str:
    return ("+" if cents > 0 else "") + dollars(cents)


def _amounts(payer: PriorPayer) -> str:
    cut = sum(item.amount_cents for item in _every(payer) if item.group != PATIENT)
    return f"paid {dollars(payer.paid_cents)}, adjusted {dollars(cut)}, left {dollars(_left((payer,)))}"


def news(claim: Claim) -> tuple[str, ...]:
    """What later payers were told that is no longer so, in words for the claim's page; reads the claim's events."""
    if not any(has_it(claim, level) for level in LEVELS[1:]):
        return ()
    return tuple(f"{words(item)}." for item in outdated(claim, records.claim_events(claim.claim_id)))


def asked(claim: Claim) -> bool:
    """Whether a person is asked to tell a later payer anew."""
    levels = (level for level in LEVELS[1:] if has_it(claim, level))
    return any(is_open(TASK, claim.claim_id, level) for level in levels)


def tell(uow: store.UnitOfWork, claim: Claim, events: Sequence[ClaimEvent]) -> None:
    """A task for each later payer that was told otherwise, with the newest amounts; done where what it was told is so again."""
    found = {item.level: item for item in outdated(claim, events)}
    decided = standing_decisions(claim, events)
    for level in LEVELS[1:]:
        item = found.get(level)
        if item is not None:
            ask_in(
                uow,
                TASK,
                claim.claim_id,
                f"{words(item)}. {WHAT_NOW}",
                amount_cents=item.amount_cents,
                natural_key=level,
            )
        elif has_it(claim, level) and all(before in decided for before in LEVELS[: LEVELS.index(level)]):
            close_in(uow, TASK, claim.claim_id, level)


def told_anew(uow: store.UnitOfWork, claim_id: str, level: str) -> None:
    """The payer gets a corrected claim: nobody has to think of it any more."""
    close_in(uow, TASK, claim_id, level)


def number_at(claim: Claim, events: Sequence[ClaimEvent], level: str) -> str:
    """The control number a later payer gave its claim: of its newest decision, else of its acceptance (277CA); '' untold."""
    ours: Mapping[str, str] = {item.patient_control_number: item.sequence for item in claim.submissions}
    found = ""
    for event in events:
        if event.type == "adjudicated" and "payment" in event.data and answered_level(claim, event) == level:
            found = str(event.data["payment"].get("payer_control_number") or "") or found
        elif event.type == "accepted" and ours.get(str(event.data.get("patient_control_number"))) == level:
            found = found or str(event.data.get("payer_control_number") or "")
    return found

"""Which event may follow in which state, and what it may lead to. Anything else is a typed refusal.

The graph is the contract of `lifecycle`: `permit` asks it before an event is written, `arrived` after it was folded.
`python -m chalicelib.claims.graph` writes docs/claim-lifecycle.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.claims.claim import DECIDED, GONE, OUT, WAITING, Claim
from chalicelib.claims.model import Status
from chalicelib.platform.errors import Conflict, Fault

S = Status
SAME = "same"
Target = frozenset[Status | str]
START = "(no claim)"


class NotNow(Conflict):
    """An event that cannot happen to a claim where it is now. `code` says why, `fix` what to do instead."""


def _to(*targets: Status | str) -> Target:
    return frozenset(targets)


_ALL = frozenset(Status)
_DECIDED_OR_SAME = _to(SAME, *DECIDED)

# event: (states it may happen in, what it may lead to)
_RULES: tuple[tuple[str, Iterable[Status], Target], ...] = (
    ("amended", WAITING | GONE, _to(S.HELD)),
    ("scrubbed", (S.HELD, S.READY), _to(S.HELD, S.READY)),
    ("submitted", (S.READY,), _to(S.SUBMITTED)),
    ("withdrawn", WAITING, _to(S.WITHDRAWN)),
    ("held", (S.HELD, S.READY), _to(S.HELD)),
    ("released", (S.HELD,), _to(S.HELD)),
    ("overridden", (S.HELD,), _to(SAME)),
    ("resubmitted", (S.REJECTED, S.VOIDED), _to(S.HELD)),
    ("acknowledged", (S.SUBMITTED,), _to(SAME, S.ACKNOWLEDGED)),
    ("acknowledged", _ALL - {S.SUBMITTED}, _to(SAME)),
    ("accepted", (S.SUBMITTED, S.ACKNOWLEDGED, S.REJECTED), _to(SAME, S.ACCEPTED, S.VOIDED)),
    ("accepted", _ALL - {S.SUBMITTED, S.ACKNOWLEDGED, S.REJECTED}, _to(SAME)),
    ("rejected", OUT | {S.REJECTED}, _to(SAME, S.REJECTED)),
    ("rejected", _ALL - OUT - {S.REJECTED}, _to(SAME)),
    ("silent", OUT | {S.REVERSED, S.SECONDARY_DUE}, _to(SAME)),
    ("status_told", _ALL, _to(SAME)),
    ("adjudicated", _ALL - GONE, _DECIDED_OR_SAME),
    ("adjudicated", GONE, _to(SAME)),
    ("reversed", OUT, _to(SAME, S.VOIDED)),
    ("reversed", (S.REJECTED,), _to(SAME)),
    ("reversed", (S.HELD, S.READY), _to(SAME, S.REVERSED)),
    ("reversed", DECIDED | {S.APPEALED}, _to(S.REVERSED)),
    ("set_aside", _ALL, _to(SAME)),
    ("written_off", DECIDED | {S.HELD, S.REJECTED, S.REVERSED}, _to(SAME, S.PATIENT_DUE, S.CLOSED)),
    ("correction_needed", _ALL - GONE, _to(SAME)),
    ("correction_opened", DECIDED | {S.ACCEPTED, S.REVERSED}, _to(S.HELD)),
    ("void_opened", DECIDED | {S.ACCEPTED, S.REVERSED}, _to(S.READY)),
    ("secondary_opened", (S.SECONDARY_DUE, S.DENIED, S.PARTLY_DENIED), _to(S.READY)),
    ("secondary_corrected", DECIDED | {S.ACCEPTED}, _to(S.READY)),
    ("correction_dropped", WAITING, _to(S.ACCEPTED, S.REVERSED, *DECIDED)),
    ("reopening_asked", DECIDED, _to(SAME)),
    ("appealed", DECIDED, _to(S.APPEALED)),
    ("appeal_decided", (S.APPEALED,), _to(*DECIDED)),
    ("attached", _ALL - GONE, _to(SAME)),
    ("noted", _ALL, _to(SAME)),
)


def _build() -> dict[Status | None, dict[str, Target]]:
    graph: dict[Status | None, dict[str, Target]] = {None: {"drafted": _to(S.HELD)}, **{state: {} for state in Status}}
    for event, states, targets in _RULES:
        for state in states:
            graph[state][event] = targets
    return graph


GRAPH: Mapping[Status | None, Mapping[str, Target]] = _build()
EVENTS = ("drafted", *dict.fromkeys(event for event, _, _ in _RULES))
ANSWERS = frozenset(
    ("acknowledged", "accepted", "rejected", "adjudicated", "reversed", "silent", "status_told", "set_aside")
)
"""What only a claim that was sent can meet."""

_INSTEAD = {
    "submitted": "mend what holds it; it goes out with the next batch once it is ready",
    "correction_opened": "a claim waiting to be sent is simply amended; a rejected one is resubmitted; one just sent waits "
    "for the payer to accept it",
    "void_opened": "a claim the payer has not accepted has nothing to void; one not sent is withdrawn with its visits",
    "resubmitted": "only a rejected or a voided claim is sent again as new; a decided one is corrected",
    "secondary_opened": "the primary payer has to decide first, and leave something to the next",
    "secondary_corrected": "one just sent waits for the payer to accept it; a rejected one is resubmitted",
    "held": "only a claim not yet sent can be held",
    "released": "the claim is not held",
    "overridden": "the claim is not held",
    "written_off": "nothing can be given up while a payer may still decide",
    "reopening_asked": "the contractor has to decide first",
    "appealed": "the payer has to decide first",
    "appeal_decided": "nobody appealed",
    "correction_dropped": "no correction waits to be sent",
}


def permit(claim: Claim | None, event: str) -> None:
    """Raise NotNow unless this event may happen to the claim as it is.

    Beside the graph: NEVER_SENT for an answer to a claim never sent, NOT_HELD for a release without a person's hold,
    NOTHING_TO_REVERSE without a standing decision, PAYER_HAS_IT for withdrawing what a payer still holds,
    NO_CORRECTION for dropping one that is not there, CORRECTION_UNDER_WAY for a second one beside it.
    """
    state = claim.status if claim else None
    if event not in GRAPH[state]:
        raise _refusal("EVENT_NOT_ALLOWED", f"a claim that is {state or 'not there'} cannot be {_said(event)}", event)
    if claim is None:
        return
    for wrong, code, words in (
        (event in ANSWERS and not claim.submissions, "NEVER_SENT", "an answer to a claim that was never sent"),
        (event == "released" and claim.hold is None, "NOT_HELD", "nobody holds this claim; its findings do"),
        (event == "reversed" and claim.adjudication is None, "NOTHING_TO_REVERSE", "no decision stands"),
        (event == "withdrawn" and claim.with_payer, "PAYER_HAS_IT", "a payer has this claim; it can only be voided"),
        (event == "correction_dropped" and not _droppable(claim), "NO_CORRECTION", "no correction waits to be sent"),
        (event == "resubmitted" and _voiding(claim), "VOID_REJECTED", "the void was rejected, not the claim"),
    ):
        if wrong:
            raise _refusal(code, words, event)


def _droppable(claim: Claim) -> bool:
    return claim.sending is not None


def _voiding(claim: Claim) -> bool:
    return claim.sending is not None and claim.sending.kind == "void"


_WORDS = {
    "secondary_opened": "billed to the next payer",
    "secondary_corrected": "sent to the next payer corrected",
    "correction_opened": "corrected",
    "void_opened": "voided",
}


def _said(event: str) -> str:
    return _WORDS.get(event, event.replace("_", " "))


def _refusal(code: str, words: str, event: str) -> NotNow:
    return NotNow(code, words, where=event, fix=_INSTEAD.get(event, "read the claim again: something happened to it"))


def arrived(before: Claim | None, event: str, after: Claim) -> None:
    """Fault when folding led where the graph does not: our mistake, and nothing is written."""
    state = before.status if before else None
    targets = GRAPH[state][event]
    if after.status not in targets and not (SAME in targets and after.status is state):
        raise Fault("LIFECYCLE", f"{event} led from {state} to {after.status}, which the graph does not know")


def table() -> str:
    """The graph as a page: per state, what may happen and where it leads."""
    lines = [
        "# Lifecycle of a claim",
        "",
        "Made from `chalicelib/claims/graph.py` by `python -m chalicelib.claims.graph`; do not edit by hand.",
        "",
        "Status is derived from events and never set by hand. An event that is not listed in a state is refused there",
        "(`EVENT_NOT_ALLOWED`), with what to do instead. `=` means the state stays. Beside the table: an answer to a claim never",
        "sent is `NEVER_SENT`, a release without a person's hold `NOT_HELD`, a reversal without a standing decision",
        "`NOTHING_TO_REVERSE`, withdrawing what a payer has `PAYER_HAS_IT`, dropping a correction that is not there",
        "`NO_CORRECTION`, resubmitting after a rejected void `VOID_REJECTED`.",
        "",
    ]
    for state, events in GRAPH.items():
        lines += [f"## {state or START}", "", "| event | leads to |", "|---|---|"]
        lines += [f"| {event} | {_targets(targets)} |" for event, targets in events.items()]
        lines.append("")
    return "\n".join(lines)


def _targets(targets: Target) -> str:
    order = [SAME, *Status]
    return ", ".join("=" if item == SAME else str(item) for item in sorted(targets, key=order.index))


if __name__ == "__main__":
    from pathlib import Path

    Path("docs/claim-lifecycle.md").write_text(table(), "utf-8")

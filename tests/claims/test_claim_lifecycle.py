"""Every event in every state a claim can reach: the next state the page promises, or a typed refusal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import graph
from chalicelib.claims.lifecycle import HANDLERS, Claim, fold
from chalicelib.claims.model import ClaimEvent, Status

ROOT = Path(__file__).resolve().parents[2]
CONTENT: dict[str, Any] = {
    "claim_id": "clm_a", "visit_ids": ["V1"], "patient_key": "pat_a", "practice_patient_id": "P1",
    "date_of_service": "2026-09-01", "place_of_service": "11", "billing": {"npi": "1", "last_name": "B"},
    "rendering": {"npi": "2", "last_name": "R"}, "patient": {"last_name": "Testcase", "first_name": "M"},
    "patient_address": {}, "payer_name": "P", "diagnoses": ["M6281"],
    "coverage": {"payer_id": "60054", "line_of_business": "commercial", "member_id": "W1", "relationship": "self"},
    "lines": [{"number": 1, "visit_id": "V1", "visit_line": 1, "cpt": "97530", "units": 1, "charge_cents": 100}],
}  # fmt: skip
ERROR = {"code": "X", "severity": "error", "message": "wrong", "fix": "mend", "citation": "c"}


def result(**cents: int) -> dict[str, Any]:
    zero = dict.fromkeys(("paid_cents", "adjusted_cents", "patient_cents", "open_cents"), 0)
    return {"result": {"remittance_id": "rmt_a", **zero, **cents}, "deadline": "2027-01-01"}


DECISIONS = (
    result(paid_cents=100),
    result(paid_cents=50, open_cents=50),
    result(denied_cents=100, open_cents=100),
    result(paid_cents=50, denied_cents=50, open_cents=50),
    result(paid_cents=50, secondary_cents=50, open_cents=50),
    {**result(paid_cents=50, secondary_cents=50, open_cents=50), "crossed_over": True},
    result(paid_cents=50, patient_cents=50),
)
HOLD = {"hold": {"reason": "records", "follow_up_on": "2026-10-05"}}


def sending(kind: str, frequency: str, sequence: str = "P") -> dict[str, Any]:
    made = {"kind": kind, "frequency": frequency, "sequence": sequence, "original_reference": "ICN1"}
    return {"sending": made, "content": CONTENT}


def write_off(left_open: int, left_patient: int) -> dict[str, Any]:
    made = {"reason": "small_balance", "party": "payer", "amount_cents": 1}
    return {"write_off": made, "left_open_cents": left_open, "left_patient_cents": left_patient}


def variants(claim: Claim | None, event: str) -> Iterator[dict[str, Any]]:
    """Everything an event may carry that could lead elsewhere."""
    if event in ("drafted", "amended", "correction_needed", "reopening_asked"):
        yield {"content": CONTENT}
    elif event == "scrubbed":
        yield {"findings": []}
        yield {"findings": [ERROR], "owner": "practice"}
    elif event == "submitted":
        n = len(claim.submissions) + 1 if claim else 1
        frequency = claim.sending.frequency if claim and claim.sending else "1"
        made = {"n": n, "submission_id": f"sub_{n}", "patient_control_number": f"PCN{n}", "file": "f"}
        yield {"submission": {**made, "frequency": frequency}, "deadline": "2026-10-30"}
    elif event in graph.ANSWERS:
        numbers = [item.patient_control_number for item in claim.submissions][-2:] if claim else []
        for number in dict.fromkeys(numbers or ["PCN1"]):
            for more in DECISIONS if event == "adjudicated" else ({},):
                yield {"patient_control_number": number, "payer_control_number": f"ICN-{number}", **more}
    elif event == "correction_opened":
        yield sending("corrected", "7")
        yield sending("lines", "1")
    elif event == "void_opened":
        yield sending("void", "8")
    elif event == "secondary_opened":
        yield sending("secondary", "1", "S")
    elif event == "secondary_corrected":
        yield sending("secondary", "7", "S")
    elif event == "appeal_decided":
        yield from ({"outcome": "overturned"}, {"outcome": "upheld", "deadline": "2026-12-01"})
    elif event == "attached":
        yield {"paper": {"report_type": "OZ", "transmission": "FX", "control_number": "A1"}}
    elif event == "held":
        yield HOLD
    elif event == "written_off":
        yield from (write_off(0, 0), write_off(0, 5), write_off(5, 0))
    elif event == "overridden":
        yield {"overrides": [{"code": "X", "reason": "r", "by": "usr", "role": "operator"}]}
    else:
        yield {}


def essence(claim: Claim | None) -> tuple[object, ...]:
    """What of a claim decides where events lead: two claims alike in it are one state of the search."""
    if claim is None:
        return ()
    kind = (claim.sending.kind, claim.sending.back_to) if claim.sending else None
    outcomes = tuple(item.outcome != "rejected" for item in claim.submissions[-2:])
    latest = claim.latest.frequency if claim.latest else ""
    decided = claim.adjudication is not None
    appealed = claim.appeal.back_to if claim.appeal else None
    return (claim.status, kind, outcomes, latest, decided, claim.hold is not None, appealed)


def apply(claim: Claim | None, event: str, data: dict[str, Any]) -> Claim:
    made = ClaimEvent(
        sequence=claim.sequence + 1 if claim else 1, type=event, at="2026-09-30T00:00:00Z", source="us", actor="a",
        words="w", data=data,
    )  # fmt: skip
    return fold([made], claim)


def refused_because(claim: Claim | None, event: str) -> str:
    """The code of the typed refusal, or '' where the event may happen. Every refusal says what to do instead."""
    try:
        graph.permit(claim, event)
    except graph.NotNow as error:
        return error.code if error.fix and error.http_status == 409 else "without a fix"
    return ""


@cache
def reachable() -> tuple[Claim | None, ...]:
    """One claim for every essence any history can reach, breadth first; the search ends when nothing is new."""
    seen: dict[tuple[object, ...], Claim | None] = {(): None}
    queue: deque[Claim | None] = deque([None])
    while queue:
        claim = queue.popleft()
        for event in graph.EVENTS:
            if refused_because(claim, event):
                continue
            for data in variants(claim, event):
                after = apply(claim, event, data)
                if essence(after) not in seen:
                    seen[essence(after)] = after
                    queue.append(after)
    return tuple(seen.values())


def test_every_event_in_every_state_leads_where_the_graph_says_or_is_refused() -> None:
    met: dict[tuple[Status | None, str], set[Status]] = {}
    refused = set()
    for claim in reachable():
        state = claim.status if claim else None
        for event in graph.EVENTS:
            refusal = refused_because(claim, event)
            if refusal:
                refused.add((state, event, refusal))
                continue
            for data in variants(claim, event):
                after = apply(claim, event, data)
                graph.arrived(claim, event, after)
                met.setdefault((state, event), set()).add(after.status)
    assert "without a fix" not in {code for _, _, code in refused}
    # Nothing in the graph is there for show: every arrow is taken by some history, every gap refuses.
    wrong = []
    for state, events in graph.GRAPH.items():
        for event, targets in events.items():
            found = met.get((state, event), set())
            want = {state if target == graph.SAME else target for target in targets}
            if found != want:
                wrong.append((state, event, "never", want - found))
    assert wrong == []
    for state, events in graph.GRAPH.items():
        for event in set(graph.EVENTS) - set(events):
            assert (state, event, "EVENT_NOT_ALLOWED") in refused, (state, event)


def test_every_status_is_reached() -> None:
    assert {claim.status for claim in reachable() if claim} == set(Status)


def test_folding_refuses_no_stored_history() -> None:
    """`fold` is total: what the graph forbids today may stand in a history of yesterday."""
    for claim in reachable()[::5]:
        for event in HANDLERS:
            for data in variants(claim, event):
                if claim is not None or event in ("drafted", "amended"):
                    assert apply(claim, event, data).sequence == (claim.sequence if claim else 0) + 1


def test_no_claim_that_a_payer_has_is_rebuilt_or_withdrawn_and_no_gone_claim_bills() -> None:
    for claim in reachable():
        if claim is None:
            continue
        if claim.with_payer:
            assert claim.submissions
            with pytest.raises(graph.NotNow):
                graph.permit(claim, "withdrawn")
        if claim.status is Status.VOIDED:
            assert claim.adjudication is None
            assert claim.sending is None
            assert not claim.with_payer
        if claim.status is Status.READY:
            assert claim.hold is None


def test_the_page_is_the_graph() -> None:
    assert (ROOT / "docs/claim-lifecycle.md").read_text() == graph.table()


def test_a_refusal_says_what_to_do_instead() -> None:
    claim = apply(None, "drafted", {"content": CONTENT})
    with pytest.raises(graph.NotNow) as caught:
        graph.permit(claim, "void_opened")
    assert caught.value.code == "EVENT_NOT_ALLOWED"
    assert "withdrawn" in caught.value.fix

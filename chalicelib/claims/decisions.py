"""An 835 claim payment to what the claim for the next payer says of it, so that it balances. Pure; integer cents.

Line: charge = SVD02 + its CAS. Claim: charge = AMT*D + every CAS (ot_rules s.7; X12 RFI 1115). AMT*EAF is the patient's share the
payer named (PR), on the lines where it decided lines, else once on the claim, never both (RFI 1515). Nothing is force-balanced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chalicelib.claims.claim import Claim
from chalicelib.claims.model import ClaimContent, ClaimEvent, ClaimLine
from chalicelib.claims.prior import PriorAdjustment, PriorLine, PriorPayer
from chalicelib.claims.sending import LEVELS, answered_level, coverage_at
from chalicelib.platform.errors import Refused

PATIENT = "PR"
MOST_REMARKS = 5


def standing_decisions(claim: Claim, events: Iterable[ClaimEvent]) -> dict[str, ClaimEvent]:
    """The newest decision of each payer level that was not taken back since."""
    found: dict[str, ClaimEvent] = {}
    for event in events:
        if event.type not in ("adjudicated", "reversed", "set_aside"):
            continue
        level = answered_level(claim, event)
        if event.type != "adjudicated":
            found.pop(level, None)
        elif "payment" in event.data:
            found[level] = event
    return found


def decided_on(event: ClaimEvent) -> date:
    """The day of the payer's decision: the payment date where the event knows it, else the day it came to us."""
    told = event.data.get("paid_on")
    return date.fromisoformat(told) if told else date.fromisoformat(event.at[:10])


def prior_payers(
    claim: Claim, events: Sequence[ClaimEvent], before: str, names: dict[str, str]
) -> tuple[PriorPayer, ...]:
    """Every payer before a level, in order. Refused NOT_DECIDED when one has no standing decision, DECISION_UNBALANCED."""
    standing = standing_decisions(claim, events)
    found = []
    for sequence in LEVELS[: LEVELS.index(before)]:
        event = standing.get(sequence)
        if event is None:
            raise Refused(
                "NOT_DECIDED", "a payer before this one has no decision that stands", fix="wait for its remittance"
            )
        found.append(prior_payer(claim.content, event, sequence, names.get(sequence, "")))
    return tuple(found)


def prior_payer(content: ClaimContent, event: ClaimEvent, sequence: str, payer_name: str) -> PriorPayer:
    """One payer's decision. By line where each of ours is found with its whole charge; else for the claim as a whole."""
    payment = event.data["payment"]
    coverage = coverage_at(content, sequence)
    if coverage is None:
        raise Refused("NOT_DECIDED", "the claim names no payer at this level")
    lines = _by_line(content, payment["lines"])
    whole = _adjustments(payment["adjustments"])
    if lines is None:
        lines, whole = (
            (),
            _merged([*whole, *(item for line in payment["lines"] for item in _adjustments(line["adjustments"]))]),
        )
    else:
        lines = _with_share(lines, _share(whole))
    made = PriorPayer.model_validate(
        {
            "sequence": sequence,
            "coverage": coverage,
            "payer_name": payer_name or coverage.payer_id,
            "paid_cents": payment["paid_cents"],
            "adjustments": whole,
            "lines": lines,
            "patient_cents": None if lines else _share(whole),
            "adjudicated_on": decided_on(event),
            "payer_control_number": payment.get("payer_control_number", ""),
            "remark_codes": tuple(payment.get("remark_codes", ()))[:MOST_REMARKS],
        }
    )
    check_balance(content, made)
    return made


def check_balance(content: ClaimContent, payer: PriorPayer) -> None:
    """Refused DECISION_UNBALANCED, by how much, unless the decision accounts for the charge and each line's for its own."""
    told = payer.paid_cents + sum(item.amount_cents for item in payer.adjustments)
    told += sum(item.amount_cents for line in payer.lines for item in line.adjustments)
    off = content.charge_cents - told
    paid = sum(line.paid_cents for line in payer.lines) - sum(item.amount_cents for item in payer.adjustments)
    if off or (payer.lines and paid != payer.paid_cents):
        raise Refused(
            "DECISION_UNBALANCED",
            f"the decision of {payer.payer_name} does not account for the whole charge (off by {off / 100:+.2f}); "
            "the next payer would reject the claim (status 672)",
            fix="look at its remittance; a claim sent in parts has to be billed to the next payer by hand",
        )


def _adjustments(items: Iterable[dict[str, Any]]) -> list[PriorAdjustment]:
    """Those of zero are left out (RFI 1865)."""
    return [
        PriorAdjustment(
            group=item["group"],
            reason=item["reason"],
            amount_cents=item["amount_cents"],
            quantity=str(item["quantity"]) if item.get("quantity") is not None else "",
        )
        for item in items
        if item["amount_cents"]
    ]


def _merged(items: Iterable[PriorAdjustment]) -> list[PriorAdjustment]:
    """One triple a group and reason: a CAS may not name a reason twice."""
    sums: dict[tuple[str, str], int] = {}
    for item in items:
        sums[item.group, item.reason] = sums.get((item.group, item.reason), 0) + item.amount_cents
    return [PriorAdjustment(group=g, reason=r, amount_cents=amount) for (g, r), amount in sums.items() if amount]


def _share(items: Iterable[PriorAdjustment]) -> int:
    return sum(item.amount_cents for item in items if item.group == PATIENT)


def _with_share(lines: Sequence[PriorLine], more: int) -> tuple[PriorLine, ...]:
    """A share the payer named for the claim as a whole is told on its first line, as no line may be without its own."""
    if not more or not lines:
        return tuple(lines)
    first = lines[0].model_copy(update={"patient_cents": lines[0].patient_cents + more})
    return (first, *lines[1:])


def _by_line(content: ClaimContent, payments: Sequence[dict[str, Any]]) -> tuple[PriorLine, ...] | None:
    """The decision line by line; None unless it covers each of our lines with its whole charge."""
    left = {line.number: line.charge_cents for line in content.lines}
    made: list[PriorLine] = []
    for payment in payments:
        ours = _find(content.lines, payment, left)
        if ours is None:
            return None
        left[ours.number] -= payment["charge_cents"]
        made.append(_prior_line(ours, payment))
    return tuple(made) if made and not any(left.values()) else None


def _find(lines: Sequence[ClaimLine], payment: dict[str, Any], left: dict[int, int]) -> ClaimLine | None:
    """By our line control number; else by code and modifiers, else by code, among lines with that much charge left."""
    number = payment.get("line_control_number")
    named = [line for line in lines if number and line.control_number == number]
    if named:
        return named[0] if payment["charge_cents"] <= left[named[0].number] else None
    code = payment.get("original_procedure") or payment["procedure"]
    fits = [line for line in lines if line.cpt == code and 0 < payment["charge_cents"] <= left[line.number]]
    same = [line for line in fits if sorted(line.modifiers) == sorted(payment["modifiers"])]
    return next(iter(same or fits), None)


def _prior_line(ours: ClaimLine, payment: dict[str, Any]) -> PriorLine:
    items = tuple(_adjustments(payment["adjustments"]))
    return PriorLine(
        number=ours.number,
        paid_cents=payment["paid_cents"],
        procedure=payment["procedure"] or ours.cpt,
        modifiers=tuple(payment["modifiers"]),
        units=str(payment["units"]),
        adjustments=items,
        patient_cents=_share(items),
    )

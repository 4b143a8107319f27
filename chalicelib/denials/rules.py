"""Denials read out of stored claim payments: pure. Paying nothing is no denial; refusing money nobody else owes is one.

Not a denial: what the contract or fee schedule takes off, the patient's deductible, coinsurance and copay (PR 1, 2, 3), an
earlier payer's effect, a predetermination, a reversal, amounts of zero or given back. All of it is judged as posting judges it
(`remittance.split`), so the queue's dollars are the dollars posting left with the payer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.claims.model import ClaimContent, ClaimEvent, ClaimLine
from chalicelib.codes import carc
from chalicelib.remittance.split import PATIENT_REASONS

REVERSAL, PREDETERMINATION, PRIOR_PAYER = "22", "25", "23"
_CONTRACTUAL_GROUPS = frozenset(("CO", "OA", "PI"))
NOT_FIRST = frozenset(("2", "3", "20", "21"))
"""CLP02 of a payer that is not the claim's first."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line's amount refused for one reason. `line` is the claim's line number, 0 for the whole claim."""

    group: str
    reason: str
    line: int
    cpt: str
    modifiers: tuple[str, ...]
    units: str
    charge_cents: int
    amount_cents: int
    allowed_cents: int | None
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A claim payment that was posted, from its claim event."""

    event: int
    remittance_id: str
    part: int
    trace: str
    payment: Mapping[str, Any]

    @property
    def first_payer(self) -> bool:
        return self.payment["status_code"] not in NOT_FIRST

    @property
    def key(self) -> str:
        """The natural key of this claim payment, as posting has it."""
        return f"{self.remittance_id}#{self.part:06d}"


def decisions(events: Iterable[ClaimEvent]) -> tuple[Decision, ...]:
    """Every adjudication of a claim, oldest first."""
    return tuple(
        Decision(
            event.sequence,
            str(event.data["remittance_id"]),
            int(event.data["sequence"]),
            str(event.data["trace"]),
            event.data["payment"],
        )
        for event in events
        if event.type == "adjudicated" and "payment" in event.data
    )


def is_refusal(group: str, reason: str, *, first_payer: bool = True) -> bool:
    """Whether an adjustment leaves money with the payer that nobody else owes: the rule posting splits a payment by.

    CARC 23 of a later payer is what the payers before it did.
    """
    if group == "PR" and reason in PATIENT_REASONS:
        return False
    if reason == PRIOR_PAYER and not first_payer:
        return False
    known = carc.get(reason)
    return not (group in _CONTRACTUAL_GROUPS and known is not None and known.contractual)


def refusals(payment: Mapping[str, Any], content: ClaimContent) -> tuple[Refusal, ...]:
    """What a claim payment refuses, by line and reason; several adjustments of one line and reason are added up."""
    if payment["status_code"] in (REVERSAL, PREDETERMINATION):
        return ()
    found: dict[tuple[int, str, str], Refusal] = {}
    claim_remarks = tuple(payment["remark_codes"])
    first = payment["status_code"] not in NOT_FIRST
    billed = {line.number: str(line.units) for line in content.lines}
    for number, part in ((0, payment), *_numbered(payment["lines"], content.lines)):
        remarks = tuple(dict.fromkeys((*part["remark_codes"], *claim_remarks)))
        for item in part["adjustments"]:
            if not is_refusal(item["group"], item["reason"], first_payer=first):
                continue
            key = (number, item["group"], item["reason"])
            before = found[key].amount_cents if key in found else 0
            units = billed.get(number, str(part.get("units", "")))
            found[key] = _refusal(number, part, item, before, remarks, units)
    return tuple(item for item in found.values() if item.amount_cents > 0)


def _refusal(
    number: int, part: Mapping[str, Any], item: Mapping[str, Any], before: int, remarks: tuple[str, ...], units: str
) -> Refusal:
    return Refusal(
        group=item["group"],
        reason=item["reason"],
        line=number,
        cpt=part.get("procedure", ""),
        modifiers=tuple(part.get("modifiers", ())),
        units=units,
        charge_cents=part["charge_cents"],
        amount_cents=before + item["amount_cents"],
        allowed_cents=part.get("allowed_cents"),
        remarks=remarks,
    )


def _numbered(
    lines: Sequence[Mapping[str, Any]], ours: Sequence[ClaimLine]
) -> tuple[tuple[int, Mapping[str, Any]], ...]:
    """Each paid line with our line number: by line control number, else by code and modifiers, else by code, else by place."""
    left = list(ours)
    found = []
    for place, line in enumerate(lines, 1):
        match = _match(line, left)
        if match is not None:
            left.remove(match)
        found.append((match.number if match else place, line))
    return tuple(found)


def _match(line: Mapping[str, Any], left: Sequence[ClaimLine]) -> ClaimLine | None:
    number, code = line.get("line_control_number", ""), line["procedure"]
    modifiers = sorted(line["modifiers"])
    for fits in (
        [item for item in left if number and item.control_number == number],
        [item for item in left if item.cpt == code and sorted(item.modifiers) == modifiers],
        [item for item in left if item.cpt == code and item.charge_cents == line["charge_cents"]],
        [item for item in left if item.cpt == code],
    ):
        if fits:
            return fits[0]
    return None


def by_reason(found: Iterable[Refusal]) -> dict[tuple[str, str], tuple[Refusal, ...]]:
    """Refusals of one claim payment by group and reason, in order: each is one denial to work."""
    groups: dict[tuple[str, str], tuple[Refusal, ...]] = {}
    for item in found:
        key = (item.group, item.reason)
        groups[key] = (*groups.get(key, ()), item)
    return groups


def paid_by_line(payment: Mapping[str, Any], content: ClaimContent) -> dict[int, int]:
    """Cents paid by our line number; a payment without lines is under 0."""
    if not payment["lines"]:
        return {0: payment["paid_cents"]}
    found: dict[int, int] = {}
    for number, line in _numbered(payment["lines"], content.lines):
        found[number] = found.get(number, 0) + line["paid_cents"]
    return found


def recovered(lines: Iterable[int], before: Mapping[int, int], after: Mapping[int, int]) -> int:
    """What a later decision pays more for the denied lines; line 0 means the whole claim."""
    numbers = set(lines)
    if 0 in numbers or 0 in after:
        return max(0, sum(after.values()) - sum(before.values()))
    return sum(max(0, after.get(number, 0) - before.get(number, 0)) for number in numbers)

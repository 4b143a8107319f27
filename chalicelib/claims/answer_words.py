"""What 999, 277CA and 277 codes mean, in plain words: what is wrong, at which element, what to do. No values: they may be PHI."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.codes import claim_status
from chalicelib.x12 import ClaimStatus, SegmentError, StatusCode

REJECTING = frozenset(("A3", "A4", "A6", "A7", "A8"))
ACCEPTING = frozenset(("A2", "A5"))

# IK304 and IK403 (X231A1), own words.
_SEGMENT = {
    "1": "is not known", "2": "stands where nobody expects it", "3": "is missing", "4": "repeats its loop too often",
    "5": "repeats too often", "6": "is not part of this set", "7": "stands in the wrong order", "8": "has a wrong element",
    "I4": "is not used here", "I6": "depends on another segment", "I7": "has too few in its loop", "I8": "is of another guide",
    "I9": "depends on what is said elsewhere",
}  # fmt: skip
_ELEMENT = {
    "1": "is missing", "2": "is missing beside another", "3": "is one too many", "4": "is too short", "5": "is too long",
    "6": "holds a character that is not allowed", "7": "holds a code that is not allowed", "8": "is no date",
    "9": "is no time", "10": "may not stand beside another", "12": "repeats too often", "13": "has too many components",
    "I6": "depends on another element", "I9": "depends on what is said elsewhere", "I10": "is not used here",
    "I11": "has a wrong length", "I12": "does not have the form it must have", "I13": "is not of the kind it must be",
}  # fmt: skip


def kind_of(item: ClaimStatus) -> str:
    """accepted, rejected or acknowledged; any rejecting category among the claim's own decides."""
    categories = {item.category, *(code.category for code in item.further)}
    if categories & REJECTING:
        return "rejected"
    return "accepted" if categories & ACCEPTING else "acknowledged"


def status_words(item: ClaimStatus) -> str:
    """'Rejected by the payer: A3 returned as unprocessable; 164 member id not found (IL insured); line 97530: … To do: …'"""
    lead = {"rejected": "Rejected by the payer", "accepted": "Accepted by the payer"}.get(kind_of(item), "Received")
    first = StatusCode(item.category, item.status, item.entity)
    said = [code_words((first, *item.further))]
    said += [f"line {line.procedure}: {code_words(line.statuses)}" for line in item.lines if line.statuses]
    todo = _next(first, item.further) if kind_of(item) == "rejected" else ""
    return f"{lead}: " + "; ".join(said) + todo


def code_words(codes: Iterable[StatusCode]) -> str:
    """Each code once, with what it means."""
    parts: list[str] = []
    for code in codes:
        entity = f" ({code.entity} {_meaning('entity', code.entity)})" if code.entity else ""
        parts += [f"{code.category} {_meaning('category', code.category)}"] if code.category else []
        parts += [f"{code.status} {_meaning('status', code.status)}{entity}"] if code.status else []
    return "; ".join(dict.fromkeys(parts))


def _next(first: StatusCode, further: tuple[StatusCode, ...]) -> str:
    for code in (first, *further):
        known = claim_status.get(code.category, "category")
        if known is not None and known.next_action and code.category in REJECTING:
            return f". To do: {known.next_action}"
    return ""


def _meaning(kind: str, code: str) -> str:
    found = claim_status.get(code, kind)
    return found.meaning if found else "(a code not in our list)"


def error_words(errors: Iterable[SegmentError]) -> str:
    """'NM1 in loop 2010BA is missing; SV1 number 31: element 2 is too long'; the first three of them."""
    listed = list(errors)
    said = [_one(error) for error in listed[:3]]
    return "; ".join(said) + (f"; and {len(listed) - 3} more" if len(listed) > 3 else "")


def _one(error: SegmentError) -> str:
    where = f"segment {error.segment} number {error.position}" + (f" in loop {error.loop}" if error.loop else "")
    if not error.elements:
        return f"{where} {_SEGMENT.get(error.code, f'has error {error.code}')}"
    told = (
        f"element {item.element}{f'-{item.component}' if item.component else ''} "
        f"{_ELEMENT.get(item.code, f'has error {item.code}')}"
        for item in error.elements
    )
    return f"{where}: " + ", ".join(told)

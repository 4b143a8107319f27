"""The proof of a claim, kept in the event that gives the claim its content, and computed again from there.

    coding   the day's documented minutes under the plan, and the units and modifiers they earned
    pricing  the lines of the patient's day with this plan, what Medicare's schedule allows for each, which are this claim's
    rules    the same minutes by the other unit rule, where it counts otherwise, with the dollars between

It names codes, minutes, units, cents, our and the practice's visit numbers and table versions: no more of a patient than the
claim beside it. A large day is packed, since an item holds at most 400 KB.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.claims.drafting import Draft
from chalicelib.claims.expected import charged, day_lines, price_day
from chalicelib.claims.model import ClaimContent
from chalicelib.codes.settings import RateUnknown
from chalicelib.therapy.comparison import compare_day
from chalicelib.therapy.pricing import Terms
from chalicelib.therapy.proof import (
    DayCoding,
    ProofError,
    charges_given,
    coding_proof,
    day_of,
    pricing_proof,
    replay,
    terms_of,
)

MOST_SERVICES = 100  # of a day, before its proof is packed
_MOST_BYTES = 4_000_000  # unpacked; a day of 5,000 lines has 2 MB
Proof = dict[str, Any]


def prove(draft: Draft) -> Proof:
    """The proof of a draft that was coded just now; {} for one that was not."""
    day = draft.coding
    if day is None:
        return {}
    pricing, terms = _pricing(draft)
    found = {"coding": coding_proof(day), "pricing": pricing, "rules": _rules(day, terms)}
    return _packed(found) if len(day.services) > MOST_SERVICES else found


def _pricing(draft: Draft) -> tuple[Proof, Terms | None]:
    """Where no rate is known, what would have been priced, and why not."""
    try:
        priced = price_day(draft.content, draft.beside)
    except RateUnknown as error:
        lines, first, last = day_lines(draft.content, draft.beside)
        return {"unknown": str(error), "given": {"lines": charges_given(lines)}, "own": [first, last]}, None
    proof = pricing_proof(priced.given, priced.terms, priced.lines)
    return {**proof, "locality": priced.locality, "own": [priced.first, priced.last]}, priced.terms


def _rules(day: DayCoding, terms: Terms | None) -> Proof:
    """Units and cents by both unit rules, the cents without the charges, which the other rule would change too. Where the rules
    agree, that there is nothing between them; where no rate is known, the units alone."""
    told: Proof = {"rule": day.coded.rule.value, "units": day.coded.total_units}
    if not day.coded.other_rule_units:
        return {**told, "difference_cents": 0}
    try:
        return compare_day(day, terms).told() if terms else {**told, "other_units": dict(day.coded.other_rule_units)}
    except RateUnknown:
        return {**told, "other_units": dict(day.coded.other_rule_units)}


def _packed(proof: Proof) -> Proof:
    text = json.dumps(proof, separators=(",", ":")).encode()
    return {"packed": base64.b64encode(zlib.compress(text)).decode()}


def unpacked(stored: Mapping[str, Any]) -> Proof:
    """A proof as it was made. ProofError for what is none."""
    if "packed" not in stored:
        return dict(stored)
    try:
        reader = zlib.decompressobj()
        text = reader.decompress(base64.b64decode(stored["packed"], validate=True), _MOST_BYTES)
        found = json.loads(text)
    except (ValueError, TypeError, zlib.error):
        raise ProofError("the packed proof does not open") from None
    if not isinstance(found, dict):
        raise ProofError("the packed proof is none")
    return found


def tables_of(proof: Proof) -> dict[str, str]:
    """Versions of the tables it stands on, by name."""
    return {name: version for part in ("coding", "pricing") for name, version in proof[part].get("tables", {}).items()}


def differences(proof: Proof, content: ClaimContent) -> list[str]:
    """What computing a proof again, with the tables in use, gives otherwise; and where the claim is not what the proof says."""
    try:
        return [*_again("coding", proof), *_again("pricing", proof), *_again_rules(proof), *_beside(proof, content)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ProofError):
            raise
        raise ProofError("not a proof of this system") from None


def _again(part: str, proof: Proof) -> Iterator[str]:
    stored = proof[part]
    if "unknown" in stored:
        return
    for told in replay(stored).differences:
        yield f"{part}: {told}"


def _again_rules(proof: Proof) -> Iterator[str]:
    terms = terms_of(proof["pricing"]) if "unknown" not in proof["pricing"] else None
    now = _rules(day_of(proof["coding"]), terms)
    if now != proof["rules"]:
        yield f"rules: {proof['rules']} -> {now}"


def _beside(proof: Proof, content: ClaimContent) -> Iterator[str]:
    """The claim beside its proof: its lines are the priced ones, and the day's are what coding gave."""
    if tuple(content.explanation) != (made := day_of(proof["coding"]).coded.explanation):
        yield f"explanation: {list(content.explanation)} -> {list(made)}"
    pricing = proof["pricing"]
    first, last = pricing["own"]
    lines = [(item["code"], item["units"], tuple(item.get("modifiers", ())), item.get("charge_cents"))
             for item in pricing["given"]["lines"]]  # fmt: skip
    claimed = [(line.code, line.units, line.modifiers, line.charge_cents) for line in charged(content)]
    if lines[first:last] != claimed:
        yield f"claim: priced {lines[first:last]} -> billed {claimed}"
    priced, coded = Counter[object](), Counter[object]()
    for code, units, modifiers, _ in lines:
        priced[code, modifiers] += units
    for item in proof["coding"]["result"]["lines"]:
        coded[item["code"], tuple(item.get("modifiers", ()))] += item["units"]
    if priced != coded:
        yield f"day: coded {sorted(coded.items(), key=str)} -> priced {sorted(priced.items(), key=str)}"

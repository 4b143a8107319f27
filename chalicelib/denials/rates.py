"""What this practice was paid for a code by a payer before: from its newest checks, bounded."""

from __future__ import annotations

from itertools import islice

from chalicelib.claims.records import find_claims
from chalicelib.denials.expected import Rate
from chalicelib.remittance import records
from chalicelib.remittance.model import ClaimPart

CHECKS = 25
"""How many of the newest checks are looked at."""


def rates() -> dict[tuple[str, str], Rate]:
    """Cents paid and units by payer id and code, over lines that were paid; under code '' cents paid and charged of them all."""
    parts = [
        part
        for check in islice(records.every_check(), CHECKS)
        for part in records.parts(check.remittance_id)
        if part.outcome == "posted" and part.payment["paid_cents"] > 0
    ]
    claims = find_claims({part.claim_id for part in parts})
    found: dict[tuple[str, str], Rate] = {}
    for part in parts:
        stored = claims.get(part.claim_id)
        if stored is not None:
            _count(found, part, stored.claim.content.coverage.payer_id)
    return found


def _count(found: dict[tuple[str, str], Rate], part: ClaimPart, payer_id: str) -> None:
    for line in part.payment["lines"]:
        units = int(float(line["units"]))
        if line["paid_cents"] > 0 and units > 0:
            for key, over in (((payer_id, line["procedure"]), units), ((payer_id, ""), line["charge_cents"])):
                so_far = found.get(key, Rate(0, 0, 0))
                found[key] = Rate(so_far.paid_cents + line["paid_cents"], so_far.units + over, so_far.lines + 1)

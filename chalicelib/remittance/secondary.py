"""What is new in a secondary payer's answer. Pure.

A secondary payer shows what was paid and adjusted before it as OA-23 (X12 RFI 2806). Two ways are met: OA-23 holds the
primary's payment and adjustments, and its own adjustments are all new; or OA-23 holds the primary's payment alone, and
the primary's adjustments are repeated beside it. Anything else does not explain the claim, and a person looks: nothing
is made to fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from chalicelib.remittance.split import PRIOR_PAYER, Shares


def explain_secondary(
    shares: Shares,
    adjustments: Iterable[tuple[str, str, int]],
    left_cents: int,
    before_adjusted: Mapping[str, int],
    before_paid_cents: int,
) -> dict[str, int] | None:
    """The adjustments that are new, by account; None when the answer does not add up to what the primary left."""
    prior = sum(amount for _, reason, amount in adjustments if reason == PRIOR_PAYER)
    own = Counter({name: amount for name, amount in shares.adjusted.items() if not name.endswith(f"-{PRIOR_PAYER}")})
    rest = left_cents - shares.paid_cents - shares.share_cents - shares.denied_cents
    if sum(own.values()) == rest:
        return {name: amount for name, amount in own.items() if amount}
    if prior != before_paid_cents:
        return None
    own.subtract(before_adjusted)
    if sum(own.values()) != rest or min(own.values(), default=0) < 0:
        return None
    return {name: amount for name, amount in own.items() if amount}

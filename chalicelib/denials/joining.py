"""Joining denied claims for a Medicare hearing or court, whose least amount none of them may reach alone (42 CFR 405.1006).

The amount in controversy of a claim is what was charged and is still in dispute, less the coinsurance that may be collected for
it (405.1006(d)(1)); coinsurance is known where the fee schedule prices the lines. One appellant, here the practice, may join
claims that were all reconsidered, in a request that lists all of them, in time for all of them (so by the earliest of their
days), and says why their services are similar or related (405.1006(a)(2), (e)); whether they are is the adjudicator's to decide.
Least amounts are dated settings (`codes/data/thresholds.csv`).
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.claims.records import get_claim
from chalicelib.codes.settings import RateUnknown
from chalicelib.denials import appeals, clocks, records
from chalicelib.denials.appeal import Appeal, Joined, JoinedClaim
from chalicelib.denials.controversy import controversy_cents
from chalicelib.denials.model import Denial
from chalicelib.money import dollars
from chalicelib.platform.errors import Misuse, Refused
from chalicelib.tenancy import require

MOST = 50
HEARING = 3


def join(
    denial_ids: Sequence[str],
    why: str,
    *,
    argument: str = "",
    statement: str = "",
    recipient: str = "",
    good_cause: str = "",
) -> tuple[Appeal, ...]:
    """Draft the hearing of several denials as one request: an appeal for each claim, every one lists all. Again it is the same.

    Misuse JOIN_ALONE, JOIN_WHY. Refused NOT_JOINABLE (not Medicare's hearing or court, or not all at one level),
    NOT_RECONSIDERED, DEADLINE_PASSED, AMOUNT_TOO_SMALL with the sum, and what `appeals.draft` refuses of any one: then none is.
    """
    require("appeals.draft")
    keys = tuple(dict.fromkeys(denial_ids))
    if not 1 < len(keys) <= MOST:
        raise Misuse("JOIN_ALONE", f"two to {MOST} different denials are joined")
    if not why.strip():
        raise Misuse("JOIN_WHY", "a joined request says why the services are similar or related", where="why")
    denials = [records.get(key) for key in keys]
    level = _one_level(denials)
    for denial in denials:
        appeals.check_appealable(denial, "appeal")
        _check_reconsidered(denial, level)
    due = min(day for denial in denials if (day := clocks.deadline(level, appeals.notice_on(denial))))
    claims = [get_claim(denial.claim_id).claim for denial in denials]
    listed = tuple(
        JoinedClaim(
            denial_id=denial.denial_id,
            claim_id=denial.claim_id,
            number=claim.latest.patient_control_number if claim.latest else "",
            date_of_service=denial.date_of_service,
            amount_cents=controversy_cents(denial, claim.content),
        )
        for denial, claim in zip(denials, claims, strict=True)
    )
    joined = Joined(claims=listed, why=why.strip()[:1000], due=due)
    _check_sum(level, joined)
    return tuple(
        appeals.draft(
            denial.denial_id,
            argument=argument,
            statement=statement,
            recipient=recipient,
            good_cause=good_cause,
            joined=joined,
        )
        for denial in denials
    )


def _one_level(denials: Sequence[Denial]) -> clocks.Level:
    numbers = {appeals.next_level(denial) for denial in denials}
    level = clocks.level(None, "medicare", numbers.pop()) if len(numbers) == 1 else None
    medicare = all(denial.line_of_business == "medicare" for denial in denials)
    if level is None or not medicare or not level.least:
        raise Refused(
            "NOT_JOINABLE",
            "only Medicare's hearing and court need an amount, and all joined claims stand before the same one",
            fix="appeal them one by one",
        )
    return level


def _check_reconsidered(denial: Denial, level: clocks.Level) -> None:
    """A request that was dismissed was not decided (405.1006(e)(1)(i))."""
    last = max(appeals.decided(denial), key=lambda item: item.level, default=None)
    if last is None or last.outcome is None or last.outcome.result == "dismissed" or last.level != level.number - 1:
        raise Refused("NOT_RECONSIDERED", "one of them was not decided at the level before", where=denial.denial_id)


def _check_sum(level: clocks.Level, joined: Joined) -> None:
    try:
        least = clocks.least_cents(level, appeals.today())
    except RateUnknown:
        raise Refused("AMOUNT_UNKNOWN", "this year's amount in controversy is not on record") from None
    if joined.total_cents < least:
        raise Refused(
            "AMOUNT_TOO_SMALL",
            f"a {level.name} needs ${dollars(least)} in dispute; joined they are ${dollars(joined.total_cents)}",
            fix="join further claims of like services, or end it here",
        )

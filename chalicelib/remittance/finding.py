"""Which of our claims a claim payment is about.

patient_control_number   CLP01 is a number of ours, whole
truncated_number         CLP01 is the beginning of one number of ours (at least ten characters), and payer, date and
charge agree payer_control_number     CLP07 is the number this payer gave one claim of ours, and date and charge agree
(score)                  member, name, date, charge and codes only point at a claim: it is proposed to a person, never
posted

Whatever the ground: the check must come from the payer the claim was sent to, and CLP03 must be what was billed there,
or the sum of whole lines of it. Otherwise the payment waits, with the claim as a proposal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from chalicelib.claims.claim import Claim
from chalicelib.claims.model import ClaimContent
from chalicelib.remittance.book import Payer
from chalicelib.remittance.lines import LineMatch, match_lines
from chalicelib.remittance.model import Proposal
from chalicelib.remittance.payers import CheckPayer, same_payer
from chalicelib.x12 import ClaimPayment

SHORTEST_TRUNCATED = 10
LEAST_SCORE = 40
MOST_PROPOSALS = 3
THIRD_STATUS = frozenset(("3", "21"))
_SECONDARY_STATUS = frozenset(("2", "20"))

NO_SUCH_CLAIM = "NO_SUCH_CLAIM"
PAYER_DIFFERS = "PAYER_DIFFERS"
CHARGE_DIFFERS = "CHARGE_DIFFERS"


class Sent(Protocol):
    """A submission: what was billed under which number, to which payer level."""

    @property
    def claim_id(self) -> str: ...
    @property
    def sequence(self) -> str: ...
    @property
    def content(self) -> ClaimContent: ...


@dataclass(frozen=True, slots=True)
class Found:
    """`reason` is empty when the payment may be posted to `claim_id`; else why a person has to look.

    `third` is an answer of the third payer; `borrowed` one that came under an earlier payer's number, because the payer before
    passed the claim on itself.
    """

    claim_id: str = ""
    how: str = ""
    payer: Payer = "primary"
    lines: tuple[LineMatch, ...] = ()
    reason: str = ""
    proposals: tuple[Proposal, ...] = field(default=())
    third: bool = False
    borrowed: bool = False


def clean(number: str) -> str:
    """A control number as payers bend it: case, blanks and punctuation."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def service_date(payment: ClaimPayment) -> date | None:
    """CLP's date of service, else the first of its lines'."""
    return payment.service_from or min((line.date for line in payment.lines if line.date), default=None)


def judge(
    payment: ClaimPayment, claim: Claim, content: ClaimContent, sequence: str, check: CheckPayer, how: str
) -> Found:
    """Whether a claim found on some ground may take the payment: payer and charge are the further witnesses."""
    lines = match_lines(payment.lines, content.lines, content.date_of_service)
    proposal = (Proposal(claim_id=claim.claim_id, score=score(payment, claim)[0], why=(how,)),)
    borrowed = third_answers(payment, content, sequence, check)
    payer: Payer | None = "secondary" if borrowed else payer_level(payment, content, sequence, check)
    if payer is None:
        return Found(how=how, reason=PAYER_DIFFERS, proposals=proposal)
    if not charge_agrees(payment, content, lines):
        return Found(how=how, payer=payer, reason=CHARGE_DIFFERS, proposals=proposal)
    return Found(claim.claim_id, how, payer, lines, third=borrowed or sequence == "T", borrowed=borrowed)


def payer_level(payment: ClaimPayment, content: ClaimContent, sequence: str, check: CheckPayer) -> Payer | None:
    """Which of the claim's payers sent the check; None when it is from neither."""
    first = same_payer(check, content.coverage.payer_id, (content.payer_name,))
    second = content.secondary is not None and same_payer(check, content.secondary.payer_id, ())
    if first and second:
        return "secondary" if payment.status_code in _SECONDARY_STATUS or sequence != "P" else "primary"
    if first:  # what was sent to a later payer names that payer as its own
        return "primary" if sequence == "P" else "secondary"
    return "secondary" if second else None


def third_answers(payment: ClaimPayment, content: ClaimContent, sequence: str, check: CheckPayer) -> bool:
    """Whether the third payer answers under an earlier payer's number. Where it shares its id with one before it, CLP02 tells
    (3 processed as tertiary, 21 the same and passed on)."""
    third = content.tertiary if sequence == "P" else content.secondary if sequence == "S" else None
    if third is None or not same_payer(check, third.payer_id, ()):
        return False
    before = same_payer(check, content.coverage.payer_id, (content.payer_name,))
    if sequence == "P" and content.secondary is not None:
        before = before or same_payer(check, content.secondary.payer_id, ())
    return payment.status_code in THIRD_STATUS or not before


def charge_agrees(payment: ClaimPayment, content: ClaimContent, lines: Sequence[LineMatch]) -> bool:
    """CLP03 is the charge billed, or, where a payer splits a claim, that of whole lines of it."""
    charge = abs(payment.charge_cents)
    if charge == content.charge_cents:
        return True
    billed = {line.number: line.charge_cents for line in content.lines}
    numbers = {number for match in lines for number in match.numbers}
    every = all(match.numbers for match in lines)
    return bool(lines) and every and charge == sum(billed[number] for number in numbers)


def among(payment: ClaimPayment, claims: Iterable[Claim], check: CheckPayer) -> Found:
    """The claim a payment without a number of ours is about, among those of its payer and date."""
    known = list(claims)
    for how, same in (("truncated_number", _truncated), ("payer_control_number", _payers_number)):
        fitting = [claim for claim in known if same(payment, claim)]
        agreeing = [claim for claim in fitting if abs(payment.charge_cents) == claim.content.charge_cents]
        if len(agreeing) == 1 and _same_day(payment, agreeing[0]):
            return judge(payment, agreeing[0], agreeing[0].content, _level(agreeing[0]), check, how)
    return Found(reason=NO_SUCH_CLAIM, proposals=proposals(payment, known))


def _level(claim: Claim) -> str:
    return claim.latest.sequence if claim.latest else "P"


def _numbers(claim: Claim) -> list[str]:
    return [item.patient_control_number for item in claim.submissions]


def _truncated(payment: ClaimPayment, claim: Claim) -> bool:
    number = clean(payment.patient_control_number)
    return len(number) >= SHORTEST_TRUNCATED and any(sent.startswith(number) for sent in _numbers(claim))


def _payers_number(payment: ClaimPayment, claim: Claim) -> bool:
    number = clean(payment.payer_control_number)
    return bool(number) and number == clean(claim.payer_control_number)


def _same_day(payment: ClaimPayment, claim: Claim) -> bool:
    return service_date(payment) in (None, claim.content.date_of_service)


def proposals(payment: ClaimPayment, claims: Iterable[Claim]) -> tuple[Proposal, ...]:
    """The claims it may be, best first; nothing is posted to them without a person."""
    scored = [(score(payment, claim), claim) for claim in claims if claim.submissions]
    best = sorted(
        (item for item in scored if item[0][0] >= LEAST_SCORE), key=lambda item: (-item[0][0], item[1].claim_id)
    )
    return tuple(
        Proposal(claim_id=claim.claim_id, score=points, why=why) for (points, why), claim in best[:MOST_PROPOSALS]
    )


def score(payment: ClaimPayment, claim: Claim) -> tuple[int, tuple[str, ...]]:
    """0 to 100, and the evidence. Weights are ours: no payer sends two claims of a member with one date, charge and
    codes often.
    """
    content = claim.content
    members = {clean(one.member_id) for one in (content.coverage, content.secondary) if one is not None}
    evidence = (
        (_truncated(payment, claim) or clean(payment.patient_control_number) in _numbers(claim), 35, "our number"),
        (_payers_number(payment, claim), 25, "the payer's number"),
        (clean(payment.patient.member_id) in members - {""}, 25, "member id"),
        (_name(payment.patient.last_name) == _name(content.patient.last_name), 10, "last name"),
        (service_date(payment) == content.date_of_service, 20, "date of service"),
        (abs(payment.charge_cents) == content.charge_cents, 20, "charge"),
        (_codes(payment) == Counter(line.cpt for line in content.lines), 15, "codes"),
    )
    points = sum(weight for holds, weight, _ in evidence if holds)
    return min(points, 100), tuple(words for holds, _, words in evidence if holds)


def _name(name: str) -> str:
    return re.sub(r"[^A-Z]", "", name.upper()) or "?"


def _codes(payment: ClaimPayment) -> Counter[str]:
    return Counter((line.original_procedure or line.procedure).upper() for line in payment.lines)

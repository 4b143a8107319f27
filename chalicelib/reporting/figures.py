"""What one claim, visit or task counts for in a practice's figures: numbers by name, which simply add up.

claims, submitted, accepted, paid, denied, visits, visits_incomplete        counts of records
status|<status>                                                             claims by where they are
money|<amount>                                                              cents of all claims
payer|<id>|<name>|claims|<amount>                                           the same by payer
wait|<status>|<owner>|<deadline>, waitc|…                                   claims somebody has to move: count and cents
held|<finding>, heldc|<finding>                                             claims it holds: count and cents
task|<kind>|<owner>|<due>, taskc|…                                          open tasks: count and cents
suspense                                                                    cents in suspense accounts
"""

from __future__ import annotations

from collections import Counter

from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import Status
from chalicelib.intake.records import StoredVisit
from chalicelib.ledger import ClaimBalance
from chalicelib.support.tasks import Task

Figures = Counter[str]
SEPARATOR = "\x1f"  # stands in no id, code or name
MONEY = ("charge_cents", "paid_cents", "adjusted_cents", "patient_cents", "open_cents")
WITH_PAYER = (Status.SUBMITTED, Status.ACKNOWLEDGED, Status.ACCEPTED, Status.REVERSED)
WAITING = (Status.HELD, Status.REJECTED, Status.DENIED, Status.PARTLY_DENIED, *WITH_PAYER)


def name(*parts: object) -> str:
    return SEPARATOR.join(map(str, parts))


def of_claim(claim: Claim | None, balance: ClaimBalance | None) -> Figures:
    """A withdrawn claim counts for the money of its balance only, which is none."""
    figures: Figures = Counter()
    for amount in MONEY:
        figures[name("money", amount)] = getattr(balance, amount) if balance else 0
    if claim is not None and claim.status is not Status.WITHDRAWN:
        _stages(figures, claim)
        _payer(figures, claim, balance)
        _waiting(figures, claim)
    return Counter({key: number for key, number in figures.items() if number})


def _stages(figures: Figures, claim: Claim) -> None:
    decided = claim.adjudication
    figures["claims"] = 1
    figures[name("status", claim.status)] = 1
    figures["submitted"] = int(bool(claim.submissions))
    figures["accepted"] = int(claim.accepted)
    figures["paid"] = int(bool(decided and decided.paid_cents > 0))
    figures["denied"] = int(bool(decided and decided.denied_cents > 0))


def _payer(figures: Figures, claim: Claim, balance: ClaimBalance | None) -> None:
    payer = ("payer", claim.content.coverage.payer_id, claim.content.payer_name)
    figures[name(*payer, "claims")] = 1
    for amount in MONEY:
        figures[name(*payer, amount)] = getattr(balance, amount) if balance else 0


def _waiting(figures: Figures, claim: Claim) -> None:
    if claim.status not in WAITING:
        return
    where = (claim.status, claim.owner, claim.deadline or "")
    figures[name("wait", *where)] = 1
    figures[name("waitc", *where)] = waiting_cents(claim)
    if claim.status is Status.HELD:
        for code in {finding.code for finding in claim.findings if finding.severity == "error"}:
            figures[name("held", code)] = 1
            figures[name("heldc", code)] = claim.content.charge_cents


def waiting_cents(claim: Claim) -> int:
    """What is at stake: the denied part once the payer decided, the whole charge before."""
    return claim.adjudication.denied_cents if claim.adjudication else claim.content.charge_cents


def of_visit(visit: StoredVisit) -> Figures:
    return +Counter({"visits": 1, "visits_incomplete": int(not visit.complete)})


def of_task(task: Task) -> Figures:
    if task.state != "open":
        return Counter()
    where = (task.kind, task.owner, task.due_on)
    return +Counter({name("task", *where): 1, name("taskc", *where): task.amount_cents})

"""Where a practice's money is, and what waits for whom. Every figure is read from claims, tasks and ledger accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from chalicelib import clock
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import Status
from chalicelib.claims.queries import every_claim
from chalicelib.intake.records import every_visit
from chalicelib.ledger import ClaimBalance
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.store import journal
from chalicelib.support.tasks import Task, open_tasks
from chalicelib.tenancy import current, require

_WITH_PAYER = (Status.SUBMITTED, Status.ACKNOWLEDGED, Status.ACCEPTED, Status.REVERSED)
_MONEY = ("charge_cents", "paid_cents", "adjusted_cents", "patient_cents", "open_cents")


class PayerLine(Model):
    """One payer's claims: charge = paid + adjusted + patient + open."""

    payer_id: str
    payer_name: str
    claims: int
    charge_cents: Cents
    paid_cents: Cents
    adjusted_cents: Cents
    patient_cents: Cents
    open_cents: Cents


class Reason(Model):
    """Why claims are held or denied: a code, how many claims, how much money."""

    code: str
    claims: int
    amount_cents: Cents


class Summary(Model):
    """`counts` has visits, claims, submitted, accepted, rejected, paid, denied, held, tasks and one entry per status.

    `balanced`: the ledger's proof holds and charge = paid + adjusted + patient + open, each read from its own accounts.
    """

    counts: dict[str, int]
    charge_cents: Cents
    paid_cents: Cents
    adjusted_cents: Cents
    patient_cents: Cents
    open_cents: Cents
    suspense_cents: Cents
    balanced: bool
    by_payer: tuple[PayerLine, ...]
    held: tuple[Reason, ...]


class Card(Model):
    """Something that waits: how many, how much, until when; `link_query` filters its list."""

    key: str
    title: str
    count: int
    amount_cents: Cents
    nearest_deadline: date | None
    link_query: str


def summary() -> Summary:
    """The current practice's figures."""
    require("report.summary")
    claims = [stored.claim for stored in every_claim()]
    balances = {balance.claim_id: balance for balance in journal.iter_balances()}
    proof = journal.verify()
    totals = _sum(balances.values())
    adds_up = totals["charge_cents"] == sum(totals[name] for name in _MONEY[1:])
    return Summary(
        counts=_counts(claims),
        **totals,
        suspense_cents=proof["suspense_cents"],
        balanced=bool(proof["balanced"]) and adds_up,
        by_payer=_by_payer(claims, balances),
        held=_held(claims),
    )


def _sum(balances: Iterable[ClaimBalance]) -> dict[str, int]:
    listed = list(balances)
    return {name: sum(getattr(balance, name) for balance in listed) for name in _MONEY}


def _counts(claims: Sequence[Claim]) -> dict[str, int]:
    visits = list(every_visit())
    counts = Counter(str(claim.status) for claim in claims)
    decided = [claim.adjudication for claim in claims if claim.adjudication]
    return {
        **dict(sorted(counts.items())),
        "visits": len(visits),
        "visits_incomplete": sum(1 for item in visits if not item.complete),
        "claims": len(claims),
        "held": counts[Status.HELD],
        "submitted": sum(1 for claim in claims if claim.submissions),
        "accepted": sum(1 for claim in claims if claim.accepted),
        "rejected": counts[Status.REJECTED],
        "paid": sum(1 for item in decided if item.paid_cents > 0),
        "denied": sum(1 for item in decided if item.denied_cents > 0),
        "tasks": len(open_tasks()),
    }


def _by_payer(claims: Sequence[Claim], balances: dict[str, ClaimBalance]) -> tuple[PayerLine, ...]:
    groups: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        groups.setdefault((claim.content.coverage.payer_id, claim.content.payer_name), []).append(claim)
    return tuple(
        PayerLine(
            payer_id=payer_id,
            payer_name=name,
            claims=len(group),
            **_sum(balances[claim.claim_id] for claim in group if claim.claim_id in balances),
        )
        for (payer_id, name), group in sorted(groups.items(), key=lambda item: item[0][1])
    )


def _held(claims: Iterable[Claim]) -> tuple[Reason, ...]:
    count: Counter[str] = Counter()
    amount: Counter[str] = Counter()
    for claim in claims:
        if claim.status is Status.HELD:
            for code in {finding.code for finding in claim.findings if finding.severity == "error"}:
                count[code] += 1
                amount[code] += claim.content.charge_cents
    ordered = sorted(count, key=lambda code: (-count[code], code))
    return tuple(Reason(code=code, claims=count[code], amount_cents=amount[code]) for code in ordered)


def attention() -> tuple[Card, ...]:
    """What waits, most urgent kinds first. A principal of the practice sees what waits on the practice."""
    require("attention.show")
    claims = [stored.claim for stored in every_claim()]
    tasks = open_tasks()
    if current().principal.kind == "practice":
        claims = [claim for claim in claims if claim.owner == "practice"]
        tasks = [task for task in tasks if task.owner == "practice"]
    today = clock.today(current().tenant.timezone)
    silent = [claim for claim in claims if claim.status in _WITH_PAYER and claim.deadline and claim.deadline < today]
    money = [task for task in tasks if task.kind == "unmatched_payment"]
    return (
        _claims_card("rejected", "Rejected", claims, (Status.REJECTED,)),
        _claims_card("denied", "Denied", claims, (Status.DENIED, Status.PARTLY_DENIED)),
        _claims_card("held", "Held", claims, (Status.HELD,)),
        _card("no_response", "No response", silent, "status=submitted&status=acknowledged&status=accepted"),
        _tasks_card("unmatched", "Unmatched money", money, "tasks?kind=unmatched_payment"),
        _tasks_card("tasks", "Tasks", tasks, "tasks"),
    )


def _claims_card(key: str, title: str, claims: Iterable[Claim], statuses: tuple[Status, ...]) -> Card:
    found = [claim for claim in claims if claim.status in statuses]
    return _card(key, title, found, "&".join(f"status={status}" for status in statuses))


def _card(key: str, title: str, claims: Sequence[Claim], link: str) -> Card:
    deadlines = [claim.deadline for claim in claims if claim.deadline]
    return Card(
        key=key,
        title=title,
        count=len(claims),
        amount_cents=sum(_waiting_cents(claim) for claim in claims),
        nearest_deadline=min(deadlines, default=None),
        link_query=link,
    )


def _waiting_cents(claim: Claim) -> int:
    """What is at stake: the denied part once the payer decided, the whole charge before."""
    return claim.adjudication.denied_cents if claim.adjudication else claim.content.charge_cents


def _tasks_card(key: str, title: str, tasks: Sequence[Task], link: str) -> Card:
    return Card(
        key=key,
        title=title,
        count=len(tasks),
        amount_cents=sum(task.amount_cents for task in tasks),
        nearest_deadline=min((task.due_on for task in tasks), default=None),
        link_query=link,
    )

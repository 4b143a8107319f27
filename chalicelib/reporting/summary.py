"""Where a practice's money is, and what waits for whom: from figures kept up to date (`projection`), proved from the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from chalicelib import clock
from chalicelib.claims.model import Status
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.reporting import projection
from chalicelib.reporting.figures import MONEY, WITH_PAYER, Figures, name
from chalicelib.tenancy import current, require

_STEPS = ("visits", "visits_incomplete", "claims", "submitted", "accepted", "paid", "denied")


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
    """`counts` are steps of the way: visits, visits_incomplete, claims; submitted counts claims sent
    at least once; accepted, paid and denied go by the newest sending and the decision that stands, whatever the claim's status;
    held, rejected and tasks are what stands so now. `by_status` counts claims by where they are now, and no other word does.

    `balanced`: charge = paid + adjusted + patient + open, each read from its own accounts, and the last proof from the records
    found nothing (`proved_at`, '' = never made). `behind`: the newest changes are still being counted.
    """

    counts: dict[str, int]
    by_status: dict[str, int] = {}
    charge_cents: Cents
    paid_cents: Cents
    adjusted_cents: Cents
    patient_cents: Cents
    open_cents: Cents
    suspense_cents: Cents
    balanced: bool
    proved_at: str = ""
    behind: bool = False
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


def summary(most_changes: int | None = None) -> Summary:
    """The current practice's figures, with everything counted that changed, or at most so many changes (`behind` tells)."""
    require("report.summary")
    standing = projection.current_standing(most_changes)
    figures = standing.figures
    totals = {amount: figures[name("money", amount)] for amount in MONEY}
    adds_up = totals["charge_cents"] == sum(totals[amount] for amount in MONEY[1:])
    by_status = {parts[0]: number for parts, number in sorted(projection.named(figures, "status"))}
    return Summary(
        counts={
            **{step: figures[step] for step in _STEPS},
            "held": by_status.get(Status.HELD, 0),
            "rejected": by_status.get(Status.REJECTED, 0),
            "tasks": sum(number for _, number in projection.named(figures, "task")),
        },
        by_status=by_status,
        **totals,
        suspense_cents=figures["suspense"],
        balanced=adds_up and standing.proved,
        proved_at=standing.proved_at,
        behind=standing.behind,
        by_payer=_by_payer(figures),
        held=_held(figures),
    )


def _by_payer(figures: Figures) -> tuple[PayerLine, ...]:
    payers: dict[tuple[str, str], dict[str, int]] = {}
    for (payer_id, payer_name, what), number in projection.named(figures, "payer"):
        payers.setdefault((payer_id, payer_name), {})[what] = number
    return tuple(
        PayerLine(
            payer_id=payer_id,
            payer_name=payer_name,
            claims=found["claims"],
            **{amount: found.get(amount, 0) for amount in MONEY},
        )
        for (payer_id, payer_name), found in sorted(payers.items(), key=lambda item: item[0][1])
        if found.get("claims")
    )


def _held(figures: Figures) -> tuple[Reason, ...]:
    count = {parts[0]: number for parts, number in projection.named(figures, "held")}
    amount = Counter({parts[0]: number for parts, number in projection.named(figures, "heldc")})
    ordered = sorted(count, key=lambda code: (-count[code], code))
    return tuple(Reason(code=code, claims=count[code], amount_cents=amount[code]) for code in ordered)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Claims or tasks of one kind, owner and day: how many, how much."""

    kind: str
    owner: str
    on: date | None
    count: int
    cents: int


def attention(most_changes: int | None = None) -> tuple[Card, ...]:
    """What waits, most urgent kinds first. A principal of the practice sees what waits on the practice."""
    require("attention.show")
    figures = projection.current_standing(most_changes).figures
    claims, tasks = list(_waiting(figures, "wait")), list(_waiting(figures, "task"))
    if current().principal.kind == "practice":
        claims = [item for item in claims if item.owner == "practice"]
        tasks = [item for item in tasks if item.owner == "practice"]
    today = clock.today(current().tenant.timezone)
    silent = [item for item in claims if item.kind in WITH_PAYER and item.on and item.on < today]
    money = [item for item in tasks if item.kind == "unmatched_payment"]
    return (
        _claims_card("rejected", "Rejected", claims, (Status.REJECTED,)),
        _claims_card("denied", "Denied", claims, (Status.DENIED, Status.PARTLY_DENIED)),
        _claims_card("held", "Held", claims, (Status.HELD,)),
        _card("no_response", "No response", silent, "status=submitted&status=acknowledged&status=accepted"),
        _card("unmatched", "Unmatched money", money, "tasks?kind=unmatched_payment"),
        _card("tasks", "Tasks", tasks, "tasks"),
    )


def _waiting(figures: Figures, beginning: str) -> Iterator[_Waiting]:
    for (kind, owner, on), count in projection.named(figures, beginning):
        cents = figures[name(f"{beginning}c", kind, owner, on)]
        yield _Waiting(kind, owner, date.fromisoformat(on) if on else None, count, cents)


def _claims_card(key: str, title: str, waiting: Iterable[_Waiting], statuses: tuple[Status, ...]) -> Card:
    found = [item for item in waiting if item.kind in statuses]
    return _card(key, title, found, "&".join(f"status={status}" for status in statuses))


def _card(key: str, title: str, waiting: list[_Waiting], link: str) -> Card:
    return Card(
        key=key,
        title=title,
        count=sum(item.count for item in waiting),
        amount_cents=sum(item.cents for item in waiting),
        nearest_deadline=min((item.on for item in waiting if item.on), default=None),
        link_query=link,
    )

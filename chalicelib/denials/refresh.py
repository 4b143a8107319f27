"""Take in what posting left: new denials from the outbox, and what became of those being worked. Run it again: nothing changes.

Posting emits `LineDenied` in its own transaction and knows nothing of denials. Here each claim is one transaction: its new
denials, its settled ones, the events taken out of the outbox and the task posting left are written together or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any

from chalicelib import clock, store
from chalicelib.claims.beside import claims_beside
from chalicelib.claims.claim import Claim
from chalicelib.claims.model import ClaimContent
from chalicelib.claims.records import StoredClaim, claim_events, find_claims
from chalicelib.denials import categories, clocks, expected, records
from chalicelib.denials.counts import project
from chalicelib.denials.model import Denial
from chalicelib.denials.plans import plan_for
from chalicelib.denials.rates import rates
from chalicelib.denials.rules import Decision, Refusal, by_reason, decisions, refusals
from chalicelib.denials.standing import Standing, stand
from chalicelib.intake.model import Coverage
from chalicelib.platform.errors import Conflict
from chalicelib.platform.model import Model
from chalicelib.remittance.records import find_check
from chalicelib.remittance.split import PATIENT_REASONS
from chalicelib.store import outbox
from chalicelib.support import tasks
from chalicelib.tenancy import current, require

_BEHIND = ("DENIALS", "COUNTS_BEHIND")
"""There while a change is not in the counts other practices' staff see: those lie in another table, so after the commit."""


class Refreshed(Model):
    """What a refresh did; counts are denials."""

    found: int = 0
    resolved: int = 0
    changed: int = 0
    claims: int = 0


class _Desk:
    """What one refresh shares between claims, read once and only when something new came."""

    def __init__(self) -> None:
        self.plan = cache(plan_for)
        self.today = clock.today(current().tenant.timezone)
        self._rates: expected.Rates | None = None
        self._paid_on: dict[str, date] = {}

    @property
    def rates(self) -> expected.Rates:
        if self._rates is None:
            self._rates = rates()
        return self._rates

    def paid_on(self, remittance_id: str) -> date:
        if remittance_id not in self._paid_on:
            check = find_check(remittance_id)
            self._paid_on[remittance_id] = (check.paid_on if check else None) or self.today
        return self._paid_on[remittance_id]


def refresh() -> Refreshed:
    """Bring the current practice's denials up to date with its posted payments and its claims."""
    require("denials.refresh")
    told: dict[str, list[outbox.OutboxEvent]] = {}
    for event in outbox.waiting("LineDenied"):
        told.setdefault(str(event.data["claim"]), []).append(event)
    watched: dict[str, list[Denial]] = {}
    for denial in records.open_denials():
        watched.setdefault(denial.claim_id, []).append(denial)
    claims = find_claims([*told, *sorted(watched.keys() - told.keys())])
    due = [item for key, item in claims.items() if key in told or not _seen(item, watched[key])]
    total = Refreshed()
    if due:
        desk = _Desk()
        for stored in due:
            total = _sum(total, _claim(stored, told.get(stored.claim.claim_id, []), desk))
    if behind := store.get(*_BEHIND):
        project()
        _caught_up(behind)
    return total


def _caught_up(behind: store.Record) -> None:
    try:
        with store.unit_of_work() as uow:
            uow.delete(behind)
            uow.commit()
    except Conflict:
        pass  # a claim was taken in meanwhile: the next refresh counts it


def refresh_claim(claim_id: str) -> Refreshed:
    """The same for one claim, right after something was done to it."""
    found = find_claims([claim_id]).get(claim_id)
    return _claim(found, (), _Desk()) if found else Refreshed()


def _seen(stored: StoredClaim, denials: Iterable[Denial]) -> bool:
    """Whether nothing can have changed: no event of the claim since the last look, no question to the practice."""
    return all(item.seen == stored.claim.sequence and item.state != "asked" for item in denials)


def _sum(one: Refreshed, other: Refreshed) -> Refreshed:
    return Refreshed(**{name: getattr(one, name) + getattr(other, name) for name in Refreshed.model_fields})


def _claim(stored: StoredClaim, told: Sequence[outbox.OutboxEvent], desk: _Desk) -> Refreshed:
    """One claim in one transaction. Somebody else at the same claim just now: the next refresh takes it."""
    claim = stored.claim
    events = claim_events(claim.claim_id)
    refused = {
        records.denial_id(claim.claim_id, made.remittance_id, made.part, group[0].group, group[0].reason): (made, group)
        for made in decisions(events)
        for group in (*_grouped(made, claim), *_protected(made, told))
    }
    known = {item.denial_id: item for item in records.of_claim(claim.claim_id)} | records.find(refused)
    tally = Counter[str]()
    with store.unit_of_work() as uow:
        for key in [*refused, *(known.keys() - refused.keys())]:
            fact = known[key] if key in known else _inherit(_denial(claim, *refused[key], desk), known.values())
            tally[_settle(uow, fact, stand(fact, claim, events), claim.sequence)] += 1
        if not told and set(tally) <= {"same"}:
            return Refreshed()
        for event in told:
            outbox.settle(uow, event)
        if told:
            _close_tasks(uow, claim.claim_id, decisions(events))
        uow.put(store.Record(*_BEHIND, "denial_counts_behind", {"since": clock.instant_text(clock.now())}))
        uow.audit("denials.refreshed", f"CLM#{claim.claim_id}", ("denials",))
        try:
            uow.commit()
        except Conflict:
            return Refreshed()
    return Refreshed(found=tally["found"], resolved=tally["resolved"], changed=tally["changed"], claims=1)


def _settle(uow: store.UnitOfWork, denial: Denial, standing: Standing, sequence: int) -> str:
    """Write one denial where something is new; says what was new."""
    changes, words = _follow(denial, standing)
    after = denial.model_copy(update={**changes, "seen": sequence})
    if denial.version == 0:
        records.write(uow, after, "found", " ".join(filter(None, ("Found in a posted payment.", words))))
        return "found"
    if changes:
        records.write(uow, after, "settled", words)
        return "resolved" if after.state == "resolved" else "changed"
    if after == denial:
        return "same"
    uow.replace(records.denial_record(after))
    return "looked"


def _grouped(made: Decision, claim: Claim) -> Iterable[tuple[Refusal, ...]]:
    return by_reason(refusals(made.payment, claim.content)).values()


def _protected(made: Decision, told: Iterable[outbox.OutboxEvent]) -> Iterable[tuple[Refusal, ...]]:
    """A deductible, coinsurance or copay that posting may not pass on to the patient (a QMB): somebody has to decide on it."""
    for event in told:
        here = (event.data.get("remittance"), event.data.get("sequence")) == (made.remittance_id, made.part)
        for item in event.data["denials"] if here and event.data.get("patient_protected") else ():
            if item["group"] == "PR" and item["reason"] in PATIENT_REASONS:
                amount = item["amount_cents"]
                yield (Refusal("PR", item["reason"], 0, "", (), "", made.payment["charge_cents"], amount, None, ()),)


def _coverage(made: Decision, content: ClaimContent) -> Coverage:
    return content.secondary if not made.first_payer and content.secondary else content.coverage


def _denial(claim: Claim, made: Decision, refused: Sequence[Refusal], desk: _Desk) -> Denial:
    """The facts of one denial."""
    first, content = refused[0], claim.content
    cover = _coverage(made, content)
    remarks = tuple(dict.fromkeys(code for item in refused for code in item.remarks))
    found = categories.category(first.group, first.reason, remarks)
    plan = desk.plan(cover.payer_id, cover.line_of_business, content.date_of_service)
    decided_on = desk.paid_on(made.remittance_id)
    due, why = clocks.first_deadline(
        plan,
        cover.line_of_business,
        decided_on,
        content.date_of_service,
        unprocessable=categories.UNPROCESSABLE in remarks,
    )
    beside = claims_beside(content) if content.coverage.line_of_business == "medicare" else ()
    lines = expected.denied_lines(refused, content, cover.payer_id, desk.rates, beside)
    return Denial(
        denial_id=records.denial_id(claim.claim_id, made.remittance_id, made.part, first.group, first.reason),
        claim_id=claim.claim_id,
        remittance_id=made.remittance_id,
        part=made.part,
        decision=made.event,
        payer_id=cover.payer_id,
        payer_name=content.payer_name if made.first_payer else (plan.name if plan else cover.payer_id),
        line_of_business=cover.line_of_business,
        group=first.group,
        carc=first.reason,
        remarks=remarks,
        category=found.code,
        appealable=categories.appealable(first.reason, remarks, found),
        lines=lines,
        amount_cents=sum(line.amount_cents for line in lines),
        expected_cents=sum(line.expected_cents for line in lines),
        date_of_service=content.date_of_service,
        decided_on=decided_on,
        deadline=due,
        deadline_words=why,
        opened_on=desk.today,
    )


def _inherit(fact: Denial, known: Iterable[Denial]) -> Denial:
    """Denied again: whoever worked the first denial has the second one."""
    before = [item for item in known if item.decision < fact.decision and item.assigned_to]
    return fact.model_copy(update={"assigned_to": before[-1].assigned_to}) if before else fact


def _follow(denial: Denial, standing: Standing) -> tuple[dict[str, Any], str]:
    """What the claim's events change about a denial, and the words; nothing where it stands as it stood."""
    changes: dict[str, Any] = {}
    words = standing.words
    if standing.resolution:
        changes = {
            "state": "resolved",
            "resolution": standing.resolution,
            "resolved_on": standing.on,
            "recovered_cents": standing.recovered_cents,
            "snoozed_until": None,
        }
    elif denial.state == "resolved":
        return {}, ""  # settled by a person's act
    elif standing.waiting:
        changes = {"state": "waiting"}
    elif denial.state == "waiting" and not denial.appeal_id:
        changes, words = {"state": "open"}, "It is ours again: nothing of it is with the payer"
    elif denial.state == "asked" and _answered(denial.task_id):
        changes, words = {"state": "open", "task_id": ""}, "The practice has answered"
    return {name: value for name, value in changes.items() if getattr(denial, name) != value}, words


def _answered(task_id: str) -> bool:
    found = tasks.find_task(task_id) if task_id else None
    return found is None or found.state == "done"


def _close_tasks(uow: store.UnitOfWork, claim_id: str, made: Iterable[Decision]) -> None:
    """The queue takes over from the task posting opened."""
    for key in dict.fromkeys(
        decision.key for decision in made
    ):  # one payment may be matched, taken out and matched again
        tasks.close_in(uow, "denied", claim_id, key)

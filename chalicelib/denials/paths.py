"""The ways out of a denial, built on claims and exchange. What cannot be done for it now is not offered, and says why.

correct      the claim from its visits as they are now, as the payer wants corrections (7, a new claim, a reopening)
document     a PDF behind the claim, for the next packet
records      the records a payer asked for, as a packet
appeal       the next level
next_payer   the next payer's claim
write_off    give the amount up, by a listed reason and within one's authority
ask          a question to the practice, with a day, to a named role
patient      bill the patient: only ever a patient's share (PR), and never what was denied under CO, OA or PI
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from chalicelib import clock, store
from chalicelib.claims import authority, corrections, graph, holds, secondary
from chalicelib.claims.build import fresh_draft
from chalicelib.claims.claim import DECIDED, Claim
from chalicelib.claims.records import claim_events, get_claim
from chalicelib.denials import appeals, categories, clocks, records
from chalicelib.denials.acts import short
from chalicelib.denials.appeal import appeals_of
from chalicelib.denials.appeals import plan_of
from chalicelib.denials.marks import mark
from chalicelib.denials.model import Denial
from chalicelib.denials.refresh import refresh_claim
from chalicelib.denials.standing import given_up
from chalicelib.money import dollars
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import Conflict, Forbidden, Misuse, OtbillError, Refused
from chalicelib.platform.model import Model
from chalicelib.remittance import patient_share
from chalicelib.support.tasks import find_task, open_task
from chalicelib.tenancy import current, require
from chalicelib.tenancy.permissions import PRACTICE_ROLES

PATHS = ("correct", "document", "records", "appeal", "next_payer", "patient", "write_off", "ask")
NAMES = {
    "correct": "Correct and send again",
    "document": "Add a document",
    "records": "Send the records",
    "appeal": "Appeal",
    "next_payer": "Bill the next payer",
    "patient": "Bill the patient",
    "write_off": "Write off",
    "ask": "Ask the practice",
}
PART_B_NAME = "Ask for a reopening"
_REASON_OF = {
    "timely_filing": "timely_filing",
    "authorization": "no_authorization",
    "eligibility": "not_covered",
    "necessity": "not_covered",
    "limit": "not_covered",
    "bundling": "not_covered",
}


class Offer(Model):
    """One way out: whether it can be taken now, and if not, why not. `first` marks the one this kind of denial starts with."""

    path: str
    name: str
    possible: bool
    why: str = ""
    first: bool = False


def offers(denial_id: str) -> list[Offer]:
    """Every way out of a denial, in the order of the list above; reads only."""
    require("denials.show")
    denial = records.get(denial_id)
    claim = get_claim(denial.claim_id).claim
    first = categories.CATEGORIES[denial.category].path
    return [_offer(path, denial, claim, first) for path in PATHS]


def _offer(path: str, denial: Denial, claim: Claim, first: str) -> Offer:
    name = PART_B_NAME if path == "correct" and _reopens(denial, claim) else NAMES[path]
    try:
        _ALLOWED[path](denial, claim)
    except OtbillError as error:
        return Offer(path=path, name=name, possible=False, why=error.message, first=path == first)
    return Offer(path=path, name=name, possible=True, first=path == first)


def _reopens(denial: Denial, claim: Claim) -> bool:
    part_b = denial.line_of_business == "medicare"
    return part_b and claim.status in DECIDED and categories.UNPROCESSABLE not in denial.remarks


def _still(denial: Denial) -> None:
    if denial.state == "resolved":
        raise Refused("DENIAL_RESOLVED", "the denial is settled already")


def _may_correct(denial: Denial, claim: Claim) -> None:
    """What `corrections.correct` will ask, asked without changing anything."""
    _still(denial)
    require("claims.correct")
    reopens = _reopens(denial, claim)
    graph.permit(claim, "reopening_asked" if reopens else "correction_opened")
    unprocessable = categories.UNPROCESSABLE in denial.remarks
    draft, _ = fresh_draft(claim, current_practice())
    if draft.content == claim.content and not unprocessable:
        raise Refused("NOTHING_TO_CORRECT", "the claim already says what its visits say: mend the visit first")
    if not reopens and not unprocessable and not claim.payer_control_number:
        raise Refused("NO_PAYER_NUMBER", "the payer has not told its claim number yet")


def _may_document(denial: Denial, _: Claim) -> None:
    _still(denial)
    require("denials.act")


def _may_records(denial: Denial, _: Claim) -> None:
    require("appeals.draft")
    appeals.check_appealable(denial, "records")


def _may_appeal(denial: Denial, _: Claim) -> None:
    require("appeals.draft")
    appeals.check_appealable(denial, "appeal")
    number = appeals.next_level(denial)
    if clocks.level(plan_of(denial), denial.line_of_business, number) is None:
        raise Refused("NO_MORE_LEVELS", f"no level {number} of appeal is known for this payer")
    if denial.deadline < clock.today(current().tenant.timezone):
        raise Refused("DEADLINE_PASSED", f"the deadline was {denial.deadline}")


def _may_next_payer(denial: Denial, claim: Claim) -> None:
    _still(denial)
    if secondary.next_coverage(claim) is None:
        raise Refused("NO_NEXT_PAYER", "the patient has no further payer on record")
    require("claims.secondary")
    graph.permit(claim, "secondary_opened")
    if claim.crossed_over:
        raise Refused("CROSSED_OVER", "the payer passed it on to the next one itself")


def _may_patient(denial: Denial, _: Claim) -> None:
    _still(denial)
    if denial.group != "PR":
        raise Refused("NOT_THE_PATIENTS", f"what is denied under {denial.group} is never the patient's")
    require("denials.patient")
    under_way = [item for item in appeals_of(denial.claim_id) if denial.denial_id in item.denial_ids]
    if any(item.state == "sent" for item in under_way):
        raise Refused("APPEAL_UNDER_WAY", "an appeal of it was sent and is not decided")
    patient_share.check(denial.remittance_id, denial.part, denial.carc)


def write_off_reason(denial: Denial) -> str:
    """The listed reason that fits: every appeal lost, or by the kind of denial; '' where none does."""
    mine = [
        item for item in appeals_of(denial.claim_id) if denial.denial_id in item.denial_ids and item.kind == "appeal"
    ]
    if any(item.outcome and item.outcome.result in ("upheld", "dismissed") for item in mine):
        return "appeals_exhausted"
    return _REASON_OF.get(denial.category, "")


def _may_write_off(denial: Denial, claim: Claim, reason: str = "", amount_cents: int | None = None) -> None:
    _still(denial)
    graph.permit(claim, "written_off")
    found = reason or write_off_reason(denial)
    if not found:
        raise Refused("NO_REASON", "none of the listed reasons fits this kind of denial")
    amount = denial.amount_cents if amount_cents is None else amount_cents
    try:
        authority.require_write_off(found, "payer", amount)
    except Forbidden:
        raise Forbidden("NOT_YOURS", "giving this amount up is beyond your role") from None


def _may_ask(denial: Denial, _: Claim) -> None:
    _still(denial)
    require("denials.act")


_ALLOWED: dict[str, Callable[[Denial, Claim], None]] = {
    "correct": _may_correct,
    "document": _may_document,
    "records": _may_records,
    "appeal": _may_appeal,
    "next_payer": _may_next_payer,
    "patient": _may_patient,
    "write_off": _may_write_off,
    "ask": _may_ask,
}


def correct(denial_id: str, *, reason: str = "") -> Denial:
    """Correct and resubmit, a new claim for unprocessable lines, or Part B's reopening: whichever the payer takes."""
    denial, _ = _begin("correct", denial_id)
    corrections.correct(denial.claim_id, reason=short(reason))
    return _after(denial, "corrected", "Corrected from its visits; it goes with the next batch")


def write_off(denial_id: str, reason: str = "") -> Denial:
    """Give up what was denied. The reason is of the closed list, by default the one that fits the kind."""
    denial, claim = _begin("", denial_id)
    _still(denial)
    chosen = reason or write_off_reason(denial)
    if not given_up(denial, claim_events(denial.claim_id)):  # else cut off after it was: the history follows
        _may_write_off(denial, claim, reason)
        holds.write_off(denial.claim_id, chosen, party="payer", amount_cents=denial.amount_cents)
    return _after(denial, "written_off", f"Given up: {authority.WRITE_OFFS[chosen].meaning}")


def bill_patient(denial_id: str) -> Denial:
    """Move what the payer left to the patient (PR beyond 1, 2, 3) to the patient's balance; `patient_share` says when not."""
    denial, _ = _begin("patient", denial_id)
    patient_share.pass_on(denial.remittance_id, denial.part, denial.carc)
    return _after(denial, "patient", f"{dollars(denial.amount_cents)} are the patient's")


def ask(denial_id: str, role: str, due_on: date, words: str) -> Denial:
    """Ask the practice: a task for one of its roles, due on a day. The denial waits until it is answered, or the day has come."""
    denial, _ = _begin("ask", denial_id)
    asked = find_task(denial.task_id) if denial.state == "asked" else None
    if asked is not None and (asked.role, asked.due_on, asked.words) == (role, due_on, short(words)):
        return denial
    today = clock.today(current().tenant.timezone)
    if role not in PRACTICE_ROLES:
        raise Misuse("ROLE", "the practice has no such role", where="role", fix="one of " + ", ".join(PRACTICE_ROLES))
    if not today < due_on < denial.deadline:
        raise Refused("DUE_DAY", f"the day lies after today and before the deadline, {denial.deadline}")
    if not words.strip():
        raise Misuse("QUESTION_EMPTY", "a question needs words")
    said = f"Asked the practice ({role.replace('_', ' ')}), due {due_on}: {short(words)}"
    with store.unit_of_work() as uow:
        task = open_task(
            uow,
            "denial_question",
            denial.claim_id,
            short(words),
            amount_cents=denial.amount_cents,
            owner="practice",
            natural_key=f"{denial_id}#{denial.acts}",
            role=role,
            due_on=due_on,
        )
        moved = denial.model_copy(update={"state": "asked", "task_id": task.task_id, "follow_up_on": due_on})
        records.write(uow, moved, "asked", said)
        mark(uow, get_claim(denial.claim_id), "noted", said, {})
        uow.audit("denial.asked", f"DEN#{denial_id}", ("task",))
        uow.commit()
    return records.get(denial_id)


def next_payer(denial_id: str, *, reason: str = "") -> Denial:
    """Make the claim for the next payer ready, with what this one decided; `claims.secondary` says what can refuse it."""
    denial, _ = _begin("next_payer", denial_id)
    secondary.open_secondary(denial.claim_id, reason=short(reason))
    return _after(denial, "next_payer", "A claim to the next payer goes with the next batch")


def _begin(path: str, denial_id: str) -> tuple[Denial, Claim]:
    require("denials.act")
    denial = records.get(denial_id)
    claim = get_claim(denial.claim_id).claim
    if path:
        _ALLOWED[path](denial, claim)
    return denial, claim


def _after(denial: Denial, kind: str, words: str) -> Denial:
    """What was done stands on the claim already; here it is put on the denial's history, which then follows the claim."""
    acts = records.history(denial.denial_id)
    if not acts or (acts[-1].kind, acts[-1].words) != (kind, words):  # else it was told before it was cut off
        _tell(denial.denial_id, kind, words)
    refresh_claim(denial.claim_id)
    return records.get(denial.denial_id)


def _tell(denial_id: str, kind: str, words: str) -> None:
    try:
        with store.unit_of_work() as uow:
            records.write(uow, records.get(denial_id), kind, words)
            uow.audit(f"denial.{kind}", f"DEN#{denial_id}", (kind,))
            uow.commit()
    except Conflict:
        pass  # somebody touched it at the same moment; the claim's own timeline has it

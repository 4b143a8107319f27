"""Appeals, one step after the other: draft, packet, send, outcome. Each step is one transaction and may be repeated safely."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

from chalicelib import clock, documents, store
from chalicelib.claims.records import claim_events, get_claim
from chalicelib.codes.payers import PayerPlan
from chalicelib.codes.settings import RateUnknown
from chalicelib.denials import categories, clocks, records
from chalicelib.denials.acts import short
from chalicelib.denials.appeal import (
    Appeal,
    Decided,
    Joined,
    Method,
    Result,
    Sent,
    appeal_record,
    appeals_of,
    find_appeal,
    get_appeal,
    papers_of,
)
from chalicelib.denials.controversy import controversy_cents
from chalicelib.denials.evidence import CHECKLISTS, Case, checklist
from chalicelib.denials.letters import ARGUMENTS, letter
from chalicelib.denials.marks import mark
from chalicelib.denials.model import Denial
from chalicelib.denials.papers import handed_in
from chalicelib.denials.plans import plan_for
from chalicelib.documents import pdf
from chalicelib.money import dollars
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import AlreadyDone, Misuse, Refused
from chalicelib.tenancy import current, require

ANSWER_DUE_DAYS = 60  # ours: when to ask what became of it (42 CFR 405.950: 60 days at the first level)
_WON = ("overturned", "partly")


def today() -> date:
    return clock.today(current().tenant.timezone)


def plan_of(denial: Denial) -> PayerPlan | None:
    return plan_for(denial.payer_id, denial.line_of_business, denial.date_of_service)


def case_of(claim_id: str, denials: Sequence[Denial]) -> Case:
    """Everything on record that an appeal of these denials of one claim can rest on."""
    content = get_claim(claim_id).claim.content
    papers = (*handed_in(content), *papers_of(claim_id))
    return Case(content, claim_events(claim_id), tuple(denials), plan_of(denials[0]), papers)


def next_level(denial: Denial) -> int:
    """1, or one more than the last appeal of this denial that was decided."""
    return max((item.level for item in decided(denial)), default=0) + 1


def decided(denial: Denial) -> list[Appeal]:
    """Its appeals with an outcome; records that were sent are none."""
    found = appeals_of(denial.claim_id)
    return [item for item in found if denial.denial_id in item.denial_ids and item.outcome and item.kind == "appeal"]


def draft(
    denial_id: str,
    *,
    argument: str = "",
    kind: str = "appeal",
    statement: str = "",
    recipient: str = "",
    good_cause: str = "",
    deadline: date | None = None,
    joined: Joined | None = None,
) -> Appeal:
    """Open an appeal of a denial at its next level. Again with nothing new it is the same appeal.

    `deadline` is for a level whose days nobody read, `joined` the request it is part of (`joining`). Refused DENIAL_RESOLVED,
    NOT_APPEALABLE, APPEAL_UNDER_WAY, NO_MORE_LEVELS, DEADLINE_UNKNOWN, DEADLINE_PASSED (but with good cause), AMOUNT_TOO_SMALL.
    """
    require("appeals.draft")
    denial = records.get(denial_id)
    check_appealable(denial, kind)
    number = next_level(denial)
    level = _level(denial, number)
    noticed = notice_on(denial)
    due = joined.due if joined else deadline or clocks.deadline(level, noticed)
    if due is None:
        raise Refused(
            "DEADLINE_UNKNOWN", "the days for this level are not on record", fix="read the contract, name the day"
        )
    if due < today() and not good_cause:
        raise Refused(
            "DEADLINE_PASSED", f"the {level.name} was due by {due}", fix="say the good cause, or write it off"
        )
    if joined is None:  # `joining.join` looked at the sum
        _check_amount(level, denial)
    chosen = argument or categories.CATEGORIES[denial.category].argument or "necessity"
    if chosen not in CHECKLISTS:
        raise Misuse("ARGUMENT", "no such argument", where="argument", fix="one of " + ", ".join(CHECKLISTS))
    appeal = Appeal(
        appeal_id=current().make_id("apl", denial_id, kind, str(number)),
        claim_id=denial.claim_id,
        denial_ids=(denial_id,),
        payer_id=denial.payer_id,
        payer_name=denial.payer_name,
        line_of_business=denial.line_of_business,
        kind="records" if kind == "records" else "appeal",
        level=number,
        level_name="sending of records" if kind == "records" else level.name,
        decided_by=level.decided_by,
        argument=chosen,
        amount_cents=denial.amount_cents,
        expected_cents=denial.expected_cents,
        notice_on=noticed,
        deadline=due,
        good_cause=short(good_cause),
        evidence=checklist(chosen, case_of(denial.claim_id, [denial])),
        statement=statement.strip()[:4000],
        recipient=recipient.strip()[:400],
        joined=joined,
        drafted_at=clock.instant_text(clock.now()),
    )
    return _store_new(appeal, denial)


def _level(denial: Denial, number: int) -> clocks.Level:
    """The payer's level of this number. Refused NO_MORE_LEVELS."""
    level = clocks.level(plan_of(denial), denial.line_of_business, number)
    if level is None:
        raise Refused(
            "NO_MORE_LEVELS", f"no level {number} of appeal is known for this payer", fix="write it off or close it"
        )
    return level


def check_appealable(denial: Denial, kind: str) -> None:
    """Refused where this denial cannot be appealed as it stands, or is already."""
    if denial.state == "resolved":
        raise Refused("DENIAL_RESOLVED", "the denial is settled already")
    if kind == "appeal" and denial.appealable in ("no", "correct"):
        unprocessable = categories.UNPROCESSABLE in denial.remarks
        raise Refused(
            "NOT_APPEALABLE",
            "the payer made no decision that could be appealed"
            if unprocessable
            else "this reason is mended, not appealed",
            fix="send a new claim" if unprocessable else "correct the claim and send it again",
        )
    under_way = find_appeal(denial.appeal_id) if denial.appeal_id else None
    if under_way is not None and under_way.state == "sent":
        raise Refused("APPEAL_UNDER_WAY", "an appeal of it was sent and is not decided", where=under_way.appeal_id)


def notice_on(denial: Denial) -> date:
    """The day of the decision that is appealed: of the denial, or of the last appeal."""
    days = [item.outcome.on for item in decided(denial) if item.outcome]
    return max(days, default=denial.decided_on)


def _check_amount(level: clocks.Level, denial: Denial) -> None:
    try:
        least = clocks.least_cents(level, today())
    except RateUnknown:
        raise Refused("AMOUNT_UNKNOWN", "this year's amount in controversy is not on record") from None
    amount = controversy_cents(denial, get_claim(denial.claim_id).claim.content) if least else 0
    if amount < least:
        raise Refused(
            "AMOUNT_TOO_SMALL",
            f"a {level.name} needs ${dollars(least)} in dispute, and this is ${dollars(amount)}",
            fix="join it with claims of like services (--with), or end it here",
        )


def _store_new(appeal: Appeal, denial: Denial) -> Appeal:
    before = find_appeal(appeal.appeal_id)
    if before is not None:
        loose = {"drafted_at": before.drafted_at, "version": before.version, "state": before.state}
        kept = {"statement": appeal.statement or before.statement, "recipient": appeal.recipient or before.recipient}
        fresh = appeal.model_copy(
            update={**loose, **kept, "packet": before.packet, "packet_sha256": before.packet_sha256}
        )
        fresh = fresh.model_copy(update={"packet_pages": before.packet_pages})
        if fresh == before:
            return before
        appeal = appeal.model_copy(update={**loose, **kept, "state": "draft"})
    words = f"{appeal.level_name.capitalize()} drafted: {ARGUMENTS[appeal.argument].lower()}; due by {appeal.deadline}"
    with store.unit_of_work() as uow:
        uow.replace(appeal_record(appeal))
        records.write(uow, denial.model_copy(update={"appeal_id": appeal.appeal_id}), "appeal", words)
        uow.audit("appeal.drafted", f"APL#{appeal.appeal_id}", ("appeal",))
        uow.commit()
    return get_appeal(appeal.appeal_id)


def shown(appeal_id: str) -> Appeal:
    """An appeal to look at. NotFound for one of nobody or of another practice."""
    require("appeals.show")
    return get_appeal(appeal_id)


def packet(appeal_id: str, *, waive: Sequence[str] = ()) -> Appeal:
    """Put letter, decision, claim, record, proofs and added documents into one PDF. Made again it replaces the one not sent.

    Refused EVIDENCE_MISSING with what is missing; `waive` goes without a piece of evidence, on record. Refused APPEAL_SENT.
    """
    require("appeals.packet")
    appeal = get_appeal(appeal_id)
    if appeal.state in ("sent", "decided"):
        raise Refused("APPEAL_SENT", "what was sent stays as it was sent")
    denials = [records.get(key) for key in appeal.denial_ids]
    case = case_of(appeal.claim_id, denials)
    evidence = checklist(appeal.argument, case, appeal.evidence)
    known = sorted(item.code for item in evidence)
    if set(waive) - set(known):
        raise Misuse("EVIDENCE", "the argument has no such evidence", where="waive", fix="one of " + ", ".join(known))
    evidence = tuple(
        item.model_copy(update={"state": "waived"}) if item.code in waive and item.state == "missing" else item
        for item in evidence
    )
    ready = appeal.model_copy(update={"evidence": evidence, "state": "packed"})
    if ready.missing:
        raise Refused(
            "EVIDENCE_MISSING",
            "the argument lacks " + ", ".join(item.words for item in ready.missing),
            where=", ".join(item.code for item in ready.missing),
            fix="add the document for it, or go without it by name (--waive)",
        )
    content = assemble(ready, case)
    digest = sha256(content).hexdigest()
    if (digest, appeal.state) == (appeal.packet_sha256, "packed"):
        return appeal
    name = documents.put(f"appeals/{appeal_id}/{digest[:32]}.pdf", content, pdf.PDF)
    count = pdf.pages(content)
    ready = ready.model_copy(update={"packet": name, "packet_sha256": digest, "packet_pages": count})
    with store.unit_of_work() as uow:
        uow.replace(appeal_record(ready))
        for denial in denials:
            records.write(uow, denial, "appeal", f"Packet made: {count} pages")
        uow.audit("appeal.packed", f"APL#{appeal_id}", ("packet",))
        uow.commit()
    return get_appeal(appeal_id)


def assemble(appeal: Appeal, case: Case) -> bytes:
    """The packet's bytes: the same for the same facts on the same day."""
    midnight = datetime.combine(today(), time.min, UTC)
    level = clocks.level(case.plan, appeal.line_of_business, appeal.level)
    data = letter(appeal, case, current_practice(), level, today())
    first = pdf.render("packet", data, midnight)
    return pdf.with_attachments(first, [documents.get(paper.key) for paper in case.papers])


def send(appeal_id: str, method: Method, *, to: str, proof: str, on: date | None = None, paper: bytes = b"") -> Appeal:
    """Record that the packet went out: how, where to, on which day, and the number that proves it (with its paper, a PDF).

    Refused NOT_PACKED, PROOF_MISSING, SENT_LATE (Medicare counts the day it is received), SENT_AHEAD. The same again is done.
    """
    require("appeals.send")
    appeal = get_appeal(appeal_id)
    sent = Sent(method=method, on=on or today(), to=short(to), proof=short(proof), by=current().principal.user_id)
    if (
        appeal.state == "sent"
        and appeal.sent
        and appeal.sent.model_copy(update={"by": "", "proof_document": ""}) == (sent.model_copy(update={"by": ""}))
    ):
        return appeal
    _check_sent(appeal, sent)
    if paper:
        pdf.pages(paper)
        digest = sha256(paper).hexdigest()
        sent = sent.model_copy(
            update={"proof_document": documents.put(f"appeals/{appeal_id}/proof-{digest[:32]}.pdf", paper, pdf.PDF)}
        )
    words = f"{appeal.level_name.capitalize()} sent by {method} on {sent.on}, {sent.proof}"
    after = appeal.model_copy(update={"state": "sent", "sent": sent})
    follow_up = sent.on + timedelta(days=ANSWER_DUE_DAYS)
    with store.unit_of_work() as uow:
        uow.replace(appeal_record(after))
        stored = get_claim(appeal.claim_id)
        data = {
            "level": appeal.level,
            "appeal_id": appeal_id,
            "deadline": follow_up.isoformat(),
            "sent_on": str(sent.on),
        }
        mark(uow, stored, "appealed", words, data)
        for denial in (records.get(key) for key in appeal.denial_ids):
            moved = {"state": "waiting", "follow_up_on": follow_up, "snoozed_until": None, "appeal_id": appeal_id}
            records.write(uow, denial.model_copy(update=moved), "appeal", words)
        uow.audit("appeal.sent", f"APL#{appeal_id}", ("sent",))
        uow.commit()
    return get_appeal(appeal_id)


def _check_sent(appeal: Appeal, sent: Sent) -> None:
    if appeal.state != "packed":
        raise Refused("NOT_PACKED", "there is no packet to send", fix="make it first: otbill appeals packet")
    if not sent.proof or not sent.to:
        raise Refused(
            "PROOF_MISSING", "where it went and the number that proves it are kept", fix="name --to and --proof"
        )
    _check_joined(appeal)
    if sent.on > today():
        raise Refused("SENT_AHEAD", "the day it was sent is to come")
    if appeal.deadline and sent.on > appeal.deadline and not appeal.good_cause:
        raise Refused("SENT_LATE", f"it was due by {appeal.deadline}", fix="draft it again with the good cause")


def _check_joined(appeal: Appeal) -> None:
    """A request lists all its claims: none of it goes out before the packet of each is made."""
    others = [item.denial_id for item in (appeal.joined.claims if appeal.joined else ())]
    for denial in (records.get(key) for key in others if key not in appeal.denial_ids):
        other = find_appeal(denial.appeal_id) if denial.appeal_id else None
        if other is None or other.joined != appeal.joined or other.state == "draft":
            raise Refused(
                "JOINED_NOT_PACKED", "another claim of this request has no packet yet", where=denial.denial_id
            )


def outcome(
    appeal_id: str, result: Result, *, on: date | None = None, amount_cents: int = 0, words: str = ""
) -> Appeal:
    """Record the payer's answer. Won: we wait for its money. Lost: the denial is ours again, until the next level's deadline."""
    require("appeals.outcome")
    appeal = get_appeal(appeal_id)
    decided = Decided(result=result, on=on or today(), amount_cents=amount_cents, words=short(words))
    if appeal.outcome == decided:
        return appeal
    if appeal.state != "sent":
        raise Refused("NOT_SENT", "only an appeal that was sent can have an outcome")
    if (appeal.sent and decided.on < appeal.sent.on) or decided.on > today():
        raise Refused("OUTCOME_DAY", "the decision lies between the sending and today")
    after = appeal.model_copy(update={"state": "decided", "outcome": decided})
    said = f"{appeal.level_name.capitalize()} {result} on {decided.on}" + (
        f": {decided.words}" if decided.words else ""
    )
    try:
        with store.unit_of_work() as uow:
            uow.once("appeal_outcome", appeal_id)
            uow.replace(appeal_record(after))
            after_it = {}
            for denial in (records.get(key) for key in appeal.denial_ids):
                after_it = _after(appeal, denial, decided)
                if denial.state != "resolved":
                    records.write(uow, denial.model_copy(update=after_it), "appeal", said)
            due = after_it.get("follow_up_on") or after_it.get("deadline") or decided.on
            won = {"dismissed": "upheld"}.get(result, result)
            mark(uow, get_claim(appeal.claim_id), "appeal_decided", said, {"outcome": won, "deadline": str(due)})
            uow.audit("appeal.decided", f"APL#{appeal_id}", ("outcome",))
            uow.commit()
    except AlreadyDone:
        pass
    return get_appeal(appeal_id)


def _after(appeal: Appeal, denial: Denial, decided: Decided) -> dict[str, object]:
    """What a decision makes of a denial."""
    if decided.result in _WON:
        return {"state": "waiting", "follow_up_on": decided.on + timedelta(days=30)}
    if appeal.kind == "records":
        return {"state": "open", "appeal_id": "", "follow_up_on": None}
    level = clocks.level(plan_of(denial), denial.line_of_business, appeal.level + 1)
    due = clocks.deadline(level, decided.on) if level else None
    if level is None or due is None:
        words = "no further level is known" if level is None else f"{level.name}: its days are in the contract"
        return {"state": "open", "appeal_id": "", "follow_up_on": None, "deadline_words": words}
    told = f"{level.name}: {level.days} days from the decision" + (
        f" and {level.presumed} for the notice" if level.presumed else ""
    )
    return {"state": "open", "appeal_id": "", "follow_up_on": None, "deadline": due, "deadline_words": told}

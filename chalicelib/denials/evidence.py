"""What an argument has to show, and what of it is on record already. Facts are read; nothing is claimed that was not found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.claims.model import ClaimContent, ClaimEvent
from chalicelib.codes.payers import PayerPlan
from chalicelib.denials.appeal import Evidence, Paper
from chalicelib.denials.model import Denial

CLINICAL, TIMELY = ("necessity", "limit", "modifier", "authorization", "documentation"), "timely_filing"


@dataclass(frozen=True, slots=True)
class Case:
    """Everything an appeal can rest on: the claim as the payer has it, its history, the denial, what is known of the plan."""

    content: ClaimContent
    events: tuple[ClaimEvent, ...]
    denials: tuple[Denial, ...]
    plan: PayerPlan | None
    papers: tuple[Paper, ...] = ()

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(line.number for denial in self.denials for line in denial.lines)


@dataclass(frozen=True, slots=True)
class Proof:
    """One answer that shows when the claim was in: 277CA or 999, with the day it came and what it said."""

    source: str
    on: date
    words: str
    patient_control_number: str
    payer_control_number: str


def proofs(events: Iterable[ClaimEvent]) -> tuple[Proof, ...]:
    """Answers that prove receipt, 277CA before 999, oldest first. Sending alone proves nothing."""
    found = [
        Proof(
            event.source,
            _day(event),
            event.words,
            str(event.data.get("patient_control_number", "")),
            str(event.data.get("payer_control_number", "") or ""),
        )
        for event in events
        if event.type in ("accepted", "acknowledged")
    ]
    return tuple(sorted(found, key=lambda item: (item.source != "277CA", item.on)))


def accepted_in_time(case: Case) -> Proof | None:
    """The earliest 277CA that shows the claim with the payer within its filing limit."""
    served = case.content.date_of_service
    last = case.plan.last_filing_day(served) if case.plan else served + timedelta(days=365)
    return next((p for p in proofs(case.events) if p.source == "277CA" and p.on <= last), None)


def _day(event: ClaimEvent) -> date:
    return datetime.fromisoformat(event.at.replace("Z", "+00:00")).date()


Check = Callable[[Case], str]


def _note(case: Case) -> str:
    content = case.content
    signed = content.note_signed_on
    return f"the treatment note was signed on {signed} by {content.note_signed_by or 'the therapist'}" if signed else ""


def _plan_of_care(case: Case) -> str:
    plan, served = case.content.plan_of_care, case.content.date_of_service
    if plan.start is None or not (plan.start <= served <= (plan.end or served)):
        return ""
    return f"the plan of care was in force from {plan.start} to {plan.end or 'its recertification'}"


def _certification(case: Case) -> str:
    certified = case.content.plan_of_care.certified_on
    return f"the plan of care was certified on {certified}" if certified else ""


def _progress(case: Case) -> str:
    reported = case.content.plan_of_care.progress_report_on
    return f"the last progress report is of {reported}" if reported else ""


def _minutes(case: Case) -> str:
    told = [line for line in case.content.lines if line.minutes]
    return "; ".join(f"line {line.number}, {line.cpt}: {line.minutes} minutes, {line.units} units" for line in told)


def _distinct(case: Case) -> str:
    lines = case.content.lines
    marked = [
        line
        for line in lines
        if line.distinct_service
        and (not case.numbers or line.number in case.numbers or 0 in case.numbers)
        and all(other.minutes for other in lines)
    ]
    return "; ".join(f"line {line.number} {line.cpt} was documented as a distinct service" for line in marked)


def _attested(case: Case) -> str:
    return "the therapist attested medical necessity above the threshold (KX)" if case.content.kx_attested else ""


def _acceptance(case: Case) -> str:
    found = accepted_in_time(case)
    if found is None:
        return ""
    days = (found.on - case.content.date_of_service).days
    return f"277CA of {found.on}, {days} days after the service: {found.words}"


def _authorization(case: Case) -> str:
    number = case.content.authorization_number
    return f"authorization number {number}" if number else ""


def _nothing(_: Case) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    words: str
    check: Check
    needed: bool = True


_NOTE = Item("note", "the treatment note, signed", _note)
_PLAN = Item("plan_of_care", "the plan of care in force on that day", _plan_of_care)
_CERTIFIED = Item("certification", "its certification by the physician", _certification, needed=False)
_PROGRESS = Item("progress_report", "the progress report", _progress, needed=False)
_MINUTES = Item("minutes", "minutes of each service", _minutes)
_POLICY = Item("policy", "the payer's policy or edit it decided by", _nothing, needed=False)

CHECKLISTS: dict[str, tuple[Item, ...]] = {
    "necessity": (_NOTE, _PLAN, _CERTIFIED, _PROGRESS, _MINUTES, _POLICY),
    "documentation": (_NOTE, _PLAN, _CERTIFIED, _PROGRESS, _MINUTES),
    "limit": (Item("kx", "attestation of necessity above the limit", _attested, needed=False), _NOTE, _PLAN, _PROGRESS, _MINUTES),
    "modifier": (Item("distinct", "the services in separate time, as documented", _distinct), _MINUTES, _NOTE, _POLICY),
    "timely_filing": (Item("acceptance_277ca", "the 277CA that shows the payer had it in time", _acceptance),),
    "contract": (Item("contract", "the page of the contract, or the approval to treat out of network", _nothing), _POLICY),
    "authorization": (Item("authorization", "the authorization or the request for it", _authorization), _NOTE, _PLAN),
}  # fmt: skip


def checklist(argument: str, case: Case, before: Sequence[Evidence] = ()) -> tuple[Evidence, ...]:
    """The evidence an argument needs: on record, attached as a document, or missing. Waivers given before stay."""
    waived = {item.code for item in before if item.state == "waived"}
    by_code = {paper.evidence: paper for paper in case.papers if paper.evidence}
    return tuple(_weigh(item, case, by_code.get(item.code), item.code in waived) for item in CHECKLISTS[argument])


def _weigh(item: Item, case: Case, paper: Paper | None, waived: bool) -> Evidence:
    shown = item.check(case)
    made = Evidence(code=item.code, words=item.words, needed=item.needed, shown=shown)
    if paper is not None:
        return made.model_copy(
            update={"state": "attached", "document_id": paper.document_id, "shown": shown or paper.name}
        )
    if shown:
        return made.model_copy(update={"state": "have"})
    return made.model_copy(update={"state": "waived"}) if waived else made

"""The claim for the next payer: compiled from what the payers before it decided, or refused with the reason and the other way.

The clock of the next payer's filing limit starts with the decision before it. A claim the payer passed on itself (CLP02 19 to 21,
NM1*TT, MA18, MA07) is not sent again for `crossover_wait_days`; a remittance usually comes before they are over.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from chalicelib import clock, store
from chalicelib.claims import accidents, records
from chalicelib.claims.claim import Claim
from chalicelib.claims.decisions import decided_on, prior_payers, standing_decisions
from chalicelib.claims.edi import MEDICARE_B, filing_indicator, to_claim837
from chalicelib.claims.following import is_crossed_over
from chalicelib.claims.graph import permit
from chalicelib.claims.model import ClaimContent, ClaimEvent, Party, Status
from chalicelib.claims.prior import PriorPayer
from chalicelib.claims.records import StoredClaim, Submission
from chalicelib.claims.sending import LEVELS, content_for, coverage_at, next_level
from chalicelib.codes import payers, settings
from chalicelib.intake.model import Coverage
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import AlreadyDone, Conflict, Refused
from chalicelib.platform.model import Model
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current, require
from chalicelib.x12 import check_837p

MSP_TYPES = frozenset(("12", "13", "14", "15", "16", "41", "42", "43", "47"))
"""SBR05 where Medicare is not the first payer: why it is not (working aged, ESRD, no-fault, …; ot_rules s.7)."""
COBA_IDS = range(55000, 60000)
"""Numbers Medicare passes Medigap claims on by; no payer takes claims under one (CMS COBA, MM5662)."""
_NOT_BILLED = frozenset(("self_pay", "workers_compensation"))
ON_PAPER = "otbill claims secondary --paper, then print it (otbill claims paper) and note it (otbill claims mailed)"


class Opened(Model):
    """One claim whose next payer was due: `code` empty when its claim waits to be sent, else why it was refused."""

    claim_id: str
    code: str = ""


def due_level(claim: Claim) -> str:
    """The payer level whose turn is next: after the newest submission that was decided."""
    decided = [item.sequence for item in claim.submissions if item.outcome == "adjudicated"]
    return next_level(max(decided, key=LEVELS.index, default="P"))


def next_coverage(claim: Claim) -> Coverage | None:
    """The next payer's coverage, None when nobody is left but the patient."""
    level = due_level(claim)
    return coverage_at(claim.content, level) if level else None


def next_deadline(content: ClaimContent, coverage: Coverage, decided: date) -> date | None:
    """The last day the next payer takes it, counted from the decision before it; None where the directory has no row."""
    plan = payers.plan(coverage.payer_id, coverage.line_of_business, content.date_of_service)
    return plan.last_filing_day(decided) if plan else None


def unlocks_on(event_day: date) -> date:
    """The first day a claim that was passed on may be billed by us."""
    return event_day + timedelta(days=settings.value("crossover_wait_days", event_day))


def open_secondary(claim_id: str, *, reason: str = "", paper: bool = False) -> Claim:
    """Make the claim for the next payer ready to be sent, with every decision before it; with `paper`, to be printed and mailed.

    Refused NO_NEXT_PAYER, CROSSED_OVER, MSP_TYPE_MISSING, MEDICARE_THIRD_ON_PAPER, MEDIGAP_BY_CROSSOVER, NEXT_PAYER_UNKNOWN,
    NEXT_PAYER_ON_PAPER, NEXT_PAYER_NOT_ENROLLED, EXHAUSTION_LETTER_MISSING, NOT_DECIDED, DECISION_UNBALANCED,
    CLAIM_UNWRITABLE, NotNow.
    """
    require("claims.secondary")
    return _open(records.get_claim(claim_id), current_practice(), reason, paper=paper)


def open_due(*, limit: int = 5000) -> list[Opened]:
    """Open every claim whose next payer is due and not on its way; what is refused opens a task, once."""
    require("claims.secondary")
    practice = current_practice()
    today = clock.today(current().tenant.timezone)
    found: list[Opened] = []
    for stored in records.claims_with_status(Status.SECONDARY_DUE):
        if len(found) >= limit:
            break
        waits = stored.claim.crossed_over and stored.claim.owner is Party.PAYER
        if waits and stored.claim.deadline and today < stored.claim.deadline:
            continue
        try:
            _open(stored, practice, "")
            found.append(Opened(claim_id=stored.claim.claim_id))
        except Conflict:
            continue  # somebody else has it in hand
        except Refused as refusal:
            if refusal.code != "CROSSED_OVER":  # that one ends by itself
                _tell(stored.claim, refusal)
                found.append(Opened(claim_id=stored.claim.claim_id, code=refusal.code))
    return found


def _tell(claim: Claim, refusal: Refused) -> None:
    key = f"{claim.claim_id}#{due_level(claim)}#{refusal.code}"
    words = f"The next payer cannot be billed by itself: {refusal.message}. {refusal.fix}"
    try:
        with store.unit_of_work() as uow:
            uow.once("secondary", key)
            amount = claim.adjudication.secondary_cents if claim.adjudication else 0
            open_task(uow, "secondary", claim.claim_id, words, amount_cents=amount, natural_key=key)
            uow.audit("claim.secondary_refused", f"CLM#{claim.claim_id}", ("status",))
            uow.commit()
    except AlreadyDone:
        return


def _open(stored: StoredClaim, practice: Practice, reason: str, *, paper: bool = False) -> Claim:
    claim = stored.claim
    again = claim.status is Status.REJECTED and claim.sending is not None and claim.sending.kind == "secondary"
    permit(claim, "correction_dropped" if again else "secondary_opened")
    level = claim.sending.sequence if again and claim.sending else due_level(claim)
    coverage = coverage_at(claim.content, level) if level else None
    if coverage is None:
        raise Refused(
            "NO_NEXT_PAYER", "the patient has no further payer", fix="add it to the visit file, or bill the patient"
        )
    events = records.claim_events(claim.claim_id)
    name = _payer_name(coverage, claim.content, practice)
    _check_crossover(claim, level, events)
    if not paper:
        _check_payer(claim.content, level, coverage, practice)
    prior = prior_payers(claim, events, level, _names(claim.content, practice))
    papers = _letter(claim, level, events)
    _check_writable(claim, level, name, prior, practice)
    limit = next_deadline(claim.content, coverage, prior[-1].adjudicated_on)
    sending = {
        "kind": "secondary",
        "frequency": "1",
        "sequence": level,
        "payer_name": name,
        "prior": [item.model_dump(mode="json", exclude_defaults=True) for item in prior],
        "paper": paper,
        "reason": reason,
    }
    words = f"A claim to {name} is to be sent, with what was decided before it" + (f". {reason}" if reason else "")
    data = {"sending": sending, "deadline": limit.isoformat() if limit else None}
    dropped: list[records.EventParts] = (
        [("correction_dropped", "person", "The rejected claim to the next payer is made anew", {})] if again else []
    )
    with store.unit_of_work() as uow:
        after = records.write_events(uow, stored, [*dropped, *papers, ("secondary_opened", "us", words, data)])
        uow.audit("claim.secondary_opened", f"CLM#{claim.claim_id}", ("status", "sending"))
        uow.commit()
    return after


def _letter(claim: Claim, level: str, events: tuple[ClaimEvent, ...]) -> list[records.EventParts]:
    """What an auto insurer denied because its benefits are used up goes on with its letter (else CARC 21)."""
    decision = standing_decisions(claim, events).get("P")
    if level != "S" or decision is None or not accidents.says_used_up(decision.data.get("payment", {})):
        return []
    if not accidents.accident_id(claim.content):
        return []
    paper = accidents.letter(claim.content)
    if paper is None:
        raise Refused(
            "EXHAUSTION_LETTER_MISSING",
            "the next payer wants the auto insurer's letter that its benefits are used up",
            fix="keep the letter (otbill documents add --name exhaustion_letter), then otbill claims exhausted --paper ID",
        )
    words = "The insurer's letter goes with the claim"
    return [("attached", "us", words, {"paper": paper.model_dump(mode="json")})]


def _payer_name(coverage: Coverage, content: ClaimContent, practice: Practice) -> str:
    plan = payers.plan(coverage.payer_id, coverage.line_of_business, content.date_of_service)
    named = practice.payer(coverage.payer_id)
    return (plan.name if plan else "") or (named.name if named else coverage.payer_id)


def _names(content: ClaimContent, practice: Practice) -> dict[str, str]:
    found = {level: coverage_at(content, level) for level in LEVELS}
    return {level: _payer_name(item, content, practice) for level, item in found.items() if item is not None}


def _check_payer(content: ClaimContent, level: str, coverage: Coverage, practice: Practice) -> None:
    """Whether this payer takes such a claim from us by 837 at all."""
    business = coverage.line_of_business.value
    medicare = filing_indicator(coverage, content) == MEDICARE_B
    if business in _NOT_BILLED:
        raise Refused("NO_NEXT_PAYER", "what follows is no insurer that takes an 837", where=business)
    if medicare and level == "T":
        raise Refused(
            "MEDICARE_THIRD_ON_PAPER",
            "two payers before Medicare: Medicare takes such a claim on paper only",
            fix=ON_PAPER,
        )
    if medicare and content.msp_type not in MSP_TYPES:
        raise Refused(
            "MSP_TYPE_MISSING",
            "Medicare wants to know why it is not the first payer",
            where="msp_type",
            fix="put 12, 13, 14, 15, 16, 41, 42, 43 or 47 into the visit file's msp_type and correct the claim",
        )
    if coverage.payer_id.isdecimal() and int(coverage.payer_id) in COBA_IDS:
        raise Refused(
            "MEDIGAP_BY_CROSSOVER",
            "the Medigap number is Medicare's for passing claims on; nobody takes claims under it",
            fix="bill the insurer under its own payer id, or on paper when it did not come by crossover (MA19)",
        )
    _check_door(content, coverage, practice)


def _check_door(content: ClaimContent, coverage: Coverage, practice: Practice) -> None:
    today = clock.today(current().tenant.timezone)
    plan = practice.plan(coverage.payer_id, coverage.line_of_business, content.date_of_service)
    if plan is None:
        raise Refused(
            "NEXT_PAYER_UNKNOWN",
            "the payer directory has no row for the next payer",
            where=coverage.payer_id,
            fix="check the payer id and line of business in the visit file",
        )
    if not plan.electronic_837:
        raise Refused("NEXT_PAYER_ON_PAPER", "the next payer takes no electronic claims", where=plan.name, fix=ON_PAPER)
    if practice.enrolled(coverage.payer_id, "837", today) not in ("live", "test"):
        raise Refused(
            "NEXT_PAYER_NOT_ENROLLED",
            "the practice is not enrolled with the next payer for claims",
            where=plan.name,
            fix="enrol it and add it to the practice file, or " + ON_PAPER,
        )


def _check_crossover(claim: Claim, level: str, events: tuple[Any, ...]) -> None:
    before = LEVELS[LEVELS.index(level) - 1]
    decision = standing_decisions(claim, events).get(before)
    if decision is None or not is_crossed_over(decision):
        return
    day = unlocks_on(decided_on(decision))
    if clock.today(current().tenant.timezone) < day:
        raise Refused(
            "CROSSED_OVER",
            "the payer passed the claim on itself; a second one would be denied as a duplicate (N522)",
            fix=f"wait for the next payer's remittance; without one it may be billed from {day} on",
        )


def _check_writable(claim: Claim, level: str, name: str, prior: tuple[PriorPayer, ...], practice: Practice) -> None:
    content = content_for(claim.content, level, name)
    probe = Submission.model_validate(
        {
            "submission_id": "",
            "claim_id": claim.claim_id,
            "n": 1,
            "patient_control_number": "0",
            "batch_id": "",
            "sequence": level,
            "content": content,
            "prior": prior,
        }
    )
    made = to_claim837(probe, practice)
    faults = check_837p([made])
    if faults or not all((made.member_id, *(other.member_id for other in made.other_payers))):
        words = faults[0].message if faults else "a payer's member id is missing"
        fix = faults[0].fix if faults else "put it into the visit file"
        raise Refused("CLAIM_UNWRITABLE", f"the claim to the next payer cannot be written: {words}", fix=fix)

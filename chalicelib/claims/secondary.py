"""The claim for the next payer: compiled from what the payers before it decided, or refused with the reason and the other way.

The clock of the next payer's filing limit starts with the decision before it. A claim the payer passed on itself (CLP02 19 to 21,
NM1*TT, MA18, MA07) is not sent again for `crossover_wait_days`; a remittance usually comes before they are over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib import clock, store
from chalicelib.claims import accidents, outdated, records
from chalicelib.claims.claim import Claim
from chalicelib.claims.decisions import decided_on, prior_payers, standing_decisions
from chalicelib.claims.edi import MEDICARE_B, filing_indicator, to_claim837
from chalicelib.claims.following import is_crossed_over
from chalicelib.claims.graph import permit
from chalicelib.claims.model import ClaimContent, ClaimEvent, Party, Status
from chalicelib.claims.prior import PriorPayer
from chalicelib.claims.records import StoredClaim, Submission
from chalicelib.claims.sending import LEVELS, content_for, coverage_at, next_level, told
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
_NO_NEWS = frozenset(("CROSSED_OVER", "NEXT_PAYER_TOLD_OTHERWISE"))
"""Refusals of the night that open no task: the first ends by itself, of the second a task was opened with the decision."""
PAPER_INSTEAD = frozenset(
    ("NEXT_PAYER_ON_PAPER", "NEXT_PAYER_NOT_ENROLLED", "MEDICARE_THIRD_ON_PAPER", "MEDIGAP_BY_CROSSOVER")
)
NEW_INSTEAD = frozenset(("NO_PAYER_NUMBER", "REOPENING_INSTEAD"))
"""Refusals that `paper` and `as_new` answer, where a person says so."""
_NOT_BILLED = frozenset(("self_pay", "workers_compensation"))
ON_PAPER = "otbill claims secondary --paper, then print it (otbill claims paper) and note it (otbill claims mailed)"


class Opened(Model):
    """One claim whose next payer was due: `code` empty when its claim waits to be sent, else why it was refused."""

    claim_id: str
    code: str = ""


def due_level(claim: Claim) -> str:
    """The payer level whose turn is next: after the last that decided, under whatever number it answered."""
    decided = [*claim.answered, *(item.sequence for item in claim.submissions if item.outcome == "adjudicated")]
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


@dataclass(frozen=True, slots=True)
class NextClaim:
    """A claim to a later payer as it would be opened. `event` secondary_opened, or secondary_corrected where it has one."""

    event: str
    words: str
    data: dict[str, Any]
    papers: tuple[records.EventParts, ...] = ()
    dropped: bool = False  # a rejected claim to that payer is given up for it


def open_secondary(claim_id: str, *, reason: str = "", paper: bool = False, as_new: bool = False) -> Claim:
    """Make the claim for the next payer ready to be sent, with every decision before it; with `paper`, to be printed and mailed.

    A payer that has the claim and was told something else than what is so now gets a corrected one (7) under its own control
    number; `as_new` sends a new one (1), where the payer wants that. Refused NO_NEXT_PAYER, CROSSED_OVER, NEXT_PAYER_HAS_IT,
    NO_PAYER_NUMBER, REOPENING_INSTEAD, MSP_TYPE_MISSING, MEDICARE_THIRD_ON_PAPER, MEDIGAP_BY_CROSSOVER, NEXT_PAYER_UNKNOWN,
    NEXT_PAYER_ON_PAPER, NEXT_PAYER_NOT_ENROLLED, EXHAUSTION_LETTER_MISSING, NOT_DECIDED, DECISION_UNBALANCED,
    CLAIM_UNWRITABLE, NotNow.
    """
    require("claims.secondary")
    stored, practice = records.get_claim(claim_id), current_practice()
    return _write(stored, _prepared(stored.claim, practice, reason, paper=paper, as_new=as_new))


def would_open(claim: Claim, *, paper: bool = False, as_new: bool = False) -> NextClaim:
    """What `open_secondary` would make ready; refuses as it does."""
    require("claims.secondary")
    return _prepared(claim, current_practice(), "", paper=paper, as_new=as_new)


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
            _write(stored, _prepared(stored.claim, practice, "", by_itself=True))
            found.append(Opened(claim_id=stored.claim.claim_id))
        except Conflict:
            continue  # somebody else has it in hand
        except Refused as refusal:
            if refusal.code not in _NO_NEWS:
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


def _prepared(
    claim: Claim, practice: Practice, reason: str, *, paper: bool = False, as_new: bool = False, by_itself: bool = False
) -> NextClaim:
    again = claim.status is Status.REJECTED and claim.sending is not None and claim.sending.kind == "secondary"
    events = records.claim_events(claim.claim_id)
    wrong = {item.level for item in outdated.outdated(claim, events)}
    level = (
        claim.sending.sequence if again and claim.sending else min(wrong, key=LEVELS.index, default=due_level(claim))
    )
    coverage = coverage_at(claim.content, level) if level else None
    corrected = coverage is not None and (level in wrong or told(claim, level) is not None)
    event = "secondary_corrected" if corrected else "secondary_opened"
    permit(claim, "correction_dropped" if again else event)
    if coverage is None:
        raise Refused(
            "NO_NEXT_PAYER", "the patient has no further payer", fix="add it to the visit file, or bill the patient"
        )
    if corrected and (by_itself or (level not in wrong and not as_new)):
        _leave(told_otherwise=level in wrong)
    name = _payer_name(coverage, claim.content, practice)
    if not corrected:
        _check_crossover(claim, level, events)
    if not paper:
        _check_payer(claim.content, level, coverage, practice)
    prior = prior_payers(claim, events, level, _names(claim.content, practice))
    number = ""
    if corrected and not as_new:
        number = _number(claim, events, level, coverage)
    papers = _letter(claim, level, events)
    _check_writable(claim, level, name, prior, practice, number)
    limit = next_deadline(claim.content, coverage, prior[-1].adjudicated_on)
    sending = {
        "kind": "secondary",
        "frequency": "7" if number else "1",
        "sequence": level,
        "original_reference": number,
        "payer_name": name,
        "prior": [item.model_dump(mode="json", exclude_defaults=True) for item in prior],
        "paper": paper,
        "reason": reason,
    }
    lead = f"A corrected claim to {name}" if corrected else f"A claim to {name}"
    words = f"{lead} is to be sent, with what was decided before it" + (f". {reason}" if reason else "")
    data = {"sending": sending, "deadline": limit.isoformat() if limit else None}
    return NextClaim(event, words, data, tuple(papers), again)


def _leave(*, told_otherwise: bool) -> None:
    """What the payer has already is not sent again by itself: a second claim would be denied as a duplicate."""
    if told_otherwise:
        raise Refused("NEXT_PAYER_TOLD_OTHERWISE", "the next payer was told another decision", fix=outdated.WHAT_NOW)
    raise Refused(
        "NEXT_PAYER_HAS_IT",
        "the next payer has the claim already, with these decisions",
        fix="wait for its remittance or ask it (276); otbill claims secondary --as-new sends it once more",
    )


def _number(claim: Claim, events: tuple[ClaimEvent, ...], level: str, coverage: Coverage) -> str:
    """The payer's own number of the claim to be replaced (REF*F8)."""
    if filing_indicator(coverage, claim.content) == MEDICARE_B:
        raise Refused(
            "REOPENING_INSTEAD",
            "Medicare Part B takes no corrected claim",
            fix="send its contractor the new remittance and ask it to reopen its decision; a claim it could not process goes "
            "as new (--as-new)",
        )
    number = outdated.number_at(claim, events, level)
    if not number:
        raise Refused(
            "NO_PAYER_NUMBER",
            "the next payer has not told its control number yet, and a corrected claim has to name it",
            fix="wait for its 277CA or remittance; --as-new sends a new claim, where the payer wants that",
        )
    return number


def _write(stored: StoredClaim, made: NextClaim) -> Claim:
    claim_id = stored.claim.claim_id
    dropped: list[records.EventParts] = []
    if made.dropped:
        dropped = [("correction_dropped", "person", "The rejected claim to the next payer is made anew", {})]
    with store.unit_of_work() as uow:
        after = records.write_events(uow, stored, [*dropped, *made.papers, (made.event, "us", made.words, made.data)])
        uow.audit(f"claim.{made.event}", f"CLM#{claim_id}", ("status", "sending"))
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


def _check_writable(
    claim: Claim, level: str, name: str, prior: tuple[PriorPayer, ...], practice: Practice, number: str = ""
) -> None:
    content = content_for(claim.content, level, name)
    probe = Submission.model_validate(
        {
            "submission_id": "",
            "claim_id": claim.claim_id,
            "n": 1,
            "patient_control_number": "0",
            "batch_id": "",
            "sequence": level,
            "frequency": "7" if number else "1",
            "original_reference": number,
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

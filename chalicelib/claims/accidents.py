"""An accident across its claims: what its insurer has paid us, and since when its benefits are used up, with its letter.

ACC#<id> / ACCIDENT   one accident claim number of one insurer, once something was said about it

Once benefits are used up, no further claim of the accident goes to its insurer (BENEFITS_EXHAUSTED), and what it denied for that
goes to the next payer with the letter (PWK, report type EB).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from chalicelib import clock, store
from chalicelib.claims import pip, records
from chalicelib.claims.claim import AttachedPaper, Claim
from chalicelib.claims.model import ClaimContent, Status
from chalicelib.claims.records import StoredClaim, to_claim
from chalicelib.documentation import attachments
from chalicelib.intake.model import LineOfBusiness
from chalicelib.money import Cents
from chalicelib.platform.errors import AlreadyDone, Refused
from chalicelib.platform.model import Model
from chalicelib.store import journal
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current, require

USED_UP = frozenset(("119", "35"))
"""CARC: benefit maximum reached, for the period or occurrence (119), for life (35)."""
LETTER_TYPE, BY_FAX = "EB", "FX"


class AccidentRecord(Model):
    """What is known of an accident beside its claims. `paper_id` names the insurer's letter among the patient's papers."""

    accident_id: str
    payer_id: str
    exhausted_on: date
    paper_id: str = ""
    told_by: str = ""
    at: str = ""
    version: int = 0


class AccidentStanding(Model):
    """An accident's claims with us. `paid_cents` is what its insurer paid us: a floor, as others draw on the same benefit."""

    claim_number: str
    payer_name: str
    accident_on: date | None
    first_care_on: date | None
    emergency_condition_on: date | None
    claims: int
    charge_cents: Cents
    paid_cents: Cents
    benefit_cents: Cents | None
    exhausted_on: date | None = None
    paper_id: str = ""


def accident_id(content: ClaimContent) -> str:
    """Our id of the accident; '' for a claim that is no auto insurer's or has no claim number yet."""
    found = content.accident
    if found is None or not found.claim_number or content.coverage.line_of_business is not LineOfBusiness.AUTO:
        return ""
    return current().make_id("acc", content.coverage.payer_id, found.claim_number)


def find(content: ClaimContent) -> AccidentRecord | None:
    key = accident_id(content)
    record = store.get(f"ACC#{key}", "ACCIDENT") if key else None
    return record.read_as(AccidentRecord, "version") if record else None


def exhausted_on(content: ClaimContent) -> date | None:
    found = find(content)
    return found.exhausted_on if found else None


def mark_exhausted(claim_id: str, on: date, *, paper_id: str = "") -> AccidentRecord:
    """A person says that the accident's benefits are used up, best with the insurer's letter (`otbill documents add`).

    Refused NO_ACCIDENT for a claim that is no accident's; NotFound for a letter that is not there. Saying it again mends it.
    """
    require("claims.exhausted")
    stored = records.get_claim(claim_id)
    content = stored.claim.content
    key = accident_id(content)
    if not key:
        raise Refused("NO_ACCIDENT", "the claim is no auto insurer's, or has no accident claim number yet")
    if paper_id:
        attachments.read(content.patient_key, paper_id)
    before = find(content)
    made = AccidentRecord(
        accident_id=key,
        payer_id=content.coverage.payer_id,
        exhausted_on=on,
        paper_id=paper_id or (before.paper_id if before else ""),
        told_by=current().principal.user_id,
        at=clock.instant_text(clock.now()),
    )
    words = f"The accident's benefits with {content.payer_name} are used up since {on}" + (
        ", by its letter" if paper_id else ""
    )
    with store.unit_of_work() as uow:
        uow.replace(_record(made, before.version if before else 0))
        records.write_events(uow, stored, [("noted", "person", words, {})])
        uow.audit("accident.exhausted", f"ACC#{key}", ("exhausted_on", "letter"))
        uow.commit()
    return made


def _record(item: AccidentRecord, version: int) -> store.Record:
    data = item.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
    return store.Record(pk=f"ACC#{item.accident_id}", sk="ACCIDENT", kind="accident", data=data, version=version)


def standing(claim_id: str) -> AccidentStanding:
    """The accident of a claim, over all its claims with us. Refused NO_ACCIDENT."""
    require("claims.show")
    content = records.get_claim(claim_id).claim.content
    if content.accident is None or not accident_id(content):
        raise Refused("NO_ACCIDENT", "the claim is no auto insurer's, or has no accident claim number yet")
    claims = list(_claims_of(content))
    balances = journal.balances([claim.claim_id for claim in claims]).values()
    found = find(content)
    return AccidentStanding(
        claim_number=content.accident.claim_number,
        payer_name=content.payer_name,
        accident_on=content.accident.date,
        first_care_on=content.accident.first_care_on,
        emergency_condition_on=content.accident.emergency_condition_on,
        claims=len(claims),
        charge_cents=sum(item.charge_cents for item in balances),
        paid_cents=sum(item.paid_cents for item in balances),
        benefit_cents=pip.benefit_cents(content),
        exhausted_on=found.exhausted_on if found else None,
        paper_id=found.paper_id if found else "",
    )


def _claims_of(content: ClaimContent) -> Iterator[Claim]:
    number = content.accident.claim_number if content.accident else ""
    for record in store.iter_index("gsi2", f"CLAIMS#PAYER#{content.coverage.payer_id}"):
        claim = to_claim(record).claim
        accident = claim.content.accident
        if claim.status is not Status.WITHDRAWN and accident is not None and accident.claim_number == number:
            yield claim


def says_used_up(payment: dict[str, Any]) -> bool:
    """Whether a decision denies because the benefit is used up."""
    parts = (payment, *payment.get("lines", ()))
    return any(item["reason"] in USED_UP for part in parts for item in part.get("adjustments", ()))


def letter(content: ClaimContent) -> AttachedPaper | None:
    """The insurer's letter as it goes with the next payer's claim."""
    found = find(content)
    if found is None or not found.paper_id:
        return None
    return AttachedPaper(
        report_type=LETTER_TYPE,
        transmission=BY_FAX,
        control_number=found.paper_id.rpartition("_")[2][:20].upper(),
        document=found.paper_id,
        title="exhaustion letter",
    )


def spot() -> int:
    """Denials that say the benefit is used up, of accidents nobody marked yet: a task each, once. How many are new."""
    require("claims.secondary")
    return sum(
        _tell(item)
        for status in (Status.DENIED, Status.PARTLY_DENIED)
        for item in records.claims_with_status(status)
        if accident_id(item.claim.content) and find(item.claim.content) is None
    )


def _tell(item: StoredClaim) -> bool:
    claim = item.claim
    key = f"{accident_id(claim.content)}"
    if store.was_done("exhausted", key):
        return False
    decided = [event for event in records.claim_events(claim.claim_id) if event.type == "adjudicated"]
    if not decided or not says_used_up(decided[-1].data.get("payment", {})):
        return False
    words = (
        f"{claim.content.payer_name} says the accident's benefits are used up: ask for its letter, keep it "
        "(otbill documents add), then otbill claims exhausted, and bill the next payer"
    )
    try:
        with store.unit_of_work() as uow:
            uow.once("exhausted", key)
            amount = claim.adjudication.denied_cents if claim.adjudication else 0
            open_task(uow, "benefits_exhausted", claim.claim_id, words, amount_cents=amount, natural_key=key)
            uow.audit("accident.suspected", f"ACC#{key}", ("exhausted_on",))
            uow.commit()
    except AlreadyDone:
        return False
    return True

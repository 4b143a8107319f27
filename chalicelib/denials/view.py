"""One denial as people read it: codes in words, money, what may be done, what was done. Read models, never written from."""

from __future__ import annotations

from typing import Any

from chalicelib.claims.records import get_claim
from chalicelib.codes import carc, rarc
from chalicelib.denials import categories, counts, paths, records
from chalicelib.denials.appeal import Appeal, Paper, appeals_of, papers_of
from chalicelib.denials.counts import Likelihood
from chalicelib.denials.model import Act, Denial
from chalicelib.denials.paths import Offer
from chalicelib.denials.queue import owner_name
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require

BASES = {
    "allowed_by_payer": "what the payer called allowed",
    "fee_schedule": "Medicare's fee schedule, as the program pays",
    "history": "what this payer paid for it before",
    "payer_ratio": "the part of its charges this payer paid where it did pay",
    "charge": "the denied amount; nothing better is known",
    "mixed": "by line: what the payer allowed, the fee schedule, what it paid before",
    "none": "nothing is known",
}


class DenialView(Model):
    """Everything a denial's page shows. `elsewhere` is None for people of a practice."""

    denial: Denial
    patient_name: str
    practice_patient_id: str
    words: str
    remarks: dict[str, str]
    kind: str
    next_action: str
    basis: str
    likelihood: Likelihood
    elsewhere: Likelihood | None
    owner: str
    offers: tuple[Offer, ...]
    history: tuple[Act, ...]
    appeals: tuple[Appeal, ...]
    papers: tuple[Paper, ...]


def denial_view(denial_id: str) -> DenialView:
    """NotFound for a denial of nobody or of another practice."""
    require("denials.show")
    denial = records.get(denial_id)
    content = get_claim(denial.claim_id).claim.content
    found = categories.CATEGORIES[denial.category]
    staff = current().principal.kind != "practice"
    return DenialView(
        denial=denial,
        patient_name=f"{content.patient.last_name}, {content.patient.first_name}",
        practice_patient_id=content.practice_patient_id,
        words=carc.describe(denial.carc),
        remarks={code: rarc.describe(code) for code in denial.remarks},
        kind=found.name,
        next_action=found.next_action,
        basis=BASES[denial.basis],
        likelihood=counts.likelihood(denial, records.resolved()),
        elsewhere=counts.elsewhere(denial.payer_id, denial.carc) if staff else None,
        owner=owner_name(denial.assigned_to) if denial.assigned_to else "",
        offers=tuple(paths.offers(denial_id)),
        history=records.history(denial_id),
        appeals=tuple(appeals_of(denial.claim_id)),
        papers=tuple(papers_of(denial.claim_id)),
    )


def as_json(found: DenialView) -> dict[str, Any]:
    """For programs: the view, without what only the store needs."""
    data = found.model_dump(mode="json")
    for part in (data["denial"], *data["appeals"]):
        part.pop("version", None)
    for name in ("seen", "acts"):
        data["denial"].pop(name)
    said = [found.likelihood.words, *((found.elsewhere.words,) if found.elsewhere and found.elsewhere.decided else ())]
    data["likelihood_words"] = "; ".join(said)
    return data

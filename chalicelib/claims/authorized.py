"""Authorizations and claims: the number for a claim that names none, what the scrub is told, and how far the uses have come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from chalicelib import store
from chalicelib.claims import records as claim_records
from chalicelib.claims.authorization_use import find, use_of
from chalicelib.claims.claim import DECIDED, WAITING, Claim
from chalicelib.claims.drafting import Draft
from chalicelib.claims.facts import Allowance as AllowanceFact
from chalicelib.claims.facts import Authorization as Fact
from chalicelib.claims.model import ClaimContent
from chalicelib.coverage import authorization_records as records
from chalicelib.coverage.authorization import Authorization, Meter, commit, only_fitting
from chalicelib.documentation.records import notes_of
from chalicelib.intake.records import find_visits
from chalicelib.platform.errors import Conflict
from chalicelib.platform.model import Model


def fill(drafts: Sequence[Draft]) -> list[Draft]:
    """Drafts whose visits name no authorization get the number of the only one on record that covers day, plan and codes."""
    if all(draft.content.authorization_number for draft in drafts):
        return list(drafts)
    known = {key: records.of_patient(key) for key in {draft.content.patient_key for draft in drafts}}
    return [_filled(draft, known[draft.content.patient_key]) for draft in drafts]


def _filled(draft: Draft, known: Sequence[Authorization]) -> Draft:
    content = draft.content
    if content.authorization_number:
        return draft
    codes = {line.cpt for line in content.lines}
    coverage = content.coverage
    one = only_fitting(known, coverage.payer_id, coverage.line_of_business.value, content.date_of_service, codes)
    if one is None:
        return replace(draft, authorization_told=False)
    update = {"authorization_number": one.number}
    others = tuple(other.model_copy(update=update) for other in draft.others)
    return replace(draft, content=content.model_copy(update=update), others=others, authorization_told=False)


def fact(content: ClaimContent) -> Fact | None:
    """What the scrub is told: what others have committed, this claim not counted."""
    found = find(content)
    if found is None:
        return None
    meter = records.meter(found.auth_id)
    return Fact(
        start=found.start,
        end=found.end,
        codes=found.codes,
        state=found.state,
        allowances=tuple(
            AllowanceFact(
                codes=frozenset(one.codes),
                counts=one.measure,
                approved=found.approved(place),
                used=meter.committed(place, content.claim_id),
            )
            for place, one in enumerate(found.allowances)
        ),
    )


def recount(auth_id: str) -> Meter:
    """Count an authorization's claims anew, oldest service first: for one kept after its claims were made, or told anew.

    Claims a payer has already stand beside the counters where they do not fit; unsent ones are left to the scrub.
    """
    authorization = records.get(auth_id)
    before = records.meter(auth_id)
    meter = before.model_copy(update={"uses": {}})
    visits = find_visits(note.visit_key for note in notes_of(authorization.patient_key))
    claims = claim_records.find_claims({claim_id for item in visits.values() for claim_id in item.claim_ids})
    for claim in sorted(
        (one.claim for one in claims.values()), key=lambda one: (one.content.date_of_service, one.claim_id)
    ):
        named = find(claim.content)
        if named is None or named.auth_id != auth_id:
            continue
        try:
            use = use_of(authorization, meter, claim)
        except Conflict:
            continue
        meter = meter if use is None else commit(authorization, meter, claim.claim_id, use)
    if meter.uses != before.uses:
        with store.unit_of_work() as uow:
            records.put_meter(uow, meter)
            uow.audit("authorization.counted", f"AUT#{auth_id}", ("meter",))
            uow.commit()
    return meter


class Stages(Model):
    """The uses of one allowance by how far their claims are: documented, billed, posted. `beyond` stand beside the count."""

    documented: int = 0
    billed: int = 0
    posted: int = 0
    beyond: int = 0

    @property
    def committed(self) -> int:
        return self.documented + self.billed + self.posted


def stages(authorization: Authorization, meter: Meter) -> tuple[Stages, ...]:
    """For each allowance."""
    claims = claim_records.find_claims(meter.uses)
    found = [Counter[str]() for _ in authorization.allowances]
    for claim_id, use in meter.uses.items():
        stored = claims.get(claim_id)
        stage = "beyond" if use.beyond else _stage(stored.claim if stored else None)
        for counts, amount in zip(found, use.amounts, strict=False):
            counts[stage] += amount
    return tuple(Stages(**counts) for counts in found)


def _stage(claim: Claim | None) -> str:
    if claim is None or claim.status in WAITING:
        return "documented"
    return "posted" if claim.status in DECIDED else "billed"

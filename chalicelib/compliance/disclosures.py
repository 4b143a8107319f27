"""Accounting of disclosures: what about one patient left for whom, and when (45 CFR 164.528).

Claims, eligibility questions and authorization requests go out for payment, which the rule need not account for; we do, and
say so with each. Told from what was really sent: a claim counts when its file was uploaded, not when it was written.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.claims import records
from chalicelib.claims.lifecycle import Claim
from chalicelib.coverage.authorization_records import of_patient
from chalicelib.coverage.records import find_checks
from chalicelib.documentation.records import notes_of
from chalicelib.intake.records import find_visits
from chalicelib.platform.model import Model
from chalicelib.tenancy import require

MOST_CHECKS = 1000
PURPOSE = "payment"


class Disclosure(Model):
    """One thing that left. `reference` names our record of it, `document` the file as it went."""

    at: str
    what: str
    to: str
    to_id: str
    purpose: str
    reference: str
    document: str = ""


def of_the_patient(patient_key: str) -> tuple[Disclosure, ...]:
    """Everything that left about a patient (our id), oldest first."""
    require("audit.disclosures")
    found = [*_claims(patient_key), *_questions(patient_key), *_requests(patient_key)]
    return tuple(sorted(found, key=lambda item: (item.at, item.reference)))


def _claims(patient_key: str) -> Iterator[Disclosure]:
    visits = find_visits(note.visit_key for note in notes_of(patient_key)).values()
    wanted = dict.fromkeys(claim_id for visit in visits for claim_id in visit.claim_ids)
    for stored in records.find_claims(wanted).values():
        if stored.claim.content.patient_key == patient_key:
            yield from _submissions(stored.claim)


def _submissions(claim: Claim) -> Iterator[Disclosure]:
    kept = records.find_submissions(item.submission_id for item in claim.submissions)
    for item in claim.submissions:
        sent = kept.get(item.submission_id)
        batch = records.get_batch(sent.batch_id) if sent else None
        if sent is None or batch is None or batch.state != "sent":
            continue
        yield Disclosure(
            at=item.at,
            what=f"claim (837P, frequency {item.frequency})",
            to=batch.payer_name,
            to_id=batch.payer_id,
            purpose=PURPOSE,
            reference=f"SUB#{item.submission_id}",
            document=batch.document,
        )


def _questions(patient_key: str) -> Iterator[Disclosure]:
    for check in find_checks(patient_key, limit=MOST_CHECKS):
        if check.question:
            yield Disclosure(
                at=check.checked_at,
                what="eligibility question (270)",
                to=check.payer_name,
                to_id=check.payer_id,
                purpose=PURPOSE,
                reference=f"BEN#{check.check_id}",
                document=check.question,
            )


def _requests(patient_key: str) -> Iterator[Disclosure]:
    for request in of_patient(patient_key):
        if request.requested_on:
            yield Disclosure(
                at=request.created_at,
                what=f"authorization request ({request.how})",
                to=request.payer_id,
                to_id=request.payer_id,
                purpose=PURPOSE,
                reference=f"AUTH#{request.auth_id}",
                document=request.documents[0] if request.documents else "",
            )

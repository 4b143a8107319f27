"""Ready claims to 837P files, so that a crash between any two steps sends nothing twice and loses nothing.

1. Numbers are reserved in the control table, with the row that routes answers back (gaps allowed, never reused).
2. The batch is recorded with its claims and its file name: state `reserved`. From here on the file is determined.
3. Each claim in a transaction of its own: submission, patient control number, event. A claim that changed meanwhile stays out.
4. The file is written from the submissions, kept as a document, and the batch is `written`: the exchange takes it from there.

Running again goes on with batches that are not yet written before it starts new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, Literal

from chalicelib import clock, documents, store
from chalicelib.claims import outdated, records
from chalicelib.claims.edi import write_file
from chalicelib.claims.graph import permit
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import Status
from chalicelib.claims.records import Batch, StoredClaim, Submission
from chalicelib.claims.sending import sent_content
from chalicelib.ids import patient_control_number
from chalicelib.intake.records import waiting_visits
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.collecting import seldom_collected
from chalicelib.platform.errors import Conflict, Refused
from chalicelib.store import control
from chalicelib.tenancy import current, require

MOST_CLAIMS = 5000
PAPER = "paper"
ANSWER_BY_MAIL_DAYS = 45  # ours
ANSWER_WITHIN_DAYS = 30  # a payer silent for longer is asked (setting of ours; no rule prescribes it)
Progress = Callable[[int], None]


def submit_claims(progress: Progress | None = None) -> tuple[list[StoredClaim], list[Batch]]:
    """Submit every ready claim of the current practice. Returns the claims sent and the batches written in this run."""
    require("claims.submit")
    with seldom_collected():
        return _submit(current_practice(), progress)


def _submit(practice: Practice, progress: Progress | None) -> tuple[list[StoredClaim], list[Batch]]:
    unfinished = records.batches("reserved")
    spoken_for = {claim_id for batch in unfinished for claim_id in batch.claim_ids}
    # A visit that changed since its claim was built waits for the next build; its claim must not go out as it was.
    spoken_for |= {claim_id for visit in waiting_visits() for claim_id in visit.claim_ids}
    waiting = (item for item in records.claims_with_status(Status.READY) if item.claim.claim_id not in spoken_for)
    ready = [item for item in waiting if not on_paper(item.claim, practice)]
    fresh = [(_reserve(payer_id, usage, part), part) for payer_id, usage, part in _parts(ready, practice)]
    sent: list[StoredClaim] = []
    written = []
    for batch, part in [*((batch, _claims_of(batch)) for batch in unfinished), *fresh]:
        done, finished = _finish(batch, part, practice, progress)
        sent += done
        written.append(finished)
    return sent, written


def on_paper(claim: Claim, practice: Practice) -> bool:
    """Whether the claim is to be printed and mailed: so opened, or to a payer that takes no 837."""
    if claim.sending is not None and claim.sending.paper:
        return True
    content = sent_content(claim)
    coverage = content.coverage
    plan = practice.plan(coverage.payer_id, coverage.line_of_business, content.date_of_service)
    return plan is not None and not plan.electronic_837


def mail(claim_id: str) -> Claim:
    """Note that a ready claim was printed (`otbill claims paper`) and mailed. Refused NOT_ON_PAPER where it goes by file."""
    require("claims.submit")
    stored, practice = records.get_claim(claim_id), current_practice()
    permit(stored.claim, "submitted")
    if not on_paper(stored.claim, practice):
        raise Refused("NOT_ON_PAPER", "this claim goes to its payer by file", fix="otbill claims submit")
    item = _submission(stored, "")
    follow_up = clock.today(current().tenant.timezone) + timedelta(days=ANSWER_BY_MAIL_DAYS)
    words = f"Mailed on paper to {item.content.payer_name}"
    data = {"submission": _reference(item, PAPER), "deadline": follow_up.isoformat()}
    with store.unit_of_work() as uow:
        after = records.write_events(uow, stored, [("submitted", "person", words, data)])
        _record(uow, item)
        uow.commit()
    return after


def _order(item: StoredClaim) -> tuple[str, ...]:
    content = item.claim.content
    return (content.date_of_service.isoformat(), *content.visit_ids)


def _parts(
    ready: Iterable[StoredClaim], practice: Practice
) -> list[tuple[str, Literal["T", "P"], Sequence[StoredClaim]]]:
    """Claims by payer and test or production, oldest first, at most 5,000 a file."""
    groups: dict[tuple[str, Literal["T", "P"]], list[StoredClaim]] = {}
    today = clock.today(current().tenant.timezone)
    for item in sorted(ready, key=_order):
        payer_id = sent_content(item.claim).coverage.payer_id
        live = practice.enrolled(payer_id, "837", today) == "live"
        groups.setdefault((payer_id, "P" if live else "T"), []).append(item)
    parts: list[tuple[str, Literal["T", "P"], Sequence[StoredClaim]]] = []
    for (payer_id, usage), group in sorted(groups.items()):
        rest = iter(group)
        while part := list(islice(rest, MOST_CLAIMS)):
            parts.append((payer_id, usage, part))
    return parts


def _reserve(payer_id: str, usage: Literal["T", "P"], part: Sequence[StoredClaim]) -> Batch:
    context = current()
    number = control.next_number("interchange")
    batch_id = context.make_id("bat", str(number))
    control.put_new(
        store.Record(
            pk=f"ICN#{number:09d}",
            sk="ROUTE",
            kind="interchange",
            data={"tenant_id": context.tenant.tenant_id, "batch_id": batch_id},
        )
    )
    batch = Batch(
        batch_id=batch_id,
        payer_id=payer_id,
        payer_name=sent_content(part[0].claim).payer_name,
        control_number=number,
        usage=usage,
        created_at=clock.instant_text(clock.now()),
        file=f"{context.tenant.code}-{payer_id}-{number:09d}.837",
        claim_ids=tuple(item.claim.claim_id for item in part),
    )
    with store.unit_of_work() as uow:
        uow.replace(records.batch_record(batch))
        uow.audit("batch.reserved", f"BAT#{batch_id}", ("claims", "control_number"))
        uow.commit()
    return batch.model_copy(update={"version": 1})


def _claims_of(batch: Batch) -> list[StoredClaim]:
    claims = records.find_claims(batch.claim_ids)
    return [claims[claim_id] for claim_id in batch.claim_ids if claim_id in claims]


def _finish(
    batch: Batch, part: Sequence[StoredClaim], practice: Practice, progress: Progress | None
) -> tuple[list[StoredClaim], Batch]:
    """Send these claims of a batch as they were read; one that changed since is refused by its version and stays."""
    sent: list[StoredClaim] = []
    made: dict[str, Submission] = {}
    for stored in part:
        item = _send(stored, batch) if stored.claim.status is Status.READY else None
        if item is not None:
            sent.append(stored)
            made[item.claim_id] = item
        if progress:
            progress(len(sent))
    return sent, _write(batch, practice, made)


def _submission(stored: StoredClaim, batch_id: str) -> Submission:
    context = current()
    n = len(stored.claim.submissions) + 1
    claim_id = stored.claim.claim_id
    return Submission(
        submission_id=context.make_id("sub", claim_id, str(n)),
        claim_id=claim_id,
        n=n,
        patient_control_number=patient_control_number(context.placement.id_key, context.tenant.code, claim_id, str(n)),
        batch_id=batch_id,
        content=sent_content(stored.claim),
        papers=stored.claim.papers,
        **_purpose(stored.claim),
    )


def _purpose(claim: Claim) -> dict[str, Any]:
    """Frequency, payer level and the payer's number of the claim it concerns, of what is being sent."""
    sending = claim.sending
    if sending is None:
        return {}
    return {
        "frequency": sending.frequency,
        "sequence": sending.sequence,
        "original_reference": sending.original_reference,
        "prior": sending.prior,
    }


_PURPOSES = {
    "corrected": "Correction of the whole claim sent",
    "void": "Void sent",
    "lines": "The unprocessable lines sent again",
    "secondary": "Secondary claim sent",
}


def _words(claim: Claim, batch: Batch) -> str:
    lead = _PURPOSES[claim.sending.kind] if claim.sending else "Sent"
    if claim.sending and claim.sending.kind == "secondary" and claim.sending.original_reference:
        lead = "Corrected secondary claim sent"
    return f"{lead} to {batch.payer_name} in {batch.file}" + (" (test)" if batch.usage == "T" else "")


def _send(stored: StoredClaim, batch: Batch) -> Submission | None:
    """Record one claim as sent in this batch; None when it changed under us and so stays for the next run."""
    item = _submission(stored, batch.batch_id)
    follow_up = clock.today(current().tenant.timezone) + timedelta(days=ANSWER_WITHIN_DAYS)
    words = _words(stored.claim, batch)
    data = {"submission": _reference(item, batch.file), "deadline": follow_up.isoformat()}
    try:
        with store.unit_of_work() as uow:
            records.write_events(uow, stored, [("submitted", "us", words, data)])
            _record(uow, item)
            uow.commit()
    except Conflict:
        return None
    return item


def _reference(item: Submission, file: str) -> dict[str, Any]:
    """The submission as the claim's event names it."""
    return {
        "n": item.n,
        "submission_id": item.submission_id,
        "patient_control_number": item.patient_control_number,
        "file": file,
        "frequency": item.frequency,
        "sequence": item.sequence,
    }


def _record(uow: store.UnitOfWork, item: Submission) -> None:
    uow.create(records.submission_record(item))
    uow.create(records.route_record(item))
    if item.sequence != "P":
        outdated.told_anew(uow, item.claim_id, item.sequence)
    uow.emit("ClaimSubmitted", f"CLM#{item.claim_id}", {"submission": item.submission_id})
    uow.audit("claim.submitted", f"CLM#{item.claim_id}", ("submission",))


def submissions_of(batch: Batch, made: Mapping[str, Submission] | None = None) -> list[Submission]:
    """What the batch really holds, in its order: the submissions recorded under it. `made` are those known by claim id."""
    known = made or {}
    claims = records.find_claims(claim_id for claim_id in batch.claim_ids if claim_id not in known)
    keys = [
        item.submission_id for stored in claims.values() for item in stored.claim.submissions if item.file == batch.file
    ]
    found = {**known, **{item.claim_id: item for item in records.find_submissions(keys).values()}}
    return [found[claim_id] for claim_id in batch.claim_ids if claim_id in found]


def _write(batch: Batch, practice: Practice, made: Mapping[str, Submission]) -> Batch:
    submissions = submissions_of(batch, made)
    if submissions:
        content = write_file(batch, submissions, practice)
        document = documents.put(f"outbound/{batch.file}", content, "application/edi-x12")
        update = {"state": "written", "sha256": sha256(content).hexdigest(), "document": document}
    else:
        update = {"state": "sent"}  # every claim changed meanwhile: there is nothing to send
    done = batch.model_copy(update=update)
    with store.unit_of_work() as uow:
        uow.replace(records.batch_record(done))
        uow.audit("batch.written", f"BAT#{batch.batch_id}", ("state", "sha256"))
        uow.commit()
    return done.model_copy(update={"version": batch.version + 1})

"""Claims, their events and submissions as items of the practice's table.

CLM#<id> / CLAIM        the folded claim (a cache of its events)
                        gsi1 CLAIMS#<status>#<shard> / deadline#date#id, gsi2 CLAIMS#PAYER#<payer id> / date#id
CLM#<id> / EV#<seq>     one event, never changed
CLM#<id> / LISTED       what a list shows of it, lean (made anew from the claim at any time)
                        gsi1 LIST / deadline#date#id, gsi2 LIST#<status> / deadline#date#id: one partition each, because a
                        practice changes far fewer claims than the 1,000 a second a partition takes
SUB#<id> / SUBMISSION   one sending of the claim: what was sent, under which numbers
PCN#<number> / ROUTE    which claim and submission a patient control number names
BAT#<id> / BATCH        one file to one payer; gsi1 BATCHES#<state> / id
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Literal

from chalicelib import store
from chalicelib.claims import graph
from chalicelib.claims.authorization_use import settle as settle_authorization
from chalicelib.claims.claim import AttachedPaper
from chalicelib.claims.lifecycle import Claim, fold
from chalicelib.claims.model import ClaimContent, ClaimEvent, Party, Status
from chalicelib.claims.prior import PriorPayer
from chalicelib.clock import instant_text, now
from chalicelib.intake.records import shard
from chalicelib.platform.errors import NotFound
from chalicelib.platform.model import Model
from chalicelib.tenancy import current

FAR = "9999-12-31"
EventParts = tuple[str, str, str, dict[str, Any]]
"""An event to be: type, source, words, data."""


class Submission(Model):
    """What was sent, frozen. `sequence` P is the primary payer; `prior` what those before it decided; `papers` go as PWK."""

    submission_id: str
    claim_id: str
    n: int
    patient_control_number: str
    batch_id: str
    frequency: str = "1"
    sequence: Literal["P", "S", "T"] = "P"
    original_reference: str = ""
    content: ClaimContent
    prior: tuple[PriorPayer, ...] = ()
    papers: tuple[AttachedPaper, ...] = ()


class Batch(Model):
    """One 837P file: one practice, one trading partner, one payer. Numbers are reserved before anything is written."""

    batch_id: str
    payer_id: str
    payer_name: str
    control_number: int
    usage: Literal["T", "P"]
    created_at: str
    file: str
    claim_ids: tuple[str, ...]
    state: Literal["reserved", "written", "staged", "sent"] = "reserved"
    sha256: str = ""
    document: str = ""
    version: int = 0


class StoredClaim(Model):
    """A claim with the version of its item, for writing it back."""

    claim: Claim
    version: int
    created_at: str = ""


def claim_record(claim: Claim, version: int, created_at: str = "") -> store.Record:
    content = claim.content
    day = content.date_of_service.isoformat()
    return store.Record(
        pk=f"CLM#{claim.claim_id}",
        sk="CLAIM",
        kind="claim",
        data=claim.model_dump_json(exclude_defaults=True),
        version=version,
        created_at=created_at,
        gsi1=(
            f"CLAIMS#{claim.status}#{shard(claim.claim_id)}",
            f"{claim.deadline or FAR}#{day}#{claim.claim_id}",
        ),
        gsi2=(f"CLAIMS#PAYER#{content.coverage.payer_id}", f"{day}#{claim.claim_id}"),
    )


class Listed(Model):
    """A claim as a list shows it, without its money."""

    claim_id: str
    patient_name: str
    practice_patient_id: str
    date_of_service: date
    payer_name: str
    payer_id: str
    status: Status
    owner: Party
    reason: str = ""
    deadline: date | None = None
    patient_control_number: str = ""
    updated_at: str = ""


def listed(claim: Claim) -> Listed:
    content = claim.content
    return Listed(
        claim_id=claim.claim_id,
        patient_name=f"{content.patient.last_name}, {content.patient.first_name}",
        practice_patient_id=content.practice_patient_id,
        date_of_service=content.date_of_service,
        payer_name=content.payer_name,
        payer_id=content.coverage.payer_id,
        status=claim.status,
        owner=claim.owner,
        reason=claim.reason,
        deadline=claim.deadline,
        patient_control_number=claim.latest.patient_control_number if claim.latest else "",
        updated_at=claim.updated_at,
    )


def listed_record(claim: Claim) -> store.Record:
    """Withdrawn claims are in lists only when they are asked for."""
    order = f"{claim.deadline or FAR}#{claim.content.date_of_service}#{claim.claim_id}"
    return store.Record(
        pk=f"CLM#{claim.claim_id}",
        sk="LISTED",
        kind="claim_listed",
        data=listed(claim).model_dump_json(exclude_defaults=True),
        gsi1=None if claim.status is Status.WITHDRAWN else ("LIST", order),
        gsi2=(f"LIST#{claim.status}", order),
    )


def to_listed(record: store.Record) -> Listed:
    return record.read_as(Listed)


def event_record(claim_id: str, event: ClaimEvent) -> store.Record:
    return store.Record(
        pk=f"CLM#{claim_id}",
        sk=f"EV#{event.sequence:06d}",
        kind="claim_event",
        data=event.model_dump_json(exclude_defaults=True),
    )


def to_claim(record: store.Record) -> StoredClaim:
    claim = record.read_as(Claim)
    return StoredClaim(claim=claim, version=record.version, created_at=record.created_at)


def find_claims(claim_ids: Iterable[str]) -> dict[str, StoredClaim]:
    """Stored claims by id; unknown ids are absent."""
    found = store.get_many([(f"CLM#{claim_id}", "CLAIM") for claim_id in claim_ids])
    return {item.claim.claim_id: item for item in map(to_claim, found.values())}


def get_claim(claim_id: str) -> StoredClaim:
    """NotFound for a claim of nobody or of another practice."""
    record = store.get(f"CLM#{claim_id}", "CLAIM")
    if record is None:
        raise NotFound("CLAIM_NOT_FOUND", "no such claim in this practice")
    return to_claim(record)


def claims_with_status(status: Status) -> Iterator[StoredClaim]:
    """Every claim with a status, by deadline within a shard."""
    for number in range(4):
        yield from map(to_claim, store.iter_index("gsi1", f"CLAIMS#{status}#{number}"))


def claims_due(status: Status, on: date) -> Iterator[StoredClaim]:
    """Claims with a status whose deadline is that day or before; reads no further than those."""
    for number in range(4):
        for record in store.iter_index("gsi1", f"CLAIMS#{status}#{number}"):
            stored = to_claim(record)
            if stored.claim.deadline is None or stored.claim.deadline > on:
                break  # the index is in order of deadlines; claims without one stand last
            yield stored


def claim_events(claim_id: str) -> tuple[ClaimEvent, ...]:
    records = store.iter_query(f"CLM#{claim_id}", "EV#")
    return tuple(record.read_as(ClaimEvent) for record in records)


def write_events(uow: store.UnitOfWork, stored: StoredClaim | None, events: Sequence[EventParts]) -> Claim:
    """Append events (type, source, words, data) to a claim and put its folded item, all in `uow`.

    A first event must be `drafted`. Returns the claim as it will be. NotNow when an event cannot happen to it.
    """
    sequence = stored.claim.sequence if stored else 0
    at, actor = instant_text(now()), current().principal.user_id
    made = [
        ClaimEvent(sequence=sequence + n, type=kind, at=at, source=source, actor=actor, words=words, data=data)
        for n, (kind, source, words, data) in enumerate(events, 1)
    ]
    claim = stored.claim if stored else None
    for event in made:
        graph.permit(claim, event.type)
        after = fold([event], claim)
        graph.arrived(claim, event.type, after)
        claim = after
        uow.create(event_record(after.claim_id, event))
    if claim is None:
        raise ValueError("no event to write")
    uow.replace(claim_record(claim, stored.version if stored else 0, stored.created_at if stored else ""))
    uow.put(listed_record(claim))
    settle_authorization(uow, stored.claim if stored else None, claim)
    return claim


def submission_record(item: Submission) -> store.Record:
    return store.Record(
        pk=f"SUB#{item.submission_id}",
        sk="SUBMISSION",
        kind="submission",
        data=item.model_dump_json(exclude_defaults=True),
    )


def route_record(item: Submission) -> store.Record:
    return store.Record(
        pk=f"PCN#{item.patient_control_number}",
        sk="ROUTE",
        kind="patient_control_number",
        data={"claim_id": item.claim_id, "submission_id": item.submission_id},
    )


def find_submissions(submission_ids: Iterable[str]) -> dict[str, Submission]:
    found = store.get_many([(f"SUB#{key}", "SUBMISSION") for key in submission_ids])
    made = (record.read_as(Submission) for record in found.values())
    return {item.submission_id: item for item in made}


def claims_by_control_number(numbers: Iterable[str]) -> dict[str, str]:
    """Claim id by patient control number; numbers that are not ours are absent."""
    keys = [(f"PCN#{number}", "ROUTE") for number in dict.fromkeys(numbers) if number]
    return {key[0][4:]: str(record.data["claim_id"]) for key, record in store.get_many(keys).items()}


def batch_record(batch: Batch) -> store.Record:
    return store.Record(
        pk=f"BAT#{batch.batch_id}",
        sk="BATCH",
        kind="batch",
        data=batch.model_dump_json(exclude={"version"}, exclude_defaults=True),
        version=batch.version,
        gsi1=(f"BATCHES#{batch.state}", f"{batch.control_number:09d}"),
    )


def to_batch(record: store.Record) -> Batch:
    return record.read_as(Batch, "version")


def batches(state: str) -> list[Batch]:
    """Batches in a state, in order of their control numbers."""
    return [to_batch(record) for record in store.iter_index("gsi1", f"BATCHES#{state}")]


def get_batch(batch_id: str) -> Batch | None:
    record = store.get(f"BAT#{batch_id}", "BATCH")
    return to_batch(record) if record else None

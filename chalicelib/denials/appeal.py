"""An appeal: which denials, at which level, until when, with what evidence, sent how, and how it ended. And its items.

APL#<id> / APPEAL       gsi1 APPEALS#<state> / deadline#id, gsi2 APPEALS#<claim> / id
DOC#<id> / DOCUMENT     a document added for a claim; gsi2 DOCUMENTS#<claim> / day#id
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from chalicelib import store
from chalicelib.money import Cents
from chalicelib.platform.errors import NotFound
from chalicelib.platform.model import Model

AppealState = Literal["draft", "packed", "sent", "decided"]
STATES: tuple[AppealState, ...] = ("draft", "packed", "sent", "decided")
Method = Literal["mail", "fax", "portal"]
Result = Literal["overturned", "partly", "upheld", "dismissed"]
FAR = "9999-12-31"


class Evidence(Model):
    """One thing the argument rests on. `have`: on record, and `shown` says what; `attached`: a document was added for it."""

    code: str
    words: str
    needed: bool = True
    state: Literal["have", "attached", "missing", "waived"] = "missing"
    shown: str = ""
    document_id: str = ""


class Sent(Model):
    """How the packet went out. `proof` is the tracking, confirmation or reference number; `proof_document` its paper."""

    method: Method
    on: date
    to: str
    proof: str
    proof_document: str = ""
    by: str


class Decided(Model):
    """How the payer decided. `amount_cents` is what it says it will pay; the money itself comes as a remittance."""

    result: Result
    on: date
    amount_cents: Cents = 0
    words: str = ""


class JoinedClaim(Model):
    """One claim of a joined request: our number of it, and what is in controversy of it."""

    denial_id: str
    claim_id: str
    number: str = ""
    date_of_service: date
    amount_cents: Cents


class Joined(Model):
    """Claims of one request for a hearing (42 CFR 405.1006(e)): all, why they belong together, due by the earliest day."""

    claims: tuple[JoinedClaim, ...]
    why: str
    due: date

    @property
    def total_cents(self) -> int:
        return sum(item.amount_cents for item in self.claims)


class Appeal(Model):
    """One request to one payer at one level. `notice_on` is the day of the decision it is against."""

    appeal_id: str
    claim_id: str
    denial_ids: tuple[str, ...]
    payer_id: str
    payer_name: str
    line_of_business: str
    kind: Literal["appeal", "records"] = "appeal"
    level: int = 1
    level_name: str
    decided_by: str
    argument: str
    amount_cents: Cents
    expected_cents: Cents
    notice_on: date
    deadline: date | None
    good_cause: str = ""
    evidence: tuple[Evidence, ...] = ()
    statement: str = ""
    recipient: str = ""
    joined: Joined | None = None
    state: AppealState = "draft"
    packet: str = ""
    packet_sha256: str = ""
    packet_pages: int = 0
    sent: Sent | None = None
    outcome: Decided | None = None
    drafted_at: str = ""
    version: int = 0

    @property
    def missing(self) -> tuple[Evidence, ...]:
        return tuple(item for item in self.evidence if item.needed and item.state == "missing")


class Paper(Model):
    """A document added for a claim: where it lies, what it is, what it proves."""

    document_id: str
    claim_id: str
    name: str  # what it is, in words of ours; never the file's own name
    evidence: str = ""
    content_type: str
    key: str
    sha256: str
    size: int
    pages: int = 0
    added_at: str
    added_by: str


def appeal_record(appeal: Appeal) -> store.Record:
    return store.Record(
        pk=f"APL#{appeal.appeal_id}",
        sk="APPEAL",
        kind="appeal",
        data=appeal.model_dump(mode="json", exclude={"version"}, exclude_defaults=True),
        version=appeal.version,
        gsi1=(f"APPEALS#{appeal.state}", f"{appeal.deadline or FAR}#{appeal.appeal_id}"),
        gsi2=(f"APPEALS#{appeal.claim_id}", appeal.appeal_id),
    )


def _appeal(record: store.Record) -> Appeal:
    return record.read_as(Appeal, "version")


def find_appeal(appeal_id: str) -> Appeal | None:
    record = store.get(f"APL#{appeal_id}", "APPEAL")
    return _appeal(record) if record else None


def get_appeal(appeal_id: str) -> Appeal:
    """NotFound for an appeal of nobody or of another practice."""
    found = find_appeal(appeal_id)
    if found is None:
        raise NotFound("APPEAL_NOT_FOUND", "no such appeal in this practice")
    return found


def appeals(states: Iterable[str] = STATES) -> list[Appeal]:
    """Appeals in these states, nearest deadline first within a state."""
    return [_appeal(record) for state in states for record in store.iter_index("gsi1", f"APPEALS#{state}")]


def appeals_of(claim_id: str) -> list[Appeal]:
    """A claim's appeals by level."""
    found = map(_appeal, store.iter_index("gsi2", f"APPEALS#{claim_id}"))
    return sorted(found, key=lambda item: (item.drafted_at, item.level))


def paper_record(paper: Paper) -> store.Record:
    return store.Record(
        pk=f"DOC#{paper.document_id}",
        sk="DOCUMENT",
        kind="claim_document",
        data=paper.model_dump(mode="json", exclude_defaults=True),
        gsi2=(f"DOCUMENTS#{paper.claim_id}", f"{paper.added_at}#{paper.document_id}"),
    )


def papers_of(claim_id: str) -> list[Paper]:
    """Documents added for a claim, oldest first."""
    found = store.iter_index("gsi2", f"DOCUMENTS#{claim_id}")
    return [record.read_as(Paper) for record in found]


def find_papers(document_ids: Iterable[str]) -> list[Paper]:
    found = store.get_many([(f"DOC#{key}", "DOCUMENT") for key in document_ids])
    return [record.read_as(Paper) for record in found.values()]

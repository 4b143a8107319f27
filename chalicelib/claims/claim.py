"""The folded claim: what its events have made of it. `chalicelib.claims.lifecycle` folds, nothing else writes."""

from __future__ import annotations

from datetime import date
from typing import Literal

from chalicelib.claims.model import ClaimContent, Party, Status
from chalicelib.claims.prior import PriorPayer
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.therapy.model import Finding

WAITING = frozenset((Status.HELD, Status.READY, Status.REJECTED))
"""Not with a payer as it stands now: it can be mended, and sent when it is ready."""
OUT = frozenset((Status.SUBMITTED, Status.ACKNOWLEDGED, Status.ACCEPTED))
"""Sent and not yet decided."""
DECIDED = frozenset(
    (Status.PAID, Status.DENIED, Status.PARTLY_DENIED, Status.SECONDARY_DUE, Status.PATIENT_DUE, Status.CLOSED)
)
GONE = frozenset((Status.WITHDRAWN, Status.VOIDED))
"""Bills nothing any more; its charge is taken back."""


class SubmissionRef(Model):
    """One time the claim was sent. `n` counts from 1; `sequence` is the payer level (SBR01)."""

    n: int
    submission_id: str
    patient_control_number: str
    file: str
    frequency: str = "1"
    sequence: Literal["P", "S", "T"] = "P"
    at: str = ""
    outcome: str = "sent"  # sent, acknowledged, accepted, rejected, adjudicated, reversed


class Adjudicated(Model):
    """What the newest standing adjudication left behind, in cents."""

    remittance_id: str
    paid_cents: Cents
    adjusted_cents: Cents
    patient_cents: Cents
    open_cents: Cents
    denied_cents: Cents = 0
    secondary_cents: Cents = 0
    allowed_cents: Cents | None = None
    status_code: str = "1"


class Sending(Model):
    """What the next (or the present) submission is for, when it is not simply the claim for the first time.

    corrected   frequency 7: replaces the whole claim at the payer
    void        frequency 8: takes it back at the payer
    lines       frequency 1: only the lines the payer rejected as unprocessable (`lines`, numbers)
    secondary   frequency 1 to the next payer (`sequence` S, or T for the third), with what those before it decided (`prior`);
                7 where that payer was told something else before

    `original_reference` is the payer's control number (REF*F8); `back_to` the status to return to when it is dropped;
    `payer_name` the next payer's name.
    """

    kind: Literal["corrected", "void", "lines", "secondary"]
    frequency: Literal["1", "7", "8"]
    sequence: Literal["P", "S", "T"] = "P"
    original_reference: str = ""
    lines: tuple[int, ...] = ()
    payer_name: str = ""
    prior: tuple[PriorPayer, ...] = ()
    back_to: Status = Status.ACCEPTED
    replaces: Sending | None = None  # what a later payer had accepted when this was opened
    paper: bool = False  # printed and mailed, never in a file
    reason: str = ""


class Hold(Model):
    """A person's hold: why, whose move, when it is looked at again; `release_on` when it ends by itself.

    `until_effective`: it ends when the practice file says that the enrolment or credentialing it waits for is in force.
    """

    reason: str
    words: str = ""
    owner: Party = Party.US
    by: str = ""
    follow_up_on: date
    release_on: date | None = None
    until_effective: bool = False


class Override(Model):
    """A finding somebody with the authority decided to send the claim in spite of."""

    code: str
    reason: str
    by: str
    role: str


class Appeal(Model):
    """A decision a payer was asked to change. `level` counts from 1; `back_to` is where the claim stood, and stands again."""

    appeal_id: str = ""
    level: int = 1
    back_to: Status = Status.DENIED


class AttachedPaper(Model):
    """A document that goes with the claim (PWK): report type, way it travels, its control number, where we keep it."""

    report_type: str
    transmission: str
    control_number: str
    document: str = ""
    title: str = ""


class CoverageCheck(Model):
    """The eligibility answer a claim was last checked with. `good` False: too old for the day, or only the last before it, so
    it held nothing and proved nothing."""

    check_id: str
    on: date
    source: str
    good: bool = True


class WriteOff(Model):
    """An amount given up. `party` is who owed it."""

    reason: str
    party: Literal["payer", "secondary", "patient"]
    amount_cents: Cents


class Claim(Model):
    """The folded claim. `sequence` is the number of its last event, and the stored item's version follows it."""

    claim_id: str
    content: ClaimContent
    findings: tuple[Finding, ...] = ()
    status: Status = Status.HELD
    owner: Party = Party.US
    reason: str = ""
    deadline: date | None = None
    submissions: tuple[SubmissionRef, ...] = ()
    payer_control_number: str = ""
    accepted: bool = False
    adjudication: Adjudicated | None = None
    correction_open: bool = False
    sending: Sending | None = None
    hold: Hold | None = None
    overrides: tuple[Override, ...] = ()
    write_offs: tuple[WriteOff, ...] = ()
    crossed_over: bool = False
    passed_on: bool = False  # the first payer once sent it to the second itself
    answered: tuple[str, ...] = ()  # payer levels whose decision stands
    told_change: str = ""  # what of its visits a person was last told about
    appeal: Appeal | None = None
    papers: tuple[AttachedPaper, ...] = ()
    coverage_check: CoverageCheck | None = None
    sequence: int = 0
    updated_at: str = ""

    @property
    def latest(self) -> SubmissionRef | None:
        return self.submissions[-1] if self.submissions else None

    @property
    def with_payer(self) -> bool:
        """Whether some payer has a version of it: one sent and not refused at the door, and not voided since."""
        return self.status not in GONE and any(item.outcome != "rejected" for item in self.submissions)

    @property
    def amendable(self) -> bool:
        """Whether a change of its visits changes what will be sent. Elsewhere it asks for a correction.

        A correction not yet (or no longer) with the payer is amended like a claim never sent; a void never is.
        """
        if self.status in GONE:
            return True
        if self.status not in WAITING:
            return False
        return self.sending.kind == "corrected" if self.sending else not self.with_payer

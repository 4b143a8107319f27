"""Reading what was put into `inbound`: its claims, and what a clearinghouse says about its form (999)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.x12.ack999 import Acknowledgement
from chalicelib.x12.claim837 import Claim837
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.eligibility import EligibilityRequest
from chalicelib.x12.envelope import Interchange, TransactionSet
from chalicelib.x12.reader import read
from chalicelib.x12.review278 import ReviewRequest
from chalicelib.x12.status277ca import StatusRequest
from chalicelib.x12.write999 import acknowledge

BROKEN_ENVELOPE = frozenset(
    {"NOT_X12", "EMPTY_FILE", "BAD_ISA", "FILE_TOO_BIG", "NOT_TERMINATED", "NO_GS", "NO_ST", "NO_GE", "NO_IEA"}
    | {"GE_COUNT", "GE_CONTROL", "IEA_COUNT", "IEA_CONTROL", "STRAY_TRAILER"}
)
_SHOWN = 20


@dataclass(slots=True)
class ReadSet:
    """One ST of a file: what it held, and its IK501 verdict."""

    set: TransactionSet
    verdict: str = "R"
    claims: list[Claim837] = field(default_factory=list)
    requests: list[EligibilityRequest | ReviewRequest] = field(default_factory=list)
    status_requests: list[StatusRequest] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return self.verdict != "R"


@dataclass(slots=True)
class ReadFile:
    """A file as a clearinghouse sees it. `refusal` is a note for people when nothing of the file is taken."""

    interchanges: list[Interchange] = field(default_factory=list)
    sets: list[ReadSet] = field(default_factory=list)
    acknowledgements: tuple[Acknowledgement, ...] = ()
    reference: str = ""
    refusal: str = ""

    @property
    def claims(self) -> list[Claim837]:
        """The claims of accepted transaction sets, in file order."""
        return [claim for item in self.sets if item.accepted for claim in item.claims]

    @property
    def requests(self) -> list[EligibilityRequest | ReviewRequest]:
        """The questions of accepted transaction sets: eligibility (270) or authorization (278)."""
        return [request for item in self.sets if item.accepted for request in item.requests]

    @property
    def status_requests(self) -> list[StatusRequest]:
        return [request for item in self.sets if item.accepted for request in item.status_requests]


def read_file(content: bytes, *set_ids: str) -> ReadFile:
    """Everything of a file; damage to its envelope, or transaction sets of another kind than these (837), refuse it whole."""
    set_ids = set_ids or ("837",)
    file = ReadFile()
    damage: list[Diagnostic] = []
    for value in read(content):
        match value:
            case Interchange():
                file.interchanges.append(value)
            case TransactionSet():
                file.sets.append(ReadSet(value))
            case Claim837():
                file.sets[-1].claims.append(value)
            case EligibilityRequest() | ReviewRequest():
                file.sets[-1].requests.append(value)
            case StatusRequest():
                file.sets[-1].status_requests.append(value)
            case Diagnostic(severity="error") if value.code in BROKEN_ENVELOPE:
                damage.append(value)
    if damage or not file.interchanges:
        file.refusal = _note("The envelope of this file is damaged; nothing of it was taken.", damage)
    elif {item.set.set_id for item in file.sets} not in [{one} for one in set_ids]:
        file.refusal = _note(f"This door takes {' or '.join(set_ids)} only; nothing of this file was taken.", [])
    else:
        file.acknowledgements = acknowledge(content)
        verdicts = [answer.accepted for group in file.acknowledgements for answer in group.transactions]
        for item, verdict in zip(file.sets, verdicts, strict=True):
            item.verdict = verdict
        file.reference = _batch_reference(content, file.interchanges[0])
    return file


def _note(words: str, damage: Iterable[Diagnostic]) -> str:
    """A refusal in plain words: codes and places, no content of the file."""
    lines = [f"{item.code} at segment {item.segment_number}: {item.message}. {item.fix}" for item in damage]
    return "\n".join([words, *lines[:_SHOWN]]) + "\n"


def _batch_reference(content: bytes, interchange: Interchange) -> str:
    """BHT03 of the first claim set, which a 277CA gives back."""
    element, terminator = interchange.separators[0], interchange.separators[3]
    head = content[:4096].decode("latin-1")
    for segment in head.split(terminator):
        parts = segment.strip().split(element)
        if parts[0] == "BHT" and len(parts) > 3 and parts[3]:
            return parts[3]
    return str(interchange.group_control_number)

"""What the convenience readers give back: everything of one kind in a file, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.x12.ack999 import Acknowledgement
from chalicelib.x12.claim837 import Claim837
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.eligibility import BenefitResponse, EligibilityRequest
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.remittance835 import Remittance
from chalicelib.x12.review278 import ReviewRequest, ReviewResponse
from chalicelib.x12.status277ca import ClaimStatus, StatusBatch, StatusRequest


@dataclass(slots=True)
class ReadFile:
    """`interchanges` in file order; `clean` when no diagnostic is an error."""

    interchanges: tuple[Interchange, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def clean(self) -> bool:
        """No error was found (warnings and notes may have been)."""
        return not any(d.severity == "error" for d in self.diagnostics)


@dataclass(slots=True)
class Read837(ReadFile):
    """Claims of every 837P in the file."""

    claims: tuple[Claim837, ...] = ()


@dataclass(slots=True)
class Read835(ReadFile):
    """Remittances of every 835 in the file, one per ST."""

    remittances: tuple[Remittance, ...] = ()


@dataclass(slots=True)
class Read999(ReadFile):
    """Acknowledgements of every 999 and TA1 in the file, one per AK1 or TA1."""

    acknowledgements: tuple[Acknowledgement, ...] = ()


@dataclass(slots=True)
class Read277CA(ReadFile):
    """Claim statuses in file order, and the same by batch (one per billing provider)."""

    statuses: tuple[ClaimStatus, ...] = ()
    batches: tuple[StatusBatch, ...] = ()


@dataclass(slots=True)
class Read270(ReadFile):
    """Eligibility requests."""

    requests: tuple[EligibilityRequest, ...] = ()


@dataclass(slots=True)
class Read271(ReadFile):
    """Eligibility answers."""

    responses: tuple[BenefitResponse, ...] = ()


@dataclass(slots=True)
class Read276(ReadFile):
    """Claim status requests."""

    requests: tuple[StatusRequest, ...] = ()


@dataclass(slots=True)
class Read278(ReadFile):
    """Requests for authorization, and answers."""

    requests: tuple[ReviewRequest, ...] = ()
    responses: tuple[ReviewResponse, ...] = ()

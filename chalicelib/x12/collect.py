"""The convenience readers: a whole file of one kind at once. They keep everything; `reader.read` streams instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, TypeVar

from chalicelib.x12.ack999 import Acknowledgement
from chalicelib.x12.claim837 import Claim837
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.eligibility import BenefitResponse, EligibilityRequest
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.limits import DEFAULT, Limits
from chalicelib.x12.reader import read
from chalicelib.x12.remittance835 import ClaimPayment, Remittance, RemittanceEnd
from chalicelib.x12.results import Read270, Read271, Read276, Read277CA, Read278, Read835, Read837, Read999
from chalicelib.x12.review278 import ReviewRequest, ReviewResponse
from chalicelib.x12.status277ca import ClaimStatus, StatusBatch, StatusRequest

T = TypeVar("T")
Data = bytes | BinaryIO


class _Sorted:
    """Values of a file by type, in file order."""

    def __init__(self, values: Iterator[object]) -> None:
        self.by_type: dict[type, list[Any]] = {}
        for value in values:
            self.by_type.setdefault(type(value), []).append(value)

    def of(self, kind: type[T]) -> tuple[T, ...]:
        return tuple(self.by_type.get(kind, ()))

    def common(self) -> tuple[tuple[Interchange, ...], tuple[Diagnostic, ...]]:
        return self.of(Interchange), self.of(Diagnostic)


def read_837p(data: Data, limits: Limits = DEFAULT) -> Read837:
    """The claims of a file."""
    found = _Sorted(read(data, limits))
    return Read837(*found.common(), found.of(Claim837))


def read_835(data: Data, limits: Limits = DEFAULT) -> Read835:
    """The remittances of a file, each with its claims, provider adjustments and balance."""
    remittances: list[Remittance] = []
    claims: list[ClaimPayment] = []
    rest: list[object] = []
    for value in read(data, limits):
        if isinstance(value, ClaimPayment):
            claims.append(value)
        elif isinstance(value, RemittanceEnd):
            remittances[-1].claims = tuple(claims)
            remittances[-1].unread += value.unread
            claims = []
        elif isinstance(value, Remittance):
            remittances.append(value)
        else:
            rest.append(value)
    return Read835(*_Sorted(iter(rest)).common(), tuple(remittances))


def read_999(data: Data, limits: Limits = DEFAULT) -> Read999:
    """The acknowledgements of a file: 999 and TA1."""
    found = _Sorted(read(data, limits))
    return Read999(*found.common(), found.of(Acknowledgement))


def read_277ca(data: Data, limits: Limits = DEFAULT) -> Read277CA:
    """The claim statuses of a file, 277CA and 277."""
    found = _Sorted(_with_claims(read(data, limits)))
    return Read277CA(*found.common(), found.of(ClaimStatus), found.of(StatusBatch))


def _with_claims(values: Iterator[object]) -> Iterator[object]:
    """Give each batch the claims that follow it."""
    batch: StatusBatch | None = None
    for value in values:
        if isinstance(value, StatusBatch):
            batch = value
        elif isinstance(value, ClaimStatus) and batch is not None:
            batch.claims += (value,)
        yield value


def read_276(data: Data, limits: Limits = DEFAULT) -> Read276:
    """The claim status requests of a file."""
    found = _Sorted(read(data, limits))
    return Read276(*found.common(), found.of(StatusRequest))


def read_278(data: Data, limits: Limits = DEFAULT) -> Read278:
    """The requests for authorization of a file, and the answers."""
    found = _Sorted(read(data, limits))
    return Read278(*found.common(), found.of(ReviewRequest), found.of(ReviewResponse))


def read_270(data: Data, limits: Limits = DEFAULT) -> Read270:
    """The eligibility requests of a file."""
    found = _Sorted(read(data, limits))
    return Read270(*found.common(), found.of(EligibilityRequest))


def read_271(data: Data, limits: Limits = DEFAULT) -> Read271:
    """The eligibility answers of a file."""
    found = _Sorted(read(data, limits))
    return Read271(*found.common(), found.of(BenefitResponse))

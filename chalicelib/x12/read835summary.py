"""Reading what an 835 says beside its claims' money: provider summaries (TS3, TS2), MIA, MOA and QTY."""

from __future__ import annotations

from typing import Any

from chalicelib.x12 import adjudication
from chalicelib.x12.adjudication import Inpatient, InpatientSummary, Outpatient, Place, ProviderSummary, Quantity
from chalicelib.x12.read835head import Head835
from chalicelib.x12.transaction import Elements, TransactionReader

_MIA_REQUIRED, _TS3_REQUIRED = (1,), (1, 2, 3, 4, 5)


class Summary835(Head835):
    """Summaries stand between an LX and its first claim, MIA and MOA under a claim, QTY under a claim or line."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.claims = 0
        self.at: Any = None  # the claim or line that CAS, REF, AMT and QTY belong to
        self.lx: str | None = None  # LX01 while its first claim is still to come
        self.summary: ProviderSummary | None = None
        self.summaries: list[ProviderSummary] = []

    def begin_group(self, number: str) -> None:
        """An LX: its summary may follow."""
        self.lx, self.summary = number, None

    def _told(
        self, e: Elements, place: Place, required: tuple[int, ...] = (), others: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        """The values of a segment by field. An element the guide does not use is kept with the segment's text."""
        for index in required:
            if not e[index]:
                self.fault("ELEMENT_MISSING", index)
        used = {index for index, _ in place} | set(others)
        if any(text and index not in used for index, text in enumerate(e) if index):
            self._ignore(e)
        return amounts(self, e, place)

    def _ts3(self, e: Elements) -> None:
        self.fit(e)
        if self.lx is None or self.claim is not None:
            self._misplaced(e)
            return
        if self.summary is not None:
            self.fault("SEGMENT_REPEATED")
            self._ignore(e)
            return
        told = self._told(e, adjudication.TS3, _TS3_REQUIRED, (1, 2, 3))
        self.summary = ProviderSummary(
            e[1], e[2], self.day(e[3], 3), **told, number=self.lx, first_claim=self.claims
        )  # fmt: skip
        if self.has_room(self, "summaries", len(self.summaries)):
            self.summaries.append(self.summary)

    def _ts2(self, e: Elements) -> None:
        self.fit(e)
        if self.summary is None or self.claim is not None:
            self._misplaced(e)
        elif self.summary.inpatient is not None:
            self.fault("SEGMENT_REPEATED")
            self._ignore(e)
        else:
            self.summary.inpatient = InpatientSummary(**self._told(e, adjudication.TS2))

    def _mia(self, e: Elements) -> None:
        if self.claim is None:
            self._misplaced(e)
            return
        self.fit(e)
        if self.claim.inpatient is not None:
            self.fault("SEGMENT_REPEATED")
            self._ignore(e)
            return
        self.claim.inpatient = Inpatient(
            **self._told(e, adjudication.MIA, _MIA_REQUIRED, adjudication.MIA_REMARKS)
        )  # fmt: skip
        self.hold(self.claim, "remark_codes", remarks(self, e, adjudication.MIA_REMARKS))

    def _moa(self, e: Elements) -> None:
        if self.claim is None:
            self._misplaced(e)
            return
        self.fit(e)
        told = outpatient(self, e)
        if told is not None and self.claim.outpatient is not None:
            self.fault("SEGMENT_REPEATED")
            self._ignore(e)
            return
        self.claim.outpatient = told or self.claim.outpatient
        self.hold(self.claim, "remark_codes", remarks(self, e, adjudication.MOA_REMARKS))

    def _qty(self, e: Elements) -> None:
        if self.at is None:
            self._misplaced(e)
            return
        self.fit(e)
        for index in (1, 2):
            if not e[index]:
                self.fault("ELEMENT_MISSING", index)
        self.hold(self.at, "quantities", (Quantity(e[1], self.quantity(e[2], 2)),))
        if any(e[3:]):
            self._ignore(e)


def amounts(reader: TransactionReader, e: Elements, place: Place) -> dict[str, Any]:
    """The amounts and counts of a segment by field; a bad one is reported and None."""
    found: dict[str, Any] = {}
    for index, name in place:
        if index >= len(e) or not e[index]:
            continue
        found[name] = reader.optional_cents(e, index) if name.endswith("_cents") else reader.quantity(e[index], index)
    return found


def outpatient(reader: TransactionReader, e: Elements) -> Outpatient | None:
    """MOA without its remark codes; None when it has nothing else."""
    told = amounts(reader, e, adjudication.MOA)
    return Outpatient(**told) if told else None


def remarks(reader: TransactionReader, e: Elements, places: tuple[int, ...]) -> tuple[str, ...]:
    """The remark codes at some places of a segment, each looked up in the RARC list."""
    found = [(e[index], index) for index in places if index < len(e) and e[index]]
    for code, index in found:
        reader.judge("RARC", code, index)
    return tuple([code for code, _ in found])

"""Writing the 999 (005010X231A1) and the TA1, and making an acknowledgement out of what a reader found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import BinaryIO

from chalicelib.x12.ack999 import Acknowledgement, ElementError, SegmentError, TransactionAck
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.envelope import GroupEnd, Interchange, TransactionSet
from chalicelib.x12.messages import MESSAGES
from chalicelib.x12.reader import read
from chalicelib.x12.writer import SegmentWriter, write_sets

VERSION = "005010X231A1"
_IK5_SEGMENTS = "5"
_AK9 = {"GE_COUNT": "5", "GE_CONTROL": "4"}
_MAX_ERRORS = 1000


def write_999(
    interchange: Interchange, acknowledgements: Sequence[Acknowledgement], transaction_control: str = "0001"
) -> bytes:
    """A 999 file, one transaction set for each acknowledged group."""
    bodies = [_Body(ack).write for ack in acknowledgements]
    return write_sets(interchange, "FA", "999", VERSION, bodies, transaction_control)


def write_ta1(
    interchange: Interchange, acknowledged: int, sent_at: dt.datetime, accepted: str = "A", note: str = "000"
) -> bytes:
    """A TA1 alone: `acknowledged` is the ISA13 that is answered, `sent_at` its ISA09 and ISA10; A, E or R."""
    out = SegmentWriter(interchange)
    out.begin("", "")
    out.segment("TA1", f"{acknowledged:09d}", f"{sent_at:%y%m%d}", f"{sent_at:%H%M}", accepted, note)
    return out.end(groups=0)


def acknowledge(data: bytes | BinaryIO) -> tuple[Acknowledgement, ...]:
    """What a 999 says to this file, one for each functional group. Only faults of form reject (see messages.py):
    what a claim says wrongly is for the 277CA."""
    maker = _Maker()
    for value in read(data):
        maker.take(value)
    return maker.finish()


class _Maker:
    def __init__(self) -> None:
        self.done: list[Acknowledgement] = []
        self.ack: Acknowledgement | None = None
        self.set: TransactionAck | None = None
        self.grave = False
        self.sets: list[TransactionAck] = []

    def take(self, value: object) -> None:
        if isinstance(value, Interchange):
            self._end_group()
            self.ack = Acknowledgement(str(value.group_control_number), "", "")
        elif isinstance(value, TransactionSet):
            self._start_set(value)
        elif isinstance(value, Diagnostic):
            self._fault(value)
        elif isinstance(value, GroupEnd) and self.ack is not None:
            self.ack.included = value.included

    def _start_set(self, value: TransactionSet) -> None:
        self._end_set()
        if self.ack is None:
            self.ack = Acknowledgement(value.group_control_number or "0", "", "")
        self.ack.group_control_number = value.group_control_number or self.ack.group_control_number
        self.ack.functional_id, self.ack.version = value.functional_id, value.group_version
        self.set = TransactionAck(value.control_number, "A", (), value.set_id, value.version)

    def _fault(self, found: Diagnostic) -> None:
        entry = MESSAGES[found.code]
        if found.code in _AK9 and self.ack is not None:
            self.ack.codes += (_AK9[found.code],)
        if self.set is None or not entry.is_syntax or found.transaction != self.set.control_number:
            return
        if entry.transaction_code:
            self.grave = True
            if entry.transaction_code not in self.set.codes and len(self.set.codes) < 5:
                self.set.codes += (entry.transaction_code,)
            return
        self.grave = self.grave or found.severity == "error"
        if len(self.set.errors) < _MAX_ERRORS:
            self._segment_error(self.set, found)

    def _segment_error(self, answer: TransactionAck, found: Diagnostic) -> None:
        entry = MESSAGES[found.code]
        last = answer.errors[-1] if answer.errors else None
        code = entry.segment_code or "8"
        if found.element and entry.element_code:
            code = "8"
        if last is None or (last.position, last.segment, last.code) != (found.position, found.segment, code):
            last = SegmentError(found.segment, found.position, found.loop[:4], code)
            answer.errors += (last,)
        if found.element and entry.element_code:
            last.elements += (ElementError(found.element, found.component, entry.element_code),)

    def _end_set(self) -> None:
        if self.set is not None and self.ack is not None:
            if self.set.errors and _IK5_SEGMENTS not in self.set.codes:
                self.set.codes = (*self.set.codes[:4], _IK5_SEGMENTS)
            self.set.accepted = "R" if self.grave else "E" if self.set.errors else "A"
            self.sets.append(self.set)
        self.set, self.grave = None, False

    def _end_group(self) -> None:
        self._end_set()
        ack = self.ack
        if ack is not None and self.sets:
            ack.transactions = tuple(self.sets)
            ack.received = len(self.sets)
            ack.included = ack.included or ack.received
            ack.accepted_count = sum(s.accepted != "R" for s in self.sets)
            some = "E" if any(s.accepted != "A" for s in self.sets) or ack.codes else "A"
            partly = some if ack.accepted_count == ack.received else "P"
            ack.accepted = partly if ack.accepted_count else "R"
            self.done.append(ack)
        self.ack, self.sets = None, []

    def finish(self) -> tuple[Acknowledgement, ...]:
        self._end_group()
        return tuple(self.done)


class _Body:
    def __init__(self, ack: Acknowledgement) -> None:
        self.ack = ack

    def write(self, out: SegmentWriter) -> None:
        ack = self.ack
        out.segment("AK1", ack.functional_id, ack.group_control_number, ack.version)
        for answer in ack.transactions:
            out.segment("AK2", answer.functional_id, answer.control_number, answer.version)
            for error in answer.errors:
                self._error(out, error)
            out.segment("IK5", answer.accepted, *answer.codes)
        received = ack.received or len(ack.transactions)
        accepted = ack.accepted_count or sum(t.accepted != "R" for t in ack.transactions)
        out.segment("AK9", ack.accepted, str(ack.included or received), str(received), str(accepted), *ack.codes)

    def _error(self, out: SegmentWriter, error: SegmentError) -> None:
        out.segment("IK3", error.segment, str(error.position), error.loop, error.code)
        for e in error.elements:
            place = (str(e.element), str(e.component) if e.component else "")
            out.segment("IK4", place, e.data_element, e.code, e.value)

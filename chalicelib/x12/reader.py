"""Reading: the envelope, and the dispatch of every segment to its transaction set's table of handlers.

`read(data)` yields values in file order: an `Interchange` per ISA/GS, a `TransactionSet` per ST, the business objects,
and a `Diagnostic` wherever something is wrong. It never raises on what a file holds and keeps nothing it has yielded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import BinaryIO

from chalicelib.x12.ack999 import Acknowledgement
from chalicelib.x12.amounts import DayTable
from chalicelib.x12.checks import SeenBefore
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.envelope import GroupEnd, Interchange, TransactionSet
from chalicelib.x12.limits import DEFAULT, Limits
from chalicelib.x12.messages import MESSAGES
from chalicelib.x12.source import BLANKS, Batch, Separators, Source
from chalicelib.x12.transaction import PAD, Elements, Handler, Run, TransactionReader

_DAYS = DayTable()


def _skip(_elements: Elements) -> None:
    """Segments of a transaction set that is not read here; the set itself was reported."""


class _Skipped(dict[str, Handler]):
    """A table that takes any segment."""

    def get(self, key: str, _default: object = None) -> Handler:
        return dict.get(self, key) or _skip


class Engine:
    """One pass over one file."""

    def __init__(self, data: bytes | BinaryIO, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self.out: list[object] = []
        self.number = 0
        self.read_sets = 0  # transaction sets of a kind and version that is read here
        self.refused_sets = 0
        self.separators = Separators("*", ":", "^", "~")
        self.interchange: Interchange | None = None
        self.set: TransactionSet | None = None
        self.isa13 = self.gs06 = ""  # of the first interchange, as they stand
        self.seen = SeenBefore()  # patient control numbers of the file
        self.noted: set[tuple[str, str]] = set()  # codes that were said once
        self._source = Source(data, limits, self._file_fault)
        self._batch: Batch | None = None
        self._pins: dict[int, Batch] = {}  # where earlier segments stand that are still open
        self._reader: TransactionReader | None = None
        self._said_empty = False
        self._isa: Elements = []
        self._gs: Elements = []
        self._groups = self._sets = 0
        self._set_numbers: set[str] = set()
        self._envelope: dict[str, Handler] = {
            "ISA": self._on_isa, "GS": self._on_gs, "ST": self._on_st, "SE": self._on_se, "GE": self._on_ge,
            "IEA": self._on_iea, "TA1": self._on_ta1,
        }  # fmt: skip
        self.handlers = self._envelope
        self.runs: dict[str, Run] = {}

    def run(self) -> Iterator[object]:
        """Every value of the file, in order."""
        for batch in self._source:
            batch.first = self.number + 1
            self._batch = batch
            if batch.separators is not self.separators and batch.separators != self.separators:
                self._change_separators(batch.separators)
            self._walk(batch.text)
            self._pin()
            yield from self.out
            self.out.clear()
        self._finish()
        yield from self.out
        self.out.clear()

    def _change_separators(self, separators: Separators) -> None:
        """A new interchange may have its own; whatever is open under the old ones ends here."""
        self._close_set("NO_SE")
        self.separators = separators

    def _walk(self, text: str) -> None:
        """Hand every segment to its handler; start over whenever an envelope segment changed the tables."""
        at = 0
        while at < len(text):
            at = self._walk_from(text, at)

    def _walk_from(self, text: str, at: int) -> int:
        """Let a run take as many segments as it knows, or hand one to its handler, until a handler says that the tables
        have changed. Gives the place after the last segment taken."""
        separator, terminator, end = self.separators.element, self.separators.terminator, len(text)
        handler_of, run_of = self.handlers.get, self.runs.get
        while at < end:
            run = run_of(text[at : at + 3])
            if run is not None and (after := run(text, at)) > at:
                at = after
                continue
            stop = text.find(terminator, at)
            segment = text[at:stop] if stop >= 0 else text[at:]
            at = stop + 1 if stop >= 0 else end
            if segment[:1] in BLANKS:  # the empty segment too
                segment = segment.lstrip(BLANKS)
                if not segment:
                    self._empty(stop >= 0)
                    continue
            self.number += 1
            elements = segment.split(separator)
            handler = handler_of(elements[0]) or self._small_letters(elements)
            if handler is None:
                self.unknown(segment)
            elif handler(elements):
                break
        return at

    def _small_letters(self, elements: Elements) -> Handler | None:
        """The handler of a segment whose name is in small letters or has blanks about it, reported once a file. Not of an
        ISA: what looks for interchanges did not take it for one."""
        name = elements[0].strip().upper()
        handler = self.handlers.get(name) if name not in ("", "ISA", elements[0]) else None
        if handler is not None:
            elements[0] = name
            if ("NAME", "") not in self.noted:
                self.noted.add(("NAME", ""))
                self.fault("SEGMENT_NAME")
        return handler

    def _empty(self, terminated: bool) -> None:
        """Nothing between two terminators, reported once; what stands behind the last one may be blank."""
        if terminated and not self._said_empty:
            self._said_empty = True
            offset, line, _ = self._place(self.number + 1)
            self._file_fault("EMPTY_SEGMENT", offset, line)

    def unknown(self, text: str) -> None:
        """A segment no handler takes: reported and kept."""
        if self._reader is None:
            self.fault("NO_ST")
            return
        self.fault("SEGMENT_UNKNOWN")
        self._reader.keep(text)

    def fault(
        self,
        code: str,
        element: int = 0,
        component: int = 0,
        loop: str = "",
        number: int = 0,
        segment: str = "",
        note: str = "",
    ) -> None:
        """Add a diagnostic about a segment (the current one when `number` is 0)."""
        entry = MESSAGES[code]
        number = number or self.number
        offset, line, text = self._place(number)
        position = number - self.set.segment_number + 1 if self.set else 0
        self.out.append(
            Diagnostic(
                code,
                entry.severity,
                f"{entry.message}: {note}" if note else entry.message,
                segment or text.split(self.separators.element, 1)[0][:15],
                number,
                offset,
                line,
                element,
                component,
                loop,
                entry.fix,
                position,
                self.set.control_number if self.set else "",
            )
        )

    def _place(self, number: int) -> tuple[int, int, str]:
        batch = self._pins.get(number, self._batch)
        return batch.place(number) if batch else (0, 0, "")

    def _pin(self) -> None:
        """Keep the batches of the segments that a later batch may still complain about."""
        batch = self._batch
        if self._reader and batch:
            self._pins = {
                number: batch if number >= batch.first else self._pins[number]
                for number in self._reader.open_segments()
                if number >= batch.first or number in self._pins
            }

    def _file_fault(self, code: str, offset: int, line: int) -> None:
        """A fault of the file as a file: it has a place, and no segment."""
        entry = MESSAGES[code]
        self.out.append(Diagnostic(code, entry.severity, entry.message, "", 0, offset, line, fix=entry.fix))

    # The envelope. A handler that changes the table of handlers returns True.

    def _on_isa(self, e: Elements) -> bool:
        self._close_set("NO_SE")
        if self._gs:
            self.fault("NO_GE")
        if self._isa:
            self.fault("NO_IEA")
        e += PAD
        self._isa, self._gs, self._groups = e, [], 0
        self.isa13 = self.isa13 or e[13].strip()
        if not e[13].strip().isdigit() or e[15] not in ("T", "P", "I"):
            self.fault("BAD_ISA")
        self.interchange = self._interchange(e)
        return True

    def _interchange(self, e: Elements) -> Interchange:
        number = e[13].strip()
        day = _DAYS["20" + e[9]] or dt.date(2000, 1, 1)
        hour, minute = e[10][:2], e[10][2:4]
        clock = (
            dt.time(int(hour) % 24, int(minute) % 60) if (hour + minute).isdecimal() and len(e[10]) >= 4 else dt.time()
        )
        s = self.separators
        return Interchange(
            sender_id=e[6].strip(), receiver_id=e[8].strip(), sender_qualifier=e[5], receiver_qualifier=e[7],
            control_number=int(number) if number.isdecimal() and len(number) < 12 else 0, group_control_number=0,
            created_at=dt.datetime.combine(day, clock, dt.UTC), usage=e[15],
            separators=s.element + s.component + s.repetition + s.terminator,
        )  # fmt: skip

    def _on_gs(self, e: Elements) -> bool:
        self._close_set("NO_SE")
        if self._gs:
            self.fault("NO_GE")
        e += PAD
        self._gs, self._sets = e, 0
        self.gs06 = self.gs06 or e[6].strip()
        self._groups += 1
        self._set_numbers = set()
        shared = self.interchange
        if shared is None:
            self.fault("BAD_ISA", segment="GS", note="GS without ISA")
            shared = Interchange("", "")
        elif self._groups > 1:
            shared = self._interchange(self._isa) if self._isa else Interchange("", "")
        number = e[6].strip()
        shared.group_control_number = int(number) if number.isdecimal() and len(number) < 12 else 0
        shared.application_sender = "" if e[2].strip() == shared.sender_id else e[2].strip()
        shared.application_receiver = "" if e[3].strip() == shared.receiver_id else e[3].strip()
        self.interchange = shared
        self.out.append(shared)
        return True

    def _on_st(self, e: Elements) -> bool:
        self._close_set("NO_SE")
        e += PAD
        if not self._gs:
            self.fault("NO_GS")
            self._gs = [*PAD]
        if e[2] in self._set_numbers:
            self.fault("DUPLICATE_ST", 2)
        if len(self._set_numbers) < 100_000:
            self._set_numbers.add(e[2])
        self._sets += 1
        version = (e[3] or self._gs[8]).strip()
        self.set = TransactionSet(
            e[1], e[2], version, self._gs[1], self._gs[6].strip(), self._gs[8].strip(), 0, self.number
        )
        self.out.append(self.set)
        self._open_reader(e[1], version)
        return True

    def _open_reader(self, set_id: str, version: str) -> None:
        from chalicelib.x12.sets import choose

        chosen = choose(set_id, version, self._gs[8])
        if isinstance(chosen, str):
            self.refused_sets += 1
            self.fault(chosen, 1 if chosen == "SET_NOT_READ" else 3)
            self._reader = TransactionReader(self)
            self.handlers = _Skipped(self._envelope)
            return
        self.read_sets += 1
        self._reader = chosen(self)
        self.handlers = {**self._reader.handlers, **self._envelope}
        self.runs = self._reader.runs
        if self._reader.block:
            mark = self.separators.terminator + self._reader.block + self.separators.element
            self._source.block = mark.encode("latin-1")

    def _close_set(self, missing: str = "") -> None:
        if self._reader is None or self.set is None:
            return
        if missing:
            self.fault(missing, segment="SE")
        self._reader.close()
        self.set.segments = self.number - self.set.segment_number + (0 if missing else 1)
        self._reader = self.set = None
        self._pins = {}
        self.handlers, self.runs, self._source.block = self._envelope, {}, b""

    def _on_se(self, e: Elements) -> bool:
        if self.set is None:
            self.fault("STRAY_TRAILER")
            return False
        e += PAD
        count = self.number - self.set.segment_number + 1
        stated = e[1].strip()
        if stated != str(count) and (not stated.isdecimal() or int(stated[:12]) != count):
            self.fault("SE_COUNT", 1, note=f"{count} were counted")
        if e[2].strip() != self.set.control_number.strip():
            self.fault("SE_CONTROL", 2)
        self._close_set()
        return True

    def _on_ge(self, e: Elements) -> bool:
        self._close_set("NO_SE")
        if not self._gs:
            self.fault("STRAY_TRAILER")
            return True
        e += PAD
        self._check_count("GE", e[1], self._sets)
        self._check_control("GE", e[2], self._gs[6])
        text = e[1].strip()
        self.out.append(GroupEnd(int(text[:9]) if text.isdecimal() else 0, e[2].strip()))
        self._gs = []
        return True

    def _on_iea(self, e: Elements) -> bool:
        self._close_set("NO_SE")
        if self._gs:
            self.fault("NO_GE")
            self._gs = []
        if not self._isa:
            self.fault("STRAY_TRAILER")
            return True
        e += PAD
        self._check_count("IEA", e[1], self._groups)
        self._check_control("IEA", e[2], self._isa[13])
        self._isa, self.interchange = [], None
        return True

    def _check_count(self, trailer: str, stated: str, counted: int) -> None:
        text = stated.strip()
        if not text.isdecimal() or int(text[:12]) != counted:
            self.fault(f"{trailer}_COUNT", 1, note=f"{counted} were counted")

    def _check_control(self, trailer: str, stated: str, opened: str) -> None:
        if stated.strip().lstrip("0") != opened.strip().lstrip("0"):
            self.fault(f"{trailer}_CONTROL", 2)

    def _on_ta1(self, e: Elements) -> bool:
        """TA1: the sender's answer to an interchange of ours; A accepted, E with errors, R rejected."""
        e += PAD
        self.read_sets += 1
        if not self._groups and self.interchange is not None:
            self.out.append(self.interchange)
        codes = (e[5],) if e[5] and e[5] != "000" else ()
        self.out.append(Acknowledgement(e[1].strip(), "", e[4], codes=codes, kind="TA1"))
        return False

    def _finish(self) -> None:
        self.number += 1
        self._close_set("NO_SE")
        if self._gs:
            self.fault("NO_GE", segment="GE")
        if self._isa:
            self.fault("NO_IEA", segment="IEA")
        if self._batch is not None and not self.read_sets and not self.refused_sets:
            self._file_fault("NOTHING_READ", 0, 0)


def read(data: bytes | BinaryIO, limits: Limits = DEFAULT) -> Iterator[object]:
    """Every value of a file in order: interchanges, transaction sets, business objects, diagnostics. Streams."""
    return Engine(data, limits).run()


ReaderFactory = Callable[[Engine], TransactionReader]

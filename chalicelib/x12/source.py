"""From bytes to segments: chunk by chunk, in constant memory, whatever the file looks like.

A batch is the whole segments of about one chunk, decoded once and split once. Separators come from each ISA; line ends,
blanks, a byte order mark and several interchanges in a file are taken as they come.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from chalicelib.x12.limits import CHUNK, Limits

_BLANKS = b" \t\r\n\x00\x1a"  # \x1a is the end-of-file mark of old systems
BLANKS = _BLANKS.decode()
LINE_ENDS = "\r\n"
_BOM = b"\xef\xbb\xbf"
_HEADER_ROOM = 512
_HEADER = re.compile(rb"ISA[^0-9A-Za-z\s]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Separators:
    """Element, component and repetition separator and segment terminator, each one character."""

    element: str
    component: str
    repetition: str
    terminator: str


@dataclass(slots=True)
class Batch:
    """Whole segments of one interchange: `raw` as they came, `text` without line ends between them. `offset` is the byte
    offset, `line` the line of the first byte, `first` the number of the first segment in the file."""

    raw: bytes
    text: str
    separators: Separators
    offset: int
    line: int
    first: int = 0
    _places: list[tuple[int, int, str]] = field(default_factory=list)

    def place(self, number: int) -> tuple[int, int, str]:
        """Byte offset, line and text (as Latin-1) of a segment, by its number in the file; computed when first asked."""
        if not self._places:
            self._find_places()
        index = number - self.first
        return self._places[min(max(index, 0), len(self._places) - 1)]

    def _find_places(self) -> None:
        offset, line = self.offset, self.line
        for piece in self.raw.split(self.separators.terminator.encode("latin-1")):
            body = piece.lstrip(_BLANKS)
            if body:
                lead = piece[: len(piece) - len(body)]
                text = body.decode("latin-1").rstrip(LINE_ENDS)
                self._places.append((offset + len(lead), line + lead.count(b"\n"), text))
            offset += len(piece) + 1
            line += piece.count(b"\n") + (self.separators.terminator == "\n")
        end = self.offset + len(self.raw)
        self._places.append((end, self.line + self.raw.count(b"\n"), ""))  # what never came is missed at the end


def read_separators(header: bytes) -> Separators | None:
    """The separators an ISA declares: its fourth byte, ISA11, ISA16 and what follows. None when they cannot be told."""
    text = header[:_HEADER_ROOM].decode("latin-1")
    element = text[3]
    parts = text.split(element, 16)
    whole = len(parts) == 17 and len(parts[16]) > 1
    if whole and (len(text) - len(parts[16]) == 104 or re.match(r"\s*(GS|TA1|IEA|$)", parts[16][2:])):
        component, terminator = parts[16][0], parts[16][1]
    else:  # a damaged ISA: the character before the next segment is the terminator
        mark = re.escape(element)
        follow = re.search(rf"{mark}(.)([^0-9A-Za-z])\s*(?:GS|TA1|IEA){mark}", text, re.DOTALL)
        if follow is None:
            return None
        component, terminator = follow[1], follow[2]
    repetition = parts[11] if len(parts) > 11 and len(parts[11]) == 1 and not parts[11].isalnum() else "^"
    if len({element, component, terminator}) < 3 or component.isalnum() or terminator.isalnum():
        return None
    return Separators(element, component, repetition, terminator)


class Source:
    """Iterate to get batches. `report(code, offset, line)` hears what is wrong with the file as a file."""

    def __init__(self, data: bytes | BinaryIO, limits: Limits, report: Report) -> None:
        self._stream = BytesIO(data) if isinstance(data, bytes | bytearray | memoryview) else data
        self._limits = limits
        self._report = report
        self._pending = b""
        self._read = 0
        self._offset = 0
        self._line = 1
        self._skipping = False
        self._said: set[str] = set()
        self.separators: Separators | None = None
        self.block = (
            b""  # the first segment of a business object, with the terminator before it: batches end there if they can
        )

    def __iter__(self) -> Iterator[Batch]:
        more = True
        while more:
            chunk = self._stream.read(CHUNK)
            more = bool(chunk)
            if self._read == 0:
                chunk = self._start(chunk)
            self._read += len(chunk)
            if self._read > self._limits.file_bytes:
                self._report("FILE_TOO_BIG", self._limits.file_bytes, 0)
                chunk, more = chunk[: len(chunk) - (self._read - self._limits.file_bytes)], False
            self._pending += chunk
            yield from self._deliver(not more)
        if self.separators is None:
            self._report("NOT_X12" if self._read else "EMPTY_FILE", 0, 0)

    def _start(self, chunk: bytes) -> bytes:
        if chunk.startswith(_BOM):
            self._offset = self._read = len(_BOM)
            return chunk[len(_BOM) :]
        return chunk

    def _deliver(self, final: bool) -> Iterator[Batch]:
        while self._pending:
            if self.block and not final and len(self._pending) < CHUNK and self._pending.startswith(self.block[1:]):
                return  # the rest of this business object comes with the next chunk
            blanks = len(self._pending) - len(self._pending.lstrip(_BLANKS))
            opens = _HEADER.match(self._pending, blanks) is not None
            if opens and not final and len(self._pending) < _HEADER_ROOM + blanks:
                return
            if opens:
                self._open(blanks)
            if self.separators is None:
                if not self._seek_header(final):
                    return
                continue
            end = self._end(blanks + 3 if opens else 0, final)
            if not end:
                self._guard_length()
                return
            batch = self._batch(end)
            if batch is not None:
                yield batch

    def _open(self, blanks: int) -> None:
        found = read_separators(self._pending[blanks : blanks + _HEADER_ROOM])
        if found is None:
            self._tell("BAD_ISA", blanks)
            if self.separators is None:
                self._drop(blanks + 3)
        else:
            self.separators = found
            self.block = b""  # it was written in the separators of the interchange before

    def _seek_header(self, final: bool) -> bool:
        """Skip to the first ISA; False when more of the file is needed."""
        found = _HEADER.search(self._pending)
        if found is None:
            if self._pending.strip(_BLANKS):
                self._once("TEXT_BEFORE_ISA")
            self._drop(len(self._pending) if final else max(0, len(self._pending) - 4))
            return False
        if self._pending[: found.start()].strip(_BLANKS):
            self._once("TEXT_BEFORE_ISA")
        self._drop(found.start())
        return True

    def _end(self, start: int, final: bool) -> int:
        """Where this batch ends: before the next ISA, or where a business object ends, or after the last terminator, or at the
        end of the file."""
        if self.separators is None:
            return 0
        terminator = self.separators.terminator.encode("latin-1")
        at = self._pending.find(b"ISA", start)
        while at > 0:
            if _HEADER.match(self._pending, at) and terminator in self._between(at):
                return at
            at = self._pending.find(b"ISA", at + 3)
        if final:
            body = self._pending.rstrip(_BLANKS)
            if body and terminator not in _BLANKS and not body.endswith(terminator):
                last = body[body.rfind(terminator) + 1 :].lstrip(_BLANKS)
                self._tell("NOT_TERMINATED", len(body) - len(last))
            return len(self._pending)
        return (self.block and self._pending.rfind(self.block) + 1) or self._pending.rfind(terminator) + 1

    def _between(self, at: int) -> bytes:
        """The blanks before a position and the one byte before them."""
        head = self._pending[max(0, at - 64) : at]
        return head[max(0, len(head.rstrip(_BLANKS)) - 1) :]

    def _guard_length(self) -> None:
        """No terminator in sight: past the limit the segment is given up, up to the next terminator."""
        if len(self._pending) > self._limits.segment_bytes:
            if not self._skipping:
                self._tell("SEGMENT_TOO_LONG", 0)
            self._skipping = True
            self._drop(len(self._pending))

    def _drop(self, size: int) -> None:
        if b"\n" in self._pending:  # finding is many times as fast as counting
            self._line += self._pending.count(b"\n", 0, size)
        self._offset += size
        self._pending = self._pending[size:]

    def _batch(self, end: int) -> Batch | None:
        separators = self.separators
        if separators is None:
            return None
        raw = self._pending[:end]
        if self._skipping:
            self._skipping = False
            self._drop(raw.find(separators.terminator.encode("latin-1")) + 1 or end)
            return None
        text = _without_line_ends(self._decode(raw, separators), separators.terminator)
        batch = Batch(raw, self._limit_elements(text, separators), separators, self._offset, self._line)
        self._drop(end)
        return batch

    def _limit_elements(self, text: str, separators: Separators) -> str:
        """Cut segments of too many elements. A segment that long must span a stretch without any terminator."""
        limit = self._limits.elements
        step = max(limit // 2, 1)
        terminator = separators.terminator
        if all(text.find(terminator, at, at + step) >= 0 for at in range(0, len(text) - step, step)):
            return text
        segments = text.split(terminator)
        for index, segment in enumerate(segments):
            if segment.count(separators.element) >= limit:
                self._tell("TOO_MANY_ELEMENTS", 0)
                segments[index] = separators.element.join(segment.split(separators.element, limit)[:limit])
        return terminator.join(segments)

    def _decode(self, raw: bytes, separators: Separators) -> str:
        """ASCII or UTF-8; a byte that is neither is read as Latin-1, by itself, wherever the chunks end."""
        if raw.isascii():
            return raw.decode("ascii")
        if any(not s.isascii() for s in (separators.element, separators.component, separators.terminator)):
            return raw.decode("latin-1")
        found = _NOT_ASCII.search(raw)
        at = found.start() if found else 0
        self._once("NOT_ASCII", at)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self._once("NOT_UTF8", error.start)
            return raw.decode("utf-8", "x12-latin-1")

    def _once(self, code: str, at: int = 0) -> None:
        if code not in self._said:
            self._said.add(code)
            self._tell(code, at)

    def _tell(self, code: str, at: int) -> None:
        """Report something that stands so many bytes into what is pending."""
        self._report(code, self._offset + at, self._line + self._pending.count(b"\n", 0, at))


def _without_line_ends(text: str, terminator: str) -> str:
    """Every segment right behind the terminator of the one before it."""
    if "\n" not in text and "\r" not in text:
        return text
    pieces = text.split(terminator)
    return terminator.join([piece.lstrip(BLANKS).rstrip(LINE_ENDS) for piece in pieces])


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("x12-latin-1", _as_latin_1)

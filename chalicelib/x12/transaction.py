"""What every reader of a transaction set has: a table of segment handlers, and ways to say what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.x12.amounts import CentsTable, DayTable, QuantityTable
from chalicelib.x12.checks import code_finding

if TYPE_CHECKING:
    from chalicelib.x12.reader import Engine

Elements = list[str]
Handler = Callable[[Elements], Any]
Run = Callable[[str, int], int]
PAD = ("",) * 20
"""Added to an element list before its optional elements are read by position."""

MOST = {
    "AAA": 4, "AK1": 3, "AK2": 3, "AK9": 9, "AMT": 3, "BHT": 6, "BPR": 21, "CAS": 19, "CLM": 20, "CLP": 14, "CTX": 6, "CUR": 21,
    "DMG": 11, "DTM": 6, "DTP": 3, "EB": 14, "EQ": 5, "HI": 12, "HL": 4, "HSD": 8, "IK3": 4, "IK4": 4, "IK5": 6, "INS": 17,
    "LE": 1, "LQ": 2, "LS": 1, "LX": 1, "MIA": 24, "MOA": 9, "MSG": 3, "N1": 6, "N3": 2, "N4": 7, "NM1": 12, "NTE": 2, "OI": 6,
    "PAT": 9, "PER": 9, "PLB": 14, "PRV": 6, "PWK": 9, "QTY": 4, "RDM": 5, "REF": 4, "SBR": 9, "STC": 12, "SV1": 21, "SVC": 7,
    "SVD": 6, "TRN": 4, "TS2": 19, "TS3": 24,
}  # fmt: skip
"""How many elements a segment may have in 005010. More mean that a terminator was lost and two segments run together."""

CENTS = CentsTable()
DAYS = DayTable()
QUANTITIES = QuantityTable()


class TransactionReader:
    """Base of the readers. `handlers` maps a segment id to the method that takes its elements (index 0 is the id).

    `runs` maps the first three characters of a segment to a method that reads several ordinary segments at once, from a
    place in the text on, counts them into the engine's number, and gives the place after them. The place it was given means
    that it read nothing and changed nothing, so that the handlers look at the segment. A run reads only what the handlers
    would read alike, without a finding.

    `keep(text)` puts a segment nobody understands where the current object can carry it.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.emit = engine.out.append
        self.component = engine.separators.component
        self.repetition = engine.separators.repetition
        self.handlers: dict[str, Handler] = {}
        self.runs: dict[str, Run] = {}
        self._full: tuple[Any, str] = (None, "")  # what was last said to hold too many
        self.block = ""  # the segment id that opens a business object; a run reads one best when it has it whole

    def hold(self, owner: Any, name: str, found: tuple[Any, ...], weight: int = 1) -> None:
        """Add to what an object holds of one kind, up to the limit; beyond it a diagnostic, once an object and kind. A whole
        segment's text weighs ten values."""
        held: tuple[Any, ...] = getattr(owner, name)
        if self.has_room(owner, name, len(held) * weight):
            setattr(owner, name, held + found)

    def has_room(self, owner: Any, name: str, count: int, most: int = 1) -> bool:
        """Whether an object may hold more than `count` of a kind; `most` times the limit."""
        if count < self.engine.limits.held * most:
            return True
        if self._full[0] is not owner or self._full[1] != name:
            self._full = (owner, name)
            self.fault("TOO_MANY_HELD")
        return False

    def close(self) -> None:
        """The transaction set ended, by SE or by the end of the file."""

    def keep(self, text: str) -> None:
        """Hold on to a segment's text."""

    def open_segments(self) -> tuple[int, ...]:
        """Numbers of earlier segments a later diagnostic may still point at."""
        return ()

    def fault(self, code: str, element: int = 0, component: int = 0, **where: Any) -> None:
        """Report a finding about the current segment, or about the one named by `number`."""
        self.engine.fault(code, element, component, **where)

    def judge(self, kind: str, code: str, element: int) -> None:
        """Look a code up in its published list (CARC, RARC, CLAIM_STATUS). One that is only missing from our list is noted
        once a file."""
        finding = code_finding(kind, code)
        if not finding or (finding.endswith("UNLISTED") and (kind, code) in self.engine.noted):
            return
        self.engine.noted.add((kind, code))
        plain = len(code) < 10 and code.replace(":", "").isalnum()
        self.fault(finding, element, note=code if plain else "")

    def fit(self, elements: Elements) -> None:
        """Pad a segment so that its optional elements can be read by position; report elements beyond the last."""
        most = MOST.get(elements[0].strip(), 30)
        if len(elements) > most + 1:
            self.fault("ELEMENT_EXTRA", most + 1)
            self.keep(self.engine.separators.element.join(elements))
            del elements[most + 1 :]
        elements += PAD

    def cents(self, elements: Elements, index: int, required: bool = True) -> int:
        """An amount in cents; a missing or bad one is reported and counts as 0."""
        text = elements[index] if index < len(elements) else ""
        value: int | None = CENTS[text]
        if value is not None:
            return value
        if text or required:
            self.fault("BAD_AMOUNT" if text else "ELEMENT_MISSING", index)
        return 0

    def optional_cents(self, elements: Elements, index: int) -> int | None:
        """An amount, None when the element is empty or bad (the latter is reported)."""
        text = elements[index] if index < len(elements) else ""
        if not text:
            return None
        value: int | None = CENTS[text]
        if value is None:
            self.fault("BAD_AMOUNT", index)
        return value

    def day(self, text: str, element: int) -> dt.date | None:
        """A D8 day; a bad one is reported."""
        value: dt.date | None = DAYS[text]
        if value is None and text:
            self.fault("BAD_DATE", element)
        return value

    def period(self, text: str, element: int) -> tuple[dt.date | None, dt.date | None]:
        """A D8 day or an RD8 range; the second is None for a single day."""
        first, dash, second = text.partition("-")
        begin = self.day(first, element)
        end = self.day(second, element) if dash else None
        if begin and end and end < begin:
            self.fault("DATE_ORDER", element)
        return begin, end

    def quantity(self, text: str, element: int) -> int | Decimal | None:
        """A number; a bad one is reported."""
        value: int | Decimal | None = QUANTITIES[text]
        if value is None and text:
            self.fault("BAD_QUANTITY", element)
        return value

    def procedure(self, text: str) -> tuple[str, str, tuple[str, ...], str]:
        """A composite procedure (C003): qualifier, code, up to four modifiers, description."""
        parts = text.split(self.component)
        modifiers = tuple(m for m in parts[2:6] if m)
        return parts[0], parts[1] if len(parts) > 1 else "", modifiers, parts[6] if len(parts) > 6 else ""

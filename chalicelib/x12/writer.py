"""Writing segments and the envelope. What a value may not hold (separators, controls, non-ASCII) is folded or blanked."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.x12.amounts import day_text
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Address, Party, Person, Reference

Element = str | tuple[str, ...] | list[str]
"""Text; a tuple is the components of a composite; a list the repetitions of an element."""

_FOLDS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "ß": "ss", "æ": "ae",
                        "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L"})  # fmt: skip


class WriteError(ValueError):
    """What was to be written cannot be: `diagnostics` say why; their `segment_number` is the item's place, from 1."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        first = diagnostics[0]
        super().__init__(f"{len(diagnostics)} faults; the first: {first.code} in item {first.segment_number}")


class SegmentWriter:
    """Collects the segments of one interchange with one functional group."""

    def __init__(self, interchange: Interchange) -> None:
        self.interchange = interchange
        self.element, self.component, self.repetition, self.terminator = tuple(interchange.separators)
        self._out: list[str] = []
        self._start = 0
        self._control = ""
        self.sets = 0
        self._separators = set(interchange.separators)

    def segment(self, *elements: Element) -> None:
        """One segment; trailing empty elements and components are left out."""
        parts = []
        colons = carets = 0
        for element in elements:
            if type(element) is str:
                parts.append(element)
            elif type(element) is tuple:
                text = self.component.join(element).rstrip(self.component)
                colons += text.count(self.component)
                parts.append(text)
            else:
                parts.append(self.repetition.join(element))
                carets += len(element) - 1
        while not parts[-1]:
            parts.pop()
        text = self.element.join(parts)
        if (
            text.count(self.element) != len(parts) - 1
            or text.count(self.component) != colons
            or text.count(self.repetition) != carets
            or self.terminator in text
            or not text.isascii()
            or not text.isprintable()
        ):
            text = self._careful(elements)
        self._out.append(text)

    def _careful(self, elements: tuple[Element, ...]) -> str:
        """The slow way: every value by itself, cleaned."""
        parts = []
        for element in elements:
            if isinstance(element, tuple):
                parts.append(self.component.join(self.clean(part) for part in element).rstrip(self.component))
            elif isinstance(element, list):
                parts.append(self.repetition.join(self.clean(part) for part in element))
            else:
                parts.append(self.clean(element))
        while not parts[-1]:
            parts.pop()
        return self.element.join(parts)

    def clean(self, text: str) -> str:
        """ASCII without separators and control characters; accents folded, the rest blank."""
        if not text.isascii():
            text = unicodedata.normalize("NFKD", text.translate(_FOLDS)).encode("ascii", "ignore").decode()
        return "".join(c if c.isprintable() and c not in self._separators else " " for c in text).strip()

    def begin(self, functional_id: str, version: str) -> None:
        """ISA and GS."""
        i = self.interchange
        stamp = i.created_at
        isa = ("ISA", "00", " " * 10, "00", " " * 10, i.sender_qualifier, f"{self.clean(i.sender_id):<15.15}",
               i.receiver_qualifier, f"{self.clean(i.receiver_id):<15.15}", f"{stamp:%y%m%d}", f"{stamp:%H%M}", self.repetition,
               "00501", f"{i.control_number:09d}", "0", i.usage, self.component)  # fmt: skip
        self._out.append(self.element.join(isa))
        if functional_id:
            self.segment(
                "GS", functional_id, i.application_sender or i.sender_id, i.application_receiver or i.receiver_id,
                f"{stamp:%Y%m%d}", f"{stamp:%H%M}", str(i.group_control_number), "X", version,
            )  # fmt: skip

    def begin_set(self, set_id: str, control: str, version: str = "") -> None:
        """ST."""
        self._start, self._control = len(self._out), control
        self.sets += 1
        self.segment("ST", set_id, control, version)

    def end_set(self) -> None:
        """SE with the true count."""
        self.segment("SE", str(len(self._out) - self._start + 1), self._control)

    def end(self, groups: int = 1) -> bytes:
        """GE and IEA, and the file."""
        i = self.interchange
        if groups:
            self.segment("GE", str(self.sets), str(i.group_control_number))
        self.segment("IEA", str(groups), f"{i.control_number:09d}")
        return (self.terminator.join(self._out) + self.terminator).encode("ascii")

    # Pieces that every transaction set shares

    def name(self, entity: str, party: Party, qualifier: str = "", code: str = "") -> None:
        """NM1 of a provider, payer, submitter or receiver."""
        if not qualifier:
            qualifier, code = ("XX", party.npi) if party.npi else (party.id_qualifier, party.id_code)
        kind = "1" if party.is_person else "2"
        self.segment(
            "NM1", entity, kind, party.last_name, party.first_name, party.middle_name, "", party.suffix,
            qualifier if code else "", code,
        )  # fmt: skip

    def person(self, entity: str, person: Person, member_id: str = "") -> None:
        """NM1 of a subscriber or patient."""
        self.segment(
            "NM1", entity, "1", person.last_name, person.first_name, person.middle_name, "", person.suffix,
            "MI" if member_id else "", member_id,
        )  # fmt: skip

    def address(self, address: Address | None) -> None:
        """N3 and N4."""
        if address is not None:
            if address.line1 or address.line2:
                self.segment("N3", address.line1, address.line2)
            if address.city or address.state or address.zip:
                self.segment("N4", address.city, address.state, address.zip)

    def demographics(self, person: Person) -> None:
        """DMG."""
        if person.date_of_birth or person.sex:
            self.segment("DMG", "D8", day_text(person.date_of_birth), person.sex)

    def references(self, references: tuple[Reference, ...]) -> None:
        """REF of a party's further numbers."""
        for one in references:
            self.segment("REF", one.qualifier, one.value)

    def optional(self, segment: str, qualifier: str, value: str) -> None:
        """REF and the like, only when there is a value."""
        if value:
            self.segment(segment, qualifier, value)

    def day(self, qualifier: str, day: Any, segment: str = "DTP", end: Any = None) -> None:
        """DTP with a day (D8) or, with `end`, a range (RD8); nothing for None."""
        if day and end:
            self.segment(segment, qualifier, "RD8", f"{day_text(day)}-{day_text(end)}")
        elif day:
            self.segment(segment, qualifier, "D8", day_text(day))


def write_sets(
    interchange: Interchange, functional_id: str, set_id: str, version: str, bodies: Iterable[Callable[[SegmentWriter], None]],
    first_control: str = "0001", st03: bool = True,
) -> bytes:  # fmt: skip
    """A whole file: one interchange, one group, one transaction set for each body."""
    out = SegmentWriter(interchange)
    out.begin(functional_id, version)
    for index, body in enumerate(bodies):
        control = f"{int(first_control) + index:0{len(first_control)}d}"
        out.begin_set(set_id, control, version if st03 else "")
        body(out)
        out.end_set()
    return out.end()

"""Which claim stands where in an 837P of ours: a 999 names segments by their place in the transaction set (IK302, ST = 1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

SetPlaces = list[
    tuple[str, int, int]
]  # per segment from ST on: the claim's number or '', its subscriber, its patient level


class Places:
    """Patient control numbers by place. What a subscriber's or a patient's segments say concerns every claim below them."""

    def __init__(self, content: bytes) -> None:
        self._sets: dict[str, SetPlaces] = {}
        self._below: dict[str, dict[int, set[str]]] = {}
        self.set_of: dict[str, str] = {}  # transaction set control number (ST02) by patient control number
        self._walk(content)

    def numbers_at(self, control: str, place: int) -> frozenset[str]:
        """The claims a segment concerns; empty when it concerns the whole file, or is none."""
        places = self._sets.get(control, [])
        if not 0 < place <= len(places):
            return frozenset()
        claim, subscriber, patient = places[place - 1]
        if claim:
            return frozenset((claim,))
        return frozenset(self._below[control].get(patient or subscriber, ()))

    def _walk(self, content: bytes) -> None:
        control, claim, subscriber, patient = "", "", 0, 0
        places: SetPlaces = []
        for parts in _segments(content):
            name = parts[0]
            if name == "ST":
                control, claim, subscriber, patient = parts[2], "", 0, 0
                places = self._sets.setdefault(control, [])
                self._below[control] = defaultdict(set)
            elif name == "HL":
                claim, patient = "", len(places) + 1 if parts[3] == "23" else 0
                subscriber = {"22": len(places) + 1, "23": subscriber}.get(parts[3], 0)
            elif name == "CLM":
                claim = parts[1]
                self.set_of[claim] = control
                for level in (subscriber, patient):
                    self._below[control][level].add(claim)
            elif name == "SE":
                claim, subscriber, patient = "", 0, 0
            places.append((claim, subscriber, patient))


def _segments(content: bytes) -> Iterator[list[str]]:
    """Segments of a file we wrote: one interchange, separators from its ISA."""
    text = content.decode("latin-1")
    element, terminator = text[3], text[105]
    for segment in text.split(terminator):
        if plain := segment.strip():
            yield [*plain.split(element), "", "", ""]

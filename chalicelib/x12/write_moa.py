"""Writing MOA, which 835 and 837P share, and other segments of amounts and counts at given places."""

from __future__ import annotations

from chalicelib.x12 import adjudication
from chalicelib.x12.adjudication import Outpatient, Place
from chalicelib.x12.amounts import cents_text, quantity_text
from chalicelib.x12.writer import SegmentWriter


def place_elements(
    value: object, place: Place, size: int, remark_places: tuple[int, ...] = (), remarks: tuple[str, ...] = ()
) -> list[str]:
    """The elements 1 to `size` of a segment whose fields stand at given places."""
    found = [""] * (size + 1)
    for index, name in place:
        told = getattr(value, name)
        if told is not None:
            found[index] = cents_text(told) if name.endswith("_cents") else quantity_text(told)
    for index, code in zip(remark_places, remarks, strict=False):
        found[index] = code
    return found[1:]


def write_outpatient(out: SegmentWriter, outpatient: Outpatient | None, remarks: tuple[str, ...]) -> None:
    """MOA, five remark codes each; nothing when there is nothing to say."""
    if outpatient is None and not remarks:
        return
    first = outpatient or Outpatient()
    out.segment("MOA", *place_elements(first, adjudication.MOA, 9, adjudication.MOA_REMARKS, remarks[:5]))
    for start in range(5, len(remarks), 5):
        out.segment("MOA", "", "", *remarks[start : start + 5])

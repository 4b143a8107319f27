"""Text on a grid of 10 characters and 6 lines an inch, as a form with printed boxes wants it: PDF by ReportLab.

Column 1 begins a quarter of an inch from the left edge of a letter page, line 1 at its top; an alignment in millimetres moves
everything, because no two printers feed alike. With boxes it is a review copy: our own frame and words, never a form's image.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

POINTS_PER_MM = 72 / 25.4
CELL_WIDTH, CELL_HEIGHT = 7.2, 12.0
PAGE_WIDTH, PAGE_HEIGHT = 612.0, 792.0
LEFT = 18.0
_BASELINE = 9.0  # below the top of a line


@dataclass(frozen=True, slots=True)
class Mark:
    """Text from a column (1 to 80) of a line (1 to 66) on."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """A frame around lines and columns, both ends included, with words in its upper left corner (review copy only)."""

    words: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Option:
    """A word beside a place where a cross may stand (review copy only)."""

    line: int
    column: int
    words: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """How far everything moves right and down."""

    right_mm: float = 0.0
    down_mm: float = 0.0


def draw(
    pages: Sequence[Sequence[Mark]],
    align: Alignment,
    boxes: Sequence[Box] = (),
    options: Sequence[Option] = (),
    heading: str = "",
) -> bytes:
    """The pages as a PDF. Only with boxes or options is anything drawn but the marks; `heading` numbers the pages then."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1)
    canvas.setTitle("Claim form data")
    for number, page in enumerate(pages, 1):
        canvas.translate(align.right_mm * POINTS_PER_MM, -align.down_mm * POINTS_PER_MM)
        if boxes:
            _draw_frame(canvas, boxes, options, f"{heading}, page {number} of {len(pages)}")
        canvas.setFont("Courier", 12)
        for mark in page:
            canvas.drawString(*place(mark.line, mark.column), mark.text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def place(line: int, column: int) -> tuple[float, float]:
    """Where the baseline of a character begins, in points from the lower left corner."""
    return LEFT + (column - 1) * CELL_WIDTH, PAGE_HEIGHT - (line - 1) * CELL_HEIGHT - _BASELINE


def _draw_frame(canvas: object, boxes: Sequence[Box], options: Sequence[Option], heading: str) -> None:
    from reportlab.pdfgen.canvas import Canvas

    assert isinstance(canvas, Canvas)  # noqa: S101  # nosec B101 - reportlab is imported late, so its types are too
    canvas.setLineWidth(0.4)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(LEFT, PAGE_HEIGHT - 2 * CELL_HEIGHT, heading)
    canvas.setFont("Helvetica", 5)
    for box in boxes:
        x, top = LEFT + (box.left - 1) * CELL_WIDTH - 2, PAGE_HEIGHT - (box.top - 1) * CELL_HEIGHT
        height = (box.bottom - box.top + 1) * CELL_HEIGHT
        canvas.rect(x, top - height, (box.right - box.left + 1) * CELL_WIDTH, height)
        canvas.drawString(x + 2, top - 5.5, box.words)
    for option in options:
        x, y = place(option.line, option.column + 1)
        canvas.drawString(x + 1, y + 1, option.words)

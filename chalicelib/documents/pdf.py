"""PDF by typst: tagged (PDF/UA-1), fonts from the wheel, the same bytes for the same data. pypdf puts attachments behind it.

The template reads its data as JSON, so nothing in it can be markup. Importing this imports neither engine.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from chalicelib.platform.errors import Fault, Refused

PDF = "application/pdf"
MOST_PAGES = 400
_DPI = 150


@cache
def _template(name: str) -> bytes:
    return files("chalicelib.documents").joinpath("templates", f"{name}.typ").read_bytes()


def render(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """A tagged PDF/UA-1 document. `at` is the instant it says it was made, so that the same data gives the same bytes.

    A character the wheel's fonts cannot draw is spelled out, as [U+0656]: tagged text may not lack a glyph, and nothing is
    dropped. Fault PDF_FAILED when template and data do not fit; the engine's words are not repeated (they may quote the data).
    """
    text = json.dumps(data, ensure_ascii=False)
    made = _compile(template, text, at) or _compile(template, _UNUSUAL.sub(_spelled, text), at)
    if made is None:
        raise Fault("PDF_FAILED", "the document could not be made")
    return made


# Latin, Greek, Cyrillic, punctuation and currency: what Libertinus Serif surely draws.
_UNUSUAL = re.compile("[^\\n -~\u00a1-\u024f\u0391-\u03c9\u0400-\u045f\u2010-\u2026\u20ac\u2122]")


def _spelled(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"


def _compile(template: str, text: str, at: datetime) -> bytes | None:
    """None where the engine refuses; a missing glyph is one of its reasons."""
    import typst

    try:
        made = typst.compile(
            _template(template),
            format="pdf",
            sys_inputs={"data": text},
            pdf_standards=["ua-1"],
            ignore_system_fonts=True,
            timestamp=int(at.timestamp()),
        )
    except RuntimeError:
        return None
    return bytes(made)


def pages(content: bytes) -> int:
    """How many pages a PDF has. Refused for what is no readable PDF, is locked, or has too many pages."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise Refused("PDF_LOCKED", "the PDF is locked with a password", fix="save it without one")
        found = len(reader.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError):
        raise Refused("NOT_PDF", "this is no readable PDF", fix="print it to PDF again") from None
    if found > MOST_PAGES:
        raise Refused("PDF_TOO_LONG", f"at most {MOST_PAGES} pages are taken", fix="send only what is needed")
    return found


def of_image(content: bytes) -> bytes:
    """A PNG, JPEG or TIFF (each of its pages) as a PDF of letter size. Refused NOT_IMAGE for what is none or too large."""
    from PIL import Image, ImageSequence, UnidentifiedImageError

    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content)) as opened:
            sheets = [_on_letter(frame.convert("RGB")) for frame in ImageSequence.Iterator(opened)]
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise Refused("NOT_IMAGE", "this is no readable picture", fix="scan or print it to PDF") from None
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:MOST_PAGES], resolution=_DPI)
    return out.getvalue()


def _on_letter(picture: Any) -> Any:
    """A picture as large as fits a letter page with a margin of a third of an inch, never enlarged."""
    from PIL import Image

    width, height = round(8.5 * _DPI), 11 * _DPI
    picture.thumbnail((width - 100, height - 100))
    sheet = Image.new("RGB", (width, height), "white")
    sheet.paste(picture, ((width - picture.width) // 2, 50))
    return sheet


def with_attachments(first: bytes, others: Sequence[bytes]) -> bytes:
    """One PDF: a tagged document with others behind it. Its tags stay; its claim of PDF/UA goes, as nobody knows theirs."""
    if not others:
        return first
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(first)))
    for content in others:
        for page in PdfReader(io.BytesIO(content), strict=False).pages:
            writer.add_page(page)
    _unclaim(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _unclaim(writer: Any) -> None:
    """Take the PDF/UA identifier out of the XMP packet; the rest of it stays."""
    packet = writer.xmp_metadata
    if packet is None:
        return
    text = packet.stream.get_data().decode()
    writer.xmp_metadata = re.sub(r"<pdfuaid:part>\d+</pdfuaid:part>", "", text).encode()

"""The good-faith estimate for a patient who pays: when it is due, and the document. 45 CFR 149.610 and 149.620.

Dates and the dispute amount are settings (`codes/data/thresholds.csv`). Business days are Monday to Friday without federal
holidays (`codes/data/holidays.csv`); the regulation does not define them, so that much is knowledge.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

from chalicelib.codes import settings
from chalicelib.codes.holidays import business_days
from chalicelib.intake.records import Patient
from chalicelib.money import dollars
from chalicelib.onboarding.model import Practice


@dataclass(frozen=True, slots=True)
class GoodFaithLine:
    """A service of one visit, at the practice's charge a unit."""

    code: str
    words: str
    units: int
    each_cents: int

    @property
    def cents(self) -> int:
        return self.units * self.each_cents


@dataclass(frozen=True, slots=True)
class GoodFaith:
    """Everything the document says."""

    practice: Practice
    patient: Patient
    made_on: date
    first_on: date
    visits: int
    lines: tuple[GoodFaithLine, ...]
    diagnoses: tuple[str, ...]
    dispute_cents: int
    dispute_days: int

    @property
    def visit_cents(self) -> int:
        return sum(line.cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        return self.visits * self.visit_cents


def due_on(scheduled_on: date, service_on: date, *, requested: bool = False) -> date | None:
    """The last day to give the estimate (45 CFR 149.610(b)(1)): scheduled 10 or more business days ahead, or asked for: 3
    business days; 3 to 9 ahead: 1; nearer, and not asked for: None, none is owed."""
    far, near = settings.value("gfe_far_days", service_on), settings.value("gfe_near_days", service_on)
    if requested or business_days(scheduled_on, far) <= service_on:
        return business_days(scheduled_on, settings.value("gfe_far_answer_days", service_on))
    if business_days(scheduled_on, near) <= service_on:
        return business_days(scheduled_on, settings.value("gfe_near_answer_days", service_on))
    return None


def render(found: GoodFaith) -> bytes:
    """The PDF, one page or more; the same estimate gives the same bytes."""
    from reportlab.lib.pagesizes import LETTER
    from reportlab.lib.units import inch
    from reportlab.platypus import SimpleDocTemplate, Spacer

    stream = io.BytesIO()
    document = SimpleDocTemplate(
        stream, pagesize=LETTER, invariant=1, title="Good faith estimate", author=found.practice.legal_name,
        leftMargin=0.9 * inch, rightMargin=0.9 * inch, topMargin=0.8 * inch, bottomMargin=0.8 * inch,
    )  # fmt: skip
    parts = _parts(found)
    document.build([*parts, Spacer(1, 6)])
    return stream.getvalue()


def _parts(found: GoodFaith) -> list[object]:
    from html import escape

    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Spacer, Table

    ink, muted, line = HexColor("#1c2427"), HexColor("#55626a"), HexColor("#8a9499")
    body = ParagraphStyle("body", fontName="Helvetica", fontSize=9.5, leading=13.5, textColor=ink)
    small = ParagraphStyle("small", parent=body, fontSize=8.5, leading=12, textColor=muted)
    head = ParagraphStyle("head", parent=body, fontName="Helvetica-Bold", fontSize=16, leading=20)
    part = ParagraphStyle("part", parent=body, fontName="Helvetica-Bold", fontSize=11, leading=15, spaceBefore=10)

    def text(words: str, style: ParagraphStyle = body) -> Paragraph:
        return Paragraph(escape(words).replace("\n", "<br/>"), style)

    practice, patient = found.practice, found.patient
    address = practice.address
    where = f"{address.line1} {address.line2}".strip() + f"\n{address.city}, {address.state} {address.zip[:5]}"
    born = patient.person.date_of_birth
    facts = [
        [
            text("Patient", small),
            text(f"{patient.person.first_name} {patient.person.last_name}" + (f", born {born}" if born else "")),
        ],
        [text("Provider", small), text(f"{practice.legal_name}\n{where}\nPhone {_phone(practice.contact_phone)}")],
        [text("NPI, tax id", small), text(f"{practice.npi}, {practice.tax_id}")],
        [
            text("Service", small),
            text(f"Occupational therapy, {found.visits} visit{'s' if found.visits > 1 else ''} from {found.first_on}"),
        ],
        [text("Diagnosis codes", small), text(", ".join(found.diagnoses) or "not determined yet")],
        [text("Estimate made on", small), text(str(found.made_on))],
    ]
    rows: list[list[object]] = [[text(name, small) for name in ("Code", "Service", "Units", "Each", "A visit")]]
    rows += [
        [text(one.code), text(one.words), text(str(one.units)), text(dollars(one.each_cents)), text(dollars(one.cents))]
        for one in found.lines
    ]
    bold = ParagraphStyle("bold", parent=body, fontName="Helvetica-Bold")
    rows.append(["", text("One visit", bold), "", "", text(dollars(found.visit_cents), bold)])
    rows.append(["", text(f"All {found.visits} visits", bold), "", "", text(dollars(found.total_cents), bold)])
    rule = ("LINEBELOW", (0, 0), (-1, 0), 0.8, line)
    return [
        text("Good faith estimate", head),
        text("For patients without insurance, or who pay for this care themselves.", small),
        Spacer(1, 8),
        Table(facts, colWidths=[105, 370], style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]),
        text("What we expect to charge", part),
        Spacer(1, 4),
        Table(
            rows, colWidths=[50, 255, 40, 60, 70], repeatRows=1,
            style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0), rule,
                   ("LINEABOVE", (0, -2), (-1, -2), 0.8, line)],
        ),
        text("What this estimate is, and is not", part),
        *[text(words) for words in _notices(found)],
    ]  # fmt: skip


def _notices(found: GoodFaith) -> tuple[str, ...]:
    over = dollars(found.dispute_cents).removesuffix(".00")
    return (
        "It shows the costs we reasonably expect for this care. It is not a contract, and you do not have to get the care "
        "from us.",
        "It does not include unknown or unexpected costs. If your needs change, or we recommend other services, they are "
        "scheduled separately and we give you a new estimate.",
        f"If you are billed ${over} or more above this estimate, you have the right to dispute the bill. You may ask us to "
        "change it, or start a dispute with the Department of Health and Human Services within "
        f"{found.dispute_days} calendar days of the first bill. There is a small fee; if the reviewer agrees with you, you "
        "pay the price on this estimate. Starting a dispute does not change the quality of the care we give you.",
        "To learn more and to start a dispute: www.cms.gov/nosurprises or 1-800-985-3059. Keep a copy of this estimate.",
    )


def _phone(digits: str) -> str:
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"

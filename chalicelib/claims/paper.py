"""A claim on paper: the data of a CMS-1500 (02/12), six lines a form.

Totals: for Medicare Part B every form stands by itself with its own total (Claims Processing Manual ch.26 s.10.4, items 24
and 28: six lines a claim); elsewhere the forms are one claim, each but the last says CONTINUED and the last has the total.
Item 11 says NONE for Medicare as first payer (ch.26 s.10.2). A fifth modifier goes into item 19 behind modifier 99 (s.10.4).
Names and streets are cut where the box ends; a number that does not fit is refused, never cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.claims import paper_boxes as boxes
from chalicelib.claims import records
from chalicelib.claims.edi import filing_indicator
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import ClaimContent, ClaimLine, Status
from chalicelib.claims.prior import PriorPayer
from chalicelib.claims.records import Submission
from chalicelib.claims.sending import sent_content
from chalicelib.documents.print_grid import Alignment, Mark, draw
from chalicelib.ids import patient_control_number
from chalicelib.intake.model import Address, Coverage, Person
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import Refused
from chalicelib.tenancy import current, require

LINES_A_FORM = 6
ON_FILE = "SIGNATURE ON FILE"
_KINDS = {"medicare": "medicare", "medicare_advantage": "other", "medicaid": "medicaid", "tricare": "tricare"}
_PUNCTUATION = re.compile(r"[^A-Z0-9 ,/-]")


@dataclass(frozen=True, slots=True)
class PaperClaim:
    """What goes on the form: the content, and the numbers of the sending it belongs to."""

    content: ClaimContent
    number: str
    frequency: str = "1"
    original_reference: str = ""
    later_payer: bool = False
    paid_before_cents: int = 0  # by the payers before this one


def paper_pdf(claim_id: str, *, review: bool = False) -> bytes:
    """The forms of a claim as PDF: its newest sending, or, for one never sent, what would be sent under its next number.

    Refused CLAIM_HELD for a claim with findings that hold it (a review copy may be made), NUMBER_TOO_LONG.
    """
    require("claims.paper")
    claim = records.get_claim(claim_id).claim
    if claim.status is Status.HELD and not review:
        raise Refused(
            "CLAIM_HELD", "the claim is held; it is not to go out", fix="mend it, or use --review to look at it"
        )
    practice = current_practice()
    pages = forms(_of(claim), practice)
    align = Alignment(practice.paper.right_mm, practice.paper.down_mm)
    if review:
        return draw(pages, align, boxes.BOXES, boxes.OPTIONS, "Review copy in our own frame, not a claim form")
    return draw(pages, align)


def _of(claim: Claim) -> PaperClaim:
    if claim.latest and not (claim.sending and claim.status in (Status.HELD, Status.READY)):
        found: Submission = records.find_submissions([claim.latest.submission_id])[claim.latest.submission_id]
        number = found.patient_control_number
        told = (found.frequency, found.original_reference, found.sequence != "P", _paid_before(found.prior))
        return PaperClaim(found.content, number, *told)
    context = current()
    n = str(len(claim.submissions) + 1)
    number = patient_control_number(context.placement.id_key, context.tenant.code, claim.claim_id, n)
    sending = claim.sending
    if sending is None:
        return PaperClaim(claim.content, number)
    told = (sending.frequency, sending.original_reference, sending.sequence != "P", _paid_before(sending.prior))
    return PaperClaim(sent_content(claim), number, *told)


def _paid_before(prior: Iterable[PriorPayer]) -> int:
    """What earlier payers paid, on the claim or on its lines."""
    return sum(payer.paid_cents for payer in prior)


def forms(claim: PaperClaim, practice: Practice) -> list[list[Mark]]:
    """The marks of every form, in the order of lines."""
    lines = claim.content.lines
    parts = [lines[start : start + LINES_A_FORM] for start in range(0, len(lines), LINES_A_FORM)] or [()]
    return [
        sorted(_form(claim, practice, part, number, len(parts)), key=lambda mark: (mark.line, mark.column))
        for number, part in enumerate(parts, 1)
    ]


def _form(claim: PaperClaim, practice: Practice, part: Sequence[ClaimLine], number: int, count: int) -> Iterator[Mark]:
    content = claim.content
    medicare = filing_indicator(content.coverage, content) == "MB"
    yield from _carrier(content, practice)
    yield from _people(content, medicare and not claim.later_payer)
    yield from _causes(content)
    yield from _insurance(content, medicare, claim.later_payer)
    yield from _signatures(content)
    yield from _circumstances(content, part)
    yield from _diagnoses(content)
    yield from _numbers(claim)
    for place, line in zip(boxes.SERVICE_LINES, part, strict=False):
        yield from _line(content, line, place)
    yield from _totals(claim, part, number, count, each=medicare)
    yield from _billing(content, practice, medicare)


def _mark(line: int, column: int, text: str, width: int) -> Iterator[Mark]:
    """Words in capitals, without punctuation, cut where the box ends."""
    plain = _PUNCTUATION.sub("", text.upper().replace(".", "")).strip()[:width].rstrip()
    if plain:
        yield Mark(line, column, plain)


def _number(line: int, column: int, text: str, width: int, item: str) -> Iterator[Mark]:
    """An identifier: whole or not at all."""
    if len(text) > width:
        raise Refused("NUMBER_TOO_LONG", f"item {item} of the form holds {width} characters", where=item)
    if text:
        yield Mark(line, column, text.upper())


def _cross(line: int, column: int) -> Iterator[Mark]:
    yield Mark(line, column, "X")


def _day(line: int, columns: tuple[int, int, int], day: date | None, *, century: bool = True) -> Iterator[Mark]:
    if day:
        year = f"{day:%Y}" if century else f"{day:%y}"
        for column, text in zip(columns, (f"{day:%m}", f"{day:%d}", year), strict=True):
            yield Mark(line, column, text)


def _name(person: Person) -> str:
    return ", ".join(filter(None, (person.last_name, person.first_name, person.middle_name[:1])))


def _carrier(content: ClaimContent, practice: Practice) -> Iterator[Mark]:
    """Payer's name and, where the practice file has it, its mail address."""
    payer = practice.payer(content.coverage.payer_id)
    address = payer.mail_address if payer else None
    yield from _mark(2, 41, content.payer_name, 38)
    if address:
        yield from _mark(3, 41, address.line1, 38)
        yield from _mark(4, 41, address.line2, 38)
        yield from _mark(5, 41, f"{address.city} {address.state} {_zip(address.zip)}", 38)


def _people(content: ClaimContent, medicare_first: bool) -> Iterator[Mark]:
    coverage, patient = content.coverage, content.patient
    kind = _KINDS.get(coverage.line_of_business, "group" if coverage.group_number else "other")
    yield from _cross(8, boxes.KINDS[kind])
    member = coverage.member_id or (content.accident.claim_number if content.accident else "")
    yield from _number(8, 50, member, 29, "1a")
    yield from _mark(10, 1, _name(patient), 28)
    yield from _day(10, (31, 34, 37), patient.date_of_birth)
    yield from _sex(10, patient.sex, 42, 47)
    yield from _address(content.patient_address, 1, 26, 15)
    if medicare_first:
        return  # items 4, 6 and 7 stay empty when Medicare pays first (ch.26 s.10.2)
    yield from _cross(12, boxes.RELATIONSHIPS.get(coverage.relationship, boxes.RELATIONSHIPS["other"]))
    yield from _mark(10, 50, _name(_subscriber(coverage, patient)), 29)
    if coverage.relationship == "self":
        yield from _address(content.patient_address, 50, 74, 65)


def _subscriber(coverage: Coverage, patient: Person) -> Person:
    return patient if coverage.relationship == "self" or coverage.subscriber is None else coverage.subscriber


def _sex(line: int, sex: str, male: int, female: int) -> Iterator[Mark]:
    if sex in ("M", "F"):
        yield from _cross(line, male if sex == "M" else female)


def _address(address: Address, left: int, state: int, phone: int) -> Iterator[Mark]:
    yield from _mark(12, left, address.line1, 28)
    yield from _mark(14, left, address.city, 20)
    yield from _mark(14, state, address.state, 2)
    yield from _mark(16, left, _zip(address.zip), 10)
    digits = "".join(character for character in address.phone if character.isdigit())
    if len(digits) == 10:
        yield Mark(16, phone, digits[:3])
        yield Mark(16, phone + 4, digits[3:])


def _zip(text: str) -> str:
    return f"{text[:5]}-{text[5:]}" if len(text) == 9 else text


def _causes(content: ClaimContent) -> Iterator[Mark]:
    accident = content.accident
    for line, kind in ((20, "EM"), (22, "AA"), (24, "OA")):
        happened = accident is not None and accident.type == kind
        yield from _cross(line, boxes.YES_10 if happened else boxes.NO_10)
        if happened and kind == "AA" and accident:
            yield from _mark(22, 45, accident.state, 2)
    if accident and accident.claim_number:
        yield Mark(22, 50, "Y4")
        yield from _number(22, 53, accident.claim_number, 27, "11b")


def _insurance(content: ClaimContent, medicare: bool, later_payer: bool) -> Iterator[Mark]:
    coverage = content.coverage
    if medicare and not later_payer:
        yield Mark(18, 50, "NONE")
        return
    yield from _number(18, 50, coverage.group_number, 29, "11")
    subscriber = _subscriber(coverage, content.patient)
    yield from _day(20, (53, 56, 59), subscriber.date_of_birth)
    yield from _sex(20, subscriber.sex, 68, 75)
    yield from _mark(24, 50, content.payer_name, 29)
    other = content.secondary
    if not medicare:
        yield from _cross(26, 52 if other else 57)
    if other:
        yield from _mark(18, 1, _name(_subscriber(other, content.patient)), 28)
        yield from _number(20, 1, other.member_id, 28, "9a")
        yield from _mark(26, 1, other.payer_id, 28)


def _signatures(content: ClaimContent) -> Iterator[Mark]:
    if content.release_on_file:
        yield Mark(29, 7, ON_FILE)
    if content.benefits_assigned:
        yield Mark(29, 55, ON_FILE)


def _circumstances(content: ClaimContent, part: Iterable[ClaimLine]) -> Iterator[Mark]:
    accident, first = content.accident, content.plan_of_care.first_treatment_on
    if accident and accident.date:
        yield Mark(32, 31, "439")
        yield from _day(32, (37, 40, 43), accident.date)
    elif first:
        yield Mark(32, 31, "454")
        yield from _day(32, (37, 40, 43), first)
    referrer = content.referrer
    if referrer.npi:
        yield Mark(34, 1, "DN")
        yield from _mark(34, 4, f"{referrer.last_name}, {referrer.first_name}", 25)
        yield from _number(34, 33, referrer.npi, 10, "17b")
    more = [f"{n}={' '.join(line.modifiers)}" for n, line in enumerate(part, 1) if len(line.modifiers) > 4]
    yield from _number(36, 1, " ".join(more), 48, "19")
    yield from _cross(36, 57)


def _diagnoses(content: ClaimContent) -> Iterator[Mark]:
    if len(content.diagnoses) > 12:
        raise Refused("TOO_MANY_DIAGNOSES", "the form holds twelve diagnoses", where="21")
    yield Mark(37, 42, "0")
    for n, code in enumerate(content.diagnoses):
        yield from _number(38 + n // 4, 3 + 13 * (n % 4), code.replace(".", ""), 8, "21")


def _numbers(claim: PaperClaim) -> Iterator[Mark]:
    if claim.frequency != "1":
        yield from _number(38, 50, claim.frequency, 10, "22")
        yield from _number(38, 62, claim.original_reference, 18, "22")
    content = claim.content
    yield from _number(40, 50, content.authorization_number or content.referral_number, 29, "23")
    yield from _number(56, 23, claim.number, 14, "26")


def _line(content: ClaimContent, line: ClaimLine, place: int) -> Iterator[Mark]:
    for columns in ((1, 4, 7), (10, 13, 16)):
        yield from _day(place, columns, content.date_of_service, century=False)
    yield Mark(place, 19, content.place_of_service)
    yield Mark(place, 25, line.cpt)
    shown = line.modifiers if len(line.modifiers) <= 4 else (*line.modifiers[:3], "99")
    for n, modifier in enumerate(shown):
        yield Mark(place, 33 + 3 * n, modifier)
    yield Mark(place, 45, "".join(chr(64 + pointer) for pointer in line.diagnosis_pointers[:4]))
    yield Mark(place, 50, _amount(line.charge_cents))
    yield from _number(place, 59, str(line.units), 3, "24G")
    yield Mark(place, 68, content.rendering.npi)


def _amount(cents: int) -> str:
    """Dollars to the right, cents behind the printed rule, no point: '  150 00'."""
    if cents >= 10_000_000:
        raise Refused("NUMBER_TOO_LONG", "the form holds amounts below 100,000.00", where="28")
    return f"{cents // 100:>5} {cents % 100:02d}"


def _totals(claim: PaperClaim, part: Sequence[ClaimLine], number: int, count: int, *, each: bool) -> Iterator[Mark]:
    """Item 29: Medicare wants the patient's payments alone (ch.26 s.10.4), others those of earlier payers too (NUCC manual)."""
    content = claim.content
    if each:
        total, paid = sum(line.charge_cents for line in part), content.patient_paid_cents if number == 1 else 0
    elif number < count:
        yield Mark(56, 52, "CONTINUED")
        return
    else:
        total, paid = content.charge_cents, content.patient_paid_cents + claim.paid_before_cents
    yield Mark(56, 52, _amount(total))
    yield Mark(56, 62, _amount(paid))


def _billing(content: ClaimContent, practice: Practice, medicare: bool) -> Iterator[Mark]:
    """Items 25 to 27 and 31 to 33."""
    billing = content.billing
    yield from _number(56, 1, billing.tax_id, 15, "25")
    yield from _cross(56, 17 if billing.tax_id_kind == "SY" else 19)
    yield from _cross(56, 38)
    yield Mark(57, 66, practice.contact_phone[:3])
    yield Mark(57, 70, f"{practice.contact_phone[3:6]}-{practice.contact_phone[6:]}")
    name = _name(Person(last_name=billing.last_name, first_name=billing.first_name))
    for left, wanted, npi in ((23, content.place_of_service == "11", 23), (50, True, 50)):
        if wanted:
            yield from _mark(58, left, name, 26)
            yield from _mark(59, left, billing.address.line1, 26)
            yield from _mark(
                60, left, f"{billing.address.city} {billing.address.state} {_zip(billing.address.zip)}", 26
            )
            yield from _number(61, npi, billing.npi, 10, "33a")
    if billing.taxonomy and not medicare:
        yield Mark(61, 63, f"ZZ{billing.taxonomy}")
    yield Mark(60, 1, ON_FILE)

"""What a claim must have before it can be written as an 837P; the same faults a reader would report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.x12 import checks
from chalicelib.x12.claim837 import Claim837, ServiceLine
from chalicelib.x12.diagnostics import Diagnostic
from chalicelib.x12.messages import MESSAGES
from chalicelib.x12.parties import Address, Party

Add = Callable[..., None]


def check_837p(claims: Sequence[Claim837]) -> tuple[Diagnostic, ...]:
    """Why these claims cannot be written, in order; `segment_number` is the claim's place, from 1. Empty = they can."""
    found: list[Diagnostic] = []
    seen: set[str] = set()
    for number, claim in enumerate(claims, 1):
        if claim.patient_control_number in seen:
            _add(found, number, "CLAIM_DUPLICATE", "CLM", 1, "2300")
        seen.add(claim.patient_control_number)
        check_claim(claim, found, number)
    return tuple(found)


def _add(
    found: list[Diagnostic], number: int, code: str, segment: str, element: int, loop: str, note: str = ""
) -> None:
    entry = MESSAGES[code]
    message = f"{entry.message}: {note}" if note else entry.message
    found.append(Diagnostic(code, entry.severity, message, segment, number, element=element, loop=loop, fix=entry.fix))


def check_claim(claim: Claim837, found: list[Diagnostic], number: int = 1) -> None:
    """Add what keeps this claim from being written."""

    def add(code: str, segment: str, element: int, loop: str, note: str = "") -> None:
        _add(found, number, code, segment, element, loop, note)

    _check_claim_itself(claim, add)
    _check_billing(claim.billing, add)
    _check_payer(claim, add)
    for line in claim.lines:
        if not _line_is_fine(line, len(claim.diagnoses)):
            _check_line(line, len(claim.diagnoses), add)


def _check_claim_itself(c: Claim837, add: Add) -> None:
    if not 0 < len(c.patient_control_number) <= 38:
        add("ELEMENT_TOO_LONG" if c.patient_control_number else "ELEMENT_MISSING", "CLM", 1, "2300")
    if c.frequency_code not in checks.FREQUENCIES:
        add("FREQUENCY_CODE", "CLM", 5, "2300")
    if c.frequency_code in ("7", "8") and not c.original_reference:
        add("ORIGINAL_MISSING", "REF", 2, "2300")
    if c.place_of_service not in checks.PLACES:
        add("PLACE_OF_SERVICE", "CLM", 5, "2300")
    if not 0 < len(c.lines) <= 50:
        add("TOO_MANY" if c.lines else "SEGMENT_MISSING", "LX", 0, "2400")
    if not 0 < len(c.diagnoses) <= 12:
        add("TOO_MANY" if c.diagnoses else "SEGMENT_MISSING", "HI", 0, "2300")
    if any("." in code or not checks.is_diagnosis_form(code) for code in c.diagnoses):
        add("DIAGNOSIS_FORM", "HI", 0, "2300", "write it without the dot")
    if sum(line.charge_cents for line in c.lines) != c.charge_cents:
        add("CLAIM_SUM", "CLM", 2, "2300")
    if c.accident and "AA" in c.accident.related_causes and c.accident.state not in checks.STATES:
        add("ACCIDENT_STATE", "CLM", 11, "2300")
    if c.accident and c.accident.related_causes and c.accident.date is None:
        add("ACCIDENT_DATE", "DTP", 3, "2300")


def _check_billing(billing: Party, add: Add) -> None:
    if not billing.npi or len(billing.npi) != 10:
        add("NPI_CHECK_DIGIT" if billing.npi else "ELEMENT_MISSING", "NM1", 9, "2010AA")
    if not billing.last_name:
        add("ELEMENT_MISSING", "NM1", 3, "2010AA")
    if len(billing.tax_id) != 9 or not billing.tax_id.isdecimal():
        add("TAX_ID_FORM", "REF", 2, "2010AA")
    if billing.taxonomy and not checks.is_taxonomy(billing.taxonomy):
        add("TAXONOMY_FORM", "PRV", 3, "2000A")
    if _bad_address(billing.address):
        add("SEGMENT_MISSING", "N3", 0, "2010AA")
    elif billing.address and checks.is_po_box(billing.address.line1):
        add("PO_BOX", "N3", 1, "2010AA")


def _bad_address(a: Address | None) -> bool:
    return a is None or not a.line1 or len(a.city) < 2 or a.state not in checks.STATES or not checks.is_zip(a.zip)


def _check_payer(c: Claim837, add: Add) -> None:
    if c.payer_sequence not in checks.SEQUENCES:
        add("BAD_CODE", "SBR", 1, "2000B")
    if c.claim_filing not in checks.FILING_CODES:
        add("BAD_CODE" if c.claim_filing else "ELEMENT_MISSING", "SBR", 9, "2000B")
    if not c.payer_name or not c.payer_id:
        add("ELEMENT_MISSING", "NM1", 9 if c.payer_name else 3, "2010BB")
    if not c.subscriber.last_name:
        add("ELEMENT_MISSING", "NM1", 3, "2010BA")
    if c.patient is None and (_bad_address(c.subscriber.address) or not c.subscriber.date_of_birth):
        add("SEGMENT_MISSING", "DMG" if c.subscriber.address else "N3", 0, "2010BA")
    if c.patient is not None and (_bad_address(c.patient.address) or not c.patient.date_of_birth):
        add("SEGMENT_MISSING", "DMG" if c.patient.address else "N3", 0, "2010CA")
    ranks = [c.payer_sequence, *(o.sequence for o in c.other_payers)]
    if len(set(ranks)) != len(ranks):
        add("PAYER_SEQUENCE", "SBR", 1, "2320")


def _line_is_fine(line: ServiceLine, diagnoses: int) -> bool:
    """The common case, quickly."""
    pointers = line.diagnosis_pointers
    return (
        bool(line.procedure) and line.date is not None and line.charge_cents >= 0 and line.units > 0
        and line.drug is None
        and len(line.modifiers) <= 4 and 0 < len(pointers) <= 4 and min(pointers) > 0 and max(pointers) <= diagnoses
        and _codes_are_plain(line)
    )  # fmt: skip


def _codes_are_plain(line: ServiceLine) -> bool:
    """ASCII letters and digits only. A name may be folded; a folded code would be another code, e.g. a wide KX a KX."""
    codes = "".join((line.procedure, *line.modifiers))
    return codes.isascii() and codes.isalnum()


def _check_line(line: ServiceLine, diagnoses: int, add: Add) -> None:
    if line.drug is not None and not line.drug.code:
        add("ELEMENT_MISSING", "LIN", 3, "2410")
    if line.drug is not None and (not line.drug.unit or not line.drug.quantity):
        add("ELEMENT_MISSING", "CTP", 5 if line.drug.quantity else 4, "2410")
    if not line.procedure:
        add("ELEMENT_MISSING", "SV1", 1, "2400")
    if line.date is None:
        add("SEGMENT_MISSING", "DTP", 0, "2400")
    if line.charge_cents < 0 or line.units <= 0:
        add("NEGATIVE_AMOUNT", "SV1", 2 if line.charge_cents < 0 else 4, "2400")
    if len(line.modifiers) > 4:
        add("TOO_MANY", "SV1", 1, "2400", "at most four modifiers")
    if line.procedure and not _codes_are_plain(line):
        add("BAD_CODE", "SV1", 1, "2400", "procedure and modifiers are unaccented capitals and digits")
    if not 0 < len(line.diagnosis_pointers) <= 4:
        add("TOO_MANY" if line.diagnosis_pointers else "ELEMENT_MISSING", "SV1", 7, "2400")
    if any(not 0 < pointer <= diagnoses for pointer in line.diagnosis_pointers):
        add("POINTER_DANGLING", "SV1", 7, "2400")

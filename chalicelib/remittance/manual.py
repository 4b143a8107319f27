"""A paper or PDF EOB typed in by a person: the same checks, the same posting, marked manual, with its scan.

The form is TOML, amounts in dollars:

    payer_id = "60054"
    payer_name = "Aetna"
    trace = "0012345"             # check or transfer number
    date = 2026-09-30
    amount = "88.00"
    method = "CHK"                # CHK, ACH, NON
    note = "mailed, no ERA for this payer"

    [[claims]]
    number = "our patient control number"
    payer_number = "the payer's claim number"
    status = "1"                  # CLP02: 1 primary, 2 secondary, 22 reversal
    charge = "150.00"
    paid = "88.00"
    remarks = ["MA18"]

    [[claims.lines]]
    code = "97530"
    modifiers = ["GO"]
    units = 2
    charge = "150.00"
    paid = "88.00"
    adjustments = ["CO-45 40.00", "PR-2 22.00"]

    [[provider_adjustments]]
    reason = "WO"
    reference = "refund letter 77"
    amount = "10.00"              # taken from the check; negative = added to it
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from chalicelib import documents
from chalicelib.money import Cents, MoneyError, parse_dollars
from chalicelib.onboarding.model import Practice
from chalicelib.onboarding.records import current_practice
from chalicelib.platform.errors import Refused
from chalicelib.platform.model import Model
from chalicelib.remittance.model import PostResult
from chalicelib.remittance.posting import post_check
from chalicelib.tenancy import current, require
from chalicelib.x12 import (
    Adjustment,
    ClaimPayment,
    OutOfBalance,
    Payee,
    Payer,
    ProviderAdjustment,
    Remittance,
    ServicePayment,
)

MOST_SCAN_BYTES = 20 * 1024 * 1024
_SCANS = {b"%PDF-": "application/pdf", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"II*\x00": "image/tiff"}
_ADJUSTMENT = re.compile(r"(CO|PR|OA|PI)-([0-9A-Z]{1,5}) (-?[\d.]+)")


def _dollars(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("an amount is text in dollars, such as '88.00'")
    try:
        return parse_dollars(value)
    except MoneyError:
        raise ValueError("not an amount in dollars and cents") from None


Dollars = Annotated[Cents, BeforeValidator(_dollars)]


class FormLine(Model):
    code: Annotated[str, Field(min_length=1, max_length=5)]
    modifiers: tuple[str, ...] = ()
    units: int = 1
    date: dt.date | None = None
    charge: Dollars
    paid: Dollars
    allowed: Dollars | None = None
    adjustments: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class FormClaim(Model):
    number: str = ""
    payer_number: str = ""
    status: Literal["1", "2", "3", "4", "19", "20", "21", "22"] = "1"
    member_id: str = ""
    charge: Dollars
    paid: Dollars
    date: dt.date | None = None
    adjustments: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    lines: tuple[FormLine, ...] = ()


class FormAdjustment(Model):
    reason: Annotated[str, Field(min_length=1, max_length=2)]
    reference: str = ""
    amount: Dollars


class Form(Model):
    payer_id: str = ""
    payer_name: Annotated[str, Field(min_length=1)]
    trace: Annotated[str, Field(min_length=1, max_length=50)]
    date: dt.date
    amount: Dollars
    method: Literal["CHK", "ACH", "NON"] = "CHK"
    note: str = ""
    claims: tuple[FormClaim, ...] = ()
    provider_adjustments: tuple[FormAdjustment, ...] = ()


def enter_eob(content: bytes, scan: bytes) -> PostResult:
    """Post an EOB from its form and its scanned document. Refused NOT_A_FORM, SCAN_NEEDED; else like any check."""
    require("remits.enter")
    remittance = _remittance(read_form(content), current_practice())
    kind = next((mime for start, mime in _SCANS.items() if scan.startswith(start)), "")
    if not kind or len(scan) > MOST_SCAN_BYTES:
        raise Refused(
            "SCAN_NEEDED",
            "an EOB is entered with its scan: PDF, PNG, JPEG or TIFF of at most 20 MB",
            fix="--document FILE",
        )
    name = f"eob/{sha256(scan).hexdigest()}.{kind.rpartition('/')[2]}"
    document = documents.put(name, scan, kind)
    return post_check(remittance, document, entered_by=current().principal.user_id)


def read_form(content: bytes) -> Form:
    """Refused NOT_A_FORM with the place of every mistake, and none of the values."""
    try:
        return Form.model_validate(tomllib.loads(content.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Refused("NOT_A_FORM", "the form is not TOML in UTF-8", fix="see docs/remittance.md") from None
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        raise Refused("NOT_A_FORM", f"the form has mistakes: {places}", fix="see docs/remittance.md") from None


def _remittance(form: Form, practice: Practice) -> Remittance:
    claims = tuple(_claim(item) for item in form.claims)
    levels = tuple(
        ProviderAdjustment(item.reason.upper(), item.reference, item.amount) for item in form.provider_adjustments
    )
    off = form.amount - sum(item.paid_cents for item in claims) + sum(item.amount_cents for item in levels)
    return Remittance(
        amount_cents=form.amount,
        method=form.method,
        date=form.date,
        trace=form.trace,
        originating_company_id=form.payer_id or form.payer_name,
        payer=Payer(form.payer_name, form.payer_id),
        payee=Payee(practice.legal_name, practice.npi, practice.tax_id),
        production_date=form.date,
        claims=claims,
        provider_adjustments=levels,
        balanced=not off,
        out_of_balance=(OutOfBalance("transaction", form.trace, off),) if off else (),
    )


def _claim(item: FormClaim) -> ClaimPayment:
    payment = ClaimPayment(
        patient_control_number=item.number,
        status_code=item.status,
        charge_cents=item.charge,
        paid_cents=item.paid,
        payer_control_number=item.payer_number,
        service_from=item.date,
        adjustments=_adjustments(item.adjustments),
        remark_codes=item.remarks,
        lines=tuple(_line(line) for line in item.lines),
    )
    payment.patient.member_id = item.member_id
    return payment


def _line(line: FormLine) -> ServicePayment:
    return ServicePayment(
        procedure=line.code,
        modifiers=line.modifiers,
        charge_cents=line.charge,
        paid_cents=line.paid,
        units=line.units,
        date=line.date,
        adjustments=_adjustments(line.adjustments),
        remark_codes=line.remarks,
        allowed_cents=line.allowed,
    )


def _adjustments(given: tuple[str, ...]) -> tuple[Adjustment, ...]:
    return tuple(_adjustment(text) for text in given)


def _adjustment(text: str) -> Adjustment:
    found: Any = _ADJUSTMENT.fullmatch(text.strip().upper())
    if not found:
        raise Refused("NOT_A_FORM", "an adjustment is written 'CO-45 40.00'", fix="see docs/remittance.md")
    try:
        return Adjustment(found[1], found[2], parse_dollars(found[3]))
    except MoneyError:
        raise Refused("NOT_A_FORM", "an adjustment is written 'CO-45 40.00'", fix="see docs/remittance.md") from None

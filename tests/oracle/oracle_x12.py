"""A second, small X12 splitter for the tests: 837P claims and 835 payments to plain records.

It shares no code with the product. It reads well-formed files only and checks nothing; judging files is not its task.
Money is integer cents, dates are plain dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

Cas = tuple[str, str, int]  # group, reason, cents


@dataclass
class BilledLine:
    procedure: str
    modifiers: tuple[str, ...]
    charge: int
    basis: str
    units: Decimal
    service_date: date | None = None
    control_number: str = ""


@dataclass
class BilledClaim:
    pcn: str
    charge: int
    frequency: str
    billing_npi: str
    billing_zip: str
    sequence: str  # SBR01
    filing: str  # SBR09
    member_id: str
    payer_id: str
    payer_name: str
    accident_claim_number: str = ""
    authorization: str = ""
    original_reference: str = ""
    lines: list[BilledLine] = field(default_factory=list)


@dataclass
class PaidLine:
    procedure: str
    modifiers: tuple[str, ...]
    charge: int
    paid: int
    units: Decimal
    cas: list[Cas] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    allowed: int | None = None
    service_date: date | None = None
    control_number: str = ""


@dataclass
class PaidClaim:
    pcn: str
    status: str
    charge: int
    paid: int
    patient: int
    payer_control_number: str
    cas: list[Cas] = field(default_factory=list)
    lines: list[PaidLine] = field(default_factory=list)


@dataclass
class Check:
    amount: int
    method: str
    trace: str
    paid_on: date
    payer_name: str = ""
    payer_id: str = ""
    payee_npi: str = ""
    claims: list[PaidClaim] = field(default_factory=list)
    provider_adjustments: list[tuple[str, str, int]] = field(default_factory=list)  # reason, reference, cents


def segments(data: bytes) -> tuple[list[list[str]], str]:
    """All segments as lists of elements, and the component separator the ISA names."""
    text = data.decode("ascii")
    element, component, end = text[3], text[104], text[105]
    rows = [part.strip("\r\n") for part in text.split(end)]
    return [row.split(element) for row in rows if row], component


def at(segment: list[str], index: int) -> str:
    return segment[index] if index < len(segment) else ""


def money(text: str) -> int:
    amount = Decimal(text or "0") * 100
    assert amount == int(amount), "more than two decimals"
    return int(amount)


def day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def _procedure(text: str, component: str) -> tuple[str, tuple[str, ...]]:
    parts = text.split(component)
    return at(parts, 1), tuple(part for part in parts[2:6] if part)


def read_837(data: bytes) -> list[BilledClaim]:
    """Every claim of an 837P in file order, with what its billing provider and subscriber loops say."""
    rows, component = segments(data)
    claims: list[BilledClaim] = []
    billing = {"npi": "", "zip": ""}
    subscriber: dict[str, str] = {}
    claim: BilledClaim | None = None
    line: BilledLine | None = None
    name, other_payer = "", False
    for row in rows:
        tag = row[0]
        if tag == "HL":
            claim, line, other_payer, name = None, None, False, ""
            if at(row, 3) == "20":
                billing = {"npi": "", "zip": ""}
            if at(row, 3) == "22":
                subscriber = {}
            if at(row, 3) == "23":
                subscriber.pop("patient_y4", None)
        elif tag == "CLM":
            claim = BilledClaim(
                pcn=at(row, 1),
                charge=money(at(row, 2)),
                frequency=at(at(row, 5).split(component), 2) or "1",
                billing_npi=billing["npi"],
                billing_zip=billing["zip"],
                sequence=subscriber.get("sequence", "P"),
                filing=subscriber.get("filing", ""),
                member_id=subscriber.get("member", ""),
                payer_id=subscriber.get("payer", ""),
                payer_name=subscriber.get("payer_name", ""),
                accident_claim_number=subscriber.get("patient_y4", "") or subscriber.get("y4", ""),
            )
            claims.append(claim)
            line, other_payer, name = None, False, ""
        elif tag == "NM1":
            name = at(row, 1)
            if claim is None and name == "85":
                billing["npi"] = at(row, 9)
            elif claim is None and name == "IL":
                subscriber["member"] = at(row, 9)
            elif claim is None and name == "PR":
                subscriber["payer"], subscriber["payer_name"] = at(row, 9), at(row, 3)
        elif tag == "N4" and claim is None and name == "85":
            billing["zip"] = at(row, 3)
        elif tag == "SBR":
            if claim is None:
                subscriber["sequence"], subscriber["filing"] = at(row, 1), at(row, 9)
            else:
                other_payer = True
        elif tag == "REF":
            kind, value = at(row, 1), at(row, 2)
            if claim is None and kind == "Y4":
                subscriber["patient_y4" if name == "QC" else "y4"] = value
            elif claim is not None and line is not None:
                if kind == "6R":
                    line.control_number = value
            elif claim is not None and not other_payer:
                if kind == "G1":
                    claim.authorization = value
                elif kind == "F8":
                    claim.original_reference = value
        elif tag == "LX":
            other_payer, line = False, None
        elif tag == "SV1" and claim is not None:
            procedure, modifiers = _procedure(at(row, 1), component)
            line = BilledLine(procedure, modifiers, money(at(row, 2)), at(row, 3), Decimal(at(row, 4) or "1"))
            claim.lines.append(line)
        elif tag == "DTP" and line is not None and at(row, 1) == "472":
            line.service_date = day(at(row, 3))
    return claims


def _cas(row: list[str]) -> list[Cas]:
    return [(row[1], row[i], money(at(row, i + 1))) for i in range(2, len(row), 3) if at(row, i)]


def read_835(data: bytes) -> list[Check]:
    """Every payment of an 835 with its claims, lines, adjustments and provider-level adjustments."""
    rows, component = segments(data)
    checks: list[Check] = []
    claim: PaidClaim | None = None
    line: PaidLine | None = None
    for row in rows:
        tag = row[0]
        if tag == "BPR":
            checks.append(Check(money(at(row, 2)), at(row, 4), "", day(at(row, 16))))
            claim = line = None
        elif not checks:
            continue
        check = checks[-1]
        if tag == "TRN":
            check.trace = at(row, 2)
        elif tag == "N1" and at(row, 1) == "PR":
            check.payer_name, check.payer_id = at(row, 2), at(row, 4)
        elif tag == "N1" and at(row, 1) == "PE":
            check.payee_npi = at(row, 4)
        elif tag == "CLP":
            claim = PaidClaim(
                at(row, 1), at(row, 2), money(at(row, 3)), money(at(row, 4)), money(at(row, 5)), at(row, 7)
            )
            check.claims.append(claim)
            line = None
        elif tag == "SVC" and claim is not None:
            procedure, modifiers = _procedure(at(row, 1), component)
            line = PaidLine(procedure, modifiers, money(at(row, 2)), money(at(row, 3)), Decimal(at(row, 5) or "1"))
            claim.lines.append(line)
        elif tag == "CAS" and claim is not None:
            (line.cas if line is not None else claim.cas).extend(_cas(row))
        elif tag == "DTM" and line is not None and at(row, 1) in ("472", "150"):
            line.service_date = day(at(row, 2))
        elif tag == "REF" and line is not None and at(row, 1) == "6R":
            line.control_number = at(row, 2)
        elif tag == "AMT" and line is not None and at(row, 1) == "B6":
            line.allowed = money(at(row, 2))
        elif tag == "LQ" and line is not None and at(row, 1) == "HE":
            line.remarks.append(at(row, 2))
        elif tag == "PLB":
            check.provider_adjustments.extend(
                (*_plb_key(row[i], component), money(at(row, i + 1))) for i in range(3, len(row), 2) if at(row, i)
            )
    return checks


def _plb_key(text: str, component: str) -> tuple[str, str]:
    parts = text.split(component)
    return parts[0], at(parts, 1)


def imbalances(check: Check) -> list[str]:
    """What does not add up in a payment, in words; empty when line, claim and check all balance (TR3 1.10.2)."""
    wrong = []
    for claim in check.claims:
        for line in claim.lines:
            if line.charge - sum(cents for _, _, cents in line.cas) != line.paid:
                wrong.append(f"{claim.pcn} line {line.procedure}: charge - adjustments is not the payment")
        adjusted = sum(cents for _, _, cents in claim.cas)
        adjusted += sum(cents for line in claim.lines for _, _, cents in line.cas)
        if claim.charge - adjusted != claim.paid:
            wrong.append(f"{claim.pcn}: charge - adjustments is not the payment")
        if claim.lines and sum(line.charge for line in claim.lines) != claim.charge:
            wrong.append(f"{claim.pcn}: the lines' charges are not the claim's")
        owed = sum(cents for line in claim.lines for group, _, cents in line.cas if group == "PR")
        owed += sum(cents for group, _, cents in claim.cas if group == "PR")
        if claim.status != "22" and owed != claim.patient:
            wrong.append(f"{claim.pcn}: patient responsibility is not the PR adjustments")
    paid = sum(claim.paid for claim in check.claims)
    if paid - sum(cents for _, _, cents in check.provider_adjustments) != check.amount:
        wrong.append(f"check {check.trace}: claims - provider adjustments is not the amount")
    return wrong

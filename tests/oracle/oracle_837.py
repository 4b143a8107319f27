"""Writes whole 837P files by hand-made text, so that the simulator can be asked without the product's own writer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

NPI = "1999999018"


@dataclass
class Line:
    procedure: str
    modifiers: tuple[str, ...]
    charge: int  # cents, the whole line
    units: int


@dataclass
class Claim:
    pcn: str
    payer_id: str
    filing: str
    member_id: str
    day: date
    lines: list[Line]
    authorization: str = ""
    claim_number: str = ""
    frequency: str = "1"
    original_reference: str = ""
    diagnoses: tuple[str, ...] = ("M25511",)
    extra: dict[str, str] = field(default_factory=dict)


def dollars(cents: int) -> str:
    text = f"{cents // 100}.{cents % 100:02}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def claim_segments(claim: Claim, number: int) -> list[str]:
    total = sum(line.charge for line in claim.lines)
    auto = claim.filing == "AM"
    out = [
        f"HL*{number}*1*22*0",
        f"SBR*P*18*******{claim.filing}",
        f"NM1*IL*1*TESTCASE*MARIGOLD****MI*{claim.member_id}",
        "N3*1 EXAMPLE WAY",
        "N4*MIAMI*FL*33101",
        "DMG*D8*19600101*F",
    ]
    if claim.claim_number:
        out.append(f"REF*Y4*{claim.claim_number}")
    out += [
        f"NM1*PR*2*PAYER*****PI*{claim.payer_id}",
        f"CLM*{claim.pcn}*{dollars(total)}***11:B:{claim.frequency}*Y*A*Y*Y" + ("**AA:::FL" if auto else ""),
    ]
    if auto:
        out.append("DTP*439*D8*20260801")
    if claim.original_reference:
        out.append(f"REF*F8*{claim.original_reference}")
    if claim.authorization:
        out.append(f"REF*G1*{claim.authorization}")
    out.append("HI*" + "*".join(f"{'ABF' if n else 'ABK'}:{code}" for n, code in enumerate(claim.diagnoses)))
    out += [
        "NM1*DN*1*REFERRER*PILAR****XX*1999999315",
        "NM1*82*1*SAMPLE*ODALYS****XX*1999999026",
        "PRV*PE*PXC*225X00000X",
    ]
    for n, line in enumerate(claim.lines, 1):
        procedure = ":".join(("HC", line.procedure, *line.modifiers))
        out += [
            f"LX*{n}",
            f"SV1*{procedure}*{dollars(line.charge)}*UN*{line.units}***1",
            f"DTP*472*D8*{claim.day:%Y%m%d}",
            f"REF*6R*{claim.pcn}{n:02}",
        ]
    return out


def write_837(claims: list[Claim], *, npi: str = NPI, zip_code: str = "331010001", control: int = 1) -> bytes:
    body = [
        "ST*837*0001*005010X222A1",
        f"BHT*0019*00*{control:09}*20260930*1200*CH",
        "NM1*41*2*OTBILL*****46*OTBILL",
        "PER*IC*BILLING PLACEHOLDER*TE*3055550100",
        "NM1*40*2*SIMCLEAR*****46*SIMCLEAR",
        "HL*1**20*1",
        "PRV*BI*PXC*225X00000X",
        f"NM1*85*2*HARBORVIEW OCCUPATIONAL THERAPY LLC*****XX*{npi}",
        "N3*1 EXAMPLE WAY",
        f"N4*MIAMI*FL*{zip_code}",
        "REF*EI*001234567",
    ]
    for number, claim in enumerate(claims, 2):
        body += claim_segments(claim, number)
    body.append(f"SE*{len(body) + 1}*0001")
    head = (
        f"ISA*00*          *00*          *ZZ*OTBILL         *ZZ*SIMCLEAR       *260930*1200*^*00501*{control:09}*0*T*:"
    )
    group = f"GS*HC*OTBILL*SIMCLEAR*20260930*1200*{control}*X*005010X222A1"
    return "".join(s + "~\n" for s in [head, group, *body, f"GE*1*{control}", f"IEA*1*{control:09}"]).encode()

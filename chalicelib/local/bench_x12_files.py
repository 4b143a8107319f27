"""Synthetic X12 files for the benchmark: seeded, balanced, clean for the public validators, of any size."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

_LAST = ("Testcase", "Sample", "Fictional", "Placeholder", "Specimen", "Example", "Demonstra", "Mockup")
_FIRST = ("Marigold", "Juniper", "Basil", "Clover", "Sorrel", "Tansy", "Yarrow", "Linden")
_CODES = ("97530", "97535", "97110", "97112", "97140", "97165", "97168", "97760")
_DIAGNOSES = ("M25511", "R278", "G8191", "F840", "S62001A", "M6281", "R279", "I69351")
_NPI = "1234567893"


def _head(functional_id: str, version: str) -> str:
    return (
        "ISA*00*          *00*          *ZZ*BENCHSENDER    *ZZ*BENCHRECEIVER  *260930*1230*^*00501*000000001*0*T*:~"
        f"GS*{functional_id}*BENCHSENDER*BENCHRECEIVER*20260930*1230*1*X*{version}~"
    )


def _money(cents: int) -> str:
    whole, part = divmod(cents, 100)
    return f"{whole}.{part:02d}".rstrip("0") if part else str(whole)


def _fee(rng: random.Random, code: str, units: int, plan: int) -> tuple[int, int]:
    """Charge and allowed amount, as fee schedules give them: a charge per unit and code, an allowed amount per plan, less for
    the second and later units. One line in ten has an amount of its own (a deductible, a capped charge)."""
    index = _CODES.index(code)
    charge = units * (5500 + 725 * index)
    first = 2814 + 391 * index + 137 * plan
    allowed = min(charge, first + (units - 1) * (first * 3 // 4))
    if rng.random() < 0.1:
        allowed = rng.randint(allowed // 2, allowed)
    return charge, allowed


def remittance_claims(count: int, seed: int = 1) -> Iterator[tuple[str, int, int]]:
    """The text, segment count and paid cents of each claim of a synthetic 835: one to five lines, two adjustments each."""
    rng = random.Random(seed)
    for number in range(1, count + 1):
        lines, charge, paid, share, segments = [], 0, 0, 0, 6
        plan = rng.randint(0, 11)
        day = 20260700 + rng.randint(1, 28)
        for line in range(rng.randint(1, 5)):
            units = rng.randint(1, 4)
            code = rng.choice(_CODES)
            billed, allowed = _fee(rng, code, units, plan)
            coinsurance = allowed // 5
            pays = allowed - coinsurance
            lines.append(
                f"SVC*HC:{code}:GO*{_money(billed)}*{_money(pays)}**{units}~DTM*472*{day}~"
                f"CAS*CO*45*{_money(billed - allowed)}~CAS*PR*2*{_money(coinsurance)}~REF*6R*{number}L{line}~"
                f"AMT*B6*{_money(allowed)}~"
            )
            charge, paid, share, segments = charge + billed, paid + pays, share + coinsurance, segments + 6
        yield (
            f"CLP*PCN{number:09d}*1*{_money(charge)}*{_money(paid)}*{_money(share)}*MB*{rng.randrange(10**12):012d}*11*1~"
            f"NM1*QC*1*{rng.choice(_LAST)}*{rng.choice(_FIRST)}****MI*{rng.randrange(10**10):010d}A~"
            f"NM1*82*1*Therapist*Olive****XX*1245319599~MOA***MA01~DTM*232*{day}~DTM*050*20260901~" + "".join(lines),
            segments, paid,
        )  # fmt: skip


def write_remittance(path: Path, claims: int, seed: int = 1) -> None:
    """An 835 of so many claims (100,000 make about 49 MB)."""
    total = sum(paid for _, _, paid in remittance_claims(claims, seed))
    top = (
        f"ST*835*0001~BPR*I*{_money(total)}*C*ACH************20260930~TRN*1*BENCH0001*1512345678~DTM*405*20260930~"
        "N1*PR*Bench Payer~N3*1 Example St~N4*Miami*FL*33101~REF*2U*09102~PER*BL*Desk*TE*8005550100~"
        f"N1*PE*Harborview OT*XX*{_NPI}~REF*TJ*123456789~LX*1~"
    )
    with path.open("w", encoding="ascii", newline="") as out:
        out.write(_head("HP", "005010X221A1") + top)
        segments = top.count("~") + 1
        for text, count, _ in remittance_claims(claims, seed):
            out.write(text)
            segments += count
        out.write(f"SE*{segments}*0001~GE*1*1~IEA*1*000000001~")


def _claim(rng: random.Random, number: int, hl: int) -> tuple[str, int]:
    lines, charge, segments = [], 0, 12
    for line in range(1, rng.randint(1, 5) + 1):
        units = rng.randint(1, 4)
        billed = units * rng.randint(3500, 9500)
        charge += billed
        segments += 4
        lines.append(
            f"LX*{line}~SV1*HC:{rng.choice(_CODES)}:GO*{_money(billed)}*UN*{units}***1:2~"
            f"DTP*472*D8*{20260700 + rng.randint(1, 28)}~REF*6R*{number}L{line}~"
        )
    one, two = rng.sample(_DIAGNOSES, 2)
    born = rng.randint(1930, 2018) * 10000 + rng.randint(1, 12) * 100 + rng.randint(1, 28)
    return (
        f"HL*{hl}*1*22*0~SBR*P*18*******MB~"
        f"NM1*IL*1*{rng.choice(_LAST)}*{rng.choice(_FIRST)}****MI*{rng.randrange(10**10):010d}A~"
        f"N3*{rng.randint(1, 999)} Example St~N4*Miami*FL*331010001~DMG*D8*{born}*{rng.choice('FM')}~"
        f"NM1*PR*2*Bench Payer*****PI*09102~CLM*PCN{number:09d}*{_money(charge)}***11:B:1*Y*A*Y*Y~HI*ABK:{one}*ABF:{two}~"
        "NM1*DN*1*Doctor*Dee****XX*1245319599~NM1*82*1*Therapist*Olive****XX*1245319599~PRV*PE*PXC*225X00000X~"
        + "".join(lines),
        segments,
    )  # fmt: skip


def write_claims(path: Path, claims: int, seed: int = 2) -> None:
    """An 837P of so many claims (50,000 make about 31 MB), 5,000 in a transaction set."""
    rng = random.Random(seed)
    sets = 0
    with path.open("w", encoding="ascii", newline="") as out:
        out.write(_head("HC", "005010X222A1"))
        for start in range(0, claims, 5000):
            sets += 1
            top = (
                f"ST*837*{sets:04d}*005010X222A1~BHT*0019*00*BENCH{sets}*20260930*1230*CH~NM1*41*2*Otbill*****46*OTB1~"
                "PER*IC*Desk*TE*3055550100~NM1*40*2*Bench*****46*BENCH~HL*1**20*1~PRV*BI*PXC*225X00000X~"
                f"NM1*85*2*Harborview OT*****XX*{_NPI}~N3*1 Example St~N4*Miami*FL*331010001~REF*EI*123456789~"
            )
            out.write(top)
            segments = top.count("~") + 1
            for hl, number in enumerate(range(start + 1, min(start + 5000, claims) + 1), 2):
                text, count = _claim(rng, number, hl)
                out.write(text)
                segments += count
            out.write(f"SE*{segments}*{sets:04d}~")
        out.write(f"GE*{sets}*1~IEA*1*000000001~")

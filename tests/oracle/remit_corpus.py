"""A corpus of claims, the payers' 835 about them, and the truth about every line. Imports nothing of the product.

Payers bend what they send back as in life: line numbers left out, modifiers dropped or reordered, codes bundled with the
submitted code beside, equal lines told as one, numbers cut short or in small letters, denials, reversals with corrections,
provider-level adjustments. Traps: a code twice on a claim with one charge, numbers cut so short that they name several claims,
another payer's check, a charge that was not billed. The truth says for every service which lines it answers, and for every
claim where its money ends.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

PAYERS = {"60054": "AETNA", "62308": "CIGNA HEALTH AND LIFE", "61101": "HUMANA INC", "87726": "UNITEDHEALTHCARE"}
CHARGES = {"97530": 7500, "97110": 6500, "97140": 6500, "97535": 7000, "97112": 7000, "97165": 19000, "97035": 3000}
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Line:
    number: int
    code: str
    modifiers: tuple[str, ...]
    units: int
    charge: int
    control: str


@dataclass
class Claim:
    key: str
    number: str  # patient control number
    payer: str
    member: str
    last_name: str
    day: date
    lines: list[Line]

    @property
    def charge(self) -> int:
        return sum(line.charge for line in self.lines)


@dataclass
class Service:
    """One SVC as the payer tells it, and in truth: `answers` line numbers; `guess` when nobody can say which line."""

    code: str
    modifiers: tuple[str, ...]
    charge: int
    paid: int
    cas: list[tuple[str, str, int]]
    units: int
    control: str
    submitted: str
    answers: tuple[int, ...]
    guess: bool = False


@dataclass
class Told:
    """One CLP. `claim` is the truth; `person` that only a person may say so."""

    claim: Claim
    number: str
    status: str
    charge: int
    services: list[Service]
    payer_number: str
    kind: str
    person: bool = False
    sign: int = 1

    @property
    def paid(self) -> int:
        return sum(item.paid for item in self.services)


@dataclass
class Check:
    payer: str
    trace: str
    told: list[Told]
    plb: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def amount(self) -> int:
        return sum(item.paid for item in self.told) - sum(amount for *_, amount in self.plb)


@dataclass
class Corpus:
    claims: list[Claim]
    checks: list[Check]
    ends: dict[str, dict[str, int]]  # claim key to paid, adjusted, patient, open


def make(count: int = 10_000, seed: int = 20260930) -> Corpus:
    """The same seed gives the same corpus."""
    chance = random.Random(seed)
    claims = [_claim(chance, n) for n in range(count)]
    _twins(chance, claims)
    checks, ends = [], {}
    groups: dict[str, list[Claim]] = {}
    by_start = Counter(claim.number[:12] for claim in claims)
    for claim in claims:
        groups.setdefault(claim.payer, []).append(claim)
    for payer, group in sorted(groups.items()):
        for start in range(0, len(group), 100):
            part = group[start : start + 100]
            checks += _checks(chance, payer, part, len(checks), ends, by_start)
    return Corpus(claims, checks, ends)


def _claim(chance: random.Random, n: int) -> Claim:
    codes = chance.sample(sorted(CHARGES), chance.choice((1, 2, 2, 3, 3, 4)))
    lines = []
    for code in codes:
        units = 1 if code in ("97165", "97035") else chance.choice((1, 1, 2))
        modifiers: tuple[str, ...] = ("GO",) if chance.random() < 0.8 else ("GO", "59")
        lines.append((code, modifiers, units))
        if code != "97165" and chance.random() < 0.1:  # the same code again: the assistant's part, at the same charge
            lines.append((code, ("CO", "GO"), units))
    number = "QX7T" + "".join(chance.choice(BASE36) for _ in range(10))
    made = [
        Line(i, code, modifiers, units, CHARGES[code] * units, f"{n:07d}{i:02d}")
        for i, (code, modifiers, units) in enumerate(lines, 1)
    ]
    day = date(2026, 7, 1) + timedelta(days=chance.randrange(60))
    member = f"W{chance.randrange(10**8):08d}"
    return Claim(f"k{n:05d}", number, chance.choice(sorted(PAYERS)), member, f"TESTCASE{n % 977}", day, made)


def _twins(chance: random.Random, claims: list[Claim]) -> None:
    """Some claims share payer, member, day and lines with another, and the beginning of its number."""
    for _ in range(len(claims) // 250):
        one, other = chance.sample(claims, 2)
        other.payer, other.member, other.last_name, other.day = one.payer, one.member, one.last_name, one.day
        other.lines = [
            Line(
                line.number, line.code, line.modifiers, line.units, line.charge, f"{other.key[1:]:0>7}{line.number:02d}"
            )
            for line in one.lines
        ]
        other.number = one.number[:12] + chance.choice([c for c in BASE36 if c != one.number[12]]) + other.number[13]


def _decision(chance: random.Random, claim: Claim, kind: str) -> list[Service]:
    """What the payer decided, line by line, before it is told badly."""
    services = []
    for line in claim.lines:
        if kind == "denied" or (kind == "partly" and line.number == 1):
            reason = chance.choice(("50", "197", "97", "16"))
            cas, paid = [("CO", reason, line.charge)], 0
        else:
            cut = line.charge * chance.choice((20, 30, 40)) // 100
            share = chance.choice((0, 0, 1000, 1500))
            cas = [item for item in (("CO", "45", cut), ("PR", chance.choice("123"), share)) if item[2]]
            paid = line.charge - sum(amount for *_, amount in cas)
        services.append(
            Service(line.code, line.modifiers, line.charge, paid, cas, line.units, line.control, "", (line.number,))
        )
    return services


def _bend(chance: random.Random, services: list[Service]) -> list[Service]:
    """How payers send it back. Where line numbers are gone, so may be what tells two lines apart."""
    if chance.random() < 0.75:
        return services
    for item in services:
        item.control = ""
    how = chance.random()
    if how < 0.25:
        for item in services:
            item.modifiers = ()
    elif how < 0.4:
        for item in services:
            item.modifiers = tuple("XU" if modifier == "59" else modifier for modifier in item.modifiers[::-1])
    elif how < 0.55 and len({item.code for item in services}) == len(services) > 1:
        bundled = services[-1]
        bundled.submitted, bundled.code = bundled.code, services[0].code
    elif how < 0.7:
        services = _as_one(services)
    chance.shuffle(services)
    _mark_guesses(services)
    return services


def _as_one(services: list[Service]) -> list[Service]:
    """Equal codes told as one service."""
    found: dict[str, Service] = {}
    for item in services:
        if item.code not in found:
            found[item.code] = item
            continue
        one = found[item.code]
        one.charge, one.paid, one.units = one.charge + item.charge, one.paid + item.paid, one.units + item.units
        one.cas = one.cas + item.cas
        one.answers = (*one.answers, *item.answers)
    return list(found.values())


def _mark_guesses(services: list[Service]) -> None:
    """Two services of one code and charge that nothing tells apart, with different answers: nobody can say which is which."""
    for item in services:
        rivals = [
            other for other in services
            if _seen(other) == _seen(item)
        ]  # fmt: skip
        item.guess = not item.control and len(rivals) > 1 and len({(one.paid, tuple(one.cas)) for one in rivals}) > 1


def _seen(item: Service) -> tuple[object, ...]:
    return (item.code, item.charge, item.units, sorted(item.modifiers))


def _told(chance: random.Random, claim: Claim, n: int, by_start: Counter[str]) -> tuple[Told, str]:
    kind = chance.choices(("paid", "partly", "denied"), (88, 6, 6))[0]
    services = _bend(chance, _decision(chance, claim, kind))
    number, person = claim.number, False
    how = chance.random()
    if how < 0.02:
        number = number[:12]
    elif how < 0.04:
        number = number.lower()
    elif how < 0.045:
        number, person = number[:6], True
    if number == claim.number[:12] and by_start[number] > 1:
        person = True  # it is the beginning of two claims' numbers
    return Told(claim, number, "1", claim.charge, services, f"ICN{n:08d}", kind, person), kind


def _checks(
    chance: random.Random,
    payer: str,
    claims: list[Claim],
    first: int,
    ends: dict[str, dict[str, int]],
    by_start: Counter[str],
) -> list[Check]:
    told, later = [], []
    for claim in claims:
        item, _ = _told(chance, claim, int(claim.key[1:]), by_start)
        trap = chance.random()
        if trap < 0.001:
            item.charge += 100  # a charge nobody billed; the difference is told as CO-45, so that it balances
            item.services[0].charge += 100
            item.services[0].cas = [*item.services[0].cas, ("CO", "45", 100)]
            item.person = True
        told.append(item)
        stands = item
        if not item.person and trap > 0.97 and item.paid > 0:
            again = Told(claim, claim.number, "1", claim.charge, _bend(chance, _decision(chance, claim, "paid")),
                         f"ICR{claim.key[1:]}", "corrected")  # fmt: skip
            later += [_reversed(item), again]
            stands = again
        ends[claim.key] = _end(claim, stands)
    checks = [Check(payer, f"T{first:06d}", told, _plb(chance, first))]
    wrong = [item for item in told if not item.person and chance.random() < 0.001]
    if later:
        checks.append(Check(payer, f"T{first + 1:06d}", later))
    for item in wrong:  # another payer sends our number: it is not this claim's money
        other = next(one for one in sorted(PAYERS) if one != payer)
        copy = Told(item.claim, item.claim.number, "1", item.claim.charge,
                    _decision(chance, item.claim, "paid"), "ICX" + item.claim.key[1:], "stranger", True)  # fmt: skip
        checks.append(Check(other, f"X{first:06d}{item.claim.key}", [copy]))
    return checks


def _reversed(item: Told) -> Told:
    services = [
        Service(one.code, one.modifiers, -one.charge, -one.paid, [(g, r, -a) for g, r, a in one.cas], one.units,
                one.control, one.submitted, one.answers, one.guess)
        for one in item.services
    ]  # fmt: skip
    return Told(
        item.claim, item.claim.number, "22", -item.charge, services, item.payer_number + "R", "reversed", sign=-1
    )


def _plb(chance: random.Random, first: int) -> list[tuple[str, str, int]]:
    pick = chance.random()
    if pick < 0.1:
        return [("L6", "INTEREST", -chance.randrange(1, 500))]
    if pick < 0.15:
        return [("WO", f"LETTER {first}", chance.randrange(1000, 9000))]
    return []


def _end(claim: Claim, stands: Told) -> dict[str, int]:
    if stands.person:
        return {"paid": 0, "adjusted": 0, "patient": 0, "open": claim.charge}
    every = [cas for item in stands.services for cas in item.cas]
    adjusted = sum(amount for group, reason, amount in every if (group, reason) == ("CO", "45"))
    patient = sum(amount for group, reason, amount in every if group == "PR")
    return {
        "paid": stands.paid, "adjusted": adjusted, "patient": patient,
        "open": claim.charge - stands.paid - adjusted - patient,
    }  # fmt: skip


def _money(cents: int) -> str:
    sign, cents = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"


def edi(check: Check, number: int, npi: str = "1999999018", tax_id: str = "001234567") -> bytes:
    """The check as an 835 of one transaction set, written by hand."""
    day = "20260930"
    control = f"{number:09d}"
    out = [
        f"ISA*00*          *00*          *ZZ*PAYER          *ZZ*OTBILL         *260930*1200*^*00501*{control}*0*T*:",
        f"GS*HP*PAYER*OTBILL*{day}*1200*{number}*X*005010X221A1",
        "ST*835*0001",
        f"BPR*I*{_money(check.amount)}*C*ACH*CCP*01*999999992*DA*123456*1999999999**01*999988880*DA*98765*{day}",
        f"TRN*1*{check.trace}*1{int(check.payer):09d}",
        f"DTM*405*{day}",
        f"N1*PR*{PAYERS[check.payer]}",
        "N3*1 EXAMPLE WAY",
        "N4*MIAMI*FL*33101",
        f"REF*2U*{check.payer}",
        "PER*BL*DESK*TE*8005550100",
        f"N1*PE*HARBORVIEW OCCUPATIONAL THERAPY LLC*XX*{npi}",
        f"REF*TJ*{tax_id}",
        "LX*1",
    ]
    for told in check.told:
        out += _clp(told)
    for reason, reference, amount in check.plb:
        out.append(f"PLB*{npi}*20261231*{reason}:{reference}*{_money(amount)}")
    out += [f"SE*{len(out) - 1}*0001", f"GE*1*{number}", f"IEA*1*{control}"]
    return ("~".join(out) + "~").encode()


def _clp(told: Told) -> list[str]:
    share = sum(amount for item in told.services for group, _, amount in item.cas if group == "PR")
    claim = told.claim
    out = [
        f"CLP*{told.number}*{told.status}*{_money(told.charge)}*{_money(told.paid)}*{_money(max(share, 0))}*12"
        f"*{told.payer_number}*11*1",
        f"NM1*QC*1*{claim.last_name}*MARIGOLD****MI*{claim.member}",
        f"DTM*232*{claim.day:%Y%m%d}",
    ]
    for item in told.services:
        code = ":".join(("HC", item.code, *item.modifiers))
        submitted = f"*HC:{item.submitted}" if item.submitted else ""
        out.append(f"SVC*{code}*{_money(item.charge)}*{_money(item.paid)}**{item.units}{submitted}")
        out.append(f"DTM*472*{claim.day:%Y%m%d}")
        out += [f"CAS*{group}*{reason}*{_money(amount)}" for group, reason, amount in item.cas]
        if item.control:
            out.append(f"REF*6R*{item.control}")
    return out

"""What the simulated payers must pay, worked out a second time from docs/payer-simulator.md.

Imports nothing of the product: its own splitter (oracle_x12), its own copies of the tables (tables/*.csv, each row with its
source), exact fractions for money. Where this file and the product disagree, the page decides.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from oracle_x12 import BilledClaim, BilledLine, Cas, read_837

TABLES = Path(__file__).parent / "tables"
CONVERSION_FACTOR = Fraction("33.4009")  # CY2026, non-QP
DISTINCT = {"59", "XE", "XS", "XP", "XU"}
EVALUATIONS = {"97165", "97166", "97167"}
YEARLY_DEDUCTIBLE = {"5": 2500, "6": 2500, "7": 5000, "8": 10000}
AUTO = {"GEICO", "PROGR", "31059"}


def half_up(amount: Fraction) -> int:
    """To a whole number, halves away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))


def table(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Plan:
    name: str
    schedule: int
    mppr: bool
    go: bool
    co: bool
    share: str
    rate: int
    limit_days: int
    authorization: bool


@dataclass
class ExpectedLine:
    procedure: str
    modifiers: tuple[str, ...]
    charge: int
    units: Decimal
    paid: int = 0
    allowed: int = 0
    denied: bool = False
    cas: list[Cas] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    full: int = 0  # sum of the units before MPPR
    rank: tuple[Fraction, int] | None = None  # PE and full of a unit, where MPPR ranks it


@dataclass
class ExpectedClaim:
    pcn: str
    status: str
    charge: int
    paid: int
    patient: int
    lines: list[ExpectedLine]
    payer_id: str
    billing_npi: str
    deductible_used: int = 0


@dataclass
class ExpectedCheck:
    payer_id: str
    billing_npi: str
    claims: list[ExpectedClaim]
    provider_adjustments: list[tuple[str, int]] = field(default_factory=list)  # reason, cents

    @property
    def amount(self) -> int:
        return sum(claim.paid for claim in self.claims) - sum(cents for _, cents in self.provider_adjustments)


def plan_of(claim: BilledClaim) -> Plan:
    """By payer id and SBR09; a listed payer with an unlisted SBR09 is judged by its first row."""
    rows = [row for row in PLANS if row["payer_id"] == claim.payer_id]
    fitting = [row for row in rows if claim.filing in row["filing"].split()]
    row = (fitting or rows or [PLANS[-1]])[0]
    yes = {key: row[key] == "yes" for key in ("mppr", "go", "co", "authorization")}
    return Plan(
        row["name"] or claim.payer_name,
        int(row["schedule"]),
        yes["mppr"],
        yes["go"],
        yes["co"],
        row["share"],
        int(row["rate"]),
        int(row["limit_days"]),
        yes["authorization"],
    )


PLANS = table("plans")
FEES = table("mpfs_2026")
GPCI = {row["locality"]: row for row in table("gpci_fl_2026")}
MUE = {row["code"]: int(row["units"]) for row in table("mue")}
NCCI = table("ncci")


def in_force(row: dict[str, str], first: str, last: str, on: date) -> bool:
    return (row[first] or "0000") <= on.isoformat() <= (row[last] or "9999")


def fee_row(code: str, on: date | None) -> dict[str, str] | None:
    """The fee schedule row of the day, None when there is none or its values are all zero."""
    if on is None:
        return None
    for row in FEES:
        covers = row["code"] == code and in_force(row, "effective_from", "effective_to", on)
        if covers and any(Fraction(row[name]) for name in ("work_rvu", "nonfac_pe_rvu", "mp_rvu")):
            return row
    return None


def locality(zip_code: str) -> tuple[Fraction, Fraction, Fraction]:
    start = zip_code[:3]
    number = {"330": "04", "331": "04", "333": "03", "334": "03"}.get(start)
    if number is None and start[:2] in {"32", "33", "34"}:
        number = "99"
    if number is None:
        return Fraction(1), Fraction(1), Fraction(1)
    row = GPCI[number]
    return Fraction(row["pw"]), Fraction(row["pe"]), Fraction(row["mp"])


def unit_amount(row: dict[str, str], zip_code: str, schedule: int, pe_share: Fraction = Fraction(1)) -> int:
    """One unit in cents: the formula rounded, then the schedule's percent, rounded again."""
    work, practice, malpractice = locality(zip_code)
    rvu = Fraction(row["work_rvu"]) * work
    rvu += Fraction(row["nonfac_pe_rvu"]) * pe_share * practice
    rvu += Fraction(row["mp_rvu"]) * malpractice
    return half_up(Fraction(half_up(rvu * CONVERSION_FACTOR * 100) * schedule, 100))


def npi_valid(npi: str) -> bool:
    """Luhn over 80840 + the ten digits (45 CFR 162.406)."""
    if len(npi) != 10 or not npi.isdigit():
        return False
    total = 0
    for position, digit in enumerate(reversed("80840" + npi)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def front_door(claim: BilledClaim) -> str:
    """The 277CA's category:status[:entity]; 'A2:20' is accepted."""
    if claim.member_id.endswith("000"):
        return "A3:164:IL"
    if not npi_valid(claim.billing_npi):
        return "A7:562:85"
    if claim.filing == "AM" and not claim.accident_claim_number:
        return "A6:751"
    if claim.frequency in {"7", "8"} and claim.filing == "MB":
        return "A7:535"
    if claim.frequency in {"7", "8"} and not claim.original_reference:
        return "A6:464"
    return "A2:20"


def is_therapy(code: str) -> bool:
    """The page's list: 975xx, 9716x, 97110-97168, 97530-97546, 97750-97763, G0283."""
    if code == "G0283" or (code.startswith(("975", "9716")) and len(code) == 5):
        return True
    ranges = (("97110", "97168"), ("97530", "97546"), ("97750", "97763"))
    return len(code) == 5 and code.isdigit() and any(low <= code <= high for low, high in ranges)


def bundled(line: BilledLine, others: list[BilledLine]) -> bool:
    for other in others:
        for row in NCCI:
            if (row["column1"], row["column2"]) != (other.procedure, line.procedure) or line.service_date is None:
                continue
            if (
                not in_force(row, "effective_date", "deletion_date", line.service_date)
                or row["modifier_indicator"] == "9"
            ):
                continue
            if row["modifier_indicator"] == "0" or not DISTINCT & {*line.modifiers, *other.modifiers}:
                return True
    return False


def claim_denial(claim: BilledClaim, plan: Plan, received_on: date, seen: bool) -> str:
    if claim.member_id.endswith("13"):
        return "27"
    if seen and claim.frequency not in {"7", "8"}:
        return "18"
    first = first_date(claim)
    if first is not None and (received_on - first).days > plan.limit_days:
        return "29"
    if (
        plan.authorization
        and not claim.authorization
        and not all(line.procedure in EVALUATIONS for line in claim.lines)
    ):
        return "197"
    return ""


def line_denial(line: BilledLine, claim: BilledClaim, plan: Plan) -> tuple[str, str]:
    """CARC and remark of a denied line, ('', '') when it is priced."""
    if line.procedure == "97010" and claim.filing in {"MB", "16"}:
        return "97", ""
    if plan.go and is_therapy(line.procedure) and not {"GO", "GP", "GN"} & set(line.modifiers):
        return "4", ""
    if line.procedure in MUE and line.units > MUE[line.procedure]:
        return "222", "N362"
    if claim.filing != "AM" and bundled(line, [other for other in claim.lines if other is not line]):
        return "236", ""
    if claim.member_id.endswith("9") and line.procedure == "97535":
        return "50", "N115"
    return "", ""


def first_date(claim: BilledClaim) -> date | None:
    return min((line.service_date for line in claim.lines if line.service_date), default=None)


def likeness(claim: BilledClaim) -> tuple[object, ...]:
    """What makes a second claim a duplicate of the first."""
    content = sorted((str(line.service_date), line.procedure, line.units, line.charge) for line in claim.lines)
    return (claim.billing_npi, claim.payer_id, claim.member_id, *content)


def control_number(claim: BilledClaim) -> str:
    return control_number_of(claim.payer_id, claim.billing_npi, claim.pcn)


def control_number_of(payer_id: str, npi: str, pcn: str) -> str:
    """The payer id's first 3 characters and 10 digits of SHA-256(billing NPI | CLM01)."""
    number = int.from_bytes(hashlib.sha256(f"{npi}|{pcn}".encode()).digest(), "big")
    return f"{payer_id[:3]}{number % 10**10:010d}"


def price(claim: BilledClaim, lines: list[ExpectedLine], plan: Plan, taken: dict[date, tuple[Fraction, int]]) -> None:
    """Set `full` and `allowed` of every line that is not denied. `taken`: the best PE and full of a day on standing claims."""
    units: list[tuple[Fraction, int, int, int, int]] = []  # PE, full, line index, full again, reduced
    on: list[date] = []  # the date of each
    for index, (billed, line) in enumerate(zip(claim.lines, lines, strict=True)):
        if line.denied:
            continue
        whole = billed.basis == "UN" and billed.units == int(billed.units) and billed.units >= 1
        count = int(billed.units) if whole else 1
        row = fee_row(billed.procedure, billed.service_date)
        if row is None:
            line.full = half_up(Fraction(billed.charge * 60, 100 * count)) * count
            line.allowed = line.full
            continue
        full = unit_amount(row, claim.billing_zip, plan.schedule)
        line.full = full * count
        if plan.mppr and row["mult_proc_ind"] == "5":
            half = unit_amount(row, claim.billing_zip, plan.schedule, Fraction(1, 2))
            units += [(Fraction(row["nonfac_pe_rvu"]), full, index, full, half)] * count
            on += [billed.service_date] * count
            line.rank = (Fraction(row["nonfac_pe_rvu"]), full)
        else:
            line.allowed = line.full
    for day in set(on):
        of_day = [i for i in range(len(units)) if on[i] == day]
        keeps = max(of_day, key=lambda i: (units[i][0], units[i][1], -units[i][2], -i))
        if day in taken and taken[day] >= units[keeps][:2]:
            keeps = -1  # a claim that stands has it
        for i in of_day:
            _, _, index, full, half = units[i]
            lines[index].allowed += full if i == keeps else half
    for line in lines:
        line.allowed = min(line.allowed, line.charge)


def share(lines: list[ExpectedLine], plan: Plan, filing: str, deductible_left: int) -> int:
    """Patient share, assistant cut, sequestration and adjustments of the priced lines; returns the deductible used."""
    used, copay_taken = 0, False
    for line in lines:
        if line.denied:
            continue
        deductible = coinsurance = copay = 0
        if plan.share == "deductible":
            deductible = min(line.allowed, deductible_left - used)
            used += deductible
        if plan.share in {"deductible", "coinsurance"}:
            coinsurance = half_up(Fraction((line.allowed - deductible) * plan.rate, 100))
        elif not copay_taken and line.allowed > 0:
            copay, copay_taken = min(plan.rate, line.allowed), True
        due = line.allowed - deductible - coinsurance - copay
        assistant = plan.co and "CO" in line.modifiers
        kept = half_up(Fraction(due * 85, 100)) if assistant else due
        sequestered = half_up(Fraction(kept * 2, 100)) if filing == "MB" else 0
        ceiling = min(line.charge, line.full)
        amounts = [
            ("CO", "45", line.charge - ceiling + due - kept),
            ("CO", "59", ceiling - line.allowed),
            ("CO", "253", sequestered),
            ("PR", "1", deductible),
            ("PR", "2", coinsurance),
            ("PR", "3", copay),
        ]
        line.cas = [cas for cas in amounts if cas[2] != 0]
        line.remarks = ["N851"] if due != kept else []
        line.paid = kept - sequestered
    return used


class Payers:
    """All simulated payers with their memory: claims seen, deductibles used, the one takeback, forwarded balances."""

    def __init__(self) -> None:
        self.seen: dict[tuple[object, ...], str] = {}  # what was judged before, and whose number it got
        self.standing: dict[tuple[str, str, str], tuple[BilledClaim, ExpectedClaim]] = {}
        self.deductible_used: dict[tuple[str, str, int], int] = defaultdict(int)
        self.taken_back: set[str] = set()
        self.forwarded: dict[tuple[str, str], list[int]] = defaultdict(list)

    def run(self, files_837: list[bytes], received_on: date) -> list[ExpectedCheck]:
        """Answer files in the order given: the checks that one round of the simulator must write."""
        first: dict[tuple[str, str], list[ExpectedClaim]] = defaultdict(list)
        second: dict[tuple[str, str], list[ExpectedClaim]] = defaultdict(list)
        interest: dict[str, int] = {}
        again: list[tuple[BilledClaim, ExpectedClaim]] = []
        for claim in (claim for data in files_837 for claim in read_837(data)):
            if front_door(claim) != "A2:20":
                continue
            group = first[claim.payer_id, claim.billing_npi]
            key = (claim.payer_id, claim.billing_npi, claim.original_reference)
            if claim.frequency in {"7", "8"} and key in self.standing:
                group.append(self.take_back(*self.standing.pop(key)))
                if claim.frequency == "8":
                    continue
            result = self.adjudicate(claim, received_on)
            group.append(result)
            self.standing[claim.payer_id, claim.billing_npi, control_number(claim)] = claim, result
            day = first_date(claim)
            if claim.payer_id in AUTO and day is not None and (received_on - day).days > 30:
                interest[claim.pcn] = half_up(Fraction(result.paid, 100))
            if claim.member_id.endswith("88") and result.paid > 0:
                again.append((claim, result))
        for claim, result in again:
            if (claim.payer_id, claim.billing_npi, control_number(claim)) not in self.standing:
                continue
            second[claim.payer_id, claim.billing_npi] += self.reverse(claim, result)
        checks = [self.check(*key, claims, interest) for key, claims in first.items()]
        return checks + [self.check(*key, claims, {}) for key, claims in second.items()]

    def adjudicate(self, claim: BilledClaim, received_on: date) -> ExpectedClaim:
        plan = plan_of(claim)
        key = likeness(claim)
        denial = claim_denial(claim, plan, received_on, key in self.seen)
        self.seen.setdefault(key, control_number(claim))
        lines = [ExpectedLine(line.procedure, line.modifiers, line.charge, line.units) for line in claim.lines]
        for billed, line in zip(claim.lines, lines, strict=True):
            reason, remark = (denial, "") if denial else line_denial(billed, claim, plan)
            if reason:
                line.denied, line.cas, line.remarks = True, [("CO", reason, line.charge)], [remark] * bool(remark)
        price(claim, lines, plan, self.taken(claim))
        return self.settle(claim, lines, plan)

    def taken(self, claim: BilledClaim) -> dict[date, tuple[Fraction, int]]:
        """The best unit, by date, on the member's other claims that stand with this plan and billing NPI."""
        whose = (claim.payer_id, claim.filing, claim.billing_npi, claim.member_id)
        found: dict[date, tuple[Fraction, int]] = {}
        for other, result in self.standing.values():
            if (other.payer_id, other.filing, other.billing_npi, other.member_id) != whose:
                continue
            for billed, line in zip(other.lines, result.lines, strict=True):
                if line.rank and not line.denied and billed.service_date:
                    found[billed.service_date] = max(found.get(billed.service_date, line.rank), line.rank)
        return found

    def settle(self, claim: BilledClaim, lines: list[ExpectedLine], plan: Plan) -> ExpectedClaim:
        day = first_date(claim)
        key = (claim.payer_id, claim.member_id, day.year if day else 0)
        yearly = YEARLY_DEDUCTIBLE.get(claim.member_id[-1:], 0)
        used = share(lines, plan, claim.filing, max(0, yearly - self.deductible_used[key]))
        self.deductible_used[key] += used
        return ExpectedClaim(
            pcn=claim.pcn,
            status={"S": "2", "T": "3"}.get(claim.sequence, "1"),
            charge=sum(line.charge for line in lines),
            paid=sum(line.paid for line in lines),
            patient=sum(cents for line in lines for group, _, cents in line.cas if group == "PR"),
            lines=lines,
            payer_id=claim.payer_id,
            billing_npi=claim.billing_npi,
            deductible_used=used,
        )

    def reverse(self, claim: BilledClaim, result: ExpectedClaim) -> list[ExpectedClaim]:
        """The reversal (status 22) and the corrected payment: the last paid line becomes CO-97."""
        undone = self.undo(claim, result)
        lines = [replace(line, cas=list(line.cas)) for line in result.lines]
        last = [line for line in lines if line.paid > 0][-1]
        last.denied, last.paid, last.allowed = True, 0, 0
        last.cas, last.remarks = [("CO", "97", last.charge)], []
        again = self.settle(claim, lines, plan_of(claim))
        self.standing[claim.payer_id, claim.billing_npi, control_number(claim)] = claim, again
        return [undone, again]

    def undo(self, claim: BilledClaim, result: ExpectedClaim) -> ExpectedClaim:
        """Everything negated (status 22), the deductible given back."""
        day = first_date(claim)
        self.deductible_used[claim.payer_id, claim.member_id, day.year if day else 0] -= result.deductible_used
        return replace(
            result,
            status="22",
            charge=-result.charge,
            paid=-result.paid,
            patient=-result.patient,
            lines=[
                replace(line, charge=-line.charge, paid=-line.paid, cas=[(g, r, -cents) for g, r, cents in line.cas])
                for line in result.lines
            ],
        )

    def take_back(self, claim: BilledClaim, result: ExpectedClaim) -> ExpectedClaim:
        """What a correction or void names is undone, and no longer makes another claim a duplicate."""
        if self.seen.get(likeness(claim)) == control_number(claim):
            del self.seen[likeness(claim)]
        return self.undo(claim, result)

    def check(self, payer_id: str, npi: str, claims: list[ExpectedClaim], interest: dict[str, int]) -> ExpectedCheck:
        check = ExpectedCheck(payer_id, npi, claims)
        check.provider_adjustments += [("L6", -cents) for cents in _of(interest, claims) if cents]
        if payer_id == "62308" and npi not in self.taken_back and sum(claim.paid for claim in claims) >= 10000:
            self.taken_back.add(npi)
            check.provider_adjustments.append(("WO", 2500))
        waiting = self.forwarded[payer_id, npi]
        if check.amount < 0:
            waiting.append(-check.amount)
            check.provider_adjustments.append(("FB", check.amount))
        else:
            for cents in list(waiting):
                if cents <= check.amount:
                    check.provider_adjustments.append(("FB", cents))
                    waiting.remove(cents)
        return check


def _of(amounts: dict[str, int], claims: list[ExpectedClaim]) -> list[int]:
    return [amounts[claim.pcn] for claim in claims if claim.pcn in amounts and claim.status != "22"]


def truth(files_837: list[bytes], received_on: date) -> list[ExpectedClaim]:
    """Expected claim payments, cents throughout, of one round over fresh payers; file order, then reversals and corrections."""
    return [claim for check in Payers().run(files_837, received_on) for claim in check.claims]

"""What Medicare allows and pays for therapy lines, to the cent, with the working.

Formula: Medicare Claims Processing Manual ch.12 s.30 and ch.5 s.10.7 (multiple procedure payment reduction), s.20.1 (assistants).
Order of reductions (ch.5 s.10.7, 20.1; sequestration pages of the contractors): lesser of charge and fee with MPPR = allowed;
deductible; coinsurance; assistant 85 % of what Medicare would pay; sequestration last. Each unit is rounded to the cent, half
up, then added up (knowledge; the payer's sum may differ by 0.02 a unit).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.codes import mpfs, settings
from chalicelib.codes.mpfs import FeeRow, Gpci
from chalicelib.codes.settings import RateUnknown
from chalicelib.money import cents, dollars, round_ratio

THERAPY_REDUCTION = "5"  # multiple-procedure indicator of always-therapy codes
NEVER_PAID = frozenset({"B", "N", "I"})


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """A billed line. `charge_cents` is the line's charge, None = not limited by a charge."""

    code: str
    units: int
    modifiers: tuple[str, ...] = ()
    charge_cents: int | None = None


@dataclass(frozen=True, slots=True)
class AllowedLine:
    """`unit_cents` are the units' fees after MPPR; `full_cents` their sum without it; `allowed_cents` at most the charge.

    `reduced_cents` is what MPPR took (CARC 59), `above_cents` what the charge is above the fee (CARC 45).
    """

    code: str
    modifiers: tuple[str, ...]
    unit_cents: tuple[int, ...]
    full_cents: int
    allowed_cents: int
    reduced_cents: int
    above_cents: int
    working: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaidLine:
    """How an allowed amount is shared. paid + deductible + coinsurance + assistant + sequestration = allowed."""

    allowed_cents: int
    deductible_cents: int
    coinsurance_cents: int
    assistant_cents: int
    sequestration_cents: int
    paid_cents: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How a line is priced: date of the schedule, locality, side of the schedule, percent of it, whether MPPR applies."""

    on: date
    gpci: Gpci = mpfs.NATIONAL
    facility: bool = False
    qualifying: bool = False
    percent: int = 100
    reduction: bool = True


def unit_fee(row: FeeRow, terms: Terms, *, reduced: bool = False) -> int:
    """Cents of one unit: (work x PW + PE x PE index + MP x MP index) x factor; `reduced` halves PE only.

    Raises RateUnknown for a carrier-priced code and for a date without a conversion factor.
    """
    if row.status in NEVER_PAID:
        return 0
    practice = row.practice(terms.facility)
    if not row.work + practice + row.malpractice:
        raise RateUnknown(f"{row.code} is priced by the contractor (status {row.status})")
    if reduced:
        practice = practice * settings.value("mppr_practice_expense", terms.on) / 100
    relative = row.work * terms.gpci.work + practice * terms.gpci.practice + row.malpractice * terms.gpci.malpractice
    exact = relative * mpfs.conversion_factor(terms.on, terms.qualifying) * 100
    return round_ratio(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), terms.percent, 100)


def allowed(lines: Sequence[ChargedLine], terms: Terms) -> tuple[AllowedLine, ...]:
    """Allowed amounts of one patient's day, in line order. One unit of the code with the highest practice expense is paid in
    full, every other unit of codes with indicator 5 at half its practice expense; a tie goes to the highest total fee, then
    to the earlier line. Raises RateUnknown where a code or date has no row."""
    rows = [mpfs.row(line.code, terms.on) for line in lines]
    first = _paid_in_full(lines, rows, terms) if terms.reduction else None
    return tuple(_priced(n, line, row, terms, first) for n, (line, row) in enumerate(zip(lines, rows, strict=True)))


def _reducible(row: FeeRow) -> bool:
    return row.mult_proc == THERAPY_REDUCTION and row.status not in NEVER_PAID


def _paid_in_full(lines: Sequence[ChargedLine], rows: Sequence[FeeRow], terms: Terms) -> int | None:
    """The line whose first unit keeps its whole practice expense."""
    ranked = [n for n, row in enumerate(rows) if _reducible(row) and lines[n].units > 0]
    return max(ranked, key=lambda n: (rows[n].practice(terms.facility), unit_fee(rows[n], terms), -n), default=None)


def _priced(number: int, line: ChargedLine, row: FeeRow, terms: Terms, first: int | None) -> AllowedLine:
    full = unit_fee(row, terms)
    less = unit_fee(row, terms, reduced=True) if terms.reduction and _reducible(row) else full
    kept = 1 if number == first else 0
    fees = tuple(full if unit < kept else less for unit in range(line.units))
    whole, fee = full * line.units, sum(fees)
    charge = whole if line.charge_cents is None else cents(line.charge_cents)
    payable = min(charge, fee)
    return AllowedLine(
        line.code,
        line.modifiers,
        fees,
        whole,
        payable,
        min(charge, whole) - payable,
        max(0, charge - whole),
        _working(line, row, full, less, fees, charge, payable),
    )


def _working(
    line: ChargedLine, row: FeeRow, full: int, less: int, fees: tuple[int, ...], charge: int, payable: int
) -> tuple[str, ...]:
    steps = [f"{line.code} ({row.release}): {dollars(full)} a unit"]
    if full != less:
        steps.append(
            f"with half the practice expense {dollars(less)}: {sum(fee == less for fee in fees)} of {len(fees)} units"
        )
    if line.charge_cents is not None and charge < sum(fees):
        steps.append(f"the charge {dollars(charge)} is less than {dollars(sum(fees))}")
    return (*steps, f"allowed {dollars(payable)}")


def medicare_pays(lines: Sequence[AllowedLine], on: date, deductible_left_cents: int = 0) -> tuple[PaidLine, ...]:
    """What Part B pays of allowed amounts, line by line in order; the deductible is used up as it goes."""
    left = cents(deductible_left_cents)
    out = []
    for line in lines:
        deductible = min(left, line.allowed_cents)
        left -= deductible
        out.append(_paid(line, on, deductible))
    return tuple(out)


def _paid(line: AllowedLine, on: date, deductible: int) -> PaidLine:
    rest = line.allowed_cents - deductible
    coinsurance = round_ratio(rest, settings.value("coinsurance_part_b", on), 100)
    program = rest - coinsurance
    after = round_ratio(program, settings.value("assistant_payment", on), 100) if "CO" in line.modifiers else program
    sequestered = round_ratio(after, settings.value("sequestration", on), 100)
    return PaidLine(line.allowed_cents, deductible, coinsurance, program - after, sequestered, after - sequestered)

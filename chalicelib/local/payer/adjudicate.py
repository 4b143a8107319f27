"""Adjudication: accepted claims in, results in file order out. docs/payer-simulator.md, 'Adjudication (835)'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from chalicelib.local.payer import authorization, denials
from chalicelib.local.payer.coordination import coordinated
from chalicelib.local.payer.intake import CORRECTIONS, payer_control_number
from chalicelib.local.payer.plans import Plan, choose
from chalicelib.local.payer.pricing import LinePrice, Tables, UnitPrice, price_lines, unit_price
from chalicelib.local.payer.results import ClaimResult, LineResult, iso
from chalicelib.local.payer.shares import shared, unshared
from chalicelib.local.payer.state import State
from chalicelib.money import round_ratio
from chalicelib.x12.claim837 import Claim837, ServiceLine

CORRECTED_MEMBERS = "88"
VOID = "8"


def adjudicate(
    claims: Sequence[Claim837], plans: tuple[Plan, ...], state: State, received_on: date, tables: Tables
) -> list[ClaimResult]:
    """Judge accepted claims in file order; `state` remembers what they used."""
    return [result for claim in claims for result in _answers(claim, plans, state, received_on, tables)]


def _answers(
    claim: Claim837, plans: tuple[Plan, ...], state: State, received_on: date, tables: Tables
) -> list[ClaimResult]:
    """One result; before it, the reversal of the claim that a correction replaces; only that for a void."""
    undone = _taken_back(claim, state)
    if undone and claim.frequency_code == VOID:
        return [undone]
    return [*((undone,) if undone else ()), _claim(claim, plans, state, received_on, tables)]


def _taken_back(claim: Claim837, state: State) -> ClaimResult | None:
    """The reversal of the standing claim that a 7 or 8 names (REF*F8); None when it names none."""
    if claim.frequency_code not in CORRECTIONS:
        return None
    original = state.standing_claim(claim.payer_id, claim.billing.npi, claim.original_reference)
    if original is None:
        return None
    state.take_back(original)
    return original.reversed()


def _claim(claim: Claim837, plans: tuple[Plan, ...], state: State, received_on: date, tables: Tables) -> ClaimResult:
    """A claim denied whole, or line by line, priced and shared."""
    plan = choose(plans, claim.payer_id, claim.claim_filing, claim.payer_name)
    blank = _blank(claim, plan, received_on)
    reason = denials.of_claim(claim, plan, blank, state.adjudicated_before(blank), received_on, state)
    state.mark_adjudicated(blank)
    if reason:
        return _remembered(replace(blank, lines=tuple(line.denied(reason) for line in blank.lines)), state)
    lines = [
        line.denied(*refusal) if refusal else line
        for line, refusal in (
            (line, denials.of_line(claim, index, plan, tables)) for index, line in enumerate(blank.lines)
        )
    ]
    priced = _priced(claim, replace(blank, lines=tuple(lines)), plan, tables, state)
    lines = coordinated(claim, shared(priced, plan, blank, state))
    result = _remembered(replace(blank, lines=tuple(lines)), state)
    authorization.use(claim, result, state)
    return result


def correct(result: ClaimResult, plans: tuple[Plan, ...], state: State) -> list[ClaimResult]:
    """Member id ending 88, reversal and correction: the last paid line becomes CO-97, the rest is shared anew.

    Empty for every other claim, where no line was paid, and where another payer decided before.
    """
    paid = [index for index, line in enumerate(result.lines) if line.paid > 0]
    if (
        result.reversal
        or not paid
        or result.sequence != "P"
        or not result.member_id.endswith(CORRECTED_MEMBERS)
        or not state.stands(result)
    ):
        return []
    plan = choose(plans, result.payer_id, result.filing, result.payer_name)
    state.forget(result)
    lines = [line.denied("97") if index == paid[-1] else unshared(line) for index, line in enumerate(result.lines)]
    again = replace(result, lines=tuple(shared(lines, plan, result, state)))
    return [result.reversed(), _remembered(again, state)]


def _remembered(result: ClaimResult, state: State) -> ClaimResult:
    state.remember(result)
    return result


def _priced(claim: Claim837, judged: ClaimResult, plan: Plan, tables: Tables, state: State) -> list[LineResult]:
    """Undenied lines with allowed, CO-45 and CO-59 filled in; denied lines do not compete for the day's full unit, those of the
    member's claims that stand do."""
    lines = judged.lines
    open_lines = [index for index, line in enumerate(lines) if not line.denied_by]
    prices = [_unit(claim, claim.lines[index], plan, tables) for index in open_lines]
    days = [lines[index].date for index in open_lines]
    sums = price_lines(prices, plan.mppr, days, state.best_of_days(judged))
    priced = list(lines)
    for index, price, (unit, _) in zip(open_lines, sums, prices, strict=True):
        ranked = "" if unit.rank is None else str(unit.rank)
        priced[index] = replace(_capped(lines[index], price), rank=ranked, unit_full=unit.full)
    return priced


def _unit(claim: Claim837, line: ServiceLine, plan: Plan, tables: Tables) -> tuple[UnitPrice, int]:
    units = denials.whole_units(line)
    if units is None:  # minutes, fractions, nothing: one unit of whatever was charged
        amount = round_ratio(max(line.charge_cents, 0), 60, 100)
        return UnitPrice(amount, amount), 1
    address = claim.billing.address
    zip_code = address.zip if address else ""
    percent = plan.schedule_percent
    return unit_price(tables, line.procedure, line.date, zip_code, percent, line.charge_cents, units), units


def _capped(line: LineResult, price: LinePrice) -> LineResult:
    """The charge caps both sums: CO-45 is what the full fee leaves of it, CO-59 what the reduction takes further."""
    ceiling = max(0, min(line.charge, price.full))
    allowed = min(ceiling, price.with_reduction)
    return replace(line, allowed=allowed, contractual=line.charge - ceiling, mppr=ceiling - allowed)


def _blank(claim: Claim837, plan: Plan, received_on: date) -> ClaimResult:
    """The claim before judgement: everything an 835 says about it but the money."""
    days = [line.date for line in claim.lines if line.date]
    patient = claim.patient or claim.subscriber
    return ClaimResult(
        payer_id=claim.payer_id,
        payer_name=plan.name or claim.payer_name,
        pays_interest=plan.is_auto,
        filing=claim.claim_filing,
        sequence=claim.payer_sequence,
        billing_npi=claim.billing.npi,
        billing_name=claim.billing.last_name,
        billing_tax_id=claim.billing.tax_id,
        patient_control_number=claim.patient_control_number,
        payer_control_number=payer_control_number(claim),
        member_id=claim.member_id,
        patient_last_name=patient.last_name,
        patient_first_name=patient.first_name,
        place_of_service=claim.place_of_service,
        frequency=claim.frequency_code,
        first_date=iso(min(days, default=None)),
        last_date=iso(max((line.date_to or line.date for line in claim.lines if line.date), default=None)),
        received_on=iso(received_on),
        lines=tuple(_line(line) for line in claim.lines),
    )


def _line(line: ServiceLine) -> LineResult:
    units = line.units if isinstance(line.units, int) else Decimal(line.units)
    return LineResult(
        line.procedure,
        tuple(line.modifiers),
        line.charge_cents,
        format(units, "f") if isinstance(units, Decimal) else str(units),
        iso(line.date),
        line.line_control_number,
    )

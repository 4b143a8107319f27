"""Real-time eligibility: what a payer says to a 270. docs/payer-simulator.md, 'Eligibility'."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from chalicelib.local.payer.plans import Plan, choose, yearly_deductible_cents
from chalicelib.local.payer.state import State, member_key
from chalicelib.x12.eligibility import Benefit, BenefitResponse, EligibilityRequest, RequestError

VISITS_A_YEAR = 30
OCCUPATIONAL_THERAPY = "AD"
CALENDAR_YEAR, REMAINING = "23", "29"


def answer(request: EligibilityRequest, plans: tuple[Plan, ...], state: State, today: date) -> BenefitResponse:
    """One answer. A 270 carries no SBR09, so the payer's first row answers."""
    plan = choose(plans, request.payer_id, "", request.payer_name)
    response = BenefitResponse(
        payer_name=plan.name or request.payer_name,
        payer_id=request.payer_id,
        provider=request.provider,
        subscriber=request.subscriber,
        member_id=request.member_id,
        dependent=request.dependent,
        relationship=request.relationship,
        group_number=request.group_number,
        trace=request.trace,
        trace_origin=request.trace_origin,
    )
    if plan.is_auto:
        response.errors = (RequestError("2100A", "N", "42", "R"),)
    elif request.member_id.endswith("000"):
        response.errors = (RequestError("2100C", "N", "75", "C"),)
    elif request.member_id.endswith("13"):
        response.benefits = (Benefit("6", service_types=("30",), plan=plan.name),)
    else:
        response.benefits = _benefits(request, plan, state, request.date or today)
    return response


def _benefits(request: EligibilityRequest, plan: Plan, state: State, on: date) -> tuple[Benefit, ...]:
    """EB rows in the order active, patient share, deductible (year, remaining), visits (year, remaining)."""
    key = member_key(request.payer_id, request.member_id, str(on.year))
    therapy = (OCCUPATIONAL_THERAPY,)
    rows = [Benefit("1", "IND", ("30",), plan=plan.name or request.payer_name)]
    if plan.copay_cents:
        rows.append(Benefit("B", "IND", therapy, amount_cents=plan.copay_cents))
    else:
        rows.append(Benefit("A", "IND", therapy, percent=Decimal(plan.coinsurance_percent) / 100))
    if plan.deductible:
        whole = yearly_deductible_cents(request.member_id)
        left = whole - state.deductibles.get(key, 0)
        rows.append(Benefit("C", "IND", ("30",), period=CALENDAR_YEAR, amount_cents=whole))
        rows.append(Benefit("C", "IND", ("30",), period=REMAINING, amount_cents=left))
    visits_left = max(0, VISITS_A_YEAR - state.visits.get(key, 0))
    rows.append(_visits(CALENDAR_YEAR, VISITS_A_YEAR))
    rows.append(_visits(REMAINING, visits_left))
    return tuple(rows)


def _visits(period: str, quantity: int) -> Benefit:
    return Benefit("F", "IND", (OCCUPATIONAL_THERAPY,), period=period, quantity_qualifier="VS", quantity=quantity)

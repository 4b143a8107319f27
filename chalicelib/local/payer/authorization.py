"""Real-time authorization: what a payer decides on a 278, and which claims it refuses (docs/payer-simulator.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from chalicelib.local.payer.intake import digits
from chalicelib.local.payer.plans import Plan, choose
from chalicelib.local.payer.results import ClaimResult
from chalicelib.local.payer.state import State
from chalicelib.x12.claim837 import Claim837
from chalicelib.x12.eligibility import RequestError
from chalicelib.x12.review278 import Decision, ReviewRequest, ReviewResponse, ReviewService

MOST = 24
LONGEST_DAYS = 90
PENDED, REFUSED = "7", "4"  # last characters of the member id


def decide(request: ReviewRequest, plans: tuple[Plan, ...], state: State) -> ReviewResponse:
    """The first rule that fits; what is certified is remembered under its number."""
    plan = choose(plans, request.payer_id, "", request.payer_name)
    answer = _echo(request, plan.name or request.payer_name)
    if plan.is_auto:
        answer.errors = (RequestError("2010A", "N", "42", "R"),)
    elif request.member_id.endswith("000"):
        answer.errors = (RequestError("2010C", "N", "75", "C"),)
    elif request.member_id.endswith(PENDED):
        answer.decision = Decision("A4")
    elif request.member_id.endswith(REFUSED):
        answer.decision = Decision("A3")
    else:
        _certify(answer, request, state)
    return answer


def _echo(request: ReviewRequest, payer_name: str) -> ReviewResponse:
    return ReviewResponse(
        payer_name=payer_name,
        payer_id=request.payer_id,
        provider=request.provider,
        subscriber=request.subscriber,
        member_id=request.member_id,
        dependent=request.dependent,
        relationship=request.relationship,
        trace=request.trace,
        trace_origin=request.trace_origin,
        category=request.category,
        certification_type=request.certification_type,
        service_type=request.service_type,
        place_of_service=request.place_of_service,
        diagnoses=request.diagnoses,
    )


def _certify(answer: ReviewResponse, request: ReviewRequest, state: State) -> None:
    """As asked, but at most 24 units or visits each and 90 days; less than asked is A6."""
    start = request.service_from or date.min
    end = min(request.service_to or start + timedelta(days=LONGEST_DAYS - 1), start + timedelta(days=LONGEST_DAYS - 1))
    codes = sorted({service.procedure for service in request.services if service.procedure})
    number = "SA" + digits(8, request.provider.npi, request.member_id, start.isoformat(), *codes, request.trace)
    services = tuple(_cut(service) for service in request.services)
    whole = None if request.quantity is None else min(int(request.quantity), MOST)
    less = end != (request.service_to or end) or services != request.services or whole != request.quantity
    answer.decision = Decision("A6" if less else "A1", number)
    answer.effective_from, answer.effective_to = start, end
    answer.quantity_qualifier, answer.quantity = request.quantity_qualifier, whole
    answer.services = tuple(replace(service, decision=answer.decision) for service in services)
    state.authorizations[_key(request.payer_id, request.provider.npi, number)] = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "codes": codes,
        "units": {one.procedure: int(one.units) for one in services if one.units is not None},
        "visits": {one.procedure: int(one.quantity) for one in services if one.quantity is not None},
        "whole": None if whole is None else [request.quantity_qualifier, whole],
        "uses": {},
    }


def _cut(service: ReviewService) -> ReviewService:
    units = None if service.units is None else min(int(service.units), MOST)
    visits = None if service.quantity is None else min(int(service.quantity), MOST)
    return replace(service, units=units, quantity=visits)


def denies(claim: Claim837, first_date: str, state: State) -> str:
    """CO-284 outside its dates or codes, CO-198 above its counts, for a number this payer gave; '' otherwise."""
    found = state.authorizations.get(_key(claim.payer_id, claim.billing.npi, claim.authorization_number.upper()))
    if found is None:
        return ""
    services = _services(claim)
    inside = found["start"] <= first_date <= found["end"]
    if not inside or (found["codes"] and set(services) - set(found["codes"])):
        return "284"
    return "198" if _exceeds(found, services) else ""


def _services(claim: Claim837) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in claim.lines:
        counts[line.procedure] = counts.get(line.procedure, 0) + int(line.units)
    return counts


def _exceeds(found: dict[str, Any], services: dict[str, int]) -> bool:
    uses = list(found["uses"].values())
    for code, most in found["units"].items():
        if code in services and sum(use.get(code, 0) for use in uses) + services[code] > most:
            return True
    for code, most in found["visits"].items():
        if code in services and sum(1 for use in uses if code in use) + 1 > most:
            return True
    if found["whole"] is None:
        return False
    qualifier, most = found["whole"]
    counted = set(found["codes"]) - set(found["units"]) - set(found["visits"])
    groups = [{c: n for c, n in use.items() if not counted or c in counted} for use in (*uses, services)]
    return sum(sum(group.values()) if qualifier == "UN" else int(bool(group)) for group in groups) > int(most)


def use(claim: Claim837, result: ClaimResult, state: State) -> None:
    """A claim that was not denied uses what it bills, until it is taken back."""
    found = state.authorizations.get(_key(claim.payer_id, claim.billing.npi, claim.authorization_number.upper()))
    if found is not None and not result.is_denied:
        found["uses"][result.payer_control_number] = _services(claim)


def _key(payer_id: str, npi: str, number: str) -> str:
    return f"{payer_id}|{npi}|{number}"

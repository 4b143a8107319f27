"""The 278 for an authorization (005010X217): the question built, the answer read. Pure."""

from __future__ import annotations

from datetime import date

from chalicelib.coverage.authorization import Allowance, Authorization, State
from chalicelib.coverage.payer_errors import payer_error
from chalicelib.coverage.request import provider_of, x12_person
from chalicelib.intake.model import Coverage
from chalicelib.intake.records import Patient
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import Misuse
from chalicelib.x12.review278 import Decision, ReviewRequest, ReviewResponse, ReviewService

_STATES: dict[str, State] = {"A1": "approved", "A2": "partly", "A6": "partly", "A3": "denied", "A4": "pended"}
_WORDS = {
    "A1": "certified as asked",
    "A2": "certified in part",
    "A3": "not certified",
    "A4": "pended: the payer decides later",
    "A6": "certified with changes",
    "CT": "the payer wants to be called",
}
_QUALIFIERS = {"visits": "VS", "units": "UN"}


def build_review(
    practice: Practice, patient: Patient, coverage: Coverage, payer_name: str, asked: Authorization, trace: str
) -> ReviewRequest:
    """The question. One code with a count is a service of its own; a group, or any code, is counted for the whole request.

    Misuse when two counts would both stand for the whole request.
    """
    whole = [one for one in asked.allowances if len(one.codes) != 1]
    if len(whole) > 1:
        raise Misuse(
            "TOO_MANY_GROUPS", "a 278 holds one count for several codes", fix="ask for each code, or in two requests"
        )
    dependent = coverage.relationship != "self" and coverage.subscriber is not None
    subscriber = coverage.subscriber if dependent and coverage.subscriber else patient.person
    first = whole[0] if whole else None
    return ReviewRequest(
        payer_name=payer_name,
        payer_id=coverage.payer_id,
        provider=provider_of(practice),
        subscriber=x12_person(subscriber),
        member_id=coverage.member_id,
        dependent=x12_person(patient.person) if dependent else None,
        trace=trace,
        trace_origin=("9" + practice.billing.submitter_id).ljust(10, "0")[:10],
        certification_type="R" if asked.reference else "I",
        place_of_service="11",
        diagnoses=asked.diagnoses,
        service_from=asked.start,
        service_to=asked.end,
        quantity_qualifier=_QUALIFIERS[first.measure] if first and first.requested else "",
        quantity=first.requested if first else None,
        services=tuple(service for one in asked.allowances for service in _services(one)),
        authorization_number=asked.reference,
    )


def _services(one: Allowance) -> list[ReviewService]:
    if len(one.codes) != 1:
        return [ReviewService(procedure=code) for code in one.codes]
    visits = one.measure == "visits" and one.requested is not None
    return [
        ReviewService(
            procedure=one.codes[0],
            units=one.requested if one.measure == "units" else None,
            quantity_qualifier="VS" if visits else "",
            quantity=one.requested if visits else None,
        )
    ]


def decided(asked: Authorization, answer: ReviewResponse, on: date) -> Authorization:
    """What was asked, as the payer answered it. An answer without a decision leaves it asked for, with the payer's words."""
    if answer.errors and answer.decision is None:
        first = payer_error(answer.errors[0].reason, answer.errors[0].loop, answer.errors[0].follow_up)
        return asked.model_copy(update={"words": f"the payer could not take the request: {first.words}; {first.fix}"})
    decision = answer.decision or next((one.decision for one in answer.services if one.decision), None)
    if decision is None:
        return asked.model_copy(update={"state": "pended", "words": "the payer took it in and decided nothing yet"})
    state = _STATES.get(decision.action, "pended")
    final = state in ("approved", "partly", "denied")
    return asked.model_copy(
        update={
            "state": state,
            "number": decision.number or asked.number,
            "start": answer.effective_from or asked.start,
            "end": answer.effective_to or asked.end,
            "decided_on": on if final else None,
            "allowances": tuple(_approved(one, answer, decision) for one in asked.allowances),
            "words": " ".join(part for part in (_WORDS.get(decision.action, decision.action), answer.message) if part),
        }
    )


def _approved(one: Allowance, answer: ReviewResponse, whole: Decision) -> Allowance:
    """How many the payer gives: as it says, else as asked where it certified all, else not told; 0 where it refused."""
    service = next((each for each in answer.services if one.codes == (each.procedure,)), None)
    decision = service.decision if service and service.decision else whole
    if _STATES.get(decision.action) not in ("approved", "partly"):
        return one.model_copy(update={"approved": 0 if decision.action == "A3" else None})
    told = answer.quantity if service is None else (service.quantity if one.measure == "visits" else service.units)
    count = int(told) if told is not None else one.requested if decision.action == "A1" else None
    return one.model_copy(update={"approved": count})

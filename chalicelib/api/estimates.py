"""What a patient will owe, before the visit, as JSON; and the good-faith estimate of one who pays, made, kept and linked."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.http import Call, resource
from chalicelib.claims.estimating import PatientEstimate, estimate, good_faith
from chalicelib.clock import today
from chalicelib.documentation import uploads
from chalicelib.platform.model import Model
from chalicelib.tenancy import current

routes = Blueprint(__name__)
Code = Annotated[str, Field(pattern=r"^[0-9A-Z]{5}$")]


class Service(Model):
    """A procedure code and its units of one visit."""

    code: Code
    units: Annotated[int, Field(ge=1, le=24)] = 1


class EstimateBody(Model):
    """`services` are needed; `on` is the first date of service, today when it is not told; `payer_id` another than the first."""

    services: Annotated[tuple[Service, ...], Field(max_length=20)] = ()
    on: date | None = None
    visits: Annotated[int, Field(ge=1, le=366)] = 1
    payer_id: Annotated[str, Field(max_length=80)] = ""


class GoodFaithBody(Model):
    """`services` are needed; `on` is the first date of service, today when it is not told."""

    services: Annotated[tuple[Service, ...], Field(max_length=20)] = ()
    on: date | None = None
    visits: Annotated[int, Field(ge=1, le=366)] = 1
    diagnoses: Annotated[tuple[Annotated[str, Field(max_length=8)], ...], Field(max_length=12)] = ()


class GoodFaithAnswer(Model):
    """The paper, and a URL that downloads it for a minute; `.../papers/{paper_id}/link` gives another one."""

    paper_id: str
    content_type: str
    url: str


@resource(
    routes, "/api/{tenant}/patients/{patient_id}/estimate", method="POST", action="estimate.make", body=EstimateBody
)
def post_estimate(call: Call) -> PatientEstimate:
    """The patient's share with its range and working; nothing is kept."""
    asked: EstimateBody = call.body
    services = [(one.code, one.units) for one in asked.services]
    patient = call.path["patient_id"]
    return estimate(patient, services, on=asked.on, visits=asked.visits, payer_id=asked.payer_id.upper())


@resource(
    routes, "/api/{tenant}/patients/{patient_id}/good-faith", method="POST", action="estimate.make", body=GoodFaithBody
)
def post_good_faith(call: Call) -> GoodFaithAnswer:
    """The document of 45 CFR 149.610; the same one asked for again is the one that is there."""
    asked: GoodFaithBody = call.body
    services, patient = [(one.code, one.units) for one in asked.services], call.path["patient_id"]
    on = asked.on or today(current().tenant.timezone)
    paper, _ = good_faith(patient, services, on=on, visits=asked.visits, diagnoses=asked.diagnoses)
    return GoodFaithAnswer(
        paper_id=paper.paper_id, content_type=paper.content_type, url=uploads.link(patient, paper.paper_id)
    )

"""The Lambda functions behind the state machines and the work queue, as Chalice deploys them: `otbill-<stage>-<name>`."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.jobs import work

routes = Blueprint(__name__)


@routes.lambda_function(name="job_plan")
def job_plan(event: dict[str, Any], _: Any) -> dict[str, Any]:
    return work.plan(event)


@routes.lambda_function(name="job_work")
def job_work(event: dict[str, Any], _: Any) -> dict[str, Any]:
    return work.work(event)


@routes.lambda_function(name="job_put_aside")
def job_put_aside(event: dict[str, Any], _: Any) -> dict[str, Any]:
    return work.put_aside(event)


@routes.lambda_function(name="job_finish")
def job_finish(event: dict[str, Any], _: Any) -> dict[str, Any]:
    return work.finish(event)


@routes.lambda_function(name="job_messages")
def job_messages(event: dict[str, Any], _: Any) -> dict[str, Any]:
    return work.messages(event)

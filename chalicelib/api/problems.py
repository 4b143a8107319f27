"""Refusals as RFC 9457 problem JSON: what, where and how to mend it; never the value that was refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from chalice.app import Response
from pydantic import ValidationError

from chalicelib.api.requests import request_id
from chalicelib.platform.errors import OtbillError, Refused
from chalicelib.platform.model import Model
from chalicelib.platform.wording import plain

PROBLEM_JSON = "application/problem+json"


class FieldFault(Model):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(Model):
    """RFC 9457 problem details. `code` is for programs, `detail` and `fix` for people; `instance` names the request."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    where: str = ""
    fix: str = ""
    errors: tuple[FieldFault, ...] = ()


class Unauthenticated(Refused):
    """No valid token or session."""

    http_status = 401


class Invalid(Refused):
    """A body or query that is not what the resource takes; `errors` are field and words."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("INVALID", "Some fields are missing or not right.", fix="Mend the fields named in errors.")
        self.errors = errors


def invalid(error: ValidationError, model: type[Model]) -> Invalid:
    """Pydantic's findings without input values. A name that is not of our models is the caller's text, so it is not repeated."""
    found, ours = error.errors(include_url=False, include_input=False), _names(model.model_json_schema())
    return Invalid([{"field": _field(item, ours), "message": plain(item)} for item in found[:50]])


def _field(item: Any, ours: frozenset[str]) -> str:
    """The way to a field: our names and places in lists. The keys of a table of the caller's stay out."""
    return ".".join(str(part) for part in item["loc"] if isinstance(part, int) or part in ours) or "body"


def _names(schema: Any) -> frozenset[str]:
    """Every field's name in a model and the models in it."""
    if isinstance(schema, list):
        return frozenset().union(*map(_names, schema))
    if not isinstance(schema, dict):
        return frozenset()
    return frozenset(schema.get("properties", ())).union(*map(_names, schema.values()))


def title(status: int) -> str:
    return HTTPStatus(status).phrase


def problem(error: OtbillError) -> Response:
    """The answer to a refusal or fault. `instance` is the request id that stands in our logs."""
    status = error.http_status
    body: dict[str, Any] = {
        "type": f"urn:otbill:problem:{error.code.lower().replace('_', '-')}",
        "title": title(status),
        "status": status,
        "detail": error.message,
        "instance": f"urn:otbill:request:{request_id()}",
        "code": error.code,
    }
    body |= {name: text for name, text in (("where", error.where), ("fix", error.fix)) if text}
    if isinstance(error, Invalid):
        body["errors"] = error.errors
    headers: dict[str, str | list[str]] = {"Content-Type": PROBLEM_JSON}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="otbill"'
    return Response(body=body, status_code=status, headers=headers)

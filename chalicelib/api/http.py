"""The one way into the JSON API: authenticate, enter the practice, check the input, call, render, map errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from chalice.app import Blueprint, Response
from pydantic import Field, ValidationError
from pydantic_core import to_jsonable_python

from chalicelib.api import idempotency, identity, limits, requests
from chalicelib.api.problems import Unauthenticated, invalid, problem
from chalicelib.compliance.access_log import log_read
from chalicelib.platform.errors import Fault, Misuse, NotFound, OtbillError
from chalicelib.platform.logging import logger
from chalicelib.platform.model import Model
from chalicelib.tenancy import Principal, enter, require
from chalicelib.tenancy.permissions import PERMISSIONS

PageSize = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[str, Field(max_length=2000)]
ID_PATTERN = r"[a-z]{3,4}_[0-9a-z]{26}"
_ID = re.compile(ID_PATTERN)
_log = logger("api")


class NoQuery(Model):
    """A resource that takes no query parameters refuses them all."""


class PageQuery(Model):
    """One page of a list; `cursor` is what the page before gave."""

    limit: PageSize = 50
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a view gets: all of it checked."""

    principal: Principal | None
    path: Mapping[str, str]
    query: Any
    body: Any
    seen: list[str] = field(default_factory=list)  # ids of records in the answer, for the access log


View = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """A registered route, as `openapi` describes it. The view's return type is the answer's."""

    path: str
    method: str
    view: View
    action: str
    query: type[Model]
    body: type[Model] | None
    public: bool
    status: int

    @property
    def in_practice(self) -> bool:
        return "{tenant}" in self.path


RESOURCES: list[Resource] = []


def resource(
    routes: Blueprint,
    path: str,
    *,
    action: str = "",
    method: str = "GET",
    query: type[Model] = NoQuery,
    body: type[Model] | None = None,
    public: bool = False,
    status: int = 200,
    most_bytes: int = requests.BODY_LIMIT_BYTES,
) -> Callable[[View], View]:
    """Register a view. A path with `{tenant}` is answered inside that practice's context, or with 404.

    `action` is what the caller's role must allow (`tenancy.permissions`); a path of a practice has one. `most_bytes` bounds
    the body, for one that carries a file.
    """
    if "{tenant}" in path and action not in PERMISSIONS:
        raise Misuse("NO_ACTION", "a route of a practice names an action of the permission table", where=path)

    def decorate(view: View) -> View:
        def answer(**captured: str) -> Response:
            requests.allow_body(most_bytes)
            return guarded(lambda: _render(_act(view, captured, query, body, public, action, method), status))

        answer.__name__ = view.__name__
        RESOURCES.append(Resource(path, method, view, action, query, body, public, status))
        routes.route(path, methods=[method], content_types=["application/json"], name=view.__name__)(answer)
        return view

    return decorate


def guarded(act: Callable[[], Response], refuse: Callable[[OtbillError], Response] = problem) -> Response:
    """Run to an answer whatever happens: Chalice would log an uncaught exception with its values (aws/chalice#1884)."""
    try:
        return act()
    except OtbillError as error:
        if error.http_status >= 500:
            _log.error("request failed", extra={"code": error.code, "request_id": requests.request_id()})
        return refuse(error)
    except Exception:  # noqa: BLE001 - the last net; the formatter tells type and place, never the text
        _log.error("request failed", exc_info=True, extra={"request_id": requests.request_id()})
        return refuse(internal_error())


def internal_error() -> OtbillError:
    error = Fault("INTERNAL", "Something went wrong on our side.", fix="Try again; if it stays, quote the request id.")
    error.http_status = 500
    return error


def _act(
    view: View,
    captured: Mapping[str, str],
    query: type[Model],
    body: type[Model] | None,
    public: bool,
    action: str,
    method: str,
) -> Any:
    principal = None if public else authenticate()
    if principal is not None:
        limits.of_principal(principal)
    check_ids(captured)
    if principal is None or "tenant" not in captured:
        return view(_call(principal, captured, query, body))
    with enter(principal, captured["tenant"], f"api {action}", identity.directory()) as context:
        limits.of_practice()
        require(action)
        identity.settle_in(context)
        call = _call(principal, captured, query, body)
        result = idempotency.once(lambda: view(call)) if method == "POST" else view(call)
        log_read(action, subject(captured, action), call.seen)
        return result


def subject(captured: Mapping[str, str], action: str) -> str:
    """What a route is about, for the access log: the record its path names, or its list."""
    for name, value in captured.items():
        if name.endswith("_id"):
            return f"{value[:3].upper()}#{value}"
    return action.partition(".")[0].upper()


def _call(
    principal: Principal | None, captured: Mapping[str, str], query: type[Model], body: type[Model] | None
) -> Call:
    return Call(principal, dict(captured), parse_query(query), parse_body(body) if body else None)


def authenticate() -> Principal:
    """The principal of the bearer token. Raises Unauthenticated: missing, unknown, expired and revoked look the same."""
    scheme, _, token = requests.header("authorization").partition(" ")
    principal = identity.principal_for_token(token.strip()) if scheme.lower() == "bearer" and token else None
    if principal is None:
        raise Unauthenticated("UNAUTHENTICATED", "A valid bearer token is needed.", fix="POST /api/session gives one.")
    return principal


def check_ids(captured: Mapping[str, str]) -> None:
    """An id that could not be one of ours is not found: nothing of a URL reaches a key unchecked."""
    for name, value in captured.items():
        if name.endswith("_id") and not _ID.fullmatch(value):
            raise NotFound("NOT_FOUND", "There is no such record in this practice.", where=name)


def parse_query(model: type[Model]) -> Any:
    """The query as `model`: a tuple field takes every value sent, any other field exactly one."""
    fields = model.model_fields
    values: dict[str, Any] = {}
    for name, sent in requests.query().items():
        many = name in fields and "tuple" in str(fields[name].annotation)
        if len(sent) > 1 and not many:
            raise Misuse("REPEATED_PARAMETER", "A query parameter was sent twice.", fix="Send it once.")
        values[name] = tuple(sent) if many else sent[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(error, model) from None


def parse_body(model: type[Model]) -> Any:
    """The body as `model`, each value of the type it says: no text that looks like a number, no 0 for false."""
    try:
        return model.model_validate_json(requests.body_bytes(), strict=True)
    except ValidationError as error:
        raise invalid(error, model) from None


def _render(result: Any, status: int) -> Response:
    body = to_jsonable_python(result, bytes_mode="base64")
    return Response(body=body, status_code=status, headers={"Content-Type": "application/json"})

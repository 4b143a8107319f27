"""OpenAPI 3.1 of the JSON API, made from the routes and their models: what is registered is described."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from chalice.app import Blueprint

from chalicelib.api.http import ID_PATTERN, RESOURCES, Call, Resource, resource
from chalicelib.api.problems import PROBLEM_JSON, Problem, title

if TYPE_CHECKING:
    from pydantic import TypeAdapter

routes = Blueprint(__name__)

VERSION = "1"
_REF = "#/components/schemas/{model}"
_JSON = "application/json"
_SLUG_OR_ID = r"^(tnt_[0-9a-z]{26}|[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?)$"
_INTRODUCTION = (
    "Insurance billing of occupational-therapy practices. Amounts are integer cents, dates ISO 8601, instants UTC. "
    "A refusal is problem JSON (RFC 9457) with a stable `code` and what to do. What is another practice's is 404."
)
_ALWAYS = (400, 429, 500, 503)


@resource(routes, "/openapi.json", public=True)
def get_openapi(_: Call) -> dict[str, Any]:
    """This description."""
    return document()


@cache
def document() -> dict[str, Any]:
    """The whole description. Routes are those registered: every blueprint has been imported before anybody can ask."""
    wanted = [(str(number), mode, adapter) for number, mode, adapter in _adapters()]
    schemas, shared = _schemas(wanted)
    paths: dict[str, Any] = {}
    for number, route in enumerate(RESOURCES):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, str(number), schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Otbill", "version": VERSION, "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": shared,
            "responses": {"Problem": _problem_response()},
            "headers": _headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "From POST /api/session; good for an hour.",
                }
            },
        },
    }


def _adapters() -> Iterator[tuple[str, str, TypeAdapter[Any]]]:
    from pydantic import TypeAdapter

    yield "problem", "serialization", TypeAdapter(Problem)
    for number, route in enumerate(RESOURCES):
        yield f"{number}.answer", "serialization", _answer_of(route)
        if route.body:
            yield f"{number}.body", "validation", TypeAdapter(route.body)


def _answer_of(route: Resource) -> TypeAdapter[Any]:
    """The view's return type; anything at all where it cannot be read or is no JSON."""
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(get_type_hints(route.view).get("return", Any))
        adapter.json_schema(mode="serialization")
    except (NameError, PydanticUserError):
        return TypeAdapter(Any)
    return adapter


def _schemas(wanted: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    from pydantic import TypeAdapter

    by_key, definitions = TypeAdapter.json_schemas(wanted, ref_template=_REF)
    return {key: schema for (key, _), schema in by_key.items()}, definitions.get("$defs", {})


def _operation(route: Resource, number: str, schemas: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": route.view.__name__,
        "tags": [_tag(route)],
        "summary": _summary(route),
        "security": [] if route.public else [{"bearer": []}],
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_key_parameter(route)],
        "responses": {str(route.status): _answer(schemas[f"{number}.answer"]), **_refusals(route)},
    }
    if route.action:
        said["x-action"] = route.action
    if route.body:
        said["requestBody"] = {"required": True, "content": {_JSON: {"schema": schemas[f"{number}.body"]}}}
    return said


def _tag(route: Resource) -> str:
    return route.action.partition(".")[0] or "session"


def _summary(route: Resource) -> str:
    words = " ".join((route.view.__doc__ or "").split())
    return words or route.view.__name__.replace("_", " ").capitalize()


def _path_parameters(route: Resource) -> Iterator[dict[str, Any]]:
    for part in route.path.split("{")[1:]:
        name = part.partition("}")[0]
        practice = {"type": "string", "pattern": _SLUG_OR_ID, "description": "The practice: its slug or id."}
        schema = practice if name == "tenant" else {"type": "string", "pattern": f"^{ID_PATTERN}$"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(route: Resource) -> Iterator[dict[str, Any]]:
    """Each field of the query model, its references resolved: a parameter stands alone."""
    whole = route.query.model_json_schema(ref_template="#/$defs/{model}")
    for name, schema in whole.get("properties", {}).items():
        plain = _without_null(_inlined(schema, whole.get("$defs", {})))
        required = name in whole.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": plain}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(value, definitions) for name, value in schema.items() if name != "title"}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be None is one that may be left out; no text in a URL is null."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name not in ("anyOf", "default")}, **choices[0]}


def _key_parameter(route: Resource) -> Iterator[dict[str, Any]]:
    if route.method == "POST" and route.in_practice:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
            "description": "A fresh UUID for each thing to do, and the same one when trying it again.",
        }


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    named = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    return {"description": "What was asked for.", "headers": named, "content": {_JSON: {"schema": schema}}}


def _refusals(route: Resource) -> dict[str, Any]:
    statuses = {*_ALWAYS}
    if not route.public or route.method == "POST":
        statuses |= {401}
    if not route.public:
        statuses |= {403}
    if route.in_practice:
        statuses |= {404}
    if route.method == "POST":
        statuses |= {409, 413, 415, 422}
    if route.query.model_fields or not route.body:
        statuses |= {422}
    return {str(status): {"$ref": "#/components/responses/Problem"} for status in sorted(statuses)}


def _problem_response() -> dict[str, Any]:
    titles = ", ".join(f"{status} {title(status)}" for status in (400, 401, 403, 404, 409, 413, 415, 422, 429))
    names = ("X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate")
    return {
        "description": f"Not done, and why: {titles}, or a fault of ours.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _headers() -> dict[str, Any]:
    words = {
        "X-Request-Id": "The id our logs name this request by.",
        "RateLimit": "What is left in the minute (draft-ietf-httpapi-ratelimit-headers).",
        "RateLimit-Policy": "How much a minute has.",
        "Retry-After": "Seconds until it is worth trying again.",
        "WWW-Authenticate": "With 401.",
    }
    return {name: {"description": said, "schema": {"type": "string"}} for name, said in words.items()}

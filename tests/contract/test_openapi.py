"""The API's description: valid, whole, and strict about what it takes and gives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import app
from chalicelib.api.openapi import document

PUBLIC = (
    "/api/session",
    "/api/session/refresh",
    "/api/session/end",
    "/api/password/forgot",
    "/api/password/reset",
    "/openapi.json",
)
# Answers every program reads: their schemas say all there is.
CLOSED = (
    *PUBLIC[:-1],
    "/api/{tenant}/claims",
    "/api/{tenant}/claims/{claim_id}",
    "/api/{tenant}/claims/build",
    "/api/{tenant}/claims/submit",
    "/api/{tenant}/visits",
    "/api/{tenant}/remittances",
    "/api/{tenant}/remittances/{remittance_id}",
    "/api/{tenant}/summary",
    "/api/{tenant}/tasks/{task_id}/finish",
)
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return json.loads(json.dumps(document()))  # as it goes over the wire


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, said)
        for path, by_method in described["paths"].items()
        for method, said in by_method.items()
        if method in METHODS
    ]


def test_every_api_route_of_the_app_is_described_and_nothing_else(described: dict[str, Any]) -> None:
    routed = {
        (path, method.lower())
        for path, methods in app.routes.items()
        for method in methods
        if path.startswith("/api/") or path == "/openapi.json"
    }
    assert {(path, method) for path, method, _ in operations(described)} == routed


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                found: Any = described
                for step in part["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
            for each in part.values():
                walk(each)
        elif isinstance(part, list):
            for each in part:
                walk(each)

    walk(described)


def test_every_operation_says_who_may_ask_and_how_it_refuses(described: dict[str, Any]) -> None:
    names = []
    for path, method, said in operations(described):
        names.append(said["operationId"])
        in_practice = "{tenant}" in path
        assert said["security"] == ([] if path in PUBLIC else [{"bearer": []}]), path
        assert ("x-action" in said) is in_practice, path
        refusals = {status: each for status, each in said["responses"].items() if status >= "400"}
        assert {"400", "429", "500", "503"} <= set(refusals)
        assert not in_practice or {"401", "403", "404"} <= set(refusals)
        assert all(each == {"$ref": "#/components/responses/Problem"} for each in refusals.values())
        parameters = {each["name"]: each for each in said["parameters"]}
        if in_practice and method == "post":
            assert parameters["Idempotency-Key"]["required"]
        assert {name for name in parameters if f"{{{name}}}" in path} == {
            part.partition("}")[0] for part in path.split("{")[1:]
        }
    assert len(set(names)) == len(names)


def test_no_body_is_left_open_and_no_core_answer(described: dict[str, Any]) -> None:
    """A schema that allows anything would let anything pass."""
    for path, _, said in operations(described):
        answer = next(each for status, each in said["responses"].items() if status < "300")
        schemas = [answer["content"]["application/json"]["schema"]] if path in CLOSED else []
        if "requestBody" in said:
            schemas.append(said["requestBody"]["content"]["application/json"]["schema"])
        for schema in schemas:
            name = schema["$ref"].rpartition("/")[2]
            assert described["components"]["schemas"][name]["additionalProperties"] is False, name


@pytest.mark.contract
def test_the_document_is_valid_openapi(described: dict[str, Any]) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator, validate

    validate(described, cls=OpenAPIV31SpecValidator)

"""Bodies and queries for every API route, made from its models: so that what is new is tried without anybody thinking of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from chalicelib.api.http import RESOURCES, Resource

Place = tuple[str | int, ...]
_FORMATS = {"date": "2026-10-05", "date-time": "2026-10-05T12:00:00Z"}
WORD = "isolation proof"
# What a model takes as any text, and the service as one of a list: without a right one nothing beyond it is reached.
KNOWN: dict[str, Any] = {
    "hold.reason": "payer_issue",
    "writeoff.reason": "small_balance",
    "ask.role": "therapist",
    "appeals.argument": "necessity",
    "documents.evidence": "note",
    "outcome.on": "2026-09-30",
    "release.overrides": ["AUTH_MISSING"],
    "send.on": "2026-09-30",
    "uploads.name": "prescription",
    "uploads.case_id": "case_1",
}


def posts() -> list[Resource]:
    """Every POST of a practice."""
    import app as _  # noqa: F401 - registers them

    return [each for each in RESOURCES if each.method == "POST" and each.in_practice]


def gets() -> list[Resource]:
    return [each for each in RESOURCES if each.method == "GET" and each.in_practice]


def body_of(resource: Resource, ids: dict[str, str]) -> dict[str, Any]:
    """A whole body of the right shape; ids of a practice where one belongs."""
    if resource.body is None:
        return {}
    schema = resource.body.model_json_schema()
    made: dict[str, Any] = _filled(schema, schema.get("$defs", {}), "", ids)
    act = resource.path.rpartition("/")[2]
    return {**made, **{name: KNOWN[f"{act}.{name}"] for name in made if f"{act}.{name}" in KNOWN}}


def places(tree: Any, path: Place = ()) -> Iterator[Place]:
    """Where a text stands in a body."""
    if isinstance(tree, str):
        yield path
    elif isinstance(tree, dict):
        for name, value in tree.items():
            yield from places(value, (*path, name))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from places(value, (*path, number))


def with_text(body: dict[str, Any], place: Place, text: str) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    inner: Any = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = text
    return changed


def path_of(resource: Resource, ids: dict[str, str]) -> str:
    path = resource.path
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"nothing to fill {path} with: tests/proof/two.py"
    return path


def _filled(schema: dict[str, Any], shared: dict[str, Any], name: str, ids: dict[str, str]) -> Any:
    if "$ref" in schema:
        return _filled(shared[schema["$ref"].rpartition("/")[2]], shared, name, ids)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            real = [each for each in schema[several] if each.get("type") != "null"]
            return _filled(real[0], shared, name, ids)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        named = schema.get("properties", {})
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            return {"1": _filled(more, shared, "", ids)}
        return {each: _filled(inner, shared, each, ids) for each, inner in named.items()}
    if kind == "array":
        return [_filled(schema["items"], shared, name.removesuffix("s"), ids)] if "items" in schema else []
    if kind in ("integer", "number"):
        return max(int(schema.get("minimum", 1)), int(schema.get("exclusiveMinimum", 0)) + 1)
    if kind == "boolean":
        return False
    return _text(schema, name, ids)


def _text(schema: dict[str, Any], name: str, ids: dict[str, str]) -> str:
    if name in ids and name != "number":
        return ids[name]
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return WORD[: schema.get("maxLength", 100)]

"""The vendor's schemas as a judge of records: OpenAPI 3.0 turned into the JSON Schema that a validator reads."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

NESTED = {"signatures": "/patient_forms/{patient_form_id}/signatures/{id}"}


@cache
def specification(shared: Path) -> dict[str, Any]:
    """The fixed specification, with the 3.0 spellings that JSON Schema does not know rewritten."""
    path = shared / "vendors/cliniko/spec/openapi-2025-08.fixed.json"
    read: dict[str, Any] = _modern(json.loads(path.read_text(encoding="utf-8")))
    return read


def answer_schema(shared: Path, template: str, method: str = "get", status: str = "200") -> dict[str, Any]:
    """The schema of an answer's body, with the components it refers to."""
    operation = specification(shared)["paths"][template][method]
    schema = operation["responses"][status]["content"]["application/json"]["schema"]
    return {**schema, "components": specification(shared)["components"]}


@cache
def record_validator(shared: Path, resource: str) -> jsonschema_rs.Validator:
    """Judges one record of a resource as it stands in a list."""
    schema = answer_schema(shared, NESTED.get(resource, f"/{resource}"))
    item = schema if resource in NESTED else schema["properties"][resource]["items"]
    return jsonschema_rs.validator_for({**item, "components": schema["components"]}, validate_formats=False)


def example_keys(shared: Path, resource: str) -> set[str]:
    """Every attribute that the example records of a resource have; empty when there is no example."""
    folder = shared / "vendors/cliniko/examples/current"
    keys: set[str] = set()
    for path in folder.glob("*.json"):
        if path.name.split(".")[0] == resource:
            keys |= json.loads(path.read_text(encoding="utf-8")).keys()
    return keys


def _modern(node: Any) -> Any:
    if isinstance(node, list):
        return [_modern(part) for part in node]
    if not isinstance(node, dict):
        return node
    made = {key: _modern(value) for key, value in node.items() if key not in ("exclusiveMinimum", "exclusiveMaximum")}
    for bound in ("minimum", "maximum"):
        exclusive = "exclusive" + bound.capitalize()
        if node.get(exclusive) is True:
            made[exclusive] = made.pop(bound)
    if made.pop("nullable", False) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made

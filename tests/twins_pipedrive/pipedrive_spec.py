"""The vendor's OpenAPI documents as a judge of traffic, and where the service is known to differ from them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import orjson
from ruamel.yaml import YAML

from gurney.twins.kit.journal import Entry

KEPT = ("type", "enum", "items", "properties", "required", "oneOf", "anyOf")
PAGED_V1 = "recorded: v1 lists keep `pagination` under additional_data (FACTS 3.1, 14)"
UNDOCUMENTED = {
    "additional_data": "FACTS 1: single answers may carry additional_data null",
    "outcome": "FACTS 3.4: the SDK knows it on activities",
    "log_id": "recorded (FACTS 3.7); only in the document's example",
    "file_type": "recorded (FACTS 3.7); only in the document's example",
    "creator_user_id": "only in the document's example of deals",
    "description": "FACTS 5.1: items of every list of fields; the document has it on fields of deals",
    "archive_time": "only in the document's example of deals",
    "pinned_to_lead_flag": "recorded (FACTS 3.6); only in the document's example",
    "lead": "recorded (FACTS 3.6)",
    "pagination": PAGED_V1,
    "primary_email": "recorded (FACTS 6)",
    "update_time": "recorded on hits (FACTS 6)",
    "address": "only in the document's example of hits",
    "project_name": "only on files of records in the document",
    "project_id": "only on files of records in the document",
    "notes_count": "asked for by include_fields",
    "id": "hits of one field look like the document's example, not like its schema (FACTS 6)",
    "labels": "the document names the parameter include_labels, not what it adds",
}
"""Keys of answers that the document does not know at their place, and why the twin has them."""
DIFFERENT = {
    "/code": "FACTS 3.8: product codes are text; the document says integer on hits",
}
"""Where answers hold another type than the document says, and why."""
CUSTOM_KEY = re.compile("[0-9a-f]{40}")


class Documents:
    """Both versions."""

    def __init__(self, spec: Path) -> None:
        reader = YAML(typ="safe")
        self._paths = {
            number: reader.load((spec / f"openapi-v{number}.yaml").read_text(encoding="utf-8"))["paths"]
            for number in (1, 2)
        }
        self._patterns = {
            number: [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path) for path in sorted(paths, key=_braces)]
            for number, paths in self._paths.items()
        }

    def operation(self, entry: Entry) -> dict[str, Any] | None:
        """What the document says of a call; None for what is not the API."""
        path = entry.path.removeprefix("/api")
        if path[:4] not in ("/v1/", "/v2/"):
            return None
        number, rest = int(path[2]), path[3:]
        for pattern, template in self._patterns[number]:
            operation: dict[str, Any] | None = self._paths[number][template].get(entry.method.lower())
            if pattern.fullmatch(rest) and operation is not None:
                return operation
        raise AssertionError(f"{entry.method} {entry.path} is not in the document")

    def described(self, method: str, template: str) -> dict[str, Any]:
        """What the document says of an endpoint; the names of parameters in paths may differ."""
        number, nameless = int(template[2]), re.sub(r"\{[^}]+\}", "{}", template[3:])
        for path, item in self._paths[number].items():
            if re.sub(r"\{[^}]+\}", "{}", path) == nameless and method.lower() in item:
                operation: dict[str, Any] = item[method.lower()]
                return operation
        raise AssertionError(f"{method} {template} is not in the document")

    def complaints(self, entry: Entry) -> list[str]:
        """How a recorded call differs from the document."""
        operation = self.operation(entry)
        if operation is None or entry.bodies is None:
            return []
        where = f"{entry.method} {entry.path}"
        _, asked, _, answered = entry.bodies
        found = _query(operation, entry) if entry.status < 400 else []
        if entry.status < 400 and asked.startswith((b"{", b"[")):
            found += _request(operation, orjson.loads(asked))
        if answered.startswith(b"{"):
            found += _answer(operation, entry, orjson.loads(answered))
        return [f"{where}: {one}" for one in found]


def _braces(path: str) -> int:
    return path.count("{")


def _query(operation: dict[str, Any], entry: Entry) -> list[str]:
    known = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
    names = {name for name, _ in parse_qsl(entry.target.partition("?")[2])}
    return [f"parameter {name}" for name in names - known - {"start", "cursor"}]


def _request(operation: dict[str, Any], body: Any) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return ["a body where the document has none"]
    schema = joined(content["schema"])
    errors = [e.message for e in jsonschema_rs.validator_for(as_json_schema(schema, loose=False)).iter_errors(body)]
    return errors + [f"key {key}" for key in strangers(schema, body) if key not in UNDOCUMENTED]


def _answer(operation: dict[str, Any], entry: Entry, body: Any) -> list[str]:
    response = operation["responses"].get(str(entry.status))
    if response is None:
        return [] if entry.status >= 400 else [f"status {entry.status}"]
    content = response.get("content", {}).get("application/json", {})
    if "schema" not in content:
        return []
    schema = joined(content["schema"])
    validator = jsonschema_rs.validator_for(as_json_schema(schema, loose=True))
    errors = [f"/{'/'.join(map(str, e.instance_path))}: {e.message}" for e in validator.iter_errors(body)]
    told = [error for error in errors if not error.partition(":")[0].endswith(tuple(DIFFERENT))]
    return told + [f"unknown {key}" for key in strangers(schema, body) if key not in UNDOCUMENTED]


def joined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with every `allOf` folded into one, so that its keys can be counted."""
    if not isinstance(schema, dict):
        return {}
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", ()):
        folded = joined(part)
        properties = {**whole.get("properties", {}), **folded.get("properties", {})}
        required = [*whole.get("required", ()), *folded.get("required", ())]
        whole = {**whole, **folded}
        if properties:
            whole["properties"] = properties
        if required:
            whole["required"] = list(dict.fromkeys(required))
    if "properties" in whole:
        whole["properties"] = {name: joined(inner) for name, inner in whole["properties"].items()}
    if "items" in whole:
        whole["items"] = joined(whole["items"])
    return whole


def as_json_schema(schema: dict[str, Any], *, loose: bool) -> dict[str, Any]:
    """OpenAPI 3.0 as JSON Schema. `loose`: any value may be null, as in reality (SOURCES: known errors)."""
    kept: dict[str, Any] = {key: value for key, value in schema.items() if key in KEPT}
    nullable = loose or schema.get("nullable")
    if "properties" in kept:
        kept["properties"] = {name: as_json_schema(one, loose=loose) for name, one in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = as_json_schema(kept["items"], loose=loose)
    choices = kept.pop("oneOf", None) or kept.pop("anyOf", None)
    if choices:
        kept["anyOf"] = [as_json_schema(joined(one), loose=loose) for one in choices]
    if nullable and "type" in kept:
        kept["type"] = [kept["type"], "null"]
        if "enum" in kept:
            kept["enum"] = [*kept["enum"], None]
    elif nullable and "anyOf" in kept:
        kept["anyOf"] = [*kept["anyOf"], {"type": "null"}]
    return kept


def strangers(schema: dict[str, Any], value: Any) -> set[str]:
    """Keys of a value that its schema does not know; objects with free keys know all."""
    if isinstance(value, list):
        return {key for item in value for key in strangers(schema.get("items", {}), item)}
    properties = schema.get("properties")
    if not isinstance(value, dict) or not properties or schema.get("additionalProperties") not in (None, False):
        return set()
    unknown = {key for key in value if key not in properties and not CUSTOM_KEY.fullmatch(key)}
    return unknown | {key for name in value if name in properties for key in strangers(properties[name], value[name])}


def missing(schema: dict[str, Any], value: Any) -> set[str]:
    """Keys that the schema has and the value lacks."""
    if isinstance(value, list):
        return {key for item in value[:1] for key in missing(schema.get("items", {}), item)}
    properties = schema.get("properties")
    if not isinstance(value, dict) or not properties:
        return set()
    lacking = {key for key in properties if key not in value}
    return lacking | {key for name in value if name in properties for key in missing(properties[name], value[name])}

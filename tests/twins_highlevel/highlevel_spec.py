"""The vendor's OpenAPI documents as a judge of traffic, and where the service is known to differ from them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import orjson

from gurney.twins.kit.journal import Entry

Schema = dict[str, Any]
APPS = (
    "contacts", "locations", "users", "calendars", "objects", "associations", "custom-fields", "businesses", "forms",
    "medias", "opportunities", "invoices", "products", "oauth",
)  # fmt: skip
KEPT = ("type", "enum", "items", "properties", "required", "maxLength", "maxItems")
UNDOCUMENTED_PATHS = {
    "/documents/": "FACTS 10: where file values point to",
    "/media-storage/": "FACTS 10: where media files lie",
    "/v2/oauth/": "FACTS 2.2: a page",
    "/opportunities/pipelines": "FACTS 1: under v3 in the live documents, not in the dumped ones",
}
OLD_UNDER_V3 = ("GET /contacts", "GET /users", "GET /workflows")
"""Gone from the v3 documents (workflows has none) though still answering (FACTS 1)."""
MORE_IN_BODIES = {
    "options": "FACTS 7: accepted for contact fields",
    "filters": "SOURCES: the search body lacks them",
}
"""Keys of bodies that the documents do not know, and why they are sent."""
LOOSE_BODIES = {
    "/records/search": "SOURCES: query and searchAfter are optional",
    "/contacts/bulk/business": "FACTS 4: null takes a contact out of its company",
    "/contacts": "FACTS 4.1: custom values go by id or key, the document requires the id in most alternatives",
    "/contacts/upsert": "the same",
    "/contacts/{contactId}": "the same",
    "/opportunities": "the same",
    "/opportunities/{id}": "the same",
}
"""Bodies whose required keys or alternatives are known to be wrong; all other types are judged."""
WHOLE_CONTACT = "FACTS 4.2: lists show more of a contact than the document says"
MORE_IN_ANSWERS = {
    "traceId": "FACTS 1: in every answer",
    "succeded": "FACTS 1: both spellings under v3",
    "succeeded": "FACTS 1: both spellings under v3",
    "additionalEmails": "FACTS 4.2", "additionalPhones": "FACTS 4.2", "contactName": "FACTS 4.1",
    "createdBy": "FACTS 4.2", "followers": "FACTS 4.2", "fullNameLowerCase": "FACTS 4.1",
    "name": "FACTS 4.2: the create answer of the dated document lacks it", "timezone": "the same",
    "bounceEmail": "only in the dated document's create answer", "unsubscribeEmail": "the same",
    "deleted": "the same", "birthMonth": "the same", "birthDay": "the same",
    "address1": WHOLE_CONTACT, "assignedTo": WHOLE_CONTACT, "city": WHOLE_CONTACT, "dateOfBirth": WHOLE_CONTACT,
    "dateUpdated": WHOLE_CONTACT, "dnd": WHOLE_CONTACT, "emailLowerCase": WHOLE_CONTACT,
    "firstNameLowerCase": WHOLE_CONTACT, "lastNameLowerCase": WHOLE_CONTACT, "phone": WHOLE_CONTACT,
    "type": WHOLE_CONTACT,
    "meta": "FACTS 4: where the old list goes on",
    "appoinmentStatus": "FACTS 6", "statusDetails": "FACTS 6",
    "status": "the document has it on a contact's appointments only",
    "documentType": "FACTS 7: folders are made like fields",
    "relations": "FACTS 8",
    "sentTo": "shown as it was written",
    "totalSummary": "the document has it on reads only",
}  # fmt: skip
"""Keys of answers that the documents do not know at their place, and why the twin has them."""
WRONG_ANSWERS = {
    "properties": "SOURCES: typed as text, is an object",
    "value": "FACTS 4.1: typed as text, is what the field's type says",
    "searchAfter": "FACTS 4.3: typed as numbers, is a number and a text",
    "responses": "FACTS 4: typed as texts, are objects",
    "files": "typed as texts, are objects",
    "folders": "FACTS 7: typed like fields, with all that a field must have",
    "tasks": "FACTS 5: items are not described",
    "stages": "FACTS 11: typed as lists, are objects",
    "invoiceItems": "FACTS 11: typed as texts, are objects",
    "invoiceNumber": "typed as a number, sent as text",
    "scopes": "typed as one text, in FACTS 3 a list",
}
"""Places of answers whose type in the documents is known to be wrong, and what is true."""
TYPED_AS_ASSOCIATION = ("/associations", "/associations/objectKey/{objectKey}", "/associations/relations/{recordId}",
                "/associations/relations", "/associations/relations/{relationId}")  # fmt: skip
"""SOURCES: lists of associations, and all answers about relations, are typed as one association."""


class Documents:
    """Every app under one version: `v2` for the dated ones, `v3`."""

    def __init__(self, spec: Path, version: str) -> None:
        self.version = version
        ending = "-v3" if version == "v3" else ""
        self._apps: list[Schema] = []
        self._paths: list[tuple[re.Pattern[str], str, Schema, Schema]] = []
        for app in (*APPS, *(() if version == "v3" else ("workflows", "companies"))):
            document: Schema = orjson.loads((spec / version / f"{app}{ending}.json").read_bytes())
            for path, operations in document["paths"].items():
                pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path.rstrip("/") or "/"))
                self._paths.append((pattern, path.rstrip("/"), operations, document))
        self._paths.sort(key=lambda one: one[1].count("{"))

    def operation(self, entry: Entry) -> tuple[str, Schema, Schema] | None:
        """The template, operation and document of a call; None for what the documents leave out."""
        path = entry.path.rstrip("/")
        for pattern, template, operations, document in self._paths:
            found = operations.get(entry.method.lower())
            if found is not None and pattern.fullmatch(path):
                return template, found, document
        if path.startswith(tuple(UNDOCUMENTED_PATHS)) or f"{entry.method} {path}" in OLD_UNDER_V3:
            return None
        raise AssertionError(f"{entry.method} {entry.path} is not in the documents of {self.version}")

    def complaints(self, entry: Entry) -> list[str]:
        """How a recorded call differs from the document."""
        found = self.operation(entry)
        if found is None or entry.bodies is None:
            return []
        template, operation, document = found
        _, asked, _, answered = entry.bodies
        told = _query(operation, entry) + _version(operation, entry, self.version)
        if asked.startswith((b"{", b"[")) and entry.status < 400:
            told += _request(template, operation, document, orjson.loads(asked))
        if answered.startswith((b"{", b"[")):
            told += _answer(template, operation, document, entry.status, orjson.loads(answered))
        return [f"{entry.method} {template} ({entry.status}): {one}" for one in told]


def _query(operation: Schema, entry: Entry) -> list[str]:
    if entry.status >= 400:
        return []
    known = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "query"}
    given = {name for name, _ in parse_qsl(entry.target.partition("?")[2])}
    needed = {name for name, one in known.items() if one.get("required")}
    return [f"parameter {name}" for name in given - set(known)] + [f"lacks {name}" for name in needed - given]


def _version(operation: Schema, entry: Entry, version: str) -> list[str]:
    assert entry.bodies is not None
    sent = entry.bodies[0].get("version", "")
    is_v3 = sent == "v3"
    return [] if is_v3 == (version == "v3") or entry.path == "/oauth/token" else [f"version {sent}"]


def _request(template: str, operation: Schema, document: Schema, body: Any) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return [] if body == {} else ["a body where the document has none"]
    schema = resolved(content["schema"], document)
    judged = _loosened(schema) if template.endswith(tuple(LOOSE_BODIES)) else schema
    errors = [one.message for one in jsonschema_rs.validator_for(as_json_schema(judged, loose=False)).iter_errors(body)]
    return errors + [f"sends {key}" for key in strangers(schema, body) if key not in MORE_IN_BODIES]


def _loosened(schema: Schema) -> Schema:
    properties = {name: one for name, one in schema.get("properties", {}).items()
                  if name not in ("customFields", "businessId")}  # fmt: skip
    required = [name for name in schema.get("required", ()) if name not in ("query", "searchAfter", "businessId")]
    return {**schema, "properties": properties, "required": required}


def _answer(template: str, operation: Schema, document: Schema, status: int, body: Any) -> list[str]:
    response = operation["responses"].get(str(status))
    if response is None:
        return [] if status >= 400 else [f"status {status}"]
    content = response.get("content", {}).get("application/json", {})
    if "schema" not in content or template in TYPED_AS_ASSOCIATION:
        return []
    schema = resolved(content["schema"], document)
    validator = jsonschema_rs.validator_for(as_json_schema(schema, loose=True))
    errors = [
        f"/{'/'.join(map(str, one.instance_path))}: {one.message}"
        for one in validator.iter_errors(body)
        if not any(place in WRONG_ANSWERS for place in one.instance_path)
    ]
    return errors + [f"tells {key}" for key in strangers(schema, body) if key not in MORE_IN_ANSWERS]


def resolved(schema: Any, document: Schema, seen: tuple[str, ...] = ()) -> Schema:
    """The schema with its references looked up and every `allOf` folded into one."""
    if not isinstance(schema, dict):
        return {}
    if "$ref" in schema:
        reference = schema["$ref"]
        if not reference.startswith("#") or reference in seen:
            return {}
        return resolved(document["components"]["schemas"][reference.split("/")[-1]], document, (*seen, reference))
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", ()):
        folded = resolved(part, document, seen)
        whole = {**whole, **folded, "properties": {**whole.get("properties", {}), **folded.get("properties", {})}}
    if "properties" in whole:
        whole["properties"] = {name: resolved(one, document, seen) for name, one in whole["properties"].items()}
    if "items" in whole:
        whole["items"] = resolved(whole["items"], document, seen)
    for key in ("oneOf", "anyOf"):
        if key in whole:
            whole[key] = [resolved(one, document, seen) for one in whole[key]]
    return whole


def as_json_schema(schema: Schema, *, loose: bool) -> Schema:
    """OpenAPI 3.0 as JSON Schema. `loose`: any value may be null. A bare `object` says nothing: the dump types so."""
    if schema.get("type") == "object" and not schema.get("properties"):
        return {}
    kept: Schema = {key: value for key, value in schema.items() if key in KEPT}
    if "properties" in kept:
        kept["properties"] = {name: as_json_schema(one, loose=loose) for name, one in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = as_json_schema(kept["items"], loose=loose)
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        return {"anyOf": [as_json_schema(one, loose=loose) for one in choices] + ([{"type": "null"}] if loose else [])}
    if loose and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
        if "enum" in kept:
            kept["enum"] = [*kept["enum"], None]
    return kept


def strangers(schema: Schema, value: Any) -> set[str]:
    """Keys of a value that its schema does not know; objects without properties know all."""
    if isinstance(value, list):
        return {key for item in value for key in strangers(schema.get("items", {}), item)}
    properties = schema.get("properties")
    if not isinstance(value, dict) or not properties or schema.get("additionalProperties"):
        return set()
    unknown = set(value) - set(properties)
    return unknown | {key for name in value if name in properties for key in strangers(properties[name], value[name])}

"""A vendor's OpenAPI document, made ready for judging: operations by path, schemas compiled once.

OpenAPI 3.0 (Cliniko, older Zoho files) is turned into the JSON Schema that 3.1 uses: `nullable` becomes a type.
Known errors of a document are corrected before anything is compiled, so that they cannot hide inside `oneOf`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import orjson
from ruamel.yaml import YAML

from gurney.testing.forms import form_kind

METHODS = ("get", "post", "put", "patch", "delete")
_BASE = "https://specification.invalid/"


class Check:
    """A schema that is compiled when first needed: a test touches a few operations of hundreds."""

    def __init__(self, compile: Callable[[], jsonschema_rs.Validator]) -> None:
        self._compile = compile

    @cached_property
    def validator(self) -> jsonschema_rs.Validator:
        return self._compile()

    def problems(self, value: Any) -> Iterator[tuple[str, str]]:
        """Where a value is wrong, and in which way."""
        if not self.validator.is_valid(value):
            for error in self.validator.iter_errors(value):
                yield "".join(f"/{part}" for part in error.instance_path), str(error.message)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation."""

    name: str
    place: str
    """'query', 'path' or 'header'."""
    required: bool
    schema: Mapping[str, Any]
    check: Check

    def read(self, texts: Sequence[str]) -> Any:
        """The parameter's value as its schema types it, so far as the texts allow."""
        kind = self.schema.get("type")
        if kind == "array":
            item = self.schema.get("items") or {}
            return [_typed(text, item.get("type")) for joined in texts for text in joined.split(",")]
        return _typed(texts[-1], kind)


@dataclass(frozen=True, slots=True)
class Form:
    """A body of named fields."""

    schema: Mapping[str, Any]
    check: Check

    def read(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """The fields as their schemas type them, so far as the texts allow."""
        kinds = self.schema.get("properties") or {}
        return {name: _typed(text, (kinds.get(name) or {}).get("type")) for name, text in texts.items()}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    """The template, with the server's base path."""
    pattern: re.Pattern[str]
    parameters: Sequence[Parameter]
    body: Check | None
    """None where the specification asks for no JSON body."""
    forms: Mapping[str, Form]
    """By content type, where the specification asks for a form."""
    body_required: bool
    responses: Mapping[str, Check | None]
    """By status as written ('200', '4XX', 'default'); None where no JSON body is described."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def response(self, status: int) -> tuple[bool, Check | None]:
        """Whether the status is documented, and what its body must be."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.responses:
                return True, self.responses[key]
        return False, None


class Document:
    """The operations of one OpenAPI file."""

    def __init__(self, name: str, root: dict[str, Any], registry: jsonschema_rs.Registry) -> None:
        """`root` is the document as `linked` prepares it; the registry holds it and those that it refers to."""
        self.name = name
        self._root = root
        self._uri = _BASE + name
        self._registry = registry
        self._base_path = _base_path(root)
        self.operations = [operation for path in root["paths"] for operation in self._of_path(path)]

    def _of_path(self, path: str) -> list[Operation]:
        item = self._root["paths"][path]
        return [self._operation(path, method, item) for method in METHODS if method in item]

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        described = item[method]
        here = f"#/paths/{_escaped(path)}/{method}"
        given = [self._resolved(one, "")[0] for holder in (item, described) for one in holder.get("parameters") or ()]
        body, body_at = self._resolved(described.get("requestBody"), f"{here}/requestBody")
        whole = self._base_path + path
        return Operation(
            method=method.upper(),
            path=whole,
            pattern=re.compile(re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(whole))),
            parameters=[self._parameter(one) for one in given if one],
            body=self._json(body, body_at),
            forms=self._forms(body, body_at),
            body_required=bool(body and body.get("required")),
            responses={
                str(status): self._json(*self._resolved(answer, f"{here}/responses/{status}"))
                for status, answer in described["responses"].items()
            },
        )

    def _parameter(self, found: Mapping[str, Any]) -> Parameter:
        schema, _ = self._resolved(found.get("schema") or {}, "")
        return Parameter(
            name=found["name"],
            place=found["in"],
            required=bool(found.get("required")),
            schema=schema or {},
            check=self._check(self._absolute(found.get("schema") or {})),
        )

    def _resolved(self, node: Any, at: str) -> tuple[Mapping[str, Any] | None, str]:
        """The node that a reference leads to, and where it stands."""
        while isinstance(node, Mapping) and str(node.get("$ref", "")).startswith("#/"):
            at = node["$ref"]
            node = _pointed(self._root, at)
        return node, at

    def _json(self, holder: Mapping[str, Any] | None, at: str) -> Check | None:
        for kind in (holder or {}).get("content") or {}:
            if "json" in kind and "schema" in (holder or {})["content"][kind]:
                return self._check({"$ref": f"{self._uri}{at}/content/{_escaped(kind)}/schema"})
        return None

    def _forms(self, holder: Mapping[str, Any] | None, at: str) -> dict[str, Form]:
        """The forms of a request by content type."""
        found = (holder or {}).get("content") or {}
        kinds = [kind for kind in found if form_kind(kind) and "schema" in found[kind]]
        return {kind: self._form(found[kind], f"{at}/content/{_escaped(kind)}") for kind in kinds}

    def _form(self, holder: Mapping[str, Any], at: str) -> Form:
        schema, _ = self._resolved(holder.get("schema") or {}, "")
        return Form(schema or {}, self._check({"$ref": f"{self._uri}{at}/schema"}))

    def _absolute(self, schema: Any) -> Any:
        """A small schema with its references made absolute."""
        if isinstance(schema, Mapping):
            return {
                key: self._uri + value if key == "$ref" and value.startswith("#") else self._absolute(value)
                for key, value in schema.items()
            }
        return [self._absolute(one) for one in schema] if isinstance(schema, list) else schema

    def _check(self, schema: dict[str, Any]) -> Check:
        registry = self._registry
        return Check(lambda: jsonschema_rs.Draft202012Validator(schema, registry=registry, validate_formats=True))


@cache
def read_document(file: Path) -> dict[str, Any]:
    """An OpenAPI file, JSON or YAML, as JSON holds it: keys and dates are text. Read once: YAML takes seconds."""
    if file.suffix == ".json":
        read: dict[str, Any] = orjson.loads(file.read_bytes())
        return read
    loaded = YAML(typ="safe").load(file.read_bytes())
    plain: dict[str, Any] = orjson.loads(orjson.dumps(loaded, option=orjson.OPT_NON_STR_KEYS))
    return plain


def linked(documents: Mapping[str, dict[str, Any]]) -> list[Document]:
    """The documents with their references to one another; the given ones must already be corrected.

    References to files that are not there, or to nothing, are dropped: what they would demand is not judged.
    """
    roots: dict[str, dict[str, Any]] = {}
    for name, openapi in documents.items():
        roots[name] = openapi if openapi["openapi"].startswith("3.1") else modern_schema(openapi)
        walk(roots[name], partial(_relink, roots[name], documents.keys()))
    registry = jsonschema_rs.Registry([(_BASE + name, root) for name, root in roots.items()])
    return [Document(name, root, registry) for name, root in roots.items()]


def _relink(root: dict[str, Any], names: Set[str], pointer: str, node: dict[str, Any]) -> None:
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return
    file, _, fragment = reference.partition("#")
    name = file.rpartition("/")[2].removesuffix(".json")
    if file:
        node["$ref"] = f"{_BASE}{name}#{fragment}"
    if name not in names if file else _pointed(root, reference) is None:
        del node["$ref"]


def modern_schema(node: Any) -> Any:
    """An OpenAPI 3.0 document in the schema language of 3.1."""
    if isinstance(node, list):
        return [modern_schema(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    made = {key: modern_schema(value) for key, value in node.items() if key != "nullable"}
    for exclusive, plain in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        if isinstance(made.get(exclusive), bool) and made.pop(exclusive) and plain in made:
            made[exclusive] = made.pop(plain)
    return _or_null(made) if node.get("nullable") is True else made


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema


def walk(node: Any, change: Callable[[str, dict[str, Any]], None], at: str = "") -> None:
    """Call `change` with the pointer and the mapping for every mapping of a document, parents first."""
    if isinstance(node, dict):
        change(at, node)
        for key, value in node.items():
            walk(value, change, f"{at}/{_escaped(str(key))}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            walk(value, change, f"{at}/{place}")


def _base_path(openapi: Mapping[str, Any]) -> str:
    server = (openapi.get("servers") or [{"url": ""}])[0]
    url: str = server["url"]
    for name, variable in (server.get("variables") or {}).items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return urlsplit(url).path.rstrip("/")


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _pointed(root: Any, reference: str) -> Any:
    """What a local reference leads to; None where that is nothing."""
    for part in reference.removeprefix("#/").split("/"):
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if not isinstance(root, Mapping) or key not in root:
            return None
        root = root[key]
    return root


def _typed(text: str, kind: Any) -> Any:
    if kind in ("integer", "number") and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text

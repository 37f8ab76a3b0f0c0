"""Holds recorded traffic against the vendors' own specifications (design, section 13).

A request must be one that the vendor describes, and an answer what the vendor promises. Where a specification
is known to be wrong, `known_spec_errors.toml` says so, each with its reason: nothing else is tolerated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import orjson

from gurney.testing.forms import fields_of, form_kind
from gurney.testing.openapi import Check, Document, Operation, linked, read_document, walk
from gurney.testing.recording import Exchange

Side = Literal["request", "response"]
FIRST_OPINIONS = {
    "cliniko": "spec/openapi-2025-08.fixed.json",
    "highlevel": "spec/v2/*.json",
    "pipedrive": "spec/openapi-v*.yaml",
    "zoho": "spec/oas-v8-2026/*.json",
}
SECOND_OPINIONS = {"highlevel": "spec/v3/*.json", "zoho": "spec/oas-v8-2025/*.json"}

_UNKNOWN = "is not described"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that the specification does not allow."""

    side: Side
    path: str
    """Method and path template, or the path as sent where no template fits."""
    pointer: str
    """Where in the body, or the parameter's name."""
    words: str

    def __str__(self) -> str:
        return f"{self.path} {self.side} {self.pointer}: {self.words}"


@dataclass(frozen=True, slots=True)
class Tolerated:
    """A known error of a specification that cannot be corrected in it."""

    reason: str
    path: re.Pattern[str]
    side: Side | None
    pointer: re.Pattern[str]
    words: re.Pattern[str]

    def covers(self, violation: Violation) -> bool:
        return bool(
            self.path.search(violation.path)
            and (self.side is None or self.side == violation.side)
            and self.pointer.search(violation.pointer)
            and self.words.search(violation.words)
        )


class SpecValidator:
    """Judges exchanges with one vendor."""

    def __init__(
        self,
        documents: Sequence[Document],
        *,
        second_opinion: Sequence[Document] = (),
        tolerated: Sequence[Tolerated] = (),
        outside: Sequence[re.Pattern[str]] = (),
    ) -> None:
        """`outside`: paths that no specification describes and that are not judged.

        The second opinion is another state of the vendor's files. It is believed where it describes a path, a
        parameter or a status that the first does not know; about bodies the first alone is heard.
        """
        self._first, self._second = _Opinion(documents), _Opinion(second_opinion)
        self._tolerated = tolerated
        self._outside = outside

    def validate(self, exchange: Exchange) -> list[Violation]:
        """What is wrong with the request and with its answer."""
        path = urlsplit(exchange.url).path
        if any(pattern.search(path) for pattern in self._outside):
            return []
        first, second = self._first.judge(exchange), self._second.judge(exchange)
        if first is None:
            first = second
        if first is None:
            return [Violation("request", f"{exchange.method} {path}", "", "no such path or method is described")]
        return [one for one in first if not self._allowed(one, second) and not self._excused(one)]

    def validate_all(self, exchanges: Iterable[Exchange]) -> list[Violation]:
        return [violation for exchange in exchanges for violation in self.validate(exchange)]

    def _allowed(self, violation: Violation, second: list[Violation] | None) -> bool:
        """Whether the first opinion merely does not describe what the second does."""
        if second is None or not violation.words.endswith(_UNKNOWN):
            return False
        return not any((one.pointer, one.words) == (violation.pointer, violation.words) for one in second)

    def _excused(self, violation: Violation) -> bool:
        return any(one.covers(violation) for one in self._tolerated)


class _Opinion:
    """One set of documents: finds the operation that a request means, and judges by it."""

    def __init__(self, documents: Sequence[Document]) -> None:
        operations = [operation for document in documents for operation in document.operations]
        # A literal segment is meant before a parameter: /users is not /{module}.
        self._operations = sorted(operations, key=lambda one: ["{" in part for part in one.path.split("/")])
        self._found: dict[tuple[str, str], Operation | None] = {}

    def judge(self, exchange: Exchange) -> list[Violation] | None:
        """Violations of the request and of the response; None where the operation is not described."""
        url = urlsplit(exchange.url)
        operation = self._operation(exchange.method, url.path)
        if operation is None:
            return None
        query = parse_qsl(url.query, keep_blank_values=True)
        return [
            *_parameter_violations(operation, url.path, query, exchange.request_headers),
            *_request_violations(operation, exchange),
            *_response_violations(operation, exchange),
        ]

    def _operation(self, method: str, path: str) -> Operation | None:
        place = (method, path)
        if place not in self._found:
            fitting = (one for one in self._operations if one.method == method and one.pattern.fullmatch(path))
            self._found[place] = next(fitting, None)
        return self._found[place]


def _parameter_violations(
    operation: Operation, path: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str]
) -> list[Violation]:
    sent: dict[str, list[str]] = {}
    for name, text in query:
        sent.setdefault(name, []).append(text)
    known = {one.name for one in operation.parameters if one.place == "query"}
    found = [
        Violation("request", operation.name, name, f"such a query parameter {_UNKNOWN}")
        for name in sent
        if name not in known
    ]
    match = operation.pattern.fullmatch(path)
    in_path = dict(zip(re.findall(r"\{([^}]*)\}", operation.path), match.groups() if match else (), strict=False))
    for one in operation.parameters:
        elsewhere = in_path.get(one.name) if one.place == "path" else headers.get(one.name.lower())
        texts = sent.get(one.name, []) if one.place == "query" else [elsewhere] if elsewhere is not None else []
        if not texts:
            if one.required:
                found.append(Violation("request", operation.name, one.name, "required parameter is missing"))
        else:
            found += _errors("request", operation, one.check, one.read(texts), one.name)
    return found


def _request_violations(operation: Operation, exchange: Exchange) -> list[Violation]:
    if exchange.request_body is None:
        return []
    content_type = exchange.request_headers.get("content-type", "")
    kind = form_kind(content_type)
    if kind and exchange.request_body:
        form = operation.forms.get(kind)
        sent = fields_of(content_type, exchange.request_body)
        return _errors("request", operation, form.check, form.read(sent), "") if form else []
    if not exchange.request_body:
        if operation.body_required and operation.body is not None:
            return [Violation("request", operation.name, "", "a body is required")]
        return []
    if operation.body is None:
        return [Violation("request", operation.name, "", "no JSON body is described")]
    return _body_violations("request", operation, operation.body, exchange.request_body)


def _response_violations(operation: Operation, exchange: Exchange) -> list[Violation]:
    documented, check = operation.response(exchange.status)
    if not documented:
        return [Violation("response", operation.name, "", f"status {exchange.status} {_UNKNOWN}")]
    if check is None or not exchange.response_body:
        return []
    return _body_violations("response", operation, check, exchange.response_body)


def _body_violations(side: Side, operation: Operation, check: Check, body: bytes) -> list[Violation]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [Violation(side, operation.name, "", "the body is not JSON")]
    return _errors(side, operation, check, document, "")


def _errors(side: Side, operation: Operation, check: Check, value: Any, at: str) -> list[Violation]:
    return [Violation(side, operation.name, at + where, words[:300]) for where, words in check.problems(value)]


class Validators(Mapping[str, SpecValidator]):
    """A validator by vendor, read when first asked for: reading one vendor's documents can take seconds."""

    def __init__(self, vendors: Path) -> None:
        self._vendors = vendors.resolve()

    def __getitem__(self, vendor: str) -> SpecValidator:
        if vendor not in set(self):
            raise KeyError(vendor)
        return _load(vendor, self._vendors)

    def __iter__(self) -> Iterator[str]:
        return (vendor for vendor in FIRST_OPINIONS if (self._vendors / vendor).is_dir())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def load_validators(vendors: Path) -> Validators:
    """The validators of a folder that holds the vendors' specifications. Each is compiled once a process."""
    return Validators(vendors)


def load_second_opinion(vendors: Path, vendor: str) -> SpecValidator:
    """The validator of the vendor's second documents alone: what a later version of the interface says."""
    return _read(vendors.resolve() / vendor, SECOND_OPINIONS[vendor], "")


@cache
def _load(vendor: str, vendors: Path) -> SpecValidator:
    return _read(vendors / vendor, FIRST_OPINIONS[vendor], SECOND_OPINIONS.get(vendor, ""))


def _read(folder: Path, first: str, second: str) -> SpecValidator:
    known = known_errors(folder.name)
    return SpecValidator(
        _documents(folder, first, known["correction"]),
        second_opinion=_documents(folder, second, known["correction"]),
        tolerated=[tolerated_of(one) for one in known["tolerated"]],
        outside=[re.compile(one["path"]) for one in known["outside"]],
    )


def tolerated_of(entry: Mapping[str, Any]) -> Tolerated:
    """An entry of known_spec_errors.toml."""
    return Tolerated(
        reason=entry["reason"],
        path=re.compile(entry.get("path", "")),
        side=entry.get("side"),
        pointer=re.compile(entry.get("pointer", "")),
        words=re.compile(entry.get("words", "")),
    )


def known_errors(vendor: str) -> dict[str, list[dict[str, Any]]]:
    """The vendor's entries of known_spec_errors.toml by kind."""
    text = files("gurney.testing").joinpath("known_spec_errors.toml").read_text("utf-8")
    entries = tomllib.loads(text)
    return {
        kind: [one for one in entries.get(kind, []) if one["vendor"] == vendor]
        for kind in ("correction", "tolerated", "outside")
    }


def _documents(folder: Path, pattern: str, corrections: Sequence[Mapping[str, Any]]) -> list[Document]:
    found = sorted(folder.glob(pattern)) if pattern else []
    raw = {file.stem: read_document(file) for file in found}
    return linked({name: corrected(document, name, corrections) for name, document in raw.items()})


def corrected(document: dict[str, Any], name: str, corrections: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The document without its known errors; known_spec_errors.toml describes the entries."""
    made = deepcopy(document)
    for one in corrections:
        if re.search(one.get("document", ""), name):
            walk(made, partial(_correct, re.compile(one.get("at", "")), one))
    return made


def _correct(at: re.Pattern[str], correction: Mapping[str, Any], pointer: str, node: dict[str, Any]) -> None:
    where = correction.get("where", {})
    if at.search(pointer) and all(node.get(key) == value for key, value in where.items()):
        for key in correction.get("drop", ()):
            node.pop(key, None)
        node.update(deepcopy(correction.get("set", {})))
        if correction.get("as_list"):
            node["schema"] = {"type": "array", "items": node["schema"]}

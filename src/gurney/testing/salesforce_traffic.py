"""Holds recorded Salesforce traffic against what the vendor published: recorded describes, WSDLs, its documents.

No OpenAPI exists (spec/SOURCES.md). So each call of FACTS 3 to 8 is a row of CALLS, which names who judges its bodies:
records by the fields they name, results and deployments by the WSDLs' types, describes by recorded ones. What no row
describes is a violation; known_spec_errors.toml lists what is tolerated, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from gurney.testing.forms import fields_of, form_kind
from gurney.testing.recording import Exchange
from gurney.testing.salesforce_fields import ID, Fields, recorded
from gurney.testing.salesforce_records import Found, describe_problems, query_problems, record_problems, select_problems
from gurney.testing.traffic import Side, Tolerated, Violation, known_errors, tolerated_of
from gurney.testing.wsdl import Wsdl

API = r"/services/data/v\d+\.0"
VENDOR = "salesforce"
OLD_OBJECTS = ("Product2", "User", "Organization")
"""What the enterprise WSDL is asked for: no describe of these was recorded."""
MOST_ROWS, MOST_RETRIEVED, MOST_CHUNKS, MOST_SUBREQUESTS, MOST_COLLECTIONS = 200, 2000, 10, 25, 5
"""FACTS 3.2, 3.3."""


@dataclass(frozen=True)
class Asked:
    """One exchange, read."""

    match: re.Match[str]
    query: Mapping[str, list[str]]
    sent: Any
    status: int
    got: Any

    @property
    def object(self) -> str:
        return self.match["object"]

    @property
    def succeeded(self) -> bool:
        return self.status < 300


Judge = Callable[["SalesforceValidator", Asked], Iterator[tuple[Side, str, str]]]


@dataclass
class SalesforceValidator:
    """Judges exchanges with one organisation."""

    fields: Fields
    metadata: Wsdl
    partner: Wsdl
    describes: Mapping[str, Any]
    """Recorded describes by lower-case name."""
    tolerated: Sequence[Tolerated] = ()
    outside: Sequence[re.Pattern[str]] = ()
    codes: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        words = (wsdl.words(name) for wsdl in (self.partner, self.metadata) for name in ("StatusCode",))
        self.codes = frozenset().union(*words, self.partner.words("ExceptionCode"))

    def validate(self, exchange: Exchange) -> list[Violation]:
        """What is wrong with the request and with its answer."""
        url = urlsplit(exchange.url)
        if any(pattern.search(url.path) for pattern in self.outside):
            return []
        if url.path.startswith("/services/Soap/"):
            found = [Violation(side, url.path, "", words) for side, words in self._soap(url.path, exchange)]
        else:
            found = self._rest(exchange, url.path, parse_qs(url.query))
        return [one for one in found if not any(known.covers(one) for known in self.tolerated)]

    def _soap(self, path: str, exchange: Exchange) -> Iterator[tuple[Side, str]]:
        wsdl = self.partner if path.startswith("/services/Soap/u/") else self.metadata
        for words in wsdl.message_complaints(exchange.request_body or b""):
            yield "request", words
        for words in wsdl.message_complaints(exchange.response_body or b""):
            yield "response", words

    def _rest(self, exchange: Exchange, path: str, query: Mapping[str, list[str]]) -> list[Violation]:
        rows = [row for row in CALLS if row.method == exchange.method and row.pattern.fullmatch(path)]
        if not rows:
            return [Violation("request", f"{exchange.method} {path}", "", "no such call is described")]
        [row, *_] = rows
        match = row.pattern.fullmatch(path)
        assert match is not None
        asked = Asked(match, query, _sent(exchange), exchange.status, _read(exchange.response_body))
        problems = [*row.judge(self, asked)] if asked.succeeded else [*self._refusal(asked)]
        return [Violation(side, row.name, at, words) for side, at, words in problems]

    def _refusal(self, asked: Asked) -> Iterator[tuple[Side, str, str]]:
        """A refused call tells a list of messages with codes (FACTS 13)."""
        if not isinstance(asked.got, list):
            yield "response", "", "a refusal is a list of errors"
            return
        for number, error in enumerate(asked.got):
            yield from self.error_problems(error, "errorCode", f"/{number}")

    def error_problems(self, error: Any, code: str, at: str) -> Iterator[tuple[Side, str, str]]:
        """An error names its code by one word in single calls, by another in collections."""
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            yield "response", at, "an error is an object with a message"
        elif error.get(code) not in self.codes:
            yield "response", f"{at}/{code}", f"{error.get(code)!r} is no code of the vendor's"

    def results(self, got: Any, rows: int | None, at: str = "") -> Iterator[tuple[Side, str, str]]:
        """The outcomes of a collection: one for each row, in order (FACTS 3.2)."""
        if not isinstance(got, list) or (rows is not None and len(got) != rows):
            yield "response", at, "a result for each row is expected"
            return
        for number, result in enumerate(got):
            yield from self.result(result, f"{at}/{number}")

    def result(self, result: Any, at: str = "") -> Iterator[tuple[Side, str, str]]:
        if not isinstance(result, dict):
            yield "response", at, "a result is an object"
            return
        plain = {name: value for name, value in result.items() if name != "errors"}
        for where, words in self.partner.problems("UpsertResult", plain, at):
            yield "response", where, words
        if result.get("success") and not ID.fullmatch(str(result.get("id"))):
            yield "response", f"{at}/id", "a success without an id"
        for number, error in enumerate(result.get("errors") or ()):
            yield from self.error_problems(error, "statusCode", f"{at}/errors/{number}")

    def answered(self, found: Iterable[Found]) -> Iterator[tuple[Side, str, str]]:
        return (("response", at, words) for at, words in found)

    def asked(self, found: Iterable[Found]) -> Iterator[tuple[Side, str, str]]:
        return (("request", at, words) for at, words in found)


def _sent(exchange: Exchange) -> Any:
    """The JSON of a request. That of a record with its file is a field of a form, of any name."""
    kind = exchange.request_headers.get("content-type", "")
    if form_kind(kind) is None or not exchange.request_body:
        return _read(exchange.request_body)
    fields = fields_of(kind, exchange.request_body).values()
    return _read(next((text.encode() for text in fields if text.startswith("{")), None))


def _read(body: bytes | None) -> Any:
    """The JSON of a body; None where there is none, or none was kept."""
    return orjson.loads(body) if body else None


# --- Who judges what


def _rows(
    judge: SalesforceValidator, asked: Asked, way: str, object: str = "", key: str = ""
) -> Iterator[tuple[Side, str, str]]:
    """A collection of records and its results. Without JSON (records with their files) the results alone."""
    records = asked.sent.get("records") if isinstance(asked.sent, dict) else None
    if asked.sent is not None and not isinstance(records, list):
        yield "request", "", "a collection has records"
        return
    yield from judge.results(asked.got, len(records) if records is not None else None)
    if records is None:
        return
    if len(records) > MOST_ROWS:
        yield "request", "/records", f"more than {MOST_ROWS} records"
    kinds = [one.get("attributes", {}).get("type") for one in records]
    if len([*groupby(kinds)]) > MOST_CHUNKS:
        yield "request", "/records", f"more than {MOST_CHUNKS} chunks of types"
    for number, record in enumerate(records):
        at = f"/records/{number}"
        if object and kinds[number] != object:
            yield "request", f"{at}/attributes", f"a record of another type than {object}"
        if key and not record.get(key):
            yield "request", f"{at}/{key}", "an upsert needs the external id in the record"
        yield from judge.asked(record_problems(judge.fields, kinds[number] or "", record, way, at))


def _insert(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    yield from _rows(judge, asked, "create")


def _update(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    yield from _rows(judge, asked, "update")


def _upsert(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    yield from _rows(judge, asked, "create", asked.object, asked.match["key"])


def _delete(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    ids = ",".join(asked.query.get("ids", [])).split(",")
    if not 0 < len(ids) <= MOST_ROWS or not all(map(ID.fullmatch, ids)):
        yield "request", "ids", f"1 to {MOST_ROWS} ids are expected"
    yield from judge.results(asked.got, len(ids))


def _retrieve(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    sent = asked.sent or {name: ",".join(values).split(",") for name, values in asked.query.items()}
    ids, names = sent.get("ids") or [], sent.get("fields") or []
    if not 0 < len(ids) <= MOST_RETRIEVED or not all(map(ID.fullmatch, ids)):
        yield "request", "/ids", f"1 to {MOST_RETRIEVED} ids are expected"
    yield from judge.asked(select_problems(judge.fields, asked.object, names))
    if not isinstance(asked.got, list) or len(asked.got) != len(ids):
        yield "response", "", "a record or null for each id is expected"
        return
    for number, record in enumerate(asked.got):
        if record is not None:
            yield from judge.answered(query_problems(judge.fields, record, f"/{number}", asked.object))


def _one(way: str) -> Judge:
    def judged(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
        if asked.sent is not None:
            yield from judge.asked(record_problems(judge.fields, asked.object, asked.sent, way, ""))
        if asked.got is not None:
            yield from judge.result(asked.got)

    return judged


def _record(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    yield from judge.answered(query_problems(judge.fields, asked.got, "", asked.object))


def _describe(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    sample = judge.describes.get(asked.object.casefold()) or judge.describes["custom__c"]
    yield from judge.answered(describe_problems(judge.fields, sample, asked.got))


def _query(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    """A query, or the next page of one."""
    for text in asked.query.get("q", ()):
        found = re.match(r"(?is)\s*SELECT\s+(?P<names>.+?)\s+FROM\s+(?P<object>\w+)", text)
        names = found["names"].split(",") if found else []
        plain = [name.strip() for name in names if re.fullmatch(r"\s*\w+\s*", name)]
        yield from judge.asked(select_problems(judge.fields, found["object"] if found else "", plain))
    got = asked.got
    if not isinstance(got, dict) or not {"totalSize", "done", "records"} <= got.keys():
        yield "response", "", "a query tells totalSize, done and records"
        return
    if got["done"] is not True and "nextRecordsUrl" not in got:
        yield "response", "/nextRecordsUrl", "there is more, but nowhere"
    for number, record in enumerate(got["records"]):
        yield from judge.answered(query_problems(judge.fields, record, f"/records/{number}"))


def _composite(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    """Each part is a call of its own, and judged as one (FACTS 3.3)."""
    parts, answers = asked.sent.get("compositeRequest") or [], asked.got.get("compositeResponse") or []
    heavy = [part for part in parts if re.search(r"/(query|queryAll|composite/sobjects)\b", part["url"])]
    if len(parts) > MOST_SUBREQUESTS or len(heavy) > MOST_COLLECTIONS:
        yield "request", "/compositeRequest", f"more than {MOST_SUBREQUESTS} parts or {MOST_COLLECTIONS} collections"
    if [part["referenceId"] for part in parts] != [answer["referenceId"] for answer in answers]:
        yield "response", "/compositeResponse", "an answer for each part is expected"
        return
    for number, (part, answer) in enumerate(zip(parts, answers, strict=True)):
        body = orjson.dumps(part["body"]) if "body" in part else b""
        exchange = Exchange(
            part["method"], part["url"], {}, body, answer["httpStatusCode"], {}, orjson.dumps(answer["body"])
        )
        for one in judge.validate(exchange):
            yield one.side, f"/{number}{one.pointer}", f"{one.path}: {one.words}"


def _deployment(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    got = asked.got if isinstance(asked.got, dict) else {}
    if not {"id", "deployResult"} <= got.keys():
        yield "response", "", "a deployment tells its id and its result"
    for key, type in (("deployResult", "DeployResult"), ("deployOptions", "DeployOptions")):
        yield from judge.answered(judge.metadata.problems(type, got.get(key), f"/{key}"))


def _limits(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    for name, told in asked.got.items():
        if not isinstance(told.get("Max"), int) or not isinstance(told.get("Remaining"), int):
            yield "response", f"/{name}", "a limit tells Max and Remaining"


def _nothing(judge: SalesforceValidator, asked: Asked) -> Iterator[tuple[Side, str, str]]:
    """What has no JSON to judge: bytes of files, CSV, 204."""
    return iter(())


@dataclass(frozen=True)
class Call:
    """One call that the vendor documents."""

    method: str
    template: str
    judge: Judge
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        named = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template)
        object.__setattr__(self, "pattern", re.compile(f"{API}{named}/?"))

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"


CALLS: tuple[Call, ...] = (
    Call("POST", "/composite/sobjects", _insert),
    Call("PATCH", "/composite/sobjects", _update),
    Call("DELETE", "/composite/sobjects", _delete),
    Call("PATCH", "/composite/sobjects/{object}/{key}", _upsert),
    Call("POST", "/composite/sobjects/{object}", _retrieve),
    Call("GET", "/composite/sobjects/{object}", _retrieve),
    Call("POST", "/composite", _composite),
    Call("GET", "/query", _query),
    Call("GET", "/queryAll", _query),
    Call("GET", "/query/{locator}", _query),
    Call("GET", "/queryAll/{locator}", _query),
    Call("GET", "/tooling/query", _nothing),
    Call("GET", "/limits", _limits),
    Call("GET", "/sobjects/{object}/describe", _describe),
    Call("POST", "/sobjects/{object}", _one("create")),
    Call("GET", "/sobjects/{object}/{id}", _record),
    Call("PATCH", "/sobjects/{object}/{id}", _one("update")),
    Call("DELETE", "/sobjects/{object}/{id}", _nothing),
    Call("PATCH", "/sobjects/{object}/{key}/{value}", _one("create")),
    Call("GET", "/sobjects/{object}/{id}/VersionData", _nothing),
    Call("GET", "/sobjects/{object}/{id}/Content", _nothing),
    Call("POST", "/metadata/deployRequest", _deployment),
    Call("GET", "/metadata/deployRequest/{id}", _deployment),
    Call("POST", "/jobs/ingest", _nothing),
    Call("GET", "/jobs/ingest/{id}", _nothing),
    Call("PATCH", "/jobs/ingest/{id}", _nothing),
    Call("PUT", "/jobs/ingest/{id}/batches", _nothing),
    Call("GET", "/jobs/ingest/{id}/{results}", _nothing),
)
"""FACTS 3 to 8. The narrow ones first."""


def load_salesforce_validator(vendors: Path, packages: Iterable[Mapping[str, bytes]] = ()) -> SalesforceValidator:
    """A judge from the folder of the vendors' specifications, which knows the fields that these packages made."""
    spec = vendors / VENDOR / "spec"
    fields, describes = Fields(), recorded(spec)
    for told in describes:
        fields.learn_describe(told)
    fields.learn_wsdl(Wsdl(spec / "wsdl" / "enterprise-27.0.wsdl"), OLD_OBJECTS)
    for package in packages:
        fields.learn_package(package)
    known = known_errors(VENDOR)
    return SalesforceValidator(
        fields,
        metadata=Wsdl(spec / "wsdl" / "metadata-63.0.wsdl"),
        partner=Wsdl(spec / "wsdl" / "partner-47.0.wsdl"),
        describes={told["name"].casefold(): told for told in describes},
        tolerated=[tolerated_of(one) for one in known["tolerated"]],
        outside=[re.compile(one["path"]) for one in known["outside"]],
    )

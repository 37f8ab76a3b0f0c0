"""An organisation written answer by answer: the test says what Salesforce replies, and looks at what was asked."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx2
import orjson

from gurney.destinations.salesforce.access import SalesforceAccess
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.destination import Salesforce
from gurney.destinations.salesforce.limits import api_path, pacer_limits
from gurney.records import File, Kind, OperationKey, Value, Write
from gurney.runtime import Runtime
from gurney.transport import Pacer
from virtual_clock import VirtualClock

START = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
LOGIN = "https://harbour.my.salesforce.com"
INSTANCE = "https://harbour.my.salesforce.com"
ME = "005000000000001AAA"
TOKEN = {
    "access_token": "00D1!aa.bb",
    "instance_url": INSTANCE,
    "id": f"https://login.salesforce.com/id/00D000000000001EAA/{ME}",
    "token_type": "Bearer",
    "issued_at": "1767225600000",
    "signature": "c2ln",
    "scope": "api refresh_token",
}
KEY = "Cliniko_Id__c"


@dataclass
class Asked:
    """One request as Salesforce would see it."""

    method: str
    path: str
    params: dict[str, str]
    body: Any
    headers: httpx2.Headers
    raw: bytes = b""

    @property
    def query(self) -> str:
        return self.params["q"]


@dataclass
class Org:
    """Replies by 'METHOD /path'; a list is used up one by one, a function sees the request, an error is raised.

    A reply is a JSON body, or (status, body) or (status, body, headers); bytes travel as they are, None is 204.
    """

    replies: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    token: Any = field(default_factory=lambda: dict(TOKEN))
    tokens_made: int = 0
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    def on(self, call: str, reply: Any) -> None:
        self.replies[call] = reply

    def calls(self, call: str) -> list[Asked]:
        return [each for each in self.asked if f"{each.method} {each.path}" == call]

    def object(
        self, name: str, *fields: dict[str, Any], children: tuple[dict[str, Any], ...] = (), **more: Any
    ) -> None:
        """An object that describe shows, with the system's own fields."""
        self.on(f"GET /sobjects/{name}/describe", describe(name, *fields, children=children, **more))

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        raw = await request.aread()
        if request.url.path == "/services/oauth2/token":
            return self._token(raw)
        is_json = request.headers.get("Content-Type", "").startswith("application/json")
        asked = Asked(
            request.method,
            request.url.path.removeprefix(api_path()),
            dict(request.url.params),
            orjson.loads(raw) if is_json and raw else None,
            request.headers,
            raw,
        )
        self.asked.append(asked)
        return self.response(self.reply(asked))

    def reply(self, asked: Asked) -> Any:
        call = f"{asked.method} {asked.path}"
        found = self.replies.get(call, _NOTHING)
        if found is _NOTHING and call == "POST /composite":
            return composite(self, asked)
        if found is _NOTHING:
            raise AssertionError(f"nobody said what to answer to {call}")
        if isinstance(found, Script):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found(asked) if callable(found) else found

    def response(self, reply: Any) -> httpx2.Response:
        if isinstance(reply, Exception):
            raise reply
        if reply is None:
            return httpx2.Response(204)
        status, body, *headers = reply if isinstance(reply, tuple) else (200, reply)
        if isinstance(body, bytes):
            return httpx2.Response(status, content=body, headers=headers[0] if headers else {})
        return httpx2.Response(status, json=body, headers=headers[0] if headers else {})

    def _token(self, raw: bytes) -> httpx2.Response:
        self.tokens_made += 1
        self.forms.append(parse_qs(raw.decode()))
        found = self.token(self.forms[-1]) if callable(self.token) else self.token
        status, body = found if isinstance(found, tuple) else (200, found)
        if "access_token" in body:
            body = {**body, "access_token": f"00D1!token.{self.tokens_made}"}
        return httpx2.Response(status, json=body)


_NOTHING = object()


class Script(list[Any]):
    """Replies to the same call, one after the other; the last one stays."""


def composite(org: Org, asked: Asked) -> dict[str, Any]:
    """A composite's answer, made of what the test said for each of its calls."""
    parts = []
    for part in asked.body["compositeRequest"]:
        path, _, query = part["url"].removeprefix(api_path()).partition("?")
        params = {name: values[0] for name, values in parse_qs(query).items()}
        inner = Asked(part["method"], path, params, part.get("body"), httpx2.Headers(part.get("httpHeaders") or {}))
        org.asked.append(inner)
        found = org.reply(inner)
        status, body, *_ = found if isinstance(found, tuple) else (204 if found is None else 200, found)
        parts.append({"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": part["referenceId"]})
    return {"compositeResponse": parts}


def describe(
    name: str, *fields: dict[str, Any], children: tuple[dict[str, Any], ...] = (), **more: Any
) -> dict[str, Any]:
    """An object as the recorded describes show one."""
    return {
        "name": name,
        "label": name,
        "labelPlural": f"{name}s",
        "custom": name.endswith("__c"),
        "keyPrefix": "003",
        "createable": True,
        "deletable": True,
        "fields": [*system_fields(), *fields],
        "childRelationships": list(children),
        **more,
    }


def a_field(name: str, type: str = "string", **more: Any) -> dict[str, Any]:
    """A field as the recorded describes show one."""
    return {
        "name": name,
        "label": name.replace("_", " "),
        "type": type,
        "length": 255 if type in {"string", "textarea", "picklist", "url"} else 0,
        "precision": 0,
        "scale": 0,
        "nillable": True,
        "createable": True,
        "updateable": True,
        "defaultedOnCreate": False,
        "unique": False,
        "externalId": False,
        "custom": name.endswith("__c"),
        "picklistValues": [],
        "referenceTo": [],
        "htmlFormatted": False,
        "extraTypeInfo": None,
        **more,
    }


def key_field(name: str = KEY) -> dict[str, Any]:
    return a_field(name, length=64, unique=True, externalId=True, caseSensitive=True)


def system_fields() -> list[dict[str, Any]]:
    silent = {"createable": False, "updateable": False, "nillable": False, "defaultedOnCreate": True}
    return [
        a_field("Id", "id", **silent),
        a_field("OwnerId", "reference", referenceTo=["User"], nillable=False, defaultedOnCreate=True),
        a_field("CreatedDate", "datetime", **silent),
        a_field("SystemModstamp", "datetime", **silent),
        a_field("LastModifiedById", "reference", referenceTo=["User"], **silent),
    ]


def a_child(object: str, field: str, *, cascades: bool = True, restricts: bool = False) -> dict[str, Any]:
    return {"childSObject": object, "field": field, "cascadeDelete": cascades, "restrictedDelete": restricts}


def an_id(number: int, prefix: str = "003") -> str:
    """An id with 18 characters; its checksum is that of digits."""
    return f"{prefix}{number:012d}AAA"


def made(number: int, *, created: bool | None = None) -> dict[str, Any]:
    """A row that was taken. Only upserts tell whether they created."""
    return {"id": an_id(number), "success": True, "errors": []} | ({} if created is None else {"created": created})


def refused(code: str, message: str = "no", *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}


def error(code: str, message: str = "no", *fields: str, status: int = 400) -> tuple[int, list[dict[str, Any]]]:
    """A call that was refused as a whole."""
    return status, [{"errorCode": code, "message": message, "fields": list(fields)}]


def rows(*found: dict[str, Any]) -> dict[str, Any]:
    """A query's only page."""
    return {"totalSize": len(found), "done": True, "records": list(found)}


def upserts(asked: Asked) -> list[dict[str, Any]]:
    """Takes every row: the record's number is the key's."""
    return [made(int(row[KEY]), created=True) for row in asked.body["records"]]


def in_values(query: str) -> list[str]:
    """The values of a query's IN (...), unquoted."""
    inside = re.search(r" IN \((.*?)\)(?: |$)", query)
    return re.findall(r"'((?:[^'\\]|\\.)*)'", inside[1]) if inside else []


def a_write(id: str, object: str = "Contact", *, kind: Kind = Kind.CREATE, **fields: Value) -> Write:
    """A write of the record with this key; updates go to the record of that number."""
    updating = kind is not Kind.CREATE
    return Write(
        OperationKey("S1", "patients", id),
        object,
        key_field=KEY,
        key_value=id,
        fields=fields if updating else {KEY: id, **fields},
        kind=kind,
        destination_id=an_id(int(id)) if updating else None,
    )


@dataclass
class Jobs:
    """Bulk jobs of an organisation. `judge` says of each line: (id, created) or an error; lines are shuffled."""

    org: Org
    judge: Callable[[dict[str, str]], tuple[str, bool] | str]
    state: str = "JobComplete"
    key: str = KEY
    files: list[list[dict[str, str]]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    polls: int = 2
    """Answers 'InProgress' before the last."""

    def __post_init__(self) -> None:
        self.org.on("POST /jobs/ingest", self._create)

    def _create(self, asked: Asked) -> dict[str, Any]:
        self.orders.append(asked.body)
        job = f"750{len(self.orders):012d}AAA"
        at = len(self.orders) - 1
        self.files.append([])
        self.org.on(f"PUT /jobs/ingest/{job}/batches", lambda asked: self._upload(asked, at))
        self.org.on(f"PATCH /jobs/ingest/{job}", {"id": job, "state": "UploadComplete"})
        told = {"id": job, "state": "InProgress"}
        self.org.on(f"GET /jobs/ingest/{job}", Script([told] * self.polls + [lambda _: self._finished(job, at)]))
        for name in ("successfulResults", "failedResults", "unprocessedrecords"):
            self.org.on(f"GET /jobs/ingest/{job}/{name}/", lambda asked, name=name: self._results(name, at))
        return {"id": job, "state": "Open", **asked.body}

    def _upload(self, asked: Asked, at: int) -> tuple[int, bytes]:
        self.files[at] = list(csv.DictReader(io.StringIO(asked.raw.decode(), newline="")))
        return 201, b""

    def _finished(self, job: str, at: int) -> dict[str, Any]:
        failed = sum(isinstance(self.judge(line), str) for line in self.files[at])
        counts = {"numberRecordsProcessed": len(self.files[at]), "numberRecordsFailed": failed}
        return {"id": job, "state": self.state, **(counts if self.state == "JobComplete" else {})}

    def _results(self, name: str, at: int) -> tuple[int, bytes]:
        lines = list(self.files[at])
        random.Random(at + len(name)).shuffle(lines)
        out = io.StringIO()
        wanted = []
        for line in lines:
            verdict = self.judge(line)
            if self.state != "JobComplete":
                if name == "unprocessedrecords":
                    wanted.append(line)
            elif name == "successfulResults" and not isinstance(verdict, str):
                wanted.append({"sf__Created": str(verdict[1]).lower(), "sf__Id": verdict[0], **line})
            elif name == "failedResults" and isinstance(verdict, str):
                wanted.append({"sf__Error": verdict, "sf__Id": "", **line})
        if wanted:
            writer = csv.DictWriter(out, list(wanted[0]), quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writeheader()
            writer.writerows(wanted)
        return 200, out.getvalue().encode()


async def no_bytes(file: File) -> AsyncIterator[bytes]:
    yield b"%PDF"


def runtime_of(org: Org) -> Runtime:
    return Runtime(
        clock=org.clock,
        random=random.Random(3),
        entropy=lambda size: b"\x02" * size,
        transport=lambda _: httpx2.MockTransport(org.answer),
        environ={},
    )


ACCESS = SalesforceAccess(LOGIN, "consumer.key", "consumer-secret")


def client_of(org: Org, access: SalesforceAccess = ACCESS, **more: Any) -> Client:
    runtime = runtime_of(org)
    pacer = Pacer(runtime, "salesforce-test", pacer_limits("enterprise", 5))
    return Client(runtime, access, pacer, user_agent="gurney/test", **more)


def connect(org: Org, **more: Any) -> Salesforce:
    return Salesforce(runtime_of(org), ACCESS, edition="enterprise", users=5, open_file=no_bytes, **more)

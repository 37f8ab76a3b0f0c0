"""An organisation written answer by answer: the test says what Zoho replies, and looks at what was asked."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx2
import orjson

from gurney.destinations.protocol import Route
from gurney.destinations.zoho.access import ZohoAccess
from gurney.destinations.zoho.destination import Zoho
from gurney.records import File, Kind, OperationKey, Value, Write
from gurney.runtime import Runtime
from virtual_clock import VirtualClock

START = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
STAMP = "2026-02-03T20:00:01+11:00"
TOKEN = {
    "access_token": "1000.aa.bb",
    "scope": "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.users.ALL ZohoCRM.org.READ ZohoCRM.coql.READ "
    "ZohoSearch.securesearch.READ",
    "api_domain": "https://www.zohoapis.com.au",
    "token_type": "Bearer",
    "expires_in": 3600,
}
Reply = Callable[["Asked"], Any]


@dataclass
class Asked:
    """One request as Zoho would see it."""

    method: str
    path: str
    params: dict[str, str]
    body: Any
    headers: httpx2.Headers
    raw: bytes = b""

    @property
    def query(self) -> str:
        return str(self.body["select_query"])


@dataclass
class Org:
    """Replies by 'METHOD /path'; a list is used up one by one, a function sees the request, an error is raised."""

    replies: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    token: Any = field(default_factory=lambda: dict(TOKEN))
    tokens_made: int = 0

    def on(self, call: str, reply: Any) -> None:
        self.replies[call] = reply

    def calls(self, call: str) -> list[Asked]:
        return [each for each in self.asked if f"{each.method} {each.path}" == call]

    def module(self, name: str, *fields: dict[str, Any], custom: bool = False) -> None:
        """A module with these fields beside the system's own."""
        modules = self.replies.setdefault("GET /settings/modules", {"modules": []})["modules"]
        modules.append(module(name, custom=custom))
        self.fields = getattr(self, "fields", {}) | {name: [*system_fields(), *fields]}
        self.on("GET /settings/fields", lambda asked: {"fields": self.fields.get(asked.params["module"], [])})

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        raw = await request.aread()
        if request.url.path == "/oauth/v2/token":
            return self._token(raw)
        is_json = request.headers.get("Content-Type") == "application/json"
        asked = Asked(
            request.method,
            request.url.path.removeprefix("/crm/v8"),
            dict(request.url.params),
            orjson.loads(raw) if is_json else None,
            request.headers,
            raw,
        )
        self.asked.append(asked)
        reply = self.replies[f"{asked.method} {asked.path}"]
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if callable(reply):
            reply = reply(asked)
        return self._response(reply)

    def _response(self, reply: Any) -> httpx2.Response:
        if isinstance(reply, Exception):
            raise reply
        if reply is None:
            return httpx2.Response(204)
        status, body, *headers = reply if isinstance(reply, tuple) else (200, reply)
        if isinstance(body, bytes):
            return httpx2.Response(status, content=body)
        return httpx2.Response(status, json=body, headers=headers[0] if headers else {})

    def _token(self, raw: bytes) -> httpx2.Response:
        self.tokens_made += 1
        self.form = parse_qs(raw.decode())
        status, body = self.token if isinstance(self.token, tuple) else (200, self.token)
        if "access_token" in body:
            body = {**body, "access_token": f"1000.token.{self.tokens_made}"}
        return httpx2.Response(status, json=body)


def module(name: str, *, custom: bool = False) -> dict[str, Any]:
    kind = "custom" if custom else "default"
    return {
        "api_name": name,
        "plural_label": name.replace("_", " "),
        "id": str(5_725_767_000_000_002_000 + len(name)),
        "generated_type": kind,
        "api_supported": True,
    }


def a_field(name: str, data_type: str = "text", **more: Any) -> dict[str, Any]:
    """A field as the vendor's sample of field metadata shows one."""
    return {
        "id": str(5_725_767_000_000_100_000 + sum(map(ord, name))),
        "api_name": name,
        "field_label": name.replace("_", " "),
        "data_type": data_type,
        "custom_field": True,
        "operation_type": {"api_create": True, "api_update": True, "web_create": True, "web_update": True},
        "length": 255,
        "unique": {},
        "external": None,
        "system_mandatory": False,
        "pick_list_values": [],
        "lookup": {},
        "hipaa_compliance": None,
        **more,
    }


def system_fields() -> list[dict[str, Any]]:
    fixed = {"custom_field": False}
    silent = {**fixed, "operation_type": {"api_create": False, "api_update": False}}
    return [
        a_field("id", "bigint", **silent),
        a_field("Owner", "ownerlookup", **fixed),
        a_field("Created_Time", "datetime", **silent),
        a_field("Modified_Time", "datetime", **silent),
        a_field("Modified_By", "ownerlookup", **silent),
    ]


KEY = a_field("Cliniko_ID", unique={"case_sensitive": False})


def success(id: str, **more: Any) -> dict[str, Any]:
    """One element of a write's answer."""
    by = {"name": "Admin", "id": "5725767000000411001"}
    found = {"Modified_Time": STAMP, "Modified_By": by, "Created_Time": STAMP, "id": id, "Created_By": by}
    return {"code": "SUCCESS", "details": found, "message": "record added", "status": "success", **more}


def refused(code: str, message: str = "invalid data", **found: Any) -> dict[str, Any]:
    return {"code": code, "details": found, "message": message, "status": "error"}


def a_write(id: str, object: str = "Contacts", *, kind: Kind = Kind.CREATE, **fields: Value) -> Write:
    """A write of the record with this key; updates go to the id 9<id>."""
    updating = kind is not Kind.CREATE
    return Write(
        OperationKey("Z1", "patients", id),
        object,
        key_field="Cliniko_ID",
        key_value=id,
        fields=fields if updating else {"Cliniko_ID": id, **fields},
        kind=kind,
        destination_id=f"9{id}" if updating else None,
    )


def in_values(query: str) -> list[str]:
    """The values of a query's `in (...)`, unquoted."""
    inside = query.split(" in (", 1)[1].split(") ")[0].rstrip(")").split(")")[0]
    return [part.strip().strip("'") for part in inside.split(",")]


BATCH = Route("batch", 100, 10)


async def no_bytes(file: File) -> AsyncIterator[bytes]:
    yield b"%PDF"


def connect(org: Org, **more: Any) -> Zoho:
    runtime = Runtime(
        clock=org.clock,
        random=random.Random(3),
        entropy=lambda size: b"\x02" * size,
        transport=lambda _: httpx2.MockTransport(org.answer),
        environ={},
    )
    access = ZohoAccess("1000.CLIENT", "client-secret", "1000.refresh", data_centre="au")
    return Zoho(runtime, access, edition="enterprise", users=5, open_file=more.pop("open_file", no_bytes), **more)

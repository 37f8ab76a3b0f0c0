"""A company small enough for a test: it keeps records, counts tokens, and lets answers get lost where it is told to.

Written from the vendor facts for these tests alone. It is strict where the vendor is (unknown keys, ids for options)
and simple everywhere else.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx2
import orjson

from gurney.destinations.pipedrive.access import PipedriveAccess
from gurney.destinations.pipedrive.destination import Pipedrive
from gurney.destinations.protocol import Route
from gurney.records import File, Kind, Link, OperationKey, Value, Write
from gurney.runtime import Runtime
from virtual_clock import VirtualClock

START = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
SINGLE = Route("single", 50, 2)
KEY = "a" * 40
"""The custom field that holds our key."""
WRITABLE = {
    "persons": {"name", "owner_id", "org_id", "add_time", "emails", "phones", "visible_to", "label_ids"},
    "organizations": {"name", "owner_id", "add_time", "visible_to", "address"},
    "products": {"name", "code", "description", "unit", "tax", "owner_id", "visible_to", "prices"},
    "activities": {
        *("subject", "type", "owner_id", "deal_id", "org_id", "due_date", "due_time", "duration", "busy", "done"),
        *("location", "participants", "public_description", "note"),
    },
    "deals": {"title", "owner_id", "person_id", "org_id", "value", "currency", "status", "expected_close_date"},
}
CUSTOM = {"persons": "personFields", "organizations": "organizationFields", "products": "productFields"}
Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class Asked:
    """One request as the vendor sees it."""

    method: str
    path: str
    params: dict[str, str]
    body: Any
    headers: httpx2.Headers
    raw: bytes = b""
    cost: int = 0

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Company:
    """Records by object and id. `disturb` spoils one answer of the calls that it names."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    rows: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    fields: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    left: int | None = None
    """Tokens of today; None says nothing about them."""
    ceiling: int = 30_000
    burst: int | None = None
    """Calls in two seconds, as answers tell; None says nothing about them."""
    next_id: int = 1
    next_option: int = 100
    is_admin: bool = True
    field_limit: int | None = None
    types: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    token: Any = None
    tokens_made: int = 0
    page_most: int = 500
    _faults: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.users = [user(4711, "admin@example.com", admin=self.is_admin), user(4712, "ng@example.com")]
        self.types = [a_type(1, "Call"), a_type(2, "Initial Consultation", "initial_consultation")]
        self.fields = {path: [] for path in [*CUSTOM.values(), "dealFields"]}
        self.a_field("persons", "Cliniko patient ID", "varchar", key=KEY)

    def disturb(self, pattern: str, how: str) -> None:
        """The next call whose name matches: 'drop-after', 'drop-before', '500', '502', 'null', '403-html', '429'."""
        self._faults.append((pattern, how))

    def a_field(self, object: str, label: str, kind: str, *labels: str, key: str = "") -> str:
        """A custom field as an administrator makes one; its key."""
        key = key or f"f{sum(map(len, self.fields.values())):039x}"
        options = [self._option(label) for label in labels] if kind in ("enum", "set") else None
        self.fields[CUSTOM[object]].append(
            {"field_name": label, "field_code": key, "field_type": kind, "options": options, "is_custom_field": True}
        )
        return key

    def calls(self, pattern: str) -> list[Asked]:
        return [each for each in self.asked if re.fullmatch(pattern, each.name)]

    def live(self, object: str) -> list[dict[str, Any]]:
        return [row for row in self.rows.get(object, {}).values() if not row.get("is_deleted")]

    @property
    def spent(self) -> int:
        return sum(each.cost for each in self.asked)

    # The wire

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        raw = await request.aread()
        if request.url.path == "/oauth/token":
            return self._token(raw)
        is_json = request.headers.get("Content-Type") == "application/json"
        path = request.url.path.removeprefix("/api")
        body = orjson.loads(raw) if is_json else None
        asked = Asked(request.method, path, dict(request.url.params), body, request.headers, raw)
        fault = next((fault for fault in self._faults if re.fullmatch(fault[0], asked.name)), ("", ""))
        how = fault[1]
        if how:
            self._faults.remove(fault)
        if how == "drop-before":
            raise httpx2.ReadError("lost")
        asked.cost = cost(asked)
        if self.left is not None and self.left < asked.cost:
            return self._response(asked, 429, {"success": False, "error": "request over limit", "errorCode": 429})
        self.asked.append(asked)
        if how in SPOILT:
            return SPOILT[how]()
        if self.left is not None:
            self.left -= asked.cost
        status, found, *headers = self._do(asked)
        if how == "drop-after":
            raise httpx2.ReadError("lost")
        return self._response(asked, status, found, headers[0] if headers else {})

    def _response(self, asked: Asked, status: int, body: Any, headers: dict[str, str] | None = None) -> httpx2.Response:
        told = {} if self.left is None else {LEFT: str(self.left), LIMIT: str(self.ceiling)}
        told |= {} if self.burst is None else {BURST: str(self.burst)}
        if isinstance(body, bytes):
            return httpx2.Response(status, content=body, headers={**told, **(headers or {})})
        return httpx2.Response(status, json=body, headers={**told, **(headers or {})})

    def _token(self, raw: bytes) -> httpx2.Response:
        self.tokens_made += 1
        self.form = parse_qs(raw.decode())
        status, body = self.token if isinstance(self.token, tuple) else (200, dict(self.token))
        if "access_token" in body:
            body["access_token"] = f"at-{self.tokens_made}"
        return httpx2.Response(status, json=body)

    # What it does

    def _do(self, asked: Asked) -> Reply:
        parts = asked.path.strip("/").split("/")
        object, *rest = parts[1:]
        if object.endswith("Fields"):
            return self._custom_fields(asked, object, rest)
        special = {"users": self._users, "activityTypes": self._types, "files": self._files, "notes": self._notes}
        if object in special:
            return special[object](asked, rest)
        if rest[1:] == ["files"]:
            return self._page(asked, [row for row in self.live("files") if str(row.get(PARENTS[object])) == rest[0]])
        return self._records(asked, object, rest)

    def _records(self, asked: Asked, object: str, rest: list[str]) -> Reply:
        rows = self.rows.setdefault(object, {})
        if not rest and asked.method == "GET":
            return self._list(asked, object)
        if not rest:
            return self._create(asked, object)
        row = rows.get(int(rest[0]))
        if row is None or row["is_deleted"]:
            return 404, {"success": False, "error": "Entity was not found", "code": "ERR_NOT_FOUND"}
        if asked.method == "DELETE":
            row["is_deleted"] = True
            return 200, {"success": True, "data": {"id": row["id"]}}
        if asked.method == "PATCH":
            if (wrong := self._wrong(asked, object, creating=False)) is not None:
                return wrong
            row |= self._taken(asked, object, row)
            row["update_time"] = self._stamp()
        counts = self._counted(row["id"]) if "include_fields" in asked.params else {}
        return 200, {"success": True, "data": self._shown(row) | counts}

    def _create(self, asked: Asked, object: str) -> Reply:
        if (wrong := self._wrong(asked, object, creating=True)) is not None:
            return wrong
        keys = [each["field_code"] for each in self.fields.get(CUSTOM.get(object, ""), [])]
        row = {"id": self._id(), "add_time": self._stamp(), "update_time": None, "is_deleted": False}
        row |= {"owner_id": 4711, "custom_fields": dict.fromkeys(keys)}
        row |= self._taken(asked, object, row)
        self.rows[object][row["id"]] = row
        return (201 if object == "products" else 200), {"success": True, "data": self._shown(row)}

    def _taken(self, asked: Asked, object: str, row: dict[str, Any]) -> dict[str, Any]:
        body = dict(asked.body)
        custom = {**row["custom_fields"], **body.pop("custom_fields", {})}
        if "participants" in body:
            first = next((one for one in body["participants"] if one.get("primary")), None)
            body["person_id"] = first["person_id"] if first else None
        for name in ("due_time", "duration"):
            if body.get(name):
                body[name] += ":00"
        return {**body, "custom_fields": custom}

    def _wrong(self, asked: Asked, object: str, *, creating: bool) -> Reply | None:
        for name in asked.body:
            if name not in WRITABLE[object] | {"custom_fields"}:
                return refusal(f"Validation failed: {name}: Parameter '{name}' is not allowed for this request")
        known = {each["field_code"]: each for each in self.fields.get(CUSTOM.get(object, ""), [])}
        for key, value in asked.body.get("custom_fields", {}).items():
            ids = [option["id"] for option in known[key]["options"] or ()] if key in known else []
            if key not in known or (known[key]["field_type"] == "enum" and value is not None and value not in ids):
                return refusal(f"Validation failed: custom_fields.{key}: bad value {value}")
        owner = asked.body.get("owner_id")
        if owner is not None and owner not in {each["id"] for each in self.users if each["active_flag"]}:
            return refusal("Validation failed: owner_id: User not found or not accessible.")
        return None

    def _list(self, asked: Asked, object: str) -> Reply:
        rows = sorted(self.live(object), key=lambda row: row["id"])
        if "ids" in asked.params:
            wanted = asked.params["ids"].split(",")
            assert len(wanted) <= 100
            rows = [row for row in rows if str(row["id"]) in wanted]
        for name in ("person_id", "org_id", "deal_id"):
            if name in asked.params:
                rows = [row for row in rows if str(row.get(name)) == asked.params[name]]
        if asked.params.get("sort_direction") == "desc":
            rows.reverse()
        size, start = int(asked.params.get("limit", 100)), int(asked.params.get("cursor", "0"))
        assert size <= 500
        more = str(start + size) if len(rows) > start + size else None
        only = asked.params.get("custom_fields")
        shown = [self._shown(row, only.split(",") if only else None) for row in rows[start : start + size]]
        for row in shown if "include_fields" in asked.params else ():
            row |= self._counted(row["id"])
        return 200, {"success": True, "data": shown, "additional_data": {"next_cursor": more}}

    def _counted(self, id: int) -> dict[str, int]:
        found = {f"{object}_count": 0 for object in ("activities", "notes", "files", "people")}
        for object in ("activities", "notes", "files"):
            found[f"{object}_count"] = sum(row.get("person_id") == id for row in self.live(object))
        return found

    def _shown(self, row: dict[str, Any], only: list[str] | None = None) -> dict[str, Any]:
        custom = row["custom_fields"]
        return {**row, "custom_fields": {key: custom.get(key) for key in only} if only else dict(custom)}

    def _notes(self, asked: Asked, rest: list[str]) -> Reply:
        rows = self.rows.setdefault("notes", {})
        if not rest and asked.method == "GET":
            return self._page(asked, self._narrowed(asked, "notes"))
        if not rest:
            if asked.body.get("user_id", 4711) != 4711 and not self.is_admin:
                return 403, {"success": False, "error": "You do not have permissions to do this."}
            row = {"id": self._id(), "user_id": 4711, "add_time": self._old_stamp(), "update_time": self._old_stamp()}
            row |= {**asked.body, "is_deleted": False, "active_flag": True}
            rows[row["id"]] = row
            return 200, {"success": True, "data": row}
        row = rows.get(int(rest[0]), {"is_deleted": True})
        if row["is_deleted"]:
            return 404, {"success": False, "error": "Note not found", "data": None}
        if asked.method == "DELETE":
            row["is_deleted"] = True
            return 200, {"success": True, "data": True}
        if asked.method == "PUT":
            row |= asked.body
        return 200, {"success": True, "data": row}

    def _files(self, asked: Asked, rest: list[str]) -> Reply:
        rows = self.rows.setdefault("files", {})
        if not rest and asked.method == "GET":
            return self._page(asked, self._narrowed(asked, "files"))
        if not rest:
            row = {"id": self._id(), **upload(asked), "add_time": self._old_stamp(), "update_time": self._old_stamp()}
            rows[row["id"]] = {**row, "is_deleted": False, "active_flag": True}
            return 200, {"success": True, "data": {name: value for name, value in row.items() if name != "bytes"}}
        row = rows.get(int(rest[0]), {"is_deleted": True})
        if row["is_deleted"]:
            return 404, {"success": False, "error": "File not found", "data": None}
        if rest[1:] == ["download"]:
            return 302, b"", {"Location": f"https://files.example.com/{row['id']}"}
        if asked.method == "DELETE":
            row["is_deleted"] = True
        return 200, {"success": True, "data": {"id": row["id"]}}

    def _narrowed(self, asked: Asked, object: str) -> list[dict[str, Any]]:
        rows = sorted(self.live(object), key=lambda row: row["id"])
        if "person_id" in asked.params:
            rows = [row for row in rows if str(row.get("person_id")) == asked.params["person_id"]]
        return rows[::-1] if asked.params.get("sort") == "id DESC" else rows

    def _page(self, asked: Asked, rows: list[dict[str, Any]]) -> Reply:
        size, start = min(int(asked.params.get("limit", 100)), self.page_most), int(asked.params.get("start", 0))
        more = len(rows) > start + size
        block = {"start": start, "limit": size, "more_items_in_collection": more}
        block |= {"next_start": start + size} if more else {}
        shown = [{name: value for name, value in row.items() if name != "bytes"} for row in rows[start : start + size]]
        return 200, {"success": True, "data": shown or None, "additional_data": {"pagination": block}}

    def _users(self, asked: Asked, rest: list[str]) -> Reply:
        if rest == ["me"]:
            me = {**self.users[0], "company_id": 1, "company_name": "Harbour Clinic", "company_domain": "harbour"}
            return 200, {"success": True, "data": {**me, "timezone_name": "Australia/Hobart"}}
        if asked.method == "POST":
            self.users.append(user(self._id(), asked.body["email"], active=False))
            return 200, {"success": True, "data": self.users[-1]}
        return 200, {"success": True, "data": self.users}

    def _types(self, asked: Asked, rest: list[str]) -> Reply:
        if asked.method == "POST":
            self.types.append(a_type(self._id(), asked.body["name"], icon=asked.body["icon_key"]))
            return 200, {"success": True, "data": self.types[-1]}
        if asked.method == "DELETE":
            next(each for each in self.types if str(each["id"]) == rest[0])["active_flag"] = False
        return 200, {"success": True, "data": self.types}

    def _custom_fields(self, asked: Asked, path: str, rest: list[str]) -> Reply:
        there = self.fields[path]
        if asked.method == "GET":
            own = [{"field_name": "Name", "field_code": "name", "field_type": "varchar", "is_custom_field": False}]
            return 200, {"success": True, "data": own + there, "additional_data": {"next_cursor": None}}
        if not rest:
            if self.field_limit is not None and sum(map(len, self.fields.values())) >= self.field_limit:
                return 403, {"success": False, "error": "Limit", "code": "feature_capping_custom_fields_limit"}
            made = {**asked.body, "field_code": f"{self._id():040x}", "is_custom_field": True}
            made["options"] = [self._option(each["label"]) for each in asked.body.get("options", ())] or None
            there.append(made)
            return 200, {"success": True, "data": made}
        found = next((each for each in there if each["field_code"] == rest[0]), None)
        if found is None:
            return 410, {"success": False, "error": "The field is not found"}
        if rest[1:] == ["options"] and asked.method == "POST":
            added = [self._option(each["label"]) for each in asked.body]
            found["options"] += added
            return 200, {"success": True, "data": added}
        if rest[1:] == ["options"]:
            gone = {each["id"] for each in asked.body}
            found["options"] = [each for each in found["options"] if each["id"] not in gone]
        else:
            there.remove(found)
        return 200, {"success": True, "data": found}

    def _option(self, label: str) -> dict[str, Any]:
        self.next_option += 1
        return {"id": self.next_option, "label": label}

    def _id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def _stamp(self) -> str:
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _old_stamp(self) -> str:
        return self.clock.now().strftime("%Y-%m-%d %H:%M:%S")


LEFT, LIMIT = "x-daily-ratelimit-token-remaining", "x-daily-ratelimit-token-limit"
BURST = "x-ratelimit-limit"
PARENTS = {"persons": "person_id", "organizations": "org_id", "deals": "deal_id", "products": "product_id"}
SPOILT: dict[str, Callable[[], httpx2.Response]] = {
    "500": lambda: httpx2.Response(500, json={"success": False, "error": "Internal", "code": "ERR_UNKNOWN"}),
    "502": lambda: httpx2.Response(502, content=b"<html>Bad gateway</html>"),
    "null": lambda: httpx2.Response(200, content=b"null"),
    "403-html": lambda: httpx2.Response(403, content=b"<html>Sorry, you have been blocked</html>"),
    "429": lambda: httpx2.Response(429, json={"success": False}, headers={"x-ratelimit-reset": "2"}),
    "404": lambda: httpx2.Response(404, json={"success": False, "error": "Person not found", "data": None}),
    "401": lambda: httpx2.Response(401, json={"success": False, "error": "unauthorized access", "errorCode": 401}),
}


def cost(asked: Asked) -> int:
    """The vendor's prices follow one rule: lists 10, single reads 1, writes 5, deletions 3; in version 1 twice that."""
    dear = 2 if asked.path.startswith("/v1/") else 1
    if asked.path.endswith("/users/me"):
        return 2
    is_one = re.search(r"/\d+$", asked.path) is not None
    price = {"GET": 1 if is_one else 10, "POST": 5, "PATCH": 5, "PUT": 5, "DELETE": 3}[asked.method]
    return price * dear


def refusal(words: str) -> Reply:
    return 400, {"success": False, "error": words, "code": "ERR_SCHEMA_VALIDATION_FAILED"}


def user(id: int, email: str, *, admin: bool = False, active: bool = True) -> dict[str, Any]:
    access = [{"app": "sales", "admin": admin}]
    found = {"id": id, "name": email.partition("@")[0], "email": email, "active_flag": active, "access": access}
    return {**found, "default_currency": "AUD", "is_deleted": False}


def a_type(id: int, name: str, key: str = "", icon: str = "call") -> dict[str, Any]:
    key = key or name.lower().replace(" ", "_")
    return {"id": id, "name": name, "key_string": key, "icon_key": icon, "active_flag": True}


def upload(asked: Asked) -> dict[str, Any]:
    """What a multipart body says, read the simple way."""
    boundary = re.search(r"boundary=(\S+)", asked.headers["Content-Type"])
    assert boundary
    found: dict[str, Any] = {}
    for part in asked.raw.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="(.*?)"', head)
        file = re.search(rb'filename="(.*?)"', head)
        assert name
        content = content.removesuffix(b"\r\n")
        if file:
            found |= {"name": file[1].decode(), "file_name": "x.bin", "file_size": len(content), "bytes": content}
        else:
            found[name[1].decode()] = int(content)
    return found


FILES = {"1": b"%PDF-1.7", "2": b"other"}


async def open_file(file: File) -> AsyncIterator[bytes]:
    yield FILES[file.store_id]


def connect(company: Company, access: PipedriveAccess | None = None, **more: Any) -> Pipedrive:
    """The destination on a company, with its clock."""

    def network(base_url: str) -> httpx2.AsyncBaseTransport:
        return httpx2.MockTransport(company.answer)

    chance = random.Random(1)
    runtime = Runtime(company.clock, chance, chance.randbytes, network, environ={})
    opened = access or PipedriveAccess(api_token="t" * 40, address="harbour")
    return Pipedrive(runtime, opened, open_file=open_file, **{"edition": "ultimate", "users": 1000, **more})


def a_person(id: str, **fields: Value) -> Write:
    named: dict[str, Value] = {"name": f"Person {id}", KEY: id, **fields}
    return Write(OperationKey("P1", "patients", id), "persons", KEY, id, named)


def an_appointment(id: str, **fields: Value) -> Write:
    named: dict[str, Value] = {"subject": "Initial Consultation", "cliniko_appointment_id": id, **fields}
    return Write(OperationKey("P3", "appointments", id), "activities", "cliniko_appointment_id", id, named)


def a_note(id: str, text: str, parent: Link, *, part: int = 0, owner_id: str | None = None, **more: Value) -> Write:
    title = f"Note [cliniko:treatment_notes:{id} {part + 1}/1]"
    key = OperationKey("P4", "treatment_notes", id, part)
    named: dict[str, Value] = {"title": title, "content": text, **more}
    return Write(key, "notes", "", title, named, parent=parent, owner_id=owner_id)


def a_file(id: str, parent: Link, name: str = "scan.pdf", *, store_id: str = "1") -> Write:
    file = File(store_id, name, len(FILES[store_id]), "application/pdf", "")
    return Write(
        OperationKey("P8", "patient_attachments", id), "files", "", name, {"name": name}, parent=parent, file=file
    )


def an_update(write: Write, id: str, *, kind: Kind = Kind.UPDATE, **fields: Value) -> Write:
    return Write(write.key, write.object, write.key_field, write.key_value, fields, kind, id)

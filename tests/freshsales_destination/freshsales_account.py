"""An account small enough for a test: it keeps records, its lists lag, and it loses answers where it is told to.

Written from the vendor facts for these tests alone. It is strict where the vendor is (unique addresses, names and
external ids, places of children, plans) and simple everywhere else.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs

import httpx2
import orjson

from gurney.destinations.freshsales.access import FreshsalesAccess
from gurney.destinations.freshsales.destination import Freshsales
from gurney.destinations.protocol import Route
from gurney.records import File, Kind, Link, OperationKey, Value, Write
from gurney.runtime import Runtime
from virtual_clock import VirtualClock

START = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
SINGLE, BULK = Route("single", 50, 2), Route("bulk", 1000, 1)
HOST, BASE, KEY = "https://acme.myfreshworks.com", "/crm/sales/api", "k-secret-1"
LAG_S = 45.0
ROOTS = {
    "contacts": "contact", "sales_accounts": "sales_account", "deals": "deal", "notes": "note", "tasks": "task",
    "appointments": "appointment", "cpq/products": "product",
}  # fmt: skip
ENTITIES = {"Contact": "contacts", "SalesAccount": "sales_accounts", "Deal": "deals"}
VIEWS = {
    "contacts": ["All Contacts", "Recycle Bin"],
    "sales_accounts": ["All Accounts", "Recycle Bin"],
    "deals": ["Open Deals", "Won Deals", "Lost Deals", "Recycle Bin"],
}
STAGES = {5: "Open", 6: "Closed Won", 7: "Closed Lost"}
FIELDS = {
    "contacts": ["Source System ID", "Email As In Cliniko", "Note Field", "Choice"],
    "sales_accounts": ["Location ID"],
    "deals": ["Cliniko Invoice ID"],
}
Row = dict[str, Any]
Reply = tuple[int, Any]


@dataclass
class Asked:
    """One request as the vendor sees it."""

    method: str
    path: str
    params: dict[str, str]
    body: Any
    headers: httpx2.Headers
    raw: bytes = b""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.removeprefix(BASE)}"


@dataclass
class Account:
    """Records by object and id. `disturb` spoils one answer of the calls that it names."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    rows: dict[str, dict[int, Row]] = field(default_factory=lambda: {name: {} for name in (*ROOTS, "documents")})
    fields: dict[str, list[Row]] = field(default_factory=dict)
    jobs: dict[str, float] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    left: int = 2000
    limit: int = 2000
    has_products: bool = True
    lists_products: bool = False
    ends_tasks_at_once: bool = True
    takes_jobs: bool = True
    job_s: float = 4
    makes_fields: bool = False
    bin_reserves: bool = False
    made: int = 31_000_000_000
    _faults: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for object, labels in FIELDS.items():
            for label in labels:
                self.a_field(object, label, *(("dropdown", ["Left", "Right"]) if label == "Choice" else ("text", [])))

    def a_field(self, object: str, label: str, kind: str = "text", choices: list[str] | None = None) -> str:
        """A field as an administrator makes one; its name."""
        name = "cf_" + re.sub(r"[^a-z0-9]+", "_", label.lower())
        options = [{"id": n, "value": one, "position": n} for n, one in enumerate(choices or [], 1)]
        row = {"id": self.new_id(), "label": label, "name": name, "type": kind, "default": False, "choices": options}
        self.fields.setdefault(object, []).append(row)
        return name

    def disturb(self, pattern: str, how: str) -> None:
        """The next call whose name matches: 'drop-after', 'drop-before', or a status."""
        self._faults.append((pattern, how))

    def calls(self, pattern: str) -> list[Asked]:
        return [each for each in self.asked if re.search(pattern, each.name)]

    def live(self, object: str) -> list[Row]:
        return [row for row in self.rows[object].values() if not row.get("is_deleted")]

    def new_id(self) -> int:
        self.made += 1
        return self.made

    def stamp(self) -> str:
        return (self.clock.now() + timedelta(hours=2)).replace(tzinfo=None).isoformat(timespec="seconds") + "+02:00"

    # The wire

    async def serve(self, request: httpx2.Request) -> httpx2.Response:
        raw = await request.aread()
        body = orjson.loads(raw) if raw and "json" in request.headers.get("content-type", "") else None
        params = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        asked = Asked(request.method, request.url.path, params, body, request.headers, raw)
        self.asked.append(asked)
        fault = next((one for one in self._faults if re.search(one[0], asked.name)), None)
        if fault is not None:
            self._faults.remove(fault)
        how = fault[1] if fault else ""
        if how == "drop-before":
            raise httpx2.ReadTimeout("lost", request=request)
        if how.isdigit():
            return self._answer(int(how), {})
        status, said = self._gate(asked) or self._route(asked)
        if how == "drop-after":
            raise httpx2.ReadTimeout("lost", request=request)
        return self._answer(status, said)

    def _answer(self, status: int, said: Any) -> httpx2.Response:
        self.left = max(0, self.left - (status != 429))
        headers = {"x-ratelimit-limit": str(self.limit), "x-ratelimit-remaining": str(self.left)}
        headers["x-ratelimit-reset"] = "1800"
        if isinstance(said, bytes):
            return httpx2.Response(status, content=said, headers=headers)
        return httpx2.Response(status, json=said, headers=headers)

    def _gate(self, asked: Asked) -> Reply | None:
        if asked.headers.get("authorization") != f"Token token={KEY}":
            return 401, {"login": "failed", "message": "Invalid"}
        return (429, {}) if self.left <= 0 else None

    def _route(self, asked: Asked) -> Reply:
        for pattern, serve in ROUTES:
            if match := re.fullmatch(pattern, asked.name):
                reply: Reply = serve(self, asked, *match.groups())
                return reply
        return 404, b"<html>not found</html>"

    # Records

    def create(self, asked: Asked, path: str) -> Reply:
        return self._make(path, dict(asked.body[ROOTS[path]]))

    def _make(self, path: str, body: Row) -> Reply:
        if path == "cpq/products" and not self.has_products:
            return refused("Upgrade.", 403)
        if no := self._clash(path, body, 0):
            return refused(no)
        id = self.new_id()
        row: Row = {"id": id, "created_at": self.stamp(), "is_deleted": False, "custom_field": {}, "emails": [],
                    "sales_accounts": [], "contact_ids": [], "attendees": []}  # fmt: skip
        if (to := body.pop("targetable_type", None)) is not None:
            if body["targetable_id"] not in self.rows[ENTITIES[to]]:
                return refused("Targetable is invalid")
            row["targetables"] = [{"id": body.pop("targetable_id"), "type": to}]
        self._fill(row, body)
        if path == "tasks" and not self.ends_tasks_at_once:
            row["status"] = 0
        self.rows[path][id] = row
        return 200, self._shown(path, row)

    def put(self, asked: Asked, path: str, id: str) -> Reply:
        row = self.rows[path].get(int(id))
        if row is None or row["is_deleted"]:
            return refused("Not found", 404)
        body = asked.body[ROOTS[path]]
        if no := self._clash(path, body, int(id)):
            return refused(no)
        self._fill(row, body)
        return 200, self._shown(path, row)

    def get(self, asked: Asked, path: str, id: str) -> Reply:
        row = self.rows[path].get(int(id))
        if path == "cpq/products" and not self.has_products:
            return refused("Upgrade.", 403)
        if row is None or row["is_deleted"] or path == "notes":
            return refused("Not found", 404)
        return 200, self._shown(path, row) | self._beside([row], asked.params.get("include", ""))

    def drop(self, asked: Asked, path: str, id: str, how: str | None = None) -> Reply:
        row = self.rows[path].get(int(id))
        if row is None or (row["is_deleted"] and how is None):
            return refused("Not found", 404)
        if how or path not in VIEWS:
            del self.rows[path][int(id)]
        else:
            row |= {"is_deleted": True, "updated_at": self.stamp(), "at": self.clock.elapsed}
        return 200, True

    def upsert(self, asked: Asked, path: str) -> Reply:
        known = asked.body["unique_identifier"]
        there = [row for row in self.live(path) if all(row.get(name) == value for name, value in known.items())]
        if there:
            self._fill(there[0], asked.body[ROOTS[path]])
            return 200, self._shown(path, there[0])
        return self._make(path, dict(asked.body[ROOTS[path]]))

    def bulk_upsert(self, asked: Asked, path: str) -> Reply:
        if not self.takes_jobs:
            return refused("The parameters are invalid")
        assert len(asked.body[path]) <= 100
        for item in asked.body[path]:
            name, value = next((name, value) for name, value in item.items() if name != "data")
            assert name in ("external_id", "name")
            there = [row for row in self.live(path) if row.get(name) == value]
            if there:
                self._fill(there[0], item["data"])
            else:
                self._make(path, dict(item["data"]))
        job = f"j{len(self.jobs)}"
        self.jobs[job] = self.clock.elapsed + self.job_s
        return 200, {"message": "Queued", "job_status_url": f"{HOST}{BASE}/job_statuses/{job}"}

    def job(self, asked: Asked, id: str) -> Reply:
        over = self.clock.elapsed >= self.jobs[id]
        return 200, {"status": "Completed" if over else "in_progress", "progress": 100 if over else 40, "data": ""}

    def bulk_destroy(self, asked: Asked, path: str) -> Reply:
        for id in asked.body["selected_ids"]:
            self.drop(asked, path, str(id))
        return 200, {"message": "Deleted"}

    def _clash(self, path: str, body: Row, own: int) -> str:
        rows = [row for row in self.rows[path].values() if row["id"] != own]
        live = [row for row in rows if not row["is_deleted"]]
        if path == "contacts":
            address = next((one if isinstance(one, str) else one["value"] for one in body.get("emails") or ()
                            if isinstance(one, str) or not one.get("_destroy")), "").lower()  # fmt: skip
            if address and any(address == str(row.get("email") or "").lower() for row in live):
                return "Emails has already been taken"
            known = body.get("external_id")
            if known and any(row.get("external_id") == known for row in (rows if self.bin_reserves else live)):
                return "External ID has already been taken"
        if path == "sales_accounts" and any(row["name"] == body.get("name") for row in live):
            return "Name has already been taken"
        return ""

    def _fill(self, row: Row, body: Row) -> None:
        for name, value in body.items():
            if name == "custom_field":
                row["custom_field"] = row["custom_field"] | value
            elif name == "emails":
                gone = {one["id"] for one in value if isinstance(one, dict) and one.get("_destroy")}
                new = [one if isinstance(one, str) else one["value"] for one in value
                       if isinstance(one, str) or not one.get("_destroy")]  # fmt: skip
                kept = [{**one, "is_primary": not new} for one in row["emails"] if one["id"] not in gone]
                row["emails"] = [{"id": self.new_id(), "value": one, "is_primary": True} for one in new] + kept
                row["email"] = next((one["value"] for one in row["emails"] if one["is_primary"]), None)
            elif name == "contacts_added_list":
                row["contact_ids"] = [*value, *row["contact_ids"]]
            elif name == "contacts_removed_list":
                row["contact_ids"] = [one for one in row["contact_ids"] if one not in value]
            elif name == "appointment_attendees_attributes":
                gone = {one["id"] for one in value if one.get("_destroy")}
                new = [{**one, "id": self.new_id(), "appointment_id": row["id"]} for one in value if "id" not in one]
                row["attendees"] = [one for one in row["attendees"] if one["id"] not in gone] + new
            elif name == "amount":
                row["amount"] = str(Decimal(str(value)))
            else:
                row[name] = value
        row |= {"updated_at": self.stamp(), "at": self.clock.elapsed}

    def _shown(self, path: str, row: Row) -> Row:
        hidden = {"lifecycle_stage_id", "at", "attendees"}
        said = {ROOTS[path]: {name: value for name, value in row.items() if name not in hidden}}
        return said | ({"appointment_attendees": row["attendees"]} if path == "appointments" else {})

    def _beside(self, rows: list[Row], include: str) -> Row:
        ids = {row["id"] for row in rows}
        return {
            child: [self._shown(child, one)[ROOTS[child]] for one in self.live(child)
                    if any(to["id"] in ids for to in one.get("targetables", ()))]
            for child in include.split(",") if child in ("notes", "tasks", "appointments")
        }  # fmt: skip

    # Lists

    def filters(self, asked: Asked, path: str) -> Reply:
        return 200, {"filters": [{"id": n, "name": name} for n, name in enumerate(VIEWS[path], 100)], "meta": {}}

    def view(self, asked: Asked, path: str, id: str) -> Reply:
        name = VIEWS[path][int(id) - 100]
        kind = {"Open Deals": 5, "Won Deals": 6, "Lost Deals": 7}.get(name)
        rows = [
            row
            for row in self.rows[path].values()
            if row["is_deleted"] == (name == "Recycle Bin") and (kind is None or row.get("deal_stage_id", 5) == kind)
        ]
        return self._page(asked, path, path, rows)

    def listed(self, asked: Asked, path: str) -> Reply:
        if path == "cpq/products":
            return self._page(asked, path, "products", self.live(path)) if self.lists_products else (404, b"<html>")
        over = {"completed": 1, "open": 0}.get(asked.params["filter"])
        rows = [row for row in self.live(path) if over is None or row.get("status", 0) == over]
        if path == "appointments":
            now = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            rows = [row for row in rows if (row["end_date"] < now) == (asked.params["filter"] == "past")]
        return self._page(asked, path, path, rows)

    def _page(self, asked: Asked, path: str, word: str, rows: list[Row]) -> Reply:
        rows = [row for row in rows if self.clock.elapsed - row["at"] >= LAG_S]
        by, down = asked.params.get("sort", "id"), asked.params.get("sort_type") == "desc"
        rows = sorted(rows, key=lambda row: (row[by], row["id"]), reverse=down)
        size, number = int(asked.params.get("per_page", 25)), int(asked.params.get("page", 1))
        shown = rows[(number - 1) * size : number * size]
        pages = max(1, -(-len(rows) // size))
        beside = self._beside(shown, asked.params.get("include", ""))
        if path == "appointments":
            beside["appointment_attendees"] = [one for row in shown for one in row["attendees"]]
        meta = {"total_pages": pages, "total": len(rows)}
        return 200, beside | {word: [next(iter(self._shown(path, row).values())) for row in shown], "meta": meta}

    def lookup(self, asked: Asked) -> Reply:
        name, value = asked.params["f"], asked.params["q"]
        rows = [row for row in self.live("contacts") if self.clock.elapsed - row["at"] >= LAG_S]
        return 200, {"contacts": {"contacts": [{"id": row["id"]} for row in rows if row.get(name) == value]}}

    def filtered(self, asked: Asked) -> Reply:
        (rule,) = asked.body["filter_rule"]
        rows = [row for row in self.live("contacts") if row.get(rule["attribute"]) == rule["value"]]
        said = self._page(asked, "contacts", "contacts", rows)[1]
        return 200, {"contacts": [{"partial": True, "id": row["id"]} for row in said["contacts"]], "meta": said["meta"]}

    # Files

    def upload(self, asked: Asked) -> Reply:
        head = b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n"
        told: Row = {}
        for part in BytesParser().parsebytes(head + asked.raw).walk():
            name = part.get_param("name", header="content-disposition")
            if isinstance(name, str):
                payload = part.get_payload(decode=True)
                assert isinstance(payload, bytes)
                told[name] = payload if name == "file" else payload.decode()
        id = self.new_id()
        self.rows["documents"][id] = {"id": id, "to": int(told["targetable_id"]), "name": told["file_name"],
                                      "bytes": told["file"], "created_at": self.stamp()}  # fmt: skip
        return 200, {"id": id, "msg": "ok", "url": ""}

    def documents(self, asked: Asked, path: str, id: str) -> Reply:
        if int(id) not in self.rows[path]:
            return 404, {"errors": {"code": 404, "message": ["Not found"]}}
        found = [
            {"id": one["id"], "name": one["name"], "content_file_size": len(one["bytes"]),
             "created_at": one["created_at"], "url": f"{HOST}{BASE}/documents/{one['id']}/content"}
            for one in self.rows["documents"].values() if one["to"] == int(id)
        ]  # fmt: skip
        return 200, {"documents": found, "meta": {"total": len(found), "total_pages": 1}}

    def content(self, asked: Asked, id: str) -> Reply:
        return 200, bytes(self.rows["documents"][int(id)]["bytes"])

    # Set-up

    def users(self, asked: Asked) -> Reply:
        return 200, {"users": [a_user(1, "admin"), a_user(2, "ng"), a_user(3, "left", active=False)]}

    def selector(self, asked: Asked, name: str) -> Reply:
        if name == "lifecycle_stages":
            return 200, {name: [{"id": 1, "name": "Lead", "type": "Lead"}, {"id": 3, "name": "C", "type": "Customer"}]}
        if name == "deal_pipelines":
            stages = [{"id": id, "name": word, "forecast_type": word} for id, word in STAGES.items()]
            return 200, {name: [{"id": 9, "is_default": True, "deal_stages": stages}]}
        return 200, {name: [{"id": 1, "currency_code": "AUD", "currency_type": 1}]}

    def settings(self, asked: Asked, object: str) -> Reply:
        return 200, {"fields": [{"name": "name", "default": True}, *self.fields.get(object, [])]}

    def forms(self, asked: Asked, object: str) -> Reply:
        unique = {"name": "emails", "field_options": {"unique": True}}
        return 200, {"forms": [{"id": 77, "fields": [{"name": "basic_information", "fields": [unique]}]}]}

    def new_field(self, asked: Asked, object: str) -> Reply:
        if not self.makes_fields:
            return refused("U bent niet gemachtigd", 403)
        kind = {1: "text", 2: "textarea", 4: "dropdown"}[asked.body["field_type"]]
        self.a_field(object, asked.body["label"], kind, [one["value"] for one in asked.body.get("choices", ())])
        return 200, {"field": {"id": "1"}}


_KEPT = "(contacts|sales_accounts|deals|tasks|appointments|notes|cpq/products)"
_VIEWED = "/(contacts|sales_accounts|deals)"
ROUTES: list[tuple[str, Any]] = [
    (r"GET /selector/owners", Account.users),
    (r"GET /selector/(\w+)", Account.selector),
    (r"GET /settings/(\w+)/fields", Account.settings),
    (r"GET /settings/(\w+)/forms", Account.forms),
    (r"POST /settings/(\w+)/forms/77/fields", Account.new_field),
    (rf"GET {_VIEWED}/filters", Account.filters),
    (rf"GET {_VIEWED}/view/(\d+)", Account.view),
    (rf"GET {_VIEWED}/(\d+)/document_associations", Account.documents),
    (rf"POST {_VIEWED}/upsert", Account.upsert),
    (rf"POST {_VIEWED}/bulk_upsert", Account.bulk_upsert),
    (rf"POST {_VIEWED}/bulk_destroy", Account.bulk_destroy),
    (r"GET /job_statuses/(\w+)", Account.job),
    (r"GET /lookup", Account.lookup),
    (r"POST /filtered_search/contact", Account.filtered),
    (r"POST /documents", Account.upload),
    (r"GET /documents/(\d+)/content", Account.content),
    (rf"POST /{_KEPT}", Account.create),
    (rf"PUT /{_KEPT}/(\d+)", Account.put),
    (rf"GET /{_KEPT}/(\d+)", Account.get),
    (rf"DELETE {_VIEWED}/(\d+)/(forget)", Account.drop),
    (rf"DELETE /{_KEPT}/(\d+)", Account.drop),
    (rf"GET /{_KEPT}", Account.listed),
]


def refused(words: str, status: int = 400) -> Reply:
    return status, {"errors": {"code": status, "message": [words]}}


def a_user(id: int, name: str, *, active: bool = True) -> Row:
    return {"id": id, "display_name": name.title(), "email": f"{name}@example.com", "is_active": active}


def connect(account: Account, *, edition: str | None = None, key: str = KEY, **access: str) -> Freshsales:
    async def stored(file: File) -> AsyncIterator[bytes]:
        yield b"x" * file.size_bytes

    runtime = Runtime(
        clock=account.clock,
        random=random.Random(1),
        transport=lambda url: httpx2.MockTransport(account.serve),
    )
    opened = FreshsalesAccess(key, "acme.myfreshworks.com/crm/sales", **access)
    return Freshsales(runtime, opened, edition=edition, open_file=stored)


def a_patient(id: str, **more: Value) -> Write:
    fields: dict[str, Value] = {
        "first_name": "Ada", "last_name": f"Lee {id}", "external_id": f"cliniko:patients:{id}",
        "cf_source_system_id": id, **more,
    }  # fmt: skip
    return Write(OperationKey("F1", "patients", id), "contacts", "cf_source_system_id", id, fields)


def a_place(id: str, name: str) -> Write:
    fields: dict[str, Value] = {"name": name, "cf_location_id": id}
    return Write(OperationKey("F10", "businesses", id), "sales_accounts", "cf_location_id", id, fields)


def an_invoice(id: str, contact: str, **more: Value) -> Write:
    fields: dict[str, Value] = {"name": "Invoice 7", "amount": Decimal("99.50"), "cf_cliniko_invoice_id": id,
                                "contact": Link("contacts", contact), **more}  # fmt: skip
    return Write(OperationKey("F6", "invoices", id), "deals", "cf_cliniko_invoice_id", id, fields)


def a_task(id: str, contact: str, **more: Value) -> Write:
    fields: dict[str, Value] = {"title": "First visit", "due_date": START, "done": True, "description": "All well.",
                                "contact": Link("contacts", contact), "cliniko_appointment_id": id, **more}  # fmt: skip
    return Write(OperationKey("F4.task", "individual_appointments", id), "tasks", "cliniko_appointment_id", id, fields)


def an_appointment(id: str, contact: str, owner: str | None = None) -> Write:
    fields: dict[str, Value] = {"title": "First visit", "from_date": START, "end_date": START + timedelta(hours=1),
                                "contact": Link("contacts", contact), "cliniko_appointment_id": id}  # fmt: skip
    key = OperationKey("F4", "individual_appointments", id)
    return Write(key, "appointments", "cliniko_appointment_id", id, fields, owner_id=owner)


def a_note(id: str, contact: str, content: str = "Fine.") -> Write:
    fields: dict[str, Value] = {"title": f"SOAP [cliniko:treatment_notes:{id} 1/1]", "content": content}
    parent = Link("contacts", contact)
    return Write(OperationKey("F5", "treatment_notes", id), "notes", "", "", fields, parent=parent)


def a_file(id: str, contact: str, size: int = 9) -> Write:
    file = File("s1", "scan.pdf", size, "application/pdf", "0" * 64)
    parent = Link("contacts", contact)
    key = OperationKey("F11", "patient_attachments", id)
    return Write(key, "files", "", "", {"name": "scan.pdf"}, parent=parent, file=file)


def a_product(id: str) -> Write:
    fields: dict[str, Value] = {"name": "Tape", "sku_number": f"cliniko:products:{id}", "price": Decimal("9.50")}
    return Write(OperationKey("F7", "products", id), "products", "sku_number", id, fields)


def an_update(write: Write, id: str, **fields: Value) -> Write:
    return Write(
        write.key, write.object, write.key_field, write.key_value, fields, Kind.UPDATE, destination_id=id,
        parent=write.parent,
    )  # fmt: skip

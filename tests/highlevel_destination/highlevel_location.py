"""A location small enough for a test: it keeps records, lags in searches, and loses answers where it is told to.

Written from the vendor facts for these tests alone. It is strict where the vendor is (unknown properties, option keys,
duplicate addresses, calendar teams) and simple everywhere else.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs

import httpx2
import orjson

from gurney.destinations.highlevel.access import HighLevelAccess
from gurney.destinations.highlevel.destination import HighLevel
from gurney.destinations.protocol import Route
from gurney.records import File, Kind, Link, OperationKey, Value, Write
from gurney.runtime import Runtime
from virtual_clock import VirtualClock

START = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
SINGLE = Route("single", 50, 2)
LOCATION = "Loc00000000000000001"
HOST = "https://services.leadconnectorhq.com"
INVOICE = "custom_objects.cliniko_invoice"
LAG_S = 8.0
CONTACT = {
    *("firstName", "lastName", "email", "phone", "address1", "city", "state", "postalCode", "country", "website"),
    *("source", "dateOfBirth", "companyName", "assignedTo", "customFields", "dndSettings", "tags"),
}
APPOINTMENT = {
    *("title", "appointmentStatus", "assignedUserId", "description", "address", "ignoreDateRange", "toNotify"),
    *("ignoreFreeSlotValidation", "calendarId", "locationId", "contactId", "startTime", "endTime"),
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
        return f"{self.method} {self.path}"


@dataclass
class Location:
    """Records by object and id. `disturb` spoils one answer of the calls that it names."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    contacts: dict[str, Row] = field(default_factory=dict)
    records: dict[str, dict[str, Row]] = field(default_factory=dict)
    dropped: dict[str, list[Row]] = field(default_factory=dict)
    """Deleted records by object: a search shows them for a while."""
    notes: dict[str, list[Row]] = field(default_factory=dict)
    tasks: dict[str, list[Row]] = field(default_factory=dict)
    appointments: dict[str, Row] = field(default_factory=dict)
    relations: list[Row] = field(default_factory=list)
    fields: list[Row] = field(default_factory=list)
    object_fields: dict[str, list[Row]] = field(default_factory=dict)
    objects: list[Row] = field(default_factory=list)
    associations: list[Row] = field(default_factory=list)
    calendars: list[Row] = field(default_factory=list)
    users: list[Row] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    allows_duplicates: bool = False
    knows_filters: bool = True
    """Whether a search understands filters by custom fields; else it finds nothing without a word."""
    lacks: set[str] = field(default_factory=set)
    """Beginnings of paths for which the token has no scope."""
    side: int = 1000
    left: int = 200_000
    burst: int = 100
    token: str = "pit-1"
    made: int = 0
    _faults: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.users = [user("U1", "admin@example.com"), user("U2", "ng@example.com"), user("U3", "x@example.com", True)]
        for name, label in (("cliniko_patient_id", "Cliniko Patient ID"), ("colour", "Colour")):
            self.a_field(name, label)
        self.a_field("email_as_in_cliniko", "Email As In Cliniko")
        self.a_field("phone_as_in_cliniko", "Phone As In Cliniko")
        self.a_field("choice", "Choice", "SINGLE_OPTIONS", picklistOptions=["Left", "Right"])
        self.a_field("cliniko_files", "Cliniko Files", "FILE_UPLOAD")
        self.an_object(INVOICE, cliniko_invoice_id="TEXT", total="MONETORY", state="SINGLE_OPTIONS")
        options = [{"key": "paid", "label": "Paid"}, {"key": "open", "label": "Open"}]
        next(one for one in self.object_fields[INVOICE] if one["fieldKey"].endswith(".state"))["options"] = options
        self.associations = [an_association("A1", "cliniko_invoice_patient", "contact", INVOICE)]
        self.calendars = [
            {"id": "C1", "name": "First visit", "description": "Made by Gurney for appointments of Cliniko.",
             "teamMembers": [{"userId": "U1"}]},
        ]  # fmt: skip

    def disturb(self, pattern: str, how: str) -> None:
        """The next call whose name matches: 'drop-after', 'drop-before', '500', '502', '422-made', '400-garbled'."""
        self._faults.append((pattern, how))

    def calm(self) -> None:
        """No more spoilt answers."""
        self._faults.clear()

    def a_field(self, name: str, label: str, kind: str = "TEXT", **more: Any) -> str:
        """A contact's custom field as an administrator makes one; its id."""
        id = f"F{len(self.fields)}"
        self.fields.append({"id": id, "name": label, "fieldKey": f"contact.{name}", "dataType": kind, **more})
        return id

    def an_object(self, key: str, **kinds: str) -> None:
        self.objects.append({"id": f"O{len(self.objects)}", "key": key, "standard": False})
        self.records[key] = {}
        self.object_fields[key] = [
            {"id": f"{key}.{name}.id", "name": name.replace("_", " ").title(), "fieldKey": f"{key}.{name}",
             "dataType": kind}
            for name, kind in {"name": "TEXT", **kinds}.items()
        ]  # fmt: skip

    def field_id(self, name: str) -> str:
        return next(str(one["id"]) for one in self.fields if one["fieldKey"] == f"contact.{name}")

    def custom(self, row: Row, name: str) -> Any:
        return next((one["value"] for one in row["customFields"] if one["id"] == self.field_id(name)), None)

    def calls(self, pattern: str) -> list[Asked]:
        return [each for each in self.asked if re.search(pattern, each.name)]

    def new_id(self) -> str:
        self.made += 1
        return f"id{self.made:05d}"

    def stamp(self) -> str:
        return self.clock.now().isoformat().replace("+00:00", "Z")

    # The wire

    async def serve(self, request: httpx2.Request) -> httpx2.Response:
        raw = await request.aread()
        kind = request.headers.get("content-type", "")
        body = orjson.loads(raw) if raw and "json" in kind else form(raw) if "urlencoded" in kind else None
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
            return self._answer(int(how), {"statusCode": int(how), "message": "Internal server error"})
        status, said = self._gate(asked) or self._route(asked)
        if how == "drop-after":
            raise httpx2.ReadTimeout("lost", request=request)
        if how == "400-garbled":
            return self._answer(400, b'{"statusCode":400,"mess')
        if how == "422-made":
            return self._answer(422, {"statusCode": 422, "message": ["something went wrong"]})
        return self._answer(status, said)

    def _answer(self, status: int, said: Any) -> httpx2.Response:
        self.left -= 1
        headers = {
            "x-ratelimit-max": str(self.burst),
            "x-ratelimit-interval-milliseconds": "10000",
            "x-ratelimit-limit-daily": "200000",
            "x-ratelimit-daily-remaining": str(max(0, self.left)),
            "x-ratelimit-daily-reset": "3600000",
        }
        if isinstance(said, bytes):
            return httpx2.Response(status, content=said, headers=headers)
        return httpx2.Response(status, json=said, headers=headers)

    def _gate(self, asked: Asked) -> Reply | None:
        if asked.path == "/oauth/token":
            return None
        if not asked.headers.get("version"):
            return refused(401, "version header was not found.")
        if asked.headers.get("authorization") != f"Bearer {self.token}" and asked.path != "/oauth/locationToken":
            return refused(401, "Invalid token: access token is invalid")
        if any(asked.path.startswith(start) for start in self.lacks):
            return refused(401, "The token is not authorized for this scope.")
        return None

    def _route(self, asked: Asked) -> Reply:
        for pattern, serve in ROUTES:
            if match := re.fullmatch(pattern, asked.name.rstrip("/")):
                return serve(self, asked, *match.groups())
        return refused(404, f"Cannot {asked.method} {asked.path}")

    # Contacts

    def new_contact(self, asked: Asked) -> Reply:
        body = dict(asked.body)
        if body.pop("locationId", None) != LOCATION:
            return refused(403, "The token does not have access to this location.")
        if no := self._no_contact(body, ""):
            return no
        id = self.new_id()
        row = {"id": id, "dateAdded": self.stamp(), "dateUpdated": self.stamp(), "customFields": [], "changed": 0.0}
        self.contacts[id] = row
        self._fill(row, body)
        row["old"] = None
        return 201, {"contact": row}

    def put_contact(self, asked: Asked, id: str) -> Reply:
        row = self.contacts.get(id)
        if row is None:
            return refused(400, f"Contact with id {id} not found")
        if no := self._no_contact(asked.body, id):
            return no
        self._fill(row, asked.body)
        return 200, {"succeded": True, "contact": row}

    def get_contact(self, asked: Asked, id: str) -> Reply:
        row = self.contacts.get(id)
        return (200, {"contact": row}) if row else refused(400, f"Contact with id {id} not found")

    def delete_contact(self, asked: Asked, id: str) -> Reply:
        return (200, {"succeded": True}) if self.contacts.pop(id, None) else self.get_contact(asked, id)

    def _no_contact(self, body: Row, own: str) -> Reply | None:
        if unknown := set(body) - CONTACT:
            return refused(422, [f"property {name} should not exist" for name in sorted(unknown)])
        if body.get("phone") and not body["phone"].startswith("+"):
            return refused(422, ["phone must be a valid phone number"])
        for name in ("email", "phone"):
            same = [row for id, row in self.contacts.items() if id != own and row.get(name) == low(body.get(name))]
            if same and body.get(name) and not self.allows_duplicates:
                meta = {"contactId": same[0]["id"], "matchingField": name}
                words = "This location does not allow duplicated contacts."
                return 400, {"statusCode": 400, "message": words, "meta": meta}
        return None

    def _fill(self, row: Row, body: Row) -> None:
        for name, value in body.items():
            if name == "customFields":
                for item in value:
                    row["customFields"] = [one for one in row["customFields"] if one["id"] != item["id"]]
                    if item["field_value"] not in ("", None):
                        row["customFields"].append({"id": item["id"], "value": item["field_value"]})
            else:
                row[name] = low(value) if name == "email" else value
        row["changed"] = self.clock.elapsed
        row["dateUpdated"] = self.stamp()

    def search_contacts(self, asked: Asked) -> Reply:
        rows = [row for row in self.contacts.values() if self.clock.elapsed - row["changed"] >= LAG_S]
        return 200, self._page("contacts", asked.body, rows, lambda row, name: self._value(row, name))

    def _value(self, row: Row, name: str) -> Any:
        id = name.removeprefix("customFields.")
        return next((one["value"] for one in row["customFields"] if one["id"] == id), None)

    def _page(self, word: str, body: Row, rows: list[Row], value: Callable[[Row, str], Any]) -> Row:
        for each in body.get("filters", ()):
            wanted = each["filters"] if "group" in each else [each]
            rows = [
                row
                for row in rows
                if self.knows_filters and any(value(row, one["field"]) == one["value"] for one in wanted)
            ]
        down = any(one["direction"] == "desc" for one in body.get("sort", ()))
        rows = sorted(rows, key=lambda row: row["id"], reverse=down)
        if after := body.get("searchAfter"):
            rows = [row for row in rows if (row["id"] < after[1]) == down and row["id"] != after[1]]
        shown = [{**row, "searchAfter": [0, row["id"]]} for row in rows[: body["pageLimit"]]]
        return {word: shown, "total": len(rows)}

    def duplicate(self, asked: Asked) -> Reply:
        return 200, {"contact": None}

    # Notes, tasks, files

    def listed(self, asked: Asked, id: str, word: str) -> Reply:
        if id not in self.contacts:
            return refused(400, f"Contact with id {id} not found")
        if word == "appointments":
            rows = [row for row in self.appointments.values() if row["contactId"] == id]
            return 200, {"events": [{**row, "notes": row.get("description")} for row in rows]}
        return 200, {word: getattr(self, word).get(id, [])}

    def new_child(self, asked: Asked, id: str, word: str) -> Reply:
        if id not in self.contacts:
            return refused(400, f"Contact with id {id} not found")
        row = {"id": self.new_id(), "contactId": id, **asked.body}
        getattr(self, word).setdefault(id, []).append(row)
        return 201, {word.removesuffix("s"): row}

    def drop_child(self, asked: Asked, id: str, word: str, own: str) -> Reply:
        rows = getattr(self, word).get(id, [])
        kept = [row for row in rows if row["id"] != own]
        getattr(self, word)[id] = kept
        return (200, {"succeded": True}) if len(kept) < len(rows) else refused(404, "Note not found")

    def upload(self, asked: Asked) -> Reply:
        row = self.contacts.get(asked.params["contactId"])
        if row is None:
            return refused(400, "Contact not found")
        head = b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n"
        for part in BytesParser().parsebytes(head + asked.raw).walk():
            name = part.get_param("name", header="content-disposition")
            if not isinstance(name, str):
                continue
            fid, _, uuid = name.partition("_")
            bytes_ = part.get_payload(decode=True)
            assert isinstance(bytes_, bytes)
            file = str(part.get_filename())
            if file.rpartition(".")[2].lower() not in ("pdf", "zip", "png"):
                return refused(400, "file type is not accepted")
            there = next((one["value"] for one in row["customFields"] if one["id"] == fid), {})
            meta = {"originalname": file, "size": len(bytes_), "uuid": uuid}
            there = {**there, uuid: {"meta": meta, "url": f"{HOST}/documents/download/{uuid}", "bytes": bytes_.hex()}}
            self._fill(row, {"customFields": [{"id": fid, "field_value": there}]})
        return 200, {"contact": row}

    def download(self, asked: Asked, uuid: str) -> Reply:
        for row in self.contacts.values():
            for one in row["customFields"]:
                if isinstance(one["value"], dict) and uuid in one["value"]:
                    return 200, bytes.fromhex(one["value"][uuid]["bytes"])
        return refused(404, "not found")

    # Appointments

    def new_appointment(self, asked: Asked) -> Reply:
        body = asked.body
        if unknown := set(body) - APPOINTMENT:
            return refused(422, [f"property {name} should not exist" for name in sorted(unknown)])
        calendar = next(one for one in self.calendars if one["id"] == body["calendarId"])
        team = [one["userId"] for one in calendar["teamMembers"]]
        if body.get("assignedUserId") and body["assignedUserId"] not in team:
            return refused(422, ["The user id not part of calendar team."])
        row = {"id": self.new_id(), **body, "dateUpdated": self.stamp()}
        self.appointments[row["id"]] = row
        return 200, row

    def put_appointment(self, asked: Asked, id: str) -> Reply:
        row = self.appointments[id]
        row |= {"appointmentStatus": "confirmed", **asked.body, "dateUpdated": self.stamp()}
        return 200, row

    def get_appointment(self, asked: Asked, id: str) -> Reply:
        row = self.appointments.get(id)
        return (200, {"event": row}) if row else refused(404, "Appointment not found")

    def drop_appointment(self, asked: Asked, id: str) -> Reply:
        return (201, {"succeeded": True}) if self.appointments.pop(id, None) else refused(404, "Appointment not found")

    def events(self, asked: Asked) -> Reply:
        start, end = (int(asked.params[name]) for name in ("startTime", "endTime"))
        rows = [
            row
            for row in self.appointments.values()
            if row["calendarId"] == asked.params["calendarId"]
            and start <= datetime.fromisoformat(row["startTime"]).timestamp() * 1000 < end
        ]
        return 200, {"events": rows}

    # Objects and links

    def new_record(self, asked: Asked, key: str) -> Reply:
        if no := self._no_record(key, asked.body["properties"]):
            return no
        row = {
            "id": self.new_id(), "owner": asked.body.get("owner", []), "properties": asked.body["properties"],
            "dateUpdated": self.stamp(), "changed": self.clock.elapsed,
        }  # fmt: skip
        self.records[key][row["id"]] = row
        return 201, {"record": row}

    def _no_record(self, key: str, properties: Row) -> Reply | None:
        fields = {one["fieldKey"].rpartition(".")[2]: one for one in self.object_fields[key]}
        if unknown := set(properties) - set(fields):
            return refused(422, [f"property {name} should not exist" for name in sorted(unknown)])
        for name, value in properties.items():
            keys = [one["key"] for one in fields[name].get("options", ())]
            if keys and value and value not in keys:
                return refused(422, [f"properties.{name} must be one of the options"])
        return None

    def put_record(self, asked: Asked, key: str, id: str) -> Reply:
        row = self.records[key][id]
        if asked.params.get("locationId") != LOCATION or (no := self._no_record(key, asked.body.get("properties", {}))):
            return no or refused(422, "locationId must be a string")
        row["properties"] |= asked.body.get("properties", {})
        row |= {"dateUpdated": self.stamp(), "changed": self.clock.elapsed}
        return 200, {"record": row}

    def get_record(self, asked: Asked, key: str, id: str) -> Reply:
        row = self.records[key].get(id)
        return (200, {"record": {**row, "relations": []}}) if row else refused(404, "Record not found")

    def drop_record(self, asked: Asked, key: str, id: str) -> Reply:
        row = self.records[key].pop(id, None)
        if row is None:
            return refused(404, "Record not found")
        self.dropped.setdefault(key, []).append(row | {"gone": self.clock.elapsed})
        return 200, {"success": True}

    def search_records(self, asked: Asked, key: str) -> Reply:
        shown = [row for row in self.records[key].values() if self.clock.elapsed - row["changed"] >= LAG_S]
        shown += [row for row in self.dropped.get(key, ()) if self.clock.elapsed - row["gone"] < LAG_S]
        rows = [{**row, "updatedAt": row["dateUpdated"], "relations": self._told(row["id"])} for row in shown]
        return 200, self._page("records", asked.body, rows, lambda row, name: row["properties"].get(name[11:]))

    def _told(self, id: str) -> list[Row]:
        return [
            {"objectKey": "contact", "recordId": row["firstRecordId"]}
            for row in self.relations
            if row["secondRecordId"] == id
        ]

    def relate(self, asked: Asked) -> Reply:
        told = {name: asked.body[name] for name in ("associationId", "firstRecordId", "secondRecordId")}
        if told["firstRecordId"] not in self.contacts:
            return refused(400, f"Could not create relation: record {told['firstRecordId']} not found")
        if any({**row, "id": ""} == {**told, "id": ""} for row in self.relations):
            words = "Could not create relation: duplicate relation of object Ids for given association A1"
            return refused(400, words)
        if any(
            sum(row[side] == told[side] for row in self.relations) >= self.side
            for side in ("firstRecordId", "secondRecordId")
        ):
            return refused(400, "the limit is reached")
        self.relations.append({"id": self.new_id(), **told})
        return 201, self.relations[-1]

    def relations_of(self, asked: Asked, id: str) -> Reply:
        rows = [row for row in self.relations if id in (row["firstRecordId"], row["secondRecordId"])]
        skip, most = int(asked.params["skip"]), int(asked.params["limit"])
        return 200, {"relations": rows[skip : skip + most], "total": len(rows)}

    def drop_relation(self, asked: Asked, id: str) -> Reply:
        self.relations = [row for row in self.relations if row["id"] != id]
        return 200, {"deleted": True}

    # Schema

    def new_field(self, asked: Asked) -> Reply:
        body = asked.body
        if "locationId" in body:
            return refused(422, ["property locationId should not exist"])
        key = "contact." + re.sub(r"[^a-z0-9]+", "_", body["name"].lower()).strip("_")
        row = {**body, "id": f"F{len(self.fields)}", "fieldKey": key, "picklistOptions": body.get("options", [])}
        self.fields.append(row)
        return 201, {"customField": row}

    def put_field(self, asked: Asked, id: str) -> Reply:
        row = next(one for one in self.fields if one["id"] == id)
        row["picklistOptions"] = asked.body["options"]
        return 200, {"customField": row}

    def drop_field(self, asked: Asked, id: str) -> Reply:
        kept = [one for one in self.fields if one["id"] != id]
        gone, self.fields = len(kept) < len(self.fields), kept
        return (200, {"succeded": True}) if gone else refused(404, "not found")

    def new_object(self, asked: Asked) -> Reply:
        self.an_object(asked.body["key"])
        return 201, {"object": self.objects[-1]}

    def new_object_field(self, asked: Asked) -> Reply:
        row = {**asked.body, "id": self.new_id()}
        self.object_fields[asked.body["objectKey"]].append(row)
        return 201, {"field": row}

    def fields_of(self, asked: Asked, key: str) -> Reply:
        return 200, {"fields": self.object_fields[key], "folders": [{"id": "folder", "name": "General"}]}

    def drop_object_field(self, asked: Asked, id: str) -> Reply:
        for key, rows in self.object_fields.items():
            self.object_fields[key] = [row for row in rows if row["id"] != id]
        return 200, {"succeded": True, "id": id}

    def new_association(self, asked: Asked) -> Reply:
        if asked.body["firstObjectLabel"] == asked.body["secondObjectLabel"]:
            return refused(422, ["labels must differ"])
        self.associations.append({**asked.body, "id": self.new_id()})
        return 201, self.associations[-1]

    def new_calendar(self, asked: Asked) -> Reply:
        self.calendars.append({**asked.body, "id": self.new_id()})
        return 200, {"calendar": self.calendars[-1]}

    def put_calendar(self, asked: Asked, id: str) -> Reply:
        row = next(one for one in self.calendars if one["id"] == id)
        row |= asked.body
        return 200, {"calendar": row}

    def drop(self, word: str, id: str) -> Reply:
        setattr(self, word, [one for one in getattr(self, word) if one["id"] != id])
        return 200, {"success": True}

    def told(self, word: str, rows: Any) -> Reply:
        return 200, {word: rows}

    def location(self) -> Reply:
        settings = {"allowDuplicateContact": self.allows_duplicates}
        zone = {"timezone": "Australia/Hobart", "country": "AU"}
        return 200, {"location": {"id": LOCATION, "name": "Harbour", **zone, "settings": settings}}

    # Tokens

    def give_token(self, asked: Asked) -> Reply:
        if asked.body.get("refresh_token") != f"r{self.made}" and asked.body.get("code") != "code-1":
            return 401, {"error": "UnAuthorized!", "error_description": "Authorization code not found"}
        self.made += 1
        told = {"expires_in": 86399, "refresh_token": f"r{self.made}", "companyId": "Comp1", "scope": ""}
        return 200, {"access_token": f"company{self.made}", "userType": "Company", **told}

    def exchange(self, asked: Asked) -> Reply:
        if asked.headers["authorization"] != f"Bearer company{self.made}":
            return refused(401, "Invalid JWT")
        self.token = f"location{self.made}"
        return 201, {"access_token": self.token, "expires_in": 86399, "userType": "Location"}


Serve = Callable[..., Reply]
CID = r"/contacts/(id\d+)"
RECORDS = r"/objects/(custom_objects\.\w+)/records"
ROUTES: list[tuple[str, Serve]] = [
    (r"POST /contacts", Location.new_contact),
    (r"POST /contacts/search", Location.search_contacts),
    (r"GET /contacts/search/duplicate", Location.duplicate),
    (rf"GET {CID}", Location.get_contact),
    (rf"PUT {CID}", Location.put_contact),
    (rf"DELETE {CID}", Location.delete_contact),
    (rf"GET {CID}/(notes|tasks|appointments)", Location.listed),
    (rf"POST {CID}/(notes|tasks)", Location.new_child),
    (rf"DELETE {CID}/(notes|tasks)/(\w+)", Location.drop_child),
    (r"POST /forms/upload-custom-files", Location.upload),
    (r"GET /documents/download/([\w-]+)", Location.download),
    (r"POST /calendars/events/appointments", Location.new_appointment),
    (r"PUT /calendars/events/appointments/(\w+)", Location.put_appointment),
    (r"GET /calendars/events/appointments/(\w+)", Location.get_appointment),
    (r"DELETE /calendars/events/(\w+)", Location.drop_appointment),
    (r"GET /calendars/events", Location.events),
    (r"GET /calendars", lambda at, asked: at.told("calendars", at.calendars)),
    (r"POST /calendars", Location.new_calendar),
    (r"PUT /calendars/(\w+)", Location.put_calendar),
    (r"DELETE /calendars/(\w+)", lambda at, asked, id: at.drop("calendars", id)),
    (rf"POST {RECORDS}", Location.new_record),
    (rf"POST {RECORDS}/search", Location.search_records),
    (rf"PUT {RECORDS}/(\w+)", Location.put_record),
    (rf"GET {RECORDS}/(\w+)", Location.get_record),
    (rf"DELETE {RECORDS}/(\w+)", Location.drop_record),
    (r"GET /objects", lambda at, asked: at.told("objects", at.objects)),
    (r"POST /objects", Location.new_object),
    (r"GET /custom-fields/object-key/(custom_objects\.\w+)", Location.fields_of),
    (r"POST /custom-fields", Location.new_object_field),
    (r"DELETE /custom-fields/([\w.]+)", Location.drop_object_field),
    (rf"GET /locations/{LOCATION}/customFields", lambda at, asked: at.told("customFields", at.fields)),
    (rf"POST /locations/{LOCATION}/customFields", Location.new_field),
    (rf"PUT /locations/{LOCATION}/customFields/(\w+)", Location.put_field),
    (rf"DELETE /locations/{LOCATION}/customFields/(\w+)", Location.drop_field),
    (rf"GET /locations/{LOCATION}", lambda at, asked: at.location()),
    (r"GET /users", lambda at, asked: at.told("users", at.users)),
    (r"GET /workflows", lambda at, asked: at.told("workflows", [{"name": "Welcome", "status": "published"}])),
    (r"GET /invoices", lambda at, asked: at.told("invoices", [])),
    (r"GET /associations", lambda at, asked: at.told("associations", at.associations)),
    (r"POST /associations", Location.new_association),
    (r"DELETE /associations/(\w+)", lambda at, asked, id: at.drop("associations", id)),
    (r"POST /associations/relations", Location.relate),
    (r"GET /associations/relations/(\w+)", Location.relations_of),
    (r"DELETE /associations/relations/(\w+)", Location.drop_relation),
    (r"POST /oauth/token", Location.give_token),
    (r"POST /oauth/locationToken", Location.exchange),
]


def low(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def form(raw: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(raw.decode()).items()}


def refused(status: int, words: Any) -> Reply:
    return status, {"statusCode": status, "message": words}


def user(id: str, email: str, deleted: bool = False) -> Row:
    return {"id": id, "email": email, "name": email, "deleted": deleted, "roles": {"role": "admin"}}


def an_association(id: str, key: str, first: str, second: str) -> Row:
    return {"id": id, "key": key, "firstObjectKey": first, "secondObjectKey": second}


class Transport(httpx2.AsyncBaseTransport):
    def __init__(self, location: Location) -> None:
        self._location = location

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._location.serve(request)


async def open_file(file: File) -> AsyncIterator[bytes]:
    yield b"%PDF"[: file.size_bytes]


def connect(location: Location, access: HighLevelAccess | None = None, **more: Any) -> HighLevel:
    runtime = Runtime(
        clock=location.clock,
        random=random.Random(7),
        entropy=lambda size: b"\7" * size,
        transport=lambda base_url: Transport(location),
        environ={},
    )
    access = access or HighLevelAccess(LOCATION, token="pit-1")
    return HighLevel(runtime, access, open_file=open_file, **more)


def a_patient(id: str, **fields: Value) -> Write:
    told = {"lastName": f"Lee {id}", "cliniko_patient_id": id, **fields}
    return Write(OperationKey("H1", "patients", id), "contacts", "cliniko_patient_id", id, told)


def an_invoice(id: str, contact: str, **fields: Value) -> Write:
    told = {"name": f"Invoice {id}", "cliniko_invoice_id": id, "patient": Link("contacts", contact), **fields}
    return Write(OperationKey("H7", "invoices", id), INVOICE, "cliniko_invoice_id", id, told)


def an_appointment(id: str, contact: str, **fields: Value) -> Write:
    told: dict[str, Value] = {
        "title": "First visit",
        "cliniko_appointment_id": id,
        "calendar": "First visit",
        "start": datetime(2024, 6, 2, 23, 30, tzinfo=UTC),
        "end": datetime(2024, 6, 3, 0, 0, tzinfo=UTC),
        "status": "showed",
        "contact": Link("contacts", contact),
        **fields,
    }
    key = OperationKey("H4", "individual_appointments", id)
    return Write(key, "appointments", "cliniko_appointment_id", id, told)


def a_note(id: str, contact: str, body: str = "<p>Fine.</p>", **more: Any) -> Write:
    title = f"Review [cliniko:treatment_notes:{id} 1/1]"
    key = OperationKey("H6", "treatment_notes", id)
    parent = Link("contacts", contact)
    return Write(key, "notes", "", title, {"title": title, "body": body}, parent=parent, **more)


def a_file(id: str, contact: str, name: str = "scan.pdf") -> Write:
    file = File("1", name, 4, "application/pdf", "0" * 64)
    key = OperationKey("H10", "patient_attachments", id)
    fields: dict[str, Value] = {"name": name, "size_bytes": 4}
    return Write(key, "files", "", name, fields, parent=Link("contacts", contact), file=file)


def an_update(write: Write, id: str, *, kind: Kind = Kind.UPDATE, **fields: Value) -> Write:
    return Write(write.key, write.object, write.key_field, write.key_value, fields, kind, id)

"""A look into HighLevel's twin that owes nothing to our client."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zipfile import ZipFile

import orjson

from gurney.records import Kind, Link, Value
from gurney.schema import FieldType, NewField
from gurney.testing.kit import Hanging, Match, Role, Row
from gurney.twins.highlevel.account import Account
from gurney.twins.highlevel.service import HighLevel
from gurney.twins.kit.journal import Entry
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Request

T = FieldType
VISIT_KEY, ATTENDEE_KEY, INVOICE_KEY = "cliniko_appointment_id", "cliniko_attendee_id", "cliniko_invoice_id"
KEY_LINES = {VISIT_KEY: "Cliniko appointment", ATTENDEE_KEY: "Cliniko attendee", INVOICE_KEY: "Cliniko invoice"}
KEY_LINE = re.compile(r"(.*?)\n?(Cliniko (?:appointment|attendee|invoice)): ([^\n]*)", re.DOTALL)
PATIENT = "Con0000000000KitOnly"
"""Whom appointments and tasks are made for: they cannot do without."""
NUMBERS = (T.DECIMAL, T.MONEY)
ASIDE = {"email": "email_as_in_cliniko", "phone": "phone_as_in_cliniko"}
STUBBORN = frozenset({"phone", "dateOfBirth", "kit_date"})
"""Clearing these answers 200 and does nothing (FACTS 4.1)."""


class HighLevelWitness:
    """The sub-account's tables, read as FACTS 4 to 10 describe the wire."""

    def __init__(self, twin: Twin) -> None:
        assert isinstance(twin.service, HighLevel)
        self._twin, self._world = twin, twin.service.world

    @property
    def _account(self) -> Account:
        return self._world.first

    def rows(self, object: str) -> list[Row]:
        """With what stands inside lists, objects, texts and links beside the rest, under the plan's names."""
        own = {"contacts": self._contact, "appointments": self._visit, "tasks": self._task, "invoices": self._invoice}
        inner = own.get(object, self._record)
        return [{**row, **inner(row, object)} for row in self._dump(object) if row["id"] != PATIENT]

    def id(self, row: Row) -> str:
        """Tasks are reached through their contact."""
        return f"{row['contactId']}/{row['id']}" if "dueDate" in row and "completed" in row else str(row["id"])

    def neutral(self, type: FieldType, wire: Any) -> Value:
        if wire is None or wire == "":
            return None
        if type in (T.LOOKUP, T.OWNER):
            assert isinstance(wire, str)
            return Link("", wire)
        if type in NUMBERS:
            assert not isinstance(wire, str | bool)
            return Decimal(str(wire))
        if type is T.DATE:
            return date.fromisoformat(wire)
        if type is T.DATETIME:
            return datetime.fromisoformat(wire).astimezone(UTC)
        if type is T.BOOLEAN and isinstance(wire, str):
            return {"Yes": True, "No": False}[wire]
        if type is T.MULTI_PICKLIST:
            return tuple(wire)
        assert isinstance(wire, bool if type is T.BOOLEAN else str), f"{type}: {wire!r}"
        return wire

    def hanging(self, role: Role) -> list[Hanging]:
        if role.object == "files":
            return [one for row in self._dump("contacts") for one in self._files(row)]
        return [
            Hanging(
                f"{row['contactId']}/{row['id']}",
                frozenset({row["contactId"]}),
                {name: row.get(name) or None for name in (role.title, role.body)},
            )
            for row in self._dump("notes")
        ]

    def schema(self) -> set[str]:
        fields = {
            f"contacts.{one['name']} {one['fieldKey']} {one['dataType']} {one['picklistOptions']}"
            for one in self._dump("customFields")
        }
        objects = [one for one in self._dump("objects") if not one["standard"]]
        fields |= {
            f"{object['key']}.{one['name']} {one['key']} {one['dataType']} {one['options']}"
            for object in objects
            for one in object["fields"]
            if one["key"] != object["primaryDisplayProperty"]
        }
        links = {f"{one['key']} {one['firstObjectKey']} {one['secondObjectKey']}" for one in self._dump("associations")}
        calendars = {f"appointments.calendar {one['name']}" for one in self._dump("calendars")}
        return fields | links | calendars | {object["key"] for object in objects}

    def write_calls(self, role: Role, kind: Kind, route: str) -> Sequence[Match]:
        """One call a record; what it links to takes a call of its own (FACTS 9)."""
        if role.object == "files":
            return ({"method": "POST", "path": r"/forms/upload-custom-files$"},)
        many, one = PATHS.get(role.object, (f"/objects/{role.object}/records", f"/objects/{role.object}/records/[^/]+"))
        if kind is Kind.CREATE:
            return ({"method": "POST", "path": many + "/?$"},)
        if kind is Kind.DELETE and role.object == "appointments":
            one = "/calendars/events/[^/]+"
        return ({"method": "DELETE" if kind is Kind.DELETE else "PUT", "path": one + "$"},)

    def is_counted(self, entry: Entry) -> bool:
        return not entry.path.startswith("/oauth/")

    def is_token_call(self, entry: Entry) -> bool:
        return entry.path == "/oauth/token"

    def spend_everything(self) -> None:
        self._account.meter.used_today = self._account.meter.daily

    def deactivate(self, email: str) -> None:
        self._admin("leave", email=email)

    def add_by_others(self, parent: Link) -> str:
        fields = {"contactId": parent.id, "title": "Call back", "dueDate": self._account.now()}
        return f"tasks/{parent.id}/{self._admin('create', object='tasks', fields=fields)['id']}"

    async def make_by_hand(self, change: NewField) -> None:
        """As the page does: with the name that a person types."""
        assert change.object == "contacts"
        kind = {T.TEXT: "TEXT", T.DATE: "DATE"}[change.type]
        headers = {
            "authorization": f"Bearer {self._world.first_token}", "version": "2021-07-28",
            "content-type": "application/json",
        }  # fmt: skip
        body = orjson.dumps({"name": change.label, "dataType": kind, "model": "contact"})
        path = f"/locations/{self._account.id}/customFields"
        answer = await self._twin.respond(Request("POST", path, "", headers, body))
        assert answer.status == 201, answer.payload()

    def _admin(self, deed: str, **what: Any) -> Any:
        answer = self._twin.service.admin_actions[f"POST {deed}"](Request("POST", f"/{deed}", body=orjson.dumps(what)))
        assert answer.status < 300, answer.payload()
        return orjson.loads(answer.payload())

    def _dump(self, object: str) -> list[Row]:
        return list(self._twin.service.dump(object) or ())

    def _contact(self, row: Row, object: str) -> Row:
        """Custom values by their keys; an address of our own field only where the vendor's could not have it."""
        keys = {one["id"]: str(one["fieldKey"]).removeprefix("contact.") for one in self._dump("customFields")}
        told = {keys[one["id"]]: one["value"] for one in row["customFields"]}
        for wire, own in ASIDE.items():
            if own in told:
                assert wire in STUBBORN or not row.get(wire), f"{wire} is there twice"
                told[wire] = told[own]
        channels = row.get("dndSettings") or {}
        for wire, name in (("Email", "dnd_email"), ("SMS", "dnd_sms")):
            if wire in channels:
                told[name] = {"active": True, "inactive": False}[channels[wire]["status"]]
        return told

    def _record(self, row: Row, object: str) -> Row:
        """Properties with options by their words and amounts without their currency; links from their own table."""
        schema = next(one for one in self._dump("objects") if one["key"] == object)
        fields = {one["key"].rpartition(".")[2]: one for one in schema["fields"]}
        told = {key: _worded(value, fields[key]) for key, value in row["properties"].items()}
        (owner,) = row["owner"] or (None,)
        linked = [one for one in self._dump("relations") if one["secondRecordId"] == row["id"]]
        assert len(linked) <= 1, "a record of the kit has one link"
        return {**told, "assignedTo": owner, "patient": linked[0]["firstRecordId"] if linked else None}

    def _task(self, row: Row, object: str) -> Row:
        text, keys = _keys_of(row.get("body"))
        return {**keys, "body": text, "contact": row["contactId"], "assignedTo": row.get("assignedTo")}

    def _invoice(self, row: Row, object: str) -> Row:
        """A draft: its one item carries the total, its terms the text and the key."""
        text, keys = _keys_of(row["termsNotes"])
        (item,) = row["invoiceItems"]
        assert item["currency"] == row["currency"]
        assert row["status"] == "draft"
        details = row["contactDetails"]
        return {
            **keys, "terms": text, "contact": details["id"], "contact_name": details["name"],
            "business_name": row["businessDetails"]["name"], "issued": row["issueDate"][:10],
            "due": (row.get("dueDate") or "")[:10], "total": item["amount"] * item["qty"],
            "number": row["invoiceNumber"],
        }  # fmt: skip

    def _visit(self, row: Row, object: str) -> Row:
        """An appointment: its calendar's name, its start, and the keys at the end of its description."""
        text, keys = _keys_of(row.get("description"))
        calendar = next(one["name"] for one in self._dump("calendars") if one["id"] == row["calendarId"])
        return {
            **keys, "description": text, "calendar": calendar, "start": row["startTime"], "contact": row["contactId"],
            "status": row["appointmentStatus"], "assignedTo": row["assignedUserId"],
        }  # fmt: skip

    def _files(self, row: Row) -> Iterator[Hanging]:
        """Entries of the contact's field for files, each by its own name and bytes, out of the ZIP that it is in."""
        (field,) = [one["id"] for one in self._dump("customFields") if one["fieldKey"] == "contact.cliniko_files"]
        entries = next((one["value"] for one in row["customFields"] if one["id"] == field), {})
        for id, entry in entries.items():
            name, content = (
                entry["meta"]["originalname"],
                self._world.attic.get(self._account.files[entry["documentId"]]),
            )
            assert entry["meta"]["size"] == len(content)
            if name.endswith(".zip"):
                with ZipFile(io.BytesIO(content)) as archive:
                    (name,) = archive.namelist()
                    content = archive.read(name)
            values = {"name": name, "size_bytes": len(content)}
            yield Hanging(id, frozenset({row["id"]}), values, sha256(content).hexdigest())


PATHS = {
    "contacts": ("/contacts", "/contacts/[^/]+"),
    "notes": ("/contacts/[^/]+/notes", "/contacts/[^/]+/notes/[^/]+"),
    "tasks": ("/contacts/[^/]+/tasks", "/contacts/[^/]+/tasks/[^/]+"),
    "invoices": ("/invoices", "/invoices/[^/]+"),
    "appointments": ("/calendars/events/appointments", "/calendars/events/appointments/[^/]+"),
}


def _keys_of(text: str | None) -> tuple[str, Row]:
    """A text without the lines of our keys at its end, and the keys."""
    text, keys = text or "", {}
    while match := KEY_LINE.fullmatch(text):
        text, label, key = match.groups()
        keys[next(name for name, words in KEY_LINES.items() if words == label)] = key
    return text, keys


def _worded(value: Any, field: Row) -> Any:
    labels = {one["key"]: one["label"] for one in field["options"]}
    match field["dataType"]:
        case "SINGLE_OPTIONS":
            return labels[value]
        case "MULTIPLE_OPTIONS":
            return [labels[one] for one in value]
        case "MONETORY":
            assert value["currency"] == "default"
            return value["value"]
    return value

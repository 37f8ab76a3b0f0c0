"""Pipedrive for the kit: its objects, and a look into its twin that owes nothing to our client."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import orjson

from gurney.records import Kind, Link, Value
from gurney.schema import FieldType, NewField, NewOptions, SchemaChange
from gurney.testing.kit import Adapter, Hanging, Match, Role, Row, fields_of_types, filled, key_field
from gurney.twins.kit.journal import Entry
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Request
from gurney.twins.pipedrive import build
from gurney.twins.pipedrive.service import Pipedrive

T = FieldType
KEY = "Kit_Key"
VISIT_KEY, ATTENDEE_KEY = "cliniko_appointment_id", "cliniko_attendee_id"
KEY_LINES = {VISIT_KEY: "Cliniko appointment", ATTENDEE_KEY: "Cliniko attendee"}
FIELDS = {
    "persons": "personFields", "organizations": "organizationFields", "deals": "dealFields",
    "products": "productFields",
}  # fmt: skip
NUMBERS = (T.DECIMAL, T.MONEY, T.PERCENT)
START = datetime(2026, 2, 3, 23, 30, tzinfo=UTC)
MADE = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
SINGLE = ("single",)


def named(label: str) -> str:
    """A name of the plan: the vendor makes forty letters and digits of its own (FACTS 5.2)."""
    return label.replace(" ", "_")


EVERY_TYPE = (
    T.TEXT, T.LONG_TEXT, T.PHONE, T.DECIMAL, T.MONEY, T.BOOLEAN, T.DATE, T.PICKLIST, T.MULTI_PICKLIST,
)  # fmt: skip
"""Addresses, moments, whole numbers and links have no types of their own (FACTS 4)."""
SOME_TYPES = (T.TEXT, T.LONG_TEXT, T.MONEY, T.DATE, T.PICKLIST, T.BOOLEAN)
CHANGES: tuple[SchemaChange, ...] = (
    key_field("persons", KEY, unique=False),
    *fields_of_types("persons", EVERY_TYPE, named),
    key_field("organizations", KEY, unique=False),
    *fields_of_types("organizations", SOME_TYPES, named),
    key_field("deals", KEY, unique=False),
    *fields_of_types("deals", SOME_TYPES, named),
    NewField("deals", "Second_Patient", "Second Patient", T.LOOKUP, lookup_to="persons"),
    key_field("products", KEY, unique=False),
    *fields_of_types("products", SOME_TYPES, named),
    NewOptions("activities", "type", ("Kit: O'Neill's visit",)),
)
PERSON = {"email": T.EMAIL, "email_home": T.EMAIL, "phone_mobile": T.PHONE, "phone_work": T.PHONE}
PRODUCT = {
    "code": T.TEXT, "unit": T.TEXT, "description": T.LONG_TEXT, "tax": T.PERCENT, "price": T.MONEY, "cost": T.MONEY,
}  # fmt: skip
ACTIVITY = {
    "type": T.PICKLIST, "start": T.DATETIME, "location": T.TEXT, "public_description": T.LONG_TEXT, "note": T.RICH_TEXT,
    "done": T.BOOLEAN, "busy": T.BOOLEAN,
}  # fmt: skip
BOLD_LINE = re.compile(r"<p><b>(.*?)</b></p>(.*)", re.DOTALL)
KEY_LINE = re.compile(r"(.*)<p>(Cliniko (?:appointment|attendee)): ([^<]*)</p>", re.DOTALL)
MARK = re.compile(r"_cliniko-[A-Za-z0-9-]+(?=(\.[A-Za-z0-9]+)?$)")


class PipedriveWitness:
    """The company's tables, read as FACTS 3 and 4 describe the wire."""

    def __init__(self, twin: Twin) -> None:
        assert isinstance(twin.service, Pipedrive)
        self._twin, self._world = twin, twin.service.world

    def rows(self, object: str) -> list[Row]:
        """With what stands inside lists, objects and texts beside the rest, under the names that the plan has."""
        dump = list(self._twin.service.dump(object) or ())
        fields = {field["field_code"]: field for field in self._fields(object)}
        inner = {"persons": _contacts, "products": _prices, "activities": _visit, "notes": _note}.get(object)
        return [
            {
                **row,
                **_custom(row.get("custom_fields") or {}, fields),
                **self._visible(row),
                **(inner(self, row) if inner else {}),
            }
            for row in dump
        ]

    def id(self, row: Row) -> str:
        return str(row["id"])

    def neutral(self, type: FieldType, wire: Any) -> Value:
        if wire is None or wire == "":
            return None
        if type in (T.LOOKUP, T.OWNER):
            assert isinstance(wire, int)
            return Link("", str(wire))
        if type in NUMBERS:
            return Decimal(str(wire))
        if type is T.DATE:
            return date.fromisoformat(wire)
        if type is T.DATETIME:
            return datetime.fromisoformat(wire).astimezone(UTC)
        if type is T.BOOLEAN and isinstance(wire, str):
            return {"Yes": True, "No": False}[wire]
        if type is T.MULTI_PICKLIST:
            return tuple(wire)
        if isinstance(wire, dict):  # an address
            wire = wire["value"]
        assert isinstance(wire, {T.BOOLEAN: bool, T.INTEGER: int}.get(type, str)), f"{type}: {wire!r}"
        return wire

    def hanging(self, role: Role) -> list[Hanging]:
        return [self._hanging(role, row) for row in self.rows(role.object)]

    def _hanging(self, role: Role, row: Row) -> Hanging:
        values: dict[str, Value] = {name: row.get(name) or None for name in (role.title, role.body) if name}
        if role.object == "files":
            values = {"name": row["name"], "size_bytes": row["file_size"]}
        parents = frozenset({str(row["person_id"])} if row["person_id"] else ())
        return Hanging(str(row["id"]), parents, values, row.get("sha256") or "")

    def schema(self) -> set[str]:
        fields = {
            f"{object}.{field['field_name']} {field['field_code']} {field['field_type']} "
            f"{[option['label'] for option in field['options'] or ()]}"
            for object in FIELDS
            for field in self._fields(object)
        }
        types = self._twin.service.dump("activityTypes") or ()
        return fields | {
            f"activities.type {one['key_string']}" for one in types if one["active_flag"] and one["is_custom_flag"]
        }

    def write_calls(self, role: Role, kind: Kind, route: str) -> Sequence[Match]:
        """One call a record. Nothing is told to be lost in reads."""
        version = "v1" if role.object in ("notes", "files") else "v2"
        if kind is Kind.CREATE:
            return ({"method": "POST", "path": rf"/api/{version}/{role.object}$"},)
        change = "PUT" if version == "v1" else "PATCH"
        method = "DELETE" if kind is Kind.DELETE else change
        return ({"method": method, "path": rf"/api/{version}/{role.object}/\d+$"},)

    def is_counted(self, entry: Entry) -> bool:
        return entry.path.startswith("/api/")

    def is_token_call(self, entry: Entry) -> bool:
        return entry.path == "/oauth/token"

    def spend_everything(self) -> None:
        self._world.budget.used = self._world.budget.limit

    def deactivate(self, email: str) -> None:
        user = self._world.company.by_email(email)
        assert user
        user["active_flag"] = False

    def add_by_others(self, parent: Link) -> str:
        fields = {"subject": "Call back", "participants": [{"person_id": int(parent.id), "primary": True}]}
        return f"activities/{self._admin('create', object='activities', fields=fields)['id']}"

    async def make_by_hand(self, change: NewField) -> None:
        kind = {T.TEXT: "varchar", T.DATE: "date"}[change.type]
        self._admin("field", object=FIELDS[change.object], field_name=change.label, field_type=kind)

    def _admin(self, deed: str, **what: Any) -> Any:
        answer = self._twin.service.admin_actions[f"POST {deed}"](Request("POST", f"/{deed}", body=orjson.dumps(what)))
        assert answer.status < 300, answer.payload()
        return orjson.loads(answer.payload())

    def _fields(self, object: str) -> Iterable[dict[str, Any]]:
        if object not in FIELDS:
            return ()
        return [field for field in self._twin.service.dump(FIELDS[object]) or () if field["is_custom_field"]]

    def _visible(self, row: Row) -> Row:
        """Who sees it, in our words: on Growth there are two numbers (FACTS 3.3)."""
        return {"visible_to": {1: "Owner only", 3: "Whole company"}[row["visible_to"]]} if "visible_to" in row else {}

    def type_name(self, key: str) -> str:
        """An activity's type by its key."""
        return next(one["name"] for one in self._world.activity_types.values() if one["key_string"] == key)


def _custom(values: Row, fields: dict[str, dict[str, Any]]) -> Row:
    """Custom fields with options by their words, and amounts without their currency."""
    return {code: _worded(value, fields[code]) for code, value in values.items()}


def _worded(value: Any, field: dict[str, Any]) -> Any:
    labels = {option["id"]: option["label"] for option in field["options"] or ()}
    kind = field["field_type"]
    if value is None:
        return None
    if kind == "enum":
        return labels[value]
    if kind == "set":
        return [labels[one] for one in value]
    if kind == "monetary":
        assert value["currency"] == "AUD"
        return value["value"]
    return value


def _contacts(witness: PipedriveWitness, row: Row) -> Row:
    """Addresses and numbers by their labels; no label is there twice."""
    told: Row = {}
    for wire, name in (("emails", "email"), ("phones", "phone")):
        for item in row[wire]:
            at = name if (name, item["label"]) == ("email", "work") else f"{name}_{item['label']}"
            assert at not in told, f"{at} twice"
            told[at] = item["value"]
        assert not row[wire] or sum(item["primary"] for item in row[wire]) == 1
    return told


def _prices(witness: PipedriveWitness, row: Row) -> Row:
    """A price of 0 is what a product without one has (FACTS 3.8)."""
    (price,) = [one for one in row["prices"] if one["currency"] == "AUD"]
    return {"price": price["price"], "cost": price["cost"]}


def _visit(witness: PipedriveWitness, row: Row) -> Row:
    """An appointment: its start, its type's name, and the keys at the end of its note."""
    start = f"{row['due_date']}T{row['due_time'] or '00:00:00'}Z" if row["due_date"] else None
    note, keys = row["note"] or "", {}
    while match := KEY_LINE.fullmatch(note):
        note, label, key = match.groups()
        keys[next(name for name, text in KEY_LINES.items() if text == label)] = unescape(key)
    hours, minutes = (row["duration"] or "00:00").split(":")[:2]
    return {
        "start": start, "note": note, **keys, "type": witness.type_name(row["type"]),
        "duration_minutes": int(hours) * 60 + int(minutes),
    }  # fmt: skip


def _note(witness: PipedriveWitness, row: Row) -> Row:
    match = BOLD_LINE.fullmatch(row["content"])
    return {"title": unescape(match[1]), "content": match[2]} if match else {}


PIPEDRIVE = Adapter(
    vendor="pipedrive",
    build=build,
    witness=PipedriveWitness,
    edition="growth",
    person=Role(
        "persons", "name", KEY, {**PERSON, **filled(CHANGES, "persons")}, lookups={"company": "org_id"}, routes=SINGLE
    ),
    company=Role(
        "organizations",
        "name",
        KEY,
        {"address": T.LONG_TEXT, **filled(CHANGES, "organizations")},
        always={"visible_to": "Owner only", "add_time": MADE},
        routes=SINGLE,
    ),
    child=Role(
        "deals",
        "title",
        KEY,
        {"expected_close_date": T.DATE, **filled(CHANGES, "deals")},
        lookups={"person": "person_id", "company": "org_id"},
        routes=SINGLE,
    ),
    note=Role("notes", "title", fields={"title": T.TEXT, "content": T.RICH_TEXT}, body="content", routes=SINGLE),
    file=Role("files", "name", fields={"name": T.TEXT}, routes=SINGLE),
    more=(
        Role("products", "name", KEY, {**PRODUCT, **filled(CHANGES, "products")}, routes=SINGLE),
        Role(
            "activities",
            "subject",
            VISIT_KEY,
            ACTIVITY,
            always={"duration_minutes": 95},
            never_empty=frozenset({"type", "start"}),
            lookups={"person": "person_id", "company": "org_id"},
            routes=SINGLE,
        ),
    ),
    changes=CHANGES,
    misses={
        "never_writes_twice": "FACTS 9: no key, no unique field, no upsert: what is sent twice is there twice",
        "refuses_a_bad_address[persons-single]": "FACTS 3.3: the form of e-mail addresses is not checked (assumed)",
        "renews_an_expired_token_once": "FACTS 2.1: an API token never expires",
    },
)
"""With an administrator's API token, as most clinics will have it."""

OAUTH = replace(
    PIPEDRIVE,
    switches={"auth": "oauth"},
    misses={name: why for name, why in PIPEDRIVE.misses.items() if name != "renews_an_expired_token_once"},
)

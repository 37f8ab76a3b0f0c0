"""Salesforce for the kit: its objects, and a look into its twin that owes nothing to our client."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from gurney.records import Kind, Link, Value
from gurney.schema import FieldType, NewField, NewObject, SchemaChange
from gurney.testing.kit import Adapter, Hanging, Match, Role, Row, fields_of_types, filled, key_field
from gurney.twins.kit.journal import Entry
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Request
from gurney.twins.salesforce import build, people
from gurney.twins.salesforce.schema import FieldDef
from gurney.twins.salesforce.service import Salesforce

T = FieldType
KEY = "Kit_Key__c"
VISIT = "Kit_Visit__c"
API = r"/services/data/v\d+\.0"
NUMBERS = (T.DECIMAL, T.MONEY, T.PERCENT)
EVERY_ROUTE = ("batch", "single", "bulk")
HANGING_ROUTES = ("batch", "single")
FILES, NOTES = "ContentVersion", "ContentNote"
NOTE_FILE_TYPE = "SNOTE"


def named(label: str) -> str:
    """Names that we choose end in __c (FACTS 7)."""
    return label.replace(" ", "_") + "__c"


EVERY_TYPE = (
    T.TEXT, T.LONG_TEXT, T.RICH_TEXT, T.EMAIL, T.PHONE, T.URL, T.INTEGER, T.DECIMAL, T.MONEY, T.PERCENT, T.BOOLEAN,
    T.DATE, T.DATETIME, T.PICKLIST, T.MULTI_PICKLIST,
)  # fmt: skip
SOME_TYPES = (T.TEXT, T.LONG_TEXT, T.MONEY, T.DATE, T.DATETIME, T.PICKLIST, T.BOOLEAN)
CHANGES: tuple[SchemaChange, ...] = (
    NewObject(VISIT, "Kit Visit", "Kit Visits"),
    key_field("Contact", KEY),
    *fields_of_types("Contact", EVERY_TYPE, named),
    NewField("Contact", "Kit_Very_Long__c", "Kit Very Long", T.LONG_TEXT, length=131_072),
    key_field("Account", KEY),
    *fields_of_types("Account", SOME_TYPES, named),
    key_field(VISIT, KEY),
    *fields_of_types(VISIT, (*SOME_TYPES, T.EMAIL), named),
    NewField(VISIT, "Patient__c", "Patient", T.LOOKUP, lookup_to="Contact"),
    NewField(VISIT, "Clinic__c", "Clinic", T.LOOKUP, lookup_to="Account"),
    key_field("Product2", KEY),
    *fields_of_types("Product2", SOME_TYPES, named),
    key_field(FILES, KEY),
)
PERSON = {"FirstName": T.TEXT, "Email": T.EMAIL, "Phone": T.PHONE, "Birthdate": T.DATE, "Description": T.LONG_TEXT}


class SalesforceWitness:
    """The organisation's tables, read as FACTS 2 and 8 describe the wire."""

    def __init__(self, twin: Twin) -> None:
        assert isinstance(twin.service, Salesforce)
        self._twin, self._world = twin, twin.service.world

    def rows(self, object: str) -> list[Row]:
        return list(self._twin.service.dump(object) or ())

    def id(self, row: Row) -> str:
        return str(row["Id"])

    def neutral(self, type: FieldType, wire: Any) -> Value:
        if wire is None or wire == "":
            return None
        if type in (T.LOOKUP, T.OWNER):
            return Link("", wire)
        if type in NUMBERS:
            return Decimal(str(wire))
        if type is T.INTEGER:
            assert wire == int(wire)
            return int(wire)
        if type is T.DATE:
            return date.fromisoformat(wire)
        if type is T.DATETIME:
            return datetime.strptime(wire, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
        if type is T.MULTI_PICKLIST:
            return tuple(wire.split(";"))
        assert isinstance(wire, bool if type is T.BOOLEAN else str), f"{type}: {wire!r}"
        return wire

    def hanging(self, role: Role) -> list[Hanging]:
        versions = self.rows(FILES)
        if role.object == FILES:
            return [self._file(row) for row in versions if row["FileType"] != NOTE_FILE_TYPE]
        newest = {row["ContentDocumentId"]: row["Id"] for row in versions if row["IsLatest"]}
        return [self._note(row, newest[row["Id"]]) for row in self.rows(NOTES)]

    def _note(self, row: Row, version: str) -> Hanging:
        content = self._world.store.blobs[version].decode()
        return Hanging(row["Id"], self._parents(row["Id"]), {"Title": row["Title"], "Content": content or None})

    def _file(self, row: Row) -> Hanging:
        content = self._world.store.blobs[row["Id"]]
        values: dict[str, Value] = {"PathOnClient": row["PathOnClient"], "size_bytes": len(content), KEY: row[KEY]}
        parents = self._parents(row["ContentDocumentId"])
        return Hanging(row["Id"], parents, values, hashlib.sha256(content).hexdigest())

    def _parents(self, document: str) -> frozenset[str]:
        """What a document hangs on, but the user who owns it."""
        links = self._world.table("ContentDocumentLink").by("ContentDocumentId", document)
        return frozenset(link["LinkedEntityId"] for link in links if not link["LinkedEntityId"].startswith("005"))

    def schema(self) -> set[str]:
        kinds = self._world.schema.objects.values()
        fields = {
            f"{kind.name}.{field.name} {field.type} {field.length} {[option.value for option in field.picklist]}"
            for kind in kinds
            for field in kind.custom_fields()
        }
        return fields | {kind.name for kind in kinds if kind.custom}

    def write_calls(self, role: Role, kind: Kind, route: str) -> Sequence[Match]:
        """A collection, the calls of a job, a note and its link, a file."""
        collections = f"{API}/composite/sobjects"
        if kind is Kind.DELETE:
            return ({"method": "DELETE", "path": collections},)
        if role.object == FILES:
            several = {"method": "POST", "path": f"{collections}$"}
            return ({"method": "POST", "path": f"{API}/sobjects/{FILES}/?$"} if route == "single" else several,)
        if role.object == NOTES:
            return tuple({"method": "POST", "path": f"{collections}$", "nth": nth} for nth in (1, 2))
        if route == "bulk":
            job = f"{API}/jobs/ingest/[^/]+"
            return (
                {"method": "POST", "path": f"{API}/jobs/ingest/?$"},
                {"method": "PUT", "path": f"{job}/batches"},
                {"method": "PATCH", "path": f"{job}/?$"},
                {"method": "GET", "path": f"{job}/?$"},
                {"method": "GET", "path": f"{job}/successfulResults"},
            )
        return ({"path": f"{collections}(/{role.object}/{KEY})?$"},)  # an upsert, an insert, an update

    def is_counted(self, entry: Entry) -> bool:
        return entry.path.startswith("/services/data/v")

    def is_token_call(self, entry: Entry) -> bool:
        return entry.path == "/services/oauth2/token"

    def spend_everything(self) -> None:
        requests = self._world.limits.requests
        requests.use(self._world.clock.timestamp(), requests.left)

    def deactivate(self, email: str) -> None:
        users = self._world.table("User")
        (user,) = [row for row in users.rows.values() if row["Email"].removesuffix(".invalid") == email]
        users.change(user, {"IsActive": False})

    def add_by_others(self, parent: Link) -> str:
        order = {"object": "Task", "fields": {"Subject": "Call back", "WhoId": parent.id}}
        action = self._twin.service.admin_actions["POST create"]
        answer = action(Request("POST", "/__admin/create", body=orjson.dumps(order)))
        assert answer.status == 200, answer.payload()
        return f"Task/{orjson.loads(answer.payload())['id']}"

    async def make_by_hand(self, change: NewField) -> None:
        """In Setup, where the page asks who shall see the field."""
        types = {T.TEXT: ("string", "Text"), T.DATE: ("date", "Date")}
        type, metadata_type = types[change.type]
        field = FieldDef(
            change.name, change.label, type, length=change.length or 0, custom=True, metadata_type=metadata_type,
            id=self._world.ids.new("00N"),
        )  # fmt: skip
        self._world.kind(change.object).add(field)
        self._world.schema.touch()
        people.grant(self._world, self._world.admin["Id"], field=f"{change.object}.{change.name}")


SALESFORCE = Adapter(
    vendor="salesforce",
    build=build,
    witness=SalesforceWitness,
    edition="enterprise",
    person=Role(
        "Contact",
        "LastName",
        KEY,
        {**PERSON, **filled(CHANGES, "Contact")},
        lookups={"company": "AccountId"},
        routes=EVERY_ROUTE,
    ),
    company=Role(
        "Account",
        "Name",
        KEY,
        {"Phone": T.PHONE, "Website": T.URL, **filled(CHANGES, "Account")},
        routes=EVERY_ROUTE,
    ),
    child=Role(
        VISIT,
        "Name",
        KEY,
        filled(CHANGES, VISIT),
        lookups={"person": "Patient__c", "company": "Clinic__c"},
        routes=EVERY_ROUTE,
    ),
    note=Role(
        NOTES, "Title", "", {"Title": T.TEXT, "Content": T.RICH_TEXT}, body="Content", routes=("batch", "single")
    ),
    file=Role(FILES, "PathOnClient", KEY, {"PathOnClient": T.TEXT}, routes=("batch", "single")),
    more=(
        Role(
            "Product2",
            "Name",
            KEY,
            {"ProductCode": T.TEXT, "IsActive": T.BOOLEAN, **filled(CHANGES, "Product2")},
            owned=False,
            routes=EVERY_ROUTE,
        ),
    ),
    changes=CHANGES,
)


def _with_audit_fields(options: TwinOptions) -> Twin:
    """An organisation whose migration user may set the moment of creation (FACTS 9)."""
    twin = build(options)
    assert isinstance(twin.service, Salesforce)
    people.grant(twin.service.world, twin.service.world.admin["Id"], permission="CreateAuditFields")
    return twin


CREATED = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)
DATED = replace(
    SALESFORCE,
    build=_with_audit_fields,
    switches={"audit_fields": "on"},
    person=replace(SALESFORCE.person, always={"CreatedDate": CREATED}),
)
"""People with their original moment of creation, who go by insert instead of upsert (FACTS 9, 10)."""

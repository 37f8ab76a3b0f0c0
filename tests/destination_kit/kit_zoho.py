"""Zoho CRM for the kit: its objects, and a look into its twin that owes nothing to our client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2

from gurney.records import Kind, Link, Value
from gurney.schema import FieldType, NewField, NewObject, SchemaChange
from gurney.testing.kit import Adapter, Hanging, Match, Role, Row, fields_of_types, filled, key_field
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.journal import Entry
from gurney.twins.kit.twin import Twin
from gurney.twins.zoho import build
from gurney.twins.zoho.service import Zoho

T = FieldType
KEY = "Kit_Key"
VISITS = "Kit_Visits"
API = "/crm/v8"
NUMBERS = (T.DECIMAL, T.MONEY, T.PERCENT)
START = datetime(2026, 2, 3, 0, 0, tzinfo=UTC)
END = datetime(2026, 2, 3, 1, 0, tzinfo=UTC)


def named(label: str) -> str:
    """Zoho makes the API name out of the label (FACTS 7)."""
    return label.replace(" ", "_")


EVERY_TYPE = (
    T.TEXT, T.LONG_TEXT, T.RICH_TEXT, T.EMAIL, T.PHONE, T.URL, T.INTEGER, T.DECIMAL, T.MONEY, T.PERCENT, T.BOOLEAN,
    T.DATE, T.DATETIME, T.PICKLIST, T.MULTI_PICKLIST,
)  # fmt: skip
SOME_TYPES = (T.TEXT, T.LONG_TEXT, T.MONEY, T.DATE, T.DATETIME, T.PICKLIST, T.BOOLEAN)
CHANGES: tuple[SchemaChange, ...] = (
    NewObject(VISITS, "Kit Visit", "Kit Visits"),
    key_field("Contacts", KEY),
    *fields_of_types("Contacts", EVERY_TYPE, named),
    key_field("Accounts", KEY),
    *fields_of_types("Accounts", SOME_TYPES, named),
    key_field(VISITS, KEY),
    *fields_of_types(VISITS, (*SOME_TYPES, T.EMAIL), named),
    NewField(VISITS, "Patient", "Patient", T.LOOKUP, lookup_to="Contacts"),
    NewField(VISITS, "Clinic", "Clinic", T.LOOKUP, lookup_to="Accounts"),
    key_field("Tasks", KEY),
    *fields_of_types("Tasks", SOME_TYPES, named),
    key_field("Events", KEY),
    *fields_of_types("Events", SOME_TYPES, named),
)
PERSON = {"First_Name": T.TEXT, "Email": T.EMAIL, "Phone": T.PHONE, "Date_of_Birth": T.DATE, "Description": T.LONG_TEXT}


class ZohoWitness:
    """The organisation's tables, read as FACTS 3 and 6 describe the wire."""

    def __init__(self, twin: Twin) -> None:
        assert isinstance(twin.service, Zoho)
        self._twin, self._zoho = twin, twin.service

    def rows(self, object: str) -> list[Row]:
        return list(self._zoho.dump(object) or ())

    def id(self, row: Row) -> str:
        return str(row["id"])

    def neutral(self, type: FieldType, wire: Any) -> Value:
        if wire is None or wire == "" or wire == []:
            return None
        if type in (T.LOOKUP, T.OWNER):
            return Link("", wire["id"])
        if type in NUMBERS:
            return Decimal(repr(wire))
        if type is T.INTEGER:
            return int(wire)
        if type is T.DATE:
            return date.fromisoformat(wire)
        if type is T.DATETIME:
            return datetime.fromisoformat(wire).astimezone(UTC)
        if type is T.MULTI_PICKLIST:
            return tuple(wire)
        assert isinstance(wire, bool if type is T.BOOLEAN else str), f"{type}: {wire!r}"
        return wire

    def hanging(self, role: Role) -> list[Hanging]:
        return [self._hanging(role, row) for row in self.rows(role.object)]

    def _hanging(self, role: Role, row: Row) -> Hanging:
        values: dict[str, Value] = {name: row.get(name) or None for name in (role.title, role.body) if name}
        if role.object == "Attachments":
            values["size_bytes"] = row["size"]
        return Hanging(row["id"], frozenset({row["Parent_Id"]["id"]}), values, row.get("sha256") or "")

    def schema(self) -> set[str]:
        rows = [row for row in self.rows("Fields") if row["custom_field"]]
        options = [[option["actual_value"] for option in row["pick_list_values"]] for row in rows]
        fields = {
            f"{row['module']}.{row['api_name']} {row['data_type']} {values}"
            for row, values in zip(rows, options, strict=True)
        }
        return fields | {row["api_name"] for row in self.rows("Modules") if row["generated_type"] == "custom"}

    def write_calls(self, role: Role, kind: Kind, route: str) -> Sequence[Match]:
        """One call a batch; a file is one call. Nothing is told to be lost in reads."""
        if role.object == "Attachments":
            return ({"method": "POST", "path": rf"{API}/\w+/\d+/Attachments$"},)
        method = {Kind.CREATE: "POST", Kind.DELETE: "DELETE"}.get(kind, "PUT")
        return ({"method": method, "path": rf"{API}/{role.object}(/upsert)?$"},)

    def is_counted(self, entry: Entry) -> bool:
        return entry.path.startswith("/crm/")

    def is_token_call(self, entry: Entry) -> bool:
        return entry.path == "/oauth/v2/token"

    def spend_everything(self) -> None:
        credits = self._zoho.world.credits
        credits.spend(self._zoho.clock.timestamp(), credits.limit - credits.used)

    def deactivate(self, email: str) -> None:
        user = self._zoho.world.users.by("email", email)
        assert user
        self._zoho.world.users.change(user["id"], {"status": "inactive"})

    def add_by_others(self, parent: Link) -> str:
        module = self._zoho.world.modules["Tasks"]
        before = set(module.table.ids())
        from gurney.twins.zoho.store import insert

        fields = {"Subject": "Call back", "Who_Id": {"id": parent.id}}
        insert(self._zoho.world, module, fields, self._zoho._backdoor.somebody_else())
        (made,) = set(module.table.ids()) - before
        return f"Tasks/{made}"

    async def make_by_hand(self, change: NewField) -> None:
        kinds = {T.TEXT: {"data_type": "text", "length": change.length}, T.DATE: {"data_type": "date"}}
        body = {"fields": [{"field_label": change.label, **kinds[change.type]}]}
        async with httpx2.AsyncClient(transport=InProcess(self._twin), base_url="https://zoho.test") as admin:
            form = {"grant_type": "refresh_token", **self._zoho.credentials()}
            token = (await admin.post("/oauth/v2/token", data=form)).json()["access_token"]
            headers = {"Authorization": f"Zoho-oauthtoken {token}"}
            made = await admin.post(f"{API}/settings/fields?module={change.object}", json=body, headers=headers)
            assert made.status_code == 201, made.text


ZOHO = Adapter(
    vendor="zoho",
    build=build,
    witness=ZohoWitness,
    edition="enterprise",
    person=Role(
        "Contacts", "Last_Name", KEY, {**PERSON, **filled(CHANGES, "Contacts")}, lookups={"company": "Account_Name"}
    ),
    company=Role("Accounts", "Account_Name", KEY, {"Phone": T.PHONE, "Website": T.URL, **filled(CHANGES, "Accounts")}),
    child=Role(VISITS, "Name", KEY, filled(CHANGES, VISITS), lookups={"person": "Patient", "company": "Clinic"}),
    note=Role("Notes", "Note_Title", fields={"Note_Title": T.TEXT, "Note_Content": T.LONG_TEXT}, body="Note_Content"),
    file=Role("Attachments", "File_Name", fields={"File_Name": T.TEXT}, routes=("single",)),
    more=(
        Role("Tasks", "Subject", KEY, {"Due_Date": T.DATE, **filled(CHANGES, "Tasks")}, lookups={"person": "Who_Id"}),
        Role(
            "Events",
            "Event_Title",
            KEY,
            filled(CHANGES, "Events"),
            always={"Start_DateTime": START, "End_DateTime": END},
            lookups={"person": "Who_Id"},
        ),
    ),
    changes=CHANGES,
    misses={"refuses_an_unknown_option": "FACTS 0.9: unknown pick-list values are accepted and stored"},
)

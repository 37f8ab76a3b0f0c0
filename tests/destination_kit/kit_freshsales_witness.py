"""A look into Freshsales' twin that owes nothing to our client."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from gurney.records import Kind, Link, Value
from gurney.schema import FieldType, NewField
from gurney.testing.kit import Hanging, Match, Role, Row
from gurney.twins.freshsales.service import Freshsales
from gurney.twins.kit.journal import Entry
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Request

T = FieldType
API = "/crm/sales/api"
VISIT_KEY, ATTENDEE_KEY = "cliniko_appointment_id", "cliniko_attendee_id"
KEY_LINES = {VISIT_KEY: "Cliniko appointment", ATTENDEE_KEY: "Cliniko attendee"}
KEY_LINE = re.compile(r"(.*?)\n*(Cliniko (?:appointment|attendee)): ([^\n]*)", re.DOTALL)
MARK = re.compile(r" \[Cliniko [^\[\]]+\]$")
"""Our key at the end of a name that another record may have (FACTS 7)."""
ASIDE = "cf_email_as_in_cliniko"
PATIENT, PATIENT_KEY = 31_020_000_001, "patient"
"""Whom tasks and appointments are made for: they cannot do without (FACTS 3)."""
STAGES = {"Open": "Open", "Closed Won": "Won", "Closed Lost": "Lost"}
NUMBERS = (T.DECIMAL, T.MONEY)
PATHS = {"products": "cpq/products", "files": "documents"}
BINNED = ("contacts", "sales_accounts", "deals")


class FreshsalesWitness:
    """The account's tables, read as FACTS 2 to 5 describe the wire."""

    def __init__(self, twin: Twin) -> None:
        assert isinstance(twin.service, Freshsales)
        self._twin, self._world = twin, twin.service.world

    def rows(self, object: str) -> list[Row]:
        """With what stands inside lists, texts and choices beside the rest, under the names that the plan has."""
        own = {
            "contacts": self._contact, "sales_accounts": self._named, "deals": self._deal, "products": self._product,
            "tasks": self._task, "appointments": self._appointment,
        }[object]  # fmt: skip
        rows = [row for row in self._dump(object) if row.get("external_id") != PATIENT_KEY]
        return [{**row, **(row.get("custom_field") or {}), **own(row)} for row in rows if not row.get("is_deleted")]

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
        if type is T.MULTI_PICKLIST:
            return tuple(wire.split(";"))
        assert isinstance(wire, bool if type is T.BOOLEAN else str), f"{type}: {wire!r}"
        return wire

    def hanging(self, role: Role) -> list[Hanging]:
        return [_file(row) for row in self._dump("documents")] if role.object == "files" else self._notes()

    def schema(self) -> set[str]:
        return {
            f"{one['object']}.{one['label']} {one['name']} {one['type']} {[each['value'] for each in one['choices']]}"
            for one in self._dump("fields")
            if not one["default"]
        }

    def write_calls(self, role: Role, kind: Kind, route: str) -> Sequence[Match]:
        """One call a record; a job, and the questions about it (FACTS 4)."""
        path = f"{API}/{PATHS.get(role.object, role.object)}"
        if kind is Kind.DELETE:
            deleted = rf"{path}/(bulk_destroy|products_bulk_delete|\d+)$"
            return ({"path": deleted, "method": "DELETE"},)
        if kind is not Kind.CREATE:
            return ({"method": "PUT", "path": rf"{path}/\d+$"},)
        if route == "bulk":
            return (
                {"method": "POST", "path": f"{path}/bulk_upsert$"},
                {"method": "GET", "path": f"{API}/job_statuses/"},
            )
        return ({"method": "POST", "path": rf"{path}(/upsert)?$"},)

    def is_counted(self, entry: Entry) -> bool:
        """The API's calls, and a file's page, which costs none of the hour."""
        return entry.path.startswith((API, "/crm/sales/documents/"))

    def is_token_call(self, entry: Entry) -> bool:
        """There are no tokens but the key (FACTS 1)."""
        return False

    def spend_everything(self) -> None:
        now = self._world.clock.timestamp()
        self._world.quota.take(now, self._world.quota.hour.remaining(now))

    def deactivate(self, email: str) -> None:
        self._admin("user", email=email, active=False)

    def add_by_others(self, parent: Link) -> str:
        fields = {
            "title": "Call back", "due_date": "2026-03-01T09:00:00Z", "targetable_type": "Contact",
            "targetable_id": int(parent.id),
        }  # fmt: skip
        return f"tasks/{self._admin('create', object='tasks', fields=fields)['id']}"

    async def make_by_hand(self, change: NewField) -> None:
        """As an administrator does in the settings (FACTS 5)."""
        kind = {
            T.TEXT: "text", T.LONG_TEXT: "textarea", T.DECIMAL: "number", T.BOOLEAN: "checkbox", T.DATE: "date",
            T.PICKLIST: "dropdown", T.MULTI_PICKLIST: "multi_select_dropdown",
        }[change.type]  # fmt: skip
        self._admin("field", object=change.object, label=change.label, type=kind, choices=list(change.options))

    def _admin(self, deed: str, **what: Any) -> Any:
        answer = self._twin.service.admin_actions[f"POST {deed}"](Request("POST", f"/{deed}", body=orjson.dumps(what)))
        assert answer.status < 300, answer.payload()
        return orjson.loads(answer.payload())

    def _dump(self, object: str) -> list[Row]:
        return list(self._twin.service.dump(object) or ())

    def _chosen(self, selector: str, id: int | None) -> Row:
        return self._world.choice(selector, id) or {}

    def _contact(self, row: Row) -> Row:
        """One primary address, or one of our own field where somebody else has it; the accounts in their order."""
        primary = [one["value"] for one in row["emails"] if one["is_primary"]]
        assert len(primary) == (1 if row["emails"] else 0)
        assert not (primary and row["custom_field"].get(ASIDE)), "an address is there twice"
        accounts = sorted(row["sales_accounts"], key=lambda one: not one["is_primary"])
        assert sum(one["is_primary"] for one in accounts) <= 1
        return {
            "email": primary[0] if primary else row["custom_field"].get(ASIDE),
            "lifecycle_stage": self._chosen("lifecycle_stages", row["lifecycle_stage_id"]).get("name"),
            "account": next((one["id"] for one in accounts if one["is_primary"]), None),
        }

    def _named(self, row: Row) -> Row:
        return {"name": MARK.sub("", row["name"])}

    def _deal(self, row: Row) -> Row:
        stage = self._chosen("deal_stages", row["deal_stage_id"])
        assert len(row["contact_ids"]) <= 1, "a deal of the kit has one contact"
        return {
            **self._named(row), "stage": STAGES[stage["forecast_type"]], "account": row["sales_account_id"],
            "contact": next(iter(row["contact_ids"]), None),
        }  # fmt: skip

    def _product(self, row: Row) -> Row:
        """Its price in the account's currency; no product has two."""
        prices = [one["unit_price"] for one in row["product_pricings"] if one["currency_code"] == "AUD"]
        assert len(prices) <= 1
        return {"price": prices[0] if prices else None}

    def _task(self, row: Row) -> Row:
        return {**_keyed(row), **_about(row), "done": {0: False, 1: True}[row["status"]]}

    def _appointment(self, row: Row) -> Row:
        """No owner: the practitioner attends; nobody else is invited (FACTS 0.7)."""
        users = [one["attendee_id"] for one in row["attendees"]]
        assert len(users) <= 1
        assert all(one["attendee_type"] == "FdMultitenant::User" for one in row["attendees"])
        return {**_keyed(row), **_about(row), "owner_id": users[0] if users else None}

    def _notes(self) -> list[Hanging]:
        found = []
        for row in self._dump("notes"):
            title, _, content = row["description"].partition("\n\n")
            (target,) = row["targetables"]
            values: dict[str, Value] = {"title": title, "content": content}
            found.append(Hanging(str(row["id"]), frozenset({str(target["id"])}), values))
        return found


def _file(row: Row) -> Hanging:
    values = {"name": row["name"], "size_bytes": row["size"]}
    return Hanging(str(row["id"]), frozenset({str(row["targetable_id"])}), values, row["sha256"])


def _keyed(row: Row) -> Row:
    """A description without the lines of our keys at its end, and the keys."""
    text, keys = row["description"] or "", {}
    while match := KEY_LINE.fullmatch(text):
        text, label, key = match.groups()
        keys[next(name for name, words in KEY_LINES.items() if words == label)] = key
    return {**keys, "description": text}


def _about(row: Row) -> Row:
    (target,) = row["targetables"]
    return {"contact": target["id"] if target["type"] == "Contact" else None,
            "account": target["id"] if target["type"] == "SalesAccount" else None}  # fmt: skip

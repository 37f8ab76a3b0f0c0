"""What tests do behind the API's back: other people's edits, settings that only pages have, dumps (admin address)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gurney.twins.highlevel import contact_fields, deleting, object_fields, showing
from gurney.twins.highlevel.account import Account, Field
from gurney.twins.highlevel.contact_shapes import CUSTOM
from gurney.twins.highlevel.contacts import alter
from gurney.twins.highlevel.object_fields import PROPERTY
from gurney.twins.highlevel.refusals import Refused
from gurney.twins.highlevel.tokens import AGENCY_SCOPES, CALLBACK, SCOPES
from gurney.twins.highlevel.world import World
from gurney.twins.kit.options import BadOption
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer, Handler, Request

UNIQUE_MOST = 10
UNIQUE_TYPES = ("TEXT", "LARGE_TEXT", "NUMERICAL", "PHONE")
UPDATED = {"contacts": "dateUpdated", "appointments": "dateUpdated"}


class Backdoor:
    """The vendor's part of the admin interface."""

    def __init__(self, world: World) -> None:
        self._world = world

    def actions(self) -> Mapping[str, Handler]:
        """More admin calls, each as if someone had done it in the vendor's own pages."""
        calls: dict[str, Callable[[Row], Answer]] = {
            "edit": self._edit, "create": self._create, "delete": self._delete, "restore": self._restore,
            "settings": self._settings, "unique": self._unique, "options": self._options,
            "drop_field": self._drop_field, "drop_option": self._drop_option, "delete_object": self._delete_object,
            "workflow": self._workflow, "user": self._user,
            "leave": self._leave, "location": self._location, "token": self._token, "scopes": self._scopes,
            "rotate": self._rotate, "grant": self._grant, "spend": self._spend,
        }  # fmt: skip
        return {f"POST {name}": self._guarded(call) for name, call in calls.items()}

    def _guarded(self, call: Callable[[Row], Answer]) -> Handler:
        def handle(request: Request) -> Answer:
            try:
                return call(request.json())
            except Refused as no:
                return no.answer

        return handle

    # What there is

    def state(self) -> dict[str, int]:
        """Live records per object over all locations, users, messages, automations, calls."""
        counts: dict[str, int] = {}
        for account in self._world.accounts.values():
            for name, count in showing.counts(account).items():
                counts[name] = counts.get(name, 0) + count
        return counts | {"users": len(self._world.users), "locations": len(self._world.accounts)}

    def dump(self, name: str) -> Iterable[Row] | None:
        """Whole records of all locations; also users, locations, customFields, objects, files, deleted and others."""
        world = self._world
        if name == "users":
            return iter(world.users.values())
        if name == "locations":
            return [account.row for account in world.accounts.values()]
        found = [rows for account in world.accounts.values() if (rows := showing.rows(account, name)) is not None]
        return [row for rows in found for row in rows] if found else None

    # What somebody else does

    def _account(self, order: Row) -> Account:
        """`locationId`, or the first location."""
        return self._world.accounts[order["locationId"]] if "locationId" in order else self._world.first

    def _edit(self, order: Row) -> Answer:
        """`{"object", "id", "fields"}`: as another user; `customFields` by id, `properties` by key, also flat.

        What hangs on a contact may be named with it, as `contact/note`.
        """
        account, name, id = self._account(order), _table(order["object"]), order["id"].rpartition("/")[2]
        row = account[name].get(id)
        if row is None:
            raise KeyError(id)
        values = {**_flat(order["fields"]), UPDATED.get(name, "updatedAt"): account.now()}
        if name == "contacts":
            alter(account, row, values)
        else:
            if name.startswith("custom_objects."):
                schema = account.objects[name]
                values = {PROPERTY + key if schema.field_named(key) else key: one for key, one in values.items()}
                by = self._world.somebody_else()["id"]
                values["lastUpdatedBy"] = {"channel": "APP", "source": "WEB_USER", "sourceId": by}
            account.change(name, id, values)
        return Answer(200, {"id": id})

    def _create(self, order: Row) -> Answer:
        """`{"object", "fields"}`: as another user, unchecked. Keys that a record must have are filled in."""
        account, name = self._account(order), _table(order["object"])
        world, now, by = self._world, account.now(), self._world.somebody_else()["id"]
        is_hex = name.startswith("custom_objects.") or name in ("businesses", "invoices")
        row: Row = {"id": world.ids.hex() if is_hex else world.ids.short()}
        row |= showing.blank(name, account.id, now, by) | _flat(order["fields"])
        if name == "pipelines":
            row["stages"] = [{"id": world.ids.uuid(), **stage} for stage in row.get("stages", ())]
        account.add(name, row)
        if name == "contacts":
            account.directory.enter(row)
        return Answer(200, {"id": row["id"]})

    def _delete(self, order: Row) -> Answer:
        """`{"object", "id"}`: as another user, with what goes along."""
        account, name, id = self._account(order), _table(order["object"]), order["id"]
        row = account[name].get(id)
        if row is None:
            raise KeyError(id)
        match name:
            case "contacts":
                deleting.contact(account, row)
            case "calendars":
                deleting.calendar(account, id)
            case "pipelines":
                deleting.pipeline(account, id)
            case _:
                account.unrelate(id)
                account.remove(name, id)
        return Answer(200, {"id": id})

    def _restore(self, order: Row) -> Answer:
        """`{"object", "id"}`: contacts and calendars of the last 60 days; no contacts of a HIPAA account."""
        account, name, id = self._account(order), order["object"], order["id"]
        _, _, at = account.deleted[id]
        is_hipaa = self._world.switches["hipaa"] == "yes" and name == "contacts"
        if is_hipaa or self._world.clock.timestamp() - at > deleting.RESTORABLE_S:
            return Answer(400, {"error": "this cannot be restored"})
        if name == "calendars":
            deleting.restore_calendar(account, id)
        else:
            with_children = self._world.switches["restore_children"] == "yes"
            deleting.restore_contact(account, id, with_children=with_children)
        return Answer(200, {"id": id})

    # What only pages can do

    def _settings(self, order: Row) -> Answer:
        """`{"allowDuplicateContact"?, "allowDuplicateOpportunity"?, "dedupe"?: ["phone", "email"]}`."""
        account = self._account(order)
        if "dedupe" in order:
            account.directory.order = list(order["dedupe"])
        account.row["settings"] |= {key: value for key, value in order.items() if key.startswith("allow")}
        return Answer(200, account.row["settings"])

    def _field(self, order: Row) -> Field:
        schema = self._account(order).objects[order["object"]]
        field = schema.field_named(order["key"])
        if field is None:
            raise KeyError(order["key"])
        return field

    def _unique(self, order: Row) -> Answer:
        """`{"object", "key"}`: mark a field unique; ten for each object, of some types, never back."""
        field = self._field(order)
        marked = sum(one.unique for one in self._account(order).objects[order["object"]].fields.values())
        if field.type not in UNIQUE_TYPES or marked >= UNIQUE_MOST:
            return Answer(400, {"error": "this field cannot be unique"})
        field.unique = True
        return Answer(200, {"key": field.key})

    def _options(self, order: Row) -> Answer:
        """`{"fieldKey", "options": ["A"]}`: give a contact's pick-list its options."""
        field = next(one for one in self._account(order).fields.values() if one.key == order["fieldKey"])
        field.options = [{"key": label.lower(), "label": label} for label in order["options"]]
        return Answer(200, {"id": field.id})

    def _drop_field(self, order: Row) -> Answer:
        """`{"fieldKey"}`: the field of a contact or a custom object goes with its values."""
        account, key = self._account(order), order["fieldKey"]
        field = _keyed(account, key)
        if field is None:
            return Answer(404, {"error": "no such field"})
        if field.id in account.fields:
            contact_fields.drop(account, field)
        else:
            object_fields.drop(account, account.objects[key.rpartition(".")[0]], field)
        return Answer(200, {"fieldKey": key})

    def _drop_option(self, order: Row) -> Answer:
        """`{"fieldKey", "value"}`: an option goes, by its label; records keep it. The API cannot do that (FACTS 7)."""
        field = _keyed(self._account(order), order["fieldKey"])
        if field is None or order["value"] not in (one["label"] for one in field.options):
            return Answer(404, {"error": "no such option"})
        field.options = [one for one in field.options if one["label"] != order["value"]]
        return Answer(200, {"value": order["value"]})

    def _delete_object(self, order: Row) -> Answer:
        """`{"object"}`: with its records, fields and associations, for good (FACTS 15)."""
        account, key = self._account(order), order["object"]
        del account.objects[key]
        for row in account.tables.pop(key):
            account.unrelate(row["id"])
        del account.indexes[key]
        associations = account["associations"]
        for row in list(associations):
            if key in (row["firstObjectKey"], row["secondObjectKey"]):
                associations.remove(row["id"])
        return Answer(200, {"key": key})

    def _workflow(self, order: Row) -> Answer:
        """`{"name", "status"}`: publish or pause a workflow."""
        row = next(one for one in self._account(order)["workflows"] if one["name"] == order["name"])
        row["status"] = order["status"]
        return Answer(200, {"id": row["id"]})

    def _user(self, order: Row) -> Answer:
        """`{"email", "role"?}`: one more user."""
        return Answer(200, {"id": self._world.add_user(order["email"], role=order.get("role", "user"))["id"]})

    def _leave(self, order: Row) -> Answer:
        """`{"email"}`: a user is deleted: in no team any more, and shown as deleted in lists (FACTS 3)."""
        user = next(one for one in self._world.users.values() if one["email"] == order["email"])
        user["deleted"] = True
        for account in self._world.accounts.values():
            for calendar in account["calendars"]:
                calendar["teamMembers"] = [one for one in calendar["teamMembers"] if one["userId"] != user["id"]]
        return Answer(200, {"id": user["id"]})

    def _location(self, order: Row) -> Answer:
        """`{"name"}`: one more sub-account, with a token."""
        account = self._world.add_account(order["name"])
        return Answer(200, {"id": account.id, "token": self._world.tokens.new_pit(account)})

    # Tokens and limits

    def _token(self, order: Row) -> Answer:
        """`{"scopes"?: "a b", "agency"?}`: a private integration token."""
        scopes = frozenset(order["scopes"].split()) if "scopes" in order else None
        account = None if order.get("agency") else self._account(order)
        return Answer(200, {"token": self._world.tokens.new_pit(account, scopes)})

    def _scopes(self, order: Row) -> Answer:
        """`{"token"?, "scopes"}`: other scopes for the same token."""
        self._world.tokens.set_scopes(order.get("token", self._world.first_token), frozenset(order["scopes"].split()))
        return Answer(200, {"scopes": order["scopes"]})

    def _rotate(self, order: Row) -> Answer:
        """`{"token"?, "later"?}`: a new token; the old one lives for seven days or not at all."""
        tokens, old = self._world.tokens, order.get("token", self._world.first_token)
        return Answer(200, {"token": tokens.rotate(old, later=bool(order.get("later")))})

    def _grant(self, order: Row) -> Answer:
        """`{"scopes"?, "company"?}`: a code, as after pressing "Allow"."""
        is_agency = bool(order.get("company"))
        if is_agency and not self._world.plan.agency_api:
            raise BadOption(f"edition {self._world.plan.name} has no agency API")
        every = AGENCY_SCOPES if is_agency else SCOPES
        scopes = frozenset(order["scopes"].split()) if "scopes" in order else every
        code = self._world.tokens.new_code(None if is_agency else self._account(order).id, scopes)
        return Answer(200, {"code": code, "redirect_uri": CALLBACK})

    def _spend(self, order: Row) -> Answer:
        """`{"calls"}`: what other apps take of the location's day."""
        meter = self._account(order).meter
        meter.used_today += int(order["calls"])
        return Answer(200, {"used": meter.used_today})


def _keyed(account: Account, key: str) -> Field | None:
    """A field of contacts or of any object by its whole key."""
    fields = [account.fields, *(schema.fields for schema in account.objects.values())]
    return next((one for group in fields for one in group.values() if one.key == key), None)


def _table(name: str) -> str:
    return object_fields.TABLES.get(name, name)


def _flat(fields: Row) -> Row:
    """API shapes as rows are stored: custom values and properties flat."""
    values = {name: value for name, value in fields.items() if name not in ("customFields", "properties")}
    values |= {CUSTOM + one["id"]: one["value"] for one in fields.get("customFields", ())}
    return values | {PROPERTY + name: value for name, value in fields.get("properties", {}).items()}

"""Records of custom objects and companies (FACTS 8). One call each; deleting is for good."""

from __future__ import annotations

from typing import Any

from gurney.twins.highlevel import checks, deleting, values
from gurney.twins.highlevel.account import Field, ObjectSchema
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.notes import check_user
from gurney.twins.highlevel.object_fields import PROPERTY, TABLES
from gurney.twins.highlevel.objects import found as found_object
from gurney.twins.highlevel.objects import invalid_key
from gurney.twins.highlevel.refusals import bad, invalid, not_allowed, told
from gurney.twins.kit.tables import Row, Table
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "objects/record.readonly", "objects/record.write"
BASE = "/objects/{schemaKey}/records"
CHANGE = Shape({"properties": checks.record, "owner": checks.some_texts(1), "followers": checks.some_texts(10)})
CREATE = CHANGE.but(locationId=checks.filled, required=["locationId", "properties"])
BUSINESS = ("name", "phone", "email", "website", "address", "city", "state", "postalCode", "country", "description")
"""Properties of a company that are no custom fields."""
WITHOUT_RECORDS = ("contact", "opportunity")


def schema_of(call: Call) -> ObjectSchema:
    """The object of the route: a custom one, or business. Raises Refused."""
    key = call.param("schemaKey")
    if key in WITHOUT_RECORDS:
        raise invalid_key()
    return found_object(call, key)


def table_name(schema: ObjectSchema) -> str:
    return TABLES.get(schema.key, schema.key)


def table_of(call: Call, schema: ObjectSchema) -> Table:
    return call.account[table_name(schema)]


def found(call: Call) -> tuple[ObjectSchema, Row]:
    schema = schema_of(call)
    row = table_of(call, schema).get(call.param("id"))
    if row is None:
        raise call.missing("Record")
    return schema, row


def properties(row: Row) -> Row:
    return {key[len(PROPERTY) :]: value for key, value in row.items() if key.startswith(PROPERTY)}


def shown(row: Row) -> Row:
    """A record read by its id. Its relations have been empty since October 2025 (FACTS 8)."""
    return {
        "id": row["id"], "owner": row["owner"], "followers": row["followers"], "properties": properties(row),
        "dateAdded": row["createdAt"], "dateUpdated": row["updatedAt"],
    }  # fmt: skip


def _read(call: Call, schema: ObjectSchema, given: Row) -> Row:
    """Properties by their bare keys, None for those to clear. Raises Refused with every violation."""
    wrong: list[str] = []
    read_in: Row = {}
    by_key = {field.bare: field for field in schema.fields.values()}
    for name, value in given.items():
        field = by_key.get(name.partition(".")[0])
        at = f"properties.{name}"
        if field is not None and "." in name and field.type == "TEXTBOX_LIST":
            read_in[PROPERTY + name] = checks.text(at, value, wrong)
        elif field is not None and "." not in name:
            _take(call, field, name, value, read_in, wrong)
        elif schema.key == "business" and name in BUSINESS:
            read_in[PROPERTY + name] = checks.text(at, value, wrong) if value is not None else None
        else:
            wrong.append(not_allowed(name))
    if wrong:
        raise invalid(wrong)
    return read_in


def _take(call: Call, field: Field, name: str, value: Any, read_in: Row, wrong: list[str]) -> None:
    """One value; the empty text and null clear it, where clearing works."""
    if value is None or value == "":
        if not values.is_stubborn(call, field.type):
            read_in[PROPERTY + name] = None
        return
    if field.type == "PHONE" and isinstance(value, str) and not value.startswith("+"):
        wrong.append(f"properties.{name} must be a valid phone number")
        return
    read_in[PROPERTY + name] = values.record_value(call, field, f"properties.{name}", value, wrong)


def _check_unique(call: Call, schema: ObjectSchema, values_in: Row, but: str | None) -> None:
    """Fields that an administrator marked unique (FACTS 7). Raises Refused."""
    table = table_of(call, schema)
    for field in schema.fields.values():
        value = values_in.get(PROPERTY + field.bare)
        if not field.unique or value is None:
            continue
        if PROPERTY + field.bare not in table.group_fields:
            table.group_by(PROPERTY + field.bare)
        if any(row["id"] != but for row in table.where(PROPERTY + field.bare, value)):
            status = int(call.switch("unique_status"))
            raise told(status, f"A record with the same value for {field.name} already exists.")


def _who(call: Call, body: Row) -> Row:
    for name in ("owner", "followers"):
        for id in body.get(name, ()):
            check_user(call, id, name)
    return {name: body[name] for name in ("owner", "followers") if name in body}


@routes.on(f"POST {BASE}", WRITE)
def create(call: Call) -> Answer:
    """201; up to 300,000 for each object."""
    schema = schema_of(call)
    body = CREATE.read(call.body())
    call.same_location(body["locationId"])
    read_in = _read(call, schema, body["properties"])
    if len(table_of(call, schema)) >= int(call.switch("records_max")):
        raise bad("Records limit reached for the object")
    _check_unique(call, schema, read_in, None)
    row = store(call, schema, read_in, _who(call, body))
    return call.ok({"record": shown(row)}, 201)


def store(call: Call, schema: ObjectSchema, read_in: Row, who: Row) -> Row:
    """A new record with values that are checked."""
    now = call.account.now()
    by = {"channel": "OAUTH", "source": "INTEGRATION", "sourceId": call.access.user, "createdAt": now}
    row = {
        "id": call.world.ids.hex(), "owner": [], "followers": [], "createdAt": now, "updatedAt": now, "createdBy": by,
        "lastUpdatedBy": by, **who, **{name: value for name, value in read_in.items() if value is not None},
    }  # fmt: skip
    return call.account.add(table_name(schema), row)


@routes.on(f"GET {BASE}/{{id}}", READ)
def get(call: Call) -> Answer:
    """At once after a write."""
    return call.ok({"record": {**shown(found(call)[1]), "relations": []}})


@routes.on(f"PUT {BASE}/{{id}}", WRITE)
def change(call: Call) -> Answer:
    """Merges what is given; the location is in the query, not in the body (FACTS 8)."""
    call.only("locationId")
    call.here()
    schema, row = found(call)
    body = CHANGE.read(call.body())
    read_in = _read(call, schema, body.get("properties", {}))
    _check_unique(call, schema, read_in, row["id"])
    now = call.account.now()
    by = {"channel": "OAUTH", "source": "INTEGRATION", "sourceId": call.access.user, "createdAt": now}
    after = {**read_in, **_who(call, body), "updatedAt": now, "lastUpdatedBy": by}
    return call.ok({"record": shown(call.account.change(table_name(schema), row["id"], after))})


@routes.on(f"DELETE {BASE}/{{id}}", WRITE)
def delete(call: Call) -> Answer:
    schema, row = found(call)
    deleting.record(call.account, table_name(schema), row["id"])
    return call.ok({"id": row["id"], "success": True})

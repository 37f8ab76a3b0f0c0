"""Custom objects: schemas that the API makes and cannot remove (FACTS 0.6, 8)."""

from __future__ import annotations

from gurney.twins.highlevel import checks, standard
from gurney.twins.highlevel.account import Field, ObjectSchema
from gurney.twins.highlevel.call import BOTH, Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.naming import KEY
from gurney.twins.highlevel.object_fields import add_field, shown_field
from gurney.twins.highlevel.refusals import Refused, bad, invalid
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "objects/schema.readonly", "objects/schema.write"
PREFIX = "custom_objects."
FOLDER = "General Info"
_labels = Shape({"singular": checks.filled, "plural": checks.filled}, ["singular", "plural"])
_primary = Shape(
    {"key": checks.filled, "name": checks.filled, "dataType": checks.one_of(["TEXT", "NUMERICAL"])},
    ["key", "name", "dataType"],
)
CREATE = Shape(
    {"labels": _labels, "key": checks.filled, "description": checks.text, "locationId": checks.filled,
     "primaryDisplayPropertyDetails": _primary},
    ["labels", "key", "locationId", "primaryDisplayPropertyDetails"],
)  # fmt: skip
CHANGE = Shape(
    {"labels": Shape({"singular": checks.filled, "plural": checks.filled}), "description": checks.text,
     "locationId": checks.filled, "searchableProperties": checks.texts},
    ["locationId", "searchableProperties"],
)  # fmt: skip


def invalid_key() -> Refused:
    return bad("Invalid key")


def found(call: Call, key: str) -> ObjectSchema:
    """An object by its key, prefix and all (FACTS 0.5). Raises Refused."""
    schema = call.account.objects.get(key)
    if schema is None:
        is_formed = key.startswith(PREFIX) and KEY.fullmatch(key.removeprefix(PREFIX))
        raise call.missing("Object") if is_formed else invalid_key()
    return schema


@routes.on("GET /objects", READ)
def list_objects(call: Call) -> Answer:
    """The custom ones, and contact, opportunity, business."""
    call.only("locationId")
    call.here()
    return call.ok({"objects": [schema.shown for schema in call.account.objects.values()]})


@routes.on("GET /objects/{key}", READ)
def get(call: Call) -> Answer:
    """For a while after a change the fields come from a cache (FACTS 8)."""
    call.only("locationId", "fetchProperties")
    call.here()
    schema = found(call, call.param("key"))
    is_cached = call.world.clock.timestamp() < schema.changed_at + float(call.switch("schema_cache_s"))
    body: Row = {"object": schema.shown, "cache": is_cached}
    if call.query("fetchProperties") == "true":
        body["fields"] = schema.cached if is_cached else [shown_field(call, one) for one in schema.fields.values()]
    return call.ok(body)


@routes.on("POST /objects", WRITE, by=BOTH)
def create(call: Call) -> Answer:
    """An object with its primary field and a folder; ten for each location."""
    values = CREATE.read(call.body())
    account = call.world.accounts.get(values["locationId"]) if call.place is None else call.place
    call.place = account
    call.same_location(values["locationId"])
    key, primary = values["key"], values["primaryDisplayPropertyDetails"]
    if not key.startswith(PREFIX) or not KEY.fullmatch(key.removeprefix(PREFIX)):
        raise invalid_key()
    bare = primary["key"].removeprefix(key + ".")
    if not KEY.fullmatch(bare):
        raise invalid_key()
    if key in call.account.objects:
        raise bad(f"Object with key {key} already exists")
    if sum(not one.shown["standard"] for one in call.account.objects.values()) >= int(call.switch("objects_max")):
        raise bad("Custom objects limit reached")
    return call.ok({"object": _store(call, key, bare, values)}, 201)


def _store(call: Call, key: str, bare: str, values: Row) -> Row:
    account, primary = call.account, values["primaryDisplayPropertyDetails"]
    shown = standard.described(call.world.ids.hex(), account.id, key, values["labels"], f"{key}.{bare}", account.now())
    schema = ObjectSchema(key, shown | {"description": values.get("description", "")}, searchable=[bare])
    account.add_object(schema)
    folder = call.world.ids.hex()
    schema.folders[folder] = {"id": folder, "objectKey": key, "locationId": account.id, "name": FOLDER}
    add_field(call, schema, Field(call.world.ids.hex(), f"{key}.{bare}", primary["name"], primary["dataType"],
                                  {"parentId": folder, "showInForms": True}))  # fmt: skip
    return schema.shown


@routes.on("PUT /objects/{key}", WRITE)
def change(call: Call) -> Answer:
    """Labels, description, and by which fields `query` searches."""
    schema = found(call, call.param("key"))
    values = CHANGE.read(call.body())
    call.same_location(values["locationId"])
    bare = [name.removeprefix(schema.key + ".") for name in values["searchableProperties"]]
    if any(schema.field_named(name) is None for name in bare):
        raise invalid(["searchableProperties must be fields of the object"])
    schema.searchable = bare
    schema.shown["labels"] = {**schema.shown["labels"], **values.get("labels", {})}
    schema.shown["description"] = values.get("description", schema.shown["description"])
    schema.shown["dateUpdated"] = call.account.now()
    return call.ok({"object": schema.shown})


@routes.on("DELETE /objects/{key}", WRITE)
def delete(call: Call) -> Answer:
    """Not by the API (FACTS 0.6)."""
    found(call, call.param("key"))
    raise bad("Deleting object schema is not supported yet")

"""Fields and folders of custom objects and companies (FACTS 7)."""

from __future__ import annotations

from typing import Any

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.account import Account, Field, ObjectSchema
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.naming import CREATED_TYPES, FORMATS, KEY, WITH_OPTIONS, key_from
from gurney.twins.highlevel.refusals import bad, invalid, not_allowed
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "locations/customFields.readonly", "locations/customFields.write"
UNSUPPORTED = "Api does not support objectKey of type contact or opportunity"
STANDARD = ("contact", "opportunity")
PROPERTY = "properties."
"""Values lie flat in a record's row, under this and the field's bare key."""
_option = Shape({"key": checks.filled, "label": checks.filled, "url": checks.text}, ["key", "label"])
_new_label = Shape({"key": checks.text, "label": checks.filled, "url": checks.text}, ["label"])
_change: dict[str, Any] = {
    "locationId": checks.filled, "name": checks.text, "description": checks.text, "placeholder": checks.text,
    "showInForms": checks.boolean, "options": checks.listed(_new_label), "acceptedFormats": checks.one_of(FORMATS),
    "maxFileLimit": checks.number,
}  # fmt: skip
CHANGE = Shape(_change, ["locationId", "showInForms"])
NEEDED = ("locationId", "showInForms", "dataType", "fieldKey", "objectKey", "parentId")
CREATE = Shape(
    {**_change, "dataType": checks.one_of(CREATED_TYPES), "fieldKey": checks.filled, "objectKey": checks.filled,
     "options": checks.listed(_option), "allowCustomOption": checks.boolean, "parentId": checks.filled},
    NEEDED,
)  # fmt: skip
LOOSE = CREATE.but(required=NEEDED[:-1])
FOLDER = Shape({"objectKey": checks.filled, "name": checks.filled, "locationId": checks.filled},
               ["objectKey", "name", "locationId"])  # fmt: skip
TABLES = {"business": "businesses"}
"""Where records lie whose table is not called like their object."""


def shown_field(call: Call, field: Field) -> Row:
    """A field as the vendor shows it."""
    shown = {
        "id": field.id, "name": field.name, "fieldKey": field.key, "objectKey": field.key.rpartition(".")[0],
        "dataType": field.type, "locationId": call.account.id, **field.shown,
    }  # fmt: skip
    return shown | ({"options": field.options} if field.type in WITH_OPTIONS else {})


def add_field(call: Call, schema: ObjectSchema, field: Field) -> None:
    """Take a new field."""
    touch(call, schema)
    now = call.account.now()
    field.shown |= {"dateAdded": now, "dateUpdated": now}
    schema.fields[field.id] = field


def touch(call: Call, schema: ObjectSchema) -> None:
    """Remember the fields as they are, for the cache that shows them a while longer."""
    schema.cached = [shown_field(call, one) for one in schema.fields.values()]
    schema.changed_at = call.world.clock.timestamp()


def _schema(call: Call, key: str) -> ObjectSchema:
    if key in STANDARD:
        raise bad(UNSUPPORTED)
    schema = call.account.objects.get(key)
    if schema is None:
        raise bad("Invalid key")
    return schema


def _field(call: Call) -> tuple[ObjectSchema, Field]:
    for schema in call.account.objects.values():
        field = schema.fields.get(call.param("id"))
        if field is not None:
            return schema, field
    raise call.missing("Field")


@routes.on("GET /custom-fields/object-key/{objectKey}", READ)
def of_object(call: Call) -> Answer:
    """Fields and folders, at once after a change."""
    call.only("locationId")
    call.here()
    schema = _schema(call, call.param("objectKey"))
    fields = [shown_field(call, one) for one in schema.fields.values()]
    return call.ok({"fields": fields, "folders": list(schema.folders.values())})


@routes.on("GET /custom-fields/{id}", READ)
def get(call: Call) -> Answer:
    return call.ok({"field": shown_field(call, _field(call)[1])})


@routes.on("POST /custom-fields", WRITE)
def create(call: Call) -> Answer:
    """A field in a folder of a custom object; keys carry their object's prefix."""
    body = call.body()
    if body.get("objectKey") in STANDARD:
        raise bad(UNSUPPORTED)
    values = (CREATE if call.switch("field_parent") == "required" else LOOSE).read(body)
    call.same_location(values["locationId"])
    schema = _schema(call, values["objectKey"])
    bare = values["fieldKey"].removeprefix(schema.key + ".")
    if not values["fieldKey"].startswith(schema.key + ".") or not KEY.fullmatch(bare):
        raise bad("Invalid key")
    if schema.field_named(bare) is not None:
        raise bad(f"Field with key {values['fieldKey']} already exists")
    if "parentId" in values and values["parentId"] not in schema.folders:
        raise bad("Parent folder not found")
    field = Field(call.world.ids.hex(), values["fieldKey"], values.get("name", bare), values["dataType"], {})
    _settle(field, values)
    if field.type in WITH_OPTIONS:
        field.options = values.get("options", [])
    add_field(call, schema, field)
    return call.ok({"field": shown_field(call, field)}, 201)


def _settle(field: Field, values: Row) -> None:
    for name in ("description", "placeholder", "showInForms", "acceptedFormats", "maxFileLimit", "allowCustomOption",
                 "parentId"):  # fmt: skip
        if name in values:
            field.shown[name] = values[name]
    field.shown.setdefault("parentId", "")


@routes.on("PUT /custom-fields/{id}", WRITE)
def change(call: Call) -> Answer:
    """Options are replaced as a whole: new ones without a key, and none of the old may be missing."""
    schema, field = _field(call)
    values = CHANGE.read(call.body())
    call.same_location(values["locationId"])
    given = values.get("options")
    if given is not None:
        _replace_options(field, given)
    touch(call, schema)
    field.name = values.get("name", field.name)
    _settle(field, values)
    field.shown["dateUpdated"] = call.account.now()
    return call.ok({"field": shown_field(call, field)})


def _replace_options(field: Field, given: list[Row]) -> None:
    if any("key" in one for one in given):
        raise invalid([f"options.{index}.{not_allowed('key')}" for index, one in enumerate(given) if "key" in one])
    keys = {one["label"]: one["key"] for one in field.options}
    if not set(keys) <= {one["label"] for one in given}:
        raise bad("Existing options cannot be removed")
    field.options = [{**one, "key": keys.get(one["label"]) or key_from(one["label"])} for one in given]


@routes.on("DELETE /custom-fields/{id}", WRITE)
def delete(call: Call) -> Answer:
    """With its values. Not the primary one, and not one that is marked unique (FACTS 15)."""
    schema, field = _field(call)
    if field.key == schema.shown["primaryDisplayProperty"]:
        raise bad("Primary display property cannot be deleted")
    if field.unique:
        raise bad("Unique field cannot be deleted")
    touch(call, schema)
    drop(call.account, schema, field)
    told = {"succeded": True, "id": field.id, "key": field.key}
    return call.ok(told | ({"succeeded": True} if call.is_v3 else {}))


def drop(account: Account, schema: ObjectSchema, field: Field) -> None:
    """Take a field out, with its values."""
    del schema.fields[field.id]
    schema.searchable = [name for name in schema.searchable if name != field.bare]
    account[TABLES.get(schema.key, schema.key)].forget_field(PROPERTY + field.bare)


# Folders


def _folder(call: Call) -> tuple[ObjectSchema, Row]:
    for schema in call.account.objects.values():
        if call.param("id") in schema.folders:
            return schema, schema.folders[call.param("id")]
    raise call.missing("Folder")


@routes.on("POST /custom-fields/folder", WRITE)
def create_folder(call: Call) -> Answer:
    values = FOLDER.read(call.body())
    call.same_location(values["locationId"])
    schema = _schema(call, values["objectKey"])
    row = {"id": call.world.ids.hex(), **values}
    schema.folders[row["id"]] = row
    return call.ok(row, 201)


@routes.on("PUT /custom-fields/folder/{id}", WRITE)
def change_folder(call: Call) -> Answer:
    _, row = _folder(call)
    values = FOLDER.but("objectKey").read(call.body())
    call.same_location(values["locationId"])
    row["name"] = values["name"]
    return call.ok(row)


@routes.on("DELETE /custom-fields/folder/{id}", WRITE)
def delete_folder(call: Call) -> Answer:
    """Only an empty one."""
    call.only("locationId")
    call.here()
    schema, row = _folder(call)
    if any(field.shown.get("parentId") == row["id"] for field in schema.fields.values()):
        raise bad("Folder is not empty")
    del schema.folders[row["id"]]
    return call.ok({"succeded": True, "id": row["id"], "key": row["name"]})

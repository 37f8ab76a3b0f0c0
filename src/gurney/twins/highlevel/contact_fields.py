"""Custom fields and folders of contacts and opportunities (FACTS 7)."""

from __future__ import annotations

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.account import Account, Field
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.contact_shapes import CUSTOM
from gurney.twins.highlevel.naming import CREATED_TYPES, WITH_OPTIONS, key_from
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "locations/customFields.readonly", "locations/customFields.write"
BASE = "/locations/{locationId}/customFields"
TABLES = {"contact": "contacts", "opportunity": "opportunities"}
_line = Shape({"label": checks.text, "prefillValue": checks.text})
_change = {
    "name": checks.filled, "placeholder": checks.text, "acceptedFormat": checks.texts,
    "isMultipleFile": checks.boolean, "maxNumberOfFiles": checks.number, "textBoxListOptions": checks.listed(_line),
    "position": checks.number, "model": checks.one_of(TABLES), "options": checks.texts, "parentId": checks.text,
    "description": checks.text,
}  # fmt: skip
CREATE = Shape(
    {**_change, "dataType": checks.one_of(CREATED_TYPES), "fieldKey": checks.text,
     "documentType": checks.one_of(["field", "folder"])},
    ["name", "dataType"],
)  # fmt: skip
CHANGE = Shape(_change, ["name"])


def shown(call: Call, field: Field) -> Row:
    """A field as the vendor shows it."""
    labels = [one["label"] for one in field.options]
    return {"id": field.id, "name": field.name, "fieldKey": field.key, "dataType": field.type, **field.shown,
            "picklistOptions": labels, "locationId": call.account.id}  # fmt: skip


def _place(call: Call) -> None:
    """The location is in the path, and nowhere else (FACTS 7). Raises Refused."""
    call.only("model")
    call.same_location(call.param("locationId"))


def _field(call: Call) -> Field:
    """By id, or by key on reads. Raises Refused."""
    handle = call.param("id")
    found = call.account.fields.get(handle)
    if found is None:
        found = next((one for one in call.account.fields.values() if one.key == handle), None)
    if found is None:
        raise call.missing("Custom field")
    return found


@routes.on(f"GET {BASE}", READ)
def list_fields(call: Call) -> Answer:
    """All at once; those of contacts unless asked for others. Folders are among them (switch folders_listed)."""
    _place(call)
    model = call.query("model") or "contact"
    if model not in (*TABLES, "all"):
        raise invalid(["model must be a valid enum value"])
    account = call.account
    fields = [shown(call, one) for one in account.fields.values() if model in ("all", one.shown["model"])]
    if call.switch("folders_listed") == "yes":
        fields += [one for one in account.folders.values() if model in ("all", one["model"])]
    return call.ok({"customFields": fields})


@routes.on(f"GET {BASE}/{{id}}", READ)
def get_field(call: Call) -> Answer:
    _place(call)
    return call.ok({"customField": shown(call, _field(call))})


@routes.on(f"POST {BASE}", WRITE)
def create_field(call: Call) -> Answer:
    """A field, or with `documentType: folder` a folder (FACTS 7)."""
    _place(call)
    body = call.body()
    shape = CREATE.but(required=["name"]) if body.get("documentType") == "folder" else CREATE
    values = shape.read(body)
    account = call.account
    if values.get("parentId") and values["parentId"] not in account.folders:
        raise bad("Parent folder not found")
    if values.get("documentType") == "folder":
        return call.ok({"customField": _new_folder(call, values)}, 201)
    return call.ok({"customField": shown(call, new_field(call, values))}, 201)


def _new_folder(call: Call, values: Row) -> Row:
    model = values.get("model", "contact")
    id = call.world.ids.short()
    folder = {
        "id": id, "name": values["name"], "model": model, "documentType": "folder", "locationId": call.account.id,
        "position": values.get("position", 0), "fieldKey": f"{model}.{key_from(values['name'])}",
    }  # fmt: skip
    call.account.folders[id] = folder
    return folder


def new_field(call: Call, values: Row) -> Field:
    """Store a field. Raises Refused: the key is taken, or the location is full."""
    account, model = call.account, values.get("model", "contact")
    most = int(call.switch("fields_max"))
    if most and len(account.fields) >= most:
        raise bad("Custom fields limit reached")
    bare = key_from((values.get("fieldKey") or values["name"]).removeprefix(f"{model}."))
    key = f"{model}.{bare}"
    taken = {one.key for one in account.fields.values()}
    if key in taken:
        if call.switch("same_field_name") == "refuse":
            raise bad(f"Custom field with key {key} already exists")
        key = next(f"{key}_{n}" for n in range(1, len(taken) + 2) if f"{key}_{n}" not in taken)
    field = Field(call.world.ids.short(), key, values["name"], values["dataType"], {"model": model})
    account.fields[field.id] = field
    _settle(call, field, values)
    return field


def _settle(call: Call, field: Field, values: Row) -> None:
    """Take over what may change."""
    field.name = values["name"]
    for name in ("placeholder", "position", "parentId", "description", "acceptedFormat", "textBoxListOptions"):
        if name in values:
            field.shown[name] = values[name]
    field.shown.setdefault("placeholder", "")
    field.shown.setdefault("position", 0)
    field.shown["documentType"] = "field"
    if field.type == "FILE_UPLOAD":
        several = values.get("isMultipleFile", field.shown.get("isMultiFileAllowed", False))
        field.shown["isMultiFileAllowed"] = several
        field.shown["maxFileLimit"] = values.get("maxNumberOfFiles", field.shown.get("maxFileLimit", 1))
    if "options" in values and field.type in WITH_OPTIONS and call.switch("field_options") == "accept":
        field.options = [{"key": key_from(label), "label": label} for label in dict.fromkeys(values["options"])]


@routes.on(f"PUT {BASE}/{{id}}", WRITE)
def change_field(call: Call) -> Answer:
    """Never key or type."""
    _place(call)
    field = _field(call)
    values = CHANGE.read(call.body())
    if values.pop("model", field.shown["model"]) != field.shown["model"]:
        raise bad("model cannot be changed")
    _settle(call, field, values)
    return call.ok({"customField": shown(call, field)})


@routes.on(f"DELETE {BASE}/{{id}}", WRITE)
def delete_field(call: Call) -> Answer:
    """With its values; a folder lets go of its fields."""
    _place(call)
    if call.account.folders.pop(call.param("id"), None) is not None:
        for field in call.account.fields.values():
            if field.shown.get("parentId") == call.param("id"):
                del field.shown["parentId"]
        return call.succeeded()
    drop(call.account, _field(call))
    return call.succeeded()


def drop(account: Account, field: Field) -> None:
    """Take a field out, with its values."""
    del account.fields[field.id]
    account[TABLES[field.shown["model"]]].forget_field(CUSTOM + field.id)

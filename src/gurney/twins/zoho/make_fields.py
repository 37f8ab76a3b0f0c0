"""Making, changing and deleting fields (FACTS 7)."""

from __future__ import annotations

import re
from typing import Any

from gurney.twins.kit.tables import Clash
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes, inside
from gurney.twins.zoho.metadata import SETTINGS, asked_field
from gurney.twins.zoho.records import batch_answer
from gurney.twins.zoho.refusals import Element, Refused, missing, success
from gurney.twins.zoho.schema import Field, Module, Option
from gurney.twins.zoho.setup import (
    LABEL_LONGEST,
    NAME_LONGEST,
    OPTION_LONGEST,
    Order,
    bad,
    each,
    must_customize,
    new_options,
)

routes = Routes()
FIELDS_A_CALL = 5
UNIQUE_MOST = 2
STRICT_LABEL, STRICT_OPTIONS = 25, 10
LENGTHS = {
    # data_type: (default, most)
    "text": (255, 255),
    "email": (100, 100),
    "phone": (30, 30),
    "website": (450, 450),
    "picklist": (120, 120),
    "integer": (9, 9),
    "bigint": (18, 18),
    "double": (16, 16),
    "currency": (16, 16),
    "percent": (5, 5),
}
TEXT_AREAS = {"small": 2_000, "large": 32_000, "rich_text": 50_000}
CREATABLE = frozenset({
    "text", "textarea", "email", "phone", "picklist", "multiselectpicklist", "date", "datetime", "integer",
    "autonumber", "currency", "percent", "bigint", "double", "website", "boolean", "fileupload", "imageupload",
    "lookup", "userlookup", "multiselectlookup", "multiuserlookup", "formula", "rollup_summary", "address",
})  # fmt: skip
READ_ONLY = ("autonumber", "formula", "rollup_summary")


@routes.on("POST", "/settings/fields", SETTINGS + "fields.CREATE")
def create_fields(call: Call) -> Answer:
    """One to five fields a call; they land in the standard layout."""
    must_customize(call)
    module = call.asked_module()
    orders = call.listed("fields", FIELDS_A_CALL)
    made = each(orders, "fields", lambda order, path: _make_field(call, module, order, path))
    return batch_answer(call, made, 201, "fields")


def _make_field(call: Call, module: Module, order: Order, path: str) -> Element:
    world = call.world
    for name in ("field_label", "data_type"):
        if not order.get(name):
            raise missing(name, f"{path}.{name}")
    label, data_type = str(order["field_label"]), str(order["data_type"])
    _check_label(call, module, label, path)
    if data_type not in CREATABLE:
        details = {"api_name": "data_type", "json_path": f"{path}.data_type", "supported_values": sorted(CREATABLE)}
        raise bad(details)
    if sum(1 for _ in module.custom_fields()) >= world.edition.custom_fields:
        raise bad({"limit": world.edition.custom_fields}, "custom fields limit exceeded", "LIMIT_EXCEEDED")
    _check_unique(call, module, order, data_type, path)
    field = Field(
        id=world.new_id(),
        api_name=_free_name(module, label),
        label=label,
        data_type=data_type,
        length=_length(order, data_type, path),
        custom=True,
        creatable=data_type not in READ_ONLY,
        updatable=data_type not in READ_ONLY,
        lookup=_lookup_target(call, order, data_type, path),
        text_kind=_text_kind(order, path) if data_type == "textarea" else None,
        decimal_places=_decimals(order, data_type),
        unique=order.get("unique") or None,
        external=order.get("external") or None,
        hipaa=bool(order.get("hipaa_compliance_enabled")),
        options=_options(call, order, data_type, path),
        global_picklist=inside(order, "global_picklist", "id"),
        tooltip=order.get("tooltip"),
        created_time=world.now(),
        auto_number=order.get("auto_number"),
        formula=order.get("formula"),
    )
    if field.hipaa and world.health_mode == "off":
        raise bad({"api_name": "hipaa_compliance_enabled"}, "the feature is not enabled", "NOT_ALLOWED")
    module.add_field(field)
    return success("field created", {"id": field.id})


def _check_label(call: Call, module: Module, label: str, path: str) -> None:
    at = {"api_name": "field_label", "json_path": f"{path}.field_label"}
    longest = STRICT_LABEL if call.world.switches["strict_field_caps"] == "yes" else LABEL_LONGEST
    if len(label) > longest:
        raise bad({"maximum_length": longest, **at})
    if not re.search(r"[A-Za-z]", label):
        raise bad(at)
    if any(field.label.lower() == label.lower() for field in module.fields.values()):
        raise bad(at, "duplicate data", "DUPLICATE_DATA")


def _free_name(module: Module, label: str) -> str:
    """The api_name made from a label; a number is appended while it is taken (rule zoho.field-name)."""
    made = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]", "_", label)).strip("_")[:NAME_LONGEST].rstrip("_")
    if not made[0].isalpha():
        made = f"field_{made}"
    taken = {name.lower() for name in module.fields}
    number, free = 0, made
    while free.lower() in taken:
        number += 1
        free = f"{made}{number}"
    return free


def _check_unique(call: Call, module: Module, order: Order, data_type: str, path: str) -> None:
    external = order.get("external")
    if external:
        at = {"api_name": "external", "json_path": f"{path}.external"}
        if data_type != "text" or module.api_name == "Calls":
            raise bad(at, "external fields are not allowed here", "NOT_ALLOWED")
        if not isinstance(external, dict) or external.get("type") not in ("org", "user"):
            raise bad({**at, "supported_values": ["org", "user"]})
    if order.get("unique") is not None and data_type not in ("text", "email", "phone", "integer", "bigint"):
        details = {"api_name": "unique", "json_path": f"{path}.unique"}
        raise bad(details, "the data type cannot be unique", "NOT_ALLOWED")
    counts = call.world.switches["external_counts_as_unique"] == "yes"
    if order.get("unique") is not None or (external and counts):
        refuse_third_unique(call, module)


def refuse_third_unique(call: Call, module: Module) -> None:
    """Two unique fields per module in every edition (FACTS 0.3)."""
    counts = call.world.switches["external_counts_as_unique"] == "yes"
    taken = [f for f in module.fields.values() if f.unique is not None or (counts and f.external is not None)]
    if len(taken) >= UNIQUE_MOST:
        raise bad({"limit": UNIQUE_MOST}, "unique fields limit exceeded", "LIMIT_EXCEEDED")


def _length(order: Order, data_type: str, path: str) -> int | None:
    if data_type == "textarea":
        return TEXT_AREAS[_text_kind(order, path)]
    if data_type in ("fileupload", "imageupload"):
        most = 5 if data_type == "fileupload" else 10
        return min(int(order.get("length") or 1), most)
    if data_type not in LENGTHS:
        return None
    default, most = LENGTHS[data_type]
    length = order.get("length")
    if length is None:
        return default
    if type(length) is not int or not 1 <= length <= most:
        details = {"api_name": "length", "json_path": f"{path}.length", "maximum_length": most}
        raise bad(details, "the length does not fit the data type", "DEPENDENT_MISMATCH")
    return length


def _text_kind(order: Order, path: str) -> str:
    kind = str(inside(order, "textarea", "type") or "small")
    if kind not in TEXT_AREAS:
        raise bad({"json_path": f"{path}.textarea.type", "supported_values": sorted(TEXT_AREAS)})
    return kind


def _decimals(order: Order, data_type: str) -> int | None:
    if data_type not in ("currency", "double"):
        return None
    places = order.get("decimal_place") or inside(order, "currency", "precision")
    return int(places) if isinstance(places, int) else 2


def _lookup_target(call: Call, order: Order, data_type: str, path: str) -> str | None:
    if data_type not in ("lookup", "multiselectlookup"):
        return None
    given = inside(order, data_type, "module") or inside(order, "lookup", "module")
    if not given:
        details = {"expected_fields": [{"api_name": "lookup", "json_path": f"{path}.lookup.module"}]}
        raise bad(details, "expected field missing", "EXPECTED_DEPENDENT_FIELD_MISSING")
    by_id = next((m.api_name for m in call.world.modules.values() if m.id == inside(given, "id")), None)
    target = str(inside(given, "api_name") or by_id)
    if target not in call.world.modules:
        raise bad({"api_name": "module", "json_path": f"{path}.lookup.module"}, "the module given seems to be invalid")
    return target


def _options(call: Call, order: Order, data_type: str, path: str) -> list[Option]:
    if data_type not in ("picklist", "multiselectpicklist"):
        return []
    chosen = order.get("global_picklist")
    if chosen:
        found = call.world.global_picklists.get(str(inside(chosen, "id")))
        if found is None:
            raise bad({"json_path": f"{path}.global_picklist.id"}, "the id given seems to be invalid")
        return list(found["options"])
    given = order.get("pick_list_values")
    if not given:
        details = {"expected_fields": [{"api_name": "pick_list_values", "json_path": f"{path}.pick_list_values"}]}
        raise bad(details, "expected field missing", "EXPECTED_DEPENDENT_FIELD_MISSING")
    strict = call.world.switches["strict_field_caps"] == "yes"
    if strict and len(given) > STRICT_OPTIONS:
        raise bad({"limit": STRICT_OPTIONS, "json_path": f"{path}.pick_list_values"}, "too many", "LIMIT_EXCEEDED")
    none = [{"display_value": "-None-"}] if data_type == "picklist" else []
    return new_options(call, [*none, *given], path, STRICT_LABEL if strict else OPTION_LONGEST)


@routes.on("PATCH", "/settings/fields", SETTINGS + "fields.UPDATE")
def change_fields(call: Call) -> Answer:
    """Up to five fields, ids inside."""
    must_customize(call)
    module = call.asked_module()

    def change(order: Order, path: str) -> Element:
        field = call.world.field_by_id(module, str(order.get("id")))
        if field is None:
            raise bad({"api_name": "id", "json_path": f"{path}.id"}, "the id given seems to be invalid")
        return _change_field(call, module, field, order, path)

    return batch_answer(call, each(call.listed("fields", FIELDS_A_CALL), "fields", change), 200, "fields")


@routes.on("PATCH", "/settings/fields/{id}", SETTINGS + "fields.UPDATE")
def change_field(call: Call) -> Answer:
    """One field."""
    must_customize(call)
    module = call.asked_module()
    field = asked_field(call, module)
    orders = call.listed("fields", 1)
    changed = each(orders, "fields", lambda order, path: _change_field(call, module, field, order, path))
    return batch_answer(call, changed, 200, "fields")


def _change_field(call: Call, module: Module, field: Field, order: Order, path: str) -> Element:
    """Label, length, options, uniqueness, tooltip. The type stays."""
    if order.get("data_type") not in (None, field.data_type):
        details = {"api_name": "data_type", "json_path": f"{path}.data_type"}
        raise bad(details, "the conversion is not supported", "NOT_ALLOWED")
    label = order.get("field_label")
    if label and label.lower() != field.label.lower():
        _check_label(call, module, str(label), path)
    length = _length(order, field.data_type, path) if order.get("length") else field.length
    options = order.get("pick_list_values")
    if options:
        field.options = _merged(call, field, options, path)
    if "unique" in order:
        _change_unique(call, module, field, order["unique"], path)
    field.label, field.length = label or field.label, length
    field.tooltip = order.get("tooltip", field.tooltip)
    module.index(field)
    return success("field updated", {"id": field.id})


def _merged(call: Call, field: Field, given: list[Any], path: str) -> list[Option]:
    """Old values stay; those with an id are renamed, the others are added."""
    if field.data_type not in ("picklist", "multiselectpicklist"):
        raise bad({"api_name": "pick_list_values", "json_path": f"{path}.pick_list_values"}, code="NOT_ALLOWED")
    by_id = {option.id: option for option in field.options}
    fresh = [value for value in given if isinstance(value, dict) and value.get("id") not in by_id]
    added = new_options(call, fresh, path)
    for option in added:
        if any(option.actual == old.actual or option.display == old.display for old in field.options):
            raise bad({"api_name": "pick_list_values", "json_path": path}, "duplicate data", "DUPLICATE_DATA")
    for value in given:
        if isinstance(value, dict) and value.get("id") in by_id:
            by_id[value["id"]].display = value.get("display_value") or by_id[value["id"]].display
    return [*field.options, *added]


def _change_unique(call: Call, module: Module, field: Field, wanted: Any, path: str) -> None:
    if not isinstance(wanted, dict) or "_delete" in wanted:
        field.unique = None
        return
    if field.unique is None:
        refuse_third_unique(call, module)
    try:
        module.table.make_unique(field.api_name, field.fold)
    except Clash as clash:
        raise bad(
            {"api_name": "unique", "id": clash.id, "json_path": f"{path}.unique"}, code="DUPLICATE_DATA"
        ) from clash
    field.unique = {"case_sensitive": bool(wanted.get("case_sensitive"))}


@routes.on("DELETE", "/settings/fields/{id}", SETTINGS + "fields.DELETE")
def delete_field(call: Call) -> Answer:
    """A custom field with all its data."""
    must_customize(call)
    module = call.asked_module()
    field = asked_field(call, module)
    if not field.custom:
        raise Refused(400, "NOT_ALLOWED", "system fields cannot be deleted", {"resource_path_index": 2})
    module.drop_field(field)
    return Answer(200, {"fields": [success("field deleted", {"id": field.id})]})

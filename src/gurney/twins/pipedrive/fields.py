"""Fields and their options in v2 (FACTS 5)."""

from __future__ import annotations

from functools import partial
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.checks import read_object
from gurney.twins.pipedrive.paging import PAGE, cut_through, listed
from gurney.twins.pipedrive.refusals import BAD, Wrong, capped, coded, not_found
from gurney.twins.pipedrive.schema import SUBFIELDS, WITH_OPTIONS, WRITABLE_TYPES, Field, Option, Schema, gone

routes = Routes()
NAMES = {
    "personFields": "persons", "organizationFields": "organizations", "dealFields": "deals",
    "productFields": "products", "activityFields": "activities",
}  # fmt: skip
LABEL_MOST = 255
OPTIONS_MOST = 10_000
FULL = "Custom fields limit reached."
FULL_CODE = "feature_capping_custom_fields_limit"
READ_ONLY = ("id", "add_time", "update_time", "picture_id", "creator_user_id", "marked_as_done_time")
VISIBILITY = {"add_visible_flag": False, "details_visible_flag": True}
EXTRAS: dict[str, dict[str, Any]] = {
    "personFields": {
        "ui_visibility": {**VISIBILITY, "show_in_add_deal_dialog": {"show": False, "order": None}},
        "important_fields": {"enabled": False, "stage_ids": []},
        "required_fields": {"enabled": False},
    },
    "organizationFields": {
        "ui_visibility": {
            **VISIBILITY, "show_in_add_deal_dialog": {"show": False, "order": None},
            "show_in_add_person_dialog": {"show": False, "order": None},
        },
        "important_fields": {"enabled": False, "stage_ids": []},
        "required_fields": {"enabled": False},
    },
    "dealFields": {
        "ui_visibility": {
            **VISIBILITY, "projects_detail_visible_flag": False,
            "show_in_pipelines": {"show_in_all": True, "pipeline_ids": []},
        },
        "important_fields": {"enabled": False, "stage_ids": []},
        "required_fields": {"enabled": False, "stage_ids": [], "statuses": {}},
    },
    "productFields": {"ui_visibility": VISIBILITY},
    "activityFields": {"ui_visibility": VISIBILITY},
}  # fmt: skip


def _label(call: Call, value: Any) -> str:
    if len(checks.filled(call, value)) > LABEL_MOST:
        raise Wrong(f"must be at most {LABEL_MOST} characters long")
    return str(value)


def _extra(name: str, key: str) -> checks.Check:
    """An object of settings: known keys only, whatever is under them."""

    def check(call: Call, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise checks.expected("object")
        for inner in value:
            if inner not in EXTRAS[name][key]:
                raise Wrong(f"Parameter '{inner}' is not allowed for this request", inner)
        return {**EXTRAS[name][key], **value}

    return check


def _keys(name: str) -> dict[str, checks.Check]:
    keys: dict[str, checks.Check] = {"field_name": _label}
    keys |= {key: _extra(name, key) for key in EXTRAS[name]}
    if name == "dealFields":
        keys["description"] = checks.or_null(checks.text)
    return keys


_option = checks.shaped({"label": _label}, required=["label"])
_known_option = checks.shaped({"id": checks.integer}, required=["id"])
_changed_option = checks.shaped({"id": checks.integer, "label": _label}, required=["id", "label"])


def schema_of(call: Call, name: str) -> Schema:
    return call.world.schemas[NAMES[name]]


def shown_option(option: Option) -> dict[str, Any]:
    """An option of a field."""
    return {
        "id": option.id, "label": option.label, "color": None, "add_time": option.add_time,
        "update_time": option.update_time,
    }  # fmt: skip


def shown_field(call: Call, name: str, field: Field, includes: list[str]) -> dict[str, Any]:
    """A field as v2 shows it."""
    options = None if field.options is None else [shown_option(option) for option in field.options]
    if (name, field.code) == ("activityFields", "type"):
        types = call.world.activity_types.values()
        options = [{"id": t["key_string"], "label": t["name"]} for t in types if t["active_flag"]]
    subfields = None
    if field.custom and field.type in SUBFIELDS:
        subfields = [
            {"field_code": f"{field.code}_{code}", "field_name": f"{title} of {field.name}", "field_type": kind}
            for code, title, kind in SUBFIELDS[field.type]
        ]
    shown: dict[str, Any] = {
        "field_name": field.name, "field_code": field.code, "field_type": field.type, "options": options,
        "subfields": subfields, "is_custom_field": field.custom, "is_optional_response_field": field.optional,
    }  # fmt: skip
    shown["description"] = field.extras.get("description") or ("" if name == "dealFields" else None)
    if call.world.switches["is_writable"] == "shown":
        shown["is_writable"] = field.custom or field.code not in READ_ONLY
    return shown | {key: field.extras.get(key, EXTRAS[name][key]) for key in includes}


def _includes(call: Call, name: str) -> list[str]:
    wanted = call.words("include_fields")
    for key in wanted:
        if key not in EXTRAS[name]:
            raise Wrong(f"'{key}' is not a field that can be included", "include_fields")
    return wanted


def found_field(call: Call, name: str) -> Field:
    """The field of the route. Raises Refused: 410 when it was deleted, 404 when it never was."""
    schema, code = schema_of(call, name), call.param("field_code")
    if code in schema.gone:
        raise gone()
    field = schema.get(code)
    if field is None:
        raise not_found("Field", call.version)
    return field


def _own(call: Call, name: str) -> Field:
    """A custom field; standard ones do not change. Raises Refused."""
    field = found_field(call, name)
    if not field.custom:
        raise coded(400, "Only custom fields can be changed", BAD)
    return field


def list_fields(call: Call, name: str) -> Answer:
    """All fields, paged."""
    call.only(("include_fields", *PAGE))
    includes = _includes(call, name)
    page, cursor = cut_through(call, list(schema_of(call, name)))
    return listed([shown_field(call, name, field, includes) for field in page], cursor)


def get_field(call: Call, name: str) -> Answer:
    """One field."""
    call.only(("include_fields",))
    return ok(shown_field(call, name, found_field(call, name), _includes(call, name)))


def add_field(call: Call, name: str) -> Answer:
    """A custom field with a key of its own, as long as the plan has room."""
    call.only(())
    keys = {**_keys(name), "field_type": checks.one_of(WRITABLE_TYPES), "options": checks.listed(_option)}
    values = read_object(call, call.body(), keys, ("field_name", "field_type"))
    with_options = values["field_type"] in WITH_OPTIONS
    if with_options and not values.get("options"):
        raise Wrong("is required for enum and set fields", "options")
    if "options" in values and not with_options:
        raise Wrong("is only for enum and set fields", "options")
    field = create_field(call, name, values)
    return ok(shown_field(call, name, field, list(EXTRAS[name])))


def create_field(call: Call, name: str, values: dict[str, Any]) -> Field:
    """Store a custom field. Raises Refused when the plan has no room, Wrong when names may not repeat."""
    world, schema = call.world, schema_of(call, name)
    if sum(len(one.custom) for one in world.schemas.values()) >= world.plan.custom_fields:
        raise capped(FULL, FULL_CODE)
    if world.switches["duplicate_fields"] == "refuse" and any(f.name == values["field_name"] for f in schema):
        raise Wrong("A field with this name exists already", "field_name")
    extras = {key: value for key, value in values.items() if key in EXTRAS[name] or key == "description"}
    field = Field(
        world.next("field"), world.secret(), values["field_name"], values["field_type"], custom=True, extras=extras,
        add_time=world.now(),
    )  # fmt: skip
    if "options" in values:
        field.options = _new_options(call, values["options"])
    schema.custom[field.code] = field
    return field


def _new_options(call: Call, given: list[dict[str, Any]]) -> list[Option]:
    if len(given) > OPTIONS_MOST:
        raise Wrong(f"must contain at most {OPTIONS_MOST} items", "options")
    return [Option(call.world.next("option"), one["label"], call.world.now()) for one in given]


def change_field(call: Call, name: str) -> Answer:
    """Name and settings; never key or type."""
    call.only(())
    field = _own(call, name)
    values = read_object(call, call.body(), _keys(name), ())
    if not values:
        raise coded(400, "At least one field must be provided", BAD)
    field.name = values.pop("field_name", field.name)
    field.extras |= values
    field.update_time = call.world.now()
    return ok(shown_field(call, name, field, list(EXTRAS[name])))


def delete_field(call: Call, name: str) -> Answer:
    """Gone for good, and its values with it."""
    call.only(())
    field = _own(call, name)
    drop_field(schema_of(call, name), field)
    return ok(shown_field(call, name, field, []))


def drop_field(schema: Schema, field: Field) -> None:
    """Take a field out of its object."""
    del schema.custom[field.code]
    schema.gone.add(field.code)


def _options(call: Call, name: str) -> list[Option]:
    """The options of the route's field. Raises Refused when it has none."""
    field = _own(call, name)
    if field.options is None:
        raise coded(400, "The field does not support options", BAD)
    return field.options


def _given(call: Call, check: checks.Check) -> list[dict[str, Any]]:
    call.only(())
    body = call.json()
    given: list[dict[str, Any]] = checks.listed(check)(call, body)
    if not given:
        raise Wrong("must contain at least 1 item")
    return given


def add_options(call: Call, name: str) -> Answer:
    """All or none; answers the new ones only."""
    options = _options(call, name)
    given = _given(call, _option)
    if len(options) + len(given) > OPTIONS_MOST:
        raise Wrong(f"A field can have at most {OPTIONS_MOST} options")
    made = _new_options(call, given)
    options += made
    return ok([{"id": option.id, "label": option.label} for option in made], additional_data=None)


def _all_known(options: list[Option], given: list[dict[str, Any]]) -> list[Option]:
    """The options named; one unknown id fails them all. Raises Refused."""
    by_id = {option.id: option for option in options}
    if any(one["id"] not in by_id for one in given):
        raise coded(400, "Some of the option ids do not exist", BAD)
    return [by_id[one["id"]] for one in given]


def change_options(call: Call, name: str) -> Answer:
    """Other labels; all or none."""
    options = _options(call, name)
    given = _given(call, _changed_option)
    changed = _all_known(options, given)
    for option, one in zip(changed, given, strict=True):
        option.label, option.update_time = one["label"], call.world.now()
    return ok([{"id": option.id, "label": option.label} for option in changed], additional_data=None)


def delete_options(call: Call, name: str) -> Answer:
    """All or none. Records keep the ids (FACTS 13.10)."""
    options = _options(call, name)
    dropped = _all_known(options, _given(call, _known_option))
    options[:] = [option for option in options if option not in dropped]
    return ok([{"id": option.id, "label": option.label} for option in dropped], additional_data=None)


ADD, EDIT, DELETE = "can_add_custom_fields", "can_edit_custom_fields", "can_delete_custom_fields"
for _name in NAMES:
    _path = f"/v2/{_name}"
    routes.on(f"GET {_path}")(partial(list_fields, name=_name))
    routes.on(f"GET {_path}/{{field_code}}")(partial(get_field, name=_name))
    if _name == "activityFields":
        continue
    routes.on(f"POST {_path}", ADD)(partial(add_field, name=_name))
    routes.on(f"PATCH {_path}/{{field_code}}", EDIT)(partial(change_field, name=_name))
    routes.on(f"DELETE {_path}/{{field_code}}", DELETE)(partial(delete_field, name=_name))
    routes.on(f"POST {_path}/{{field_code}}/options", EDIT)(partial(add_options, name=_name))
    routes.on(f"PATCH {_path}/{{field_code}}/options", EDIT)(partial(change_options, name=_name))
    routes.on(f"DELETE {_path}/{{field_code}}/options", EDIT)(partial(delete_options, name=_name))

"""Fields and forms: read by admins; made by API for sure only in custom modules (FACTS 5)."""

from __future__ import annotations

from typing import Any

from gurney.twins.freshsales.call import Call, Endpoint, Routes, ok
from gurney.twins.freshsales.plans import ACTIVITY_FIELDS_OF_A_KIND
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.schema import Field, Schema
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.values import id_in
from gurney.twins.freshsales.world import CHOICES, World
from gurney.twins.kit.wire import Answer

routes = Routes()
OBJECTS = ("contacts", "sales_accounts", "deals", "sales_activities")
GROUP = "basic_information"
TEXT_IDS = ("lifecycle_stage_id", "lost_reason_id")
"""Fields whose choices have numeric texts as ids (FACTS 2)."""


def wire(world: World, field: Field) -> Row:
    """A field with its choices of the moment."""
    return {**field.wire(), "choices": choices(world, field)}


def choices(world: World, field: Field) -> list[Row]:
    """Users, selectors, or what the field itself holds."""
    if field.name in ("owner_id", "creater_id", "updater_id"):
        return [
            {"id": user["id"], "value": user["display_name"], "position": at, "is_active": user["is_active"]}
            for at, user in enumerate(world.people.users.values(), 1)
        ]
    if field.custom or field.name not in CHOICES:
        return field.choices
    rows = world.catalogue[CHOICES[field.name]]
    if field.name == "sales_activity_type_id":
        rows = [row for row in rows if not row["is_default"]]
    return [_choice(field.name, at, row) for at, row in enumerate(rows, 1)]


def _choice(name: str, position: int, row: Row) -> Row:
    shown = {
        "id": str(row["id"]) if name in TEXT_IDS else row["id"], "value": row.get("name") or row.get("currency_code"),
        "position": position,
    }  # fmt: skip
    return shown | {key: row[key] for key in ("forecast_type", "deal_pipeline_id", "choice_type") if key in row}


def _listed(name: str) -> Endpoint:
    def listed(call: Call) -> Answer:
        _may_read(call)
        schema = call.world.schemas[name]
        rows = [wire(call.world, field) for field in schema.fields.values()]
        if "field_group" in call.words("include"):
            rows = [{**row, "field_group": GROUP} for row in rows]
        return ok({"fields": rows})

    return listed


for _name in OBJECTS:
    routes.each("GET", f"/settings/{_name}/fields", _listed(_name))


def _may_read(call: Call) -> None:
    """Whether users read settings (switch settings_readers). Raises Refused."""
    if call.switch("settings_readers") == "admins":
        call.need_admin()


def _schema(call: Call) -> Schema:
    schema = call.world.schemas.get(call.param("entity_type"))
    if schema is None:
        raise call.missing()
    return schema


@routes.on("GET /settings/{entity_type}/forms")
def forms(call: Call) -> Answer:
    """The one form of an object, with a group that holds its fields."""
    _may_read(call)
    schema, name = _schema(call), call.param("entity_type")
    id = call.world.forms[name]
    fields = [{**one.form_wire(id), "choices": _active(call.world, one)} for one in schema.fields.values()]
    group = {"id": str(id), "name": GROUP, "label": "Basic information", "type": "section", "fields": fields}
    form = {"id": id, "name": f"{name}_form", "form_class": schema.model, "fields": [group]}
    return ok({"forms": [form]})


def _active(world: World, field: Field) -> list[Row]:
    return [{"id": row["id"], "value": row["value"], "is_active": row.get("is_active", True)}
            for row in choices(world, field)]  # fmt: skip


@routes.on("POST /settings/{entity_type}/forms/{form_id}/fields")
def create(call: Call) -> Answer:
    """A field of one's own; for standard objects perhaps (switch standard_fields)."""
    call.need_admin()
    _schema(call)
    name, body = call.param("entity_type"), call.body()
    if call.world.forms[name] != call.id("form_id"):
        raise call.missing()
    if name not in call.world.modules and call.switch("standard_fields") == "refuse":
        raise call.no_right()
    field = make(call.world, name, str(body.get("label") or ""), _type(call, body.get("field_type")),
                 _labels(body.get("choices")), required=body.get("required") is True)  # fmt: skip
    return call.created({"field": field.form_wire(call.world.forms[name])})


def _type(call: Call, code: Any) -> str:
    """Codes are numbers that nobody has written down (switch field_codes: names in order). Raises Refused."""
    names = call.switch("field_codes").split(",")
    if isinstance(code, bool) or not 1 <= id_in(code) <= len(names):
        raise invalid(["Field type is invalid"])
    return names[id_in(code) - 1]


def _labels(given: Any) -> list[str]:
    """Choices as texts or as objects with a value: nobody says which. Raises Refused."""
    rows = given if isinstance(given, list) else []
    labels = [one.get("value") if isinstance(one, dict) else one for one in rows]
    if not all(isinstance(one, str) and one for one in labels):
        raise invalid(["Choices are invalid"])
    return [str(one) for one in labels]


def make(
    world: World, name: str, label: str, type: str, labels: list[str], *, required: bool = False, unique: bool = False
) -> Field:
    """A field of one's own, by whatever way. Raises Refused."""
    of_a_kind = ACTIVITY_FIELDS_OF_A_KIND if name == "sales_activities" else None
    ids = [world.next("option") for _ in labels]
    field = world.schemas[name].create(
        world.next("field"), label, type, choices=labels, choice_ids=ids, required=required, unique=unique,
        of_a_kind=of_a_kind,
    )  # fmt: skip
    if unique:
        key = field.name
        world.shelves[name].add_key(key, lambda row: (str(row[key]).strip().casefold(),) if key in row else ())
    return field


def drop(world: World, name: str, field: Field) -> None:
    """Take a field out, with its values."""
    del world.schemas[name].fields[field.name]
    world.shelves[name].forget(field.name)

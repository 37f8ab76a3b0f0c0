"""Activity types: the only thing about activities that can be made (v1; FACTS 0.2, 3.5)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.refusals import no_right, not_found, plain
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.standard import ICONS, activity_type
from gurney.twins.pipedrive.times import plain_of

routes = Routes()
WHITE = "FFFFFF"
COLOUR_DIGITS = 6


def shown(row: Row) -> dict[str, Any]:
    """A type as the vendor shows one."""
    return {**row, "add_time": plain_of(row["add_time"]), "update_time": plain_of(row["update_time"])}


def _admins_only(call: Call) -> None:
    if not call.world.company.is_admin(call.user):
        raise no_right()


def _found(call: Call) -> Row:
    row = call.world.activity_types.get(call.id())
    if row is None:
        raise not_found("Activity type", call.version)
    return row


def _values(call: Call, needed: tuple[str, ...]) -> dict[str, Any]:
    """Name, icon and colour. Raises Refused."""
    body = call.body()
    for name in needed:
        if not body.get(name):
            raise plain(400, f"{name} is required")
    if "name" in body and (not isinstance(body["name"], str) or not body["name"].strip()):
        raise plain(400, "name must be a text")
    if "icon_key" in body and body["icon_key"] not in ICONS:
        raise plain(400, "icon_key is invalid")
    colour = body.get("color") or WHITE
    if not isinstance(colour, str) or len(colour) != COLOUR_DIGITS or set(colour.upper()) - set("0123456789ABCDEF"):
        raise plain(400, "color is invalid")
    return {name: body[name] for name in ("name", "icon_key", "color", "order_nr") if body.get(name) is not None}


def _free_key(call: Call, key: str) -> str:
    """The key generated from the name; a clash is a switch (duplicate_types)."""
    taken = {row["key_string"] for row in call.world.activity_types.values()}
    if key not in taken:
        return key
    if call.world.switches["duplicate_types"] == "refuse":
        raise plain(400, "Activity type with this name already exists")
    number = 2
    while f"{key}_{number}" in taken:
        number += 1
    return f"{key}_{number}"


@routes.on("GET /v1/activityTypes")
def list_types(call: Call) -> Answer:
    """All at once, the inactive among them."""
    return ok([shown(row) for row in call.world.activity_types.values()])


@routes.on("POST /v1/activityTypes")
def add_type(call: Call) -> Answer:
    """One; its key comes from its name and never changes."""
    _admins_only(call)
    values, world = _values(call, ("name", "icon_key")), call.world
    most = int(world.switches["types_most"])
    if most and sum(row["active_flag"] for row in world.activity_types.values()) >= most:
        raise plain(403, "Activity types limit reached.")
    made = activity_type(0, len(world.activity_types) + 1, values["name"], values["icon_key"], world.now())
    made |= {"key_string": _free_key(call, made["key_string"]), "is_custom_flag": True, **values}
    made["color"] = values.get("color", WHITE)
    made["id"] = world.next("activityTypes")
    world.activity_types[made["id"]] = made
    return ok(shown(made))


@routes.on("PUT /v1/activityTypes/{id}")
def change_type(call: Call) -> Answer:
    """Name, icon, colour, order."""
    _admins_only(call)
    row = _found(call)
    row |= {**_values(call, ()), "update_time": call.world.now()}
    return ok(shown(row))


@routes.on("DELETE /v1/activityTypes/{id}")
def delete_type(call: Call) -> Answer:
    """Marked inactive, no more."""
    _admins_only(call)
    row = _found(call)
    row |= {"active_flag": False, "update_time": call.world.now()}
    return ok(shown(row))

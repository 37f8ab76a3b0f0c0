"""Records as the vendor shows them: lookups with names, moments in the user's zone, rich text cut (FACTS 3, 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gurney.twins.kit.tables import Row
from gurney.twins.zoho.call import Call
from gurney.twins.zoho.schema import LISTED_EMPTY, Field, Module
from gurney.twins.zoho.times import shown
from gurney.twins.zoho.world import World, person_name

CUT = 500
Show = Callable[[Row], Any]


def shows(
    call: Call, module: Module, names: Iterable[str] | None, *, whole: bool = False, single: bool = False
) -> list[tuple[str, Show]]:
    """How each asked field is shown; unknown names are left out, `id` is always there.

    `whole` leaves rich text uncut, `single` fills subforms and multi-select lookups.
    """
    wanted = module.fields if names is None else dict.fromkeys(["id", *names])
    shown_fields: list[tuple[str, Show]] = []
    for name in wanted:
        if name in module.fields:
            shown_fields.append((name, show_for(call, module, module.fields[name], whole=whole, single=single)))
        elif name == "$se_module":
            shown_fields.append((name, lambda row: row.get("$se_module")))
    return shown_fields


def rendered(row: Row, fields: list[tuple[str, Show]]) -> dict[str, Any]:
    """One record."""
    return {name: show(row) for name, show in fields}


def show_for(call: Call, module: Module, field: Field, *, whole: bool = False, single: bool = False) -> Show:
    """How one field is shown."""
    name, world = field.api_name, call.world
    if field.hipaa and world.health_mode == "restricted":
        return lambda row: None
    if name == "Full_Name":
        return person_name
    if field.data_type in LISTED_EMPTY and not single:
        return lambda row: None
    match field.data_type:
        case "datetime":
            return _moment(name, call)
        case "lookup":
            return _lookup(name, world, field)
        case "multi_module_lookup":
            return _multi_module(name, world, names_module=module.api_name == "Notes")
        case "ownerlookup" | "userlookup":
            return lambda row: world.owner_shown(row[name]) if row.get(name) else None
        case "boolean":
            return lambda row: row.get(name) or False
        case "multiselectpicklist" | "tags":
            return lambda row: row.get(name) or []
        case "layout":
            return lambda row: {"name": "Standard", "id": module.layout_id}
        case "textarea" if field.text_kind == "rich_text" and not whole:
            return lambda row: row[name][:CUT] if row.get(name) else None
    if name == "Record_Status__s":
        return lambda row: "Available"
    return lambda row: row.get(name)


def _moment(name: str, call: Call) -> Show:
    zone = call.zone
    return lambda row: shown(row[name], zone) if row.get(name) is not None else None


def _lookup(name: str, world: World, field: Field) -> Show:
    target = world.modules.get(field.lookup or "")

    def show(row: Row) -> Any:
        id = row.get(name)
        found = target.table.get(id) if id and target else None
        return {"name": world.name_of(target, found), "id": id} if found and target else None

    return show


def _multi_module(name: str, world: World, *, names_module: bool) -> Show:
    """A note names its parent's module (FACTS 15); files and activities have it in `$se_module` alone."""

    def show(row: Row) -> Any:
        id = row.get(name)
        target = world.modules.get(row.get("$se_module") or "")
        found = target.table.get(id) if id and target else None
        if not found or not target:
            return None
        shown_lookup: dict[str, Any] = {"name": world.name_of(target, found), "id": id}
        if names_module:
            shown_lookup["module"] = {"api_name": target.api_name, "id": target.id}
        return shown_lookup

    return show


def extras(row: Row, world: World) -> dict[str, Any]:
    """What a GET by id without `fields` tells beyond the fields."""
    more: dict[str, Any] = {
        "$approved": True,
        "$approval_state": "approved",
        "$currency_symbol": "$",
        "$editable": True,
        "$locked_for_me": False,
        "$in_merge": False,
    }
    if "$se_module" in row:
        more["$se_module"] = row["$se_module"]
    return more

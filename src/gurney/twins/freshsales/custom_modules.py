"""Custom modules: Enterprise only, records one by one, no bulk upsert (FACTS 3, 5)."""

from __future__ import annotations

from dataclasses import dataclass

from gurney.twins.freshsales import jobs
from gurney.twins.freshsales.call import Call, Routes, ok
from gurney.twins.freshsales.entities import Entity, forget, remove, save
from gurney.twins.freshsales.plans import MODULE_FIELDS_MOST, MODULE_UNIQUE_MOST
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.schema import Field, Schema
from gurney.twins.freshsales.shelf import DELETED, Row, Shelf
from gurney.twins.freshsales.showing import custom_values
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer

routes = Routes()
DEFAULTS = {
    "name": ("Name", "text"), "owner_id": ("Owner", "dropdown"), "created_at": ("Created at", "date"),
    "creater_id": ("Created by", "dropdown"), "updated_at": ("Updated at", "date"),
    "updater_id": ("Updated by", "dropdown"),
}  # fmt: skip
WORDS = ("entity_name", "singular_name", "plural_name", "icon")


@dataclass
class Module:
    """A module of one's own: its row in the settings, and its kind of records."""

    row: Row
    entity: Entity


def _shown(world: World, name: str, row: Row) -> Row:
    return {
        "id": row["id"], "name": row["name"], "owner_id": row.get("owner_id"), "creater_id": row["creater_id"],
        "updater_id": row["updater_id"], "created_at": world.shown(row["created_at"]),
        "updated_at": world.shown(row["updated_at"]), "is_deleted": DELETED in row,
        "custom_field": custom_values(world, name, row),
    }  # fmt: skip


def make(world: World, given: Row) -> Module:
    """A module with its six fields. Raises Refused."""
    problems = [f"{word.replace('_', ' ').capitalize()} can't be blank" for word in WORDS if not given.get(word)]
    name = str(given.get("entity_name"))
    if name in world.modules or name in world.schemas:
        problems.append("Entity name has already been taken")
    if problems:
        raise invalid(problems)
    schema = Schema(name, MODULE_FIELDS_MOST - len(DEFAULTS), MODULE_UNIQUE_MOST)
    for at, (field, (label, type)) in enumerate(DEFAULTS.items(), 1):
        writable = field in ("name", "owner_id")
        schema.add(
            Field(world.next("field"), field, label, type, at, name, required=field == "name", writable=writable)
        )
    world.schemas[name] = schema
    world.shelves[name] = Shelf({"name": lambda row: (row["name"].casefold(),)})
    world.forms[name] = world.next("form")
    entity = Entity(
        name, name, {}, lambda draft: None, lambda world, row: (), lambda world, row: _shown(world, name, row)
    )
    world.modules[name] = Module(_row(world, given), entity)
    return world.modules[name]


def _row(world: World, given: Row) -> Row:
    now, name = world.shown(world.now()), given["entity_name"]
    return {
        "id": world.next("module"), "entity_name": name, "singular_name": given["singular_name"],
        "plural_name": given["plural_name"], "icon": given["icon"], "description": given.get("description"),
        "show_in_navigation_menu": given.get("show_in_navigation_menu", True), "custom": True, "status": 1,
        "position": len(world.modules) + 1, "table_name": f"custom_{name}", "coll_id": name,
        "resource_path_for_navigation": f"/custom_module/{name}", "renaming_customizations": {},
        "layout_customizations": {"lookup_sections": [], "section_config": []},
        "configs": {"filters_v2_enabled": True}, "created_at": now, "updated_at": now,
    }  # fmt: skip


# The modules themselves


def _gate(call: Call) -> None:
    call.need_admin()
    if not call.world.plan.custom_modules:
        raise call.no_right()


def _module(call: Call) -> Module:
    _gate(call)
    found = next((one for one in call.world.modules.values() if one.row["id"] == call.id()), None)
    if found is None:
        raise call.missing()
    return found


@routes.on("POST /settings/module_customizations")
def create_module(call: Call) -> Answer:
    _gate(call)
    return call.created({"module_customization": make(call.world, call.attributes("module_customization")).row})


@routes.on("GET /settings/module_customizations")
def modules(call: Call) -> Answer:
    _gate(call)
    return ok({"module_customizations": [one.row for one in call.world.modules.values()], "meta": {}})


@routes.on("GET /settings/module_customizations/{id}")
def read_module(call: Call) -> Answer:
    return ok({"module_customization": _module(call).row})


@routes.on("PUT /settings/module_customizations/{id}")
def update_module(call: Call) -> Answer:
    row = _module(call).row
    given = call.attributes("module_customization")
    for name in ("singular_name", "plural_name", "description", "show_in_navigation_menu"):
        row[name] = given.get(name, row[name])
    row["updated_at"] = call.world.shown(call.world.now())
    return ok({"module_customization": row})


@routes.on("DELETE /settings/module_customizations/{id}")
def delete_module(call: Call) -> Answer:
    """The module with its fields and records (FACTS 8)."""
    name = _module(call).entity.name
    for kept in (call.world.modules, call.world.schemas, call.world.shelves, call.world.forms):
        kept.pop(name)
    return ok(True)


# Their records


def entity_of(call: Call, name: str) -> Entity:
    """The kind of records of a module. Raises Refused."""
    if name not in call.world.modules:
        raise call.missing()
    return call.world.modules[name].entity


def _entity(call: Call) -> Entity:
    if not call.world.plan.custom_modules:
        raise call.no_right()
    return entity_of(call, call.param("entity_name"))


def _found(call: Call, *, binned: bool = False) -> tuple[Entity, Row]:
    entity = _entity(call)
    row = entity.shelf(call.world).rows.get(call.id())
    if row is None or not call.world.people.sees(call.user, row) or (DELETED in row and not binned):
        raise call.missing()
    return entity, row


def _attributes(call: Call, entity: Entity) -> Row:
    """Under the module's name or bare: nobody says which."""
    inner = call.body().get(entity.root)
    return inner if isinstance(inner, dict) else call.body()


@routes.on("POST /custom_module/{entity_name}")
def create(call: Call) -> Answer:
    entity = _entity(call)
    row = save(call.world, call.user, entity, None, _attributes(call, entity))
    return call.created({entity.root: entity.show(call.world, row), "meta": None})


@routes.on("GET /custom_module/{entity_name}/{id}")
def read(call: Call) -> Answer:
    entity, row = _found(call)
    return ok({entity.root: entity.show(call.world, row), "meta": None})


@routes.on("PUT /custom_module/{entity_name}/{id}")
def update(call: Call) -> Answer:
    entity, row = _found(call)
    row = save(call.world, call.user, entity, row, _attributes(call, entity))
    return ok({entity.root: entity.show(call.world, row), "meta": None})


@routes.on("POST /custom_module/{entity_name}/{id}/clone")
def clone(call: Call) -> Answer:
    entity, row = _found(call)
    own = {field.name: row[field.name] for field in entity.schema(call.world).custom if field.name in row}
    values = {"name": row["name"], "custom_field": own, **_attributes(call, entity)}
    return call.created({entity.root: entity.show(call.world, save(call.world, call.user, entity, None, values))})


@routes.on("DELETE /custom_module/{entity_name}/{id}")
def delete(call: Call) -> Answer:
    entity, row = _found(call)
    remove(call.world, entity, row)
    return ok(True)


@routes.on("DELETE /custom_module/{entity_name}/{id}/forget")
def erase(call: Call) -> Answer:
    entity, row = _found(call, binned=call.switch("forget_binned") == "yes")
    forget(call.world, entity, row)
    return ok(True)


@routes.on("POST /custom_module/{entity_name}/bulk_destroy")
def destroy(call: Call) -> Answer:
    """Later, as for other records."""
    entity, world = _entity(call), call.world

    def removing(id: int) -> jobs.Item:
        def do() -> int:
            row = world.find(entity.name, id, call.user)
            if row is None:
                raise invalid(["Id is invalid"])
            remove(world, entity, row)
            return id

        return do

    ids = call.ids("selected_ids", int(call.switch("destroy_batch")))
    jobs.add(world, f"bulk_destroy_{entity.name}", [removing(id) for id in ids], {})
    return ok({"message": "Updating now... we'll let you know once this is done."})

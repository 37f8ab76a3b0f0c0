"""What persons, organizations, deals, products and activities have in common, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gurney.twins.pipedrive.call import Call
from gurney.twins.pipedrive.checks import Check, read_object
from gurney.twins.pipedrive.refusals import GONE, NO_RIGHT, coded, no_right, not_found
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.world import World

API = "api"


@dataclass(frozen=True)
class Entity:
    """One object of v2."""

    name: str
    """As in its path."""
    what: str
    """As in its errors."""
    writable: Callable[[World], Mapping[str, Check]]
    """Keys of a write, those that only a creation takes among them."""
    empty: Callable[[World], Row]
    """Every key of an answer, in order, with what it holds when nothing is set."""
    finish: Callable[[Call, Row, Row | None], Row]
    """What follows from the values of a write, given the row before (None: it is new)."""
    required: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()
    relations: Mapping[str, str] = field(default_factory=dict)
    """List parameters to columns."""
    sorts: tuple[str, ...] = ("id", "update_time", "add_time")
    params: tuple[str, ...] = ()
    """More list parameters."""
    get_params: tuple[str, ...] = ()
    custom: bool = True
    includes: tuple[str, ...] = ()
    created: int = 200
    starts_updated: bool = False
    """Whether `update_time` is there from the beginning (FACTS 7)."""
    single: Mapping[str, Any] = field(default_factory=dict)
    """More keys of an answer about one record."""

    def checks(self, world: World, *, creating: bool) -> dict[str, Check]:
        """The keys that a write may have."""
        known = world.checks.get((self.name, creating))
        if known is None:
            known = dict(self.writable(world))
            if not creating:
                for name in self.only_new:
                    known.pop(name, None)
            world.checks[self.name, creating] = known
        return known

    def shown(self, world: World, row: Row) -> dict[str, Any]:
        """A record as an answer has it, with every key."""
        shown = {**self.empty(world), **row}
        if self.custom:
            shown["custom_fields"] = world.schemas[self.name].shown(row.get("custom_fields"))
        return shown


# Writing


def create(call: Call, entity: Entity, body: Mapping[str, Any]) -> Row:
    """Add a record. Raises Wrong or Refused; nothing is stored then."""
    world = call.world
    values = read_object(call, body, entity.checks(world, creating=True), entity.required)
    _may_hide(call, values)
    row: Row = {"id": 0, "owner_id": call.user_id, "add_time": world.now()}
    row |= entity.finish(call, values, None)
    if entity.starts_updated:
        row["update_time"] = row["add_time"]
    row["id"] = world.next(entity.name)
    if entity.name == "activities":
        world.linked(row)
    return world.bear(entity.name, _sparse(row))


def change(call: Call, entity: Entity, row: Row, body: Mapping[str, Any], source: str = API) -> Row:
    """Change a record. Raises Wrong or Refused; nothing is changed then."""
    world = call.world
    values = read_object(call, body, entity.checks(world, creating=False), ())
    _may_hide(call, values)
    if "custom_fields" in values:
        kept = (row.get("custom_fields") or {}) if world.switches["patch_custom"] == "keep" else {}
        merged = {**kept, **values["custom_fields"]}
        values["custom_fields"] = {code: value for code, value in merged.items() if value is not None}
    values = entity.finish(call, values, row)
    before = dict(row)
    world.alter(entity.name, row["id"], {**values, "update_time": world.now()})
    world.history.log(entity.name, row["id"], before, row, call.user_id, row["update_time"], source)
    return row


def _may_hide(call: Call, values: Row) -> None:
    if "visible_to" in values and not call.world.company.may(call.user, "can_change_visibility_of_items"):
        raise no_right()


def _sparse(row: Row) -> Row:
    """Without nulls, in the custom fields too."""
    custom = row.get("custom_fields")
    if custom is not None:
        row["custom_fields"] = {code: value for code, value in custom.items() if value is not None}
    return {key: value for key, value in row.items() if value is not None and value != {}}


def remove(call: Call, entity: Entity, row: Row) -> None:
    """Set a record aside; what hangs on a person is a switch (cascade)."""
    call.world.bury(entity.name, row["id"])
    row["update_time"] = call.world.now()
    if entity.name == "persons":
        _cascade(call.world, row["id"])


def _cascade(world: World, person: int) -> None:
    mode = world.switches["cascade"]
    if mode == "keep":
        return
    for name in ("activities", "notes", "files"):
        for id in world.shelves[name].where("person_id", person):
            if mode == "delete":
                world.bury(name, id)
            else:
                world.alter(name, id, {"person_id": None, "participants": None})


# Finding


def found(call: Call, entity: Entity, id: int) -> Row:
    """The live record, if the caller may see it. Raises Refused."""
    row = call.world.shelves[entity.name].get(id)
    if row is None:
        raise gone(call, entity.what, deleted=id in call.world.shelves[entity.name].deleted)
    if not call.world.sees(call.user, row):
        hidden = call.world.switches["hidden_record"]
        raise not_found(entity.what, call.version) if hidden == "404" else coded(403, NO_RIGHT, "ERR_FORBIDDEN")
    return row


def gone(call: Call, what: str, *, deleted: bool) -> Exception:
    """What is said of a record that is not there, or not any more (switch deleted_record)."""
    if deleted and call.world.switches["deleted_record"] == "410":
        return coded(410, f"{what} has been deleted", GONE)
    return not_found(what, call.version)

"""Contacts, accounts, deals and records of custom modules: saved, matched, deleted by one set of rules."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from gurney.twins.freshsales.drafts import Draft, Special, fill
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.schema import Schema
from gurney.twins.freshsales.shelf import DELETED, Row, Shelf
from gurney.twins.freshsales.world import CONTENT, MODELS, World

Match = tuple[str, str, Iterable[Hashable]]
"""An index, what messages call it, and the keys that a record has in it."""


@dataclass(frozen=True)
class Entity:
    """One kind of record."""

    name: str
    root: str
    special: Special
    settle: Callable[[Draft], None]
    """What has to be true of the record as a whole."""
    uniques: Callable[[World, Row], Iterable[Match]]
    show: Callable[[World, Row], Row]
    matches: tuple[str, ...] = ()
    """What an upsert may find a record by, besides unique fields of one's own."""

    def schema(self, world: World) -> Schema:
        return world.schemas[self.name]

    def shelf(self, world: World) -> Shelf:
        return world.shelves[self.name]


def save(world: World, user: Row, entity: Entity, old: Row | None, attributes: Row) -> Row:
    """A new record, or a new version of one. Raises Refused with every problem."""
    schema = entity.schema(world)
    draft = Draft(world, user, old)
    fill(draft, schema, entity.special, attributes)
    if draft.is_new and "owner_id" not in attributes and world.switches["default_owner"] == "creator":
        draft.values["owner_id"] = user["id"]
    draft.need(*(field.name for field in schema.fields.values() if field.required and field.writable))
    entity.settle(draft)
    _check_unique(world, entity, draft)
    row = draft.finish()
    now = world.now()
    if draft.is_new:
        row |= {"id": world.next(entity.name), "created_at": now, "creater_id": user["id"]}
    if row.get("owner_id") != draft.old.get("owner_id"):
        row["last_assigned_at"] = now
    kept = world.put(entity.name, {**row, "updated_at": now, "updater_id": user["id"]})
    return _worked_on(world, entity, kept) if draft.is_new else kept


def _worked_on(world: World, entity: Entity, row: Row) -> Row:
    """Workflows fire on every creation; nothing in a call suppresses them (FACTS 8)."""
    for workflow in world.workflows:
        if workflow["object"] == entity.name:
            row = world.put(entity.name, {**row, **workflow.get("set", {})})
            world.notify("workflow", entity.name, row, workflow=workflow["name"])
    return row


def _check_unique(world: World, entity: Entity, draft: Draft) -> None:
    """What is taken, even by a record in the bin (switch bin_reserves)."""
    row = {**draft.old, **draft.values}
    row = {name: value for name, value in row.items() if value is not None}
    reserves = world.switches["bin_reserves"] == "yes"
    shelf, own = entity.shelf(world), draft.old.get("id")
    for index, label, keys in (*entity.uniques(world, row), *_own_uniques(entity.schema(world), row)):
        for key in keys:
            if any(found["id"] != own for found in shelf.where(index, key, binned=reserves)):
                draft.complain(f"{label} has already been taken")
                break


def _own_uniques(schema: Schema, row: Row) -> Iterable[Match]:
    for field in schema.custom:
        if field.unique and field.name in row:
            yield field.name, field.label, (unique_key(row[field.name]),)


def unique_key(value: Any) -> str:
    """A value as unique fields compare it."""
    return str(value).strip().casefold()


# Upserts


def matched(world: World, user: Row, entity: Entity, by: str, value: Any) -> Row | None:
    """The live record that an identifier names; the oldest, when several do."""
    shelf = entity.shelf(world)
    if by == "id":
        return world.find(entity.name, int(value) if str(value).isdecimal() else -1, user)
    found = shelf.where("primary_email" if by == "emails" else by, unique_key(value))
    return found[0] if found else None


def identifiers(world: World, entity: Entity) -> list[str]:
    """What an upsert may find a record by (switch external_id_key)."""
    own = [field.name for field in entity.schema(world).custom if field.unique]
    known = [*entity.matches, *own]
    if world.switches["external_id_key"] == "no":
        known = [name for name in known if name != "external_id" and name not in own]
    return known


def upsert(world: World, user: Row, entity: Entity, by: str, value: Any, attributes: Row) -> Row:
    """Change the record that the identifier names, or make it with that identifier. Raises Refused."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise invalid([f"The type for {by} is invalid."])
    old = matched(world, user, entity, by, value)
    if old is None and by == "id":
        raise invalid(["Id is invalid"])
    if old is not None:
        return save(world, user, entity, old, attributes)
    given = (
        {"custom_field": {**(attributes.get("custom_field") or {}), by: value}} if by.startswith("cf_") else {by: value}
    )
    return save(world, user, entity, None, {**attributes, **given})


# The bin, and out of it for good


def remove(world: World, entity: Entity, row: Row) -> None:
    """Into the recycle bin. An account loses its deals and child accounts for ever (FACTS 8)."""
    world.bury(entity.name, row)
    if entity.name == "sales_accounts":
        _cut_account(world, row["id"])
    if entity.name in MODELS and world.switches["orphans"] == "gone":
        _drop_children(world, entity.name, row["id"])


def forget(world: World, entity: Entity, row: Row) -> None:
    """Gone for good, with what hangs on it (FACTS 8)."""
    id = row["id"]
    if entity.name in MODELS:
        _drop_children(world, entity.name, id)
    if entity.name == "sales_accounts":
        _cut_account(world, id)
        for contact in world.shelves["contacts"].where("sales_accounts", id, binned=True):
            kept = [one for one in contact["sales_accounts"] if one["id"] != id]
            world.put("contacts", {**contact, "sales_accounts": kept})
    if entity.name == "contacts":
        for deal in world.shelves["deals"].where("contacts", id, binned=True):
            world.put("deals", {**deal, "contact_ids": [one for one in deal["contact_ids"] if one != id]})
        for members in world.lists.values():
            members["contacts"].pop(id, None)
    entity.shelf(world).drop(id, world.timestamp())


def _cut_account(world: World, id: int) -> None:
    for deal in world.shelves["deals"].where("sales_account", id, binned=True):
        world.put("deals", {**deal, "sales_account_id": None})
    for child in world.shelves["sales_accounts"].where("parent", id, binned=True):
        world.put("sales_accounts", {**child, "parent_sales_account_id": None})


def _drop_children(world: World, name: str, id: int) -> None:
    target = (MODELS[name], id)
    for kind in (*CONTENT, "documents"):
        for child in world.shelves[kind].where("target", target, binned=True):
            world.drop(kind, child["id"])


def restore(world: World, entity: Entity, id: int) -> Row:
    """Out of the bin: pages only. Raises KeyError, Refused when what it is known by was taken meanwhile."""
    row = entity.shelf(world).rows[id]
    if DELETED not in row:
        raise KeyError(id)
    draft = Draft(world, world.people.admin, row)
    _check_unique(world, entity, draft)
    draft.finish()
    return world.put(entity.name, {**row, DELETED: None, "deleted_at": None})

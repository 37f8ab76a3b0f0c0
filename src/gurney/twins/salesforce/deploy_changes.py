"""Changes to the schema that a transaction of the store can take back: deployments fail and are rehearsed whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.store import Row, Table

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

DELETED_DAYS = 15
DAY_S = 86_400
GRAVEYARD = "graveyard"
ATTACHED_TO = (
    ("ContentDocumentLink", "LinkedEntityId"), ("ContentVersion", "FirstPublishLocationId"), ("Note", "ParentId"),
    ("Attachment", "ParentId"),
)  # fmt: skip
"""References that can point to every custom object."""
ACTIVITY_PARENTS = (("Event", "WhatId"), ("Task", "WhatId"))
"""References that can point to custom objects with activities."""


@dataclass(frozen=True)
class Buried:
    """A deleted field, or (without field) a deleted object: it counts for 15 days more."""

    at: float
    kind: ObjectDef
    field: FieldDef | None


def graveyard(world: World) -> list[Buried]:
    """What was deleted and not purged, oldest first."""
    found: list[Buried] = world.deployments.setdefault(GRAVEYARD, [])
    return found


def _bury(world: World, gone: Buried) -> None:
    graves = graveyard(world)
    graves.append(gone)
    world.store.remember(lambda: graves.remove(gone))


def release_the_old(world: World) -> None:
    """Purge what was deleted 15 days ago (rule salesforce.deleted-fields-count)."""
    graves = graveyard(world)
    limit = world.clock.timestamp() - DELETED_DAYS * DAY_S
    while graves and graves[0].at <= limit:
        gone = graves.pop(0)
        if gone.field is not None and gone.field in gone.kind.deleted_fields:
            gone.kind.deleted_fields.remove(gone.field)
        elif gone.field is None and gone.kind in world.schema.deleted_objects:
            world.schema.deleted_objects.remove(gone.kind)
        world.touch()


def add_object(world: World, made: ObjectDef, *, activities: bool) -> None:
    """A new custom object; files, notes and (if asked) activities can then hang on its records."""
    made.activities = activities
    _attach(world, made, [*ATTACHED_TO, *(ACTIVITY_PARENTS if activities else ())])
    world.add_object(made)
    world.store.remember(lambda: _forget_object(world, made))


def allow_activities(world: World, kind: ObjectDef) -> bool:
    """Let events and tasks be about records of an object that is there; whether anything changed."""
    if kind.activities:
        return False
    _attach(world, kind, ACTIVITY_PARENTS)
    return set_values(world, kind, activities=True)


def _attach(world: World, kind: ObjectDef, references: Iterable[tuple[str, str]]) -> None:
    for owner, reference in references:
        field = world.schema.objects[owner].fields[reference]
        set_values(world, field, reference_to=(*field.reference_to, kind.name))


def _forget_object(world: World, made: ObjectDef) -> None:
    world.schema.remove(made.name)
    world.store.close(made.name)


def remove_object(world: World, kind: ObjectDef, *, purge: bool) -> None:
    """Take a custom object out with its records, also those in the bin."""
    for owner, reference in (*ATTACHED_TO, *ACTIVITY_PARENTS):
        field = world.schema.objects[owner].fields[reference]
        set_values(world, field, reference_to=tuple(n for n in field.reference_to if n != kind.name))
    table = world.table(kind.name)
    _detach(world, table)
    world.remove_object(kind.name, purge=purge)
    world.store.remember(lambda: _bring_object_back(world, kind, table))
    if not purge:
        _bury(world, Buried(world.clock.timestamp(), kind, None))


def _detach(world: World, table: Table) -> None:
    """Files' links and notes go with the records; activities lose them."""
    for id in table.rows:
        for owner, reference in ATTACHED_TO:
            others = world.table(owner)
            for row in others.by(reference, id):
                if reference == "FirstPublishLocationId":
                    others.change(row, {reference: None})
                else:
                    others.purge(row["Id"])
        for owner, reference in ACTIVITY_PARENTS:
            for row in world.table(owner).by(reference, id):
                world.table(owner).change(row, {reference: None})


def _bring_object_back(world: World, kind: ObjectDef, table: Table) -> None:
    if kind in world.schema.deleted_objects:
        world.schema.deleted_objects.remove(kind)
    world.schema.add(kind)
    world.store.tables[kind.name] = table
    world.store.data_kb += len(table.rows) * kind.storage_kb


def put_field(world: World, kind: ObjectDef, made: FieldDef) -> None:
    """A new field, or a new definition of one. Raises store.Clash when a unique one would have doubles."""
    before = kind.fields.get(made.name)
    _define(world, kind, made)
    world.store.remember(lambda: _take_field_back(world, kind, made, before))


def _define(world: World, kind: ObjectDef, made: FieldDef) -> None:
    table = world.table(kind.name)
    if made.name in table.indexes and not (made.unique or made.external_id or made.reference_to):
        table.index_by(made.name)
    world.add_field(kind, made)


def _take_field_back(world: World, kind: ObjectDef, made: FieldDef, before: FieldDef | None) -> None:
    if before is not None:
        _define(world, kind, before)
        return
    kind.remove(made.name)
    world.table(kind.name).forget(made.name)
    world.touch()


def remove_field(world: World, kind: ObjectDef, name: str, *, purge: bool) -> FieldDef:
    """Take a custom field out with its data."""
    table = world.table(kind.name)
    held: list[tuple[Row, Any]] = [(row, row[name]) for row in table.rows.values() if name in row]
    held += [(gone.row, gone.row[name]) for gone in table.binned.values() if name in gone.row]
    gone = world.remove_field(kind, name, purge=purge)
    world.store.remember(lambda: _bring_field_back(world, kind, gone, held))
    if not purge:
        _bury(world, Buried(world.clock.timestamp(), kind, gone))
    return gone


def _bring_field_back(world: World, kind: ObjectDef, gone: FieldDef, held: list[tuple[Row, Any]]) -> None:
    if gone in kind.deleted_fields:
        kind.deleted_fields.remove(gone)
    for row, value in held:
        row[gone.name] = value
    world.add_field(kind, gone)


def set_values(world: World, target: ObjectDef | FieldDef, **values: Any) -> bool:
    """Set attributes of a definition; whether anything changed."""
    before = {name: getattr(target, name) for name in values}
    if before == values:
        return False
    _assign(world, target, values)
    world.store.remember(lambda: _assign(world, target, before))
    return True


def _assign(world: World, target: ObjectDef | FieldDef, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(target, name, value)
    world.touch()

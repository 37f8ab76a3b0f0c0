"""Deletion with everything that hangs on a row, and the way back out of the recycle bin (FACTS 11)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.refusals import Refused, cross_reference, no_access
from gurney.twins.salesforce.schema import CASCADE, RESTRICT, FieldDef, ObjectDef
from gurney.twins.salesforce.store import Clash, Row
from gurney.twins.salesforce.times import shown
from gurney.twins.salesforce.writing import Writer, duplicate_value

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

BIN_DAYS = 15
DAY_S = 86_400


@dataclass
class Consequences:
    """What a deletion brings along, found before anything is touched."""

    doomed: dict[str, tuple[ObjectDef, Row]] = field(default_factory=dict)
    """By id, the root first."""
    cleared: list[tuple[ObjectDef, FieldDef, Row]] = field(default_factory=list)
    """References that become empty."""


def delete(writer: Writer, kind: ObjectDef, id: object, *, hard: bool = False) -> None:
    """Put a row into the bin with its children, or past the bin. Raises Refused; nothing is deleted then."""
    world = writer.world
    if not kind.deletable:
        raise Refused("INVALID_TYPE_FOR_OPERATION", f"entity type {kind.name} does not support delete", [])
    if not writer.access.can(kind, "delete"):
        raise no_access()
    row = writer.find(kind, id)
    found = Consequences()
    _collect(writer, kind, row, found)
    if writer.lock is not None:
        writer.lock([*found.doomed, *_parents(world, kind, row)])
    with world.store.atomic():
        _carry_out(writer, row["Id"], found, hard)


def _collect(writer: Writer, kind: ObjectDef, row: Row, found: Consequences) -> None:
    """Children that go too, references that are emptied. Raises Refused when one of them forbids it."""
    if kind.hooks is not None and kind.hooks.before_delete is not None:
        kind.hooks.before_delete(writer, row)
    found.doomed[row["Id"]] = (kind, row)
    for child, reference in writer.world.schema.children_of(kind.name):
        if reference.name not in writer.world.table(child.name).indexes:
            continue
        for one in writer.world.table(child.name).by(reference.name, row["Id"]):
            if one["Id"] in found.doomed:
                continue
            if reference.on_delete == CASCADE:
                _collect(writer, child, one, found)
            elif reference.on_delete == RESTRICT:
                raise _associated(writer.world, kind, row, child, one)
            elif not child.setup and reference.name not in ("CreatedById", "LastModifiedById", "OwnerId"):
                found.cleared.append((child, reference, one))


def _associated(world: World, kind: ObjectDef, row: Row, child: ObjectDef, blocker: Row) -> Refused:
    name = child.name_field
    words = (
        f"Your attempt to delete {row.get('Name', row['Id'])} could not be completed because it is associated with "
        f"the following {child.label_plural.lower()}.: {blocker.get(name.name if name else 'Id', blocker['Id'])}\n"
    )
    return Refused("DELETE_FAILED", words, [])


def _carry_out(writer: Writer, root: str, found: Consequences, hard: bool) -> None:
    world, now = writer.world, writer.world.now_text()
    for child, reference, row in found.cleared:
        if row["Id"] not in found.doomed:
            target = row[reference.name]
            world.table(child.name).change(row, {reference.name: None, "SystemModstamp": now})
            if not hard:
                world.cleared.setdefault(root, []).append((child.name, reference.name, row["Id"], target))
    for id, (kind, row) in found.doomed.items():
        table = world.table(kind.name)
        if hard or not kind.undeletable:
            table.purge(id)
            world.store.drop_blob(id)
        else:
            table.bin(row, root, now)
        if kind.hooks is not None and kind.hooks.after_delete is not None:
            kind.hooks.after_delete(writer, row)


def _parents(world: World, kind: ObjectDef, row: Row) -> list[str]:
    data = (f for f in kind.references() if any(n in world.schema.objects and not world.schema.objects[n].setup
                                                for n in f.reference_to))  # fmt: skip
    return [row[f.name] for f in data if f.name in row]


def undelete(writer: Writer, id: object) -> Row:
    """Bring a row back with what went along, and refill the references that nobody re-pointed. Raises Refused."""
    world = writer.world
    long = normal(id)
    kind = world.schema.of_id(long) if long else None
    gone = world.table(kind.name).binned.get(long) if kind and long else None
    if kind is None or gone is None or long is None:
        raise cross_reference()
    if not kind.undeletable or gone.root != long:
        raise Refused("UNDELETE_FAILED", "Entity is not in the recycle bin", ["id"])
    now = world.now_text()
    with world.store.atomic():
        for table in world.store.tables.values():
            for other in [i for i, binned in table.binned.items() if binned.root == long]:
                try:
                    table.restore(other, now)
                except Clash as clash:
                    raise duplicate_value(clash) from None
        for name, reference, child, target in world.cleared.pop(long, ()):
            row = world.store.tables[name].rows.get(child) if name in world.store.tables else None
            if row is not None and reference not in row and world.row_of(target) is not None:
                world.table(name).change(row, {reference: target})
    return world.table(kind.name).rows[long]


def empty_old(world: World) -> None:
    """Purge what has been in the bin for 15 days."""
    limit = shown(world.now() - BIN_DAYS * DAY_S)
    for table in world.store.tables.values():
        old = []
        for id, gone in table.binned.items():
            if gone.deleted_at > limit:
                break
            old.append(id)
        for id in old:
            purge(world, table.kind.name, id)


def purge(world: World, name: str, id: str) -> None:
    """Forget a binned row for ever."""
    world.table(name).purge(id)
    world.store.drop_blob(id)
    world.cleared.pop(id, None)

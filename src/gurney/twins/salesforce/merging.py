"""Merging rows, as people do in the vendor's pages: the first one stays, the others leave it their children."""

from __future__ import annotations

from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.writing import Writer


def merge(writer: Writer, kind: ObjectDef, id: str, others: list[str]) -> None:
    """Merge up to two others into a row. Raises Refused; nothing is merged then."""
    if not kind.mergeable:
        raise Refused("INVALID_TYPE_FOR_OPERATION", f"entity type {kind.name} does not support merge", [])
    world, now = writer.world, writer.world.now_text()
    master = writer.find(kind, id)
    losers = [writer.find(kind, other) for other in others]
    with world.store.atomic():
        for loser in losers:
            for child, reference in world.schema.children_of(kind.name):
                table = world.table(child.name)
                for row in table.by(reference.name, loser["Id"]):
                    table.change(row, {reference.name: master["Id"], "SystemModstamp": now})
            world.table(kind.name).change(loser, {"MasterRecordId": master["Id"]})
            world.table(kind.name).bin(loser, loser["Id"], now)
        world.table(kind.name).change(master, {"LastModifiedDate": now, "SystemModstamp": now})

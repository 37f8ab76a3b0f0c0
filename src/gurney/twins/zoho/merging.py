"""Merging records, as people do in the vendor's pages; it has a price in credits (FACTS 11).

Assumed: what hung on the others hangs on the one that stays, whose own values stand, and the others are in the bin.
"""

from __future__ import annotations

from gurney.twins.zoho import bin
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.world import World

LINKS = ("lookup", "multi_module_lookup")
PARENT = "Parent_Id"


def merge(world: World, module: Module, id: str, other: str, by: str) -> None:
    """Make one of two records. Raises KeyError when one is not there."""
    for one in (id, other):
        if module.table.get(one) is None:
            raise KeyError(one)
    for child in world.modules.values():
        for name in child.table.group_fields:
            if name == PARENT or child.fields[name].data_type in LINKS:
                for row in list(child.table.where(name, other)):
                    child.table.change(row["id"], {name: id})
                    child.version += 1
    bin.delete(world, module, other, by)
    module.table.change(id, {"Modified_By": by, "Modified_Time": world.now()})
    module.version += 1

"""The recycle bin: deleted records with what went with them (FACTS 13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gurney.twins.kit.tables import Row
from gurney.twins.zoho.schema import Module

if TYPE_CHECKING:
    from gurney.twins.zoho.world import World

DAY_S = 86_400
KEPT_S = 60 * DAY_S
LISTED_S = 120 * DAY_S
FOLLOWERS = ("Notes", "Attachments")
ACTIVITIES = ("Tasks", "Events", "Calls")


@dataclass
class Binned:
    """One deleted record."""

    module: Module
    row: Row
    deleted_time: int
    deleted_by: str
    followers: list[tuple[Module, Row]] = field(default_factory=list)
    """Notes and attachments that went with it, and come back with it."""


@dataclass
class Purged:
    """An id that is gone for good."""

    id: str
    module: str
    deleted_time: int


class Bin:
    """What was deleted, by id."""

    def __init__(self) -> None:
        self.entries: dict[str, Binned] = {}
        self.purged: list[Purged] = []
        self._following: dict[str, str] = {}

    def __contains__(self, id: object) -> bool:
        return id in self.entries or id in self._following

    def put(self, entry: Binned) -> None:
        self.entries[entry.row["id"]] = entry
        self._following.update((row["id"], entry.row["id"]) for _, row in entry.followers)

    def take(self, id: str) -> Binned:
        """Out of the bin. Raises KeyError."""
        entry = self.entries.pop(id)
        for _, row in entry.followers:
            del self._following[row["id"]]
        return entry

    def holder(self, module: Module, field: str, value: Any) -> Row | None:
        """A binned record with this unique value."""
        fold = module.fields[field].fold
        for entry in self.entries.values():
            if entry.module is module and fold(entry.row.get(field)) == fold(value):
                return entry.row
        return None

    def in_module(self, module: Module) -> Iterator[Binned]:
        return (entry for entry in self.entries.values() if entry.module is module)

    def grow_old(self, now: int) -> list[str]:
        """Ids whose 60 days are over; forgets purged ids after 120."""
        self.purged = [gone for gone in self.purged if gone.deleted_time > now - LISTED_S]
        return [id for id, entry in self.entries.items() if entry.deleted_time <= now - KEPT_S]


def delete(world: World, module: Module, id: str, by: str) -> Row:
    """Move a record, its notes and attachments into the bin. Raises KeyError when it is not there."""
    row = module.table.remove(id)
    module.version += 1
    followers = [(child, child_row) for child, child_row in _followers(world, module, id)]
    for child, child_row in followers:
        child.table.remove(child_row["id"])
        child.version += 1
    world.bin.put(Binned(module, row, world.now(), by, followers))
    world.remember(lambda: restore(world, id))
    return row


def restore(world: World, id: str) -> Row:
    """Bring a record back with its id and all that went with it. Raises KeyError, Clash."""
    entry = world.bin.entries[id]
    entry.module.table.add(entry.row)
    entry.module.version += 1
    for child, row in entry.followers:
        child.table.add(row)
        child.version += 1
    world.bin.take(id)
    return entry.row


def purge(world: World, id: str) -> None:
    """Forget a binned record for good; who pointed to it points nowhere. Raises KeyError."""
    entry = world.bin.take(id)
    for module, row in [(entry.module, entry.row), *entry.followers]:
        world.contents.pop(row["id"], None)
        world.bin.purged.append(Purged(row["id"], module.api_name, world.now()))
        _empty_lookups(world, row["id"])


def _empty_lookups(world: World, id: str) -> None:
    for module in world.modules.values():
        for name in module.table.group_fields:
            if module.fields[name].data_type in ("lookup", "multi_module_lookup"):
                for row in module.table.where(name, id):
                    module.table.change(row["id"], {name: None})


def _followers(world: World, module: Module, id: str) -> Iterator[tuple[Module, Row]]:
    for name in FOLLOWERS:
        child = world.modules[name]
        yield from ((child, row) for row in child.table.where("Parent_Id", id))
    if module.api_name == "Contacts" and world.switches["contact_delete"] == "cascade":
        for name in ACTIVITIES:
            child = world.modules[name]
            yield from ((child, row) for row in child.table.where("Who_Id", id))

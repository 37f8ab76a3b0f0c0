"""What an edition has room for: custom fields and unique fields of an object, custom objects (AUD4, AUD10).

Where there is not room for all, fields go by their priority: essential, useful, extra, and in each by the order of
the document. What has no room goes out as a companion file.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from gurney.mapping.model import FieldMap, Mapping, ObjectMap
from gurney.mapping.problems import Problem
from gurney.mapping.schema_changes import changes
from gurney.schema import NewField, NewObject, ObjectSchema, Schema

ACCOUNT = ""
ACCOUNT_LIMIT = "custom_fields_per_account"
"""Some vendors count custom fields over all objects."""
ORDER = {"essential": 0, "useful": 1, "extra": 2}


@dataclass(frozen=True, slots=True)
class Room:
    """How full an object, or the whole account, would be. `most` is None where the vendor names no limit."""

    object: str
    """ACCOUNT: all objects together."""
    existing: int
    new: int
    most: int | None

    @property
    def words(self) -> str:
        """What has the room, for people."""
        return self.object or "The account"

    def concerns(self, object: str) -> bool:
        """Whether fields of an object take of this room."""
        return self.object in (ACCOUNT, object)

    @property
    def over(self) -> int:
        return max(0, self.existing + self.new - self.most) if self.most is not None else 0


def rooms(mapping: Mapping, destination: Schema, limits: MappingOf[str, int]) -> list[Room]:
    """Custom fields, those that exist and those that the mapping adds: by object, or all together if so limited."""
    added: dict[str, int] = {}
    for change in changes(mapping, destination):
        if isinstance(change, NewField):
            added[change.object] = added.get(change.object, 0) + 1
    if added and ACCOUNT_LIMIT in limits:
        existing = sum(_custom(there) for there in destination.objects.values())
        return [Room(ACCOUNT, existing, sum(added.values()), limits[ACCOUNT_LIMIT])]
    most = limits.get("custom_fields_per_object")
    return [Room(object, _custom(destination.objects.get(object)), new, most) for object, new in added.items()]


def capacity_problems(mapping: Mapping, destination: Schema, limits: MappingOf[str, int]) -> Iterator[Problem]:
    """Objects that would hold more than the edition allows."""
    for room in rooms(mapping, destination, limits):
        if room.over:
            words = f"{room.words} would have {room.existing + room.new} custom fields; the edition allows {room.most}."
            remedy = f"Switch {room.over} off; they can go out as a companion file."
            yield Problem(_first_line(mapping, room.object), room.words, "error", words, remedy)
    yield from _unique(mapping, destination, limits.get("unique_fields_per_object"))
    yield from _objects(mapping, destination, limits.get("custom_objects"))


def crowded_out(mapping: Mapping, destination: Schema, room: Room) -> set[tuple[str, str]]:
    """(object, name) of the new fields for which there is no room, the least important ones; keys come first."""
    best: dict[tuple[str, str], tuple[int, int]] = {}
    for position, (entry, line) in enumerate(_creating(mapping, room, destination)):
        rank = (-1 if line.to == entry.key else ORDER[line.priority], position)
        best[entry.to, line.to] = min(best.get((entry.to, line.to), rank), rank)
    ranked = sorted(best, key=lambda name: best[name])
    return set(ranked[len(ranked) - room.over :] if room.over else ())


def _creating(mapping: Mapping, room: Room, destination: Schema) -> Iterator[tuple[ObjectMap, FieldMap]]:
    for entry in mapping.active():
        there = destination.objects.get(entry.to)
        for line in entry.active_fields() if room.concerns(entry.to) else ():
            if line.create and not (there and line.to in there.fields):
                yield entry, line


def _unique(mapping: Mapping, destination: Schema, most: int | None) -> Iterator[Problem]:
    if most is None:
        return
    wanted: dict[str, set[str]] = {}
    for change in changes(mapping, destination):
        if isinstance(change, NewField) and change.unique:
            wanted.setdefault(change.object, set()).add(change.name)
    for object, names in wanted.items():
        there = destination.objects.get(object)
        live = [field.name for field in (there.fields.values() if there else ()) if field.unique and field.custom]
        if len(names) + len(live) > most:
            words = f"{object} would have {len(names) + len(live)} unique fields; {most} are allowed."
            remedy = f"Make {', '.join(sorted(live)) or 'one of them'} not unique at the destination."
            yield Problem(_first_line(mapping, object), object, "error", words, remedy)


def _objects(mapping: Mapping, destination: Schema, most: int | None) -> Iterator[Problem]:
    new = [change.name for change in changes(mapping, destination) if isinstance(change, NewObject)]
    live = sum(there.custom for there in destination.objects.values())
    if most is not None and new and live + len(new) > most:
        words = f"{len(new)} custom modules are needed ({', '.join(new)}); the edition allows {most} in all."
        yield Problem(_first_line(mapping, new[0]), new[0], "error", words, "Upgrade, or switch these entries off.")


def _custom(there: ObjectSchema | None) -> int:
    return sum(field.custom for field in there.fields.values()) if there else 0


def _first_line(mapping: Mapping, object: str) -> int:
    found: ObjectMap | None = next((entry for entry in mapping.active() if object in (ACCOUNT, entry.to)), None)
    return found.line if found else 0

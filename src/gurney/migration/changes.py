"""What the source says now of a record against what was last written for it: no I/O, and nobody asked."""

from __future__ import annotations

from dataclasses import replace

from gurney.mapping.compile import CompiledMap
from gurney.migration.build import BuiltRow
from gurney.records import Write
from gurney.store.effects import Effect


def with_emptied(map: CompiledMap, effect: Effect, write: Write, item: BuiltRow) -> Write:
    """The write with nothing in each field that we filled and that is empty at the source by now."""
    if effect.destination_object != map.destination_object or not map.key_field:
        return write
    emptied = [
        name
        for name, value in effect.written.items()
        if value is not None and name not in write.fields and name in map.field_names
    ]
    if emptied:
        later = {one.field for one in map.references_to if one.deferred and one.read(item.record) is not None}
        emptied = [name for name in emptied if name not in later]
    return replace(write, fields={**write.fields, **dict.fromkeys(emptied)}) if emptied else write


def differs(effect: Effect, write: Write) -> bool:
    """Whether a record is to be written again, as a field, its owner or what it hangs on goes."""
    return (
        any(effect.written.get(name) != value for name, value in write.fields.items())
        or goes_over(effect, write)
        or has_moved(effect, write)
    )


def goes_over(effect: Effect, write: Write) -> bool:
    """Whether the record has another owner by now."""
    return write.owner_id is not None and write.owner_id != effect.owner_id


def has_moved(effect: Effect, write: Write) -> bool:
    """Whether a note or file belongs to another record by now: its patient was merged into somebody else."""
    return write.parent is not None and bool(write.parent.id) and effect.parent not in (None, write.parent)


def has_other_bytes(effect: Effect, write: Write) -> bool:
    """Whether a file that the mapping makes says something else by now."""
    return write.file is not None and effect.written.get("sha256") != write.file.sha256

"""The destination's fields under the names that the mapping uses, where the destination gave them others (SCH1, SCH9).

Some destinations call a new field by a key of their own. It is known again by what provisioning noted, or by its
label, where the mapping says that labels name fields: then one that the admin made counts, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf

from gurney.mapping.model import Create, Mapping
from gurney.schema import FieldSchema, FieldType, ObjectSchema, Schema

Names = MappingOf[tuple[str, str], str]
"""(destination object, name in the mapping) -> the name that the destination gave the field."""

_TEXTS = {FieldType.TEXT, FieldType.LONG_TEXT}
_NUMBERS = {FieldType.INTEGER, FieldType.DECIMAL, FieldType.PERCENT}
_STANDS_FOR: dict[FieldType, set[FieldType]] = {
    FieldType.RICH_TEXT: _TEXTS,
    FieldType.EMAIL: _TEXTS,
    FieldType.URL: _TEXTS,
    FieldType.DATETIME: _TEXTS,
    FieldType.TEXT: _TEXTS,
    FieldType.INTEGER: _NUMBERS,
    FieldType.PERCENT: _NUMBERS,
    FieldType.PICKLIST: {FieldType.BOOLEAN},
}
"""Types that a destination may have in place of another."""


def known_names(mapping: Mapping, live: Schema, noted: Names) -> dict[tuple[str, str], str]:
    """Every field of the mapping that is there under another name: `noted` by provisioning, or known by its label."""
    found = dict(noted)
    for object, name, create in _made(mapping):
        there = live.objects.get(object)
        if there is None or name in there.fields or found.get((object, name)) in there.fields:
            continue
        found.pop((object, name), None)
        if mapping.names.by_label and (field := _labelled(there, create)):
            found[object, name] = field.name
    return found


def as_mapped(live: Schema, names: Names) -> Schema:
    """The schema with each field under the name that the mapping uses; the field itself keeps its own."""
    ours = {(object, actual): name for (object, name), actual in names.items()}
    return Schema(
        {
            object: ObjectSchema(
                there.name,
                there.label,
                {ours.get((object, name), name): field for name, field in there.fields.items()},
                there.custom,
            )
            for object, there in live.objects.items()
        }
    )


def _made(mapping: Mapping) -> Iterator[tuple[str, str, Create]]:
    for entry in mapping.active():
        for line in entry.active_fields():
            if line.create is not None:
                yield entry.to, line.to, line.create


def _labelled(there: ObjectSchema, create: Create) -> FieldSchema | None:
    """The custom field of that label that can hold what is meant for it."""
    label = create.label.strip().casefold()
    return next(
        (
            field
            for field in there.fields.values()
            if field.custom and field.writable and field.label.strip().casefold() == label and _holds(field, create)
        ),
        None,
    )


def _holds(field: FieldSchema, create: Create) -> bool:
    return field.type is create.type or field.type in _STANDS_FOR.get(create.type, set())

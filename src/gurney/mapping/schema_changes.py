"""What the mapping needs at the destination and the destination does not have yet (contract, MAP2, MAP5, SCH1, SCH9).

Objects stand before fields, and lookups last, when what they point to is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gurney.mapping.model import Create, FieldMap, Mapping, ObjectMap
from gurney.schema import FieldSchema, FieldType, NewField, NewObject, NewOptions, Schema, SchemaChange

PICKS = frozenset({FieldType.PICKLIST, FieldType.MULTI_PICKLIST})


@dataclass(frozen=True, slots=True)
class StandardField:
    """A field that the destination has by itself and the mapping fills."""

    object: str
    name: str
    maps: tuple[str, ...]


def changes(mapping: Mapping, destination: Schema) -> list[SchemaChange]:
    """Only what is missing; nothing on a second call with the schema that the first one led to."""
    objects = list(_new_objects(mapping, destination))
    fields = _new_fields(mapping, destination)
    plain = [field for field in fields if field.type is not FieldType.LOOKUP]
    pointing = [field for field in fields if field.type is FieldType.LOOKUP]
    return [*objects, *plain, *pointing, *_new_options(mapping, destination)]


def standard_fields_used(mapping: Mapping, destination: Schema | None = None) -> list[StandardField]:
    """Fields that are filled but not made. Without a schema, those that most accounts have count as standard."""
    used: dict[tuple[str, str], list[str]] = {}
    for entry, line in _lines(mapping):
        if _is_standard(entry, line, destination):
            maps = used.setdefault((entry.to, line.to), [])
            if entry.map not in maps:
                maps.append(entry.map)
    return [StandardField(object, name, tuple(maps)) for (object, name), maps in used.items()]


def options_of(line: FieldMap) -> tuple[str, ...]:
    """Every pick-list value that a line is known to write."""
    stated = line.create.options if line.create else []
    constant = [str(line.value)] if isinstance(line.value, str) else []
    return tuple(dict.fromkeys([*stated, *line.values.values(), *constant]))


def new_field(entry: ObjectMap, line: FieldMap, create: Create) -> NewField:
    """The field that a line would make."""
    return NewField(
        object=entry.to,
        name=line.to,
        label=create.label,
        type=create.type,
        length=create.length,
        unique=create.unique,
        options=options_of(line) if create.type in PICKS else (),
        lookup_to=create.lookup_to,
        help=create.help,
        reason=line.note
        or f"{entry.title or entry.map}: holds {', '.join(line.source) or 'what did not fit elsewhere'}",
        maps=(entry.map,),
    )


def _lines(mapping: Mapping) -> Iterator[tuple[ObjectMap, FieldMap]]:
    for entry in mapping.active():
        for line in entry.active_fields():
            yield entry, line


def _is_standard(entry: ObjectMap, line: FieldMap, destination: Schema | None) -> bool:
    if line.create is None or destination is None:
        return line.create is None or line.create.standard
    there = destination.objects.get(entry.to)
    field = there.fields.get(line.to) if there else None
    return field is not None and not field.custom


def _new_objects(mapping: Mapping, destination: Schema) -> Iterator[NewObject]:
    seen = set(destination.objects)
    for entry in mapping.active():
        if entry.module == "create" and entry.to not in seen:
            seen.add(entry.to)
            yield NewObject(entry.to, entry.label or entry.to, entry.plural or entry.to, reason=entry.title)


def _new_fields(mapping: Mapping, destination: Schema) -> list[NewField]:
    """One for each field, however many object maps fill it; their options and names are joined."""
    wanted: dict[tuple[str, str], NewField] = {}
    for entry, line in _lines(mapping):
        there = destination.objects.get(entry.to)
        if line.create is None or (there and line.to in there.fields):
            continue
        field = new_field(entry, line, line.create)
        before = wanted.get((entry.to, line.to))
        wanted[(entry.to, line.to)] = _joined(before, field) if before else field
    return list(wanted.values())


def _joined(one: NewField, other: NewField) -> NewField:
    maps = tuple(dict.fromkeys([*one.maps, *other.maps]))
    options = tuple(dict.fromkeys([*one.options, *other.options]))
    return replace(one, maps=maps, options=options, help=one.help or other.help)


def _new_options(mapping: Mapping, destination: Schema) -> list[NewOptions]:
    wanted: dict[tuple[str, str], list[str]] = {}
    for entry, line in _lines(mapping):
        there = destination.objects.get(entry.to)
        field = there.fields.get(line.to) if there else None
        if field is not None and (missing := _missing_options(field, line)):
            wanted.setdefault((entry.to, field.name), []).extend(missing)
    return [NewOptions(object, name, tuple(dict.fromkeys(names))) for (object, name), names in wanted.items()]


def _missing_options(field: FieldSchema, line: FieldMap) -> list[str]:
    if field.type not in PICKS:
        return []
    return [option for option in options_of(line) if option not in field.options]

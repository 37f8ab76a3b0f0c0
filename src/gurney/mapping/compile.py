"""The mapping, compiled once into closures in the order in which the object maps must be loaded (contract, ORD1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace

from gurney.mapping.build import Built, CompiledMap, OverflowNotes, Place, Reference
from gurney.mapping.known import Names
from gurney.mapping.model import FieldMap, Lookup, Mapping, ObjectMap
from gurney.mapping.paths import reader, test_of
from gurney.mapping.problems import MappingWrong, Problem
from gurney.mapping.rules import LeftOut, Rules
from gurney.mapping.schema_changes import PICKS, options_of
from gurney.mapping.steps import Context, Refusal, Step, step
from gurney.mapping.tables import compile_table
from gurney.mapping.transforms import find
from gurney.schema import FieldSchema, FieldType, Schema

__all__ = [
    "Built",
    "CompiledMap",
    "CompiledMapping",
    "Context",
    "compile_mapping",
    "facts_read",
    "in_order",
    "lookups",
    "needs",
]


LENGTHS = {FieldType.TEXT: 255, FieldType.LONG_TEXT: 32_000, FieldType.RICH_TEXT: 50_000}
"""Characters of a field that is yet to be created and for which the mapping states no length."""
DERIVED = "derived."
NOTE_CHARS = 30_000
NOTE_TITLE_CHARS = 120


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """All object maps that are on, in dependency order."""

    maps: list[CompiledMap]
    by_id: dict[str, CompiledMap]


def compile_mapping(
    mapping: Mapping, schema: Schema, names: Names, limits: MappingOf[str, int], context: Context
) -> CompiledMapping:
    """Compile for the live destination `schema`. Raises MappingWrong with every problem that stops it.

    Fields that do not exist yet are taken as the mapping would create them, so that a plan can be tried out.
    """
    active = {entry.map: entry for entry in mapping.active()}
    problems: list[Problem] = []
    notes = _overflow(mapping, schema, limits)
    compiled = []
    for entry in in_order(mapping):
        targets = _Targets(entry, schema, names, problems, closed_lists=mapping.closed_lists)
        compiled.append(_object_map(entry, active, targets, notes, context))
    if problems:
        raise MappingWrong("mapping.yaml", problems)
    return CompiledMapping(compiled, {one.id: one for one in compiled})


def in_order(mapping: Mapping) -> list[ObjectMap]:
    """Object maps that are on, each after what it refers to, else as in the document. Raises on a circle."""
    active = {entry.map: entry for entry in mapping.active()}
    waiting = {map_id: needs(entry, active) for map_id, entry in active.items()}
    order: list[ObjectMap] = []
    while waiting:
        ready = next((map_id for map_id, others in waiting.items() if not others & waiting.keys()), None)
        if ready is None:
            raise MappingWrong("mapping.yaml", list(_circle(waiting, active)))
        order.append(active[ready])
        del waiting[ready]
    return order


def needs(entry: ObjectMap, active: MappingOf[str, ObjectMap]) -> frozenset[str]:
    """Object maps that must be loaded before this one."""
    at_once = (lookup for lookup in lookups(entry) if not lookup.deferred)
    named = {other for lookup in at_once for place in lookup.places() for other in place.map} | set(entry.after)
    return frozenset(other for other in named if other in active and other != entry.map)


def lookups(entry: ObjectMap) -> Iterator[Lookup]:
    """The parent and every lookup of an object map."""
    if entry.parent:
        yield entry.parent
    yield from (line.lookup for line in entry.active_fields() if line.lookup)


def _circle(waiting: dict[str, frozenset[str]], active: MappingOf[str, ObjectMap]) -> Iterator[Problem]:
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(next(other for other in sorted(waiting[path[-1]]) if other in waiting))
    circle = path[path.index(path[-1]) :]
    lines = ", ".join(str(active[map_id].line) for map_id in circle[:-1])
    words = f"These object maps wait for each other: {' → '.join(circle)} (lines {lines})."
    for map_id in circle[:-1]:
        yield Problem(active[map_id].line, map_id, "error", words, "Make one lookup `deferred: true`.")


class _Targets:
    """The destination fields of one object map, under their actual names."""

    def __init__(
        self, entry: ObjectMap, schema: Schema, names: Names, problems: list[Problem], *, closed_lists: bool
    ) -> None:
        self._entry = entry
        self._object = schema.objects.get(entry.to)
        self._names = names
        self._problems = problems
        self._closed_lists = closed_lists

    def name(self, field: str) -> str:
        return self._names.get((self._entry.to, field), field)

    def all_but(self, line: FieldMap, target: FieldSchema) -> frozenset[str] | None:
        """The values that a pick-list takes, where it takes no others and they are known."""
        if not self._closed_lists or target.type not in PICKS:
            return None
        return frozenset(target.options or options_of(line)) or None

    def takes(self, line: FieldMap) -> bool:
        """Whether a line is there for this account."""
        live = self._object.fields.get(self.name(line.to)) if self._object else None
        return not line.may_go or (live is not None and live.writable)

    def field(self, line: FieldMap) -> FieldSchema:
        name = self.name(line.to)
        live = self._object.fields.get(name) if self._object else None
        if live is not None:
            return live
        if line.create:
            length = line.create.length or LENGTHS.get(line.create.type)
            return FieldSchema(name, line.create.label, line.create.type, length, custom=True)
        if self._object is not None:
            words = f"{self._entry.to} has no field {name} at the destination."
            where = f"{self._entry.map} {line.to}"
            self._problems.append(Problem(line.line, where, "error", words, "Correct `to`, or say how to `create` it."))
        return FieldSchema(name, line.label, FieldType.OTHER)


def _object_map(
    entry: ObjectMap,
    active: MappingOf[str, ObjectMap],
    targets: _Targets,
    notes: OverflowNotes | None,
    context: Context,
) -> CompiledMap:
    lines = [(number, line) for number, line in enumerate(entry.fields) if line.enabled and targets.takes(line)]
    fields = [(position, line, targets.field(line)) for position, line in lines]
    body = next((field for _, line, field in fields if line.too_long == "split"), None)
    rules, facts = _rules(entry, active), facts_read(entry, active)
    table = compile_table(entry, rules, facts, context)
    return CompiledMap(
        spec=entry,
        object=object_of(entry, active),
        depends_on=needs(entry, active),
        key_field=targets.name(entry.key) if entry.key else "",
        marker=targets.name(entry.marker) if entry.marker else "",
        body=body.name if body else "",
        has_rich_body=body is not None and body.type is FieldType.RICH_TEXT,
        field_names={field.name: line.to for _, line, field in fields},
        initial=frozenset(field.name for _, line, field in fields if line.initial),
        steps=tuple(_steps(entry, fields, targets, context)),
        references_to=tuple(_references(fields, active)),
        parent=_parent(entry, active),
        rules=Rules() if table else rules,
        owner=reader(entry.owner.practitioner) if entry.owner else None,
        notes=notes,
        notes_on=targets.name(entry.notes_on) if entry.notes_on else "",
        facts=frozenset() if table else facts,
        deciding=frozenset() if table else _named(_deciding(entry, active)),
        table=table,
    )


def object_of(entry: ObjectMap, active: MappingOf[str, ObjectMap]) -> str:
    """The source object whose records an object map goes through: its parents', where it makes a file for each."""
    if entry.table is None or entry.parent is None:
        return entry.source
    return next((active[map_id].source for map_id in entry.parent.map if map_id in active), entry.source)


def _parent(entry: ObjectMap, active: MappingOf[str, ObjectMap]) -> Reference | None:
    """What a record hangs on. A table goes through the parents themselves, so each leads to what it became."""
    if entry.parent is None:
        return None
    lookup = entry.parent.model_copy(update={"by": "id"}) if entry.table else entry.parent
    return _reference("", lookup, active)


def _rules(entry: ObjectMap, active: MappingOf[str, ObjectMap]) -> Rules:
    return Rules(
        skips_archived=entry.archived == "skip",
        applies=test_of(entry.when),
        yields_to=tuple(test_of(active[other].when) for other in entry.yields_to if other in active),
        left_out=tuple(_left_out(entry)),
    )


def _deciding(entry: ObjectMap, active: MappingOf[str, ObjectMap]) -> Iterator[str]:
    """Paths of the conditions that tell which records the map concerns."""
    yield from entry.when
    for other in entry.yields_to:
        yield from active[other].when if other in active else ()


def facts_read(
    entry: ObjectMap, active: MappingOf[str, ObjectMap], besides: Iterable[FieldMap] = ()
) -> frozenset[str] | None:
    """Derived facts that an object map reads; None where a transform gets whole records.

    `besides` are lines that are read although they may be off.
    """
    lines = [*entry.told_fields(), *besides]
    if any(_whole(line) for line in lines):
        return None
    paths = [*_deciding(entry, active), *(path for rule in entry.leave_out for path in rule.when)]
    found = [*lookups(entry), *(line.lookup for line in lines if line.lookup)]
    paths += [place.by for lookup in found for place in lookup.places()]
    paths += [entry.owner.practitioner] if entry.owner else []
    paths += [entry.table.oldest_first] if entry.table else []
    return _named([*paths, *(path for line in lines for path in line.source)])


def _named(paths: Iterable[str]) -> frozenset[str]:
    """The derived facts among some paths."""
    return frozenset(path.removeprefix(DERIVED) for path in paths if path.startswith(DERIVED))


def _steps(
    entry: ObjectMap,
    fields: list[tuple[int, FieldMap, FieldSchema]],
    targets: _Targets,
    context: Context,
) -> Iterator[Step]:
    rejects = [line.reject_to for _, line, _ in fields if line.reject_to]
    on = {line.to for _, line, _ in fields}
    for position, line, target in fields:
        if not line.source and line.value is None and not _whole(line):
            continue
        if line.to == entry.marker:
            target = replace(target, max_length=None)  # the title is fitted together with its mark
        reject = line.reject_to if line.reject_to in on else None
        kept_in = targets.name(reject) if reject else None
        refusal = Refusal(kept_in, rejects.count(reject or "") > 1, targets.all_but(line, target))
        yield step(line, position, target, context, refusal)


def _whole(line: FieldMap) -> bool:
    first = find(line.transform[0].name) if line.transform else None
    return first is not None and first.whole


def _references(
    fields: list[tuple[int, FieldMap, FieldSchema]], active: MappingOf[str, ObjectMap]
) -> Iterator[Reference]:
    for _, line, target in fields:
        if line.lookup:
            reference = _reference(target.name, line.lookup, active)
            if reference.places or reference.required:
                yield reference


def _reference(field: str, lookup: Lookup, active: MappingOf[str, ObjectMap]) -> Reference:
    places = [
        Place(reader(place.by), tuple((map_id, active[map_id].to) for map_id in place.map if map_id in active))
        for place in lookup.places()
    ]
    known = [place for place in places if place.maps] or places[: lookup.required]
    return Reference(field, tuple(known), lookup.required, lookup.deferred, lookup.assigned)


def _left_out(entry: ObjectMap) -> Iterator[LeftOut]:
    for rule in entry.leave_out:
        test = test_of(rule.when)
        if test is not None:
            yield LeftOut(test, rule.code, rule.words)


def _overflow(mapping: Mapping, schema: Schema, limits: MappingOf[str, int]) -> OverflowNotes | None:
    overflow = mapping.overflow
    if overflow is None:
        return None
    there = schema.objects.get(overflow.to)
    content = there.fields.get(overflow.content) if there else None
    return OverflowNotes(
        overflow.to,
        overflow.title,
        overflow.content,
        min(limits.get("note_title_chars", NOTE_TITLE_CHARS), NOTE_TITLE_CHARS),
        min(limits.get("note_chars", NOTE_CHARS), limits.get("note_chunk_chars", limits.get("note_chars", NOTE_CHARS))),
        content is not None and content.type is FieldType.RICH_TEXT,
    )

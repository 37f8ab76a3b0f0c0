"""Is the mapping right, against the live schemas of both sides? Every finding with its line and what to do.

Errors stop the plan; warnings are shown where the user signs. The checks of names and limits stand in `naming`
and `capacity`, those of value kinds in `kinds`, those of tables in `tables`.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf

from gurney.mapping.capacity import capacity_problems
from gurney.mapping.compile import in_order, lookups
from gurney.mapping.kinds import chain_problems, kind_of, type_clash
from gurney.mapping.model import FieldMap, Mapping, ObjectMap
from gurney.mapping.naming import naming_problems
from gurney.mapping.problems import MappingWrong, Problem
from gurney.mapping.tables import table_problems
from gurney.schema import FieldSchema, FieldType, ObjectSchema, Schema

SUPPLIED = frozenset({"zone", "currency", "country_code", "as_of"})
"""Settings of transforms that the account supplies."""


def validate(mapping: Mapping, source: Schema, destination: Schema, limits: MappingOf[str, int]) -> list[Problem]:
    """All problems, by line. `limits`: custom_fields_per_object, unique_fields_per_object, field_label_chars ..."""
    problems = [
        *_structure(mapping),
        *(problem for entry in mapping.active() for problem in _entry(entry, mapping, source, destination)),
        *naming_problems(mapping, destination, limits),
        *capacity_problems(mapping, destination, limits),
        *_left_out(mapping, destination),
    ]
    return sorted(problems, key=lambda problem: (problem.line, problem.where))


def _structure(mapping: Mapping) -> Iterator[Problem]:
    known = {entry.map for entry in mapping.maps}
    on = {entry.map for entry in mapping.active()}
    for entry in mapping.maps:
        for other in (*entry.after, *entry.yields_to, *entry.alternative_to):
            if other not in known:
                yield _error(entry, f"There is no object map {other}.", f"Known: {', '.join(sorted(known))}.")
        both = [other for other in entry.alternative_to if other in on]
        if entry.enabled and both and entry.map > both[0]:
            words = f"{entry.map} and {both[0]} move the same records; both at once would count them twice."
            yield _error(entry, words, "Switch one off: `enabled: false`.")
    try:
        in_order(mapping)
    except MappingWrong as circle:
        yield from circle.problems


def _entry(entry: ObjectMap, mapping: Mapping, source: Schema, destination: Schema) -> Iterator[Problem]:
    given = source.objects.get(entry.source)
    if given is None:
        yield _error(entry, f"The source has no object {entry.source}.", "Correct `from`.")
    target = destination.objects.get(entry.to)
    if target is None and entry.module == "standard" and (entry.key or entry.marker):
        yield _error(entry, f"The destination has no object {entry.to}.", "Correct `to`, or say `module: create`.")
    yield from _paths(entry, given)
    yield from _own_fields(entry)
    yield from _references(entry, mapping)
    yield from table_problems(entry, mapping, given, SUPPLIED)
    for line in entry.active_fields():
        yield from _line(entry, line, given, target)
    yield from _required(entry, target)


def _paths(entry: ObjectMap, given: ObjectSchema | None) -> Iterator[Problem]:
    if given is None:
        return
    paths = [(path, entry.line) for path in entry.when]
    paths += [(path, rule.line) for rule in entry.leave_out for path in rule.when]
    paths += [(place.by, place.line) for lookup in lookups(entry) for place in lookup.places()]
    paths += [(entry.owner.practitioner, entry.owner.line)] if entry.owner else []
    paths += [(entry.table.oldest_first, entry.table.line)] if entry.table else []
    paths += [(path, line.line) for line in entry.told_fields() for path in line.source]
    for path, number in paths:
        if not _is_known(path, given):
            words = f"The source object {entry.source} has no field {path}."
            yield Problem(number or entry.line, entry.map, "error", words, _similar(path, given))


def _is_known(path: str, given: ObjectSchema) -> bool:
    """Derived facts and custom fields are judged only where the schema lists some."""
    if path in given.fields:
        return True
    head = path.split(".", 1)[0]
    if head in ("derived", "custom_fields"):
        return not any(name.startswith(f"{head}.") for name in given.fields)
    return head != path and head in given.fields


def _similar(path: str, given: ObjectSchema) -> str:
    close = difflib.get_close_matches(path, list(given.fields), n=1)
    return f"Did you mean {close[0]}?" if close else "Correct `from`."


def _own_fields(entry: ObjectMap) -> Iterator[Problem]:
    counted = Counter(line.to for line in entry.active_fields())
    for name, count in counted.items():
        if count > 1:
            yield _error(entry, f"{name} is filled by {count} lines.", "Keep one of them.")
    for role, name in (("key", entry.key), ("marker", entry.marker)):
        if name and name not in counted:
            yield _error(entry, f"Its {role} {name} is none of its fields.", f"Add a line for {name}.")
    for line in entry.active_fields():
        if line.reject_to and line.reject_to not in counted:
            words = f"`reject_to` names {line.reject_to}, which is none of the fields that are on."
            yield _at(entry, line, "warning", words, "Refused values will go into a note instead.")


def _references(entry: ObjectMap, mapping: Mapping) -> Iterator[Problem]:
    for lookup, place in [(one, place) for one in lookups(entry) for place in one.places()]:
        named = {other: mapping.by_id(other) for other in place.map}
        for other in (other for other, found in named.items() if found is None):
            words = f"The lookup by {place.by} names {other}, which is no object map."
            yield Problem(place.line or entry.line, entry.map, "error", words, "Correct `map`.")
        if not any(found and found.enabled for found in named.values()):
            level = "error" if lookup.required and lookup.otherwise is None else "warning"
            words = f"The lookup by {place.by} needs {' or '.join(place.map)}, which is off."
            yield Problem(place.line or entry.line, entry.map, level, words, "Switch it on, or this lookup off.")


def _line(
    entry: ObjectMap, line: FieldMap, given: ObjectSchema | None, target: ObjectSchema | None
) -> Iterator[Problem]:
    sources = {path: given.fields.get(path) if given else None for path in line.source}
    kind = kind_of(line, sources)
    for words, remedy in chain_problems(line, kind, SUPPLIED):
        yield _at(entry, line, "error", words, remedy)
    there = target.fields.get(line.to) if target else None
    if line.may_go and (there is None or not there.writable):
        return
    if there is None and line.create is None and target is not None:
        yield _at(entry, line, "error", f"{entry.to} has no field {line.to}.", "Correct `to`, or add `create`.")
    if there is not None and not there.writable and there.type is not FieldType.FILE:  # a file is put beside its record
        yield _at(entry, line, "error", f"{line.to} cannot be written.", "Choose another field.")
    type = there.type if there else line.create.type if line.create else FieldType.OTHER
    if line.lookup:
        if type not in (FieldType.LOOKUP, FieldType.OTHER):
            yield _at(entry, line, "error", f"A lookup does not fit a field of type {type.value}.", "Correct `to`.")
    elif line.source and (clash := type_clash(line, kind, type)):
        yield _at(entry, line, "error", clash, "Add a transform, or choose another field.")
    yield from _values(entry, line, sources)


def _values(entry: ObjectMap, line: FieldMap, sources: dict[str, FieldSchema | None]) -> Iterator[Problem]:
    options = [option for field in sources.values() if field for option in field.options]
    if not line.values:
        return
    unmapped = [option for option in dict.fromkeys(options) if option not in line.values]
    if unmapped and line.unmapped == "report":
        words = f"The source also has: {', '.join(unmapped)}. They would be written as they are."
        yield _at(entry, line, "warning", words, "Add them to `values`.")


def _left_out(mapping: Mapping, destination: Schema) -> Iterator[Problem]:
    """Lines that this account does not let be written, each field told once."""
    refused: dict[str, list[tuple[ObjectMap, FieldMap]]] = {}
    for entry in mapping.active():
        target = destination.objects.get(entry.to)
        for line in entry.active_fields() if target else ():
            there = target.fields.get(line.to) if target else None
            if line.may_go and (there is None or not there.writable):
                refused.setdefault(line.to, []).append((entry, line))
    for name, found in refused.items():
        maps = ", ".join(entry.map for entry, _ in found)
        entry, line = found[0]
        yield _at(entry, line, "warning", f"This account does not let {name} be set ({maps}).", line.note)


def _required(entry: ObjectMap, target: ObjectSchema | None) -> Iterator[Problem]:
    filled = {line.to for line in entry.active_fields()}
    for field in target.fields.values() if target else ():
        if field.required and field.writable and field.name not in filled and not _by_parent(entry, field):
            yield _error(entry, f"{entry.to} requires {field.name}, which no line fills.", "Add a line for it.")


def _by_parent(entry: ObjectMap, field: FieldSchema) -> bool:
    return entry.parent is not None and field.type in (FieldType.LOOKUP, FieldType.OTHER)


def _error(entry: ObjectMap, words: str, remedy: str) -> Problem:
    return Problem(entry.line, entry.map, "error", words, remedy)


def _at(entry: ObjectMap, line: FieldMap, level: str, words: str, remedy: str) -> Problem:
    return Problem(line.line or entry.line, f"{entry.map} {line.to}", level, words, remedy)

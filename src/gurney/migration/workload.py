"""How much work the plan means: what each object map writes, what others would instead, what is fetched and proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from gurney.errors import GurneyError
from gurney.estimate.workload import Part, Workload, fields_read, is_optional
from gurney.mapping.lists import lists_read
from gurney.mapping.model import Mapping, ObjectMap
from gurney.migration.audit import rows_of
from gurney.migration.compiled import limits_of
from gurney.migration.context import Migration
from gurney.migration.dry import DryRun
from gurney.migration.files import size_of
from gurney.schema import NewField, NewObject, NewOptions, SchemaChange

FILES = "patient_attachments"
TryOne = Callable[[Mapping, str], DryRun]
"""Tries one object map of a mapping dry."""


def workload(
    migration: Migration, mapping: Mapping, tried: DryRun, wanted: Sequence[SchemaChange], try_one: TryOne
) -> Workload:
    """The whole migration's."""
    options = migration.workspace.settings.options
    snapshot = migration.store.snapshot
    sizes = list(_file_sizes(migration))
    return Workload(
        parts=tuple(_parts(migration, mapping, tried, len(sizes), wanted)),
        offers=tuple(_offers(migration, mapping, try_one)),
        new_objects=sum(isinstance(change, NewObject) for change in wanted),
        new_fields=sum(isinstance(change, NewField) for change in wanted),
        new_fields_of_new_objects=_of_new_objects(wanted),
        new_options=_options(wanted),
        source_records={object: sum(snapshot.counts(object).values()) for object in snapshot.objects()},
        lists=lists_read(mapping),
        source_files=len(sizes) if any(entry.source == FILES for entry in mapping.active()) else 0,
        source_bytes=sum(sizes),
        largest_file_bytes=max(sizes, default=0),
        source_calls_per_minute=migration.workspace.settings.source.requests_per_minute,
        fetches_ahead=options.files_ahead_mb > 0,
        reads_all_back=options.read_back == "all",
        checks_bytes=options.verify_files == "checksum",
        fields=fields_read(mapping),
        removes_schema=options.rollback_fields,
    )


def _parts(
    migration: Migration, mapping: Mapping, tried: DryRun, files: int, wanted: Sequence[SchemaChange]
) -> Iterator[Part]:
    """One for each object map that writes, and one for what overflows into another object (long texts as notes)."""
    capabilities = migration.destination().capabilities
    rest = Counter(tried.writes)
    made = {(change.object, change.name) for change in wanted if isinstance(change, NewField)}
    for entry in mapping.active():
        if entry.to == capabilities.user_object:  # users are matched, not written
            rest.pop(entry.to, None)
            continue
        records = _records(entry, tried)
        rest[entry.to] -= records
        if entry.source == FILES and entry.to == capabilities.file_object:
            records = min(records, files)
        yield Part(
            entry.map, entry.source, entry.to, records, is_optional=is_optional(mapping, entry),
            is_list=entry.table is not None, links=_links(entry, tried), is_met=_is_met(entry, made),
        )  # fmt: skip
    for object, records in sorted(rest.items()):
        if records > 0:
            yield Part("further parts", "long texts", object, records)


def _is_met(entry: ObjectMap, made: Collection[tuple[str, str]]) -> bool:
    """A key that provisioning does not make may stand in records already."""
    return bool(entry.key) and (entry.to, entry.key) not in made


def _links(entry: ObjectMap, tried: DryRun) -> int:
    return sum(tried.populated[entry.map, line.to] for line in entry.active_fields() if line.lookup is not None)


def _records(entry: ObjectMap, tried: DryRun) -> int:
    left = sum(count for (map, _), count in tried.skipped.items() if map == entry.map)
    return tried.selected.get(entry.map, 0) - left


def _offers(migration: Migration, mapping: Mapping, try_one: TryOne) -> Iterator[Part]:
    """What is off although the clinic may choose it, each tried as if it were on in place of its alternatives."""
    for entry in mapping.maps:
        if entry.enabled or not (entry.optional or entry.alternative_to):
            continue
        try:
            records = _records(entry, try_one(_with(mapping, entry), entry.map))
        except GurneyError:  # it does not fit this account as it is: nothing to offer
            continue
        instead = tuple(map for map in entry.alternative_to if any(one.map == map for one in mapping.active()))
        yield Part(entry.map, entry.source, entry.to, records, is_optional=True, is_in=False, instead_of=instead)


def _with(mapping: Mapping, chosen: ObjectMap) -> Mapping:
    """The mapping with one more object map on, and those off that move the same records."""
    maps = [
        entry.model_copy(update={"enabled": entry.map == chosen.map or entry.enabled})
        if entry.map not in chosen.alternative_to
        else entry.model_copy(update={"enabled": False})
        for entry in mapping.maps
    ]
    return mapping.model_copy(update={"maps": maps})


def _of_new_objects(wanted: Sequence[SchemaChange]) -> int:
    made = {change.name for change in wanted if isinstance(change, NewObject)}
    return sum(isinstance(change, NewField) and change.object in made for change in wanted)


def _options(wanted: Sequence[SchemaChange]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for change in wanted:
        if isinstance(change, NewOptions):
            found[change.object] += len(change.options)
    return dict(found)


def _file_sizes(migration: Migration) -> Iterator[int]:
    """Bytes of each file that goes over: not empty, and not over the destination's limit."""
    most = limits_of(migration).get("file_bytes")
    for row in rows_of(migration, FILES):
        size = size_of(row)
        if row.state == "live" and size and (most is None or size <= most):
            yield size

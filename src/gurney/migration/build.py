"""From snapshot rows to writes: derived facts, lookups and owners brought to the compiled mapping.

Pure but for reading the store. Sample, load, delta and verification all build through here, so that what is
compared is what was meant to be written.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from gurney.mapping.build import ASSIGNED
from gurney.mapping.compile import Built, CompiledMap, CompiledMapping
from gurney.migration.tables import AT_ONCE, Told, file_of, listed, strays
from gurney.records import File, Link, Write
from gurney.sources.cliniko.derived import Tally, derive
from gurney.store.snapshot import Row, Snapshot
from gurney.store.store import Store

Owners = Mapping[str, str | None]
"""Practitioner id -> user of the destination, or None for nobody."""

NOT_SELECTED = "not-applicable"
"""The mapping's reason for a record that this object map does not concern; it is no loss and is not counted."""

DRY = "dry"
"""Stands for a destination id while nothing has been written yet."""


@dataclass(frozen=True, slots=True)
class BuiltRow:
    """What one source record becomes through one object map."""

    row: Row
    record: dict[str, Any]
    built: Built
    content: bytes = b""
    """The bytes of a file that the mapping makes: its write names them, and they are kept before it is sent."""
    lines: Mapping[Told, int] = field(default_factory=dict)
    """How many records became lines of that file, and how many did not and why."""

    @property
    def made(self) -> Iterator[tuple[File, bytes]]:
        """The file that the mapping made, if it did, with its bytes."""
        yield from ((write.file, self.content) for write in self.built.writes if write.file and self.content)

    @property
    def is_selected(self) -> bool:
        return self.built.skipped != NOT_SELECTED

    def without_source(self) -> BuiltRow:
        """The same without what it was made from, for those who only send it: thousands are held at once."""
        row = Row(self.row.seq, self.row.id, self.row.state, {}, self.row.changed_in)
        return BuiltRow(row, {}, self.built, self.content, self.lines)


KEPT_OPEN = 4_000
"""Rows kept open for those that refer to them: about 7 kB each."""
STRIDE = 1_000
OPENED = 500
"""Records that are derived at once: all that refers to them is open meanwhile, tens of kB each for a patient."""

Made = TypeVar("Made")


class Related:
    """The snapshot as derived facts want it: bodies of other records. The last ones asked for are kept open."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._open: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
        self._made: dict[str, Any] = {}

    def get(self, object: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        found = {id: body for id in ids if (body := self._open.get((object, id))) is not None}
        for id in found:
            self._open.move_to_end((object, id))
        if len(found) < len(ids):
            fresh = self._snapshot.get(object, [id for id in ids if id not in found])
            for id, row in fresh.items():
                found[id] = self._open[object, id] = row.body
            while len(self._open) > KEPT_OPEN:
                self._open.popitem(last=False)
        return found

    def children(self, object: str, link_field: str, parent_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        found = self._snapshot.children(object, link_field, parent_ids)
        return {parent: [row.body for row in rows] for parent, rows in found.items()}

    def tally(
        self, object: str, link_field: str, parent_ids: Sequence[str], other: str, via: tuple[str, str] | None = None
    ) -> Tally:
        return self._snapshot.tally(object, link_field, parent_ids, other, via)

    def every(self, object: str) -> Iterator[dict[str, Any]]:
        after = 0
        while rows := self._snapshot.scan(object, after=after, limit=STRIDE):
            yield from (row.body for row in rows if row.state != "gone")
            after = rows[-1].seq

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        if name not in self._made:
            self._made[name] = make()
        made: Made = self._made[name]
        return made


def enriched(
    related: Related, object: str, rows: Sequence[Row], as_of: datetime, wanted: AbstractSet[str] | None = None
) -> list[dict[str, Any]]:
    """Source records with their derived facts under `derived` and their state under `_state`.

    `wanted` names the facts that matter; None wants all.
    """
    bodies = [row.body for row in rows]
    facts = derive(object, bodies, related, as_of, wanted)
    return [{**body, "derived": fact, "_state": row.state} for body, fact, row in zip(bodies, facts, rows, strict=True)]


def is_dry(value: object) -> bool:
    """Whether a value names a record that is not migrated, and that a dry build took for migrated."""
    return isinstance(value, Link) and value.id.startswith(f"{DRY} ")


def opened(rows: Sequence[Row], at_once: int = OPENED) -> Iterator[Sequence[Row]]:
    """Rows in such portions as are held open together."""
    for start in range(0, len(rows), at_once):
        yield rows[start : start + at_once]


class Builder:
    """Builds rows of one object map after another."""

    def __init__(self, store: Store, compiled: CompiledMapping, owners: Owners, as_of: datetime) -> None:
        self._store = store
        self._compiled = compiled.by_id
        self._owners = owners
        self._as_of = as_of
        self._related = Related(store.snapshot)

    def enrich(self, object: str, rows: Sequence[Row], wanted: AbstractSet[str] | None = None) -> list[dict[str, Any]]:
        """Source records with their derived facts under `derived` and their state under `_state`.

        `wanted` names the facts that matter; None wants what any object map reads.
        """
        return enriched(self._related, object, rows, self._as_of, self._facts(object) if wanted is None else wanted)

    def _facts(self, object: str) -> AbstractSet[str] | None:
        maps = self._compiled.values()
        named = [map.facts for map in maps if map.object == object]
        named += [map.table.facts for map in maps if map.table and map.table.object == object]
        return None if None in named else frozenset[str]().union(*(facts for facts in named if facts is not None))

    def build(self, map: CompiledMap, rows: Sequence[Row], *, dry: bool = False) -> list[BuiltRow]:
        """What these rows become. A `dry` build takes every parent that the source has for migrated."""
        return [item for some in self.portions(map, rows, dry=dry) for item in some]

    def portions(self, map: CompiledMap, rows: Sequence[Row], *, dry: bool = False) -> Iterator[list[BuiltRow]]:
        """The same, so many at once as are worth holding open with all that refers to them."""
        for some in opened(rows, OPENED if map.table is None else AT_ONCE):
            if map.table is None:
                yield self._portion(map, some, dry=dry)
            else:
                yield list(self._made_files(map, some, dry=dry))

    def _portion(self, map: CompiledMap, rows: Sequence[Row], *, dry: bool) -> list[BuiltRow]:
        unconcerned = self._unconcerned(map, rows)
        rest = [row for row in rows if row.id not in unconcerned] if unconcerned else rows
        records = self._assigned(map, self.enrich(map.object, rest, map.facts))
        ids = self.lookups(map, records, dry=dry)
        files = self._files(map, rest)
        built = {
            row.id: BuiltRow(row, record, _with_file(map.build(record, ids, self._owners), files.get(row.id)))
            for row, record in zip(rest, records, strict=True)
        }
        if map.assigns and not dry:
            self.assign(map, built.values())
        return [built.get(row.id) or unconcerned[row.id] for row in rows]

    def assign(self, map: CompiledMap, built: Iterable[BuiltRow]) -> None:
        """Keep whom these records are assigned to; what the plan decided for them before stays."""
        decided = {
            item.row.id: item.built.assigned
            for item in built
            if item.built.assigned and item.built.assigned != item.record.get(ASSIGNED)
        }
        self._store.assignments.put(map.id, decided)

    def _assigned(self, map: CompiledMap, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The records with what was decided for them."""
        if not map.assigns:
            return records
        told = self._store.assignments.get(map.id, [record["id"] for record in records])
        return [{**record, ASSIGNED: told.get(record["id"], {})} for record in records]

    def _made_files(self, map: CompiledMap, rows: Sequence[Row], *, dry: bool) -> Iterator[BuiltRow]:
        """A file for each of these parents that some record belongs to; the rest are not concerned."""
        lists = listed(self._store.snapshot, self.enrich, map, rows)
        records = [{**row.body, "_state": row.state} for row in rows]
        ids = self.lookups(map, records, dry=dry)
        for row, record in zip(rows, records, strict=True):
            theirs = lists.get(row.id)
            told = theirs.told() if theirs else {}
            if theirs is None or not theirs.lines:
                yield BuiltRow(row, record, Built(skipped=NOT_SELECTED), lines=told)
                continue
            content = theirs.content()
            built = _with_file(map.build(record, ids, self._owners), file_of(map, row.id, content))
            yield BuiltRow(row, record, built, content, told)

    def makes_files(self, map_id: str) -> bool:
        """Whether an object map makes its files itself, from lists."""
        return map_id in self._compiled and self._compiled[map_id].table is not None

    def strays(self, map: CompiledMap) -> Counter[Told]:
        """Records for a list that belong to nobody whom the source has, and why they are in no file."""
        return strays(self._store.snapshot, self.enrich, map)

    def _unconcerned(self, map: CompiledMap, rows: Sequence[Row]) -> dict[str, BuiltRow]:
        """Rows that the map's own conditions leave to others, told by as few facts as the conditions need."""
        if not map.rules.is_choosy:
            return {}
        records = self.enrich(map.object, rows, map.deciding)
        return {
            row.id: BuiltRow(row, record, Built(skipped=NOT_SELECTED))
            for row, record in zip(rows, records, strict=True)
            if not map.rules.concern(record)
        }

    def lookups(
        self, map: CompiledMap, records: Iterable[Mapping[str, Any]], *, dry: bool = False
    ) -> dict[tuple[str, str], str]:
        """Destination ids of every record that these records refer to, '' where the source has no such record.

        Losers of a merge lead to their survivor. Records that were not migrated are left out.
        """
        wanted: dict[str, set[str]] = defaultdict(set)
        for record in records:
            wanted[map.id].add(record["id"])
            for target, source_id in map.references(record):
                wanted[target].add(source_id)
        found: dict[tuple[str, str], str] = {}
        for target, source_ids in wanted.items():
            if target in self._compiled:
                self._look_up(target, sorted(source_ids), found, dry=dry)
        return found

    def deferred(self, map: CompiledMap, records: Sequence[dict[str, Any]]) -> Iterator[Write]:
        """The lookups of these records that are set last, as one LINK each; those to what is not there are left out."""
        ids = self.lookups(map, records)
        return (link for record in records if (link := map.build_deferred(record, ids)) is not None)

    def _look_up(self, target: str, source_ids: list[str], found: dict[tuple[str, str], str], *, dry: bool) -> None:
        object = self._compiled[target].object
        survivors = self._store.snapshot.resolve(object, source_ids)
        there = self._store.effects.get(target, object, sorted(set(survivors.values())))
        missing = [source_id for source_id, survivor in survivors.items() if survivor not in there]
        known = self._store.snapshot.states(object, sorted({survivors[source_id] for source_id in missing}))
        for source_id, survivor in survivors.items():
            if survivor in there:
                found[target, source_id] = there[survivor]
            elif known.get(survivor, "gone") == "gone":
                found[target, source_id] = ""
            elif dry:
                found[target, source_id] = f"{DRY} {target}/{survivor}"

    def _files(self, map: CompiledMap, rows: Sequence[Row]) -> dict[str, File]:
        if map.object != "patient_attachments" or map.marker:
            return {}
        return self._store.files.many([row.id for row in rows])


def _with_file(built: Built, stored: File | None) -> Built:
    """Hand the stored bytes to the write that attaches them, and expect them back by size and checksum."""
    if stored is None or not built.writes:
        return built
    return replace(built, writes=[_attached(built.writes[0], stored), *built.writes[1:]])


def _attached(write: Write, stored: File) -> Write:
    fields = {**write.fields, "size_bytes": stored.size_bytes, "sha256": stored.sha256}
    return replace(write, file=stored, fields=fields)

"""The sample clinic in a snapshot, and every record of it as the Salesforce mapping builds it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mapping_account import AS_OF

from gurney.mapping.build import Built
from gurney.mapping.compile import CompiledMapping
from gurney.migration.build import Builder
from gurney.records import Issue, Value, Write
from gurney.sources.cliniko.keep import staged
from gurney.sources.cliniko.links import link_id
from gurney.sources.cliniko.merges import survivors
from gurney.sources.cliniko.objects import objects
from gurney.store.snapshot import Row, Staged
from gurney.store.store import Store

UNREAD = frozenset({"services", "communications", "bookings", "stock_adjustments", "unavailable_blocks"})
PAGE = 1000
Record = dict[str, Any]


def stage(store: Store, object: str, rows: list[Record]) -> None:
    """Put source records into the snapshot as a reading does."""
    spec = objects()[object]
    for start in range(0, len(rows), PAGE):
        store.snapshot.put(object, [staged(spec, row, "") for row in rows[start : start + PAGE]])


def stage_account(store: Store, settings: Record) -> None:
    body = {**settings, "id": "settings"}
    store.snapshot.put("settings", [Staged("settings", "", "2026-01-01T00:00:00Z", "live", body)])


def stage_clinic(store: Store, folder: Path) -> None:
    for name in objects():
        file = folder / f"{name}.jsonl.gz"
        if file.exists() and name not in UNREAD:
            with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
                stage(store, name, [json.loads(line) for line in lines])
    stage_account(store, json.loads((folder / "settings.json").read_text("utf-8")))
    merged = {row["id"]: into for row in every(store, "patients") if (into := link_id(row, "merged_with_patient"))}
    store.snapshot.set_aliases("patients", survivors(merged))


def every(store: Store, object: str) -> Iterator[Record]:
    after = 0
    while rows := store.snapshot.scan(object, after=after, limit=PAGE):
        yield from (row.body for row in rows)
        after = rows[-1].seq


@dataclass
class Salesforce:
    """Records of a staged clinic as Salesforce would get them; every parent in the source counts as migrated."""

    store: Store
    compiled: CompiledMapping
    owners: Mapping[str, str | None] = field(default_factory=dict)
    _all: dict[str, dict[str, Built]] = field(default_factory=dict)

    def all(self, map_id: str) -> dict[str, Built]:
        """By source id: what the object map makes of the records that concern it."""
        if map_id not in self._all:
            found: dict[str, Built] = {}
            after = 0
            while rows := self.store.snapshot.scan(self.compiled.by_id[map_id].object, after=after, limit=PAGE):
                found |= self._build(map_id, rows)
                after = rows[-1].seq
            self._all[map_id] = found
        return self._all[map_id]

    def one(self, map_id: str, source_id: str) -> Built:
        if map_id in self._all:
            return self._all[map_id][source_id]
        object = self.compiled.by_id[map_id].object
        return self._build(map_id, list(self.store.snapshot.get(object, [source_id]).values()))[source_id]

    def _build(self, map_id: str, rows: Sequence[Row]) -> dict[str, Built]:
        builder = Builder(self.store, self.compiled, self.owners, AS_OF)
        built = builder.build(self.compiled.by_id[map_id], rows, dry=True)
        return {item.row.id: item.built for item in built if item.is_selected}

    def source(self, object: str, id: str) -> Record:
        return self.store.snapshot.get(object, [id])[id].body

    def write(self, map_id: str, source_id: str) -> Write:
        return self.one(map_id, source_id).writes[0]

    def fields(self, map_id: str, source_id: str) -> Mapping[str, Value]:
        return self.write(map_id, source_id).fields

    def told(self, map_id: str, source_id: str, name: str) -> str:
        """A field's own value at the source: for a lookup, the source id of the record that it leads to."""
        return self.one(map_id, source_id).source_values.get(name, "")

    def written(self, map_id: str) -> dict[str, Write]:
        return {id: built.writes[0] for id, built in self.all(map_id).items() if built.writes}

    def skipped(self, map_id: str, code: str) -> set[str]:
        return {id for id, built in self.all(map_id).items() if built.skipped == code}

    def issues(self, code: str, map_id: str) -> list[Issue]:
        return [issue for built in self.all(map_id).values() for issue in built.issues if issue.code == code]

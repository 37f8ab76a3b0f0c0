"""Files that the mapping makes: the lists of a patient's invoices or messages, as CSV.

The same records make the same bytes, so the checksum in the ledger says whether a list changed. The bytes lie on the
disk sealed, like every file, and only from just before they are sent.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from gurney.mapping.compile import CompiledMap
from gurney.mapping.rules import Skipped
from gurney.mapping.tables import CompiledTable, Line
from gurney.records import File
from gurney.reports.csv import csv_lines
from gurney.store.snapshot import Row, Snapshot
from gurney.store.store import Store

CONTENT_TYPE = "text/csv"
AT_ONCE = 40
"""Patients whose lists are held at once: hundreds of records each."""
STRIDE = 2_000

Enrich = Callable[[str, Sequence[Row], AbstractSet[str] | None], list[dict[str, Any]]]
"""(object, rows, wanted facts) -> records with their facts and states."""

Told = tuple[str, str]
"""Why a record is no line of a file: code and words; ('', '') for one that is."""
TAKEN: Told = ("", "")
NOBODY: Told = ("source-orphan", "It belongs to no patient that the source has, so it stands in no file.")


@dataclass(frozen=True, slots=True)
class Listed:
    """What becomes of the records that belong to one parent."""

    table: CompiledTable
    lines: list[Line]
    left: list[tuple[str, Skipped]]

    def told(self) -> Counter[Told]:
        """How many records are lines, and how many are not and why."""
        left = Counter((reason.code, reason.words) for _, reason in self.left)
        return left + Counter({TAKEN: len(self.lines)})

    def content(self) -> bytes:
        return b"".join(csv_lines(self.table.headings, self.lines))


def listed(snapshot: Snapshot, enrich: Enrich, map: CompiledMap, parents: Sequence[Row]) -> dict[str, Listed]:
    """The lists of these parents by their ids. What belongs to somebody who was merged belongs to the survivor."""
    table = map.table
    assert table is not None
    ids = [row.id for row in parents if row.state not in ("merged", "gone")]
    losers = snapshot.merged_into(map.object, ids)
    rows: dict[str, list[Row]] = defaultdict(list)
    for owner, theirs in snapshot.children(table.object, table.by, [*ids, *losers]).items():
        rows[losers.get(owner, owner)] += theirs
    records = iter(enrich(table.object, [row for theirs in rows.values() for row in theirs], table.facts))
    return {id: Listed(table, *table.lines([next(records) for _ in theirs])) for id, theirs in rows.items()}


def strays(snapshot: Snapshot, enrich: Enrich, map: CompiledMap) -> Counter[Told]:
    """Records that belong to nobody whom the source has, and why they are in no file."""
    table = map.table
    assert table is not None
    found: Counter[Told] = Counter()
    for ids in _stray_ids(snapshot, table, map.object):
        rows = list(snapshot.get(table.object, ids).values())
        lines, left = table.lines(enrich(table.object, rows, table.facts))
        found.update((reason.code, reason.words) for _, reason in left)
        found[NOBODY] += len(lines)
    return +found


def _stray_ids(snapshot: Snapshot, table: CompiledTable, parents: str) -> Iterator[list[str]]:
    after = 0
    while page := snapshot.named(table.object, table.by, after, STRIDE):
        after = page[-1][0]
        survivors = snapshot.resolve(parents, sorted({owner for _, _, owner in page if owner}))
        states = snapshot.states(parents, sorted(set(survivors.values())))
        there = {
            owner for owner, survivor in survivors.items() if states.get(survivor, "gone") not in ("gone", "merged")
        }
        if ids := [id for _, id, owner in page if owner not in there]:
            yield ids


def file_of(map: CompiledMap, id: str, content: bytes) -> File:
    """What the store will know the bytes by: another version of a list is another file."""
    assert map.table is not None
    sha256 = hashlib.sha256(content).hexdigest()
    return File(f"{map.id}-{id}-{sha256[:16]}", map.table.file_name, len(content), CONTENT_TYPE, sha256)


async def keep_made(store: Store, made: Iterable[tuple[File, bytes]]) -> None:
    """Put the bytes of made files into the store, for the destination to stream from there."""
    wanted = {file.store_id: (file, content) for file, content in made}
    there = store.files.many(list(wanted))
    for id, (file, content) in wanted.items():
        if id not in there:
            await store.files.save(id, file.name, file.content_type, _chunks(content))


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content

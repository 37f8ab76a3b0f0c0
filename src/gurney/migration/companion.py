"""Companion files: what the destination has no room for goes out as CSV, joined by the record's id (AUD10).

They hold patients' values, so they are not written into the workspace by themselves: they are made from the sealed
snapshot when the operator asks, in the folder that the operator names. Their values pass through the same transforms
as the fields that found room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gurney.mapping.model import FieldMap, Mapping, ObjectMap
from gurney.mapping.paths import Record, test_of, view
from gurney.mapping.propose import Proposal
from gurney.mapping.steps import text_reader
from gurney.migration.build import Related, enriched
from gurney.migration.compiled import context_of
from gurney.migration.context import Migration
from gurney.reports.csv import write_csv

STRIDE = 1000
_DOCUMENT = "companion"
_SWITCHED_OFF = "It is switched off in mapping.yaml."


@dataclass(frozen=True, slots=True)
class Companion:
    """A field that goes out beside the migration."""

    map: str
    object: str
    """Source object."""
    line: FieldMap
    why: str


def settle_companions(migration: Migration, mapping: Mapping, proposal: Proposal | None) -> list[Companion]:
    """Which fields go out beside the migration as the mapping stands now: what was proposed and is off.

    The clinic may give a field the room of another by switching that one off: then the other goes out. What the
    proposal itself left off, for it should not be handed on, never does. Kept for the export.
    """
    saved = migration.store.documents.get(_DOCUMENT) or {"offered": {}}
    offered: dict[str, str] = _offered(proposal) if proposal is not None else saved["offered"]
    companions = [
        Companion(entry.map, entry.source, line, offered[_name(entry, line)] or _SWITCHED_OFF)
        for entry in mapping.active()
        for line in entry.fields
        if not line.enabled and _name(entry, line) in offered and _holds_something(line)
    ]
    fields = [
        {"map": one.map, "object": one.object, "why": one.why, "line": one.line.model_dump(by_alias=True, mode="json")}
        for one in companions
    ]
    migration.store.documents.put(_DOCUMENT, {"offered": offered, "fields": fields}, sealed=True)
    return companions


def export_companions(migration: Migration, folder: Path) -> list[Path]:
    """Write one CSV file for each object map that has companion fields; returns the files."""
    mapping, companions = migration.mapping(), _kept(migration)
    context = context_of(migration)
    files = []
    for entry in mapping.active():
        lines = [one.line for one in companions if one.map == entry.map]
        if not lines:
            continue
        columns = [entry.key or f"{entry.source} id", *(line.label for line in lines)]
        readers = [text_reader(line, context) for line in lines]
        rows = ([record["id"], *(read(record) for read in readers)] for record in _records(migration, entry))
        files.append(write_csv(_file(folder, entry), columns, rows, migration.runtime))
    return files


def _offered(proposal: Proposal) -> dict[str, str]:
    """Every field that the proposal found worth moving, with the reason why it has no room, '' where it has."""
    on = {_name(entry, line): "" for entry in proposal.mapping.active() for line in entry.active_fields()}
    return on | {f"{one.map} {one.line.to}": one.why for one in proposal.companion}


def _name(entry: ObjectMap, line: FieldMap) -> str:
    return f"{entry.map} {line.to}"


def _holds_something(line: FieldMap) -> bool:
    """Fields that only take what others refuse have nothing of their own."""
    return bool(line.source or line.lookup or line.transform)


def _kept(migration: Migration) -> list[Companion]:
    saved = migration.store.documents.get(_DOCUMENT) or {"fields": []}
    return [
        Companion(one["map"], one["object"], FieldMap.model_validate(one["line"]), one["why"])
        for one in saved["fields"]
    ]


def _file(folder: Path, entry: ObjectMap) -> Path:
    return folder / f"companion-{entry.map}-{entry.source}.csv"


def _records(migration: Migration, entry: ObjectMap) -> Iterator[Record]:
    """The records that the object map moves, as the mapping sees them."""
    moves, related = _moves(entry), Related(migration.store.snapshot)
    after = 0
    while rows := migration.store.snapshot.scan(entry.source, after=after, limit=STRIDE):
        after = rows[-1].seq
        records = enriched(related, entry.source, rows, migration.as_of())
        yield from (seen for record in records if moves(seen := view(record)))


def _moves(entry: ObjectMap) -> Callable[[Record], bool]:
    left_behind = {"gone", "merged", *(["archived"] if entry.archived == "skip" else [])}
    applies = test_of(entry.when)
    leave_out = [test for rule in entry.leave_out if (test := test_of(rule.when)) is not None]

    def moves(seen: Record) -> bool:
        if seen["_state"] in left_behind or any(test(seen) for test in leave_out):
            return False
        return applies is None or applies(seen)

    return moves

"""Companion files: what the destination has no room for goes out as CSV, joined by the record's id (AUD10).

They hold patients' values, so they are not written into the workspace by themselves: they are made from the sealed
snapshot when the operator asks, in the folder that the operator names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gurney.mapping.paths import many_reader
from gurney.mapping.propose import CompanionField
from gurney.migration.context import Migration
from gurney.reports.csv import write_csv

_DOCUMENT = "companion"


def remember_companions(migration: Migration, fields: Sequence[CompanionField]) -> None:
    """Keep which fields go out beside the migration."""
    saved = [{"object": one.object, "label": one.label, "paths": list(one.line.source)} for one in fields]
    migration.store.documents.put(_DOCUMENT, {"fields": saved}, sealed=True)


def export_companions(migration: Migration, folder: Path) -> list[Path]:
    """Write one CSV file for each source object that has companion fields; returns the files."""
    fields = (migration.store.documents.get(_DOCUMENT) or {"fields": []})["fields"]
    files = []
    for object in sorted({field["object"] for field in fields}):
        mine = [field for field in fields if field["object"] == object]
        columns = [f"{object} id", *(field["label"] for field in mine)]
        rows = ([record["id"], *_values(record, mine)] for record in _records(migration, object))
        files.append(write_csv(folder / f"companion-{object}.csv", columns, rows, migration.runtime))
    return files


def _records(migration: Migration, object: str) -> Iterator[dict[str, Any]]:
    after = 0
    while rows := migration.store.snapshot.scan(object, after=after):
        yield from (row.body for row in rows if row.state not in ("gone", "merged"))
        after = rows[-1].seq


def _values(record: dict[str, Any], fields: Sequence[dict[str, Any]]) -> list[str]:
    values = (many_reader(tuple(field["paths"]))(record) for field in fields)
    return ["" if value is None else "; ".join(str(part) for part in value if part is not None) for value in values]

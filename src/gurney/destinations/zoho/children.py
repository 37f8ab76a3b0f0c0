"""Notes and files: what hangs on a record (FACTS 5, 8, 10, 13).

They hold no key of ours, so they are found through their parent. Listing notes costs a call for each parent; walking
all notes costs one for each 200, needs an administrator, and is done when it is the cheaper way. The walk is kept
for a few minutes and forgotten as soon as this process writes or deletes a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from gurney.destinations.zoho.client import Client
from gurney.destinations.zoho.coql import chunks
from gurney.destinations.zoho.limits import holds_files, lookups_to, per_call
from gurney.destinations.zoho.metadata import FILES, NOTES, Metadata
from gurney.destinations.zoho.reading import Reader
from gurney.destinations.zoho.records import read_back
from gurney.errors import Misused, VendorRefused
from gurney.records import Link, ReadBack
from gurney.runtime import Runtime
from gurney.transport import together

NOTE_FIELDS = "Note_Title,Note_Content,Parent_Id,Modified_Time,Modified_By"
FILE_FIELDS = "id,File_Name,Size,Created_Time,Modified_Time,Modified_By,Parent_Id"
WALK_FROM = 8
"""Fewer parents are always listed one by one."""
WALK_LASTS_S = 300.0


class Children:
    """Reads notes and files of many records."""

    def __init__(self, client: Client, metadata: Metadata, reader: Reader, runtime: Runtime) -> None:
        self._client = client
        self._metadata = metadata
        self._reader = reader
        self._clock = runtime.clock
        self._walked: dict[str, list[ReadBack]] | None = None
        self._walked_at = 0.0
        self._too_many_pages = 0
        """The walk was given up after so many pages; only more parents than that are worth another try."""

    def forget_notes(self) -> None:
        """A note was written or deleted: the last walk no longer holds."""
        self._walked = None

    async def read(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """Notes or files by parent id; every parent has an entry."""
        if object == NOTES:
            return await self.notes(parents)
        if object == FILES:
            found = await together(self._files_of(parent) for parent in parents)
            return {parent.id: files for parent, files in zip(parents, found, strict=True)}
        raise Misused(f"{object} do not hang on records; read them by their ids.")

    async def notes(self, parents: Sequence[Link]) -> dict[str, list[ReadBack]]:
        """The notes of each parent."""
        walked = await self._walk(len(parents))
        if walked is not None:
            return {parent.id: walked.get(parent.id, []) for parent in parents}
        found = await together(self._notes_of(parent) for parent in parents)
        return {parent.id: notes for parent, notes in zip(parents, found, strict=True)}

    async def file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        """A file's bytes."""
        async with self._client.download(f"/{parent.object}/{parent.id}/{FILES}/{file_id}") as download:
            async for chunk in download.chunks:
                yield chunk

    async def of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """What hangs on the records and is not ours: notes, files, tasks, events, deals. Only records with some."""
        if object in (NOTES, FILES) or not ids:
            return {}
        found: dict[str, list[str]] = defaultdict(list)
        parents = [Link(object, id) for id in ids]
        for kind in (NOTES, FILES) if holds_files(object) else (NOTES,):
            for parent, children in (await self.read(parents, kind)).items():
                found[parent] += [f"{kind}/{child.id}" for child in children]
        served = await self._metadata.modules()
        for module, lookup in lookups_to(object).items():
            if module in served:
                for parent, child in await self._looking_up(module, lookup, ids):
                    found[parent].append(f"{module}/{child}")
        return {
            parent: others
            for parent, children in found.items()
            if (others := [child for child in children if not _is_ours(child, ours)])
        }

    async def _looking_up(self, module: str, lookup: str, ids: Sequence[str]) -> list[tuple[str, str]]:
        """(parent id, child id) of the module's records whose lookup names one of the ids."""
        found = await together(
            self._reader.select(module, ["id", lookup], lookup, group) for group in chunks(ids, per_call("coql_in"))
        )
        return [(parent, str(row["id"])) for rows in found for row in rows if (parent := _linked(row.get(lookup)))]

    async def _walk(self, parents: int) -> dict[str, list[ReadBack]] | None:
        """All notes by parent, if that is the cheaper way; None when they are better listed by parent."""
        now = self._clock.monotonic()
        if self._walked is not None and now - self._walked_at < WALK_LASTS_S:
            return self._walked
        if parents < WALK_FROM or parents <= self._too_many_pages:
            return None
        try:
            rows = await self._client.pages(f"/{NOTES}", [("fields", NOTE_FIELDS)], most=parents)
        except VendorRefused:
            rows = None  # not an administrator (FACTS 2), or more than page tokens reach
        if rows is None:
            self._too_many_pages = max(parents, self._too_many_pages)
            return None
        self._walked, self._walked_at = _by_parent(rows), now
        return self._walked

    async def _notes_of(self, parent: Link) -> list[ReadBack]:
        return [_note(row) for row in await self._hanging(parent, NOTES, NOTE_FIELDS)]

    async def _files_of(self, parent: Link) -> list[ReadBack]:
        return [_file(row) for row in await self._hanging(parent, FILES, FILE_FIELDS)]

    async def _hanging(self, parent: Link, kind: str, fields: str) -> list[dict[str, Any]]:
        """Nothing hangs on a record that somebody deleted: asking for it is refused like a wrong id."""
        try:
            return await self._client.pages(f"/{parent.object}/{parent.id}/{kind}", [("fields", fields)]) or []
        except VendorRefused:
            if await self._reader.read(parent.object, [parent.id], ["id"]):
                raise
            return []


def _note(row: Mapping[str, Any]) -> ReadBack:
    return read_back(
        row, {"Note_Title": row.get("Note_Title") or None, "Note_Content": row.get("Note_Content") or None}
    )


def _file(row: Mapping[str, Any]) -> ReadBack:
    """Size is a string of bytes (FACTS 10)."""
    name = str(row.get("File_Name") or "") or None
    size = str(row.get("Size") or "")
    return read_back(row, {"File_Name": name, "size_bytes": int(size) if size.isdigit() else None})


def _by_parent(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[ReadBack]]:
    notes: dict[str, list[ReadBack]] = defaultdict(list)
    for row in rows:
        notes[_linked(row.get("Parent_Id"))].append(_note(row))
    return notes


def _linked(value: Any) -> str:
    return str(value.get("id") or "") if isinstance(value, dict) else str(value or "")


def _is_ours(child: str, ours: frozenset[str]) -> bool:
    return child in ours or child.rpartition("/")[2] in ours

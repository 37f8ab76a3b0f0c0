"""Notes and files: what hangs on a record (FACTS 3.6, 3.7, 9, 11).

Listing them costs a call for each parent; reading all of them costs one for each page, and is done when it is the
cheaper way. What was read is kept for minutes and forgotten as soon as this process writes or deletes one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from gurney.destinations.pipedrive.answers import GONE
from gurney.destinations.pipedrive.client import Client
from gurney.destinations.pipedrive.limits import per_call, traffic
from gurney.destinations.pipedrive.lists import Lists
from gurney.destinations.pipedrive.metadata import Metadata
from gurney.destinations.pipedrive.objects import FILES, HANGING, NOTES, RESOURCES
from gurney.destinations.pipedrive.records import Codecs, is_live, modified
from gurney.destinations.pipedrive.values import read_whole
from gurney.errors import Misused, VendorRefused
from gurney.records import Link, ReadBack
from gurney.runtime import Runtime
from gurney.transport.gathering import chunks, together

Walked = dict[str, list[ReadBack]]
NOTE_FIELDS = ("title", "content", "add_time", "owner_id")
WALK_FROM = 2
"""One parent is always listed by itself."""


class Children:
    """Reads what hangs on many records."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs, lists: Lists, runtime: Runtime) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._clock = runtime.clock
        self._walked: dict[str, Walked] = {}
        self._walked_at: dict[str, float] = {}
        self._too_many_pages: dict[str, int] = defaultdict(int)
        """By object the pages after which a walk was given up; only more parents than that are worth another."""

    def forget(self, object: str) -> None:
        """A note or file was written or deleted: the last walk no longer holds."""
        self._walked.pop(object, None)

    async def read(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """Notes or files by parent id; every parent has an entry, one for parents of the same id."""
        found: dict[str, list[ReadBack]] = defaultdict(list)
        for parent, children in (await self.by_parent(parents, object)).items():
            found[parent.id] += children
        return dict(found)

    async def by_parent(self, parents: Sequence[Link], object: str) -> dict[Link, list[ReadBack]]:
        """Notes or files by what they hang on; ids are counted per object, so an id alone tells no parent."""
        if object not in HANGING:
            raise Misused(f"{object} do not hang on records; read them by their ids.")
        walked = await self._walk(object, parents)
        if walked is not None:
            return {parent: walked.get(f"{parent.object}/{parent.id}", []) for parent in parents}
        found = await together(self._of(parent, object) for parent in parents)
        return dict(zip(parents, found, strict=True))

    async def file(self, id: str) -> AsyncIterator[bytes]:
        """A file's bytes."""
        async with self._client.download(id) as download:
            async for chunk in download.chunks:
                yield chunk

    async def of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """What hangs on the records and is not ours. The vendor's own counts say on which there is anything."""
        kind = RESOURCES.get(object)
        if kind is None or not kind.counts or not ids:
            return {}
        rows = await together(self._counted(object, some) for some in chunks(ids, per_call("ids")))
        found: dict[str, list[str]] = defaultdict(list)
        for row in (row for part in rows for row in part):
            parent = Link(object, str(row["id"]))
            for child in [child for child, counts in kind.counts.items() if _count(row, counts)]:
                found[parent.id] += [
                    name for name in await self._children_of(parent, child) if not _is_ours(name, ours)
                ]
        return {parent: children for parent, children in found.items() if children}

    # By the vendor's counts

    async def _counted(self, object: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """The records with how much of each kind hangs on them: ten tokens for a hundred records (FACTS 3.2)."""
        kind = RESOURCES[object]
        counts = [("include_fields", ",".join(kind.counts.values()))]
        rows = await self._lists.by_ids(object, ids, counts)
        return list(rows.values())

    async def _children_of(self, parent: Link, object: str) -> list[str]:
        if object in HANGING:
            children = await self._of(parent, object)
            return [f"{object}/{child.id}" for child in children]
        narrow = [(RESOURCES[parent.object].linked_by, parent.id)]
        return [f"{object}/{row['id']}" async for page in self._lists.newest(object, narrow) for row in page]

    # By parent, or all at once

    async def _of(self, parent: Link, object: str) -> list[ReadBack]:
        kind = RESOURCES[parent.object]
        if object == NOTES:
            pages = self._client.pages("GET /api/v1/notes", [(kind.as_parent, parent.id)])
        elif kind.has_files_list:
            pages = self._client.pages(
                f"GET /api/v1/{parent.object}/{{id}}/files", at=parent.id, size=RESOURCES[FILES].page
            )
        else:
            raise Misused(f"Nothing is hung on {parent.object}.")
        try:
            rows = [row async for page in pages for row in page if is_live(row)]
        except VendorRefused as no:
            if no.status not in GONE:
                raise
            rows = []  # a person deleted the record, and what hung on it went along
        return await self._read_back(object, rows)

    async def _walk(self, object: str, parents: Sequence[Link]) -> Walked | None:
        """All of them by parent, if they are no more pages than there are parents."""
        fresh = self._clock.monotonic() - self._walked_at.get(object, 0.0) < traffic("walk_lasts_s")
        if object in self._walked and fresh:
            return self._walked[object]
        if len(parents) < WALK_FROM or len(parents) <= self._too_many_pages[object]:
            return None
        walked: Walked = defaultdict(list)
        pages = 0
        async for page in self._lists.all(object):
            pages += 1
            if pages > len(parents):
                self._too_many_pages[object] = pages
                return None
            for row, child in zip(page, await self._read_back(object, page), strict=True):
                for parent in _parents(row):
                    walked[parent].append(child)
        self._walked[object], self._walked_at[object] = walked, self._clock.monotonic()
        return walked

    async def _read_back(self, object: str, rows: Iterable[Mapping[str, Any]]) -> list[ReadBack]:
        if object == FILES:
            return [file_read_back(row) for row in rows]
        codec = self._codecs.of(await self._metadata.described(NOTES))
        return [codec.read(row, NOTE_FIELDS) for row in rows]


def file_read_back(row: Mapping[str, Any]) -> ReadBack:
    """A file with its name, which holds the source's id, and its size."""
    fields = {"name": str(row.get("name") or row.get("file_name") or "") or None}
    return ReadBack(str(row["id"]), {**fields, "size_bytes": read_whole(row.get("file_size"))}, modified(row))


def _parents(row: Mapping[str, Any]) -> Iterator[str]:
    """What a note or file hangs on: a deal brings its person and organization along (FACTS 3.6)."""
    for kind in RESOURCES.values():
        if kind.as_parent and (id := row.get(kind.as_parent)):
            yield f"{kind.name}/{id}"


def _count(row: Mapping[str, Any], names: str) -> int:
    return sum(int(row.get(name) or 0) for name in names.split(","))


def _is_ours(child: str, ours: frozenset[str]) -> bool:
    """Ids are counted per object, so where ours are told with their object, an id alone proves nothing."""
    told_with_object = "/" in next(iter(ours), "")
    return child in ours or (not told_with_object and child.rpartition("/")[2] in ours)

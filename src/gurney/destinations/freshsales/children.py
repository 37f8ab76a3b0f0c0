"""What hangs on records: notes and files, and whatever others have put there (FACTS 3, 8).

Notes come beside what they hang on, a hundred of those a call; files are listed record by record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from gurney.destinations.freshsales.answers import moment
from gurney.destinations.freshsales.attaching import Attacher
from gurney.destinations.freshsales.lists import RISING, Lists, Rows, rows_of
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import (
    APPOINTMENTS,
    FILES,
    HANGING,
    NOTES,
    PARENTS,
    RESOURCES,
    TASKS,
    WORDS,
)
from gurney.destinations.freshsales.places import Row
from gurney.destinations.freshsales.reading import SINGLY, Walk
from gurney.destinations.freshsales.records import Codecs, is_live
from gurney.errors import Misused
from gurney.records import Link, ReadBack
from gurney.runtime import Runtime
from gurney.transport.gathering import together

NOTE_FIELDS = ("title", "content")
TAKEN_ALONG = (NOTES, TASKS, APPOINTMENTS)
"""What goes out of sight with a record that is deleted (FACTS 8)."""


class Children:
    """Reads what hangs on many records."""

    def __init__(
        self, metadata: Metadata, codecs: Codecs, lists: Lists, attacher: Attacher, runtime: Runtime, *, forgets: bool
    ) -> None:
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._attacher = attacher
        self._clock = runtime.clock
        self._forgets = forgets
        self._walks: dict[tuple[str, str], Walk] = {}

    def forget(self, object: str) -> None:
        """Something was written or deleted: what was read ahead no longer holds."""
        for key in [key for key in self._walks if object in key[1].split(",") or key[0] == object]:
            del self._walks[key]

    async def read(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """Notes or files by parent id; every parent has an entry."""
        if object not in HANGING:
            raise Misused(f"{object} do not hang on records; read them by their ids.")
        found: dict[str, list[ReadBack]] = {parent.id: [] for parent in parents}
        for parent in parents:
            if parent.object not in PARENTS:
                raise Misused(f"Nothing is hung on {parent.object}.")
        if object == FILES:
            listed = await together(self._attacher.list(parent) for parent in parents)
            for parent, children in zip(parents, listed, strict=True):
                found[parent.id] += children
            return found
        codec = self._codecs.of(await self._metadata.described(NOTES))
        by_object: dict[str, list[str]] = defaultdict(list)
        for parent in parents:
            by_object[parent.object].append(parent.id)
        for name, ids in by_object.items():
            for id, row in (await self._beside(name, ids, NOTES)).items():
                found[id] += [codec.read(note, NOTE_FIELDS) for note in row[NOTES]]
        return found

    async def rows(self, parent: Link, object: str) -> Rows:
        """Notes, tasks or appointments of a record as they are this moment."""
        said = await self._lists.beside(parent.object, parent.id, object)
        return _own(said, said.get(RESOURCES[parent.object].root) or {"id": parent.id}, parent.object, object)

    async def of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """What hangs on the records and is not ours. Files count only where a deletion is for ever."""
        if object not in PARENTS or not ids:
            return {}
        found: dict[str, list[str]] = defaultdict(list)
        for id, row in (await self._beside(object, ids, ",".join(TAKEN_ALONG))).items():
            names = [f"{child}/{one['id']}" for child in TAKEN_ALONG for one in row[child]]
            if self._forgets:
                names += [f"{FILES}/{one['id']}" for one in await self._attacher.rows(Link(object, id))]
            found[id] = [name for name in names if not _is_ours(name, ours)]
        return {id: names for id, names in found.items() if names}

    # Beside their parents

    async def _beside(self, object: str, ids: Sequence[str], include: str) -> dict[str, Row]:
        """Records with what hangs on them inside: by pages where that takes fewer calls."""
        wanted = list(dict.fromkeys(ids))
        rows: dict[str, Row] = {}
        if len(wanted) > SINGLY:
            rows = await self._walk_for(object, include).take(wanted, len(wanted) // 2)
        left = [id for id in wanted if id not in rows]
        told = await together(self._lists.beside(object, id, include) for id in left)
        for id, said in zip(left, told, strict=True):
            if row := said.get(RESOURCES[object].root):
                rows[id] = with_children(said, row, object, include)
        return rows

    def _walk_for(self, object: str, include: str) -> Walk:
        walk, now = self._walks.get((object, include)), self._clock.monotonic()
        if walk is None or walk.is_old(now):
            walk = self._walks[object, include] = Walk(self._pages(object, include), now)
        return walk

    async def _pages(self, object: str, include: str) -> AsyncIterator[Rows]:
        for name in (object, *include.split(",")):
            await self._lists.settled(name)
        async for said in self._lists.pages(object, RISING, include):
            yield [with_children(said, row, object, include) for row in rows_of(object, said)]


def with_children(said: Mapping[str, Any], row: Row, object: str, include: str) -> Row:
    """A record with what hangs on it, which stands beside it (FACTS 2)."""
    return {**row, **{child: _own(said, row, object, child) for child in include.split(",")}}


def _own(said: Mapping[str, Any], row: Row, object: str, child: str) -> Rows:
    """Of what stands beside records, what hangs on this one: by the record's list of ids, or by what it says itself."""
    told = row.get(f"{child.removesuffix('s')}_ids")
    ids = {str(id) for id in told} if isinstance(told, list) else None
    own = [one for one in said.get(child) or () if is_live(one)]
    found = [one for one in own if (str(one["id"]) in ids if ids is not None else _hangs(one, object, row))]
    return sorted(found, key=lambda one: (moment(one.get("created_at")) or _NEVER, int(one["id"])))


def _hangs(one: Row, object: str, row: Row) -> bool:
    targets = one.get("targetables")
    if not isinstance(targets, list):
        return True
    return any(each.get("type") == WORDS[object] and str(each.get("id")) == str(row["id"]) for each in targets)


def _is_ours(child: str, ours: frozenset[str]) -> bool:
    """Ids are counted per object, so where ours are told with their object, an id alone proves nothing."""
    told_with_object = "/" in next(iter(ours), "")
    return child in ours or (not told_with_object and child.rpartition("/")[2] in ours)


_NEVER = moment("1970-01-01T00:00:00Z")

"""Reading many records at the price of few: by pages of 100, in the order of their ids (FACTS 2, 6).

Fewer than a page pays for are read one by one. What was read ahead is believed for minutes, and forgotten as soon as
this process writes. A contact's lifecycle stage stands in no record: the filters by stage tell it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from gurney.destinations.freshsales.limits import per_call, traffic
from gurney.destinations.freshsales.lists import Lists, Rows
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import CONTACTS, LIFECYCLE, NOTES, RESOURCES
from gurney.destinations.freshsales.places import Row
from gurney.destinations.freshsales.records import Codecs
from gurney.errors import VendorRefused
from gurney.records import ReadBack
from gurney.runtime import Runtime
from gurney.transport.gathering import together

MOST_KEPT = 5_000
"""Rows read ahead that are held at most."""
MOST_NOTES_KEPT = 50_000
"""Notes are shown in the order of what they hang on, and asked for in that of their making."""
SINGLY = 4
"""So many are always read by themselves, and as they are this moment."""


class Walk:
    """All rows of an object, read as far as they were asked for."""

    def __init__(self, pages: AsyncIterator[Rows], now: float, most_kept: int = MOST_KEPT) -> None:
        self._pages = pages
        self._most_kept = most_kept
        self._began = now
        self._kept: dict[str, Row] = {}
        self._seen: set[str] = set()
        self._ended = False

    def is_old(self, now: float) -> bool:
        return now - self._began > traffic("walk_lasts_s")

    async def take(self, ids: Sequence[str], most_pages: int | None) -> dict[str, Row]:
        """The rows among these ids that pages show, for no more pages than that, or than there are."""
        wanted, paid = set(ids), 0
        found: dict[str, Row] = {}
        while True:
            for id in [id for id in wanted if id in self._kept]:
                found[id] = self._kept.pop(id)
                wanted.discard(id)
            if self._ended or not wanted or (most_pages is not None and paid >= most_pages):
                break
            page = await anext(self._pages, None)
            paid += 1
            self._ended = page is None
            self._kept.update((str(row["id"]), row) for row in page or ())
            self._seen.update(str(row["id"]) for row in page or ())
        for id in list(self._kept)[: max(0, len(self._kept) - self._most_kept)]:
            del self._kept[id]
        return found

    def gave_away(self, ids: Sequence[str]) -> bool:
        """Whether some of these were shown and are not held any more: only another walk can show them."""
        return any(id in self._seen and id not in self._kept for id in ids)


class Reader:
    """Reads records of one account."""

    def __init__(self, metadata: Metadata, codecs: Codecs, lists: Lists, runtime: Runtime) -> None:
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._clock = runtime.clock
        self._walks: dict[str, Walk] = {}
        self._stages: tuple[float, dict[str, int]] | None = None
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self, object: str) -> None:
        """Something of the object was written or deleted: what was read ahead no longer holds."""
        self._walks.pop(object, None)
        if object == CONTACTS:
            self._stages = None

    async def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        """The records by id; missing ones are left out."""
        codec = self._codecs.of(await self._metadata.described(known(object)))
        rows = await self.rows(object, ids)
        if object == CONTACTS and LIFECYCLE in fields:
            rows = await self._with_stages(rows)
        return {id: codec.read(rows[id], fields) for id in dict.fromkeys(ids) if id in rows}

    async def read_fresh(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        """The records as they are this moment, each by a call of its own."""
        codec = self._codecs.of(await self._metadata.described(known(object)))
        rows = await self.fresh(object, ids)
        if object == CONTACTS and LIFECYCLE in fields:
            self._stages = None
            rows = await self._with_stages(rows)
        return {id: codec.read(row, fields) for id, row in rows.items()}

    async def rows(self, object: str, ids: Sequence[str]) -> dict[str, Row]:
        """The rows by id, at the cheapest."""
        wanted = list(dict.fromkeys(id for id in ids if id))
        if object == NOTES:
            return await self._by_pages(object, wanted)  # no call gives one note by its id (FACTS 3)
        listed = RESOURCES[object].is_viewed or RESOURCES[object].filters
        if not listed or len(wanted) <= SINGLY:
            return await self.fresh(object, wanted)
        rows = await self._by_pages(object, wanted)
        return rows | await self.fresh(object, [id for id in wanted if id not in rows])  # a list may be behind

    async def fresh(self, object: str, ids: Sequence[str]) -> dict[str, Row]:
        """The rows as they are this moment, one by one: for guarding, merging and settling."""
        wanted = list(dict.fromkeys(id for id in ids if id))
        if object == NOTES:
            self.forget(NOTES)
            return await self.rows(NOTES, wanted)
        found = await together(self._lists.one(object, id) for id in wanted)
        return {id: row for id, row in zip(wanted, found, strict=True) if row is not None}

    async def _by_pages(self, object: str, ids: Sequence[str]) -> dict[str, Row]:
        async with self._locks.setdefault(object, asyncio.Lock()):
            walk = self._walks.get(object)
            if walk is None or walk.is_old(self._clock.monotonic()) or walk.gave_away(ids):
                await self._lists.settled(object)
                walk = self._walks[object] = self._walk(object)
            most = None if object == NOTES else max(1, len(ids) // 2)
            try:
                return await walk.take(ids, most)
            except BaseException:  # pages that broke off show nothing more: whoever asks again begins anew
                self._walks.pop(object, None)
                raise

    def _walk(self, object: str) -> Walk:
        now = self._clock.monotonic()
        if object == NOTES:
            return Walk(self._lists.notes(), now, MOST_NOTES_KEPT)
        return Walk(self._lists.rows(object), now)

    async def _with_stages(self, rows: dict[str, Row]) -> dict[str, Row]:
        """Contacts with the id of their stage, where a filter shows it."""
        if all("lifecycle_stage_id" in row for row in rows.values()):
            return rows
        async with self._locks.setdefault(LIFECYCLE, asyncio.Lock()):
            now = self._clock.monotonic()
            if self._stages is None or now - self._stages[0] > traffic("walk_lasts_s"):
                await self._lists.settled(CONTACTS)
                self._stages = (self._clock.monotonic(), await self._read_stages())
            stages = self._stages[1]
        return {id: {**row, "lifecycle_stage_id": stages[id]} if id in stages else row for id, row in rows.items()}

    async def _read_stages(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for stage in (await self._metadata.choices()).lifecycle.values():
            async for ids in self._lists.with_value("contact", "lifecycle_stage_id", stage):
                found.update(dict.fromkeys(ids, stage))
        return found


def known(object: str) -> str:
    if object not in RESOURCES:
        raise VendorRefused(f"freshsales has no object {object}.", status=404, code="unknown-object")
    return object


def pages_of(records: int) -> int:
    """Pages of so many neighbours."""
    return -(-records // per_call("page"))

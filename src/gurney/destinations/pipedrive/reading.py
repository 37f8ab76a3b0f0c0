"""Reading many records at the price of few: by pages of 500 in the order of their ids (FACTS 3.1, 8).

Pages can only be begun at an end, so reading by pages passes what was there before us. Whether that pays is decided as
one decides between renting and buying: single reads are paid for until they have cost as much as the way there.
What was read ahead is believed for minutes, and forgotten as soon as this process writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from gurney.destinations.pipedrive.client import Client
from gurney.destinations.pipedrive.limits import per_call, prices, traffic
from gurney.destinations.pipedrive.lists import Lists, Params, Rows, price_by_ids
from gurney.destinations.pipedrive.metadata import Metadata
from gurney.destinations.pipedrive.objects import RESOURCES
from gurney.destinations.pipedrive.records import Codecs
from gurney.errors import VendorRefused
from gurney.records import ReadBack
from gurney.runtime import Runtime

MOST_KEPT = 2_000
"""Rows read ahead that are held at most."""
CURSOR_DIED = 400
"""How long a cursor lives is not documented: where it has died, records are read by their ids (FACTS 3.1)."""


class Walk:
    """All rows of an object in the order of their ids, read as far as they were asked for."""

    def __init__(self, object: str, params: Params, pages: AsyncIterator[Rows]) -> None:
        self.object = object
        self.params = list(params)
        self.spared = 0
        """Tokens spent on single reads that pages would have spared."""
        self._pages = pages
        self._kept: dict[int, dict[str, Any]] = {}
        self._read_at = 0.0
        self._reached = 0
        self._ended = False

    def pays(self, ids: Sequence[int]) -> bool:
        """Whether pages are the cheaper way to these ids; keeps the books of what was spent otherwise."""
        kind = RESOURCES[self.object]
        ahead = [id for id in ids if id > self._reached]
        pages = 0 if self._ended or not ahead else -(-(max(ahead) - self._reached) // kind.page)
        by_pages = pages * prices()[f"GET {kind.path}"]
        _, by_ids = price_by_ids(self.object, len(ids))
        if by_pages < by_ids + self.spared:
            self.spared = max(0, self.spared - max(0, by_pages - by_ids))
            return True
        self.spared += by_ids
        return False

    async def take(self, ids: Sequence[int], now: float) -> Rows:
        """The rows among these ids that pages show; what is not among them was passed, is new, or is gone."""
        if now - self._read_at > traffic("walk_lasts_s"):
            self._kept.clear()
        furthest = max(ids)
        while not self._ended and self._reached < furthest:
            page = await anext(self._pages, None)
            self._read_at = now
            if page is None:
                self._ended = True
                break
            for row in page:
                self._kept[int(row["id"])] = row
            if page:
                self._reached = max(self._reached, int(page[-1]["id"]))
        found = [self._kept.pop(id) for id in ids if id in self._kept]
        for id in list(self._kept)[: max(0, len(self._kept) - MOST_KEPT)]:
            del self._kept[id]
        return found


class Reader:
    """Reads records of one company."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs, lists: Lists, runtime: Runtime) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._clock = runtime.clock
        self._walks: dict[str, Walk] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self, object: str) -> None:
        """Something of the object was written or deleted: what was read ahead no longer holds."""
        self._walks.pop(object, None)

    async def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        """The records by id; missing ones are left out."""
        codec = self._codecs.of(await self._metadata.described(self._known(object)))
        wanted = list(dict.fromkeys(ids))
        params = codec.asked(fields, per_call("custom_fields"))
        rows = await self._by_pages(object, wanted, params) if self._is_many(object, wanted) else {}
        left = [id for id in wanted if id not in rows]
        rows |= await self._lists.by_ids(object, left, params) if left else {}
        return {id: codec.read(rows[id], fields) for id in wanted if id in rows}

    async def fresh(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The rows as they are this moment: for guarding and merging."""
        codec = self._codecs.of(await self._metadata.described(object))
        return await self._lists.by_ids(
            object, list(dict.fromkeys(ids)), codec.asked(fields, per_call("custom_fields"))
        )

    async def count(self, object: str) -> int:
        """How many there are. Nothing counts them but reading them all (FACTS 3.1)."""
        total = 0
        async for page in self._lists.all(self._known(object)):
            total += len(page)
        return total

    def _is_many(self, object: str, ids: Sequence[str]) -> bool:
        """Fewer than one list call takes are always read by themselves, and as they are this moment."""
        few = per_call("ids") if RESOURCES[object].is_v2 else _pages_pay_from(object)
        return len(ids) > few

    async def _by_pages(self, object: str, ids: Sequence[str], params: Params) -> dict[str, dict[str, Any]]:
        numbers = [int(id) for id in ids if id.isdigit()]
        async with self._locks.setdefault(object, asyncio.Lock()):
            walk = self._walks.get(object)
            if walk is None or walk.params != list(params):
                spared = walk.spared if walk is not None else 0
                walk = self._walks[object] = Walk(object, params, self._lists.all(object, params))
                walk.spared = spared
            if not numbers or not walk.pays(numbers):
                return {}
            try:
                rows = await walk.take(numbers, self._clock.monotonic())
            except BaseException as why:  # pages that broke off show nothing more: whoever asks again begins anew
                self.forget(object)
                if isinstance(why, VendorRefused) and why.status == CURSOR_DIED:
                    return {}
                raise
        return {str(row["id"]): row for row in rows}

    @staticmethod
    def _known(object: str) -> str:
        if object not in RESOURCES:
            raise VendorRefused(f"pipedrive has no object {object}.", status=404, code="unknown-object")
        return object


def _pages_pay_from(object: str) -> int:
    """More than so many single reads cost more than a page."""
    kind = RESOURCES[object]
    return prices()[f"GET {kind.path}"] // prices()[f"GET {kind.one}"]

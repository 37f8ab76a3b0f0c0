"""Rows as the vendor lists them: by their ids, newest first, or all of them (FACTS 3.1, 3.2, 9).

Lists show a write at once (assumed); search lags behind and is never used. Ids only grow, so what was made last stands
first in a list by falling ids.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from gurney.destinations.pipedrive.answers import GONE
from gurney.destinations.pipedrive.client import Client
from gurney.destinations.pipedrive.limits import per_call, prices, traffic
from gurney.destinations.pipedrive.objects import FILES, RESOURCES
from gurney.destinations.pipedrive.records import is_live
from gurney.errors import AnswerWrong, NotAuthorised, VendorRefused
from gurney.transport.gathering import chunks, together

Rows = list[dict[str, Any]]
Params = Sequence[tuple[str, str]]
FALLING = [("sort_by", "id"), ("sort_direction", "desc")]
RISING = [("sort_by", "id"), ("sort_direction", "asc")]
OLD_FALLING = [("sort", "id DESC")]
OLD_RISING = [("sort", "id ASC")]
FILES_RISING = [("sort", "id")]


class Lists:
    """Reads rows of one company."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def by_ids(self, object: str, ids: Sequence[str], params: Params = ()) -> dict[str, dict[str, Any]]:
        """The rows by id as they are now, at the cheapest; what is gone is left out."""
        singly, listed = split(object, len(ids))
        parts = await together(self._list(object, some, params) for some in chunks(ids[: len(ids) - singly], listed))
        found = {str(row["id"]): row for part in parts for row in part}
        for row in await together(self._one(object, id, params) for id in ids[len(ids) - singly :]):
            if row is not None:
                found[str(row["id"])] = row
        return {id: row for id, row in found.items() if is_live(row)}

    async def newest(self, object: str, params: Params = ()) -> AsyncIterator[Rows]:
        """All live rows, page by page, from the newest on. A page is asked for when it is wanted."""
        kind = RESOURCES[object]
        name = f"GET {kind.path}"
        pages = (
            self._client.pages(name, [*FALLING, *params], size=kind.page)
            if kind.is_v2
            else self._falling(name, [*OLD_FALLING, *params], kind.page)
        )
        async for page in pages:
            yield [row for row in page if is_live(row)]

    async def all(self, object: str, params: Params = ()) -> AsyncIterator[Rows]:
        """All live rows, page by page, from the oldest on."""
        kind = RESOURCES[object]
        order = RISING if kind.is_v2 else FILES_RISING if object == FILES else OLD_RISING
        async for page in self._client.pages(f"GET {kind.path}", [*order, *params], size=kind.page):
            yield [row for row in page if is_live(row)]

    async def _one(self, object: str, id: str, params: Params) -> dict[str, Any] | None:
        try:
            kind = RESOURCES[object]
            narrowed = params if kind.narrows_one else ()
            return (await self._client.call(f"GET {kind.one}", at=id, params=narrowed)).record or None
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if no.status in GONE:
                return None
            raise

    async def _list(self, object: str, ids: Sequence[str], params: Params) -> Rows:
        asked = [("ids", ",".join(ids)), *params, ("limit", str(per_call("page")))]
        return (await self._client.call(f"GET {RESOURCES[object].path}", params=asked)).rows()

    async def _falling(self, name: str, params: Params, size: int) -> AsyncIterator[Rows]:
        """Pages by number, newest first. What is deleted meanwhile moves rows forward past us: then go back."""
        start, last = 0, 0
        while True:
            reply = await self._client.page(name, [*params, ("start", str(start))], size=size)
            rows = reply.rows()
            if last and start and rows and int(rows[0]["id"]) < last:
                start = max(0, start - int(traffic("list_overlap")))
                continue
            yield rows
            if reply.next_start is None or not rows:
                return
            if reply.next_start <= start:
                raise AnswerWrong(f"pipedrive repeats a page of {name}.")
            start, last = reply.next_start - 1, int(rows[-1]["id"])


def split(object: str, count: int) -> tuple[int, int]:
    """How many of so many records are read one by one, and how many one list call takes of the others.

    Ten persons cost ten tokens either way; a list of a hundred ids costs no more than one of eleven.
    """
    kind = RESOURCES[object]
    if not kind.is_v2:
        return count, 1
    size = per_call("ids")
    rest = count % size
    dear = rest * prices()[f"GET {kind.one}"] >= prices()[f"GET {kind.path}"]
    return (0 if dear else rest), size


def price_by_ids(object: str, count: int) -> tuple[int, int]:
    """Calls and tokens for reading so many records by their ids."""
    kind = RESOURCES[object]
    singly, size = split(object, count)
    lists = -(-(count - singly) // size)
    tokens = singly * prices()[f"GET {kind.one}"] + lists * prices()[f"GET {kind.path}"]
    return singly + lists, tokens


def price_by_pages(object: str, count: int) -> tuple[int, int]:
    """Calls and tokens for reading so many neighbours by pages."""
    kind = RESOURCES[object]
    pages = -(-count // kind.page)
    return pages, pages * prices()[f"GET {kind.path}"]

"""Rows as the vendor lists them: by id, or page by page through views and filters (FACTS 2, 3, 7).

A record read by its id is as it is now; views and filters may show a write a minute late, so a list is not asked before
our own writes can be in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from gurney.destinations.freshsales.answers import GONE
from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.limits import per_call, traffic
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import APPOINTMENTS, NOTES, PRODUCTS, RESOURCES, VIEWED
from gurney.destinations.freshsales.places import Row
from gurney.destinations.freshsales.records import is_live, with_attendees
from gurney.errors import NotAuthorised, VendorRefused

Rows = list[Row]
RISING = (("sort", "id"), ("sort_type", "asc"))
FALLING = (("sort", "id"), ("sort_type", "desc"))
NEWEST = (("sort", "created_at"), ("sort_type", "desc"))
LATEST = (("sort", "updated_at"), ("sort_type", "desc"))


class Lists:
    """Reads rows of one account."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata
        self._clock = client.runtime.clock
        self._began = self._clock.monotonic()
        self._written: dict[str, float] = {}

    def wrote(self, object: str) -> None:
        """Something of the object was written or deleted just now."""
        self._written[object] = self._clock.monotonic()

    async def settled(self, object: str) -> None:
        """Until lists show what this process wrote, and what another one may have written just before it began."""
        written = self._written.get(object, self._began)
        await self._clock.sleep(max(0.0, written + traffic("lag_s") - self._clock.monotonic()))

    async def one(self, object: str, id: str, include: str | None = None) -> Row | None:
        """A record as it is this moment; None when it is gone, in the recycle bin too."""
        kind = RESOURCES[object]
        asked = kind.include if include is None else include
        try:
            said = await self._client.call(f"GET {kind.one}", id, params=[("include", asked)] if asked else ())
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if no.status == GONE:
                return None
            raise
        row = said.get(kind.root) if isinstance(said, dict) else None
        if not isinstance(row, dict) or not is_live(row):
            return None
        return with_attendees(said, row) if object == APPOINTMENTS else row

    async def beside(self, object: str, id: str, include: str) -> dict[str, Any]:
        """What stands beside a record that was asked for with an include; {} when it is gone."""
        try:
            said = await self._client.call(f"GET {RESOURCES[object].one}", id, params=[("include", include)])
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if no.status == GONE:
                return {}
            raise
        return said if isinstance(said, dict) else {}

    async def sources(
        self, object: str, order: Sequence[tuple[str, str]] = RISING, include: str | None = None
    ) -> list[AsyncIterator[dict[str, Any]]]:
        """The lists that together show every record, each page by page as the vendor says it, when it is wanted."""
        kind = RESOURCES[object]
        asked = kind.include if include is None else include
        params = [*order, *([("include", asked)] if asked else [])]
        if object == PRODUCTS:
            there = await self._metadata.lists_products()
            return [self._client.pages(f"GET {kind.path}", params=params)] if there else []
        views = await self._metadata.list_views(object) if kind.is_viewed else []
        name = f"GET {kind.path}/view/{{id}}"
        return [
            *(self._client.pages(name, view, params=params) for view in views),
            *(self._client.pages(f"GET {kind.path}", params=[("filter", one), *params]) for one in kind.filters),
        ]

    async def pages(
        self, object: str, order: Sequence[tuple[str, str]] = RISING, include: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages of all lists of an object, one list after the other.

        A list may end before all that it counts was shown (10,000 is assumed): then the rest comes from its other end,
        as far as that reaches.
        """
        backwards = await self.sources(object, FALLING, include) if order == RISING else []
        for number, source in enumerate(await self.sources(object, order, include)):
            read, counted, highest = 0, 0, 0
            async for said in source:
                rows = said.get(object) or ()
                read, counted = read + len(rows), _counted(said)
                highest = max([highest, *(int(row["id"]) for row in rows)])
                yield said
            if backwards and read < counted:
                async for said in backwards[number]:
                    yield said
                    if any(int(row["id"]) <= highest for row in said.get(object) or ()):
                        break

    async def rows(
        self, object: str, order: Sequence[tuple[str, str]] = RISING, include: str | None = None
    ) -> AsyncIterator[Rows]:
        """All live rows, page by page."""
        async for said in self.pages(object, order, include):
            yield rows_of(object, said)

    async def notes(self) -> AsyncIterator[Rows]:
        """All notes, in the order of what they hang on: a hundred of those a call (FACTS 3)."""
        for object in VIEWED:
            await self.settled(object)
            async for said in self.pages(object, include=NOTES):
                yield rows_of(NOTES, said)

    async def lookup(self, object: str, field: str, value: str) -> list[str]:
        """The ids of the records that a field's exact value finds; the index may lag (FACTS 3, 7)."""
        entity = RESOURCES[object].root
        params = [("q", value), ("f", field), ("entities", entity)]
        said = await self._client.call("GET /lookup", params=params)
        inside = said.get(object) if isinstance(said, dict) else None
        rows = inside.get(object) if isinstance(inside, dict) else inside
        return [str(row["id"]) for row in rows or () if row.get("id")]

    async def binned(self, object: str) -> AsyncIterator[Rows]:
        """What lies in the recycle bin, what was deleted last first."""
        view = await self._metadata.bin_view(object)
        if not view:
            return
        name = f"GET {RESOURCES[object].path}/view/{{id}}"
        async for said in self._client.pages(name, view, params=LATEST):
            yield list(said.get(object) or ())

    async def total(self, object: str) -> int:
        """How many rows the lists of an object have."""
        await self.settled(object)
        kind, size = RESOURCES[object], [("page", "1"), ("per_page", "1")]
        calls: list[tuple[str, tuple[str, ...], list[tuple[str, str]]]] = []
        if kind.is_viewed:
            calls += [
                (f"GET {kind.path}/view/{{id}}", (view,), size) for view in await self._metadata.list_views(object)
            ]
        calls += [(f"GET {kind.path}", (), [("filter", name), *size]) for name in kind.filters]
        if object == PRODUCTS and await self._metadata.lists_products():
            calls.append((f"GET {kind.path}", (), size))
        told = [await self._client.call(name, *at, params=params) for name, at, params in calls]
        return sum(int((said.get("meta") or {}).get("total") or 0) for said in told)

    async def with_value(self, entity: str, field: str, value: Any) -> AsyncIterator[list[str]]:
        """The ids of the records that hold a value, page by page: hits of a filter are partial (FACTS 3)."""
        number, size = 1, per_call("page")
        body = {"filter_rule": [{"attribute": field, "operator": "is", "value": value}]}
        while number * size <= traffic("list_most"):
            where = [("page", str(number)), ("per_page", str(size)), *RISING]
            said = await self._client.call(f"POST /filtered_search/{entity}", params=where, body=body, idempotent=True)
            rows = next((rows for name, rows in said.items() if name != "meta" and isinstance(rows, list)), [])
            yield [str(row["id"]) for row in rows]
            if len(rows) < size:
                return
            number += 1


def _counted(said: dict[str, Any]) -> int:
    total = (said.get("meta") or {}).get("total")
    return total if isinstance(total, int) else 0


def rows_of(object: str, said: dict[str, Any]) -> Rows:
    """The live rows of a page."""
    rows = [row for row in said.get(object) or () if is_live(row)]
    return [with_attendees(said, row) for row in rows] if object == APPOINTMENTS else rows

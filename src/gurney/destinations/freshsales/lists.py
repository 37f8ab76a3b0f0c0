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
from gurney.destinations.freshsales.objects import APPOINTMENTS, RESOURCES
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
        self._written: dict[str, float] = {}

    def wrote(self, object: str) -> None:
        """Something of the object was written or deleted just now."""
        self._written[object] = self._clock.monotonic()

    async def settled(self, object: str) -> None:
        """Until lists show what this process wrote."""
        written = self._written.get(object)
        if written is not None:
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

    async def pages(
        self, object: str, order: Sequence[tuple[str, str]] = RISING, include: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages, as the vendor says them, of every list that the object has. A page is asked for when wanted."""
        kind = RESOURCES[object]
        asked = kind.include if include is None else include
        params = [*order, *([("include", asked)] if asked else [])]
        if kind.is_viewed:
            for view in await self._metadata.list_views(object):
                async for said in self._client.pages(f"GET {kind.path}/view/{{id}}", view, params=params):
                    yield said
        for name in kind.filters:
            wanted = [("filter", name), *params]
            async for said in self._client.pages(f"GET {kind.path}", params=wanted):
                yield said

    async def rows(
        self, object: str, order: Sequence[tuple[str, str]] = RISING, include: str | None = None
    ) -> AsyncIterator[Rows]:
        """All live rows, page by page."""
        async for said in self.pages(object, order, include):
            yield rows_of(object, said)

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
        found = 0
        if kind.is_viewed:
            for view in await self._metadata.list_views(object):
                said = await self._client.call(f"GET {kind.path}/view/{{id}}", view, params=size)
                found += int((said.get("meta") or {}).get("total") or 0)
        for name in kind.filters:
            said = await self._client.call(f"GET {kind.path}", params=[("filter", name), *size])
            found += int((said.get("meta") or {}).get("total") or 0)
        return found

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


def rows_of(object: str, said: dict[str, Any]) -> Rows:
    """The live rows of a page."""
    rows = [row for row in said.get(object) or () if is_live(row)]
    return [with_attendees(said, row) for row in rows] if object == APPOINTMENTS else rows

"""Reading records as they are now: by their ids, which is right at once, or many by one call (FACTS 0.7, 4.1, 6, 8).

Contacts are read one by one: lists spell their names in lower case. Records of custom objects come a hundred a page in
the order in which they were made, with their links, once the search has caught up with what was written;
appointments come by calendar and month.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gurney.destinations.highlevel.answers import is_gone
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.finding import Rows, Searches, all_events, events
from gurney.destinations.highlevel.limits import per_call, traffic
from gurney.destinations.highlevel.links import Links, found_in
from gurney.destinations.highlevel.metadata import Association, Metadata
from gurney.destinations.highlevel.objects import (
    APPOINTMENTS,
    CALENDAR,
    CONTACTS,
    CUSTOM_OBJECT,
    FILES,
    INVOICES,
    NOTES,
    contact_of,
    own_of,
    resource,
)
from gurney.destinations.highlevel.places import Row
from gurney.destinations.highlevel.records import Codecs
from gurney.errors import Misused, NotAuthorised, VendorRefused
from gurney.records import Link, ReadBack, Value
from gurney.transport import together

Expected = Mapping[str, Mapping[str, Value]]
MOST_KEPT = 2_000
"""Rows read ahead, and ids handed out, that are held at most."""
POPULAR = 50
"""Links to one record in one reading from which on its side may be full."""


class Walk:
    """All records of an object in the order in which they were made, read as far as they were asked for."""

    def __init__(self, pages: AsyncIterator[Rows]) -> None:
        self._pages = pages
        self._kept: dict[str, dict[str, Any]] = {}
        self._given: dict[str, None] = {}
        self._ended = False
        self.read_at = 0.0

    async def take(self, ids: Sequence[str], now: float) -> dict[str, dict[str, Any]]:
        """The rows among these ids that some pages show; what is not among them was passed, is new, or is gone."""
        found: dict[str, dict[str, Any]] = {}
        pages = 0
        while True:
            found |= {id: self._kept.pop(id) for id in ids if id in self._kept}
            most = min(traffic("walk_pages"), 3 + len(ids) - len(found))
            if self._ended or len(found) == len(ids) or pages >= most:
                break
            page = await anext(self._pages, None)
            self.read_at, pages = now, pages + 1
            self._ended = page is None
            self._kept |= {str(row["id"]): row for row in page or ()}
        self._given |= dict.fromkeys(found)
        for kept in (self._kept, self._given):
            for id in list(kept)[: max(0, len(kept) - MOST_KEPT)]:
                del kept[id]
        return found

    def has_given(self, ids: Sequence[str]) -> bool:
        """Whether several of these were handed out lately: who asks again wants them as they are now."""
        return sum(id in self._given for id in ids) >= per_call("walk_from")


class Reader:
    """Reads records of one location."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs, searches: Searches, links: Links) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._searches = searches
        self._links = links
        self._clock = client.runtime.clock
        self._walks: dict[str, Walk] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._written_at: dict[str, float] = {}
        self._began_at = self._clock.monotonic()
        """A process before this one may have written until now."""

    def forget(self, object: str) -> None:
        """Something of the object was written or deleted: what was read ahead no longer holds."""
        self._walks.pop(object, None)
        self._written_at[object] = self._clock.monotonic()

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        """The records by id; missing ones are left out."""
        if object == FILES or resource(object) is None:
            raise Misused(f"{object} are not read by their ids.")
        wanted = list(dict.fromkeys(ids))
        if object == NOTES:
            return await self._notes(wanted, fields)
        codec = self._codecs.of(await self._metadata.described(object))
        rows: dict[str, dict[str, Any]] = {}
        if object.startswith(CUSTOM_OBJECT) and len(wanted) >= per_call("walk_from"):
            rows = await self._walked(object, wanted)
        elif object == APPOINTMENTS and expected is not None and len(wanted) >= per_call("walk_from"):
            rows = await self._by_months(wanted, expected)
        left = [id for id in wanted if id not in rows]
        singly = await together(self.one(object, id) for id in left)
        rows |= {id: row for id, row in zip(left, singly, strict=True) if row is not None}
        found = {id: codec.read(rows[id], fields, id) for id in wanted if id in rows}
        names = {name: link for name, link in codec.described.links.items() if name in fields}
        if names:
            await self._look_at_the_popular(names, expected or {})
            linked = await together(
                self._with_links(record, rows[id], names, (expected or {}).get(id)) for id, record in found.items()
            )
            found = {record.id: record for record in linked}
        return found

    async def one(self, object: str, id: str) -> dict[str, Any] | None:
        """A record as it is this moment; None where it is gone."""
        kind = resource(object)
        assert kind is not None
        at = (object, id) if kind.is_custom else (contact_of(id), own_of(id)) if "/" in id else (id,)
        params = [("altId", self._client.location_id), ("altType", "location")] if object == INVOICES else []
        try:
            said = await self._client.call(f"GET {kind.one}", *at, params=params)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if is_gone(no):
                return None
            raise
        inside = said.get("event") if object == APPOINTMENTS else said.get(kind.answers) if kind.answers else said
        if not isinstance(inside, dict) or inside.get("deleted") is True:
            return None
        return inside

    async def notes_of(self, contact: str) -> Rows:
        """All notes of a contact; the list is whole (FACTS 5). None where there is no such contact."""
        try:
            return list((await self._client.call("GET /contacts/{contactId}/notes", contact)).get("notes") or [])
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if is_gone(no):
                return []
            raise

    async def count(self, object: str) -> int:
        """How many there are, once the search has caught up."""
        if object == CONTACTS or object.startswith(CUSTOM_OBJECT):
            await self.catch_up(object)
            return int((await self._searches.page(object, page=1))["total"])
        if object == APPOINTMENTS:
            return sum([len(rows) async for rows in all_events(self._client, await self._metadata.calendars())])
        raise Misused(f"HighLevel does not count {object}.")

    async def catch_up(self, object: str) -> None:
        """Until the search shows what was written last, by this process or by one that ended just before it."""
        written = self._written_at.get(object, self._began_at)
        await self._clock.sleep(max(0.0, written + traffic("lag_s") - self._clock.monotonic()))

    # Links

    async def _with_links(
        self, record: ReadBack, row: Row, links: Mapping[str, Any], expected: Mapping[str, Value] | None
    ) -> ReadBack:
        """Add the lookups: from the row where it tells them and each object is linked once, else by a call."""
        fields: dict[str, Value] = dict(record.fields)
        if expected is not None and not any(isinstance(expected.get(name), Link) for name in links):
            return record
        targets = [link.target for link in links.values()]
        told = row.get("relations")
        if told and len(set(targets)) == len(targets):
            for name, link in links.items():
                ids = [str(one["recordId"]) for one in told if one.get("objectKey") == _wire(link.target)]
                wanted = (expected or {}).get(name)
                if ids:
                    best = wanted.id if isinstance(wanted, Link) and wanted.id in ids else ids[0]
                    fields[name] = Link(link.target, best)
        else:
            fields |= found_in(links, record.id, await self._links.of(record.id), expected or {})
        unreadable = set()
        for name, link in links.items():
            wanted = (expected or {}).get(name)
            if fields[name] is None and isinstance(wanted, Link) and await self._links.is_full(link, wanted.id):
                unreadable.add(name)  # the vendor took no more links to that record: it cannot be proven (FACTS 0.6)
        return replace(record, fields=fields, unreadable=frozenset(unreadable))

    async def _look_at_the_popular(self, links: Mapping[str, Association], expected: Expected) -> None:
        """Ask now whether records that many link to are full: a rollback empties them before it comes to the last."""
        told = Counter(
            (name, link.id)
            for fields in expected.values()
            for name in links
            if isinstance(link := fields.get(name), Link)
        )
        await together(
            self._links.is_full(links[name], target) for (name, target), count in told.items() if count >= POPULAR
        )

    # Many at once

    async def _walked(self, object: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        async with self._locks.setdefault(object, asyncio.Lock()):
            walk = self._walks.get(object)
            now = self._clock.monotonic()
            if walk is None or (walk.read_at and now - walk.read_at > traffic("walk_lasts_s")):
                await self.catch_up(object)
                walk = self._walks[object] = Walk(self._searches.pages(object))
            elif walk.has_given(ids):
                walk = Walk(self._searches.pages(object))  # by itself: the other goes on where it is
            try:
                return await walk.take(ids, self._clock.monotonic())
            except BaseException:  # pages that broke off show nothing more: whoever asks again begins anew
                self._walks.pop(object, None)
                raise

    async def _by_months(self, ids: Sequence[str], expected: Expected) -> dict[str, dict[str, Any]]:
        """Appointments by where they should stand: a call for each calendar and month that holds several."""
        calendars = {str(raw.get("name")): str(raw["id"]) for raw in reversed(await self._metadata.calendars())}
        groups: dict[tuple[str, int], list[tuple[datetime, str]]] = defaultdict(list)
        span = timedelta(days=traffic("window_days"))
        for id in ids:
            fields = expected.get(id, {})
            start, calendar = fields.get("start"), calendars.get(str(fields.get(CALENDAR)))
            if isinstance(start, datetime) and calendar:
                groups[calendar, int(start.timestamp() // span.total_seconds())].append((start, id))
        windows = [(calendar, sorted(some)) for (calendar, _), some in groups.items() if len(some) > 1]
        listed = await together(
            events(self._client, calendar, some[0][0], some[-1][0] + timedelta(seconds=1)) for calendar, some in windows
        )
        wanted = set(ids)
        return {str(row["id"]): row for rows in listed for row in rows if str(row["id"]) in wanted}

    async def _notes(self, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        """Notes by their contacts: one call brings all of a contact's."""
        codec = self._codecs.of(await self._metadata.described(NOTES))
        contacts = list(dict.fromkeys(map(contact_of, ids)))
        listed = await together(self.notes_of(contact) for contact in contacts)
        rows = {f"{contact}/{row['id']}": row for contact, some in zip(contacts, listed, strict=True) for row in some}
        return {id: codec.read(rows[id], fields, id) for id in ids if id in rows}


def _wire(object: str) -> str:
    return "contact" if object == CONTACTS else object

"""Finding records by our key in the vendor's search, once it has caught up (FACTS 0.7, 4.3, 8, 13).

How a search filters by a custom field is not documented for contacts, and a filter that is not understood may find
nothing without a word. So a search counts only after it has found a record that the list shows; until then the list is
read, newest first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.limits import per_call, traffic
from gurney.destinations.highlevel.metadata import Metadata
from gurney.destinations.highlevel.objects import APPOINTMENT_KEYS, APPOINTMENTS, CONTACTS, HANGING, INVOICES, TASKS
from gurney.destinations.highlevel.places import Row, keyed
from gurney.destinations.highlevel.records import Codec, Codecs
from gurney.errors import Misused, NotAuthorised, VendorRefused
from gurney.records import Write

Item = TypeVar("Item")
Rows = list[dict[str, Any]]
RECORDS = "POST /objects/{schemaKey}/records/search"


class Searches:
    """Pages of a search, for contacts and records alike."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def page(self, object: str, **more: Any) -> dict[str, Any]:
        """One page: its rows under 'rows', and how many there are under 'total'."""
        body = {"locationId": self._client.location_id, "pageLimit": page_size(object), **more}
        if object == CONTACTS:
            found = await self._client.read("POST /contacts/search", body=body)
            return {"rows": found.get("contacts") or [], "total": int(found.get("total") or 0)}
        found = await self._client.read(RECORDS, object, body=body)
        return {"rows": found.get("records") or [], "total": int(found.get("total") or 0)}

    async def pages(self, object: str, *, newest_first: bool = False) -> AsyncIterator[Rows]:
        """All rows in the order in which they were made, one call a page, as they are asked for."""
        stamp = "dateAdded" if object == CONTACTS else "createdAt"
        sort = [{"field": stamp, "direction": "desc" if newest_first else "asc"}]
        more: dict[str, Any] = {"page": 1}
        while True:
            rows = (await self.page(object, sort=sort, **more))["rows"]
            yield rows
            if len(rows) < page_size(object):
                return
            more = {"searchAfter": rows[-1]["searchAfter"]} | ({} if object == CONTACTS else {"page": 1})


class Finder:
    """Looks for records of one location."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs, searches: Searches) -> None:
        self._client = client
        self._clock = client.runtime.clock
        self._metadata = metadata
        self._codecs = codecs
        self._searches = searches
        self._trusted: dict[tuple[str, str], bool] = {}
        """By object and field, whether a filter was seen to find what is there."""
        self._appointments: dict[str, str] | None = None
        self._written: dict[str, dict[str, float]] = defaultdict(dict)
        """By object and key, when this process last wrote it; what the search knows by now is left out."""
        self._deleted: dict[str, float] = {}

    def wrote(self, batch: Sequence[Write]) -> None:
        """Records of an object were written: the search shows it later."""
        if batch:
            self._forget_appointments(batch[0].object)
            now, written = self._clock.monotonic(), self._written[batch[0].object]
            known_by_now = now - traffic("lag_s")
            while written and next(iter(written.values())) < known_by_now:  # the oldest stand first
                del written[next(iter(written))]
            for write in batch:
                written.pop(write.key_value, None)
                written[write.key_value] = now

    def deleted(self, object: str) -> None:
        """Records of an object were deleted; nobody knows by which keys."""
        self._forget_appointments(object)
        self._deleted[object] = self._clock.monotonic()

    def _forget_appointments(self, object: str) -> None:
        if object == APPOINTMENTS:
            self._appointments = None

    async def catch_up(self, object: str, keys: Sequence[str]) -> None:
        """Until the search shows what this process did to records with these keys."""
        written = self._written[object]
        moments = [self._deleted[object]] if object in self._deleted else []
        moments += [written[key] for key in keys if key in written]
        if moments:
            await self._clock.sleep(max(0.0, max(moments) + traffic("lag_s") - self._clock.monotonic()))

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        """Key value -> id for the records that hold one of the values."""
        if object in HANGING:
            raise Misused(f"{object} are found through what they hang on.")
        if object in (TASKS, INVOICES):
            return {}  # no list tells their keys but that of a contact: settlement knows whose they are
        wanted = list(dict.fromkeys(values))
        if not wanted:
            return {}
        if object == APPOINTMENTS:
            known = await self._all_appointments(key_field)
            return {value: known[value] for value in wanted if value in known}
        codec = self._codecs.of(await self._metadata.described(object))
        if key_field not in codec.described.ids:
            return {}
        return {key: str(row["id"]) for key, row in (await self._rows(codec, key_field, wanted)).items()}

    # By search

    async def _rows(self, codec: Codec, key_field: str, wanted: Sequence[str]) -> dict[str, Row]:
        """First the newest page, which has what was just sent; then a filter, or all the rest of the list."""
        found: dict[str, Row] = {}
        shown = ""
        pages = self._searches.pages(codec.name, newest_first=True)
        async for page in pages:
            shown = next((key for row in page if (key := _key(codec, key_field, row))), shown)
            found = _among(codec, key_field, page, wanted) | found
            left = [value for value in wanted if value not in found]
            if not left or len(page) < page_size(codec.name):
                break
            if await self._can_filter(codec, key_field, shown):
                for some in chunks(left, per_call("filters")):
                    found |= _among(codec, key_field, await self._filtered(codec, key_field, some), some)
                break
        await pages.aclose()  # type: ignore[attr-defined]
        return found

    async def _can_filter(self, codec: Codec, key_field: str, shown: str) -> bool:
        """Whether a filter finds a record that the list shows. Asked once; a page without a key proves nothing."""
        place = codec.name, key_field
        if place not in self._trusted and shown:
            try:
                rows = await self._filtered(codec, key_field, [shown])
            except NotAuthorised:
                raise
            except VendorRefused:
                rows = []
            self._trusted[place] = shown in _among(codec, key_field, rows, [shown])
        return self._trusted.get(place, False)

    async def _filtered(self, codec: Codec, key_field: str, wanted: Sequence[str]) -> Rows:
        id = codec.described.ids[key_field]
        name = f"customFields.{id}" if codec.name == CONTACTS else f"properties.{key_field}"
        each = [{"field": name, "operator": "eq", "value": value} for value in wanted]
        filters = each if len(each) == 1 else [{"group": "OR", "filters": each}]
        rows: Rows = (await self._searches.page(codec.name, page=1, filters=filters))["rows"]
        return rows

    # Appointments: by calendar, ten years a call

    async def _all_appointments(self, key_field: str) -> dict[str, str]:
        """Every key of ours on any calendar. Read once; what this process writes is forgotten to be read anew."""
        if self._appointments is None:
            found: dict[str, str] = {}
            async for rows in all_events(self._client, await self._metadata.calendars()):
                for row in rows:
                    for name, key in APPOINTMENT_KEYS.split(keyed(row, "description"))[1].items():
                        found.setdefault(f"{name} {key}", str(row["id"]))
            self._appointments = found
        return {
            key.partition(" ")[2]: id for key, id in self._appointments.items() if key.partition(" ")[0] == key_field
        }


async def events(client: Client, calendar: str, start: datetime, end: datetime) -> Rows:
    """What a calendar holds in a window; the list is whole (FACTS 6)."""
    window = client.here(("calendarId", calendar), ("startTime", _ms(start)), ("endTime", _ms(end)))
    rows: Rows = (await client.call("GET /calendars/events", params=window)).get("events") or []
    return rows


async def all_events(client: Client, calendars: Iterable[Mapping[str, Any]]) -> AsyncIterator[Rows]:
    """Whatever these calendars hold, ten years a call."""
    for calendar in calendars:
        for start, end in _decades():
            yield await events(client, str(calendar["id"]), start, end)


def page_size(object: str) -> int:
    return per_call("contacts_page" if object == CONTACTS else "records_page")


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _key(codec: Codec, key_field: str, row: Row) -> str:
    told = codec.read(row, [key_field]).fields[key_field]
    return told if isinstance(told, str) else ""


def _among(codec: Codec, key_field: str, rows: Rows, wanted: Sequence[str]) -> dict[str, Row]:
    """Rows by key, as they say themselves, whatever was searched for; the oldest of a key counts."""
    known = set(wanted)
    found: dict[str, Row] = {}
    for row in rows:
        if (key := _key(codec, key_field, row)) in known:
            found[key] = row
    return found


def _decades() -> Iterator[tuple[datetime, datetime]]:
    step, last = int(traffic("find_years")), int(traffic("find_last_year"))
    for year in range(int(traffic("find_first_year")), last, step):
        yield datetime(year, 1, 1, tzinfo=UTC), datetime(year + step, 1, 1, tzinfo=UTC)


def _ms(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))

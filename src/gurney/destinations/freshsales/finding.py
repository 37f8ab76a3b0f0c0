"""Finding records by our key, by reading lists rather than asking for each (FACTS 2, 6, 7).

Everything is read once, 100 a call; after that only news, and what this process made is known anyway. On the way it is
noted which addresses and names are taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gurney.destinations.freshsales.limits import per_call
from gurney.destinations.freshsales.lists import FALLING, NEWEST, Lists, rows_of
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import ACCOUNTS, CONTACTS, HANGING, RESOURCES
from gurney.destinations.freshsales.places import Row
from gurney.destinations.freshsales.records import Codecs
from gurney.destinations.freshsales.sendings import Taken
from gurney.errors import Misused

UNIQUE = {CONTACTS: "email", ACCOUNTS: "name"}
"""What only one record of an object may have (FACTS 0.5)."""
Identify = Callable[[Row], Hashable | None]
"""What a row is known by; None for a row that is none of ours."""


@dataclass(slots=True)
class _Known:
    """Every record of an object that was read so far, by field and key."""

    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    highest: int = 0
    """All records up to this id were read."""
    is_read: bool = False


class Finder:
    """Looks for records of one account."""

    def __init__(self, metadata: Metadata, codecs: Codecs, lists: Lists, taken: Taken) -> None:
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._taken = taken
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, set[str]] = {}
        """Key fields that were asked for, by object: others than ours cannot be told beforehand."""
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self, object: str) -> None:
        """Records of the object were deleted."""
        self._known.pop(object, None)
        self._taken.forget(object)

    def made(self, object: str, key_field: str, key: str, id: str) -> None:
        """This process made a record: it need not be read to be known."""
        known = self._known.get(object)
        if known is not None and key_field:
            known.ids[key_field, key] = id
            known.highest = max(known.highest, int(id))

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        """Key value -> id for the records that hold one of the values."""
        if object in HANGING:
            raise Misused(f"{object} hold no key; they are found through what they hang on.")
        kind = RESOURCES.get(object)
        if kind is None or not values or not (kind.is_viewed or kind.filters):
            return {}
        await self._expect(object, key_field)
        known = await self.read_all(object)
        return {value: id for value in dict.fromkeys(values) if (id := known.ids.get((key_field, value))) is not None}

    async def _expect(self, object: str, key_field: str) -> None:
        codec = self._codecs.of(await self._metadata.described(object))
        if key_field not in codec.key_fields and key_field not in self._asked.setdefault(object, set()):
            self._asked[object].add(key_field)
            self._known.pop(object, None)

    async def read_all(self, object: str) -> _Known:
        """Every key of the object, read as far as it was not yet."""
        async with self._locks.setdefault(object, asyncio.Lock()):
            known = self._known.get(object)
            if known is None:
                await self._lists.settled(object)
                known = self._known[object] = _Known()
            try:
                await self._read_news(object, known)
            except BaseException:
                if not known.is_read:
                    del self._known[object]
                raise
            return known

    async def newest(self, object: str, wanted: Iterable[Hashable], identify: Identify) -> dict[Hashable, Row]:
        """The rows known by what is wanted, among those made last. The caller has let the lists catch up.

        A list ends when a page shows none of them and so many were read as were made.
        """
        missing = set(wanted)
        found: dict[Hashable, Row] = {}
        for source in await self._lists.sources(object, NEWEST):
            found |= await _top(object, source, missing - found.keys(), identify)
            if len(found) == len(missing):
                break
        return found

    async def _read_news(self, object: str, known: _Known) -> None:
        codec = self._codecs.of(await self._metadata.described(object))
        fields = {*codec.key_fields, *self._asked.get(object, ())}
        fresh: dict[tuple[str, str], str] = {}
        highest = known.highest
        for source in await self._lists.sources(object, FALLING):
            async for said in source:
                page = rows_of(object, said)
                for row in page:
                    self._note(object, row)
                    # of several the oldest, which stands last
                    fresh |= {(name, key): str(row["id"]) for name in fields if (key := codec.key(row, name))}
                    highest = max(highest, int(row["id"]))
                if known.is_read and _reaches(page, known.highest):
                    break
        known.ids = fresh | known.ids
        known.highest, known.is_read = highest, True

    def _note(self, object: str, row: Row) -> None:
        value = row.get(UNIQUE.get(object, ""))
        if isinstance(value, str) and value:
            self._taken.take(object, value, str(row["id"]))


async def _top(
    object: str, source: AsyncIterator[dict[str, Any]], wanted: set[Hashable], identify: Identify
) -> dict[Hashable, Row]:
    """What is wanted among the first pages of one list."""
    found: dict[Hashable, Row] = {}
    read, most = 0, -(-len(wanted) // per_call("page"))
    async for said in source:
        here = {known_by: row for row in rows_of(object, said) if (known_by := identify(row)) in wanted}
        found |= here
        read += 1
        if len(found) == len(wanted) or (not here and read > most):
            break
    return found


def _reaches(page: Sequence[Row], highest: int) -> bool:
    """Whether a page that falls by id comes down to what was read before. One that does not fall proves nothing."""
    ids = [int(row["id"]) for row in page]
    return bool(ids) and ids == sorted(ids, reverse=True) and ids[-1] <= highest


def by_key(codec: Any, key_field: str) -> Identify:
    """Rows are known by our key in a field."""

    def identify(row: Row) -> Hashable | None:
        found: str | None = codec.key(row, key_field)
        return found

    return identify

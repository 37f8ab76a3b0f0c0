"""Finding records by our key without any index of the vendor's: by reading lists, newest first (FACTS 9).

Settling reads down to the id below which what is looked for cannot stand, else past so many records of our own that
nothing sent side by side with it can stand deeper. Finding everything reads everything, once; after that only news.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gurney.destinations.pipedrive.limits import per_call, traffic
from gurney.destinations.pipedrive.lists import Lists, Params
from gurney.destinations.pipedrive.metadata import Metadata
from gurney.destinations.pipedrive.objects import HANGING
from gurney.destinations.pipedrive.places import Row
from gurney.destinations.pipedrive.records import Codec, Codecs
from gurney.errors import Misused
from gurney.runtime import Runtime

Identify = Callable[[Row], Hashable]
"""What a row is known by; None for a row that is none of ours."""


@dataclass(slots=True)
class _Known:
    """Every key of an object that was read so far."""

    ids: dict[str, str] = field(default_factory=dict)
    highest: int = 0
    """All records up to this id were read; 0 before the first reading."""


class Finder:
    """Looks for records of one company."""

    def __init__(self, metadata: Metadata, codecs: Codecs, lists: Lists, runtime: Runtime) -> None:
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._clock = runtime.clock
        self._known: dict[tuple[str, str], _Known] = {}

    def forget(self, object: str) -> None:
        """Records of the object were deleted."""
        for known in [each for each in self._known if each[0] == object]:
            del self._known[known]

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        """Key value -> id for the records that hold one of the values."""
        if object in HANGING:
            raise Misused(f"{object} hold no key; they are found through what they hang on.")
        if not values:
            return {}
        codec = self._codecs.of(await self._metadata.described(object))
        known = self._known.setdefault((object, key_field), _Known())
        await self._read_news(object, codec, key_field, known)
        return {value: known.ids[value] for value in dict.fromkeys(values) if value in known.ids}

    async def newest(
        self, object: str, wanted: Collection[Hashable], identify: Identify, *, floor: int | None, params: Params = ()
    ) -> dict[Hashable, Row]:
        """The rows known by what is wanted, among those that can be them. Looks a second time for the rest."""
        found = await self._look(object, wanted, identify, floor, params, once=False)
        missing = [each for each in wanted if each not in found]
        if missing:
            await self._clock.sleep(traffic("second_look_s"))
            found |= await self._look(object, missing, identify, floor, params, once=True)
        return found

    async def _look(
        self,
        object: str,
        wanted: Collection[Hashable],
        identify: Identify,
        floor: int | None,
        params: Params,
        *,
        once: bool,
    ) -> dict[Hashable, Row]:
        """One reading of the list from its top. `once`: only the page on which latecomers would stand."""
        found: dict[Hashable, Row] = {}
        ours = 0
        async for page in self._lists.newest(object, params):
            for row in page:
                known_by = identify(row)
                ours += known_by is not None
                if known_by in wanted and known_by not in found:
                    found[known_by] = row
            if once or len(found) == len(wanted) or self._is_deep_enough(page, floor, ours):
                break
        return found

    def _is_deep_enough(self, page: Sequence[Row], floor: int | None, ours: int) -> bool:
        if floor is None:
            return ours >= traffic("settle_depth")
        return bool(page) and int(page[-1]["id"]) <= floor

    async def _read_news(self, object: str, codec: Codec, key_field: str, known: _Known) -> None:
        place = codec.described.places.get(key_field)
        if place is None:
            return
        params = codec.asked([key_field], per_call("custom_fields"))
        highest = known.highest
        fresh: dict[str, str] = {}
        async for page in self._lists.newest(object, params):
            for row in page:
                key = place.get(row)
                if isinstance(key, str):
                    fresh.setdefault(key, str(row["id"]))
                highest = max(highest, int(row["id"]))
            if page and known.highest and int(page[-1]["id"]) <= known.highest:
                break
        known.ids |= fresh
        known.highest = highest


def by_key(codec: Codec, key_field: str) -> Identify:
    """Rows are known by our key in a field."""
    place = codec.described.places.get(key_field)

    def identify(row: Row) -> Any:
        return place.get(row) if place is not None else None

    return identify

"""Taking records away (FACTS 8): a hundred a call into the recycle bin, or one by one for ever where that was chosen.

What lies in the bin can be brought back by hand for 90 days; no call does it. What is forgotten is gone with all that
hangs on it. A file is never deleted: no call does that either.
"""

from __future__ import annotations

from collections.abc import Sequence

from gurney.destinations.freshsales.answers import GONE
from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.limits import bulk, per_call
from gurney.destinations.freshsales.lists import Lists
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import FILES, RESOURCES
from gurney.errors import AnswerLost, Misused, NotAuthorised, PausedForQuota, VendorRefused
from gurney.transport.gathering import as_far_as_paid, chunks

NO_FILES = (
    "Freshsales has no call that deletes a file: it goes into the recycle bin with its contact; where that stays, "
    "delete it there by hand, under Files"
)


class Remover:
    """Deletes records by id."""

    def __init__(self, client: Client, metadata: Metadata, lists: Lists) -> None:
        self._client = client
        self._metadata = metadata
        self._lists = lists
        self._clock = client.runtime.clock
        self._no_bulk: set[str] = set()

    async def delete(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """id -> '' when gone, else the vendor's words; an id whose answer was lost is left out."""
        if object not in RESOURCES:
            raise Misused(f"{object} are not deleted through the API.")
        wanted = list(dict.fromkeys(ids))
        if object == FILES:
            return dict.fromkeys(wanted, NO_FILES)
        gone: dict[str, str] = {}
        if self._goes_in_bulk(object, len(wanted)):
            gone = await self._in_bulk(object, wanted)
        left = [id for id in wanted if id not in gone]
        try:
            said = await as_far_as_paid(self._one(object, id) for id in left)
        except PausedForQuota:
            if not gone:
                raise
            said = [None for _ in left]
        finally:
            self._lists.wrote(object)
        return gone | {id: words for id, words in zip(left, said, strict=True) if words is not None}

    def _goes_in_bulk(self, object: str, records: int) -> bool:
        forever = self._client.access.forgets
        is_viewed = RESOURCES[object].is_viewed and not forever
        return is_viewed and object not in self._no_bulk and records >= bulk("destroy_from")

    async def _one(self, object: str, id: str) -> str | None:
        kind = RESOURCES[object]
        forever = "/forget" if self._client.access.forgets and kind.is_viewed else ""
        try:
            await self._client.call(f"DELETE {kind.one}{forever}", id, idempotent=True)
        except AnswerLost:
            return None
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return "" if no.status == GONE else f"{no.code}: {no.words}"
        return ""

    async def _in_bulk(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """What the recycle bin shows after it was told to go; the rest is left to be asked for one by one."""
        if not await self._metadata.bin_view(object):
            return {}
        for some in chunks(ids, per_call("destroy")):
            body = {"selected_ids": [int(id) for id in some if id.isdigit()]}
            try:
                await self._client.call(f"POST {RESOURCES[object].path}/bulk_destroy", body=body, idempotent=True)
            except AnswerLost:
                continue  # the bin tells
            except NotAuthorised:
                raise
            except VendorRefused:
                self._no_bulk.add(object)
                break
            finally:
                self._lists.wrote(object)
        return await self._binned(object, ids)

    async def _binned(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        wanted = set(ids)
        gone: dict[str, str] = {}
        await self._lists.settled(object)
        pages, most = 0, -(-len(wanted) // per_call("page")) + 1
        async for rows in self._lists.binned(object):
            gone |= {id: "" for row in rows if (id := str(row["id"])) in wanted}
            pages += 1
            if len(gone) == len(wanted) or pages >= most:
                break
        return gone

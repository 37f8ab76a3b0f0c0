"""Bulk upsert: jobs of a hundred, waited for, whose records are then found by our key (FACTS 4).

An item is known by the contact's external id, or by the name of an account or deal, which holds our key wherever
another record could have it. Nothing says which ids a job made or what it refused: the lists tell who is there, and who
is missing is sent alone, for its own answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.finding import Finder, by_key
from gurney.destinations.freshsales.limits import bulk, per_call
from gurney.destinations.freshsales.lists import Lists
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import CONTACTS, DEALS, EXTERNAL_ID, RESOURCES, VIEWED
from gurney.destinations.freshsales.places import Body
from gurney.destinations.freshsales.records import Codec, Codecs, key_of, modified
from gurney.destinations.freshsales.sendings import Sendings
from gurney.destinations.freshsales.writing import Writer, same_key, same_keys, side_by_side, unsent
from gurney.destinations.plain import Unsendable
from gurney.errors import AnswerLost, NotAuthorised, PausedForQuota, VendorRefused
from gurney.records import Outcome, Write
from gurney.transport.gathering import chunks

DONE, LOST, REFUSED = "done", "lost", "refused"
ENDED = frozenset({"completed", "complete", "finished", "success", "succeeded", "done", "failed", "failure", "error"})
"""Words for a job that is over; which of them the vendor uses is not recorded (FACTS 4)."""
SLOWER = 1.5
NOT_OVER = "Freshsales has not finished a bulk job: whether its records are there is not known yet."
LOOK_LATER = "Repeat the command later: what the job has made is found then, and nothing is written twice."


@dataclass(slots=True)
class _Item:
    """One creation on its way."""

    write: Write
    body: Body
    state: str = ""


class Bulk:
    """Creates records of one object by jobs."""

    def __init__(
        self,
        client: Client,
        metadata: Metadata,
        codecs: Codecs,
        lists: Lists,
        finder: Finder,
        writer: Writer,
        sendings: Sendings,
    ) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._finder = finder
        self._writer = writer
        self._sendings = sendings
        self._clock = client.runtime.clock
        self._locks: dict[str, asyncio.Lock] = {}
        self._refused: set[str] = set()
        """Objects whose very jobs were refused: from then on their records go alone."""
        self._job_s = float(bulk("first_poll_s"))
        """How long the last job took: so long the next one is not asked about."""

    def works(self, object: str) -> bool:
        """Whether jobs of this object are taken, as far as is known."""
        return object in VIEWED and object not in self._refused

    async def create(self, batch: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order."""
        object = batch[0].object
        async with self._locks.setdefault(object, asyncio.Lock()):
            codec = self._codecs.of(await self._metadata.described(object))
            known: dict[str, str] = {}
            if object != DEALS:  # who has which address and name must be known beforehand
                known = await self._finder.find(object, batch[0].key_field, [key_of(write) for write in batch])
            there = {id(write): known[key] for write in batch if (key := key_of(write)) in known}
            outcomes, items = await self._prepared(codec, [write for write in batch if id(write) not in there])
            twice = same_keys(batch)
            for write in (write for write in batch if id(write) in there):
                done = Outcome.done(write.key, there[id(write)], created=False)
                outcomes[id(write)] = same_key(write) if id(write) in twice else done
            await self._send(object, items)
            outcomes |= await self._found(codec, [item for item in items if item.state == DONE])
            left = [item for item in items if item.state != LOST and id(item.write) not in outcomes]
            outcomes |= await self._alone(codec, left)
        return [outcomes.get(id(write)) or Outcome.sent(write.key) for write in batch]

    async def _prepared(self, codec: Codec, batch: Sequence[Write]) -> tuple[dict[int, Outcome], list[_Item]]:
        """What can be sent, and the outcomes of the rest."""
        outcomes: dict[int, Outcome] = {}
        items: list[_Item] = []
        twice = same_keys(batch)
        for write in batch:
            if id(write) in twice:
                outcomes[id(write)] = same_key(write)
                continue
            try:
                items.append(_Item(write, await self._writer.prepared(codec, write)))
            except Unsendable as no:
                outcomes[id(write)] = unsent(write, no)
        return outcomes, items

    # Jobs

    async def _send(self, object: str, items: Sequence[_Item]) -> None:
        """One job after the other. What a spent hour stops stays lost, unless it stops all."""
        for number, some in enumerate(chunks(items, per_call("bulk"))):
            try:
                state = await self._job(object, some) if self.works(object) else REFUSED
            except PausedForQuota:
                for item in (item for item in items if not item.state):
                    self._sendings.was_not_sent(item.write.key)
                    item.state = LOST
                if not number:
                    raise
                return
            for item in some:
                item.state = state

    async def _job(self, object: str, items: Sequence[_Item]) -> str:
        for item in items:
            self._sendings.leaves(item.write.key)
        body = {object: [_wire(object, item.body) for item in items]}
        try:
            said = await self._client.call(f"POST {RESOURCES[object].path}/bulk_upsert", body=body)
        except AnswerLost:
            return LOST
        except NotAuthorised:
            raise
        except VendorRefused:
            self._refused.add(object)
            return REFUSED
        finally:
            self._lists.wrote(object)
        job = _job_id(said)
        for item in items:
            self._sendings.went_with(item.write.key, job)
        state = await self._ended(job)
        self._lists.wrote(object)
        return state

    async def rest(self, unknown: Sequence[Write]) -> None:
        """Wait for the jobs that these creations are known to be part of. Raises AnswerLost while one is not over:
        nobody knows yet what it makes, and nothing of it may be sent again."""
        for job in sorted({job for write in unknown if (job := self._sendings.job(write.key))}):
            if await self._ended(job) == LOST:
                raise AnswerLost(NOT_OVER, next_step=LOOK_LATER)
            self._lists.wrote(unknown[0].object)

    async def _ended(self, job: str) -> str:
        """Wait until a job is over. One that cannot be asked about is left to the lists."""
        began, wait = self._clock.monotonic(), self._job_s
        while job:
            await self._clock.sleep(wait)
            try:
                said = await self._client.call("GET /job_statuses/{id}", job)
            except AnswerLost:
                return LOST
            except PausedForQuota:
                return LOST
            except NotAuthorised:
                raise
            except VendorRefused:
                return DONE
            if _is_over(said):
                self._job_s = max(float(bulk("first_poll_s")), min(wait, bulk("longest_poll_s")))
                return DONE
            if self._clock.monotonic() - began > bulk("job_lasts_s"):
                return LOST
            wait = min(wait * SLOWER, bulk("longest_poll_s"))
        return DONE

    # Whose record is which

    async def _found(self, codec: Codec, items: Sequence[_Item]) -> dict[int, Outcome]:
        """The records that jobs made, by our key, once the lists have caught up."""
        if not items:
            return {}
        object, key_field = items[0].write.object, items[0].write.key_field
        try:
            await self._lists.settled(object)
            wanted = [key_of(item.write) for item in items]
            rows = await self._finder.newest(object, wanted, by_key(codec, key_field))
        except (AnswerLost, PausedForQuota):
            return {id(item.write): Outcome.sent(item.write.key) for item in items}
        outcomes: dict[int, Outcome] = {}
        for item in items:
            if (row := rows.get(key_of(item.write))) is not None:
                self._writer.made(item.write, str(row["id"]))
                outcomes[id(item.write)] = Outcome.done(item.write.key, str(row["id"]), modified_at=modified(row))
        return outcomes

    async def _alone(self, codec: Codec, items: Sequence[_Item]) -> dict[int, Outcome]:
        """Records that no job made: each by itself, for its own answer."""
        by_write = {id(item.write): item for item in items}

        async def one(write: Write) -> Outcome:
            item = by_write[id(write)]
            if item.state == DONE:
                return await self._writer.upsert(codec, write, item.body)
            return await self._writer.create(codec, write)

        writes = [item.write for item in items]
        try:
            outcomes = await side_by_side(writes, one)
        except PausedForQuota:
            outcomes = [Outcome.sent(write.key) for write in writes]
        return {id(write): outcome for write, outcome in zip(writes, outcomes, strict=True)}


def _wire(object: str, body: Body) -> dict[str, Any]:
    """An item: what it is known by, and its fields (FACTS 4). Never an address: families share one (FACTS 0.5)."""
    name = EXTERNAL_ID if object == CONTACTS else "name"
    return {name: body[name], "data": body}


def _job_id(said: Any) -> str:
    url = str(said.get("job_status_url") or "") if isinstance(said, dict) else ""
    return url.rstrip("/").rpartition("/")[2]


def _is_over(said: Any) -> bool:
    if not isinstance(said, dict):
        return False
    progress = str(said.get("progress") or "").removesuffix("%")
    return str(said.get("status") or "").strip().casefold() in ENDED or progress in ("100", "100.0")

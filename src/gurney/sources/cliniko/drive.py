"""Keeps a few lanes moving at once: the longest first, so that all end together and the rate is used to the end.

A lane remembers what it saw until its end, so only so many are under way at a time: the others wait for their turn.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from itertools import count

from gurney.sources.cliniko.client import Client
from gurney.sources.cliniko.lanes import Lane, Sink

MOST_BEGUN = 12
"""Lanes under way, of at most a window's rows each: 12 MB of ids, and enough for all to end together."""


async def drive(lanes: Iterable[Lane], client: Client, sink: Sink, *, in_flight: int) -> None:
    """Walk all lanes to their ends. The first error stops the others and is raised."""
    await _Drive(client, sink).run(lanes, in_flight)


class _Queue:
    """Lanes that wait, the longest first; of equally long ones the first that came."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Lane]] = []
        self._order = count()

    def __bool__(self) -> bool:
        return bool(self._heap)

    def put(self, lane: Lane) -> None:
        heapq.heappush(self._heap, (-lane.pages_left, next(self._order), lane))

    def get(self) -> Lane:
        return heapq.heappop(self._heap)[-1]


class _Drive:
    def __init__(self, client: Client, sink: Sink) -> None:
        self._client = client
        self._sink = sink
        self._unread: list[Lane] = []
        """Lists of unknown length: the first page of each tells it, and whether there are windows to cut."""
        self._fresh, self._begun = _Queue(), _Queue()
        self._under_way = 0
        """Lanes that were begun and have not ended, waiting or moving."""
        self._moving = 0
        self._changed = asyncio.Event()

    async def run(self, lanes: Iterable[Lane], in_flight: int) -> None:
        self._unread = list(lanes)[::-1]
        tasks = [asyncio.create_task(self._work()) for _ in range(in_flight)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _next(self) -> Lane | None:
        """None while all that is left is moving."""
        is_begun = not self._unread and self._begun and (self._under_way >= MOST_BEGUN or not self._fresh)
        if is_begun:
            return self._begun.get()
        if not self._unread and not self._fresh:
            return None
        self._under_way += 1
        return self._unread.pop() if self._unread else self._fresh.get()

    async def _work(self) -> None:
        while (lane := self._next()) is not None or self._moving:
            if lane is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            self._moving += 1
            try:
                followers = await lane.step(self._client, self._sink)
            finally:
                self._moving -= 1
                self._changed.set()
            self._put_back(lane, followers)

    def _put_back(self, lane: Lane, followers: Iterable[Lane]) -> None:
        self._under_way -= 1
        for follower in followers:
            if follower is lane:
                self._under_way += 1
                self._begun.put(lane)
            else:
                self._fresh.put(follower)

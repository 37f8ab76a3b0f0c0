"""Keeps a few lanes moving at once: the longest first, so that all end together and the rate is used to the end."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from itertools import count

from gurney.sources.cliniko.client import Client
from gurney.sources.cliniko.lanes import Lane, Sink


async def drive(lanes: Iterable[Lane], client: Client, sink: Sink, *, in_flight: int) -> None:
    """Walk all lanes to their ends. The first error stops the others and is raised."""
    await _Drive(client, sink).run(lanes, in_flight)


class _Drive:
    def __init__(self, client: Client, sink: Sink) -> None:
        self._client = client
        self._sink = sink
        self._waiting: list[tuple[int, int, Lane]] = []
        self._order = count()
        self._moving = 0
        self._changed = asyncio.Event()

    async def run(self, lanes: Iterable[Lane], in_flight: int) -> None:
        self._add(lanes)
        tasks = [asyncio.create_task(self._work()) for _ in range(in_flight)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _add(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            heapq.heappush(self._waiting, (-lane.pages_left, next(self._order), lane))
        self._changed.set()

    async def _work(self) -> None:
        while self._waiting or self._moving:
            if not self._waiting:
                self._changed.clear()
                await self._changed.wait()
                continue
            _, _, lane = heapq.heappop(self._waiting)
            self._moving += 1
            try:
                followers = await lane.step(self._client, self._sink)
            finally:
                self._moving -= 1
                self._changed.set()
            self._add(followers)

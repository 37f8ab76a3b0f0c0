"""Calls at once: more while that makes it faster, fewer after refusals, none more than the vendor's ceiling needs."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gurney.runtime import Runtime
from gurney.transport import Limits, Pacer, Rate

pytestmark = pytest.mark.anyio
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Hours:
    """A clock that many sleep on at once: when nobody can go on, it moves to whoever wakes first."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._now)

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._number += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self._now + max(0.0, seconds), self._number, woken))
        await woken

    async def run(self, until_s: float) -> None:
        """Let time pass."""
        while True:
            for _ in range(20):  # everybody who is awake goes as far as they can
                await asyncio.sleep(0)
            if not self._sleeping or self._sleeping[0][0] > until_s:
                return
            self._now, _, woken = heapq.heappop(self._sleeping)
            if not woken.done():
                woken.set_result(None)


class Vendor:
    """Answers after a while that depends on how many are asking, and refuses above a number of them."""

    def __init__(self, limits: Limits, latency_s: Callable[[int], float], refuses_above: int = 10**6) -> None:
        self.clock = Hours()
        self.pacer = Pacer(Runtime(clock=self.clock), "a", limits)
        self.latency_s = latency_s
        self.refuses_above = refuses_above
        self.asking = self.answered = self.most = 0

    @property
    def places(self) -> int:
        assert self.pacer._gates is not None
        return self.pacer._gates.all.now

    async def call(self) -> None:
        async with self.pacer.slot():
            self.asking += 1
            self.most = max(self.most, self.asking)
            if self.asking > self.refuses_above:
                self.pacer.refused(1.0)
            else:
                await self.clock.sleep(self.latency_s(self.asking))
                self.answered += 1
            self.asking -= 1

    async def work(self, seconds: float, workers: int = 60) -> float:
        """Answers a second while many want to call all the time."""

        async def forever() -> None:
            while True:
                await self.call()

        tasks = [asyncio.create_task(forever()) for _ in range(workers)]
        before = self.answered
        await self.clock.run(self.clock.monotonic() + seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.asking = 0
        return (self.answered - before) / seconds


PACED = Limits(rates=(Rate(100, 10.0),), concurrency=8, most_concurrency=40)


async def test_slow_answers_are_made_up_for_by_more_at_once_until_the_rate_is_reached() -> None:
    vendor = Vendor(PACED, lambda asking: 3.0)

    await vendor.work(200)
    settled = await vendor.work(300)

    assert settled >= 0.95 * 10
    assert 28 <= vendor.places <= 40
    assert vendor.pacer.total.refused == 0


async def test_where_the_rate_is_reached_nothing_is_added() -> None:
    vendor = Vendor(PACED, lambda asking: 0.4)

    assert await vendor.work(200) >= 0.95 * 10
    assert vendor.places == 8


async def test_a_vendor_that_only_gets_slower_is_asked_no_more_at_once() -> None:
    vendor = Vendor(Limits(concurrency=4, most_concurrency=40), lambda asking: asking * 0.5)

    await vendor.work(2000)

    assert vendor.most <= 8
    assert vendor.places <= 5


async def test_a_ceiling_of_the_vendors_own_is_never_passed() -> None:
    vendor = Vendor(Limits(concurrency=5), lambda asking: 0.5)

    await vendor.work(200)

    assert (vendor.most, vendor.places) == (5, 5)


async def test_refusals_take_places_away_and_quiet_gives_them_back() -> None:
    vendor = Vendor(Limits(concurrency=10), lambda asking: 0.5, refuses_above=6)
    await vendor.work(60)
    crowded, refused = vendor.places, vendor.pacer.total.refused
    await vendor.work(600)
    again = vendor.pacer.total.refused - refused
    vendor.refuses_above = 10
    await vendor.work(600)

    assert crowded <= 7
    assert again <= 0.03 * vendor.pacer.total.calls, "no storm: a few refusals tell that it is still crowded"
    assert vendor.places == 10


async def test_calls_refused_together_are_one_mishap() -> None:
    vendor = Vendor(Limits(concurrency=20), lambda asking: 0.5)
    async with vendor.pacer.slot():
        for _ in range(15):
            vendor.pacer.refused(30.0)

    assert vendor.places == 14


async def test_one_place_at_least_stays() -> None:
    vendor = Vendor(Limits(concurrency=3), lambda asking: 0.1)
    async with vendor.pacer.slot():
        for _ in range(20):
            vendor.pacer.refused(0.0)

    assert vendor.places == 1
    assert await vendor.work(60, workers=5) > 0

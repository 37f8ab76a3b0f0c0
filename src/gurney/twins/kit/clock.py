"""The vendor's clock: as fast as asked, movable by hand, still at scale 0."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime


class Clock:
    """Vendor time. `scale=60` lets a vendor minute pass per real second.

    A test that has a virtual clock of its own hands in its `ticks` and `sleep`, and both sides then agree.
    """

    def __init__(
        self,
        start: datetime,
        scale: float = 1.0,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.start = start.astimezone(UTC)
        self.scale = scale
        self._ticks = ticks
        self._sleep = sleep
        self._begun = ticks()
        self._origin = self.start.timestamp()
        self._advanced_s = 0.0

    def timestamp(self) -> float:
        """Vendor time as seconds since 1970."""
        return self._origin + self._advanced_s + (self._ticks() - self._begun) * self.scale

    def now(self) -> datetime:
        """Vendor time, aware, UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def advance(self, seconds: float) -> None:
        """Let vendor time jump forward."""
        self._advanced_s += seconds

    def follow(self, ticks: Callable[[], float]) -> None:
        """Go by somebody else's seconds from now on, as fast as they do: a simulation's event loop."""
        self._ticks, self.scale = ticks, 1.0
        self._begun = ticks()

    async def sleep(self, vendor_seconds: float) -> None:
        """Wait so much vendor time. A stopped clock is moved on instead, so that nobody waits for ever."""
        if vendor_seconds <= 0:
            return
        if self.scale <= 0:
            self.advance(vendor_seconds)
            await asyncio.sleep(0)
        else:
            await self._sleep(vendor_seconds / self.scale)

    def reset(self) -> None:
        """Back to the start."""
        self._begun = self._ticks()
        self._advanced_s = 0.0

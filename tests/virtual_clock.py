"""Time that passes only where somebody waits, for tests without a twin."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta


class VirtualClock:
    """Time moves on by exactly what is slept; whoever else is ready goes on meanwhile."""

    def __init__(self, start: datetime) -> None:
        self.elapsed = 0.0
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.elapsed += max(0.0, seconds)
        await asyncio.sleep(0)

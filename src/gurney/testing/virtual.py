"""Virtual time for whole migrations: the event loop's clock jumps to the next moment at which somebody wakes up.

Unlike a clock whose sleeps return at once, waits beside each other pass together, so durations are true: what is
concurrent takes as long as the longest. Computing takes no time. Nothing here may wait for a socket or a thread.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import datetime, timedelta


class _Jumping(selectors.DefaultSelector):
    """Instead of waiting, time moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Everybody waits, and nothing will ever wake anybody up.")
        self.passed_s += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time. `time()` begins at 0."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed_s


class LoopClock:
    """The product's clock on a virtual loop."""

    def __init__(self, loop: VirtualLoop, began: datetime) -> None:
        self._loop = loop
        self._began = began

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
